/** The text of a YAML file with the place of every field: from a path in the data to a line and column. */
import { type Document, isAlias, isCollection, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { TextError } from "./text-error.ts";

export type FieldPath = readonly (string | number)[];

/** A fault inside a text of several lines: where in it. Carried as the params of a zod issue, `{ inner }`. */
export interface InnerPlace {
	/** From 1. */
	readonly line: number;
	/** From 1. */
	readonly column: number;
}

export class YamlText {
	readonly #file: string;
	readonly #text: string;
	readonly #document: Document;
	readonly #lines = new LineCounter();

	constructor(file: string, text: string) {
		this.#file = file;
		this.#text = text;
		this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, merge: true });
	}

	/** What YAML itself finds wrong. */
	syntaxErrors(): readonly TextError[] {
		return this.#document.errors.map(({ pos, message }) => ({
			file: this.#file,
			...this.#place(pos[0]),
			field: "",
			message,
		}));
	}

	/** The plain data; undefined when aliases do not come to an end. */
	toData(): unknown {
		try {
			return this.#document.toJS({ maxAliasCount: 1000 }) ?? {};
		} catch {
			return undefined;
		}
	}

	/** An error at a field; at the nearest thing around it when it is missing. */
	error(path: FieldPath, message: string, inner?: InnerPlace): TextError {
		const place = inner === undefined ? this.#place(this.#offsetOf(path)) : this.#innerPlace(path, inner);
		return { file: this.#file, ...place, field: pathText(path), message };
	}

	/** An error at the name of a field. */
	keyError(path: FieldPath, message: string): TextError {
		const map = this.#node(path.slice(0, -1));
		const key = isMap(map)
			? map.items.find((pair) => isScalar(pair.key) && pair.key.value === path.at(-1))?.key
			: undefined;
		const offset = isScalar(key) ? key.range?.[0] : undefined;
		return { file: this.#file, ...this.#place(offset ?? this.#offsetOf(path)), field: pathText(path), message };
	}

	has(path: FieldPath): boolean {
		return this.#node(path) !== undefined;
	}

	/** What stands there, in a word or two. */
	found(path: FieldPath): string {
		const node = this.#node(path);
		if (isMap(node)) return "a mapping";
		if (isSeq(node)) return "a sequence";
		const text = isScalar(node) ? JSON.stringify(node.value) : "nothing";
		return text.length > 60 ? `${text.slice(0, 57)}...` : text;
	}

	#node(path: FieldPath): unknown {
		let node: unknown = this.#document.contents;
		for (const key of path) {
			if (isAlias(node)) node = node.resolve(this.#document);
			node = isCollection(node) ? node.get(key, true) : undefined;
		}
		return node ?? undefined;
	}

	#offsetOf(path: FieldPath): number {
		for (let length = path.length; length >= 0; length -= 1) {
			const node = this.#node(path.slice(0, length));
			const range = isScalar(node) || isCollection(node) || isAlias(node) ? node.range : undefined;
			if (range !== undefined && range !== null) return range[0];
		}
		return 0;
	}

	/** A line of a literal block is a line of the file; of another text only its start is known. */
	#innerPlace(path: FieldPath, inner: InnerPlace): { readonly line: number; readonly column: number } {
		const node = this.#node(path);
		const start = this.#place(this.#offsetOf(path));
		if (!isScalar(node) || node.type !== "BLOCK_LITERAL") return start;
		const line = start.line + inner.line;
		const indent = /^ */.exec(this.#text.split("\n")[start.line] ?? "")?.[0].length ?? 0;
		return { line, column: inner.column + indent };
	}

	#place(offset: number): { readonly line: number; readonly column: number } {
		const { line, col } = this.#lines.linePos(offset);
		return { line, column: col };
	}
}

/** `hosts.master.interfaces.eth0.addresses[0]`. */
function pathText(path: FieldPath): string {
	return path.reduce<string>((text, key) => {
		if (typeof key === "number") return `${text}[${key}]`;
		return text === "" ? key : `${text}.${key}`;
	}, "");
}

/** The place in the params of a zod issue. */
export function innerPlaceOf(params: Readonly<Record<string, unknown>> | undefined): InnerPlace | undefined {
	const inner = params?.["inner"];
	if (typeof inner !== "object" || inner === null || !("line" in inner) || !("column" in inner)) return undefined;
	const { line, column } = inner;
	return typeof line === "number" && typeof column === "number" ? { line, column } : undefined;
}
