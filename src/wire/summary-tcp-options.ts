/** TCP options in a tcpdump line. */
import { hex } from "../base/bytes.ts";
import type { SummaryPrinter } from "./summary-printer.ts";

const EOL = 0;
const NOP = 1;
const MSS = 2;
const WINDOW_SCALE = 3;
const SACK_PERMITTED = 4;
const SACK = 5;
const TIMESTAMPS = 8;
const MD5 = 19;
const USER_TIMEOUT = 28;
const AUTHENTICATION = 29;
const FAST_OPEN = 34;
const EXPERIMENT = 254;

/** Options with one number of four bytes. */
const ONE_WORD: Readonly<Record<number, string>> = { 6: "echo", 7: "echoreply", 11: "cc", 12: "ccnew", 13: "" };

/** False: the list is broken, and tcpdump prints nothing more. */
export function printTcpOptions(printer: SummaryPrinter, from: number, length: number, sackBase: number): boolean {
	let at = from;
	const end = from + length;
	while (at < end) {
		if (at > from) printer.put(",");
		const kind = printer.u8(at);
		if (kind === EOL || kind === NOP) {
			printer.put(kind === EOL ? "eol" : "nop");
			at += 1;
			if (kind === EOL) break;
			continue;
		}
		const size = at + 1 < end ? printer.u8(at + 1) : 0;
		const option = { kind, at: at + 2, size: size - 2, room: end - at - 2 };
		const used = size < 2 || at + size > end ? undefined : printOption(printer, option, sackBase);
		if (used === undefined) {
			printer.put("[bad opt]");
			return false;
		}
		if (used !== option.size) printer.put(`[len ${size}]`);
		at += 2 + used;
	}
	return true;
}

interface Option {
	readonly kind: number;
	/** Of the value, after kind and length. */
	readonly at: number;
	/** Of the value, by the length byte. */
	readonly size: number;
	/** Bytes left in the header. */
	readonly room: number;
}

/** How many bytes of the value were used; undefined: it does not fit. */
function printOption(printer: SummaryPrinter, option: Option, sackBase: number): number | undefined {
	const { kind, at, size, room } = option;
	const fixed = (name: string, length: number, text: () => string): number | undefined => {
		printer.put(name);
		if (length > room) return undefined;
		printer.need(at, length);
		printer.put(text());
		return length;
	};
	switch (kind) {
		case MSS:
			return fixed("mss", 2, () => ` ${printer.u16(at)}`);
		case WINDOW_SCALE:
			return fixed("wscale", 1, () => ` ${printer.u8(at)}`);
		case SACK_PERMITTED:
			return fixed("sackOK", 0, () => "");
		case TIMESTAMPS:
			return fixed("TS", 8, () => ` val ${printer.u32(at)} ecr ${printer.u32(at + 4)}`);
		case SACK:
			return printSack(printer, option, sackBase);
		case USER_TIMEOUT:
			return fixed("uto", 2, () => ` 0x${printer.u16(at).toString(16)} ${timeoutSeconds(printer.u16(at))}`);
		case AUTHENTICATION:
			return fixed("tcp-ao", size, () => authenticationText(printer, at, size));
		case MD5:
			return fixed("md5 ", 16, () => `shared secret not supplied with -M, can't check - ${bytesText(printer, at, 16)}`);
		case FAST_OPEN:
			return fixed("tfo", size, () => (size === 0 ? "  cookiereq" : `  cookie ${bytesText(printer, at, size)}`));
		case EXPERIMENT:
			return fixed("exp", size, () => (size < 2 ? "" : `-${bytesText(printer, at, size)}`));
	}
	const name = ONE_WORD[kind];
	if (name !== undefined) return fixed(name, 4, () => ` ${printer.u32(at)}`);
	return fixed(`unknown-${kind}`, size, () => (size === 0 ? "" : ` 0x${bytesText(printer, at, size)}`));
}

/** `sack 1 {12:22}` */
function printSack(printer: SummaryPrinter, { at, size }: Option, sackBase: number): number {
	if (size % 8 !== 0) {
		printer.put("sack invalid sack");
		return size;
	}
	printer.put(`sack ${size / 8} `);
	for (let k = 0; k < size; k += 8) {
		const [left, right] = [printer.u32(at + k), printer.u32(at + k + 4)];
		printer.put(`{${(left - sackBase) >>> 0}:${(right - sackBase) >>> 0}}`);
	}
	return size;
}

/** RFC 5482: the lowest bit says that the rest is minutes. */
function timeoutSeconds(value: number): number {
	return (value & 1) === 0 ? value >> 1 : (value >> 1) * 60;
}

function authenticationText(printer: SummaryPrinter, at: number, size: number): string {
	if (size < 2) return "";
	const mac = size > 2 ? ` mac 0x${bytesText(printer, at + 2, size - 2)}` : "";
	return ` keyid ${printer.u8(at)} rnextkeyid ${printer.u8(at + 1)}${mac}`;
}

function bytesText(printer: SummaryPrinter, at: number, length: number): string {
	printer.need(at, length);
	return hex(printer.bytes.subarray(at, at + length));
}
