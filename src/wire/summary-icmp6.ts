/** The ICMPv6 part of a tcpdump line. */
import { macText } from "./addr.ts";
import { ETH_P_IPV6 } from "./ethernet.ts";
import { IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_UDP } from "./ipv4.ts";
import { hexWords, type SummaryPrinter } from "./summary-printer.ts";
import { type Carrier, hex16, shouldBe, transportChecksum } from "./summary-transport.ts";

const UNREACHABLE = 1;
const TOO_BIG = 2;
const TIME_EXCEEDED = 3;
const PARAMETER_PROBLEM = 4;
const ECHO_REQUEST = 128;
const ECHO_REPLY = 129;
const ROUTER_SOLICIT = 133;
const ROUTER_ADVERT = 134;
const NEIGHBOR_SOLICIT = 135;
const NEIGHBOR_ADVERT = 136;
const MLD2_REPORT = 143;
const NAMES: Readonly<Record<number, string>> = {
	[UNREACHABLE]: "destination unreachable",
	[TOO_BIG]: "packet too big",
	[TIME_EXCEEDED]: "time exceeded in-transit",
	[PARAMETER_PROBLEM]: "parameter problem",
	[ECHO_REQUEST]: "echo request",
	[ECHO_REPLY]: "echo reply",
	130: "multicast listener query",
	131: "multicast listener report",
	132: "multicast listener done",
	[ROUTER_SOLICIT]: "router solicitation",
	[ROUTER_ADVERT]: "router advertisement",
	[NEIGHBOR_SOLICIT]: "neighbor solicitation",
	[NEIGHBOR_ADVERT]: "neighbor advertisement",
	137: "redirect",
	[MLD2_REPORT]: "multicast listener report v2",
};
const UNREACHABLE_CODES: Readonly<Record<number, string>> = {
	0: "unreachable route",
	1: "unreachable prohibited",
	2: "beyond scope",
	3: "unreachable address",
};
const OPTION_NAMES: Readonly<Record<number, string>> = { 1: "source link-address", 2: "destination link-address" };
const MLD2_RECORDS: readonly string[] = ["", "is_in", "is_ex", "to_in", "to_ex", "allow", "block"];

/** `ICMP6, echo request, id 1, seq 1, length 64` */
export function printIcmp6(printer: SummaryPrinter, carrier: Carrier, at: number, length: number): void {
	printer.enter("icmp6", { forgetsPlace: true });
	const type = printer.u8(at);
	if (printer.verbosity > 0) {
		const sum = transportChecksum(printer, carrier, { at, length, proto: IPPROTO_ICMPV6, always: true });
		const check = printer.u16(at + 2);
		if (sum === 0) printer.put("[icmp6 sum ok] ");
		else if (sum !== undefined) printer.put(`[bad icmp6 cksum ${hex16(check)} -> ${hex16(shouldBe(check, sum))}!] `);
	}
	printer.put(`ICMP6, ${NAMES[type] ?? `unknown icmp6 type (${type})`}`);
	if (printer.verbosity > 0 && (type === ROUTER_SOLICIT || type === NEIGHBOR_SOLICIT || type === NEIGHBOR_ADVERT)) {
		printer.put(`, length ${length}`);
	}
	printMessage(printer, { type, at, end: at + length });
	if (printer.verbosity === 0) printer.put(`, length ${length}`);
}

interface Message {
	readonly type: number;
	readonly at: number;
	readonly end: number;
}

