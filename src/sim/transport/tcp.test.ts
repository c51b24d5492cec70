import { expect, test } from "vitest";
import { badEndings } from "../../../test/sim-lab.ts";
import { CLIENT, SERVER, TwoHosts } from "../../../test/two-hosts.ts";
import { hex, utf8Decode, utf8Encode } from "../../base/bytes.ts";
import type { SocketError, TcpConnection, TcpHandlers } from "../../kernel/socket.ts";
import { ip } from "../../wire/addr.ts";
import { registerNetHook } from "../netfilter/hooks.ts";
import { tcpTable } from "./tcp-table.ts";

/** A connection's story as its program hears it. */
class Program implements TcpHandlers {
	readonly heard: string[] = [];
	received = "";
	connection: TcpConnection | undefined;
	readonly onConnect = (): void => void this.heard.push("connect");
	readonly onData = (bytes: Uint8Array): void => {
		this.received += utf8Decode(bytes);
	};
	onEnd = (): void => void this.heard.push("end");
	readonly onClose = (): void => void this.heard.push("close");
	readonly onError = (error: SocketError): void => void this.heard.push(error.errno);
}

/** Listens on 10.0.0.2:80; each connection gets a `Program`. */
function serve(hosts: TwoHosts, each: (program: Program) => void = () => undefined): readonly Program[] {
	const programs: Program[] = [];
	const listening = hosts.kernel.sockets.listenTcp("server", { bind: { port: 80 }, program: "web" }, (connection) => {
		const program = new Program();
		program.connection = connection;
		programs.push(program);
		each(program);
		connection.handle(program);
	});
	if (!listening.ok) throw new Error(listening.error.message);
	return programs;
}

function connect(hosts: TwoHosts, port = 80, local?: number): Program {
	const program = new Program();
	const bind = local === undefined ? {} : { bind: { port: local } };
	const opened = hosts.kernel.sockets.connectTcp("client", { addr: SERVER, port }, { program: "cl", ...bind }, program);
	if (opened.ok) program.connection = opened.value;
	else program.heard.push(opened.error.errno);
	return program;
}

/** Client and server, connected. */
async function pair(hosts: TwoHosts): Promise<readonly [Program, Program]> {
	const servers = serve(hosts);
	const client = connect(hosts);
	hosts.lab.pass(0.01);
	const server = servers[0];
	if (server === undefined) throw new Error("no connection");
	return [client, server];
}

function flows(hosts: TwoHosts, netns: string): readonly string[] {
	return tcpTable(hosts.lab.netns(netns))
		.established.list()
		.map((flow) => (flow.kind === "sock" ? flow.state : flow.kind));
}

test("a handshake, a request, its answer and the closing look as they do on Linux", async () => {
	const hosts = await TwoHosts.create();
	const [server] = [
		serve(hosts, (program) => {
			program.onEnd = () => program.connection?.close();
		}),
	];
	const client = connect(hosts);
	hosts.lab.pass(0.01);
	client.connection?.send(utf8Encode("hello\n"));
	hosts.lab.pass(0.01);
	server[0]?.connection?.send(utf8Encode("got hello\n"));
	hosts.lab.pass(0.01);
	client.connection?.close();
	hosts.lab.pass(0.01);
	// kernel-lab.md §1b and §2.6, Linux 6.18.
	expect(hosts.lines()).toEqual([
		"client [S] 0:0 win 64240",
		"server [S.] 0:0 ack 1 win 65160",
		"client [.] 1:1 ack 1 win 63",
		"client [P.] 1:7 ack 1 win 63",
		"server [.] 1:1 ack 7 win 64",
		"server [P.] 1:11 ack 7 win 64",
		"client [.] 7:7 ack 11 win 63",
		"client [F.] 7:7 ack 11 win 63",
		"server [F.] 11:11 ack 8 win 64",
		"client [.] 8:8 ack 12 win 63",
	]);
	expect([server[0]?.received, client.received]).toEqual(["hello\n", "got hello\n"]);
	expect(client.heard).toEqual(["connect", "end", "close"]);
	expect(server[0]?.heard).toEqual(["close"]);
	expect([flows(hosts, "client"), flows(hosts, "server")]).toEqual([["timewait"], []]);
});

