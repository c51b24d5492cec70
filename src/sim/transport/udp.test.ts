import { expect, test } from "vitest";
import { badEndings } from "../../../test/sim-lab.ts";
import { CLIENT, icmpLine, SERVER, TwoHosts } from "../../../test/two-hosts.ts";
import { utf8Decode, utf8Encode } from "../../base/bytes.ts";
import type { SocketAddr, SocketOptions, UdpSocket } from "../../kernel/socket.ts";
import { cidr, ip } from "../../wire/addr.ts";
import { IP_OFFSET, ipv4Frag, ipv4Tos, ipv4TotalLength, ipv4Ttl } from "../../wire/ipv4.ts";
import { icmpSend } from "../ipv4/icmp.ts";
import { registerNetHook } from "../netfilter/hooks.ts";

type Options = SocketOptions & { readonly connect?: SocketAddr };

/** Opens a socket whose datagrams and errors are written down. */
function open(hosts: TwoHosts, netns: "client" | "server", options: Options): { socket: UdpSocket; heard: string[] } {
	const heard: string[] = [];
	const opened = hosts.kernel.sockets.openUdp(netns, options, {
		onDatagram: (bytes, from, to) => heard.push(`${utf8Decode(bytes)} from ${from.addr} to ${to.addr}:${to.port}`),
		onError: (error) => heard.push(error.errno),
	});
	if (!opened.ok) throw new Error(opened.error.message);
	return { socket: opened.value, heard };
}

const DNS = { addr: SERVER, port: 53 };

test("a datagram is taken by the socket on its port, and answered to where it came from", async () => {
	const hosts = await TwoHosts.create();
	const server = open(hosts, "server", { bind: { port: 53 }, program: "dns" });
	const client = open(hosts, "client", { program: "dig" });
	client.socket.send(utf8Encode("q"), DNS);
	hosts.lab.pass(0.01);
	server.socket.send(utf8Encode("a"), { addr: CLIENT, port: client.socket.local.port });
	hosts.lab.pass(0.01);
	expect(server.heard).toEqual([`q from ${CLIENT} to ${SERVER}:53`]);
	expect(client.heard).toEqual([`a from ${SERVER} to ${CLIENT}:${client.socket.local.port}`]);
	expect(client.socket.local.port).toBeGreaterThanOrEqual(32768);
	expect(hosts.packets.every(({ df, id }) => df && id !== 0)).toBe(true);
	const steps = hosts.lab.events.flatMap((event) => {
		if (event.step === "origin" && event.fn === "udp_send_skb") return [event.what];
		return event.step === "deliver" && event.fn === "udp_queue_rcv_skb" ? [event.to] : [];
	});
	const port = client.socket.local.port;
	expect(steps.slice(0, 2)).toEqual([
		`UDP ${CLIENT}:${port} → ${SERVER}:53, 1 bytes, from udp 0.0.0.0:${port} (dig)`,
		`udp ${SERVER}:53 (dns)`,
	]);
	expect(badEndings(hosts.lab.events)).toEqual([]);
});

test("a connected socket counts its identifications and hears only its peer", async () => {
	const hosts = await TwoHosts.create();
	const server = open(hosts, "server", { bind: { port: 53 } });
	const client = open(hosts, "client", { connect: DNS });
	expect(client.socket.local.addr).toBe(CLIENT);
	for (const text of ["1", "2", "3"]) client.socket.send(utf8Encode(text));
	hosts.lab.pass(0.01);
	const ids = hosts.packets.map(({ id }) => id);
	expect(ids.map((id) => (id - (ids[0] ?? 0)) & 0xffff)).toEqual([0, 1, 2]);
	const stranger = open(hosts, "server", { bind: { port: 54 } });
	stranger.socket.send(utf8Encode("x"), client.socket.local);
	server.socket.send(utf8Encode("ok"), client.socket.local);
	hosts.lab.pass(0.01);
	expect(client.heard).toEqual([`ok from ${SERVER} to ${CLIENT}:${client.socket.local.port}`]);
	expect(hosts.packets.filter(({ proto }) => proto === 1).map(icmpLine)).toEqual([`${CLIENT} > ${SERVER} icmp 3/3`]);
});

