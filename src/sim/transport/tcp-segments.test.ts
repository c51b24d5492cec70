import { expect, test } from "vitest";
import { badEndings } from "../../../test/sim-lab.ts";
import { CLIENT, SERVER, TwoHosts } from "../../../test/two-hosts.ts";
import { utf8Encode } from "../../base/bytes.ts";
import type { TcpConnection } from "../../kernel/socket.ts";
import { ipNum } from "../../wire/addr.ts";
import { IP_DF, putIpv4 } from "../../wire/ipv4.ts";
import { buildTcpOptions, putTcp, TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN } from "../../wire/tcp.ts";
import { icmpSend } from "../ipv4/icmp.ts";
import { registerNetHook } from "../netfilter/hooks.ts";
import { allocSkb } from "../skb.ts";
import { originSkb } from "../trace.ts";
import type { TcpSock } from "./tcp-sock.ts";
import { tcpTable } from "./tcp-table.ts";

interface Made {
	readonly sport: number;
	readonly dport: number;
	readonly seq: number;
	readonly ack?: number;
	readonly flags: number;
	readonly payload?: string;
	readonly stamp?: number;
	readonly badChecksum?: true;
}

/** What the server says is written down, but the client does not hear it. */
const deafClient: TwoHosts["wire"] = ({ from }) => (from === "server" ? "drop" : "pass");

/** A segment from the client's address appears at the server. */
function inject(hosts: TwoHosts, made: Made): void {
	const payload = utf8Encode(made.payload ?? "");
	const options =
		made.stamp === undefined ? new Uint8Array() : buildTcpOptions({ timestamps: { value: made.stamp, echo: 0 } });
	const skb = allocSkb(hosts.kernel.machine, 40 + options.length + payload.length);
	const [src, dst] = [Number(ipNum(CLIENT)), Number(ipNum(SERVER))];
	skb.bytes.set(payload, skb.end - payload.length);
	putTcp(skb.bytes, skb.data + 20, skb.end, { src, dst, ack: 0, window: 1000, ...made, options });
	if (made.badChecksum) skb.bytes[skb.data + 36] = 255 - (skb.bytes[skb.data + 36] ?? 0);
	const header = { src, dst, proto: 6, ttl: 64, tos: 0, id: 1, frag: IP_DF, totalLength: skb.length };
	putIpv4(skb.bytes, skb.data, header);
	skb.dev = hosts.lab.dev("server", "eth0");
	skb.iif = skb.dev.ifindex;
	skb.protocol = 0x0800;
	skb.network = skb.data;
	originSkb(skb, skb.dev.netns, "test", "a test's segment");
	hosts.kernel.machine.packetTypes.get(0x0800)?.(skb);
	hosts.lab.pass(0.001);
}

/** What the server answered, as `[flags] seq ack`. */
function answers(hosts: TwoHosts): readonly string[] {
	const lines = hosts
		.tcp()
		.flatMap(({ from, tcp }) => (from === "server" ? [`[${tcp.flags}] ${tcp.seq} ${tcp.ack}`] : []));
	hosts.packets.length = 0;
	return lines;
}

function drops(hosts: TwoHosts): readonly string[] {
	const events = hosts.lab.events.splice(0);
	return events.flatMap((event) => (event.step === "drop" && event.netns === "server" ? [event.reason] : []));
}

/** An established connection whose server end is looked at from inside; the client's packets no longer come. */
async function established(): Promise<{ hosts: TwoHosts; sock: TcpSock; heard: string[]; server: TcpConnection }> {
	const hosts = await TwoHosts.create();
	const heard: string[] = [];
	let server: TcpConnection | undefined;
	hosts.kernel.sockets.listenTcp("server", { bind: { port: 80 } }, (connection) => {
		server = connection;
		connection.handle({
			onData: (bytes) => heard.push(`${bytes.length} bytes`),
			onEnd: () => heard.push("end"),
			onError: (error) => heard.push(error.errno),
		});
	});
	const client = hosts.kernel.sockets.connectTcp("client", { addr: SERVER, port: 80 }, { bind: { port: 999 } }, {});
	hosts.lab.pass(0.01);
	const sock = tcpTable(hosts.lab.netns("server")).established.list()[0];
	if (!client.ok || sock?.kind !== "sock" || server === undefined) throw new Error("not connected");
	hosts.wire = deafClient;
	answers(hosts);
	drops(hosts);
	return { hosts, sock, heard, server };
}

// kernel-lab.md fact 26.
test.each([
	["SYN", TCP_SYN, ["[R.] 0 1001"], ""],
	["ACK", TCP_ACK, ["[R] 77 0"], ""],
	["PSH,ACK with data", TCP_PSH | TCP_ACK, ["[R] 77 0"], "data"],
	["SYN,ACK", TCP_SYN | TCP_ACK, ["[R] 77 0"], ""],
	["FIN", TCP_FIN, ["[R.] 0 1001"], ""],
	["no flags", 0, ["[R.] 0 1000"], ""],
	["RST", TCP_RST, [], ""],
] as const)("a closed port answers %s", async (_name, flags, expected, payload) => {
	const hosts = await TwoHosts.create();
	hosts.wire = deafClient;
	inject(hosts, { sport: 1, dport: 2, seq: 1000, ack: (flags & TCP_ACK) === 0 ? 0 : 77, flags, payload });
	hosts.lab.pass(0.01);
	expect(answers(hosts)).toEqual(expected);
	expect(drops(hosts)).toContain("NO_SOCKET");
});