test("SYN and SYN-ACK carry Linux's options, identifications and DF", async () => {
	const hosts = await TwoHosts.create();
	await pair(hosts);
	const [syn, synAck, ack] = hosts.tcp();
	// kernel-lab.md facts 31 and 32.
	expect(hex(syn?.bytes.subarray(40) ?? new Uint8Array())).toMatch(/^020405b40402080a[0-9a-f]{8}000000000103030a$/);
	expect(hex(synAck?.bytes.subarray(40) ?? new Uint8Array())).toMatch(
		/^020405b40402080a[0-9a-f]{8}[0-9a-f]{8}0103030a$/,
	);
	expect(hex(synAck?.bytes.subarray(52, 56) ?? new Uint8Array())).toBe(
		hex(syn?.bytes.subarray(48, 52) ?? new Uint8Array()),
	);
	expect(hosts.tcp().every((packet) => packet.df)).toBe(true);
	expect([synAck?.id, ack?.id]).toEqual([0, ((syn?.id ?? 0) + 1) & 0xffff]);
});

test("a smaller MTU gives a smaller MSS and the window that goes with it", async () => {
	const hosts = await TwoHosts.create({ mtu: 1450 });
	await pair(hosts);
	expect(
		hosts
			.tcp()
			.slice(0, 2)
			.map(({ tcp, bytes }) => [tcp.window, hex(bytes.subarray(40, 44))]),
	).toEqual([
		[64860, "02040582"],
		[64308, "02040582"],
	]);
});

test("every packet of a conversation ends exactly once, at the socket it is for", async () => {
	const hosts = await TwoHosts.create();
	const [client, server] = await pair(hosts);
	client.connection?.send(utf8Encode("x"));
	hosts.lab.pass(1);
	server.connection?.close();
	client.connection?.close();
	hosts.lab.pass(100);
	const events = hosts.lab.events;
	expect(badEndings(events)).toEqual([]);
	const origins = events.flatMap((event) => (event.step === "origin" ? [`${event.fn}: ${event.what}`] : []));
	const delivered = events.flatMap((event) => (event.step === "deliver" ? [`${event.fn}: ${event.to}`] : []));
	const port = client.connection?.local.port;
	expect(origins).toContain(`__ip_queue_xmit: TCP SYN ${CLIENT}:${port} → ${SERVER}:80`);
	expect(origins).toContain(`__ip_queue_xmit: TCP PSH,ACK ${CLIENT}:${port} → ${SERVER}:80, 1 bytes`);
	expect(delivered).toContain(`tcp_v4_rcv: tcp ${SERVER}:80 (web)`);
	expect(delivered).toContain(`tcp_v4_rcv: tcp ${CLIENT}:${port} (cl)`);
});

test("a connection to a closed port is refused", async () => {
	const hosts = await TwoHosts.create();
	const client = connect(hosts, 81);
	hosts.lab.pass(0.01);
	expect(client.heard).toEqual(["ECONNREFUSED"]);
	expect(hosts.tcp().map(({ tcp }) => tcp.flags)).toEqual(["S", "R."]);
	expect(hosts.packets[1]).toMatchObject({ id: 0, df: true, tcp: { seq: 0, window: 0, length: 0 } });
	expect(hosts.packets[1]?.bytes.length).toBe(40);
	expect(flows(hosts, "client")).toEqual([]);
});

test("an unanswered SYN is repeated five times a second apart and then ever later, until ETIMEDOUT", async () => {
	const hosts = await TwoHosts.create();
	connectOnce(hosts);
	hosts.packets.length = 0;
	hosts.wire = () => "drop";
	const client = connect(hosts);
	const startNs = hosts.kernel.clock.now();
	await hosts.kernel.run(() => client.heard.length > 0, 200e9);
	const times = hosts.tcp().map(({ atNs }) => (atNs - startNs) / 1e9);
	// kernel-lab.md fact 33: 1.03, 2.06, 3.08, 4.10, 5.13, 7.14; then tcp_syn_retries.
	const expected = [0, 1.03, 2.06, 3.08, 4.1, 5.13, 7.14, 11.2, 19.4, 35.8, 68.6];
	expect(times).toHaveLength(expected.length);
	for (const [k, time] of times.entries()) expect(Math.abs(time - (expected[k] ?? 0))).toBeLessThan(0.035 + time / 30);
	expect(client.heard).toEqual(["ETIMEDOUT"]);
	expect((hosts.kernel.clock.now() - startNs) / 1e9).toBeGreaterThan(127);
});

