/** HTTP/1.1 messages (RFC 9112): an incremental parser for requests and responses, and a printer. */
import { concatBytes, utf8Decode, utf8Encode } from "../base/bytes.ts";
import { err, ok, type Result } from "../base/result.ts";

export interface HttpMessage {
	/** `GET / HTTP/1.1` or `HTTP/1.1 200 OK`. */
	readonly startLine: string;
	/** Names in lower case; a repeated field's values are joined by `, `. */
	readonly headers: ReadonlyMap<string, string>;
	readonly body: Uint8Array;
}

/** Why a message could not be read. */
export interface HttpParseError {
	readonly problem: "malformed header" | "malformed chunk" | "bad content-length" | "too long" | "ended early";
	readonly text: string;
}

const MAX_HEAD_BYTES = 65_536;

type Framing =
	| { readonly phase: "head" }
	| { readonly phase: "length"; readonly bodyBytes: number }
	| { readonly phase: "close" }
	| { readonly phase: "chunk-size" }
	| { readonly phase: "chunk"; readonly chunkBytes: number }
	| { readonly phase: "trailer" };

interface Head {
	readonly startLine: string;
	readonly headers: ReadonlyMap<string, string>;
}

/** Reads messages out of a byte stream, however it is cut into pieces. */
export class HttpParser {
	readonly #kind: "request" | "response";
	#pending: Uint8Array[] = [];
	#pendingBytes = 0;
	/** So many bytes must be pending before looking again makes sense. */
	#need = 1;
	#framing: Framing = { phase: "head" };
	#head: Head = { startLine: "", headers: new Map() };
	#chunks: Uint8Array[] = [];

	constructor(kind: "request" | "response") {
		this.#kind = kind;
	}

	/** Takes the next bytes; the result is the messages they complete. */
	push(bytes: Uint8Array): Result<readonly HttpMessage[], HttpParseError> {
		this.#pending.push(bytes);
		this.#pendingBytes += bytes.length;
		const messages: HttpMessage[] = [];
		while (this.#framing.phase !== "close" && this.#pendingBytes >= this.#need) {
			const step = this.#step(this.#gather());
			if (!step.ok) return step;
			if (step.value === "more") break;
			if (step.value !== "again") messages.push(step.value);
		}
		return ok(messages);
	}