test("a socket gets only datagrams for its address, from its peer", async () => {
	const hosts = await TwoHosts.create();
	const bound = open(hosts, "server", { bind: { port: 53, addr: SERVER } });
	const loopback = open(hosts, "server", { bind: { port: 53, addr: ip("127.0.0.1") } });
	const client = open(hosts, "client", { bind: { port: 1000 } });
	client.socket.send(utf8Encode("x"), DNS);
	hosts.lab.pass(0.01);
	expect([bound.heard.length, loopback.heard.length]).toEqual([1, 0]);
	const connected = open(hosts, "server", { bind: { port: 54 }, connect: { addr: CLIENT, port: 1000 } });
	expect(hosts.kernel.sockets.openUdp("server", { bind: { port: 54 } }, {})).toMatchObject({ ok: false });
	client.socket.send(utf8Encode("z"), { addr: SERVER, port: 54 });
	open(hosts, "client", { bind: { port: 1001 } }).socket.send(utf8Encode("z"), { addr: SERVER, port: 54 });
	hosts.lab.pass(0.01);
	expect(connected.heard).toEqual([`z from ${CLIENT} to ${SERVER}:54`]);
	hosts.packets.length = 0;
	bound.socket.close();
	client.socket.send(utf8Encode("y"), DNS);
	hosts.lab.pass(0.01);
	expect(hosts.packets.filter(({ proto }) => proto === 1).map(icmpLine)).toEqual([`${SERVER} > ${CLIENT} icmp 3/3`]);
});

test("two sockets share a port only with different addresses or devices", async () => {
	const hosts = await TwoHosts.create();
	const tries: [SocketOptions, boolean][] = [
		[{ bind: { port: 53 } }, true],
		[{ bind: { port: 53 } }, false],
		[{ bind: { port: 53, addr: SERVER } }, false],
		[{ bind: { port: 54, addr: SERVER } }, true],
		[{ bind: { port: 54, addr: ip("127.0.0.1") } }, true],
		[{ bind: { port: 55 }, dev: "eth0" }, true],
		[{ bind: { port: 55 }, dev: "lo" }, true],
		[{ bind: { port: 55 } }, false],
	];
	for (const [options, works] of tries) {
		expect(hosts.kernel.sockets.openUdp("server", options, {}).ok, JSON.stringify(options)).toBe(works);
	}
});

test("a closed port is told by ICMP, which only a connected socket hears", async () => {
	const hosts = await TwoHosts.create();
	const connected = open(hosts, "client", { connect: DNS });
	const other = open(hosts, "client", {});
	connected.socket.send(utf8Encode("x"));
	other.socket.send(utf8Encode("x"), DNS);
	hosts.lab.pass(0.01);
	expect(hosts.packets.filter(({ proto }) => proto === 1).map(icmpLine)).toEqual(
		Array(2).fill(`${SERVER} > ${CLIENT} icmp 3/3`),
	);
	expect([connected.heard, other.heard]).toEqual([["ECONNREFUSED"], []]);
	const drops = hosts.lab.events.filter((event) => event.step === "drop");
	expect(drops.map(({ reason }) => reason)).toEqual(["NO_SOCKET", "NO_SOCKET"]);
});

test("soft ICMP errors are not told", async () => {
	const hosts = await TwoHosts.create();
	registerNetHook(hosts.lab.netns("server"), "ipv4", "INPUT", {
		priority: 0,
		name: "test_reject",
		fn: (skb) => {
			icmpSend(skb, 3, 1, 0);
			return "drop";
		},
	});
	const client = open(hosts, "client", { connect: DNS });
	client.socket.send(utf8Encode("x"));
	hosts.lab.pass(0.01);
	expect([hosts.packets.length, client.heard]).toEqual([2, []]);
});

