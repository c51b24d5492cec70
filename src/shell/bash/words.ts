/** Words of a script → the texts a command gets: expansions, splitting, file names. */
import type { ArithmeticExpression, GlobPart, ParsedScript, Word, WordPart } from "unbash";
import { Signal } from "../interrupt.ts";
import { TextOutput } from "../streams.ts";
import { type ArithmeticScope, evaluate } from "./arithmetic.ts";
import { expandBraces, wordOf } from "./brace.ts";
import { Fields } from "./fields.ts";
import { type Frame, ShellError } from "./frame.ts";
import { expandPathnames, hasWildcard, unquotePattern } from "./glob.ts";
import { expandParameter, parameterValue, type WordExpander } from "./parameter.ts";
import { inSubshell } from "./pipeline.ts";

/** The fields of several words, in order. */
export async function expandWords(words: readonly Word[], frame: Frame): Promise<string[]> {
	const out: string[] = [];
	for (const word of words) {
		for (const single of expandBraces(word)) out.push(...(await expandWord(single, frame)));
	}
	return out;
}

/** One text, not split and without file names: assignments, redirections, `case`. */
export async function expandText(word: Word, frame: Frame): Promise<string> {
	return unquotePattern(await expandPattern(word, frame));
}

/** As `expandText`, with what was quoted marked by backslashes: the right side of `==` in `[[`. */
export async function expandPattern(word: Word, frame: Frame): Promise<string> {
	const fields = new Fields();
	await addWord(word, { fields, frame, split: false });
	return fields.take().join(" ");
}

/** The text of a here-document. */
export async function expandParts(parts: readonly WordPart[], frame: Frame): Promise<string> {
	const fields = new Fields();
	for (const part of parts) await addPart(part, { fields, frame, split: false });
	return unquotePattern(fields.take().join(" "));
}

export async function evaluateArithmetic(expression: ArithmeticExpression | undefined, frame: Frame): Promise<number> {
	return evaluate(expression, arithmeticScope(frame));
}

interface Expansion {
	readonly fields: Fields;
	readonly frame: Frame;
	/** Unquoted expansions are split into fields. */
	readonly split: boolean;
}

async function expandWord(word: Word, frame: Frame): Promise<readonly string[]> {
	const fields = new Fields();
	await addWord(word, { fields, frame, split: true });
	const out: string[] = [];
	for (const field of fields.take()) {
		const { files } = frame.level.host;
		const names = hasWildcard(field)
			? await expandPathnames(field, { files, cwd: frame.level.cwd, view: { netns: frame.level.netns } })
			: [];
		out.push(...(names.length > 0 ? names : [unquotePattern(field)]));
	}
	return out;
}

async function addWord(word: Word, expansion: Expansion): Promise<void> {
	const { fields, frame } = expansion;
	const home = frame.level.variables.get("HOME") ?? "/root";
	const tilde = /^~(?=\/|$)/.test(word.text);
	if (word.parts === undefined) {
		fields.quoted(tilde ? home + word.value.slice(1) : word.value);
		return;
	}
	const [first, ...rest] = word.parts;
	if (tilde && first?.type === "Literal") fields.quoted(home + first.value.slice(1));
	else if (first !== undefined) await addPart(first, expansion);
	for (const part of rest) await addPart(part, expansion);
}

async function addPart(part: WordPart, expansion: Expansion): Promise<void> {
	const { fields, frame } = expansion;
	switch (part.type) {
		case "Literal":
		case "SingleQuoted":
		case "AnsiCQuoted":
			fields.quoted(part.value);
			return;
		case "Glob":
			await addGlob(part, expansion);
			return;
		case "DoubleQuoted":
		case "LocaleString":
			await addQuoted(part.parts, expansion);
			return;
		case "SimpleExpansion":
		case "ParameterExpansion":
		case "CommandExpansion":
		case "ArithmeticExpansion":
			addValue(await partText(part, frame), expansion);
			return;
		case "BraceExpansion":
			fields.quoted(part.text);
			return;
		case "ProcessSubstitution":
			throw new ShellError(`podwire: process substitution ${part.text} is not modelled`);
		case "ExtendedGlob":
			throw new ShellError(`podwire: the pattern ${part.text} is not modelled`);
	}
}

