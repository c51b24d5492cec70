/** Frames for every turn that a line of tcpdump can take: DNS, HTTP, options, bad checksums and lengths, ICMP of all types. */
import { concatBytes, utf8Encode } from "../src/base/bytes.ts";
import { ip } from "../src/wire/addr.ts";
import { buildDns, type DnsRecord, type DnsRecordValue, dnsQuery, dnsResponse } from "../src/wire/dns.ts";
import { ETH_P_ARP, ETH_P_IP } from "../src/wire/ethernet.ts";
import { IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP } from "../src/wire/ipv4.ts";
import { TCP_ACK, TCP_PSH, TCP_RST, TCP_SYN } from "../src/wire/tcp.ts";
import { ethernet, icmp, ipv4, num, tcp, udp } from "./sample-packets.ts";

const text = utf8Encode;

function eth(proto: number, payload: Uint8Array, more: { frag?: number } = {}): Uint8Array {
	return ethernet(ETH_P_IP, ipv4(proto, payload, more));
}

/** With one byte of the frame changed. */
function patched(frame: Uint8Array, at: number, change: (byte: number) => number): Uint8Array {
	const out = frame.slice();
	out[at] = change(out[at] ?? 0);
	return out;
}

function record(value: DnsRecordValue, ttl = 300): DnsRecord {
	return { name: "www.example.com", ttl, value };
}

function dns(): readonly Uint8Array[] {
	const query = dnsQuery(12345, { name: "www.example.com", type: "A" });
	const soa = {
		mname: "ns.example.com",
		rname: "root.example.com",
		serial: 5,
		refresh: 1,
		retry: 2,
		expire: 3,
		minimum: 4,
	};
	const all: readonly DnsRecordValue[] = [
		{ type: "MX", preference: 10, target: "m.x" },
		{ type: "NS", target: "n.x" },
		{ type: "TXT", strings: [text("hello world"), text("two")] },
		{ type: "SRV", priority: 1, weight: 2, port: 3, target: "s.x" },
		{ type: "PTR", target: "p.x" },
		{ type: "AAAA", addr: ip("fd00::1") },
		{ type: "SOA", ...soa },
	];
	const answers = [
		dnsResponse(query, { answers: [record({ type: "A", addr: ip("10.0.0.9") })] }),
		dnsResponse(query, {
			authoritative: true,
			answers: [record({ type: "CNAME", target: "a.b" }, 788645), record({ type: "A", addr: ip("10.0.0.9") }, 0)],
		}),
		dnsResponse(query, { rcode: "NXDOMAIN", authorities: [record({ type: "SOA", ...soa }, 30)] }),
		dnsResponse(query, { rcode: "SERVFAIL", recursionAvailable: false }),
		dnsResponse(query, { rcode: "REFUSED", truncated: true, authenticData: true }),
		dnsResponse(dnsQuery(5, { name: "x", type: "MX" }), {
			answers: all.map((value) => record(value)),
			additionals: [record({ type: "A", addr: ip("1.2.3.4") })],
			edns: { udpPayloadBytes: 1232 },
		}),
	];
	const queries = [
		query,
		{ ...query, recursionDesired: false },
		{ ...query, checkingDisabled: true },
		dnsQuery(1, { name: "www.example.com", type: "AAAA" }, { edns: 1232 }),
		dnsQuery(2, { name: "", type: "NS" }),
	];
	const whole = buildDns(query);
	return [
		...queries.map((message) => eth(IPPROTO_UDP, udp(40000, 53, buildDns(message)))),
		...answers.map((message) => eth(IPPROTO_UDP, udp(53, 40000, buildDns(message)))),
		...[whole.slice(0, 3), whole.slice(0, 20), new Uint8Array(12)].map((bytes) =>
			eth(IPPROTO_UDP, udp(40000, 53, bytes)),
		),
		eth(IPPROTO_UDP, udp(5353, 5353, buildDns({ ...query, id: 0 }))),
		tcp({
			dport: 53,
			seq: 1,
			ack: 1,
			flags: TCP_ACK | TCP_PSH,
			payload: concatBytes(Uint8Array.of(0, whole.length), whole),
		}),
	];
}

function textProtocols(): readonly Uint8Array[] {
	const http = [
		"GET / HTTP/1.1",
		"GET / HTTP/1.1\r",
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"get / x\r\n\r\n",
		"HTTP/1.1 200 OK\r\nServer: y\r\n\r\nbody",
		"HTTP/1.1 20 OK\r\n",
		"\r\n",
		"FOO / HTTP/1.1\r\n",
		"POST /x\ty HTTP/1.0\n\nbin\u0001",
		"GET /\u0001 HTTP\r\n",
		"HTTP/1.0  404  x\n",
	];
	const segment = (dport: number, payload: string): Uint8Array =>
		tcp({ dport, seq: 1, ack: 1, flags: TCP_ACK | TCP_PSH, payload: text(payload) });
	return [
		...http.map((payload) => segment(80, payload)),
		...[7, 21, 22, 23, 25, 43, 443, 554, 3306, 8080, 8081, 9090].map((port) =>
			segment(port, "hello world\r\nline\r\n"),
		),
		tcp({ seq: 1, ack: 5, flags: TCP_RST | TCP_ACK, payload: text("reset data") }),
		tcp({ seq: 1, ack: 5, flags: TCP_RST | TCP_ACK, payload: text("reset data that is longer than thirty bytes") }),
	];
}