	/** The stream ended: completes a body that lasts until then. Undefined: nothing was under way. */
	end(): Result<HttpMessage | undefined, HttpParseError> {
		if (this.#framing.phase === "close") return ok(this.#finish(this.#take(this.#gather().length)));
		if (this.#framing.phase === "head" && this.#pendingBytes === 0) return ok(undefined);
		return err({ problem: "ended early", text: this.#head.startLine });
	}

	#step(bytes: Uint8Array): Result<HttpMessage | "again" | "more", HttpParseError> {
		const framing = this.#framing;
		switch (framing.phase) {
			case "head":
				return this.#readHead(bytes);
			case "length":
				return ok(this.#finish(this.#take(framing.bodyBytes)));
			case "chunk-size":
				return this.#readChunkSize(bytes);
			case "chunk":
				this.#chunks.push(this.#take(framing.chunkBytes));
				this.#take(2);
				return this.#expect({ phase: "chunk-size" }, 1);
			case "trailer":
				return this.#readTrailer(bytes);
			case "close":
				return ok("more");
		}
	}

	#readHead(bytes: Uint8Array): Result<HttpMessage | "again" | "more", HttpParseError> {
		const end = findBlankLine(bytes);
		if (end < 0) {
			if (bytes.length > MAX_HEAD_BYTES) return err({ problem: "too long", text: `${bytes.length} bytes of header` });
			this.#need = bytes.length + 1;
			return ok("more");
		}
		const head = parseHead(utf8Decode(this.#take(end + 4).subarray(0, end)));
		if (!head.ok) return head;
		this.#head = head.value;
		return this.#startBody(head.value);
	}

	#startBody(head: Head): Result<HttpMessage | "again", HttpParseError> {
		if (this.#kind === "response" && /^\S+ (1\d\d|204|304)\b/.test(head.startLine)) return ok(this.#finish(EMPTY));
		if (/\bchunked$/i.test(head.headers.get("transfer-encoding") ?? ""))
			return this.#expect({ phase: "chunk-size" }, 1);
		const length = head.headers.get("content-length");
		if (length === undefined) {
			return this.#kind === "request" ? ok(this.#finish(EMPTY)) : this.#expect({ phase: "close" }, 1);
		}
		if (!/^\d{1,15}$/.test(length)) return err({ problem: "bad content-length", text: length });
		return this.#expect({ phase: "length", bodyBytes: Number(length) }, Number(length));
	}

	#readChunkSize(bytes: Uint8Array): Result<"again" | "more", HttpParseError> {
		const end = findLineEnd(bytes);
		if (end < 0) {
			this.#need = bytes.length + 1;
			return ok("more");
		}
		const line = utf8Decode(this.#take(end + 2).subarray(0, end));
		const size = /^([0-9a-fA-F]{1,8})[ \t]*(;.*)?$/.exec(line)?.[1];
		if (size === undefined) return err({ problem: "malformed chunk", text: line });
		const chunkBytes = Number.parseInt(size, 16);
		return chunkBytes === 0
			? this.#expect({ phase: "trailer" }, 2)
			: this.#expect({ phase: "chunk", chunkBytes }, chunkBytes + 2);
	}

	#readTrailer(bytes: Uint8Array): Result<HttpMessage | "again" | "more", HttpParseError> {
		const end = findLineEnd(bytes);
		if (end < 0) {
			this.#need = bytes.length + 1;
			return ok("more");
		}
		this.#take(end + 2);
		if (end > 0) return this.#expect({ phase: "trailer" }, 2);
		return ok(this.#finish(concatBytes(...this.#chunks)));
	}

	#expect(framing: Framing, need: number): Result<"again", HttpParseError> {
		this.#framing = framing;
		this.#need = need;
		return ok("again");
	}

	#finish(body: Uint8Array): HttpMessage {
		this.#framing = { phase: "head" };
		this.#need = 1;
		this.#chunks = [];
		return { ...this.#head, body };
	}

	#gather(): Uint8Array {
		if (this.#pending.length !== 1) this.#pending = [concatBytes(...this.#pending)];
		return this.#pending[0] ?? EMPTY;
	}

	#take(lengthBytes: number): Uint8Array {
		const all = this.#gather();
		this.#pending = [all.subarray(lengthBytes)];
		this.#pendingBytes = all.length - lengthBytes;
		return all.subarray(0, lengthBytes);
	}
}

/** The bytes of a message; a `content-length` field is added unless the fields already frame the body. */
export function formatHttpMessage(
	startLine: string,
	headers: ReadonlyMap<string, string>,
	body: Uint8Array,
): Uint8Array {
	const lines = [startLine];
	for (const [name, value] of headers) lines.push(`${name}: ${value}`);
	const named = new Set([...headers.keys()].map((name) => name.toLowerCase()));
	const framed = named.has("content-length") || named.has("transfer-encoding");
	if (!framed && (body.length > 0 || startLine.startsWith("HTTP/"))) lines.push(`Content-Length: ${body.length}`);
	return concatBytes(utf8Encode(`${lines.join("\r\n")}\r\n\r\n`), body);
}

const EMPTY: Uint8Array = new Uint8Array(0);

function parseHead(text: string): Result<Head, HttpParseError> {
	const [startLine = "", ...lines] = text.split("\r\n");
	if (!/^\S+ \S+/.test(startLine)) return err({ problem: "malformed header", text: startLine });
	const headers = new Map<string, string>();
	for (const line of lines) {
		const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line);
		if (match === null) return err({ problem: "malformed header", text: line });
		const name = (match[1] ?? "").toLowerCase();
		const before = headers.get(name);
		headers.set(name, before === undefined ? (match[2] ?? "") : `${before}, ${match[2] ?? ""}`);
	}
	return ok({ startLine, headers });
}

/** Index of the CR LF CR LF that ends a header; -1: not there yet. */
function findBlankLine(bytes: Uint8Array): number {
	for (let at = bytes.indexOf(13); at >= 0 && at + 3 < bytes.length; at = bytes.indexOf(13, at + 1)) {
		if (bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) return at;
	}
	return -1;
}

function findLineEnd(bytes: Uint8Array): number {
	for (let at = bytes.indexOf(13); at >= 0 && at + 1 < bytes.length; at = bytes.indexOf(13, at + 1)) {
		if (bytes[at + 1] === 10) return at;
	}
	return -1;
}