/** `*`, `?`, or `[…]`, in which expansions may stand. */
async function addGlob(part: GlobPart, expansion: Expansion): Promise<void> {
	if (part.kind !== "bracket") {
		expansion.fields.pattern(part.text);
		return;
	}
	expansion.fields.pattern("[");
	for (const inner of part.parts) {
		if (inner.type === "Literal") expansion.fields.pattern(inner.value);
		else await addPart(inner, expansion);
	}
	expansion.fields.pattern("]");
}

function addValue(value: string, { fields, frame, split }: Expansion): void {
	if (split) fields.split(value, frame.level.variables.get("IFS") ?? " \t\n");
	else fields.pattern(value.replaceAll("\\", "\\\\"));
}

/** What stands between double quotes: one field, but `$@` makes one for each parameter. */
async function addQuoted(parts: readonly WordPart[], { fields, frame }: Expansion): Promise<void> {
	if (!parts.some(isAllParameters)) fields.quoted("");
	for (const part of parts) {
		if (part.type === "Literal") fields.quoted(part.value);
		else if (isAllParameters(part)) {
			for (const [index, value] of frame.level.positional.slice(1).entries()) {
				if (index > 0) fields.end();
				fields.quoted(value);
			}
		} else fields.quoted(await partText(part, frame));
	}
}

function isAllParameters(part: WordPart): boolean {
	return part.type === "SimpleExpansion" && part.text === "$@";
}

async function partText(part: WordPart, frame: Frame): Promise<string> {
	switch (part.type) {
		case "SimpleExpansion":
			return simpleValue(part.text.slice(1), frame);
		case "ParameterExpansion":
			return expandParameter(part, frame, expanderOf(frame));
		case "CommandExpansion":
			return substitute(part.script, frame);
		case "ArithmeticExpansion":
			return String(await evaluateArithmetic(part.expression, frame));
		default:
			return "";
	}
}

function simpleValue(name: string, frame: Frame): string {
	const value = parameterValue(name, frame);
	if (value === undefined && frame.level.options.has("u")) throw new ShellError(`${name}: unbound variable`);
	return value ?? "";
}

/** `$(…)`: what the commands print, without the line ends at its end. */
async function substitute(script: ParsedScript | undefined, frame: Frame): Promise<string> {
	if (script === undefined) return "";
	const out = new TextOutput();
	const signal = new Signal(frame.signal);
	const outputs = new Map([...frame.outputs, [1, out] as const]);
	const level = frame.level.fork();
	const inner: Frame = { ...frame, level, outputs, signal, source: script.source ?? frame.source };
	const status = await inSubshell(() => frame.interpreter.run(script.commands, inner));
	signal.release();
	frame.level.lastStatus = status;
	return out.text.replace(/\n+$/, "");
}

function expanderOf(frame: Frame): WordExpander {
	return {
		text: (word) => expandText(word, frame),
		pattern: (word) => expandPattern(word, frame),
		number: async (word) => numberOf(await expandText(word, frame), frame),
	};
}

async function numberOf(text: string, frame: Frame): Promise<number> {
	const part = wordOf(`$((${text}))`)?.parts?.[0];
	return part?.type === "ArithmeticExpansion" ? evaluateArithmetic(part.expression, frame) : 0;
}

function arithmeticScope(frame: Frame): ArithmeticScope {
	return {
		get: (name) => parameterValue(name, frame),
		set: (name, value) => frame.level.setVariable(name, value),
		async textOf(expression) {
			if (expression.type === "ArithmeticCommandExpansion") return substitute(expression.script, frame);
			if (expression.type !== "ArithmeticWord") return "";
			if (!/[$`'"\\]/.test(expression.value)) return expression.value;
			const word = wordOf(expression.value);
			return word === undefined ? expression.value : expandText(word, frame);
		},
	};
}
