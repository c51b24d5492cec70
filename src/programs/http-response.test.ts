import fc from "fast-check";
import { expect, test } from "vitest";
import { concatBytes, utf8Decode, utf8Encode } from "../base/bytes.ts";
import { type HttpResponseEvent, HttpResponseReader } from "./http-response.ts";

function read(
	text: string,
	cut: (at: number) => boolean = () => false,
): { status: number[]; body: string; end: unknown } {
	const reader = new HttpResponseReader();
	const events: HttpResponseEvent[] = [];
	const bytes = utf8Encode(text);
	let from = 0;
	for (let at = 1; at <= bytes.length; at += 1) {
		if (at < bytes.length && !cut(at)) continue;
		const made = reader.push(bytes.subarray(from, at));
		if (made === undefined) return { status: [], body: "", end: "bad" };
		events.push(...made);
		from = at;
	}
	const body = events.flatMap((event) => (event.type === "body" ? [event.bytes] : []));
	return {
		status: events.flatMap((event) => (event.type === "head" ? [event.head.status] : [])),
		body: utf8Decode(concatBytes(...body)),
		end: events.some((event) => event.type === "end") ? "end" : reader.end(),
	};
}

test.each([
	["HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", [200], "abc", "end"],
	["HTTP/1.0 200 OK\n\nabc", [200], "abc", { end: "complete" }],
	["HTTP/1.1 204 No Content\r\n\r\n", [204], "", "end"],
	["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", [100, 200], "", "end"],
	[
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\nA: b\r\n\r\n",
		[200],
		"abcde",
		"end",
	],
	["HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", [200], "abc", { end: "body", missingBytes: 7 }],
	[
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
		[200],
		"ab",
		{ end: "body", missingBytes: undefined },
	],
	["HTTP/1.1 200 OK\r\nConte", [], "", { end: "head" }],
	["", [], "", { end: "empty" }],
	["garbage\r\n", [], "", "bad"],
	["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", [], "", "bad"],
])("%j", (text, status, body, end) => {
	expect(read(text)).toEqual({ status, body, end });
	expect(read(text, () => true)).toEqual({ status, body, end });
});

test("however a response is cut into pieces, it reads the same", () => {
	const text = "HTTP/1.1 200 OK\r\nX: é\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nh\u00e9llo\r\n0\r\n\r\n";
	fc.assert(
		fc.property(fc.array(fc.boolean(), { minLength: 80, maxLength: 80 }), (cuts) => {
			expect(read(text, (at) => cuts[at] === true)).toEqual(read(text));
		}),
	);
});

test("the answer to HEAD has no body, whatever its fields say; fields keep their order and spelling", () => {
	const reader = new HttpResponseReader({ bodyless: true });
	const events = reader.push(utf8Encode("HTTP/1.1 404 File not found\r\nServer: a\r\nContent-Length: 5\r\n\r\n")) ?? [];
	expect(events.map(({ type }) => type)).toEqual(["head", "end"]);
	expect(events[0]).toMatchObject({
		head: {
			reason: "File not found",
			version: "1.1",
			fields: [
				["Server", "a"],
				["Content-Length", "5"],
			],
			lengthBytes: 61,
		},
	});
});
