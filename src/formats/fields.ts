/** What iproute2 prints is text or, with -j, JSON of the same facts: an output is a list of fields that can become either. */

/** A number as it is to be spelled: `0.00`. */
export class JsonNumber {
	readonly text: string;

	constructor(text: string) {
		this.text = text;
	}
}

export type Json = string | number | boolean | null | JsonNumber | readonly Json[] | JsonObject;

export interface JsonObject {
	readonly [key: string]: Json;
}

/** A fact: its text with the space or line end after it, and its place in the JSON object unless it has none. */
export interface Field {
	readonly text: string;
	readonly key?: string;
	readonly value?: Json;
}

export function field(text: string, key: string, value: Json): Field {
	return { text, key, value };
}

/** A field that only the text has. */
export function textOnly(text: string): Field {
	return { text };
}

/** The field when there is something to say, else none. */
export function fieldIf(present: boolean, text: string, key: string, value: Json): readonly Field[] {
	return present ? [field(text, key, value)] : [];
}

export function fieldsText(fields: readonly Field[]): string {
	return fields.map(({ text }) => text).join("");
}

export function fieldsJson(fields: readonly Field[]): JsonObject {
	const object: Record<string, Json> = {};
	for (const { key, value } of fields) if (key !== undefined && value !== undefined) object[key] = value;
	return object;
}

/** JSON as iproute2 writes it, with the line end; `pretty` is -p. */
export function formatJson(value: Json, options: { readonly pretty?: boolean } = {}): string {
	return `${spell(value, 0, options.pretty === true)}\n`;
}

function spell(value: Json, depth: number, pretty: boolean): string {
	if (value instanceof JsonNumber) return value.text;
	if (typeof value === "string") return quote(value);
	if (isList(value)) {
		const items = value.map((item) => spell(item, depth + 1, pretty)).join(",");
		if (!pretty) return `[${items}]`;
		return items === "" ? "[ ]" : `[ ${items} ]`;
	}
	if (typeof value !== "object" || value === null) return String(value);
	const entries = Object.entries(value);
	if (entries.length === 0) return "{}";
	const line = (level: number): string => (pretty ? `\n${"    ".repeat(level)}` : "");
	const members = entries.map(
		([key, member]) => `${line(depth + 1)}${quote(key)}:${pretty ? " " : ""}${spell(member, depth + 1, pretty)}`,
	);
	return `{${members.join(",")}${line(depth)}}`;
}

function isList(value: Json): value is readonly Json[] {
	return Array.isArray(value);
}

function quote(text: string): string {
	return JSON.stringify(text).replaceAll("'", "\\u0027");
}
