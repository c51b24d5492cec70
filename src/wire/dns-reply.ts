/** A server's answer as bytes: the question as it came, owner names compressed (RFC 1035 §4.1.4), cut to what the asker takes. */
import { answer } from "@dnsquery/dns-packet";
import { utf8Encode } from "../base/bytes.ts";
import { buildDns, type DnsMessage, type DnsRecord, dnsAnswer, dnsOpt } from "./dns.ts";

const HEADER_BYTES = 12;
const ANCOUNT = 6;
const TRUNCATED = 0x02;
/** A pointer has 14 bits for the offset. */
const MAX_POINTER = 0x3fff;
const NO_BYTES = new Uint8Array(0);

export interface DnsReplyFrame {
	/** The question's bytes in the query, name, type and class; empty: none is repeated. */
	readonly question: Uint8Array;
	/** Records that do not fit are left out, and the answer says that it is truncated. */
	readonly limitBytes: number;
}

export function buildDnsReply(message: DnsMessage, { question, limitBytes }: DnsReplyFrame): Uint8Array {
	const { edns: _, ...plain } = message;
	const head = buildDns({ ...plain, questions: [], answers: [], authorities: [], additionals: [] });
	const opt = dnsOpt(message);
	const optBytes = opt === undefined ? NO_BYTES : answer.encode(opt);
	const sections = [message.answers, message.authorities, message.additionals];
	const writer = new RecordWriter(head, question, limitBytes - optBytes.length);
	const counts = sections.map((records) => writer.section(records));
	const bytes = new Uint8Array(writer.length + optBytes.length);
	writer.copyTo(bytes);
	bytes.set(optBytes, writer.length);
	bytes[5] = question.length === 0 ? 0 : 1;
	for (const [at, count] of counts.entries()) {
		const whole = at === 2 && opt !== undefined ? count + 1 : count;
		bytes[ANCOUNT + 2 * at] = whole >> 8;
		bytes[ANCOUNT + 2 * at + 1] = whole & 0xff;
	}
	if (writer.full) bytes[2] = (bytes[2] ?? 0) | TRUNCATED;
	return bytes;
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
	readonly #parts: Uint8Array[];
	readonly #limit: number;
	/** Where names, and the ends of names, stand. */
	readonly #offsets = new Map<string, number>();
	length: number;
	/** A record did not fit, and none comes after it. */
	full = false;

	constructor(head: Uint8Array, question: Uint8Array, limit: number) {
		this.#parts = [head, question];
		this.#limit = limit;
		this.length = HEADER_BYTES + question.length;
		for (let at = 0; (question[at] ?? 0) > 0; at += (question[at] ?? 0) + 1) {
			const name = asciiName(question, at);
			if (name !== undefined) this.#offsets.set(name, HEADER_BYTES + at);
		}
	}

	/** How many were written. */
	section(records: readonly DnsRecord[]): number {
		let written = 0;
		for (const record of records) {
			if (this.full) break;
			const name = this.#name(record.name);
			// The root's name is one byte, in whose place the owner's comes.
			const rest = answer.encode({ ...dnsAnswer(record), name: "." }).subarray(1);
			if (this.length + name.length + rest.length > this.#limit) {
				this.full = true;
				break;
			}
			this.#parts.push(name, rest);
			this.#remember(record.name, this.length);
			this.length += name.length + rest.length;
			written += 1;
		}
		return written;
	}

	copyTo(bytes: Uint8Array): void {
		let at = 0;
		for (const part of this.#parts) {
			bytes.set(part, at);
			at += part.length;
		}
	}

	#name(name: string): Uint8Array {
		const bytes: number[] = [];
		let rest = name;
		while (rest !== "") {
			const known = this.#offsets.get(rest);
			if (known !== undefined) return Uint8Array.from([...bytes, 0xc0 | (known >> 8), known & 0xff]);
			const [label, after] = firstLabel(rest);
			const encoded = utf8Encode(label);
			bytes.push(encoded.length, ...encoded);
			rest = after;
		}
		return Uint8Array.from([...bytes, 0]);
	}

	/** The ends of a name that stands at `offset` now, as far as it was written out. */
	#remember(name: string, offset: number): void {
		let at = offset;
		let rest = name;
		while (rest !== "" && !this.#offsets.has(rest) && at <= MAX_POINTER) {
			this.#offsets.set(rest, at);
			const [label, after] = firstLabel(rest);
			at += utf8Encode(label).length + 1;
			rest = after;
		}
	}
}

function firstLabel(name: string): readonly [string, string] {
	const dot = name.indexOf(".");
	return dot < 0 ? [name, ""] : [name.slice(0, dot), name.slice(dot + 1)];
}

/** The name from a label on; undefined: it has bytes that text could confuse. */
function asciiName(bytes: Uint8Array, from: number): string | undefined {
	const labels: string[] = [];
	for (let at = from; (bytes[at] ?? 0) > 0; at += (bytes[at] ?? 0) + 1) {
		const label = bytes.subarray(at + 1, at + 1 + (bytes[at] ?? 0));
		if (label.some((byte) => byte > 0x7e || byte <= 0x20 || byte === 0x2e)) return undefined;
		labels.push(String.fromCharCode(...label));
	}
	return labels.join(".");
}
