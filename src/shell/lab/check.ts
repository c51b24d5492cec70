/** One expectation of a step, checked. */

import type { FieldPath } from "../../base/yaml-text.ts";
import { type DiffLine, isSameText, textDiff, valueDiff } from "./diff.ts";
import type { Count, TextExpectation } from "./lab.ts";

export interface Check {
	/** e.g. `stdout contains "1 received"`. */
	readonly what: string;
	readonly ok: boolean;
	/** Expected and found; empty when it holds. */
	readonly diff: readonly DiffLine[];
	/** Where in the lab it stands. */
	readonly path: FieldPath;
}

/** Of a long output only so many lines are shown as found. */
const MAX_FOUND_LINES = 30;

export function holds(what: string, path: FieldPath): Check {
	return { what, ok: true, diff: [], path };
}

export function fails(what: string, path: FieldPath, diff: readonly DiffLine[]): Check {
	return { what, ok: false, diff, path };
}

/** A number of things against what was counted. `seen` is what the counting looked at, for a failure. */
export function countCheck(
	subject: string,
	wanted: Count,
	counted: { readonly found: number; readonly path: FieldPath; readonly seen?: string },
): Check {
	const { found, path, seen = "" } = counted;
	const what = `${subject}: ${countWords(wanted)}`;
	if (found >= wanted.atLeast && found <= wanted.atMost) return holds(what, path);
	return fails(what, path, valueDiff(countWords(wanted), seen === "" ? String(found) : `${found}\n${shortened(seen)}`));
}

export function countWords({ atLeast, atMost }: Count): string {
	if (atLeast === atMost) return String(atLeast);
	if (atMost === Infinity) return `at least ${atLeast}`;
	return atLeast === 0 ? `at most ${atMost}` : `${atLeast} to ${atMost}`;
}

/** All that is expected of an output. */
export function textChecks(
	subject: string,
	wanted: TextExpectation,
	found: { readonly text: string; readonly path: FieldPath },
): readonly Check[] {
	const { text, path } = found;
	const check = (ok: boolean, what: string, field: FieldPath, diff: () => readonly DiffLine[]): Check =>
		ok ? holds(`${subject} ${what}`, [...path, ...field]) : fails(`${subject} ${what}`, [...path, ...field], diff());
	return [
		...wanted.contains.map((piece, at) =>
			check(text.includes(piece), `contains ${quoted(piece)}`, ["contains", at], () =>
				valueDiff(piece, shortened(text)),
			),
		),
		...wanted.lacks.map((piece, at) =>
			check(!text.includes(piece), `lacks ${quoted(piece)}`, ["lacks", at], () =>
				valueDiff("", linesWith(text, piece)),
			),
		),
		...wanted.matches.map((pattern, at) =>
			check(pattern.test(text), `matches ${pattern.source}`, ["matches", at], () =>
				valueDiff(pattern.source, shortened(text)),
			),
		),
		...(wanted.equals === undefined
			? []
			: [
					check(isSameText(wanted.equals, text), "is as expected", ["equals"], () =>
						textDiff(wanted.equals ?? "", text),
					),
				]),
		...(wanted.lines === undefined
			? []
			: [
					countCheck(`lines of ${subject}`, wanted.lines, {
						found: lineCount(text),
						path: [...path, "lines"],
						seen: text,
					}),
				]),
	];
}

export function shortened(text: string): string {
	const lines = text.trimEnd().split("\n");
	if (lines.length <= MAX_FOUND_LINES) return text.trimEnd() === "" ? "(nothing)" : text;
	return [...lines.slice(0, MAX_FOUND_LINES), `(${lines.length - MAX_FOUND_LINES} more lines)`].join("\n");
}

export function lineCount(text: string): number {
	return text === "" ? 0 : text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}

export function quoted(text: string): string {
	const line = text.trimEnd();
	return JSON.stringify(line.length > 100 ? `${line.slice(0, 97)}...` : line);
}

function linesWith(text: string, piece: string): string {
	const lines = text.split("\n").filter((line) => line.includes(piece));
	return lines.length === 0 ? shortened(text) : lines.join("\n");
}