test("a SYN-ACK that gets no answer is repeated five times, and the request forgotten", async () => {
	const hosts = await TwoHosts.create();
	connectOnce(hosts);
	serve(hosts);
	hosts.packets.length = 0;
	hosts.wire = ({ from, tcp }) => (from === "client" && tcp?.flags === "S" ? "pass" : "drop");
	const client = connect(hosts);
	hosts.lab.pass(0.1);
	client.connection?.abort();
	expect(flows(hosts, "server")).toEqual(["request"]);
	hosts.lab.pass(100);
	const times = hosts.tcp().flatMap(({ from, atNs }) => (from === "server" ? [Math.round(atNs / 1e9)] : []));
	expect(times.map((time) => time - (times[0] ?? 0))).toEqual([0, 1, 3, 7, 15, 31]);
	expect(flows(hosts, "server")).toEqual([]);
});

test.each([
	["no route", "192.0.2.1", "ENETUNREACH", 0],
	["a host that does not answer ARP", "10.0.0.99", "EHOSTUNREACH", 3.06],
] as const)("connecting to %s fails", async (_name, addr, errno, seconds) => {
	const hosts = await TwoHosts.create();
	const heard: string[] = [];
	const to = { addr: ip(addr), port: 80 };
	const opened = hosts.kernel.sockets.connectTcp("client", to, {}, { onError: (error) => heard.push(error.errno) });
	if (!opened.ok) heard.push(opened.error.errno);
	const startNs = hosts.kernel.clock.now();
	await hosts.kernel.run(() => heard.length > 0, 10e9);
	expect(heard).toEqual([errno]);
	expect(Math.abs((hosts.kernel.clock.now() - startNs) / 1e9 - seconds)).toBeLessThan(0.1);
});

test("data that nobody acknowledges is repeated with doubling time-outs, for 924 seconds", async () => {
	const hosts = await TwoHosts.create();
	const [client] = await pair(hosts);
	hosts.packets.length = 0;
	hosts.wire = () => "drop";
	client.connection?.send(utf8Encode("x"));
	const startNs = hosts.kernel.clock.now();
	await hosts.kernel.run(() => client.heard.includes("ETIMEDOUT"), 2000e9);
	const sent = hosts.tcp().filter(({ tcp }) => tcp.length === 1);
	const gaps = sent.slice(1).map(({ atNs }, k) => (atNs - (sent[k]?.atNs ?? 0)) / 1e9);
	for (const [k, gap] of gaps.entries()) {
		const rto = Math.min(0.2 * 2 ** k, 120);
		expect(gap).toBeGreaterThanOrEqual(rto);
		expect(gap).toBeLessThan(rto * 1.15 + 0.02);
	}
	expect(gaps.length).toBeGreaterThanOrEqual(14);
	const seconds = (hosts.kernel.clock.now() - startNs) / 1e9;
	expect(seconds).toBeGreaterThan(924);
	expect(seconds).toBeLessThan(1100);
});

test("a program that does not read closes the window, probes find it opened again", async () => {
	const hosts = await TwoHosts.create();
	const accepted: TcpConnection[] = [];
	hosts.kernel.sockets.listenTcp("server", { bind: { port: 80 } }, (connection) => accepted.push(connection));
	const client = connect(hosts);
	hosts.lab.pass(0.01);
	client.connection?.send(new Uint8Array(200_000).fill(97));
	hosts.lab.pass(10);
	const sentBytes = (): number =>
		Math.max(...hosts.tcp().map(({ from, tcp }) => (from === "client" ? tcp.seq + tcp.length : 0)));
	const filled = sentBytes();
	expect(hosts.tcp().at(-1)?.tcp.window).toBe(0);
	const probes = hosts.tcp().filter(({ from, tcp }) => from === "client" && tcp.length === 0 && tcp.seq === filled - 1);
	expect(probes.length).toBeGreaterThan(2);
	let received = 0;
	// The window update is lost: only a probe can find out.
	hosts.wire = ({ from }) => (from === "server" ? "drop" : "pass");
	accepted[0]?.handle({ onData: (bytes) => (received += bytes.length) });
	hosts.lab.pass(0.001);
	hosts.wire = () => "pass";
	hosts.lab.pass(30);
	expect(received).toBe(200_000);
});

