import fc from "fast-check";
import { expect, test } from "vitest";
import { concatBytes, utf8Decode, utf8Encode } from "../base/bytes.ts";
import { formatHttpMessage, type HttpMessage, HttpParser } from "./http-message.ts";

/** Feeds the text in pieces that end at the given positions. */
function parse(kind: "request" | "response", text: string, cuts: readonly number[] = []): readonly string[] {
	const parser = new HttpParser(kind);
	const bytes = utf8Encode(text);
	const ends = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
	const messages: HttpMessage[] = [];
	let from = 0;
	for (const end of ends) {
		const pushed = parser.push(bytes.slice(from, end));
		if (!pushed.ok) return [`error ${pushed.error.problem}: ${pushed.error.text}`];
		messages.push(...pushed.value);
		from = end;
	}
	const last = parser.end();
	const shown = messages.map((message) => `${message.startLine} | ${utf8Decode(message.body)}`);
	if (!last.ok) return [...shown, `error ${last.error.problem}`];
	return last.value === undefined ? shown : [...shown, `${last.value.startLine} | ${utf8Decode(last.value.body)}`];
}

const CASES = [
	["a request without body", "request", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", ["GET / HTTP/1.1 | "]],
	[
		"two requests in one piece",
		"request",
		"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\n\r\n",
		["POST /a HTTP/1.1 | abc", "GET /b HTTP/1.1 | "],
	],
	["a body by length", "response", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi", ["HTTP/1.1 200 OK | hi"]],
	["an empty body", "response", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ["HTTP/1.1 200 OK | "]],
	["a body until close", "response", "HTTP/1.0 200 OK\r\n\r\nuntil the end", ["HTTP/1.0 200 OK | until the end"]],
	[
		"chunks with an extension and a trailer",
		"response",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=1\r\nhello\r\nA\r\n, chunks!!\r\n0\r\nX: y\r\n\r\n",
		["HTTP/1.1 200 OK | hello, chunks!!"],
	],
	[
		"a status that has no body",
		"response",
		"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 304 Not Modified\r\n\r\n",
		["HTTP/1.1 204 No Content | ", "HTTP/1.1 304 Not Modified | "],
	],
	["a body that ends early", "response", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", ["error ended early"]],
	["a header that is none", "request", "GET / HTTP/1.1\r\nno colon\r\n\r\n", ["error malformed header: no colon"]],
	["a start line that is none", "request", "hello\r\n\r\n", ["error malformed header: hello"]],
	[
		"a length that is no number",
		"response",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		["error bad content-length: -1"],
	],
	[
		"a chunk size that is none",
		"response",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
		["error malformed chunk: xyz"],
	],
] as const;

test.each(CASES)("%s is read, however it is cut", (_name, kind, text, expected) => {
	expect(parse(kind, text)).toEqual(expected);
	fc.assert(
		fc.property(fc.array(fc.nat(), { maxLength: 8 }), (cuts) => {
			expect(parse(kind, text, cuts)).toEqual(expected);
		}),
		{ numRuns: 40 },
	);
});

test("a message that is printed and read is the same", () => {
	const name = fc.stringMatching(/^X-[A-Za-z0-9-]{1,8}$/);
	const value = fc.stringMatching(/^[!-~]([ -~]{0,10}[!-~])?$/);
	fc.assert(
		fc.property(fc.dictionary(name, value), fc.uint8Array({ maxLength: 200 }), (fields, body) => {
			const headers = new Map(Object.entries(fields));
			const bytes = formatHttpMessage("HTTP/1.1 200 OK", headers, body);
			const pushed = new HttpParser("response").push(concatBytes(bytes));
			const message = pushed.ok ? pushed.value[0] : undefined;
			expect(message?.body).toEqual(body);
			for (const [key, text] of headers) expect(message?.headers.get(key.toLowerCase())).toContain(text);
			expect(message?.headers.get("content-length")).toBe(`${body.length}`);
		}),
		{ numRuns: 50 },
	);
});

test("a header that never ends is refused", () => {
	const parser = new HttpParser("request");
	let last = parser.push(utf8Encode("GET / HTTP/1.1\r\n"));
	for (let k = 0; k < 80 && last.ok; k += 1) last = parser.push(utf8Encode(`X-${k}: ${"x".repeat(1000)}\r\n`));
	expect(last).toMatchObject({ ok: false, error: { problem: "too long" } });
});
