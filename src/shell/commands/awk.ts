/** awk: the programs people paste, `[pattern] { print … }`; the rest of the language is refused. */
import type { CommandEntry } from "../command.ts";
import { unescapeText } from "../escapes.ts";
import { getopt } from "../getopt.ts";
import { Inputs, usageError } from "../inputs.ts";
import { extendedToModern } from "../regex.ts";

interface Row {
	readonly line: string;
	readonly fields: readonly string[];
	readonly number: number;
}

type Value = (row: Row) => string;

interface AwkRule {
	readonly test: (row: Row) => boolean;
	/** What is printed; undefined: the line. */
	readonly print: readonly Value[] | undefined;
}

export const awkCommand: CommandEntry = {
	names: ["awk", "gawk", "mawk"],
	summary: "columns: awk [-F C] '[pattern] {print $1, $2}'",
	async run(context) {
		const parsed = getopt(context.args, { short: "F:v:", stopAtWord: true });
		if (!parsed.ok) return usageError(context, parsed.error, 2);
		const [program = "", ...files] = parsed.value.words;
		const rules = parseProgram(program);
		if (rules === undefined || parsed.value.has("v")) {
			context.stderr.write(`podwire: awk: this program is not modelled: ${program}\n`);
			return 2;
		}
		const separator = parsed.value.value("F");
		const splitter =
			separator === undefined
				? undefined
				: separator.length > 1
					? new RegExp(extendedToModern(separator))
					: unescapeText(separator).text;
		const inputs = new Inputs(context, files);
		let number = 0;
		for await (const { text } of inputs.lines()) {
			number += 1;
			const fields = splitter === undefined || splitter === " " ? text.trim().split(/\s+/) : text.split(splitter);
			const row: Row = { line: text, fields: text === "" ? [] : fields, number };
			for (const { test, print } of rules) {
				if (test(row))
					context.stdout.write(`${print === undefined ? text : print.map((value) => value(row)).join(" ")}\n`);
			}
		}
		return inputs.failed ? 2 : 0;
	},
};

/** Undefined: more than is understood here. */
function parseProgram(program: string): readonly AwkRule[] | undefined {
	const rules: AwkRule[] = [];
	const pieces = /\s*([^{}]*?)\s*(?:\{\s*(?:print\s*([^{}]*?))?\s*;?\s*\}|$)\s*;?/gy;
	while (pieces.lastIndex < program.trimEnd().length) {
		const found = pieces.exec(program);
		if (found === null || found[0] === "") return undefined;
		const [whole, pattern = "", expression] = found;
		if (/^(BEGIN|END)\b/.test(pattern) || (whole.includes("{") && !/\{\s*print\b/.test(whole))) return undefined;
		const test = pattern === "" ? (): boolean => true : parseCondition(pattern);
		const print = expression === undefined || expression === "" ? undefined : parseList(expression);
		if (test === undefined || (print === undefined && (expression ?? "") !== "")) return undefined;
		rules.push({ test, print });
	}
	return rules.length === 0 ? undefined : rules;
}

function parseCondition(text: string): ((row: Row) => boolean) | undefined {
	const both = /^(.+?)\s*(&&|\|\|)\s*(.+)$/.exec(text);
	if (both !== null) {
		const [left, right] = [parseCondition(both[1] ?? ""), parseCondition(both[3] ?? "")];
		if (left === undefined || right === undefined) return undefined;
		return both[2] === "&&" ? (row) => left(row) && right(row) : (row) => left(row) || right(row);
	}
	const regexp = /^(?:(\$\w+)\s*(!?~)\s*|(!)?)\/(.*)\/$/.exec(text);
	if (regexp !== null) {
		const [, field, operator, not, source = ""] = regexp;
		const pattern = new RegExp(extendedToModern(source));
		const value = field === undefined ? (row: Row): string => row.line : parseValue(field);
		if (value === undefined) return undefined;
		return (row) => pattern.test(value(row)) === (operator !== "!~" && not === undefined);
	}
	const compared = /^(\S+?)\s*(==|!=|<=|>=|<|>)\s*(\S+|"[^"]*")$/.exec(text);
	if (compared === null) return undefined;
	const [, a = "", operator = "", b = ""] = compared;
	const [left, right] = [parseValue(a), parseValue(b)];
	if (left === undefined || right === undefined) return undefined;
	return (row) => compare(left(row), operator, right(row));
}

function compare(a: string, operator: string, b: string): boolean {
	const numeric = /^\s*-?[\d.]+\s*$/.test(a) && /^\s*-?[\d.]+\s*$/.test(b);
	const [x, y] = numeric ? [Number(a), Number(b)] : [a, b];
	if (operator === "==") return x === y;
	if (operator === "!=") return x !== y;
	if (operator === "<") return x < y;
	if (operator === "<=") return x <= y;
	return operator === ">" ? x > y : x >= y;
}

/** `$1, "x" $2`: a comma is a space, values beside each other are joined. */
function parseList(text: string): readonly Value[] | undefined {
	const inner = /^\((.*)\)$/.exec(text)?.[1] ?? text;
	const values: Value[] = [];
	let current: Value[] = [];
	const tokens = inner.match(/"(?:\\.|[^"\\])*"|\$\w+|\w+|,|\S/g) ?? [];
	for (const token of [...tokens, ","]) {
		if (token !== ",") {
			const value = parseValue(token);
			if (value === undefined) return undefined;
			current.push(value);
			continue;
		}
		const joined = current;
		values.push((row) => joined.map((value) => value(row)).join(""));
		current = [];
	}
	return values;
}

function parseValue(token: string): Value | undefined {
	if (/^".*"$/s.test(token)) {
		const { text } = unescapeText(token.slice(1, -1));
		return () => text;
	}
	if (/^-?\d+(\.\d+)?$/.test(token)) return () => token;
	if (token === "$0") return (row) => row.line;
	if (token === "$NF") return (row) => row.fields.at(-1) ?? "";
	if (token === "NF") return (row) => String(row.fields.length);
	if (token === "NR" || token === "FNR") return (row) => String(row.number);
	const field = /^\$(\d+)$/.exec(token)?.[1];
	return field === undefined ? undefined : (row) => row.fields[Number(field) - 1] ?? "";
}