test("TIME_WAIT answers a repeated FIN, keeps the port for 60 s and lets it go then", async () => {
	const hosts = await TwoHosts.create();
	const servers = serve(hosts);
	const client = connect(hosts, 80, 40000);
	hosts.lab.pass(0.01);
	client.connection?.close();
	hosts.lab.pass(0.01);
	// The ACK of the server's FIN is lost.
	hosts.wire = ({ from, tcp }) => (from === "client" && tcp?.flags === "." ? "drop" : "pass");
	servers[0]?.connection?.close();
	hosts.lab.pass(0.01);
	hosts.wire = () => "pass";
	expect([flows(hosts, "client"), flows(hosts, "server")]).toEqual([["timewait"], ["LAST_ACK"]]);
	hosts.lab.pass(1);
	expect(flows(hosts, "server")).toEqual([]);
	expect(connect(hosts, 80, 40000).heard).toEqual(["EADDRNOTAVAIL"]);
	hosts.lab.pass(61);
	expect(flows(hosts, "client")).toEqual([]);
	const again = connect(hosts, 80, 40000);
	hosts.lab.pass(0.01);
	expect(again.heard).toEqual(["connect"]);
});

test("a server in TIME_WAIT takes a newer SYN from the same port", async () => {
	const hosts = await TwoHosts.create();
	const servers = serve(hosts);
	const client = connect(hosts, 80, 40000);
	hosts.lab.pass(0.01);
	servers[0]?.connection?.close();
	hosts.lab.pass(0.01);
	client.connection?.close();
	hosts.lab.pass(0.01);
	expect([flows(hosts, "client"), flows(hosts, "server")]).toEqual([[], ["timewait"]]);
	const again = connect(hosts, 80, 40000);
	hosts.lab.pass(0.01);
	expect(again.heard).toEqual(["connect"]);
	expect(flows(hosts, "server")).toEqual(["ESTABLISHED"]);
});

test("both ends close at the same moment", async () => {
	const hosts = await TwoHosts.create();
	const [client, server] = await pair(hosts);
	client.connection?.close();
	server.connection?.close();
	expect([flows(hosts, "client"), flows(hosts, "server")]).toEqual([["FIN_WAIT1"], ["FIN_WAIT1"]]);
	hosts.lab.pass(1);
	expect([flows(hosts, "client"), flows(hosts, "server")]).toEqual([["timewait"], ["timewait"]]);
	expect([client.heard, server.heard]).toEqual([
		["connect", "end", "close"],
		["end", "close"],
	]);
});

test("both ends connect at the same moment to each other", async () => {
	const hosts = await TwoHosts.create();
	connectOnce(hosts);
	const ends = (["client", "server"] as const).map((netns) => {
		const program = new Program();
		const addr = netns === "client" ? SERVER : CLIENT;
		const [local, remote] = netns === "client" ? [1111, 2222] : [2222, 1111];
		const to = { addr, port: remote };
		const opened = hosts.kernel.sockets.connectTcp(netns, to, { bind: { port: local } }, program);
		if (opened.ok) program.connection = opened.value;
		return program;
	});
	hosts.lab.pass(0.01);
	expect(ends.map(({ heard }) => heard)).toEqual([["connect"], ["connect"]]);
	ends[0]?.connection?.send(utf8Encode("crossed"));
	hosts.lab.pass(0.01);
	expect(ends[1]?.received).toBe("crossed");
});

