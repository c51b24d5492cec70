/** A YAML text (JSON is one) read by a zod shape; everything that is wrong is named with its place and what was expected. */
import type * as z from "zod";
import { err, ok, type Result } from "./result.ts";
import type { TextError } from "./text-error.ts";
import { wordList } from "./unknown-name.ts";
import { type FieldPath, innerPlaceOf, type YamlText } from "./yaml-text.ts";

/** The data that the shape makes of the text. */
export function readShape<T>(text: YamlText, shape: z.ZodType<T>): Result<T, readonly TextError[]> {
	const syntax = text.syntaxErrors();
	if (syntax.length > 0) return err(syntax);
	const data = text.toData();
	if (data === undefined) return err([text.error([], "aliases that refer to themselves, or too many of them")]);
	const shaped = shape.safeParse(data, { error: expectedWords });
	return shaped.success ? ok(shaped.data) : err(shaped.error.issues.flatMap((issue) => shapeErrors(text, issue)));
}

/** zod's message for an issue that the shape has no words of its own for: what is expected. */
const expectedWords: z.core.$ZodErrorMap = (issue) => {
	switch (issue.code) {
		case "invalid_type":
			return TYPE_WORDS[issue.expected] ?? `a ${issue.expected}`;
		case "invalid_value":
			return wordList(issue.values.map(String), "or");
		case "too_small":
			return `at least ${issue.minimum}`;
		case "too_big":
			return `at most ${issue.maximum}`;
		default:
			return undefined;
	}
};

const TYPE_WORDS: Readonly<Record<string, string>> = {
	string: "a text",
	number: "a number",
	int: "a whole number",
	boolean: "true or false",
	object: "a mapping",
	record: "a mapping",
	array: "a sequence",
};

function shapeErrors(text: YamlText, issue: z.core.$ZodIssue): readonly TextError[] {
	const path = issue.path.map((key) => (typeof key === "number" ? key : String(key)));
	if (issue.code === "unrecognized_keys") {
		return issue.keys.map((key) => text.keyError([...path, key], "unknown field"));
	}
	if (issue.code === "invalid_key") {
		return [
			text.keyError(path, `expected ${issue.issues[0]?.message ?? "a name"}, found ${JSON.stringify(path.at(-1))}`),
		];
	}
	const inner = issue.code === "custom" ? innerPlaceOf(issue.params) : undefined;
	if (inner !== undefined) return [text.error(path, issue.message, inner)];
	return [fieldError(text, path, issue.message)];
}

function fieldError(text: YamlText, path: FieldPath, expected: string): TextError {
	if (!text.has(path)) return text.error(path, `missing; expected ${expected}`);
	return text.error(path, `expected ${expected}, found ${text.found(path)}`);
}
