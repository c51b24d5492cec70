/**
 * One value in a manifest, with its path and its place in the file: how every reader in this room asks for its fields.
 *
 * A question that the value cannot answer records an error and answers undefined, so that all errors of all objects are
 * found in one go. A field that is absent or null is absent, not wrong.
 */
import {
	type Document,
	isAlias,
	isMap,
	isScalar,
	isSeq,
	type LineCounter,
	type YAMLMap,
	type Node as YamlNode,
} from "yaml";
import type { ManifestError, ManifestErrorCode, SourcePos } from "./manifest-error.ts";
import { nearestWord } from "./nearest-word.ts";

/** The document a field belongs to, and the list its errors go to. */
export interface FieldContext {
	readonly path: string;
	readonly document: Document;
	readonly lines: LineCounter;
	readonly errors: ManifestError[];
	/** What errors call the object, e.g. `Service default/myapp`; empty until it is known. */
	readonly object: string;
}

export interface IntRange {
	readonly min: number;
	readonly max: number;
	/** What is expected, in words. */
	readonly what: string;
}

export class Field {
	readonly path: string;
	readonly #context: FieldContext;
	readonly #node: YamlNode | undefined;
	/** Where to point when this field is absent. */
	readonly #offset: number;

	constructor(context: FieldContext, path: string, node: YamlNode | undefined, offset: number) {
		this.#context = context;
		this.path = path;
		const target = isAlias(node) ? node.resolve(context.document) : node;
		this.#node = target === undefined || (isScalar(target) && target.value === null) ? undefined : target;
		this.#offset = node?.range?.[0] ?? offset;
	}