test("half-closed, the other direction goes on", async () => {
	const hosts = await TwoHosts.create();
	const [client, server] = await pair(hosts);
	client.connection?.send(utf8Encode("question"));
	client.connection?.close();
	hosts.lab.pass(10);
	expect(flows(hosts, "client")).toEqual(["FIN_WAIT2"]);
	server.connection?.send(utf8Encode("a late answer"));
	server.connection?.close();
	hosts.lab.pass(1);
	expect([server.received, client.received]).toEqual(["question", "a late answer"]);
	expect(client.heard).toEqual(["connect", "end", "close"]);
});

test("abort resets the other end, and nothing can be sent afterwards", async () => {
	const hosts = await TwoHosts.create();
	const [client, server] = await pair(hosts);
	client.connection?.abort();
	hosts.lab.pass(0.01);
	expect(server.heard).toEqual(["ECONNRESET"]);
	expect(client.heard).toEqual(["connect"]);
	expect(client.connection?.send(utf8Encode("x"))).toMatchObject({ error: { errno: "EPIPE" } });
	expect(server.connection?.send(utf8Encode("x"))).toMatchObject({ error: { errno: "EPIPE" } });
	expect([flows(hosts, "client"), flows(hosts, "server")]).toEqual([[], []]);
});

test("what is written before the connection stands is sent with the handshake's last ACK", async () => {
	const hosts = await TwoHosts.create();
	const servers = serve(hosts);
	const client = connect(hosts);
	client.connection?.send(utf8Encode("early"));
	client.connection?.close();
	hosts.lab.pass(0.01);
	expect(servers[0]?.received).toBe("early");
	expect(hosts.lines()[2]).toBe("client [FP.] 1:6 ack 1 win 63");
});

test("a listening socket is found by address before any address, and refuses a second on its port", async () => {
	const hosts = await TwoHosts.create();
	const took: string[] = [];
	const { sockets } = hosts.kernel;
	const any = sockets.listenTcp("server", { bind: { port: 80 } }, () => took.push("any"));
	expect(sockets.listenTcp("server", { bind: { port: 80 } }, () => undefined)).toMatchObject({
		error: { errno: "EADDRINUSE" },
	});
	expect(sockets.listenTcp("server", { bind: { port: 80, addr: SERVER } }, () => undefined)).toMatchObject({
		error: { errno: "EADDRINUSE" },
	});
	if (any.ok) any.value.close();
	sockets.listenTcp("server", { bind: { port: 80, addr: SERVER } }, () => took.push("address"));
	sockets.listenTcp("server", { bind: { port: 80, addr: ip("127.0.0.1") } }, () => took.push("loopback"));
	connect(hosts);
	hosts.lab.pass(0.01);
	expect(took).toEqual(["address"]);
});

test("an address that is not this host's cannot be bound, unless ip_nonlocal_bind is on", async () => {
	const hosts = await TwoHosts.create();
	const bind = { addr: ip("198.51.100.7"), port: 80 };
	const listen = (): unknown => hosts.kernel.sockets.listenTcp("server", { bind }, () => undefined);
	expect(listen()).toMatchObject({ error: { errno: "EADDRNOTAVAIL" } });
	await hosts.lab.set("server", { kind: "sysctl", key: "net.ipv4.ip_nonlocal_bind", value: "1" });
	expect(listen()).toMatchObject({ ok: true });
});

test("a connection to the host itself goes by loopback with its large segments", async () => {
	const hosts = await TwoHosts.create();
	const heard: string[] = [];
	const { sockets } = hosts.kernel;
	sockets.listenTcp("client", { bind: { port: 80 } }, (connection) => {
		connection.handle({ onData: (bytes) => heard.push(`${bytes.length} from ${connection.remote.addr}`) });
	});
	const opened = sockets.connectTcp("client", { addr: CLIENT, port: 80 }, {}, {});
	if (opened.ok) opened.value.send(new Uint8Array(1000));
	hosts.lab.pass(0.01);
	expect(heard).toEqual([`1000 from ${CLIENT}`]);
	expect(hosts.packets).toEqual([]);
});

