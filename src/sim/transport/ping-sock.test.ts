import { expect, test } from "vitest";
import { badEndings } from "../../../test/sim-lab.ts";
import { CLIENT, SERVER, TwoHosts } from "../../../test/two-hosts.ts";
import type { EchoSocket, SocketOptions } from "../../kernel/socket.ts";
import { type IpAddr, ip } from "../../wire/addr.ts";
import { icmpSend } from "../ipv4/icmp.ts";
import { registerNetHook } from "../netfilter/hooks.ts";

function open(
	hosts: TwoHosts,
	to: IpAddr,
	options: SocketOptions & { readonly id?: number } = {},
): { socket: EchoSocket; heard: unknown[] } {
	const heard: unknown[] = [];
	const opened = hosts.kernel.sockets.openEcho(
		"client",
		to,
		{ program: "ping", ...options },
		{
			onReply: ({ from, seq, ttl, payload }) => heard.push([from, seq, ttl, payload.length]),
			onError: ({ from, type, code, seq, mtu }) => heard.push([from, `${type}/${code}`, seq, mtu]),
		},
	);
	if (!opened.ok) throw new Error(opened.error.message);
	return { socket: opened.value, heard };
}

test("an echo request is answered, and the reply finds the socket of its identifier", async () => {
	const hosts = await TwoHosts.create();
	const one = open(hosts, SERVER);
	const two = open(hosts, SERVER, { id: 77 });
	one.socket.send({ seq: 1, payload: new Uint8Array(56) });
	two.socket.send({ seq: 9, payload: new Uint8Array(10) });
	hosts.lab.pass(0.01);
	expect(one.heard).toEqual([[SERVER, 1, 64, 56]]);
	expect(two.heard).toEqual([[SERVER, 9, 64, 10]]);
	// kernel-lab.md fact 31.
	const requests = hosts.packets.filter(({ from }) => from === "client");
	expect(requests.every(({ df, id }) => df && id !== 0)).toBe(true);
	const ends = hosts.lab.events.filter((event) => event.fn === "ping_v4_sendmsg" || event.fn === "ping_rcv");
	expect(
		ends.map((event) => (event.step === "origin" ? event.what : event.step === "deliver" ? event.to : "")),
	).toContain("ping id 77 (ping)");
	expect(badEndings(hosts.lab.events)).toEqual([]);
});

test("a reply that no socket waits for is ignored", async () => {
	const hosts = await TwoHosts.create();
	const { socket, heard } = open(hosts, SERVER);
	socket.send({ seq: 1, payload: new Uint8Array(0) });
	socket.close();
	hosts.lab.pass(0.01);
	expect(heard).toEqual([]);
	expect(hosts.lab.events.flatMap((event) => (event.step === "drop" ? [event.reason] : []))).toEqual(["ICMP_IGNORED"]);
});

test("an ICMP error about a request is reported with its sender and MTU", async () => {
	const hosts = await TwoHosts.create();
	let code = 13;
	registerNetHook(hosts.lab.netns("server"), "ipv4", "INPUT", {
		priority: 0,
		name: "test_reject",
		fn: (skb) => {
			icmpSend(skb, 3, code, code === 4 ? 1400 : 0);
			return "drop";
		},
	});
	const { socket, heard } = open(hosts, SERVER);
	socket.send({ seq: 1, payload: new Uint8Array(56) });
	hosts.lab.pass(0.01);
	code = 4;
	socket.send({ seq: 2, payload: new Uint8Array(56) });
	hosts.lab.pass(0.01);
	expect(heard).toEqual([
		[SERVER, "3/13", 1, undefined],
		[SERVER, "3/4", 2, 1400],
	]);
});

test("a host that does not answer ARP is reported by this host itself after three seconds", async () => {
	const hosts = await TwoHosts.create();
	const { socket, heard } = open(hosts, ip("10.0.0.99"));
	socket.send({ seq: 1, payload: new Uint8Array(56) });
	hosts.lab.pass(3);
	expect(heard).toEqual([]);
	hosts.lab.pass(0.2);
	expect(heard).toEqual([[CLIENT, "3/1", 1, undefined]]);
});

test("no route, a dropping rule and too long a packet are errors of the call", async () => {
	const hosts = await TwoHosts.create();
	expect(hosts.kernel.sockets.openEcho("client", ip("192.0.2.1"), {}, {})).toMatchObject({
		error: { errno: "ENETUNREACH" },
	});
	const strict = open(hosts, SERVER, { pmtudisc: "do" });
	expect(strict.socket.send({ seq: 1, payload: new Uint8Array(1473) })).toMatchObject({
		error: { errno: "EMSGSIZE", message: "mtu=1500: Message too long" },
	});
	expect(strict.socket.send({ seq: 2, payload: new Uint8Array(1472) })).toMatchObject({ ok: true });
	hosts.lab.pass(0.01);
	expect(hosts.packets[0]).toMatchObject({ df: true, id: 0 });
	registerNetHook(hosts.lab.netns("client"), "ipv4", "OUTPUT", { priority: 0, name: "test_drop", fn: () => "drop" });
	const { socket } = open(hosts, SERVER, { id: 5 });
	expect(socket.send({ seq: 1, payload: new Uint8Array(1) })).toMatchObject({ error: { errno: "EPERM" } });
	expect(hosts.kernel.sockets.openEcho("client", SERVER, { id: 5 }, {})).toMatchObject({
		error: { errno: "EADDRINUSE" },
	});
});

test("a request longer than the MTU is cut and put together again at the far end", async () => {
	const hosts = await TwoHosts.create();
	const { socket, heard } = open(hosts, SERVER);
	socket.send({ seq: 1, payload: new Uint8Array(4000) });
	hosts.lab.pass(0.1);
	expect(heard).toEqual([[SERVER, 1, 64, 4000]]);
});
