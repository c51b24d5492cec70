/** The DNS part of a tcpdump line: `12345+ A? www.example.com. (33)`. */
import { ipText } from "./addr.ts";
import type { SummaryPrinter } from "./summary-printer.ts";

const HEADER = 12;
const CLASS_IN = 1;
/** In a question: the answer may come by unicast; in a record: forget what you knew (RFC 6762). */
const MULTICAST_BIT = 0x8000;
const MAX_NAME_STEPS = 128;

const OPCODES: Readonly<Record<number, string>> = { 1: " inv_q", 2: " stat", 4: " notify", 5: " update" };
const RCODES: readonly string[] =
	" FormErr ServFail NXDomain NotImp Refused YXDomain YXRRSet NXRRSet NotAuth NotZone Resp11 Resp12 Resp13 Resp14 Resp15".split(
		" ",
	);
const CLASSES: Readonly<Record<number, string>> = { 1: "IN", 3: "CHAOS", 4: "HS", 255: "ANY" };
const TYPES: ReadonlyMap<number, string> = new Map([
	...numbered(
		1,
		"A NS MD MF CNAME SOA MB MG MR NULL WKS PTR HINFO MINFO MX TXT RP AFSDB X25 ISDN RT NSAP NSAP_PTR SIG KEY PX GPOS AAAA LOC NXT EID NIMLOC SRV ATMA NAPTR KX CERT A6 DNAME SINK OPT APL DS SSHFP IPSECKEY RRSIG NSEC",
	),
	...numbered(100, "UINFO UID GID UNSPEC UNSPECA"),
	...numbered(249, "TKEY TSIG IXFR AXFR MAILB MAILA ANY"),
]);
const A = 1;
const NS = 2;
const CNAME = 5;
const SOA = 6;
const PTR = 12;
const MX = 15;
const TXT = 16;
const AAAA = 28;
const SRV = 33;
const DNAME = 39;
const OPT = 41;

export function printDns(
	printer: SummaryPrinter,
	at: number,
	length: number,
	{ multicast }: { readonly multicast: boolean },
): void {
	printer.enter("domain");
	if (length < HEADER) {
		printer.put(`domain [length ${length} < ${HEADER}] (invalid)`);
		return;
	}
	new MessagePrinter(printer, at, multicast).print();
	printer.put(` (${length})`);
}

/** Over TCP the length stands in front. */
export function printDnsOverTcp(printer: SummaryPrinter, at: number, length: number): void {
	printer.enter("domain");
	const stated = printer.u16(at);
	if (stated !== length - 2) {
		printer.put(` [prefix length(${stated}) != length(${length - 2})] (invalid)`);
		return;
	}
	printer.put(" ");
	printDns(printer, at + 2, length - 2, { multicast: false });
}

class MessagePrinter {
	readonly #printer: SummaryPrinter;
	readonly #start: number;
	readonly #multicast: boolean;
	#at: number;

	constructor(printer: SummaryPrinter, start: number, multicast: boolean) {
		this.#printer = printer;
		this.#start = start;
		this.#multicast = multicast;
		this.#at = start + HEADER;
	}

	print(): void {
		const { verbosity } = this.#printer;
		const flags = this.#printer.u16(this.#start + 2);
		const [questions, answers, authorities, additionals] = [4, 6, 8, 10].map((offset) =>
			this.#printer.u16(this.#start + offset),
		) as [number, number, number, number];
		const isResponse = (flags & 0x8000) !== 0;
		this.#head(flags, isResponse);
		if (isResponse) {
			if (questions !== 1) this.#put(` [${questions}q]`);
			if (verbosity > 1 && questions > 0) this.#put(" q:");
			this.#list(questions, (k) => this.#question({ silent: verbosity < 2, first: k === 0 }));
			this.#put(` ${answers}/${authorities}/${additionals}`);
			this.#list(answers, (k) => this.#record(k === 0));
		} else {
			if (answers > 0) this.#put(` [${answers}a]`);
			if (authorities > 0) this.#put(` [${authorities}n]`);
			if (additionals > 0) this.#put(` [${additionals}au]`);
			if (questions !== 1) this.#put(` [${questions}q]`);
			this.#list(questions, (k) => this.#question({ silent: false, first: k === 0 }));
			if (verbosity > 1) this.#section(" an:", answers);
		}
		if (verbosity < 2) return;
		this.#section(" ns:", authorities);
		this.#section(" ar:", additionals);
	}

