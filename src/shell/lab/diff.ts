/** Expected and found, line by line. */
import { diffLines } from "diff";

export interface DiffLine {
	/** `-` expected and not found, `+` found and not expected. */
	readonly sign: "-" | "+" | " ";
	readonly text: string;
}

/** Equal lines further than this from a difference are left out. */
const CONTEXT = 2;

export function textDiff(expected: string, found: string): readonly DiffLine[] {
	const lines = diffLines(closed(expected), closed(found)).flatMap((part): readonly DiffLine[] => {
		const sign = part.added ? "+" : part.removed ? "-" : " ";
		return linesOf(part.value).map((text) => ({ sign, text }));
	});
	const near = (at: number): boolean =>
		lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some((line) => line.sign !== " ");
	return lines.filter((_, at) => near(at));
}

/** One value against another. */
export function valueDiff(expected: string, found: string): readonly DiffLine[] {
	return [
		...linesOf(expected).map((text) => ({ sign: "-", text }) as const),
		...linesOf(found).map((text) => ({ sign: "+", text }) as const),
	];
}

/** Spaces at the end of a line that differs are shown as dots. */
export function formatDiff(lines: readonly DiffLine[]): string {
	return lines.map(({ sign, text }) => `${sign} ${sign === " " ? text : withVisibleEnd(text)}`).join("\n");
}

/** The line feed at the end does not count. */
export function isSameText(expected: string, found: string): boolean {
	return closed(expected) === closed(found);
}

function withVisibleEnd(text: string): string {
	return text.replace(/ +$/, (spaces) => "·".repeat(spaces.length));
}

function closed(text: string): string {
	return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

function linesOf(text: string): readonly string[] {
	const lines = text.split("\n");
	if (lines.at(-1) === "") lines.pop();
	return lines;
}
