/** Text → lab, or everything that is wrong with it. */
import type * as z from "zod";
import { err, ok, type Result } from "../../base/result.ts";
import { checkLab } from "./check-lab.ts";
import type { Lab } from "./lab.ts";
import type { LabError } from "./lab-error.ts";
import { type InnerPlace, LAB_SHAPE, type LabText as ShapedLab } from "./lab-shape.ts";
import { type FieldPath, LabText } from "./lab-text.ts";

export interface LabFile {
	readonly path: string;
	readonly text: string;
}

/** A lab and where its parts stand, for errors that only setting it up finds. */
export interface ParsedLab {
	readonly lab: Lab;
	readonly text: LabText;
}

export function parseLab(file: LabFile): Result<ParsedLab, readonly LabError[]> {
	const text = new LabText(file.path, file.text);
	const syntax = text.syntaxErrors();
	if (syntax.length > 0) return err(syntax);
	const data = text.toData();
	if (data === undefined) return err([text.error([], "aliases that refer to themselves, or too many of them")]);
	const shaped = LAB_SHAPE.safeParse(data, { error: expectedWords });
	if (!shaped.success) return err(shaped.error.issues.flatMap((issue) => shapeErrors(text, issue)));
	const lab = withMachines(shaped.data);
	const errors = checkLab(lab, text);
	return errors.length > 0 ? err(errors) : ok({ lab, text });
}

/** Where there is only one machine, it is every step's. A missing one is left empty, for `checkLab` to find. */
function withMachines(lab: ShapedLab): Lab {
	const names = Object.keys(lab.hosts);
	const only = names.length === 1 ? (names[0] ?? "") : "";
	return {
		...lab,
		steps: lab.steps.map(({ interruptAfter, ...step }) => ({
			...step,
			on: step.on ?? only,
			interruptAfterNs: interruptAfter,
		})),
	};
}

/** zod's message for an issue that the shape has no words of its own for: what is expected. */
const expectedWords: z.core.$ZodErrorMap = (issue) => {
	switch (issue.code) {
		case "invalid_type":
			return TYPE_WORDS[issue.expected] ?? `a ${issue.expected}`;
		case "invalid_value":
			return alternatives(issue.values.map(String));
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

function shapeErrors(text: LabText, issue: z.core.$ZodIssue): readonly LabError[] {
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

function fieldError(text: LabText, path: FieldPath, expected: string): LabError {
	if (!text.has(path)) return text.error(path, `missing; expected ${expected}`);
	return text.error(path, `expected ${expected}, found ${text.found(path)}`);
}

function innerPlaceOf(params: Readonly<Record<string, unknown>> | undefined): InnerPlace | undefined {
	const inner = params?.["inner"];
	if (typeof inner !== "object" || inner === null || !("line" in inner) || !("column" in inner)) return undefined;
	const { line, column } = inner;
	return typeof line === "number" && typeof column === "number" ? { line, column } : undefined;
}

function alternatives(words: readonly string[]): string {
	const last = words.at(-1) ?? "";
	return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} or ${last}`;
}
