/** Reads one HTTP/1.x response out of a byte stream as it comes: the head first, then the body piece by piece (RFC 9112). */
import { concatBytes, utf8Decode } from "../base/bytes.ts";

export interface HttpResponseHead {
	/** `HTTP/1.1 200 OK`. */
	readonly statusLine: string;
	/** `1.0`, `1.1`. */
	readonly version: string;
	readonly status: number;
	readonly reason: string;
	/** The fields as they came, in order. */
	readonly fields: readonly (readonly [name: string, value: string])[];
	/** By name in lower case; of a repeated field the last. */
	readonly headers: ReadonlyMap<string, string>;
	/** Bytes of the head, the empty line included. */
	readonly lengthBytes: number;
}

export type HttpResponseEvent =
	/** `restBytes`: bytes of the body, framing included, that came with it. */
	| { readonly type: "head"; readonly head: HttpResponseHead; readonly restBytes: number }
	| { readonly type: "body"; readonly bytes: Uint8Array }
	| { readonly type: "end" };

/** How a stream that ended before its time leaves the response. */
export type HttpResponseEnd =
	| { readonly end: "complete" }
	/** Not one byte came. */
	| { readonly end: "empty" }
	/** It ended inside the head. */
	| { readonly end: "head" }
	| { readonly end: "body"; readonly missingBytes: number | undefined };

type Framing =
	| { readonly phase: "head" }
	| { readonly phase: "length"; left: number }
	| { readonly phase: "close" }
	| { readonly phase: "chunk-size" }
	| { readonly phase: "chunk"; left: number }
	| { readonly phase: "chunk-end" }
	| { readonly phase: "trailer" }
	| { readonly phase: "done" };

export class HttpResponseReader {
	readonly #bodyless: boolean;
	#framing: Framing = { phase: "head" };
	#pending: Uint8Array = new Uint8Array(0);
	#started = false;

	/** `bodyless`: the request was HEAD. */
	constructor(options: { readonly bodyless?: boolean } = {}) {
		this.#bodyless = options.bodyless === true;
	}

	get done(): boolean {
		return this.#framing.phase === "done";
	}

	/** What the bytes make; undefined: they are not HTTP. */
	push(bytes: Uint8Array): readonly HttpResponseEvent[] | undefined {
		this.#started ||= bytes.length > 0;
		this.#pending = concatBytes(this.#pending, bytes);
		const events: HttpResponseEvent[] = [];
		for (;;) {
			const step = this.#step();
			if (step === "bad") return undefined;
			if (step === "more") return events;
			if (step !== "again") events.push(step);
		}
	}

	/** The stream ended. */
	end(): HttpResponseEnd {
		const framing = this.#framing;
		switch (framing.phase) {
			case "done":
			case "close":
				return { end: "complete" };
			case "head":
				return { end: this.#started ? "head" : "empty" };
			case "length":
				return { end: "body", missingBytes: framing.left };
			default:
				return { end: "body", missingBytes: undefined };
		}
	}

	#step(): HttpResponseEvent | "again" | "more" | "bad" {
		const framing = this.#framing;
		switch (framing.phase) {
			case "head":
				return this.#readHead();
			case "length":
			case "chunk":
				if (framing.left === 0) {
					this.#framing = framing.phase === "length" ? { phase: "done" } : { phase: "chunk-end" };
					return framing.phase === "length" ? { type: "end" } : "again";
				}
				if (this.#pending.length === 0) return "more";
				return this.#body(framing);
			case "close":
				return this.#pending.length === 0 ? "more" : { type: "body", bytes: this.#take(this.#pending.length) };
			case "chunk-size":
				return this.#readLine((line) => this.#startChunk(line));
			case "chunk-end":
				return this.#readLine((line) => {
					this.#framing = { phase: "chunk-size" };
					return line === "" ? "again" : "bad";
				});
			case "trailer":
				return this.#readLine((line) => {
					if (line !== "") return "again";
					this.#framing = { phase: "done" };
					return { type: "end" };
				});
			case "done":
				return "more";
		}
	}

	#readHead(): HttpResponseEvent | "more" | "bad" {
		const text = utf8Decode(this.#pending.subarray(0, MAX_HEAD_BYTES));
		if (!"HTTP/".startsWith(text.slice(0, 5)) && text.length > 0) return "bad";
		const end = /\r?\n\r?\n/.exec(text);
		if (end === null) return this.#pending.length > MAX_HEAD_BYTES ? "bad" : "more";
		const lengthBytes = bytesOf(this.#pending, end[0]);
		const head = parseHead(text.slice(0, end.index), lengthBytes);
		if (head === undefined) return "bad";
		this.#take(lengthBytes);
		this.#framing = this.#framingOf(head);
		return { type: "head", head, restBytes: this.#pending.length };
	}

	#framingOf(head: HttpResponseHead): Framing {
		const { status, headers } = head;
		if (status < 200) return { phase: "head" };
		if (this.#bodyless || status === 204 || status === 304) return { phase: "length", left: 0 };
		if (/\bchunked\s*$/i.test(headers.get("transfer-encoding") ?? "")) return { phase: "chunk-size" };
		const length = headers.get("content-length");
		return length !== undefined && /^\d{1,15}$/.test(length)
			? { phase: "length", left: Number(length) }
			: { phase: "close" };
	}

	#body(framing: { left: number }): HttpResponseEvent {
		const bytes = this.#take(Math.min(framing.left, this.#pending.length));
		framing.left -= bytes.length;
		return { type: "body", bytes };
	}

	#startChunk(line: string): "again" | "bad" {
		const size = /^([0-9a-fA-F]{1,8})\s*(;.*)?$/.exec(line)?.[1];
		if (size === undefined) return "bad";
		const left = Number.parseInt(size, 16);
		this.#framing = left === 0 ? { phase: "trailer" } : { phase: "chunk", left };
		return "again";
	}

	#readLine<T>(use: (line: string) => T): T | "more" {
		const at = this.#pending.indexOf(10);
		if (at < 0) return "more";
		return use(utf8Decode(this.#take(at + 1)).replace(/\r?\n$/, ""));
	}

	#take(lengthBytes: number): Uint8Array {
		const taken = this.#pending.subarray(0, lengthBytes);
		this.#pending = this.#pending.slice(lengthBytes);
		return taken;
	}
}

const MAX_HEAD_BYTES = 102_400;

/** The length of the head in bytes: up to the first empty line. */
function bytesOf(bytes: Uint8Array, ending: string): number {
	const pattern = Array.from(ending, (char) => char.charCodeAt(0));
	for (let at = 0; at + pattern.length <= bytes.length; at += 1) {
		if (pattern.every((byte, k) => bytes[at + k] === byte)) return at + pattern.length;
	}
	return bytes.length;
}

function parseHead(text: string, lengthBytes: number): HttpResponseHead | undefined {
	const [statusLine = "", ...lines] = text.split(/\r?\n/);
	const match = /^HTTP\/(\d\.\d) (\d{3})(?: (.*))?$/.exec(statusLine);
	if (match === null) return undefined;
	const fields = lines.flatMap((line) => {
		const colon = line.indexOf(":");
		return colon < 0 ? [] : [[line.slice(0, colon), line.slice(colon + 1).trim()] as const];
	});
	const [, version = "", status = "", reason = ""] = match;
	const headers = new Map(fields.map(([name, value]) => [name.toLowerCase(), value]));
	return { statusLine, version, status: Number(status), reason, fields, headers, lengthBytes };
}
