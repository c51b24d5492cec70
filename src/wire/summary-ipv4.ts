/** The IPv4 part of a tcpdump line, and what it carries. */
import { foldChecksum, sumBytes } from "./checksum.ts";
import { ETH_P_IP, ETH_P_IPV6 } from "./ethernet.ts";
import {
	IP_DF,
	IP_MF,
	IP_OFFSET,
	IPPROTO_ICMP,
	IPPROTO_IGMP,
	IPPROTO_IPIP,
	IPPROTO_SCTP,
	IPPROTO_TCP,
	IPPROTO_UDP,
	IPV4_MIN_HLEN,
} from "./ipv4.ts";
import { printIcmp } from "./summary-icmp.ts";
import { printIgmp } from "./summary-igmp.ts";
import { printIpv4Options } from "./summary-ipv4-options.ts";
import type { SummaryPrinter } from "./summary-printer.ts";
import { IP_PROTOCOL_TITLES, ipProtocolWord } from "./summary-protocols.ts";
import { printTcp } from "./summary-tcp.ts";
import { type Carrier, shouldBe } from "./summary-transport.ts";
import { printUdp } from "./summary-udp.ts";

const IP_RESERVED = 0x8000;
const IPPROTO_IPV6 = 41;
const IPPROTO_DCCP = 33;
/** Their printers say the addresses themselves, with ports. */
const WITH_PORTS: readonly number[] = [IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP, IPPROTO_DCCP];
const ECN: readonly string[] = ["", ",ECT(1)", ",ECT(0)", ",CE"];

/** `IP SRC > DST: …`; with `-v` the header's fields and the rest on the next line. */
export function printIpv4(printer: SummaryPrinter, at: number, length: number): void {
	printer.enter("ip", { forgetsPlace: true });
	if (printer.has(at, 1) && printer.u8(at) >> 4 !== 4) {
		const version = printer.u8(at) >> 4;
		printer.put(version === 6 ? "IP6, wrong link-layer encapsulation (invalid)" : `IP${version} (invalid)`);
		return;
	}
	if (printer.has(at, 1) && printer.options.macs !== true) printer.put("IP ");
	if (printer.has(at, 1)) printer.keepPlace();
	printer.need(at, IPV4_MIN_HLEN);
	if (length < IPV4_MIN_HLEN) {
		printer.put(`truncated-ip ${length}`);
		return;
	}
	const hlen = (printer.u8(at) & 15) * 4;
	if (hlen < IPV4_MIN_HLEN) {
		printer.put(`bad-hlen ${hlen}`);
		return;
	}
	const total = printer.u16(at + 2);
	if (length < total) printer.put(`truncated-ip - ${total - length} bytes missing! `);
	if (total < hlen) {
		printer.put(`bad-len ${total}`);
		return;
	}
	printer.within(at + total, () => {
		if (printer.verbosity > 0) printHeader(printer, at, hlen);
		const carrier: Carrier = {
			version: 4,
			header: at,
			src: printer.u32(at + 12),
			dst: printer.u32(at + 16),
			isFragment: (printer.u16(at + 6) & IP_MF) !== 0,
			isBehindExtension: false,
		};
		printPayload(printer, carrier, { at: at + hlen, length: total - hlen, hlen });
	});
}

function printHeader(printer: SummaryPrinter, at: number, hlen: number): void {
	const tos = printer.u8(at + 1);
	const frag = printer.u16(at + 6);
	const ttl = printer.u8(at + 8);
	const proto = printer.u8(at + 9);
	printer.put(`(tos 0x${tos.toString(16)}${ECN[tos & 3] ?? ""}`);
	if (ttl > 0) printer.put(`, ttl ${ttl}`);
	printer.put(`, id ${printer.u16(at + 4)}, offset ${(frag & IP_OFFSET) * 8}, flags [${flagsText(frag)}]`);
	printer.put(`, proto ${IP_PROTOCOL_TITLES[proto] ?? "unknown"} (${proto}), length ${printer.u16(at + 2)}`);
	if (hlen > IPV4_MIN_HLEN) {
		printer.put(", options (");
		printIpv4Options(printer, at + IPV4_MIN_HLEN, hlen - IPV4_MIN_HLEN);
		printer.put(")");
	}
	if (printer.options.trustChecksums !== true && printer.has(at, hlen)) {
		const sum = foldChecksum(sumBytes(printer.bytes, at, at + hlen));
		const check = printer.u16(at + 10);
		if (sum !== 0) printer.put(`, bad cksum ${check.toString(16)} (->${shouldBe(check, sum).toString(16)})!`);
	}
	printer.put(")\n    ");
}

function flagsText(frag: number): string {
	const flags = [
		(frag & IP_MF) !== 0 ? "+" : "",
		(frag & IP_DF) !== 0 ? "DF" : "",
		(frag & IP_RESERVED) !== 0 ? "rsvd" : "",
	].filter((flag) => flag !== "");
	return flags.length === 0 ? "none" : flags.join(", ");
}

interface Payload {
	readonly at: number;
	readonly length: number;
	readonly hlen: number;
}

function printPayload(printer: SummaryPrinter, carrier: Carrier, payload: Payload): void {
	const { header } = carrier;
	const proto = printer.u8(header + 9);
	const addrs = (): string => `${printer.host(carrier.src)} > ${printer.host(carrier.dst)}:`;
	if ((printer.u16(header + 6) & IP_OFFSET) !== 0) {
		if (printer.quiet > 1) return;
		printer.put(`${addrs()} ${printer.options.names === undefined ? `ip-proto-${proto}` : ipProtocolWord(proto)}`);
		return;
	}
	if (!WITH_PORTS.includes(proto)) printer.put(`${addrs()} `);
	if (!printer.has(header, payload.hlen)) {
		printer.put(` [remaining caplen(${printer.end - header}) < header length(${payload.hlen})]`);
		printer.need(header, payload.hlen);
	}
	const { at, length } = payload;
	switch (proto) {
		case IPPROTO_TCP:
			printTcp(printer, carrier, at, length);
			return;
		case IPPROTO_UDP:
			printUdp(printer, carrier, at, length);
			return;
		case IPPROTO_ICMP:
			printIcmp(printer, carrier, at, length);
			return;
		case IPPROTO_IGMP:
			printIgmp(printer, at, length);
			return;
		case IPPROTO_IPIP:
		case IPPROTO_IPV6:
			printer.printNetwork(printer, proto === IPPROTO_IPIP ? ETH_P_IP : ETH_P_IPV6, at, length);
			return;
		default:
			if (WITH_PORTS.includes(proto)) printer.put(`${addrs()} `);
			printer.put(
				`${printer.options.names === undefined ? ` ip-proto-${proto}` : ` ${ipProtocolWord(proto)}`} ${length}`,
			);
	}
}