	/** The same value under the name of its object. */
	named(object: string): Field {
		return new Field({ ...this.#context, object }, this.path, this.#node, this.#offset);
	}

	/** The same value as the root of an object (an item of a List). */
	asRoot(): Field {
		return new Field(this.#context, "", this.#node, this.#offset);
	}

	get object(): string {
		return this.#context.object;
	}

	get present(): boolean {
		return this.#node !== undefined;
	}

	get isMap(): boolean {
		return isMap(this.#node);
	}

	get at(): SourcePos {
		const { line, col } = this.#context.lines.linePos(this.#offset);
		return { path: this.#context.path, line, column: col };
	}

	/** Records an error about this field; undefined, for the caller to return. */
	fail(code: ManifestErrorCode, message: string, also?: SourcePos): undefined {
		const { errors, object } = this.#context;
		errors.push({
			code,
			at: this.at,
			message,
			...(object === "" ? {} : { object }),
			...(this.path === "" ? {} : { field: this.path }),
			...(also === undefined ? {} : { also }),
		});
		return undefined;
	}

	/** Records that the value is not what it must be; or, if it is absent, that it is missing. */
	expected(what: string): undefined {
		if (!this.present) return this.fail("missing-field", `missing; expected ${what}`);
		return this.fail("wrong-field", `expected ${what}, found ${this.#summary()}`);
	}

	get(name: string): Field {
		const path = this.path === "" ? name : `${this.path}.${name}`;
		const pair = isMap(this.#node) ? findPair(this.#node, name, this.#context.document) : undefined;
		return new Field(this.#context, path, pair?.value, pair?.keyOffset ?? this.#offset);
	}

	/** The names of a mapping's fields, merged ones too; none if it is absent. */
	keys(): readonly string[] {
		if (!isMap(this.#node)) {
			if (this.present) this.expected("a mapping");
			return [];
		}
		return mapKeys(this.#node, this.#context.document);
	}

	/** The items of a sequence; none if it is absent. */
	items(): readonly Field[] {
		if (!isSeq(this.#node)) {
			if (this.present) this.expected("a sequence");
			return [];
		}
		return this.#node.items.map(
			(item, k) => new Field(this.#context, `${this.path}[${k}]`, asNode(item), this.#offset),
		);
	}

	string(): string | undefined {
		if (!this.present) return undefined;
		return isScalar(this.#node) && typeof this.#node.value === "string" ? this.#node.value : this.expected("a string");
	}

	integer(range: IntRange): number | undefined {
		if (!this.present) return undefined;
		const value = isScalar(this.#node) ? this.#node.value : undefined;
		if (typeof value !== "number" || !Number.isInteger(value) || value < range.min || value > range.max) {
			return this.expected(range.what);
		}
		return value;
	}

	boolean(): boolean | undefined {
		if (!this.present) return undefined;
		const value = isScalar(this.#node) ? this.#node.value : undefined;
		return typeof value === "boolean" ? value : this.expected("true or false");
	}

	oneOf<T extends string>(values: readonly T[]): T | undefined {
		if (!this.present) return undefined;
		const text = isScalar(this.#node) ? this.#node.value : undefined;
		return values.find((value) => value === text) ?? this.expected(alternatives(values));
	}

	/** A number or a string, as in `targetPort`. */
	isNumber(): boolean {
		return isScalar(this.#node) && typeof this.#node.value === "number";
	}

	/** The plain value: for hashing, never for reading fields. */
	toJson(): unknown {
		return this.#node?.toJS(this.#context.document);
	}

	/** Records every field that is not in the list. */
	allow(names: ReadonlySet<string>): void {
		for (const name of this.keys()) {
			if (names.has(name)) continue;
			const near = nearestWord(name, names);
			const meant = near === undefined ? "" : `; did you mean ${near}?`;
			this.#key(name).fail("unknown-field", `unknown field${meant}`);
		}
	}

	/** The field's key in place of its value. */
	#key(name: string): Field {
		const { path } = this.get(name);
		const pair = isMap(this.#node) ? findPair(this.#node, name, this.#context.document) : undefined;
		return new Field(this.#context, path, undefined, pair?.keyOffset ?? this.#offset);
	}

	#summary(): string {
		const node = this.#node;
		if (isMap(node)) return "a mapping";
		if (isSeq(node)) return "a sequence";
		const text = isScalar(node) ? JSON.stringify(node.value) : "nothing";
		return text.length > 60 ? `${text.slice(0, 57)}...` : text;
	}
}

function alternatives(values: readonly string[]): string {
	const last = values.at(-1) ?? "";
	return values.length < 2 ? last : `${values.slice(0, -1).join(", ")} or ${last}`;
}

interface FoundPair {
	readonly value: YamlNode | undefined;
	readonly keyOffset: number | undefined;
}

/** The value under a key, also through merge keys (`<<`). */
function findPair(map: YAMLMap, name: string, document: Document): FoundPair | undefined {
	for (const pair of map.items) {
		if (isScalar(pair.key) && pair.key.value === name) {
			return { value: asNode(pair.value), keyOffset: pair.key.range?.[0] };
		}
	}
	for (const merged of mergedMaps(map, document)) {
		const found = findPair(merged, name, document);
		if (found !== undefined) return found;
	}
	return undefined;
}

function mapKeys(map: YAMLMap, document: Document): readonly string[] {
	const own = map.items.flatMap(({ key }) => (isScalar(key) && !isMergeKey(key.value) ? [String(key.value)] : []));
	const merged = mergedMaps(map, document).flatMap((other) => mapKeys(other, document));
	return merged.length === 0 ? own : [...new Set([...own, ...merged])];
}

/** The mappings that a mapping's `<<` names, one or several. */
function mergedMaps(map: YAMLMap, document: Document): readonly YAMLMap[] {
	const resolve = (value: unknown): unknown => (isAlias(value) ? value.resolve(document) : value);
	return map.items.flatMap(({ key, value }) => {
		if (!isScalar(key) || !isMergeKey(key.value)) return [];
		const target = resolve(value);
		const targets: readonly unknown[] = isSeq(target) ? target.items.map(resolve) : [target];
		return targets.filter((item): item is YAMLMap => isMap(item));
	});
}

/** The yaml package reads the key `<<` as a symbol. */
function isMergeKey(key: unknown): boolean {
	return typeof key === "symbol";
}

function asNode(value: unknown): YamlNode | undefined {
	return isMap(value) || isSeq(value) || isScalar(value) || isAlias(value) ? value : undefined;
}