function tcpOptions(): readonly Uint8Array[] {
	const lists = [
		[2, 4, 5, 180],
		[2, 4, 5, 180, 3, 3, 7],
		[3, 2],
		[4, 3, 0],
		[8, 10, 1, 2, 3, 4, 5, 6, 7, 8],
		[5, 4, 0, 0],
		[5, 18, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 5, 0, 0, 0, 9],
		[254, 4, 1, 2],
		[34, 2],
		[34, 10, 1, 2, 3, 4, 5, 6, 7, 8],
		[19, 18, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6],
		[28, 4, 0x80, 5],
		[28, 4, 0, 8],
		[6, 6, 0, 0, 0, 1],
		[7, 6, 0, 0, 0, 1],
		[11, 6, 0, 0, 0, 1],
		[12, 6, 0, 0, 0, 1],
		[29, 4, 1, 2],
		[0, 0, 0, 0],
		[1, 1, 1, 0],
		[99, 1],
		[99, 0],
		[99, 9],
		[253, 4, 1, 2],
		[2, 3, 5],
	];
	return lists.map((bytes, k) => {
		const padding = Array.from({ length: (4 - (bytes.length % 4)) % 4 }, () => 1);
		return tcp({ seq: 1, flags: TCP_SYN, dport: 1000 + k, rawOptions: Uint8Array.from([...bytes, ...padding]) });
	});
}

function broken(): readonly Uint8Array[] {
	const datagram = udp(5000, 6000, text("abc"));
	const ping = eth(IPPROTO_ICMP, icmp(8, 0, 65537, new Uint8Array(8)));
	const segment = tcp({ seq: 5, ack: 6, flags: TCP_ACK, payload: text("abcd") });
	const withByte = (at: number, byte: number): Uint8Array =>
		eth(
			IPPROTO_UDP,
			patched(datagram, at, () => byte),
		);
	return [
		eth(
			IPPROTO_UDP,
			patched(datagram, 6, (byte) => byte ^ 1),
		),
		eth(IPPROTO_UDP, concatBytes(datagram.slice(0, 6), Uint8Array.of(0, 0), datagram.slice(8))),
		...[0, 7, 9, 30].map((length) => withByte(5, length)),
		...[0, 1, 5].map((length) => eth(IPPROTO_UDP, datagram.slice(0, length))),
		patched(segment, 14 + 20 + 16, (byte) => byte ^ 3),
		...[0, 4, 5, 6, 15].map((words) => patched(segment, 14 + 20 + 12, () => words << 4)),
		...[0, 3, 10].map((length) => eth(IPPROTO_TCP, new Uint8Array(length))),
		patched(ping, 14 + 20 + 2, (byte) => byte ^ 1),
		patched(ping, 14 + 10, (byte) => byte ^ 1),
		...[1, 2, 3, 0x10, 0xb8].map((tos) => patched(ping, 15, () => tos)),
		...[0, 1, 255].map((ttl) => patched(ping, 14 + 8, () => ttl)),
		...[0x44, 0x46, 0x4f, 0x55, 0x65, 0x05].map((byte) => patched(ping, 14, () => byte)),
		...[0, 10, 20, 24, 200].map((length) => patched(ping, 17, () => length)),
		...[0x8000, 0xa000, 0x6000, 0xc000, 0x4005, 0x2005].map((frag) =>
			eth(IPPROTO_ICMP, icmp(8, 0, 65537, new Uint8Array(8)), { frag }),
		),
		ethernet(ETH_P_IP, new Uint8Array()),
		ethernet(ETH_P_IP, Uint8Array.of(0x45)),
		ethernet(0x88b5, text("something else")),
	];
}