test("tcp_rmem and tcp_timestamps change the handshake", async () => {
	const hosts = await TwoHosts.create();
	const set = (key: string, value: string): Promise<void> => hosts.lab.set("client", { kind: "sysctl", key, value });
	await set("net.ipv4.tcp_rmem", "4096 131072 6291456");
	await set("net.ipv4.tcp_timestamps", "0");
	await pair(hosts);
	const [syn, synAck] = hosts.tcp();
	expect(hex(syn?.bytes.subarray(40) ?? new Uint8Array())).toBe("020405b40101040201030307");
	expect(synAck?.tcp.window).toBe(64240);
	expect(hosts.tcp()[2]?.tcp).toMatchObject({ window: 502, headerLength: 20 });
});

/** Lets ARP be done with, so that it does not show in times. */
function connectOnce(hosts: TwoHosts): void {
	connect(hosts, 9);
	hosts.lab.pass(0.01);
}

test("a namespace that goes away takes its connections along, without a timer left", async () => {
	const hosts = await TwoHosts.create();
	const [client] = await pair(hosts);
	connect(hosts, 80).connection?.close();
	client.connection?.send(utf8Encode("x"));
	await hosts.kernel.deleteNetns("client");
	await hosts.kernel.deleteNetns("server");
	hosts.kernel.runBacklog();
	expect(hosts.kernel.machine.loop.pending).toBe(false);
	expect(client.heard).toEqual(["connect"]);
	expect(client.connection?.send(utf8Encode("x"))).toMatchObject({ error: { errno: "EPIPE" } });
});

test("many connections to one server each have their own port, even ones first", async () => {
	const hosts = await TwoHosts.create();
	await hosts.lab.set("client", { kind: "sysctl", key: "net.ipv4.ip_local_port_range", value: "50000 50019" });
	serve(hosts);
	const ports = Array.from({ length: 20 }, () => connect(hosts).connection?.local.port ?? 0);
	hosts.lab.pass(0.01);
	expect(new Set(ports).size).toBe(20);
	expect(ports.slice(0, 10).every((port) => port % 2 === 0)).toBe(true);
	expect(connect(hosts).heard).toEqual(["EADDRNOTAVAIL"]);
});

test("a socket bound to a device is found by it only, and sends by it", async () => {
	const hosts = await TwoHosts.create();
	const took: string[] = [];
	for (const dev of ["lo", "eth0"]) {
		hosts.kernel.sockets.listenTcp("server", { bind: { port: 80 }, dev }, () => took.push(dev));
	}
	connect(hosts);
	hosts.lab.pass(0.01);
	expect(took).toEqual(["eth0"]);
	const opened = hosts.kernel.sockets.connectTcp("client", { addr: SERVER, port: 80 }, { dev: "lo" }, {});
	hosts.lab.pass(0.01);
	expect([opened.ok, took]).toEqual([true, ["eth0"]]);
});

test("without time stamps a newer SYN is known by its sequence number", async () => {
	const hosts = await TwoHosts.create();
	await hosts.lab.set("client", { kind: "sysctl", key: "net.ipv4.tcp_timestamps", value: "0" });
	const servers = serve(hosts);
	const client = connect(hosts, 80, 40000);
	hosts.lab.pass(0.01);
	servers[0]?.connection?.close();
	hosts.lab.pass(0.01);
	client.connection?.close();
	hosts.lab.pass(1);
	const again = connect(hosts, 80, 40000);
	hosts.lab.pass(0.01);
	expect(again.heard).toEqual(["connect"]);
	expect(hosts.tcp().filter(({ tcp }) => tcp.flags === "S")).toHaveLength(2);
});

test("a SYN that comes again is answered again at once", async () => {
	const hosts = await TwoHosts.create();
	connectOnce(hosts);
	serve(hosts);
	hosts.packets.length = 0;
	hosts.wire = ({ tcp }) => (tcp?.flags === "S" ? "twice" : "pass");
	const client = connect(hosts);
	hosts.lab.pass(0.1);
	expect(hosts.tcp().filter(({ tcp }) => tcp.flags === "S.")).toHaveLength(2);
	expect(client.heard).toEqual(["connect"]);
});

test("a small segment waits while another small one is on its way", async () => {
	const hosts = await TwoHosts.create();
	const [client, server] = await pair(hosts);
	hosts.packets.length = 0;
	for (const text of ["a", "b", "c"]) client.connection?.send(utf8Encode(text));
	hosts.lab.pass(0.01);
	expect(server.received).toBe("abc");
	expect(hosts.tcp().flatMap(({ tcp }) => (tcp.length > 0 ? [tcp.length] : []))).toEqual([1, 2]);
});

