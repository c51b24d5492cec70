/**
 * JSON text → the nodes that the yaml package makes of it, in a twentieth of the time: lists that kubectl writes are large.
 * What is not plain JSON is left to the yaml package, which knows more and says what is wrong.
 */
import { Document, type LineCounter, Pair, Scalar, YAMLMap, YAMLSeq, type Node as YamlNode } from "yaml";

export interface JsonDocument {
	readonly document: Document;
	readonly contents: YamlNode;
}

/** Deeper than this the yaml package may try. */
const MOST_DEPTH = 500;

/** Undefined: it is no JSON object, a key is there twice, or it is one that means something to YAML. */
export function jsonDocument(text: string, lines: LineCounter): JsonDocument | undefined {
	const reader = new Reader(text);
	const contents = reader.whole();
	if (contents === undefined) return undefined;
	for (let at = 0; at >= 0; ) {
		lines.addNewLine(at);
		const end = text.indexOf("\n", at);
		at = end < 0 ? -1 : end + 1;
	}
	return { document: new Document(), contents };
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_MAP = 0x7b;
const CLOSE_MAP = 0x7d;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const WORDS: readonly (readonly [string, boolean | null])[] = [
	["true", true],
	["false", false],
	["null", null],
];

/** Every method leaves `#at` behind what it read; undefined: that is not JSON. */
class Reader {
	readonly #text: string;
	#at = 0;

	constructor(text: string) {
		this.#text = text;
	}

	whole(): YamlNode | undefined {
		this.#space();
		if (this.#text.charCodeAt(this.#at) !== OPEN_MAP) return undefined;
		const node = this.#value(0);
		this.#space();
		return this.#at === this.#text.length ? node : undefined;
	}

	#value(depth: number): YamlNode | undefined {
		switch (this.#text.charCodeAt(this.#at)) {
			case OPEN_MAP:
				return depth > MOST_DEPTH ? undefined : this.#map(depth);
			case OPEN_LIST:
				return depth > MOST_DEPTH ? undefined : this.#list(depth);
			case QUOTE:
				return this.#string();
			default:
				return this.#wordOrNumber();
		}
	}

	#map(depth: number): YAMLMap | undefined {
		const map = new YAMLMap();
		const start = this.#at;
		this.#at += 1;
		this.#space();
		if (this.#text.charCodeAt(this.#at) === CLOSE_MAP) return this.#ended(map, start);
		const keys = new Set<string>();
		for (;;) {
			const key = this.#text.charCodeAt(this.#at) === QUOTE ? this.#string() : undefined;
			if (key === undefined || keys.has(key.value) || key.value === "<<") return undefined;
			keys.add(key.value);
			this.#space();
			if (this.#text.charCodeAt(this.#at) !== COLON) return undefined;
			this.#at += 1;
			this.#space();
			const value = this.#value(depth + 1);
			if (value === undefined) return undefined;
			map.items.push(new Pair<unknown, unknown>(key, value));
			this.#space();
			const next = this.#text.charCodeAt(this.#at);
			if (next === CLOSE_MAP) return this.#ended(map, start);
			if (next !== COMMA) return undefined;
			this.#at += 1;
			this.#space();
		}
	}

	#list(depth: number): YAMLSeq | undefined {
		const list = new YAMLSeq();
		const start = this.#at;
		this.#at += 1;
		this.#space();
		if (this.#text.charCodeAt(this.#at) === CLOSE_LIST) return this.#ended(list, start);
		for (;;) {
			const value = this.#value(depth + 1);
			if (value === undefined) return undefined;
			list.items.push(value);
			this.#space();
			const next = this.#text.charCodeAt(this.#at);
			if (next === CLOSE_LIST) return this.#ended(list, start);
			if (next !== COMMA) return undefined;
			this.#at += 1;
			this.#space();
		}
	}

	/** Behind the closing bracket. */
	#ended<T extends YAMLMap | YAMLSeq>(node: T, start: number): T {
		this.#at += 1;
		node.range = [start, this.#at, this.#at];
		return node;
	}

	#string(): Scalar<string> | undefined {
		const text = this.#text;
		const start = this.#at;
		let escaped = false;
		let at = start + 1;
		for (; ; at += 1) {
			const code = text.charCodeAt(at);
			if (code === QUOTE) break;
			// The end of the text, too.
			if (!(code >= 0x20)) return undefined;
			if (code !== BACKSLASH) continue;
			escaped = true;
			at += 1;
		}
		this.#at = at + 1;
		const value = escaped ? unescaped(text.slice(start, at + 1)) : text.slice(start + 1, at);
		return value === undefined ? undefined : scalar(value, start, this.#at);
	}

	#wordOrNumber(): Scalar | undefined {
		const start = this.#at;
		const word = WORDS.find(([name]) => this.#text.startsWith(name, start));
		NUMBER.lastIndex = start;
		const found = word?.[0] ?? NUMBER.exec(this.#text)?.[0];
		if (found === undefined) return undefined;
		this.#at += found.length;
		return scalar(word === undefined ? Number(found) : word[1], start, this.#at);
	}

	#space(): void {
		for (;;) {
			const code = this.#text.charCodeAt(this.#at);
			if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
			this.#at += 1;
		}
	}
}

function scalar<T>(value: T, start: number, end: number): Scalar<T> {
	const node = new Scalar(value);
	node.range = [start, end, end];
	return node;
}

function unescaped(quoted: string): string | undefined {
	try {
		const value: unknown = JSON.parse(quoted);
		return typeof value === "string" ? value : undefined;
	} catch {
		return undefined;
	}
}