function icmpKinds(): readonly Uint8Array[] {
	const quoted = ipv4(IPPROTO_UDP, udp(1, 2, text("abc")));
	return [
		...[1, 2, 6, 7, 9, 10, 12, 14, 15, 16, 17, 18, 19, 30, 40, 255].map((type) =>
			eth(IPPROTO_ICMP, icmp(type, 0, 5 * 65536 + 6, new Uint8Array(20))),
		),
		eth(IPPROTO_ICMP, icmp(12, 1, 0, quoted)),
		eth(IPPROTO_ICMP, icmp(9, 0, 0x0202_0708, Uint8Array.of(10, 0, 0, 1, 0, 0, 0, 5, 10, 0, 0, 2, 0, 0, 0, 6))),
		eth(IPPROTO_ICMP, icmp(3, 99, 0, quoted)),
		eth(IPPROTO_ICMP, icmp(5, 7, num("10.0.0.254"), quoted)),
		eth(IPPROTO_ICMP, icmp(11, 5, 0, quoted)),
		eth(IPPROTO_ICMP, icmp(3, 3, 0, quoted.slice(0, 4))),
		eth(IPPROTO_ICMP, icmp(3, 3, 0, ipv4(IPPROTO_UDP, udp(1, 2, new Uint8Array(30))).slice(0, 28))),
		eth(IPPROTO_ICMP, icmp(3, 3, 0, ipv4(IPPROTO_TCP, new Uint8Array(20)).slice(0, 22))),
		...[0, 3, 4].map((length) => eth(IPPROTO_ICMP, new Uint8Array(length).fill(8))),
	];
}

function arpKinds(): readonly Uint8Array[] {
	const head = [0, 1, 8, 0, 6, 4, 0];
	const rest = [2, 0, 0, 0, 0, 10, 10, 0, 0, 1, 2, 0, 0, 0, 0, 11, 10, 0, 0, 2];
	return [
		...[1, 2, 3, 4, 8, 9].map((op) => ethernet(ETH_P_ARP, Uint8Array.from([...head, op, ...rest]))),
		ethernet(0x8035, Uint8Array.from([...head, 3, ...rest])),
		ethernet(ETH_P_ARP, Uint8Array.from([0, 6, 8, 0, 6, 4, 0, 1, ...rest])),
		ethernet(ETH_P_ARP, Uint8Array.from([0, 1, 8, 6, 6, 4, 0, 1, ...rest])),
		ethernet(ETH_P_ARP, Uint8Array.from([...head, 1, 2, 0])),
	];
}

function ipv4Options(): readonly Uint8Array[] {
	const ping = ipv4(IPPROTO_ICMP, icmp(8, 0, 1, new Uint8Array(8)));
	const lists = [
		[7, 7, 4, 0, 0, 0, 0, 0x94, 4, 0, 0, 0],
		[1, 1, 1, 0],
		[0x83, 7, 8, 10, 0, 0, 9, 0],
		[5, 1, 0, 0],
		[0x94, 4, 0, 7],
	];
	return lists.map((list) => {
		const packet = concatBytes(ping.slice(0, 20), Uint8Array.from(list), ping.slice(20));
		packet[0] = 0x45 + list.length / 4;
		packet[3] = packet.length;
		return ethernet(ETH_P_IP, packet);
	});
}

function ipv6Kinds(): readonly Uint8Array[] {
	const addr = (last: number): Uint8Array => Uint8Array.of(0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last);
	const packet = (next: number, payload: Uint8Array, head = [0x60, 0, 0, 0]): Uint8Array =>
		ethernet(
			0x86dd,
			concatBytes(
				Uint8Array.from([...head, payload.length >> 8, payload.length & 255, next, 64]),
				addr(1),
				addr(2),
				payload,
			),
		);
	const neighbour = (type: number): Uint8Array =>
		concatBytes(
			Uint8Array.of(type, 0, 0, 0, 0x60, 0, 0, 0),
			addr(2),
			Uint8Array.of(type === 135 ? 1 : 2, 1, 2, 0, 0, 0, 0, 10),
		);
	const report = concatBytes(Uint8Array.of(143, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0), addr(9));
	const datagram = udp(40000, 6000, text("abc"));
	return [
		packet(17, datagram),
		packet(17, datagram, [0x6b, 0x81, 0x23, 0x45]),
		packet(58, Uint8Array.of(129, 0, 1, 2, 0, 5, 0, 6, 7)),
		packet(58, neighbour(135)),
		packet(58, neighbour(136)),
		packet(58, Uint8Array.of(133, 0, 1, 2, 0, 0, 0, 0)),
		packet(0, concatBytes(Uint8Array.of(58, 0, 5, 2, 0, 0, 1, 0), report)),
		packet(44, concatBytes(Uint8Array.of(17, 0, 0, 1, 0, 0, 0, 9), datagram)),
		packet(44, concatBytes(Uint8Array.of(17, 0, 5, 0xa8, 0, 0, 0, 9), datagram)),
		packet(200, text("12345678")),
		packet(59, new Uint8Array()),
		ethernet(0x86dd, new Uint8Array(20).fill(0x60)),
	];
}

export function linePackets(): readonly Uint8Array[] {
	return [
		...dns(),
		...textProtocols(),
		...tcpOptions(),
		...broken(),
		...icmpKinds(),
		...arpKinds(),
		...ipv4Options(),
		...ipv6Kinds(),
	];
}