function printMessage(printer: SummaryPrinter, { type, at, end }: Message): void {
	switch (type) {
		case UNREACHABLE:
			printUnreachable(printer, at);
			printQuoted(printer, at + 8);
			return;
		case TOO_BIG:
			printer.put(`, mtu ${printer.u32(at + 4)}`);
			printQuoted(printer, at + 8);
			return;
		case TIME_EXCEEDED:
			printer.put(` for ${printer.host(printer.u128(at + 8 + 24))}`);
			printQuoted(printer, at + 8);
			return;
		case ECHO_REQUEST:
		case ECHO_REPLY:
			printer.put(`, id ${printer.u16(at + 4)}, seq ${printer.u16(at + 6)}`);
			return;
		case ROUTER_SOLICIT:
			if (printer.verbosity > 0) printOptions(printer, at + 8, end);
			return;
		case NEIGHBOR_SOLICIT:
			printer.put(`, who has ${printer.host(printer.u128(at + 8))}`);
			if (printer.verbosity > 0) printOptions(printer, at + 24, end);
			return;
		case NEIGHBOR_ADVERT:
			printer.put(`, tgt is ${printer.host(printer.u128(at + 8))}`);
			if (printer.verbosity > 0) {
				printer.put(`, Flags [${advertFlags(printer.u8(at + 4))}]`);
				printOptions(printer, at + 24, end);
			}
			return;
		case MLD2_REPORT:
			printReport(printer, at);
			return;
	}
}

function printUnreachable(printer: SummaryPrinter, at: number): void {
	const code = printer.u8(at + 1);
	const dst = printer.host(printer.u128(at + 8 + 24));
	if (code !== 4) {
		printer.put(`, ${UNREACHABLE_CODES[code] ?? `unknown unreach code (${code})`} ${dst}`);
		return;
	}
	const proto = printer.u8(at + 8 + 6);
	const port = printer.u16(at + 8 + 40 + 2);
	const name = proto === IPPROTO_TCP ? "tcp" : proto === IPPROTO_UDP ? "udp" : undefined;
	if (name === undefined) printer.put(`, ${dst} protocol ${proto} port ${port} unreachable`);
	else printer.put(`, unreachable port, ${dst} ${name} port ${printer.port(port, name)}`);
}

function printQuoted(printer: SummaryPrinter, at: number): void {
	if (printer.verbosity === 0 || !printer.has(at, 6)) return;
	printer.put("\n\t");
	printer.printNetwork(printer, ETH_P_IPV6, at, printer.u16(at + 4) + 40);
}

function printOptions(printer: SummaryPrinter, from: number, end: number): void {
	for (let at = from; at + 2 <= end; ) {
		const type = printer.u8(at);
		const size = printer.u8(at + 1) * 8;
		if (size === 0) return;
		printer.put(`\n\t  ${OPTION_NAMES[type] ?? "unknown"} option (${type}), length ${size} (${size / 8}): `);
		if (type === 1 || type === 2) printer.put(macText(printer.u48(at + 2)));
		if (printer.verbosity > 1)
			printer.put(hexWords(printer.bytes.subarray(at + 2, at + size)).replace(/\n\t/g, "\n\t    "));
		at += size;
	}
}

function advertFlags(flags: number): string {
	const names = [
		(flags & 0x80) !== 0 ? "router" : "",
		(flags & 0x40) !== 0 ? "solicited" : "",
		(flags & 0x20) !== 0 ? "override" : "",
	];
	const set = names.filter((name) => name !== "");
	return set.length === 0 ? "none" : set.join(", ");
}

function printReport(printer: SummaryPrinter, at: number): void {
	const groups = printer.u16(at + 6);
	printer.put(`, ${groups} group record(s)`);
	if (printer.verbosity === 0) return;
	let record = at + 8;
	for (let k = 0; k < groups; k += 1) {
		const sources = printer.u16(record + 2);
		printer.put(` [gaddr ${printer.host(printer.u128(record + 4))}`);
		printer.put(` ${MLD2_RECORDS[printer.u8(record)] ?? ` [v2-report-#${printer.u8(record)}]`}`);
		if (printer.verbosity > 1) {
			printer.put(" {");
			for (let s = 0; s < sources; s += 1) printer.put(` ${printer.host(printer.u128(record + 20 + 16 * s))}`);
			printer.put(" }]");
		} else printer.put(`, ${sources} source(s)]`);
		record += 20 + 16 * sources;
	}
}