test.each(["OUTPUT", "POSTROUTING"] as const)("a rule in %s that drops gives EPERM", async (hook) => {
	const hosts = await TwoHosts.create();
	const remove = registerNetHook(hosts.lab.netns("client"), "ipv4", hook, {
		priority: 0,
		name: "test_drop",
		fn: () => "drop",
	});
	const client = open(hosts, "client", {});
	expect(client.socket.send(utf8Encode("x"), DNS)).toMatchObject({ error: { errno: "EPERM" } });
	remove();
	expect(client.socket.send(utf8Encode("x"), DNS)).toEqual({ ok: true, value: undefined });
});

test.each([
	["no route", "192.0.2.1", "ENETUNREACH"],
	["a broadcast without SO_BROADCAST", "10.0.0.255", "EACCES"],
] as const)("sending to %s is refused", async (_name, addr, errno) => {
	const hosts = await TwoHosts.create();
	const client = open(hosts, "client", {});
	expect(client.socket.send(utf8Encode("x"), { addr: ip(addr), port: 1 })).toMatchObject({ error: { errno } });
	const connect = { addr: ip(addr), port: 1 };
	expect(hosts.kernel.sockets.openUdp("client", { connect }, {})).toMatchObject({ error: { errno } });
});

test("what does not fit the MTU is cut, unless pmtudisc says do", async () => {
	const hosts = await TwoHosts.create();
	const server = open(hosts, "server", { bind: { port: 53 } });
	const big = new Uint8Array(3000).fill(97);
	const want = open(hosts, "client", {});
	want.socket.send(big, DNS);
	hosts.lab.pass(0.1);
	expect(server.heard).toHaveLength(1);
	expect(server.heard[0]).toContain("a".repeat(3000));
	const strict = open(hosts, "client", { pmtudisc: "do" });
	expect(strict.socket.send(big, DNS)).toMatchObject({ error: { errno: "EMSGSIZE" } });
	expect(strict.socket.send(new Uint8Array(1472), DNS)).toMatchObject({ ok: true });
	expect(want.socket.send(new Uint8Array(65508), DNS)).toMatchObject({ error: { errno: "EMSGSIZE" } });
});

test("the last fragment may fill the MTU, and is then no multiple of 8", async () => {
	const hosts = await TwoHosts.create({ mtu: 1400 });
	open(hosts, "server", { bind: { port: 53 } });
	const sizes = (payload: number): readonly number[] => {
		hosts.packets.length = 0;
		open(hosts, "client", {}).socket.send(new Uint8Array(payload), DNS);
		hosts.lab.pass(0.01);
		return hosts.packets.map(({ bytes }) => ipv4TotalLength(bytes, 0) - 20);
	};
	expect(sizes(1376 + 1380 - 8)).toEqual([1376, 1380]);
	expect(sizes(1376 + 1381 - 8)).toEqual([1376, 1376, 5]);
});

test("each fragment goes all the way before the next is sent", async () => {
	const hosts = await TwoHosts.create();
	// The server sends back whatever is for that network.
	await hosts.lab.add("client", { kind: "route", dst: cidr("10.9.0.0/24"), via: SERVER });
	await hosts.lab.add("server", { kind: "route", dst: cidr("10.9.0.0/24"), via: CLIENT });
	await hosts.lab.set("server", { kind: "sysctl", key: "net.ipv4.ip_forward", value: "1" });
	await hosts.lab.set("server", { kind: "sysctl", key: "net.ipv4.conf.all.send_redirects", value: "0" });
	await hosts.lab.set("server", { kind: "sysctl", key: "net.ipv4.conf.eth0.send_redirects", value: "0" });
	// The first one has to wait for the MAC address, the second time none has.
	for (const _ of ["first", "second"]) {
		hosts.packets.length = 0;
		open(hosts, "client", { ttl: 9 }).socket.send(new Uint8Array(3000), { addr: ip("10.9.0.9"), port: 9 });
		hosts.lab.pass(0.01);
		const seen = hosts.packets.map(
			({ from, bytes }) => `${from} ${ipv4Ttl(bytes, 0)} ${(ipv4Frag(bytes, 0) & IP_OFFSET) * 8}`,
		);
		expect(seen).toEqual([0, 1480, 2960].flatMap((offset) => [`client 9 ${offset}`, `server 8 ${offset}`]));
	}
});