	#put(text: string): void {
		this.#printer.put(text);
	}

	/** `12345*-|$` of an answer, `12345+%` of a question. */
	#head(flags: number, isResponse: boolean): void {
		const op = (flags >> 11) & 15;
		const id = `${this.#printer.u16(this.#start)}${op === 0 ? "" : (OPCODES[op] ?? ` op${op}`)}`;
		const bit = (mask: number, text: string): string => ((flags & mask) !== 0 ? text : "");
		if (!isResponse) {
			this.#put(`${id}${bit(0x100, "+")}${bit(0x10, "%")}`);
			return;
		}
		const rcode = RCODES[flags & 15] ?? "";
		const available = (flags & 0x80) === 0 ? "-" : "";
		const outcome = rcode === "" ? "" : ` ${rcode}`;
		this.#put(`${id}${outcome}${bit(0x400, "*")}${available}${bit(0x200, "|")}${bit(0x20, "$")}`);
	}

	#list(count: number, print: (k: number) => void): void {
		for (let k = 0; k < count; k += 1) print(k);
	}

	#section(title: string, count: number): void {
		if (count > 0) this.#put(title);
		this.#list(count, (k) => this.#record(k === 0));
	}

	/** ` A? www.example.com.` */
	#question({ silent, first }: { readonly silent: boolean; readonly first: boolean }): void {
		const name = this.#name();
		const type = this.#u16();
		const kind = this.#u16();
		if (silent) return;
		const klass = this.#multicast ? kind & ~MULTICAST_BIT : kind;
		if (!first) this.#put(",");
		this.#put(` ${typeName(type)}`);
		if (this.#multicast) this.#put((kind & MULTICAST_BIT) !== 0 ? " (QU)" : " (QM)");
		if (klass !== CLASS_IN) this.#put(` ${className(klass)}`);
		this.#put(`? ${name}`);
	}

	/** ` A 10.0.0.9`, with `-v` the name first, with `-vvv` the time to live. */
	#record(first: boolean): void {
		const { verbosity } = this.#printer;
		if (!first) this.#put(",");
		const name = this.#name();
		if (verbosity > 0) this.#put(` ${name}`);
		const type = this.#u16();
		const kind = this.#u16();
		const klass = this.#multicast ? kind & ~MULTICAST_BIT : kind;
		if (klass !== CLASS_IN && type !== OPT) this.#put(` ${className(klass)}`);
		if (this.#multicast && (kind & MULTICAST_BIT) !== 0 && type !== OPT) this.#put(" (Cache flush)");
		const ttl = this.#printer.u32(this.#at);
		if (verbosity > 2 && type !== OPT) this.#put(` [${lifetimeText(ttl)}]`);
		this.#at += 4;
		const length = this.#u16();
		const end = this.#at + length;
		this.#put(` ${typeName(type)}`);
		this.#value(type, end, { size: kind, ttl });
		this.#at = end;
	}

	#value(type: number, end: number, opt: { readonly size: number; readonly ttl: number }): void {
		const printer = this.#printer;
		switch (type) {
			case A:
				this.#put(` ${ipText(printer.u32(this.#at))}`);
				return;
			case AAAA:
				this.#put(` ${ipText(printer.u128(this.#at))}`);
				return;
			case NS:
			case CNAME:
			case PTR:
			case DNAME:
				this.#put(` ${this.#name()}`);
				return;
			case MX: {
				const preference = this.#u16();
				this.#put(` ${this.#name()} ${preference}`);
				return;
			}
			case SRV: {
				const [priority, weight, port] = [this.#u16(), this.#u16(), this.#u16()];
				this.#put(` ${this.#name()}:${port} ${priority} ${weight}`);
				return;
			}
			case TXT:
				while (this.#at < end) this.#put(` "${this.#string()}"`);
				return;
			case SOA: {
				if (printer.verbosity === 0) return;
				this.#put(` ${this.#name()} ${this.#name()}`);
				for (let k = 0; k < 5; k += 1) this.#put(` ${printer.u32(this.#at + 4 * k)}`);
				return;
			}
			case OPT:
				this.#put(` UDPsize=${opt.size}${(opt.ttl & 0x8000) !== 0 ? " DO" : ""}`);
				return;
		}
	}

	#u16(): number {
		const value = this.#printer.u16(this.#at);
		this.#at += 2;
		return value;
	}

	#string(): string {
		const length = this.#printer.u8(this.#at);
		const text = this.#chars(this.#at + 1, length);
		this.#at += 1 + length;
		return text;
	}

	#chars(at: number, length: number): string {
		let text = "";
		for (let k = 0; k < length; k += 1) text += charText(this.#printer.u8(at + k));
		return text;
	}

	/** The name at the current place, pointers followed, with a final dot. */
	#name(): string {
		let text = "";
		let at = this.#at;
		let after: number | undefined;
		for (let step = 0; step < MAX_NAME_STEPS; step += 1) {
			const length = this.#printer.u8(at);
			if (length >= 0xc0) {
				after ??= at + 2;
				at = this.#start + (this.#printer.u16(at) & 0x3fff);
				continue;
			}
			if (length === 0) break;
			text += `${this.#chars(at + 1, length)}.`;
			at += 1 + length;
		}
		this.#at = after ?? at + 1;
		return text === "" ? "." : text;
	}
}

function numbered(first: number, names: string): readonly (readonly [number, string])[] {
	return names.split(" ").map((name, k) => [first + k, name] as const);
}

function typeName(type: number): string {
	return TYPES.get(type) ?? `Type${type}`;
}

function className(klass: number): string {
	return CLASSES[klass] ?? `(Class ${klass})`;
}

function charText(byte: number): string {
	if (byte >= 128) return `M-${charText(byte & 127)}`;
	if (byte < 32 || byte === 127) return `^${String.fromCharCode(byte ^ 64)}`;
	return String.fromCharCode(byte);
}

/** `1d2h3m4s` */
function lifetimeText(seconds: number): string {
	if (seconds === 0) return "0s";
	let rest = seconds;
	let text = "";
	for (const [unit, size] of [
		["w", 604_800],
		["d", 86_400],
		["h", 3600],
		["m", 60],
		["s", 1],
	] as const) {
		const count = Math.floor(rest / size);
		if (count > 0) text += `${count}${unit}`;
		rest -= count * size;
	}
	return text;
}