test("a port that somebody listens on is not given to a connection by chance", async () => {
	const hosts = await TwoHosts.create();
	await hosts.lab.set("client", { kind: "sysctl", key: "net.ipv4.ip_local_port_range", value: "50000 50003" });
	serve(hosts);
	for (const port of [50000, 50002]) {
		expect(hosts.kernel.sockets.listenTcp("client", { bind: { port } }, () => undefined).ok).toBe(true);
	}
	const ports = [connect(hosts), connect(hosts)].map(({ connection }) => connection?.local.port);
	expect(new Set(ports)).toEqual(new Set([50001, 50003]));
});

test("acknowledged data confirms the neighbour, so that it is not asked by ARP", async () => {
	const hosts = await TwoHosts.create();
	const [client, server] = await pair(hosts);
	hosts.lab.settle();
	for (let k = 0; k < 100; k += 1) {
		server.connection?.send(utf8Encode("x"));
		client.connection?.send(utf8Encode("x"));
		hosts.lab.pass(1);
	}
	expect(hosts.lab.events.flatMap((event) => (event.step === "origin" ? [event.link] : []))).not.toContain("ethernet");
});

test("programs go on when no packet is under way: the one that accepts first, then the one whose connect returns", async () => {
	const hosts = await TwoHosts.create();
	const { kernel } = hosts;
	const order: string[] = [];
	kernel.sockets.listenTcp("server", { bind: { port: 80 } }, (connection) => {
		order.push("accept");
		connection.handle({ onData: (bytes) => order.push(`read ${utf8Decode(bytes)}`) });
	});
	const opened = kernel.sockets.connectTcp(
		"client",
		{ addr: SERVER, port: 80 },
		{},
		{
			onConnect: () => {
				order.push(`connected, server ${flows(hosts, "server").join()}`);
				if (!opened.ok) return;
				opened.value.send(utf8Encode("one"));
				opened.value.send(utf8Encode("two"));
			},
		},
	);
	hosts.lab.pass(0.01);
	expect(order).toEqual(["accept", "connected, server ESTABLISHED", "read onetwo"]);
});

test("after abort the program hears nothing, not even of what had already arrived", async () => {
	const hosts = await TwoHosts.create();
	const [client, server] = await pair(hosts);
	const { loop } = hosts.kernel.machine;
	const [sock] = tcpTable(hosts.lab.netns("client")).established.list();
	if (sock?.kind !== "sock") throw new Error("no connection");
	server.connection?.send(utf8Encode("late"));
	while (sock.unreadBytes === 0 && loop.step(loop.now()));
	expect(sock.unreadBytes).toBe(4);
	client.connection?.abort();
	hosts.lab.pass(1);
	expect(client).toMatchObject({ heard: ["connect"], received: "" });
	expect(server.heard).toEqual(["ECONNRESET"]);
});

test("what netfilter drops on its way out has not been sent, and is tried again as it was", async () => {
	const hosts = await TwoHosts.create();
	const [client, server] = await pair(hosts);
	let drops = 0;
	registerNetHook(hosts.lab.netns("client"), "ipv4", "OUTPUT", {
		priority: 0,
		name: "test_drop",
		fn: () => {
			drops += 1;
			return drops <= 2 ? "drop" : "accept";
		},
	});
	hosts.packets.length = 0;
	const sent = "x".repeat(3000);
	client.connection?.send(utf8Encode(sent));
	client.connection?.close();
	hosts.lab.pass(0.15);
	const sock = tcpTable(hosts.lab.netns("client")).established.list()[0];
	if (sock?.kind !== "sock") throw new Error("no socket");
	expect([hosts.packets.length, sock.rtxQueue.length, sock.unsentBytes, sock.sndNxt === sock.sndUna]).toEqual([
		0,
		0,
		3000,
		true,
	]);
	hosts.lab.pass(5);
	expect(server.received).toBe(sent);
	expect(server.heard).toEqual(["end"]);
});
