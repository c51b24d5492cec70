import fc from "fast-check";
import { expect, test } from "vitest";
import * as arp from "./arp.ts";
import { checksumReplace16, checksumReplace32, foldChecksum, sumBytes } from "./checksum.ts";
import * as eth from "./ethernet.ts";
import * as icmp from "./icmpv4.ts";
import * as ipv4 from "./ipv4.ts";
import { get16, get32, get48, get128, put16, put32, put48 } from "./read-write.ts";
import * as tcp from "./tcp.ts";
import * as udp from "./udp.ts";

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const u48 = fc.integer({ min: 0, max: 0xffffffffffff });
const payload = fc.uint8Array({ maxLength: 64 });
/** Headers stand anywhere in a frame. */
const offset = fc.integer({ min: 0, max: 30 });

test("numbers are written and read back at any offset, without touching their neighbours", () => {
	fc.assert(
		fc.property(offset, u16, u32, u48, (at, a, b, c) => {
			const bytes = new Uint8Array(64).fill(0xaa);
			put16(bytes, at + 1, a);
			put32(bytes, at + 3, b);
			put48(bytes, at + 7, c);
			expect([get16(bytes, at + 1), get32(bytes, at + 3), get48(bytes, at + 7)]).toEqual([a, b, c]);
			expect([bytes[at], bytes[at + 13]]).toEqual([0xaa, 0xaa]);
		}),
	);
	expect(
		get128(
			Uint8Array.from({ length: 16 }, (_, k) => k),
			0,
		),
	).toBe(0x000102030405060708090a0b0c0d0e0fn);
});

test("an Ethernet header is read back as it was written, and its addresses can be changed", () => {
	fc.assert(
		fc.property(offset, u48, u48, u16, (at, dst, src, type) => {
			const bytes = new Uint8Array(at + eth.ETH_HLEN);
			eth.putEthernet(bytes, at, { dst: src, src: dst, type });
			eth.setEthDst(bytes, at, dst);
			eth.setEthSrc(bytes, at, src);
			expect([eth.ethDst(bytes, at), eth.ethSrc(bytes, at), eth.ethType(bytes, at)]).toEqual([dst, src, type]);
		}),
	);
});

const arpPacket = fc.record({ op: u16, senderMac: u48, senderIp: u32, targetMac: u48, targetIp: u32 });

test("an ARP packet is read back as it was written; a shorter one is not valid", () => {
	fc.assert(
		fc.property(offset, arpPacket, (at, packet) => {
			const bytes = new Uint8Array(at + arp.ARP_LEN);
			arp.putArp(bytes, at, packet);
			expect({
				op: arp.arpOp(bytes, at),
				senderMac: arp.arpSenderMac(bytes, at),
				senderIp: arp.arpSenderIp(bytes, at),
				targetMac: arp.arpTargetMac(bytes, at),
				targetIp: arp.arpTargetIp(bytes, at),
			}).toEqual(packet);
			expect(arp.arpIsValid(bytes, at, bytes.length)).toBe(true);
			expect(arp.arpIsValid(bytes, at, bytes.length - 1)).toBe(false);
		}),
	);
});

const ipv4Header = fc.record({ src: u32, dst: u32, proto: u8, ttl: u8, tos: u8, id: u16, frag: u16 });

test("an IPv4 header is read back as it was written, with a good checksum", () => {
	fc.assert(
		fc.property(offset, ipv4Header, payload, (at, header, body) => {
			const bytes = new Uint8Array(at + ipv4.IPV4_MIN_HLEN + body.length);
			const totalLength = bytes.length - at;
			ipv4.putIpv4(bytes, at, { ...header, totalLength });
			expect({
				src: ipv4.ipv4Src(bytes, at),
				dst: ipv4.ipv4Dst(bytes, at),
				proto: ipv4.ipv4Proto(bytes, at),
				ttl: ipv4.ipv4Ttl(bytes, at),
				tos: ipv4.ipv4Tos(bytes, at),
				id: ipv4.ipv4Id(bytes, at),
				frag: ipv4.ipv4Frag(bytes, at),
				totalLength: ipv4.ipv4TotalLength(bytes, at),
			}).toEqual({ ...header, totalLength });
			expect([ipv4.ipv4Version(bytes, at), ipv4.ipv4HeaderLength(bytes, at)]).toEqual([4, 20]);
			expect(ipv4.ipv4IsValid(bytes, at, bytes.length)).toBe(true);
			expect(ipv4.ipv4IsFragment(bytes, at)).toBe((header.frag & 0x3fff) !== 0);
		}),
	);
});

test("an IPv4 header with any one bit turned over is not valid", () => {
	fc.assert(
		fc.property(ipv4Header, fc.integer({ min: 0, max: 159 }), (header, bit) => {
			const bytes = new Uint8Array(20);
			ipv4.putIpv4(bytes, 0, { ...header, totalLength: 20 });
			bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7));
			expect(ipv4.ipv4IsValid(bytes, 0, 20)).toBe(false);
		}),
	);
});

test("changing addresses and TTL leaves the same checksum as computing it anew", () => {
	fc.assert(
		fc.property(offset, ipv4Header, fc.record({ src: u32, dst: u32, ttl: u8 }), (at, header, { src, dst, ttl }) => {
			const bytes = new Uint8Array(at + 20);
			ipv4.putIpv4(bytes, at, { ...header, totalLength: 20 });
			ipv4.setIpv4Src(bytes, at, src);
			ipv4.setIpv4Dst(bytes, at, dst);
			ipv4.setIpv4Ttl(bytes, at, ttl);
			const anew = new Uint8Array(at + 20);
			ipv4.putIpv4(anew, at, { ...header, src, dst, ttl, totalLength: 20 });
			expect(bytes).toEqual(anew);
		}),
	);
});