test.each([
	["an ACK", TCP_ACK, ["[R] 77 0"], "TCP_FLAGS"],
	["a RST", TCP_RST, [], "TCP_RESET"],
	["SYN and FIN together", TCP_SYN | TCP_FIN, [], "TCP_FLAGS"],
	["no flags at all", 0, [], "TCP_FLAGS"],
] as const)("a listening port takes %s for no connection", async (_name, flags, expected, reason) => {
	const hosts = await TwoHosts.create();
	hosts.kernel.sockets.listenTcp("server", { bind: { port: 80 } }, () => undefined);
	hosts.wire = deafClient;
	inject(hosts, { sport: 1, dport: 80, seq: 1000, ack: (flags & TCP_ACK) === 0 ? 0 : 77, flags });
	hosts.lab.pass(0.01);
	expect(answers(hosts)).toEqual(expected);
	expect(drops(hosts)).toContain(reason);
});

test("a segment with a wrong checksum is dropped without an answer", async () => {
	const hosts = await TwoHosts.create();
	inject(hosts, { sport: 1, dport: 2, seq: 1, flags: TCP_SYN, badChecksum: true });
	expect([answers(hosts), drops(hosts)]).toEqual([[], ["TCP_CSUM"]]);
});

test("in a connection only the exact RST resets; one in the window is challenged, one outside ignored", async () => {
	const { hosts, sock, heard } = await established();
	const at = { sport: 999, dport: 80, flags: TCP_RST };
	inject(hosts, { ...at, seq: (sock.rcvNxt + 200_000) >>> 0 });
	expect([answers(hosts), drops(hosts)[0]]).toEqual([[], "TCP_INVALID_SEQUENCE"]);
	inject(hosts, { ...at, seq: (sock.rcvNxt + 5) >>> 0 });
	expect(answers(hosts)).toEqual([`[.] ${sock.sndNxt} ${sock.rcvNxt}`]);
	expect(heard).toEqual([]);
	inject(hosts, { ...at, seq: sock.rcvNxt });
	expect([answers(hosts), heard]).toEqual([[], ["ECONNRESET"]]);
	expect(tcpTable(hosts.lab.netns("server")).established.size).toBe(0);
});

test("segments that do not fit are dropped with their reason, and the peer is told where we are", async () => {
	const { hosts, sock, heard } = await established();
	const tell = `[.] ${sock.sndNxt} ${sock.rcvNxt}`;
	const stamp = sock.tsRecent;
	const at = { sport: 999, dport: 80, ack: sock.sndNxt, flags: TCP_ACK, stamp };
	const cases = [
		["SYN in the window", { ...at, seq: sock.rcvNxt, flags: TCP_SYN, ack: 0 }, [tell], "TCP_INVALID_SYN"],
		["data beyond the window", { ...at, seq: sock.rcvNxt + 100_000, payload: "x" }, [tell], "TCP_INVALID_SEQUENCE"],
		["old data", { ...at, seq: sock.rcvNxt - 1, payload: "x" }, [tell], "TCP_OLD_DATA"],
		["long past", { ...at, seq: sock.rcvNxt - 9, payload: "x" }, [tell], "TCP_OLD_SEQUENCE"],
		["an ACK of what was not sent", { ...at, seq: sock.rcvNxt, ack: sock.sndNxt + 1 }, [], "TCP_ACK_UNSENT_DATA"],
		["an old time stamp", { ...at, seq: sock.rcvNxt, payload: "x", stamp: stamp - 1 }, [tell], "TCP_RFC7323_PAWS"],
		["no flags", { ...at, seq: sock.rcvNxt, flags: TCP_PSH, ack: 0, payload: "x" }, [], "TCP_FLAGS"],
	] as const;
	for (const [name, made, told, reason] of cases) {
		inject(hosts, { ...made, seq: made.seq >>> 0, ack: made.ack >>> 0, stamp: made.stamp >>> 0 });
		expect([name, answers(hosts), drops(hosts)[0]]).toEqual([name, told, reason]);
		hosts.lab.pass(0.6);
	}
	expect(heard).toEqual([]);
	expect(badEndings(hosts.lab.events)).toEqual([]);
});

