/** The TCP part of a tcpdump line. */
import { utf8Decode } from "../base/bytes.ts";
import { IPPROTO_TCP } from "./ipv4.ts";
import { printDnsOverTcp } from "./summary-dns.ts";
import type { SummaryPrinter } from "./summary-printer.ts";
import { printTcpOptions } from "./summary-tcp-options.ts";
import { printTextProtocol, TEXT_PORTS } from "./summary-text.ts";
import { type Carrier, hex16, portsText, shouldBe, transportChecksum } from "./summary-transport.ts";
import { TCP_ACK, TCP_CWR, TCP_ECE, TCP_FIN, TCP_MIN_HLEN, TCP_PSH, TCP_RST, TCP_SYN, TCP_URG } from "./tcp.ts";

const FLAGS: readonly (readonly [number, string])[] = [
	[TCP_FIN, "F"],
	[TCP_SYN, "S"],
	[TCP_RST, "R"],
	[TCP_PSH, "P"],
	[TCP_ACK, "."],
	[TCP_URG, "U"],
	[TCP_ECE, "E"],
	[TCP_CWR, "W"],
];
const DOMAIN_PORT = 53;
const MAX_RST_TEXT = 30;

/** `SRC.PORT > DST.PORT: Flags […], …, length N` */
export function printTcp(printer: SummaryPrinter, carrier: Carrier, at: number, length: number): void {
	printer.enter("tcp");
	if (!printer.has(at, 4)) {
		printer.put(`${printer.host(carrier.src)} > ${printer.host(carrier.dst)}:`);
		printer.truncated();
		return;
	}
	printer.put(portsText(printer, carrier, at, "tcp"));
	printer.need(at, TCP_MIN_HLEN);
	const hlen = (printer.u8(at + 12) >> 4) * 4;
	if (hlen < TCP_MIN_HLEN) {
		const rest = (length - hlen) >>> 0;
		printer.put(` tcp ${rest} [bad hdr length ${hlen} - too short, < ${TCP_MIN_HLEN}]`);
		return;
	}
	const tooLong = hlen > length ? ` [bad hdr length ${hlen} - too long, > ${length}]` : "";
	if (printer.quiet > 0) {
		printer.put(`tcp ${(length - hlen) >>> 0}${tooLong}`);
		return;
	}
	const flags = printer.u8(at + 13);
	printer.put(`Flags [${flagText(flags)}]`);
	const { seq, ack, sackBase } = numbers(printer, carrier, at, flags);
	if (tooLong !== "") {
		printer.put(tooLong);
		return;
	}
	printChecksum(printer, carrier, at, length);
	const payload = length - hlen;
	if (printer.verbosity > 1 || payload > 0 || (flags & (TCP_SYN | TCP_FIN | TCP_RST)) !== 0) {
		printer.put(`, seq ${seq}${payload > 0 ? `:${(seq + payload) >>> 0}` : ""}`);
	}
	if ((flags & TCP_ACK) !== 0) printer.put(`, ack ${ack}`);
	printer.put(`, win ${printer.u16(at + 14)}`);
	if ((flags & TCP_URG) !== 0) printer.put(`, urg ${printer.u16(at + 18)}`);
	if (hlen > TCP_MIN_HLEN) {
		printer.put(", options [");
		if (!printTcpOptions(printer, at + TCP_MIN_HLEN, hlen - TCP_MIN_HLEN, sackBase)) return;
		printer.put("]");
	}
	printer.put(`, length ${payload}`);
	if (payload > 0) printPayload(printer, at, { at: at + hlen, length: payload, flags });
}

/** Relative to the beginning of the connection, unless `-S` was given. */
function numbers(
	printer: SummaryPrinter,
	carrier: Carrier,
	at: number,
	flags: number,
): { readonly seq: number; readonly ack: number; readonly sackBase: number } {
	const absolute = { flags, seq: printer.u32(at + 4), ack: printer.u32(at + 8) };
	const from = `${carrier.src}.${printer.u16(at)}`;
	const to = `${carrier.dst}.${printer.u16(at + 2)}`;
	return printer.options.flows?.relative(from, to, absolute) ?? { ...absolute, sackBase: 0 };
}

function printChecksum(printer: SummaryPrinter, carrier: Carrier, at: number, length: number): void {
	if (printer.verbosity === 0) return;
	const sum = transportChecksum(printer, carrier, { at, length, proto: IPPROTO_TCP });
	if (sum === undefined) return;
	const check = printer.u16(at + 16);
	printer.put(`, cksum ${hex16(check)} (${sum === 0 ? "correct" : `incorrect -> ${hex16(shouldBe(check, sum))}`})`);
}

interface Payload {
	readonly at: number;
	readonly length: number;
	readonly flags: number;
}

function printPayload(printer: SummaryPrinter, segment: number, payload: Payload): void {
	const { at, length, flags } = payload;
	const ports = [printer.u16(segment), printer.u16(segment + 2)];
	if ((flags & TCP_RST) !== 0) {
		if (printer.verbosity > 0) printResetText(printer, at, length);
		return;
	}
	const text = TEXT_PORTS.find(({ ports: known }) => ports.some((port) => known.includes(port)));
	if (text !== undefined) {
		printTextProtocol(printer, text, at, length);
		return;
	}
	if (length > 2 && ports.includes(DOMAIN_PORT)) printDnsOverTcp(printer, at, length);
}

/** What a reset says about itself: ` [RST+ …]` when there is more than fits. */
function printResetText(printer: SummaryPrinter, at: number, length: number): void {
	const shown = Math.min(length, MAX_RST_TEXT);
	printer.need(at, shown);
	const text = utf8Decode(printer.bytes.subarray(at, at + shown)).replace(/[^\x20-\x7e]/g, ".");
	printer.put(` [RST${length > MAX_RST_TEXT ? "+" : ""} ${text}]`);
}

function flagText(flags: number): string {
	const text = FLAGS.filter(([bit]) => (flags & bit) !== 0)
		.map(([, letter]) => letter)
		.join("");
	return text === "" ? "none" : text;
}
