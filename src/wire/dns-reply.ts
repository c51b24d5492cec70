/** A server's answer as bytes: the question as it came, owner names compressed (RFC 1035 §4.1.4), cut to what the asker takes. */
import { answer } from "@dnsquery/dns-packet";
import { utf8Encode } from "../base/bytes.ts";
import { type DnsMessage, type DnsRecord, dnsAnswer, dnsFlags, dnsOpt } from "./dns.ts";

const HEADER_BYTES = 12;
const ANCOUNT = 6;
const TRUNCATED = 0x02;
/** A pointer has 14 bits for the offset. */
const MAX_POINTER = 0x3fff;
const FIRST_BYTES = 512;

export interface DnsReplyFrame {
	/** The question's bytes in the query, name, type and class; empty: none is repeated. */
	readonly question: Uint8Array;
	/** Records that do not fit are left out, and the answer says that it is truncated. */
	readonly limitBytes: number;
}

/** Builds one answer after the other in a buffer of its own. */
export class DnsReplyBuilder {
	readonly #writer = new RecordWriter();

	build(message: DnsMessage, { question, limitBytes }: DnsReplyFrame): Uint8Array {
		const writer = this.#writer;
		const opt = dnsOpt(message);
		const optLength = opt === undefined ? 0 : answer.encodingLength(opt);
		writer.begin(question, limitBytes - optLength);
		const answers = writer.section(message.answers);
		const authorities = writer.section(message.authorities);
		const additionals = writer.section(message.additionals);
		const bytes = writer.finish(optLength);
		if (opt !== undefined) answer.encode(opt, bytes, bytes.length - optLength);
		const flags = dnsFlags(message);
		putUint16(bytes, 0, message.id);
		putUint16(bytes, 2, flags);
		if (writer.full) bytes[2] = (flags >> 8) | TRUNCATED;
		putUint16(bytes, 4, question.length === 0 ? 0 : 1);
		putUint16(bytes, ANCOUNT, answers);
		putUint16(bytes, ANCOUNT + 2, authorities);
		putUint16(bytes, ANCOUNT + 4, additionals + (opt === undefined ? 0 : 1));
		return bytes;
	}
}

/** Where the bytes of the first question end; undefined: they do not, or its name is not plain labels. */
export function dnsQuestionEnd(query: Uint8Array): number | undefined {
	let at = HEADER_BYTES;
	for (;;) {
		const length = query[at];
		if (length === undefined || length > 63) return undefined;
		at += length + 1;
		if (length === 0) return at + 4 <= query.length ? at + 4 : undefined;
	}
}

class RecordWriter {
	/** Where names, and the ends of names, stand. */
	readonly #offsets = new Map<string, number>();
	#bytes = new Uint8Array(FIRST_BYTES);
	#length = 0;
	#limit = 0;
	/** A record did not fit, and none comes after it. */
	full = false;

	begin(question: Uint8Array, limit: number): void {
		this.full = false;
		this.#limit = limit;
		this.#offsets.clear();
		this.#length = HEADER_BYTES;
		this.#reserve(question.length);
		this.#bytes.set(question, HEADER_BYTES);
		this.#length += question.length;
		const name = asciiName(question);
		if (name !== undefined) this.#remember(name, HEADER_BYTES);
	}

	/** How many were written. */
	section(records: readonly DnsRecord[]): number {
		let written = 0;
		for (const record of records) {
			if (this.full || !this.#record(record)) break;
			written += 1;
		}
		return written;
	}

	/** A copy of all that was written, and so many bytes behind it. */
	finish(more: number): Uint8Array {
		this.#reserve(more);
		return this.#bytes.slice(0, this.#length + more);
	}

	#record(record: DnsRecord): boolean {
		const name = this.#name(record.name);
		// The root's name is one byte, in whose place the end of the owner's comes.
		const rest = { ...dnsAnswer(record), name: "." };
		const end = this.#length + name.length - 1 + answer.encodingLength(rest);
		if (end > this.#limit) {
			this.full = true;
			return false;
		}
		this.#reserve(end - this.#length);
		answer.encode(rest, this.#bytes, this.#length + name.length - 1);
		this.#bytes.set(name, this.#length);
		this.#remember(record.name, this.#length);
		this.#length = end;
		return true;
	}

	#reserve(more: number): void {
		if (this.#length + more <= this.#bytes.length) return;
		const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
		grown.set(this.#bytes);
		this.#bytes = grown;
	}

	#name(name: string): readonly number[] {
		const bytes: number[] = [];
		for (let rest = name; rest !== ""; rest = afterLabel(rest)) {
			const known = this.#offsets.get(rest);
			if (known !== undefined) {
				bytes.push(0xc0 | (known >> 8), known & 0xff);
				return bytes;
			}
			const label = utf8Encode(firstLabel(rest));
			bytes.push(label.length, ...label);
		}
		bytes.push(0);
		return bytes;
	}

	/** The ends of a name that stands at `offset` now, as far as it was written out. */
	#remember(name: string, offset: number): void {
		let at = offset;
		for (let rest = name; rest !== "" && !this.#offsets.has(rest) && at <= MAX_POINTER; rest = afterLabel(rest)) {
			this.#offsets.set(rest, at);
			at += utf8Length(firstLabel(rest)) + 1;
		}
	}
}

function firstLabel(name: string): string {
	const dot = name.indexOf(".");
	return dot < 0 ? name : name.slice(0, dot);
}

function afterLabel(name: string): string {
	const dot = name.indexOf(".");
	return dot < 0 ? "" : name.slice(dot + 1);
}

/** A question's name; undefined: it has bytes that text could confuse, or there is none. */
function asciiName(question: Uint8Array): string | undefined {
	let name = "";
	let labelEnd = 0;
	for (let at = 0; at < question.length; at += 1) {
		const byte = question[at] ?? 0;
		if (at === labelEnd) {
			if (byte === 0) return name;
			if (at > 0) name += ".";
			labelEnd = at + byte + 1;
		} else if (byte > 0x7e || byte <= 0x20 || byte === 0x2e) return undefined;
		else name += String.fromCharCode(byte);
	}
	return undefined;
}

function utf8Length(text: string): number {
	let length = 0;
	for (let k = 0; k < text.length; k += 1) {
		if (text.charCodeAt(k) > 0x7f) return utf8Encode(text).length;
		length += 1;
	}
	return length;
}

function putUint16(bytes: Uint8Array, at: number, value: number): void {
	bytes[at] = value >> 8;
	bytes[at + 1] = value & 0xff;
}