test("data that comes early waits for what is missing, and overlaps are cut", async () => {
	const { hosts, sock, heard } = await established();
	const at = { sport: 999, dport: 80, ack: sock.sndNxt, flags: TCP_ACK, stamp: sock.tsRecent };
	const first = sock.rcvNxt;
	const seq = (n: number): number => (first + n) >>> 0;
	inject(hosts, { ...at, seq: seq(6), payload: "6789" });
	inject(hosts, { ...at, seq: seq(3), payload: "3456" });
	inject(hosts, { ...at, seq: seq(10), flags: TCP_ACK | TCP_FIN });
	expect(heard).toEqual([]);
	expect(answers(hosts)).toEqual(Array(3).fill(`[.] ${sock.sndNxt} ${first}`));
	inject(hosts, { ...at, seq: first, payload: "01234" });
	expect(heard).toEqual(["10 bytes", "end"]);
	expect(answers(hosts).at(-1)).toBe(`[.] ${sock.sndNxt} ${seq(11)}`);
});

// kernel-lab.md §2.5: the errno of connect for each ICMP error.
test.each([
	[3, 0, "ENETUNREACH"],
	[3, 1, "EHOSTUNREACH"],
	[3, 2, "ENOPROTOOPT"],
	[3, 3, "ECONNREFUSED"],
	[3, 9, "ENETUNREACH"],
	[3, 10, "EHOSTUNREACH"],
	[3, 13, "EHOSTUNREACH"],
	[11, 0, "EHOSTUNREACH"],
] as const)("ICMP %i/%i ends a connection attempt with its errno", async (type, code, errno) => {
	const hosts = await TwoHosts.create();
	registerNetHook(hosts.lab.netns("server"), "ipv4", "INPUT", {
		priority: 0,
		name: "test_reject",
		fn: (skb) => {
			icmpSend(skb, type, code, 0);
			return "drop";
		},
	});
	const heard: string[] = [];
	hosts.kernel.sockets.connectTcp(
		"client",
		{ addr: SERVER, port: 80 },
		{},
		{ onError: (error) => heard.push(error.errno) },
	);
	hosts.lab.pass(0.01);
	expect(heard).toEqual([errno]);
});

// kernel-lab.md fact 27.
test("a local rule that rejects ends an attempt at once, one that drops lets it time out", async () => {
	const hosts = await TwoHosts.create();
	const heard: string[] = [];
	let rejects = true;
	registerNetHook(hosts.lab.netns("client"), "ipv4", "OUTPUT", {
		priority: 0,
		name: "test_reject",
		fn: (skb) => {
			if (skb.bytes[skb.network + 9] !== 6) return "accept";
			if (rejects) icmpSend(skb, 3, 3, 0);
			return "drop";
		},
	});
	const connect = (): void => {
		const to = { addr: SERVER, port: 80 };
		const opened = hosts.kernel.sockets.connectTcp("client", to, {}, { onError: (error) => heard.push(error.errno) });
		expect(opened.ok).toBe(true);
	};
	connect();
	hosts.lab.pass(0.001);
	expect(heard).toEqual(["ECONNREFUSED"]);
	rejects = false;
	connect();
	hosts.lab.pass(120);
	expect(heard).toEqual(["ECONNREFUSED"]);
	hosts.lab.pass(20);
	expect(heard).toEqual(["ECONNREFUSED", "ETIMEDOUT"]);
	expect(hosts.tcp()).toEqual([]);
});

test("an ICMP error about a connection that stands only explains its end", async () => {
	const { hosts, server, heard } = await established();
	registerNetHook(hosts.lab.netns("client"), "ipv4", "PREROUTING", {
		priority: -2000,
		name: "test_reject",
		fn: (skb) => {
			icmpSend(skb, 3, 1, 0);
			return "drop";
		},
	});
	hosts.wire = ({ proto }) => (proto === 1 ? "pass" : "drop");
	server.send(utf8Encode("x"));
	hosts.lab.pass(100);
	expect(heard).toEqual([]);
	hosts.lab.pass(1100);
	expect(heard).toEqual(["EHOSTUNREACH"]);
});

test("fragmentation needed makes the segments shorter, at once", async () => {
	const hosts = await TwoHosts.create();
	let received = 0;
	hosts.kernel.sockets.listenTcp("server", { bind: { port: 80 } }, (connection) => {
		connection.handle({ onData: (bytes) => (received += bytes.length) });
	});
	const opened = hosts.kernel.sockets.connectTcp("client", { addr: SERVER, port: 80 }, {}, {});
	hosts.lab.pass(0.01);
	registerNetHook(hosts.lab.netns("server"), "ipv4", "PREROUTING", {
		priority: -900,
		name: "test_small_link",
		fn: (skb) => {
			if (skb.end - skb.network <= 1400) return "accept";
			icmpSend(skb, 3, 4, 1400);
			return "drop";
		},
	});
	hosts.packets.length = 0;
	if (opened.ok) opened.value.send(new Uint8Array(20_000));
	hosts.lab.pass(0.05);
	expect(received).toBe(20_000);
	const lengths = hosts.tcp().map(({ tcp }) => tcp.length);
	expect(Math.max(...lengths)).toBe(1448);
	expect(Math.max(...lengths.slice(10))).toBe(1348);
});
