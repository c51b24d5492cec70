/** `$x`, `${x…}`, `$?`, `$1`, `$@`: the values of parameters, and what `${…}` does to them. */
import type { ParameterExpansionPart, ParameterOperation, Word } from "unbash";
import { type Frame, ShellError } from "./frame.ts";
import { matchesPattern, patternSource } from "./glob.ts";

/** Undefined: the parameter is not set. */
export function parameterValue(name: string, { level }: Frame): string | undefined {
	switch (name) {
		case "?":
			return String(level.lastStatus);
		case "$":
			return String(level.pid);
		case "!":
			return level.lastBackgroundPid === undefined ? "" : String(level.lastBackgroundPid);
		case "#":
			return String(level.positional.length - 1);
		case "@":
		case "*":
			return level.positional.slice(1).join(" ");
		case "-":
			return "hB";
		case "PWD":
			return level.cwd;
		case "RANDOM":
			// Chance would make two runs differ; whoever wants numbers gets a fixed one.
			return "4";
		default:
			return /^\d+$/.test(name) ? level.positional[Number(name)] : level.variables.get(name);
	}
}

/** How the words inside `${x:-word}` are expanded. */
export interface WordExpander {
	text(word: Word): Promise<string>;
	pattern(word: Word): Promise<string>;
	number(word: Word): Promise<number>;
}

/** The value of `${…}`. */
export async function expandParameter(
	part: ParameterExpansionPart,
	frame: Frame,
	words: WordExpander,
): Promise<string> {
	if (part.index !== undefined) throw new ShellError("podwire: arrays are not modelled");
	if (part.prefix === "#") return String((parameterValue(part.parameter, frame) ?? "").length);
	const name = part.prefix === "!" ? (parameterValue(part.parameter, frame) ?? "") : part.parameter;
	const value = parameterValue(name, frame);
	if (part.operation === undefined) {
		if (value === undefined && frame.level.options.has("u")) throw new ShellError(`${name}: unbound variable`);
		return value ?? "";
	}
	return operate(part.operation, { name, value, frame, words });
}

interface Operand {
	readonly name: string;
	readonly value: string | undefined;
	readonly frame: Frame;
	readonly words: WordExpander;
}

async function operate(operation: ParameterOperation, operand: Operand): Promise<string> {
	const { words } = operand;
	const value = operand.value ?? "";
	switch (operation.type) {
		case "Default":
			return defaultTo(operation.operator, operation.operand, operand);
		case "Remove":
			return remove(value, operation.operator, await words.pattern(operation.operand));
		case "Replace": {
			const source = patternSource(await words.pattern(operation.pattern));
			const anchored = operation.operator === "/#" ? `^(?:${source})` : `(?:${source})$`;
			const all = operation.operator === "//";
			const plain = all || operation.operator === "/";
			const replacement = await words.text(operation.replacement);
			return value.replace(new RegExp(plain ? source : anchored, all ? "gu" : "u"), () => replacement);
		}
		case "Slice": {
			const offset = await words.number(operation.offset);
			const from = offset < 0 ? Math.max(0, value.length + offset) : offset;
			const length = operation.length === undefined ? value.length : await words.number(operation.length);
			return value.slice(from, length < 0 ? length : from + length);
		}
		case "CaseModification":
			return changeCase(value, operation.operator);
		case "Transform":
		case "Names":
		case "Unknown":
			throw new ShellError(`podwire: \${${operand.name}${operation.operator}…} is not modelled`);
	}
}

async function defaultTo(operator: string, word: Word, { name, value, frame, words }: Operand): Promise<string> {
	const missing = value === undefined || (operator.startsWith(":") && value === "");
	const kind = operator.at(-1);
	if (kind === "+") return missing ? "" : words.text(word);
	if (!missing) return value;
	const text = await words.text(word);
	if (kind === "?") throw new ShellError(`${name}: ${text === "" ? "parameter null or not set" : text}`, 127);
	if (kind === "=") frame.level.setVariable(name, text);
	return text;
}

/** `#`, `##`: from the front; `%`, `%%`: from the end; doubled: the longest. */
function remove(value: string, operator: string, pattern: string): string {
	const lengths = Array.from({ length: value.length + 1 }, (_, k) => k);
	if (operator.length === 2) lengths.reverse();
	const front = operator.startsWith("#");
	for (const length of lengths) {
		const cut = front ? value.slice(0, length) : value.slice(value.length - length);
		if (matchesPattern(pattern, cut)) return front ? value.slice(length) : value.slice(0, value.length - length);
	}
	return value;
}

function changeCase(value: string, operator: string): string {
	const change = (text: string): string => (operator.startsWith("^") ? text.toUpperCase() : text.toLowerCase());
	return operator.length === 2 ? change(value) : change(value.slice(0, 1)) + value.slice(1);
}