test("the checksum by increment verifies like the full one", () => {
	fc.assert(
		fc.property(fc.uint8Array({ minLength: 8, maxLength: 41 }), u16, u32, (bytes, word, long) => {
			const check = foldChecksum(sumBytes(bytes, 0, bytes.length));
			const first = checksumReplace16(check, get16(bytes, 0), word);
			const both = checksumReplace32(first, get32(bytes, 2), long);
			put16(bytes, 0, word);
			put32(bytes, 2, long);
			// 0x0000 and 0xffff are both zero in ones' complement: compare what a receiver checks.
			expect(foldChecksum(sumBytes(bytes, 0, bytes.length) + both)).toBe(0);
		}),
	);
});

test("RFC 1071's example adds up", () => {
	const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
	expect(foldChecksum(sumBytes(bytes, 0, bytes.length))).toBe(~0xddf2 & 0xffff);
	expect(sumBytes(Uint8Array.of(1, 2, 3), 0, 3)).toBe(0x0102 + 0x0300);
});

test("a UDP datagram is read back as it was written; a flipped bit breaks its checksum", () => {
	const ports = fc.record({ src: u32, dst: u32, sport: u16, dport: u16 });
	fc.assert(
		fc.property(offset, ports, payload, fc.nat(), (at, header, body, flip) => {
			const bytes = new Uint8Array(at + udp.UDP_HLEN + body.length);
			bytes.set(body, at + udp.UDP_HLEN);
			udp.putUdp(bytes, at, bytes.length, header);
			expect([udp.udpSport(bytes, at), udp.udpDport(bytes, at), udp.udpLength(bytes, at)]).toEqual([
				header.sport,
				header.dport,
				8 + body.length,
			]);
			expect(udp.udpChecksum(bytes, at)).not.toBe(0);
			expect(udp.udpChecksumIsValid(bytes, at, bytes.length, header)).toBe(true);
			if (body.length === 0) return;
			const index = at + udp.UDP_HLEN + (flip % body.length);
			bytes[index] = (bytes[index] ?? 0) ^ 1;
			expect(udp.udpChecksumIsValid(bytes, at, bytes.length, header)).toBe(false);
		}),
	);
});

const tcpOptions = fc
	.record({
		mss: fc.option(u16),
		windowScale: fc.option(fc.nat(14)),
		sackPermitted: fc.boolean(),
		timestamps: fc.option(fc.tuple(u32, u32)),
	})
	.map(
		({ mss, windowScale, sackPermitted, timestamps }): tcp.TcpOptions => ({
			...(mss === null ? {} : { mss }),
			...(windowScale === null ? {} : { windowScale }),
			...(sackPermitted ? { sackPermitted } : {}),
			...(timestamps === null ? {} : { timestamps: { value: timestamps[0], echo: timestamps[1] } }),
		}),
	);

test("a TCP segment is read back as it was written, options included", () => {
	const header = fc.record({ src: u32, dst: u32, sport: u16, dport: u16, seq: u32, ack: u32, flags: u8, window: u16 });
	fc.assert(
		fc.property(offset, header, tcpOptions, payload, (at, fields, wanted, body) => {
			const options = tcp.buildTcpOptions(wanted);
			expect(options.length % 4).toBe(0);
			const bytes = new Uint8Array(at + tcp.TCP_MIN_HLEN + options.length + body.length);
			bytes.set(body, at + tcp.TCP_MIN_HLEN + options.length);
			tcp.putTcp(bytes, at, bytes.length, { ...fields, options });
			expect({
				sport: tcp.tcpSport(bytes, at),
				dport: tcp.tcpDport(bytes, at),
				seq: tcp.tcpSeq(bytes, at),
				ack: tcp.tcpAck(bytes, at),
				flags: tcp.tcpFlags(bytes, at),
				window: tcp.tcpWindow(bytes, at),
				src: fields.src,
				dst: fields.dst,
			}).toEqual(fields);
			expect(tcp.tcpHeaderLength(bytes, at)).toBe(20 + options.length);
			expect(tcp.tcpOptions(bytes, at)).toEqual(wanted);
			expect(tcp.tcpChecksumIsValid(bytes, at, bytes.length, fields)).toBe(true);
			bytes[at + 4] = (bytes[at + 4] ?? 0) ^ 0x10;
			expect(tcp.tcpChecksumIsValid(bytes, at, bytes.length, fields)).toBe(false);
		}),
	);
});

test("any bytes may stand where TCP options are", () => {
	fc.assert(
		fc.property(fc.uint8Array({ minLength: 20, maxLength: 60 }), (bytes) => {
			bytes[12] = 0xf0;
			expect(() => tcp.tcpOptions(bytes, 0)).not.toThrow();
		}),
	);
});

test("an ICMP message is read back as it was written, with a good checksum", () => {
	fc.assert(
		fc.property(offset, fc.record({ type: u8, code: u8, rest: u32 }), payload, (at, { type, code, rest }, body) => {
			const bytes = new Uint8Array(at + icmp.ICMP_HLEN + body.length);
			bytes.set(body, at + icmp.ICMP_HLEN);
			icmp.putIcmp(bytes, at, bytes.length, { type, code, rest });
			expect([icmp.icmpType(bytes, at), icmp.icmpCode(bytes, at), icmp.icmpRest(bytes, at)]).toEqual([
				type,
				code,
				rest,
			]);
			expect([icmp.icmpId(bytes, at), icmp.icmpSeq(bytes, at)]).toEqual([rest >>> 16, rest & 0xffff]);
			expect(icmp.icmpChecksumIsValid(bytes, at, bytes.length)).toBe(true);
		}),
	);
});