test("ttl, tos and pmtudisc of the socket are those of its packets", async () => {
	const hosts = await TwoHosts.create();
	const client = open(hosts, "client", { ttl: 7, tos: 0x10, pmtudisc: "dont" });
	client.socket.send(utf8Encode("x"), DNS);
	hosts.lab.pass(0.01);
	const [packet] = hosts.packets;
	expect([ipv4Ttl(packet?.bytes ?? new Uint8Array(), 0), ipv4Tos(packet?.bytes ?? new Uint8Array(), 0)]).toEqual([
		7, 16,
	]);
	expect(packet?.df).toBe(false);
});

test("a datagram with a wrong checksum is dropped, one without a checksum is taken", async () => {
	const hosts = await TwoHosts.create();
	const server = open(hosts, "server", { bind: { port: 53 } });
	const client = open(hosts, "client", {});
	let sum: number | undefined;
	registerNetHook(hosts.lab.netns("client"), "ipv4", "OUTPUT", {
		priority: 0,
		name: "test_spoil",
		fn: (skb) => {
			const at = skb.network + 26;
			skb.bytes[at] = sum ?? 255 - (skb.bytes[at] ?? 0);
			skb.bytes[at + 1] = sum ?? skb.bytes[at + 1] ?? 0;
			return "accept";
		},
	});
	client.socket.send(utf8Encode("bad"), DNS);
	hosts.lab.pass(0.01);
	expect(hosts.lab.events.flatMap((event) => (event.step === "drop" ? [event.reason] : []))).toEqual(["UDP_CSUM"]);
	sum = 0;
	client.socket.send(utf8Encode("none"), DNS);
	hosts.lab.pass(0.01);
	expect(server.heard).toEqual([`none from ${CLIENT} to ${SERVER}:53`]);
});

test("loopback works, also by 0.0.0.0", async () => {
	const hosts = await TwoHosts.create();
	const server = open(hosts, "client", { bind: { port: 53 } });
	const client = open(hosts, "client", {});
	for (const addr of ["127.0.0.1", "0.0.0.0", CLIENT])
		client.socket.send(utf8Encode("x"), { addr: ip(addr), port: 53 });
	hosts.lab.pass(0.01);
	expect(server.heard).toEqual([
		"x from 127.0.0.1 to 127.0.0.1:53",
		"x from 127.0.0.1 to 127.0.0.1:53",
		`x from ${CLIENT} to ${CLIENT}:53`,
	]);
});

test("a closed socket neither sends nor hears, and its port is free again", async () => {
	const hosts = await TwoHosts.create();
	const server = open(hosts, "server", { bind: { port: 53 } });
	server.socket.close();
	expect(server.socket.send(utf8Encode("x"), DNS).ok).toBe(false);
	open(hosts, "server", { bind: { port: 53 } });
});

test("IPv6 and unknown namespaces and devices are refused by name", async () => {
	const { kernel } = await TwoHosts.create();
	const refused = (netns: string, options: Options): unknown => {
		const opened = kernel.sockets.openUdp(netns, options, {});
		return opened.ok ? "opened" : [opened.error.errno, opened.error.message];
	};
	expect(refused("client", { connect: { addr: ip("2001:db8::1"), port: 1 } })).toEqual([
		"EOPNOTSUPP",
		"IPv6 sockets are not modelled: 2001:db8::1",
	]);
	expect(refused("nowhere", {})).toEqual(["ENOENT", "network namespace nowhere: No such file or directory"]);
	expect(refused("client", { dev: "eth9" })).toEqual(["ENODEV", "eth9: No such device"]);
	expect(refused("client", { bind: { port: 70000 } })).toEqual(["EINVAL", "port 70000: Invalid argument"]);
});
