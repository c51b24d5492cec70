/** The port's sockets and captures on the real kernel and on the simulated one: the same story, the same outcome. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CapturedFrame } from "../src/kernel/kernel.ts";
import type { SocketAddr, TcpConnection, TcpHandlers } from "../src/kernel/socket.ts";
import { startHttpGet } from "../src/programs/http-get.ts";
import { httpServer } from "../src/programs/http-server.ts";
import { startUdpClient } from "../src/programs/udp-client.ts";
import { udpEcho } from "../src/programs/udp-echo.ts";
import { ip, mac, macNum } from "../src/wire/addr.ts";
import { putEthernet } from "../src/wire/ethernet.ts";
import { IPPROTO_TCP, ipv4Dst, ipv4HeaderLength, ipv4Proto, ipv4Src, ipv4TotalLength } from "../src/wire/ipv4.ts";
import { tcpChecksumIsValid } from "../src/wire/tcp.ts";
import { BRIDGE_LABS, type BridgeLab, CLIENT_MAC, HOSTS, SERVER_MAC } from "./bridge-labs.ts";
import { ETH_P_TEST } from "./sim-lab.ts";

const SERVER = ip("10.0.0.2");
const CLIENT = ip("10.0.0.1");
const SECOND_NS = 1e9;
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (s: string): Uint8Array => new TextEncoder().encode(s);

describe.each(BRIDGE_LABS)("on the %s kernel", (_, open) => {
	let lab: BridgeLab;
	beforeEach(async () => {
		lab = await open();
	});
	afterEach(() => lab.close());

	const settled = (until: () => boolean): Promise<boolean> => lab.run(until, 5 * SECOND_NS);

	/** Handlers that write down what happens. */
	function recorder(log: string[], name: string, more: Partial<TcpHandlers> = {}): TcpHandlers {
		const note = (line: string): void => {
			log.push(`${name} ${line}`);
		};
		return {
			onConnect: () => {
				note("connected");
				more.onConnect?.();
			},
			onData: (data) => {
				note(`data ${text(data)}`);
				more.onData?.(data);
			},
			onEnd: () => {
				note("end");
				more.onEnd?.();
			},
			onError: ({ errno }) => note(errno),
			onClose: () => note("closed"),
		};
	}

	function listen(port: number, onAccept: (connection: TcpConnection) => void): void {
		const listener = lab.sockets.listenTcp("server", { bind: { port } }, onAccept);
		expect(listener).toMatchObject({ ok: true });
	}

	function connect(port: number, handlers: TcpHandlers): TcpConnection {
		const made = lab.sockets.connectTcp("client", { addr: SERVER, port }, {}, handlers);
		if (!made.ok) throw new Error(made.error.message);
		return made.value;
	}

	test("a TCP server echoes, and both ends close once", async () => {
		const log: string[] = [];
		let peer: SocketAddr | undefined;
		listen(7, (connection) => {
			peer = connection.remote;
			connection.handle(
				recorder(log, "server", { onData: (data) => void connection.send(data), onEnd: () => connection.close() }),
			);
		});
		const client = connect(
			7,
			recorder(log, "client", {
				onConnect: () => void client.send(bytes("hello")),
				onData: () => client.close(),
			}),
		);
		expect(await settled(() => log.filter((line) => line.endsWith("closed")).length === 2)).toBe(true);
		expect(log.filter((line) => line.startsWith("client"))).toEqual([
			"client connected",
			"client data hello",
			"client end",
			"client closed",
		]);
		expect(log.filter((line) => line.startsWith("server"))).toEqual([
			"server data hello",
			"server end",
			"server closed",
		]);
		expect(peer).toEqual({ addr: CLIENT, port: client.local.port });
		expect(client.remote).toEqual({ addr: SERVER, port: 7 });
	});

	test("a connection to a closed port is refused, by a callback", async () => {
		const log: string[] = [];
		connect(81, recorder(log, "client"));
		expect(log).toEqual([]);
		await settled(() => log.length > 0);
		expect(log).toEqual(["client ECONNREFUSED"]);
	});

	test("without a route connect itself fails, and of an absent neighbour the handlers are told", async () => {
		const log: string[] = [];
		const none = lab.sockets.connectTcp("host", { addr: ip("192.0.2.1"), port: 80 }, {}, {});
		expect(none).toMatchObject({ ok: false, error: { errno: "ENETUNREACH" } });
		const bound = { bind: { port: 4000 } };
		const alsoNone = lab.sockets.connectTcp("host", { addr: ip("192.0.2.1"), port: 80 }, bound, {});
		expect(alsoNone).toMatchObject({ ok: false, error: { errno: "ENETUNREACH" } });
		const absent = lab.sockets.connectTcp("client", { addr: ip("10.0.0.9"), port: 80 }, {}, recorder(log, "client"));
		expect(absent).toMatchObject({ ok: true });
		await settled(() => log.length > 0);
		expect(log).toEqual(["client EHOSTUNREACH"]);
	});

	test("abort resets: the other end is told, its own is not", async () => {
		const log: string[] = [];
		listen(7, (connection) => connection.handle(recorder(log, "server", { onData: () => connection.abort() })));
		const client = connect(7, recorder(log, "client", { onConnect: () => void client.send(bytes("x")) }));
		await settled(() => log.includes("client ECONNRESET"));
		expect(log).toEqual(["client connected", "server data x", "client ECONNRESET"]);
		expect(client.send(bytes("more"))).toMatchObject({ ok: false, error: { errno: "EPIPE" } });
	});

	test("a half-closed connection still carries data the other way", async () => {
		const log: string[] = [];
		listen(7, (connection) =>
			connection.handle(
				recorder(log, "server", {
					onEnd: () => {
						connection.send(bytes("last words"));
						connection.close();
					},
				}),
			),
		);
		const client = connect(
			7,
			recorder(log, "client", {
				onConnect: () => {
					client.send(bytes("question"));
					client.close();
				},
			}),
		);
		await settled(() => log.includes("client closed") && log.includes("server closed"));
		expect(log.filter((line) => line.startsWith("server"))).toEqual([
			"server data question",
			"server end",
			"server closed",
		]);
		expect(log.filter((line) => line.startsWith("client"))).toEqual([
			"client connected",
			"client data last words",
			"client end",
			"client closed",
		]);
	});

	test("a megabyte arrives whole although the kernel's buffers are smaller", async () => {
		const sent = new Uint8Array(1 << 20).map((_, k) => (k * 7) & 0xff);
		const got: Uint8Array[] = [];
		let ended = false;
		listen(7, (connection) =>
			connection.handle({
				onData: (data) => void got.push(data.slice()),
				onEnd: () => {
					ended = true;
					connection.close();
				},
			}),
		);
		const client = connect(7, {});
		client.send(sent);
		client.close();
		await settled(() => ended);
		expect(Buffer.compare(Buffer.concat(got), sent)).toBe(0);
	});

	test("data waits for a handler, and close while connecting says nothing", async () => {
		const log: string[] = [];
		let accepted: TcpConnection | undefined;
		listen(7, (connection) => {
			accepted = connection;
		});
		const client = connect(7, { onConnect: () => void client.send(bytes("early")) });
		connect(9999, recorder(log, "gave up")).close();
		await settled(() => accepted !== undefined);
		await lab.run(() => false, SECOND_NS / 10);
		accepted?.handle(recorder(log, "server"));
		await settled(() => log.length > 0);
		expect(log).toEqual(["server data early"]);
	});

	test.each([
		["server", "-A INPUT -p tcp -j REJECT --reject-with tcp-reset", "ECONNREFUSED"],
		["server", "-A INPUT -p tcp -j REJECT --reject-with icmp-port-unreachable", "ECONNREFUSED"],
		["server", "-A INPUT -p tcp -j REJECT --reject-with icmp-host-prohibited", "EHOSTUNREACH"],
		["server", "-A INPUT -p tcp -j REJECT --reject-with icmp-net-unreachable", "ENETUNREACH"],
		["client", "-A OUTPUT -p tcp -j REJECT --reject-with icmp-host-unreachable", "EHOSTUNREACH"],
	])(
		"a firewall's refusal (%s: %s) comes by a callback, also where the program chose the port",
		async (at, rule, errno) => {
			await lab.load(at, `:${rule.split(" ")[1]} ACCEPT\n${rule}`);
			const log: string[] = [];
			for (const bind of [{}, { port: 4000 }]) {
				const made = lab.sockets.connectTcp("client", { addr: SERVER, port: 80 }, { bind }, recorder(log, "client"));
				expect(made).toMatchObject({ ok: true });
			}
			await settled(() => log.length === 2);
			expect(log).toEqual([`client ${errno}`, `client ${errno}`]);
		},
	);

	test("what the sender's own firewall drops is not permitted", async () => {
		await lab.load("client", ":OUTPUT ACCEPT\n-A OUTPUT ! -p tcp -j DROP");
		const udp = lab.sockets.openUdp("client", { connect: { addr: SERVER, port: 9 } }, {});
		const echo = lab.sockets.openEcho("client", SERVER, {}, {});
		if (!udp.ok || !echo.ok) throw new Error("open");
		expect(udp.value.send(bytes("x"))).toMatchObject({ ok: false, error: { errno: "EPERM" } });
		expect(echo.value.send({ seq: 1, payload: bytes("x") })).toMatchObject({ ok: false, error: { errno: "EPERM" } });
	});

	test("a reset after the peer's FIN is a broken pipe", async () => {
		const log: string[] = [];
		let peer: TcpConnection | undefined;
		listen(7, (connection) => {
			peer = connection;
			connection.handle({ onData: () => undefined });
		});
		connect(7, recorder(log, "client", { onConnect: () => peer?.close() }));
		await settled(() => peer !== undefined && log.includes("client connected"));
		peer?.close();
		await settled(() => log.includes("client end"));
		peer?.abort();
		await settled(() => log.length === 3);
		expect(log).toEqual(["client connected", "client end", "client EPIPE"]);
	});

	test("both ends may close at the same time", async () => {
		const log: string[] = [];
		let peer: TcpConnection | undefined;
		listen(7, (connection) => {
			peer = connection;
			connection.handle(recorder(log, "server"));
		});
		const client = connect(7, recorder(log, "client"));
		await settled(() => peer !== undefined && log.length === 1);
		client.close();
		peer?.close();
		await settled(() => log.length === 5);
		expect([...log].sort()).toEqual(["client closed", "client connected", "client end", "server closed", "server end"]);
	});

	test("the small programs work: a web server and its client, an echo over UDP", async () => {
		expect(httpServer(lab, "server", { pod: "web", format: "text" })).toMatchObject({ ok: true });
		expect(udpEcho(lab, "server", { port: 7 })).toMatchObject({ ok: true });
		const results: unknown[] = [];
		startHttpGet(lab, "client", { to: { addr: SERVER, port: 80 } }, (ended) => results.push(ended));
		await settled(() => results.length === 1);
		startUdpClient(lab, "client", { to: { addr: SERVER, port: 7 }, payload: bytes("hi") }, (ended) =>
			results.push(ended),
		);
		await settled(() => results.length === 2);
		expect(results).toMatchObject([
			{ outcome: "answered", status: 200, body: bytes("web 10.0.0.1\n") },
			{ outcome: "answered", payload: bytes("hi") },
		]);
	});

	test("two listeners on one port do not go, on different addresses they do", () => {
		const at = (addr: string) =>
			lab.sockets.listenTcp("host", { bind: { addr: ip(addr), port: 80 } }, () => undefined).ok;
		expect([at("10.0.0.254"), at("10.0.1.254"), at("10.0.0.254")]).toEqual([true, true, false]);
		expect(lab.sockets.listenTcp("host", { bind: { addr: ip("192.0.2.1") } }, () => undefined)).toMatchObject({
			error: { errno: "EADDRNOTAVAIL" },
		});
		expect(lab.sockets.openUdp("host", { dev: "nope" }, {})).toMatchObject({ error: { errno: "ENODEV" } });
		expect(lab.sockets.openUdp("nowhere", {}, {})).toMatchObject({ error: { errno: "ENOENT" } });
	});

	test("a UDP server echoes and learns both addresses", async () => {
		const log: string[] = [];
		const server = lab.sockets.openUdp(
			"server",
			{ bind: { port: 53 } },
			{
				onDatagram: (data, from, to) => {
					log.push(`server ${text(data)} from ${from.addr} to ${to.addr}:${to.port}`);
					if (server.ok) server.value.send(data, from);
				},
			},
		);
		const client = lab.sockets.openUdp(
			"client",
			{ connect: { addr: SERVER, port: 53 } },
			{
				onDatagram: (data, from) => void log.push(`client ${text(data)} from ${from.addr}:${from.port}`),
			},
		);
		if (!client.ok) throw new Error(client.error.message);
		expect(client.value.local.addr).toBe(CLIENT);
		expect(client.value.send(bytes("hi"))).toMatchObject({ ok: true });
		await settled(() => log.length === 2);
		expect(log).toEqual(["server hi from 10.0.0.1 to 10.0.0.2:53", "client hi from 10.0.0.2:53"]);
	});

	test.each([
		["connected", true, ["icmp 3/3 from 10.0.0.2 to 10.0.0.2:9", "ECONNREFUSED"]],
		["not connected", false, ["icmp 3/3 from 10.0.0.2 to 10.0.0.2:9"]],
	] as const)("a UDP socket that is %s hears of a closed port, and can send again", async (_name, connected, heard) => {
		const log: string[] = [];
		const to = { addr: SERVER, port: 9 };
		const socket = lab.sockets.openUdp("client", connected ? { connect: to } : {}, {
			onIcmpError: ({ type, code, from, to: end }) => {
				log.push(`icmp ${type}/${code} from ${from} to ${end.addr}:${end.port}`);
			},
			onError: ({ errno }) => void log.push(errno),
		});
		if (!socket.ok) throw new Error(socket.error.message);
		const send = () => socket.value.send(bytes("x"), connected ? undefined : to);
		expect(send()).toMatchObject({ ok: true });
		await settled(() => log.length === heard.length);
		expect(log).toEqual(heard);
		// The kernel keeps an error at the socket until somebody asks; it is not the next datagram's.
		expect([send(), send()]).toMatchObject([{ ok: true }, { ok: true }]);
		await settled(() => log.length === 3 * heard.length);
		expect(log).toEqual([...heard, ...heard, ...heard]);
	});

	test("what is too long for the path says how long it may be, when it may not be fragmented", () => {
		const socket = lab.sockets.openUdp("client", { pmtudisc: "do" }, {});
		if (!socket.ok) throw new Error(socket.error.message);
		const send = (length: number) => socket.value.send(new Uint8Array(length), { addr: SERVER, port: 9 });
		expect(send(1472)).toMatchObject({ ok: true });
		expect(send(1473)).toMatchObject({ ok: false, error: { errno: "EMSGSIZE", mtu: 1500 } });
		expect(lab.sockets.openUdp("client", {}, {})).toMatchObject({ ok: true });
	});

	test("broadcasts need permission, port 0 is none, and a socket that is not connected needs an end", () => {
		const open = (broadcast: boolean) => {
			const socket = lab.sockets.openUdp("client", { broadcast }, {});
			if (!socket.ok) throw new Error(socket.error.message);
			return socket.value;
		};
		const everyone = { addr: ip("10.0.0.255"), port: 9 };
		expect(open(false).send(bytes("x"), everyone)).toMatchObject({ error: { errno: "EACCES" } });
		expect(open(true).send(bytes("x"), everyone)).toMatchObject({ ok: true });
		expect(open(true).send(bytes("x"), { addr: SERVER, port: 0 })).toMatchObject({ error: { errno: "EINVAL" } });
		expect(open(true).send(bytes("x"))).toMatchObject({ error: { errno: "ENOTCONN" } });
	});

	test("ping is answered, and a TTL that runs out is reported by the router", async () => {
		const log: string[] = [];
		const far = ip("10.0.1.1");
		const open = (to: typeof far, id: number) => {
			const socket = lab.sockets.openEcho(
				"client",
				to,
				{ id },
				{
					onReply: ({ from, id: got, seq, ttl, payload }) =>
						void log.push(`reply ${from} id ${got} seq ${seq} ttl ${ttl} ${text(payload)}`),
					onError: ({ from, type, code, seq }) => void log.push(`icmp ${type}/${code} ${from} seq ${seq}`),
				},
			);
			if (!socket.ok) throw new Error(socket.error.message);
			return socket.value;
		};
		const near = open(SERVER, 7);
		expect(near.send({ seq: 1, payload: bytes("abc") })).toMatchObject({ ok: true });
		await settled(() => log.length === 1);
		expect(open(far, 8).send({ seq: 2, payload: bytes("abc"), ttl: 1 })).toMatchObject({ ok: true });
		await settled(() => log.length === 2);
		near.send({ seq: 3, payload: bytes("") });
		await settled(() => log.length === 3);
		expect(log).toEqual([
			"reply 10.0.0.2 id 7 seq 1 ttl 64 abc",
			"icmp 11/0 10.0.0.254 seq 2",
			"reply 10.0.0.2 id 7 seq 3 ttl 64 ",
		]);
		expect(lab.sockets.openEcho("client", SERVER, { id: 7 }, {})).toMatchObject({ error: { errno: "EADDRINUSE" } });
		expect(lab.sockets.openEcho("host", ip("192.0.2.1"), {}, {})).toMatchObject({ error: { errno: "ENETUNREACH" } });
	});

	test("a packet socket sends frames as they are and gets those of its EtherType", async () => {
		const got: string[] = [];
		const server = lab.sockets.openPacket(
			"server",
			{ dev: "eth0", etherType: ETH_P_TEST },
			{
				onFrame: (frame, pktType) => void got.push(`${pktType} ${frame.length} ${text(frame.subarray(14))}`),
			},
		);
		const client = lab.sockets.openPacket(
			"client",
			{ dev: "eth0", etherType: ETH_P_TEST },
			{
				onFrame: () => void got.push("client"),
			},
		);
		if (!client.ok || !server.ok) throw new Error("openPacket");
		for (const [dst, words] of [
			[SERVER_MAC, "host"],
			["ff:ff:ff:ff:ff:ff", "broadcast"],
			["01:00:5e:00:00:01", "multicast"],
			["02:00:00:00:00:99", "other"],
		] as const) {
			expect(client.value.send(testFrame(dst, words))).toMatchObject({ ok: true });
		}
		await settled(() => got.length === 4);
		expect(got).toEqual(["host 18 host", "broadcast 23 broadcast", "multicast 23 multicast", "otherhost 19 other"]);
		expect(client.value.send(new Uint8Array(13))).toMatchObject({ error: { errno: "EINVAL" } });
		expect(client.value.send(testFrame(SERVER_MAC, "x".repeat(1501)))).toMatchObject({ error: { errno: "EMSGSIZE" } });
		server.value.close();
		client.value.send(testFrame(SERVER_MAC, "nobody listens"));
		await lab.run(() => false, SECOND_NS / 100);
		const again = lab.sockets.openPacket(
			"server",
			{ dev: "eth0", etherType: ETH_P_TEST },
			{
				onFrame: (frame) => void got.push(text(frame.subarray(14))),
			},
		);
		expect(again).toMatchObject({ ok: true });
		client.value.send(testFrame(SERVER_MAC, "again"));
		await settled(() => got.length > 4);
		expect(got.slice(4)).toEqual(["again"]);
		expect(lab.sockets.openPacket("server", { dev: "eth9", etherType: 1 }, {})).toMatchObject({
			error: { errno: "ENODEV" },
		});
	});

	test("captures on every device show a frame's way in order, with whom it is for", async () => {
		const seen: CapturedFrame[] = [];
		for (const name of HOSTS) {
			expect(lab.capture(name, {}, (frame) => void seen.push(frame))).toMatchObject({ ok: true });
		}
		const client = lab.sockets.openPacket("client", { dev: "eth0", etherType: ETH_P_TEST }, {});
		if (!client.ok) throw new Error(client.error.message);
		client.value.send(testFrame("ff:ff:ff:ff:ff:ff", "one"));
		await lab.run(() => false, 0);
		client.value.send(testFrame(SERVER_MAC, "two"));
		await lab.run(() => false, SECOND_NS / 100);
		const ways = (word: string): readonly string[] =>
			seen
				.filter(({ frame }) => text(frame.subarray(14)) === word)
				.map(({ netns, dev, direction, pktType }) => `${netns}/${dev} ${direction} ${pktType}`);
		expect(ways("one")).toEqual([
			"client/eth0 out outgoing",
			"host/v1 in broadcast",
			"host/v2 out outgoing",
			"host/br0 in broadcast",
			"server/eth0 in broadcast",
		]);
		expect(ways("two")).toEqual([
			"client/eth0 out outgoing",
			"host/v1 in otherhost",
			"host/v2 out outgoing",
			"server/eth0 in host",
		]);
		const times = seen.map(({ at }) => at);
		expect(times).toEqual([...times].sort((a, b) => a - b));
		expect(lab.clock.now() - (times.at(-1) ?? 0)).toBeLessThan(SECOND_NS);
		expect(lab.clock.now()).toBeGreaterThan(times.at(-1) ?? 0);
	});

	test("a capture of one device has its frames only, and ends when told", async () => {
		const seen: string[] = [];
		const capture = lab.capture("host", { dev: "v2" }, ({ dev }) => void seen.push(dev));
		if (!capture.ok) throw new Error(capture.error.message);
		const client = lab.sockets.openPacket("client", { dev: "eth0", etherType: ETH_P_TEST }, {});
		if (!client.ok) throw new Error(client.error.message);
		client.value.send(testFrame("ff:ff:ff:ff:ff:ff", "one"));
		await lab.run(() => false, SECOND_NS / 100);
		capture.value();
		client.value.send(testFrame("ff:ff:ff:ff:ff:ff", "two"));
		await lab.run(() => false, SECOND_NS / 100);
		expect(seen).toEqual(["v2"]);
		expect(lab.capture("host", { dev: "v9" }, () => undefined)).toMatchObject({ error: { errno: "ENODEV" } });
	});

	test("captured segments have whole checksums, also those that a device was to fill in", async () => {
		const segments: Uint8Array[] = [];
		for (const name of HOSTS) {
			lab.capture(name, {}, ({ frame }) => {
				if (frame[12] === 8 && frame[13] === 0 && ipv4Proto(frame, 14) === IPPROTO_TCP) segments.push(frame.slice(14));
			});
		}
		let closed = false;
		listen(7, (connection) =>
			connection.handle({ onData: (data) => void connection.send(data), onEnd: () => connection.close() }),
		);
		const client = connect(7, {
			onConnect: () => void client.send(bytes("odd")),
			onData: () => client.close(),
			onClose: () => {
				closed = true;
			},
		});
		await settled(() => closed);
		expect(segments.length).toBeGreaterThan(20);
		const wrong = segments.filter((packet) => !checksumHolds(packet));
		expect(wrong).toEqual([]);
	});

	test("sockets are listed as ss lists them", async () => {
		let connected = 0;
		listen(80, () => {
			connected += 1;
		});
		const owner = { program: "nc", pid: 42 };
		lab.sockets.openUdp("server", { bind: { port: 53 }, dev: "eth0", ...owner }, {});
		connect(80, {
			onConnect: () => {
				connected += 1;
			},
		});
		await settled(() => connected === 2);
		const listed = lab.sockets.list("server");
		if (!listed.ok) throw new Error(listed.error.message);
		const any = ip("0.0.0.0");
		const quiet = { recvQueue: 0, sendQueue: 0 };
		expect(listed.value).toEqual([
			{ protocol: "tcp", state: "LISTEN", local: { addr: any, port: 80 }, recvQueue: 0, sendQueue: 4096 },
			{
				protocol: "tcp",
				state: "ESTAB",
				local: { addr: SERVER, port: 80 },
				remote: { addr: CLIENT, port: expect.any(Number) },
				...quiet,
			},
			{ protocol: "udp", state: "UNCONN", local: { addr: any, port: 53 }, dev: "eth0", ...quiet, ...owner },
		]);
	});
});

function testFrame(dst: string, words: string): Uint8Array {
	const payload = bytes(words);
	const frame = new Uint8Array(14 + payload.length);
	putEthernet(frame, 0, { dst: macNum(mac(dst)), src: macNum(mac(CLIENT_MAC)), type: ETH_P_TEST });
	frame.set(payload, 14);
	return frame;
}

/** Of an IPv4 packet with a TCP segment. */
function checksumHolds(packet: Uint8Array): boolean {
	const ends = { src: ipv4Src(packet, 0), dst: ipv4Dst(packet, 0) };
	return tcpChecksumIsValid(packet, ipv4HeaderLength(packet, 0), ipv4TotalLength(packet, 0), ends);
}
