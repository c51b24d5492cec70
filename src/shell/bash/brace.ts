/** Brace expansion on the text of a word: `a{1,2}` → `a1 a2`, `{1..3}` → `1 2 3`. */
import type { Word } from "unbash";
import { parse } from "unbash";

/** The words that stand for this one; itself when it has no braces. */
export function expandBraces(word: Word): readonly Word[] {
	const brace = word.parts?.find((part) => part.type === "BraceExpansion");
	if (brace === undefined) return [word];
	const at = brace.pos - word.pos;
	const before = word.text.slice(0, at);
	const after = word.text.slice(at + brace.text.length);
	return alternatives(brace.text).flatMap((text) => {
		const made = wordOf(before + text + after);
		return made === undefined ? [] : expandBraces(made);
	});
}

/** Parses the text of one word. */
export function wordOf(text: string): Word | undefined {
	const command = parse(`: ${text}`).commands[0]?.command;
	const word = command?.type === "Command" ? command.suffix[0] : undefined;
	return word?.type === "Word" ? word : undefined;
}

function alternatives(text: string): readonly string[] {
	const inner = text.slice(1, -1);
	const range = /^(-?\d+|[a-zA-Z])\.\.(-?\d+|[a-zA-Z])(?:\.\.(-?\d+))?$/.exec(inner);
	if (range !== null) return sequence(range[1] ?? "", range[2] ?? "", Math.abs(Number(range[3] ?? 1)) || 1);
	return splitAtCommas(inner);
}

function sequence(from: string, to: string, step: number): readonly string[] {
	const letters = !/\d/.test(from);
	const code = (text: string): number => (letters ? text.charCodeAt(0) : Number(text));
	const width = /^-?0\d/.test(from) || /^-?0\d/.test(to) ? Math.max(from.length, to.length) : 0;
	const [a, b] = [code(from), code(to)];
	const out: string[] = [];
	for (let n = a; a <= b ? n <= b : n >= b; n += a <= b ? step : -step) {
		out.push(letters ? String.fromCharCode(n) : String(n).padStart(width, "0"));
	}
	return out;
}

/** Commas inside nested braces and quotes do not separate. */
function splitAtCommas(text: string): readonly string[] {
	const parts: string[] = [];
	let depth = 0;
	let quote = "";
	let part = "";
	for (let at = 0; at < text.length; at += 1) {
		const char = text[at] ?? "";
		if (char === "\\") {
			part += char + (text[at + 1] ?? "");
			at += 1;
			continue;
		}
		if (quote !== "") quote = char === quote ? "" : quote;
		else if (char === "'" || char === '"') quote = char;
		else if (char === "{") depth += 1;
		else if (char === "}") depth -= 1;
		if (char === "," && depth === 0 && quote === "") {
			parts.push(part);
			part = "";
		} else part += char;
	}
	return [...parts, part];
}
