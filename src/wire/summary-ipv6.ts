/** The IPv6 part of a tcpdump line, and what it carries. */
import { IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_UDP } from "./ipv4.ts";
import { printIcmp6 } from "./summary-icmp6.ts";
import type { SummaryPrinter } from "./summary-printer.ts";
import { IP_PROTOCOL_TITLES, ipProtocolWord } from "./summary-protocols.ts";
import { printTcp } from "./summary-tcp.ts";
import type { Carrier } from "./summary-transport.ts";
import { printUdp } from "./summary-udp.ts";

const IPV6_HLEN = 40;
const HOP_BY_HOP = 0;
const FRAGMENT = 44;
const NO_NEXT_HEADER = 59;
const DESTINATION_OPTIONS = 60;
const PAD1 = 0;
const PADN = 1;
const ROUTER_ALERT = 5;

/** `IP6 SRC > DST: …` */
export function printIpv6(printer: SummaryPrinter, at: number, length: number): void {
	printer.enter("ip6");
	const version = printer.u8(at) >> 4;
	if (version !== 6) {
		printer.put(version === 4 ? "IP, wrong link-layer encapsulation (invalid)" : `IP${version} (invalid)`);
		return;
	}
	printer.need(at, IPV6_HLEN);
	if (printer.options.macs !== true) printer.put("IP6 ");
	if (length < IPV6_HLEN) {
		printer.put(`truncated-ip6 ${length}`);
		return;
	}
	const payload = printer.u16(at + 4);
	if (payload + IPV6_HLEN > length) printer.put(`truncated-ip6 - ${payload + IPV6_HLEN - length} bytes missing!`);
	if (printer.verbosity > 0) printHeader(printer, at, payload);
	const carrier: Carrier = {
		version: 6,
		header: at,
		src: printer.u128(at + 8),
		dst: printer.u128(at + 24),
		isFragment: false,
		isBehindExtension: false,
	};
	printer.within(at + IPV6_HLEN + payload, () => {
		printNext(printer, carrier, { proto: printer.u8(at + 6), at: at + IPV6_HLEN, length: payload, first: true });
	});
}

function printHeader(printer: SummaryPrinter, at: number, payload: number): void {
	const word = printer.u32(at);
	const trafficClass = (word >>> 20) & 0xff;
	const flow = word & 0xfffff;
	const next = printer.u8(at + 6);
	printer.put("(");
	if (trafficClass !== 0) printer.put(`class 0x${trafficClass.toString(16).padStart(2, "0")}, `);
	if (flow !== 0) printer.put(`flowlabel 0x${flow.toString(16).padStart(5, "0")}, `);
	printer.put(`hlim ${printer.u8(at + 7)}, next-header ${IP_PROTOCOL_TITLES[next] ?? "unknown"} (${next})`);
	printer.put(` payload length: ${payload}) `);
}

interface Next {
	readonly proto: number;
	readonly at: number;
	readonly length: number;
	/** Right behind the IPv6 header. */
	readonly first: boolean;
}

function printNext(printer: SummaryPrinter, carrier: Carrier, next: Next): void {
	const { proto, at, length } = next;
	if (next.first && proto !== IPPROTO_TCP && proto !== IPPROTO_UDP) {
		printer.put(`${printer.host(carrier.src)} > ${printer.host(carrier.dst)}: `);
	}
	const inner = next.first ? carrier : { ...carrier, isBehindExtension: true };
	switch (proto) {
		case IPPROTO_TCP:
			printTcp(printer, inner, at, length);
			return;
		case IPPROTO_UDP:
			printUdp(printer, inner, at, length);
			return;
		case IPPROTO_ICMPV6:
			printIcmp6(printer, carrier, at, length);
			return;
		case HOP_BY_HOP:
		case DESTINATION_OPTIONS: {
			const size = (printer.u8(at + 1) + 1) * 8;
			printer.put(proto === HOP_BY_HOP ? "HBH " : "DSTOPT ");
			if (printer.verbosity > 0) printOptions(printer, at + 2, at + size);
			printNext(printer, carrier, nextAfter(printer, next, size));
			return;
		}
		case FRAGMENT:
			printFragment(printer, carrier, next);
			return;
		case NO_NEXT_HEADER:
			printer.put(`no next header`);
			return;
		default:
			printer.put(
				`${printer.options.names === undefined ? ` ip-proto-${proto}` : ` ${ipProtocolWord(proto)}`} ${length}`,
			);
	}
}

function nextAfter(printer: SummaryPrinter, { at, length }: Next, size: number): Next {
	return { proto: printer.u8(at), at: at + size, length: length - size, first: false };
}

function printFragment(printer: SummaryPrinter, carrier: Carrier, next: Next): void {
	const word = printer.u16(next.at + 2);
	const offset = word & 0xfff8;
	const id =
		printer.verbosity > 0
			? `0x${printer
					.u32(next.at + 4)
					.toString(16)
					.padStart(8, "0")}:`
			: "";
	printer.put(`frag (${id}${offset}|${next.length - 8})`);
	if (offset !== 0) return;
	printer.put(" ");
	const part = { ...carrier, isFragment: (word & 1) !== 0 || carrier.isFragment };
	const after = nextAfter(printer, next, 8);
	printNext(printer, part, after);
}

/** `(rtalert: 0x0000) (padn)` */
function printOptions(printer: SummaryPrinter, from: number, end: number): void {
	for (let at = from; at < end; ) {
		const type = printer.u8(at);
		const size = type === PAD1 ? 1 : 2 + printer.u8(at + 1);
		if (type === PAD1) printer.put("(pad1)");
		else if (type === PADN) printer.put("(padn)");
		else if (type === ROUTER_ALERT)
			printer.put(
				`(rtalert: 0x${printer
					.u16(at + 2)
					.toString(16)
					.padStart(4, "0")}) `,
			);
		else printer.put(`(opt_type 0x${type.toString(16).padStart(2, "0")}: len=${size - 2}) `);
		at += size;
	}
	printer.put(" ");
}
