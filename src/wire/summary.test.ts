/** Lines: /work/shared/reference/kernel-lab.md §1a, §2.6; all kinds are compared with the real tcpdump in test/pcap-tshark.test.ts. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { ethernet, icmp, ipv4, num, oddPackets, samplePackets, tcp, udp } from "../../test/sample-packets.ts";
import { linePackets } from "../../test/tcpdump-packets.ts";
import { utf8Encode } from "../base/bytes.ts";
import { ETH_P_IP } from "./ethernet.ts";
import { IP_MF } from "./ipv4.ts";
import { describeFrame, summarizeFrame } from "./summary.ts";
import { TcpdumpFlows } from "./summary-flows.ts";
import { TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN } from "./tcp.ts";

const named = (what: string): Uint8Array => {
	const sample = [...samplePackets(), ...oddPackets()].find((packet) => packet.what === what);
	if (sample === undefined) throw new Error(`no sample ${what}`);
	return sample.frame;
};

test("ARP, with and without the Ethernet header", () => {
	expect(summarizeFrame(named("ARP request"), { link: "ethernet" })).toBe(
		"ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28",
	);
	expect(summarizeFrame(named("ARP request"), { link: "ethernet", macs: true })).toBe(
		"02:00:00:00:00:0a > ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806), length 42: Request who-has 10.0.0.2 tell 10.0.0.1, length 28",
	);
	expect(summarizeFrame(named("ARP reply"), { link: "ethernet" })).toBe(
		"ARP, Reply 10.0.0.1 is-at 02:00:00:00:00:0a, length 28",
	);
});

test("ICMP errors name what they are about", () => {
	const about = ipv4(17, udp(5000, 54, utf8Encode("abc")));
	const line = (type: number, code: number, rest = 0) =>
		summarizeFrame(ipv4(1, icmp(type, code, rest, about), { src: num("203.0.113.9"), dst: num("10.0.0.1") }), {
			link: "ip",
		});
	expect(line(3, 3)).toBe("IP 203.0.113.9 > 10.0.0.1: ICMP 10.0.0.2 udp port 54 unreachable, length 39");
	expect(line(3, 1)).toBe("IP 203.0.113.9 > 10.0.0.1: ICMP host 10.0.0.2 unreachable, length 39");
	expect(line(3, 4, 1400)).toBe(
		"IP 203.0.113.9 > 10.0.0.1: ICMP 10.0.0.2 unreachable - need to frag (mtu 1400), length 39",
	);
	expect(line(11, 0)).toBe("IP 203.0.113.9 > 10.0.0.1: ICMP time exceeded in-transit, length 39");
});

test("a later fragment shows only its protocol", () => {
	const frame = (frag: number) => ethernet(ETH_P_IP, ipv4(1, icmp(8, 0, 7 * 65536 + 1, new Uint8Array(8)), { frag }));
	expect(summarizeFrame(frame(IP_MF), { link: "ethernet" })).toBe(
		"IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 7, seq 1, length 16",
	);
	expect(summarizeFrame(frame(2), { link: "ethernet" })).toBe("IP 10.0.0.1 > 10.0.0.2: ip-proto-1");
});

test("TCP numbers are absolute alone and relative with a memory", () => {
	const segments = [
		tcp({ seq: 4030090720, flags: TCP_SYN, options: { mss: 1460 } }),
		tcp({ back: true, seq: 4294967290, ack: 4030090721, flags: TCP_SYN | TCP_ACK }),
		tcp({ seq: 4030090721, ack: 4294967291, flags: TCP_ACK }),
		tcp({ back: true, seq: 4294967291, ack: 4030090721, flags: TCP_PSH | TCP_ACK, payload: new Uint8Array(10) }),
		tcp({ seq: 4030090721, ack: 5, flags: TCP_FIN | TCP_ACK }),
		tcp({ seq: 4030090722, flags: TCP_RST }),
	];
	const flows = new TcpdumpFlows();
	expect(segments.map((frame) => summarizeFrame(frame, { link: "ethernet", flows }).replace(/^.*?: /, ""))).toEqual([
		"Flags [S], seq 4030090720, win 64240, options [mss 1460], length 0",
		"Flags [S.], seq 4294967290, ack 4030090721, win 64240, length 0",
		"Flags [.], ack 1, win 64240, length 0",
		"Flags [P.], seq 1:11, ack 1, win 64240, length 10",
		"Flags [F.], seq 1, ack 11, win 64240, length 0",
		"Flags [R], seq 4030090722, win 64240, length 0",
	]);
	expect(summarizeFrame(segments[3] ?? new Uint8Array(), { link: "ethernet" })).toBe(
		"IP 10.0.0.2.9090 > 10.0.0.1.40000: Flags [P.], seq 4294967291:5, ack 4030090721, win 64240, length 10",
	);
});

test("an unknown EtherType shows the addresses", () => {
	expect(summarizeFrame(ethernet(0x88b5, new Uint8Array(4)), { link: "ethernet" })).toBe(
		"02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype Unknown (0x88b5), length 18: ",
	);
});

test("any bytes have a summary", () => {
	const frames = [...samplePackets(), ...oddPackets()].map(({ frame }) => frame);
	const cut = fc
		.tuple(fc.constantFrom(...frames), fc.nat(200), fc.nat(), fc.nat(255))
		.map(([frame, length, at, byte]) => {
			const bytes = frame.slice(0, length);
			if (bytes.length > 0) bytes[at % bytes.length] = byte;
			return bytes;
		});
	fc.assert(
		fc.property(
			fc.oneof(fc.uint8Array({ maxLength: 80 }), cut),
			fc.constantFrom("ethernet" as const, "ip" as const),
			(frame, link) => {
				expect(summarizeFrame(frame, { link, macs: true, flows: new TcpdumpFlows() })).not.toContain("undefined");
				expect(summarizeFrame(frame, { link })).not.toContain("NaN");
			},
		),
		{ numRuns: 2000 },
	);
});

test("-v, -q, -e and -i any forms", () => {
	const ping = named("echo request");
	const verbose =
		"IP (tos 0x0, ttl 64, id 4711, offset 0, flags [DF], proto ICMP (1), length 84)\n" +
		"    10.0.0.1 > 10.0.0.2: ICMP echo request, id 6912, seq 1, length 64";
	expect(summarizeFrame(ping, { link: "ethernet", verbosity: 1 })).toBe(verbose);
	expect(summarizeFrame(named("data"), { link: "ethernet", quiet: 1 })).toBe(
		"IP 10.0.0.1.40000 > 10.0.0.2.9090: tcp 5",
	);
	expect(summarizeFrame(named("UDP"), { link: "ethernet", verbosity: 2 })).toContain(": [udp sum ok] UDP, length 5");
	const cooked = Uint8Array.from([8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 4, 6, 2, 0, 0, 0, 0, 10, 0, 0, ...ping.slice(14)]);
	const deviceName = (ifindex: number) => (ifindex === 3 ? "veth1a" : undefined);
	expect(summarizeFrame(cooked, { link: "sll2", deviceName })).toBe(
		"veth1a Out IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 6912, seq 1, length 64",
	);
	expect(summarizeFrame(cooked, { link: "sll2", deviceName, macs: true })).toBe(
		"veth1a Out ifindex 3 02:00:00:00:00:0a ethertype IPv4 (0x0800), length 104: 10.0.0.1 > 10.0.0.2: ICMP echo request, id 6912, seq 1, length 64",
	);
});

test("a packet that the capture cut off ends with what was being read; where its header is known stays known", () => {
	const syn = named("SYN");
	expect(summarizeFrame(syn.slice(0, 40), { link: "ethernet", length: syn.length })).toBe(
		"IP 10.0.0.1.40000 > 10.0.0.2.9090:  [|tcp]",
	);
	expect(describeFrame(syn.slice(0, 40), { link: "ethernet" }).linkHeaderLength).toBe(14);
	expect(describeFrame(named("ARP request").slice(0, 30), { link: "ethernet" })).toEqual({
		text: " [|arp]",
		linkHeaderLength: 0,
	});
});

test("whatever bytes come, there is a text", () => {
	const link = fc.constantFrom("ethernet" as const, "ip" as const, "sll" as const, "sll2" as const);
	const patched = fc
		.tuple(
			fc.constantFrom(...linePackets()),
			fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 4 }),
			fc.nat(160),
		)
		.map(([frame, changes, length]) => {
			const out = frame.slice(0, 14 + length);
			for (const [at, byte] of changes) if (at < out.length) out[at] = byte;
			return out;
		});
	const options = fc.record({
		link,
		verbosity: fc.nat(3),
		quiet: fc.nat(2),
		macs: fc.boolean(),
		dumpUnknown: fc.boolean(),
	});
	fc.assert(
		fc.property(fc.oneof(patched, fc.uint8Array({ maxLength: 100 })), options, (frame, how) => {
			expect(typeof summarizeFrame(frame, how)).toBe("string");
		}),
		{ numRuns: 3000 },
	);
});
