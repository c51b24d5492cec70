/** IPv4 options in a tcpdump line (`-v`). */
import type { SummaryPrinter } from "./summary-printer.ts";

const EOL = 0;
const NOP = 1;
const RR = 7;
const TS = 68;
const LSRR = 131;
const SSRR = 137;
const RA = 148;
const NAMES: Readonly<Record<number, string>> = {
	[EOL]: "EOL",
	[NOP]: "NOP",
	[TS]: "timestamp",
	130: "security",
	[RR]: "RR",
	[SSRR]: "SSRR",
	[LSRR]: "LSRR",
	[RA]: "RA",
	82: "traceroute",
};

export function printIpv4Options(printer: SummaryPrinter, from: number, length: number): void {
	let at = from;
	let rest = length;
	while (rest > 0) {
		if (at > from) printer.put(",");
		const code = printer.u8(at);
		printer.put(NAMES[code] ?? `unknown ${code}`);
		const size = code === NOP || code === EOL ? 1 : printer.u8(at + 1);
		if (size < (code === NOP || code === EOL ? 1 : 2) || size > rest) {
			printer.put(` [bad length ${size}]`);
			return;
		}
		if (code === EOL) return;
		printer.need(at, size);
		if (code === RR || code === LSRR || code === SSRR) printRoute(printer, at, size);
		else if (code === RA && size >= 4 && printer.u16(at + 2) !== 0) printer.put(` value ${printer.u16(at + 2)}`);
		at += size;
		rest -= size;
	}
}

/** The addresses; a comma after those that were already visited. */
function printRoute(printer: SummaryPrinter, at: number, length: number): void {
	if (length < 3) {
		printer.put(` [bad length ${length}]`);
		return;
	}
	if (((length + 1) & 3) !== 0) printer.put(` [bad length ${length}]`);
	const pointer = printer.u8(at + 2) - 1;
	if (pointer < 3 || ((pointer + 1) & 3) !== 0 || pointer > length + 1) printer.put(` [bad ptr ${pointer + 1}]`);
	for (let k = 3; k + 4 <= length; k += 4) {
		printer.put(` ${printer.host(printer.u32(at + k))}${pointer > k ? "," : ""}`);
	}
}
