/** cut, tr: columns and characters. */
import type { CommandEntry } from "../command.ts";
import { unescapeText } from "../escapes.ts";
import { getopt } from "../getopt.ts";
import { Inputs, usageError } from "../inputs.ts";

export const cutCommand: CommandEntry = {
	names: ["cut"],
	summary: "columns of lines (-d C -f LIST, -c LIST)",
	async run(context) {
		const long = { "delimiter=": "d", "fields=": "f", "characters=": "c", "only-delimited": "s" };
		const parsed = getopt(context.args, { short: "b:c:d:f:s", long });
		if (!parsed.ok) return usageError(context, parsed.error);
		const { has, value, words } = parsed.value;
		const list = value("f") ?? value("c") ?? value("b");
		if (list === undefined) return usageError(context, "you must specify a list of bytes, characters, or fields");
		const wanted = wantedColumns(list);
		if (wanted === undefined) return usageError(context, `invalid field value ‘${list}’`);
		const delimiter = value("d") ?? "\t";
		const inputs = new Inputs(context, words);
		for await (const { text } of inputs.lines()) {
			if (!has("f"))
				context.stdout.write(
					`${Array.from(text)
						.filter((_, k) => wanted(k + 1))
						.join("")}\n`,
				);
			else if (text.includes(delimiter)) {
				context.stdout.write(
					`${text
						.split(delimiter)
						.filter((_, k) => wanted(k + 1))
						.join(delimiter)}\n`,
				);
			} else if (!has("s")) context.stdout.write(`${text}\n`);
		}
		return inputs.failed ? 1 : 0;
	},
};

/** `1,3-5,7-`. */
function wantedColumns(list: string): ((column: number) => boolean) | undefined {
	const ranges: (readonly [number, number])[] = [];
	for (const part of list.split(",")) {
		const range = /^(\d*)(-?)(\d*)$/.exec(part);
		if (range === null || part === "" || part === "-") return undefined;
		const [, from = "", dash, to = ""] = range;
		ranges.push([from === "" ? 1 : Number(from), dash === "" ? Number(from) : to === "" ? Infinity : Number(to)]);
	}
	return (column) => ranges.some(([from, to]) => column >= from && column <= to);
}

export const trCommand: CommandEntry = {
	names: ["tr"],
	summary: "change or delete characters (-d -s)",
	async run(context) {
		const parsed = getopt(context.args, { short: "cCdst", long: { delete: "d", "squeeze-repeats": "s" } });
		if (!parsed.ok) return usageError(context, parsed.error);
		const { has, words } = parsed.value;
		const [first, second] = words;
		if (first === undefined) return usageError(context, "missing operand");
		if (second === undefined && !has("d") && !has("s")) return usageError(context, `missing operand after ‘${first}’`);
		const from = characters(first);
		const to = second === undefined ? [] : characters(second);
		const complement = has("c") || has("C");
		const inSet = (char: string): boolean => from.includes(char) !== complement;
		const squeezed = second === undefined ? inSet : (char: string): boolean => to.includes(char);
		let last = "";
		for (let text = await context.stdin.read(); text !== undefined; text = await context.stdin.read()) {
			let out = "";
			for (const char of text) {
				if (has("d") && inSet(char)) continue;
				const at = from.indexOf(char);
				const changed =
					to.length === 0 || has("d") || !inSet(char)
						? char
						: ((complement ? to.at(-1) : (to[at] ?? to.at(-1))) ?? char);
				if (has("s") && changed === last && squeezed(changed)) continue;
				last = changed;
				out += changed;
			}
			context.stdout.write(out);
		}
		return 0;
	},
};

/** `a-z`, `[:upper:]`, `\n`. */
function characters(set: string): readonly string[] {
	const named: Readonly<Record<string, string>> = {
		"[:alnum:]": "a-zA-Z0-9",
		"[:alpha:]": "a-zA-Z",
		"[:blank:]": " \t",
		"[:digit:]": "0-9",
		"[:lower:]": "a-z",
		"[:space:]": " \t\n\r\v\f",
		"[:upper:]": "A-Z",
	};
	const plain = unescapeText(set.replaceAll(/\[:\w+:\]/g, (name) => named[name] ?? name)).text;
	const out: string[] = [];
	for (let at = 0; at < plain.length; at += 1) {
		const char = plain[at] ?? "";
		const end = plain[at + 2];
		if (plain[at + 1] === "-" && end !== undefined && end >= char) {
			for (let code = char.charCodeAt(0); code <= end.charCodeAt(0); code += 1) out.push(String.fromCharCode(code));
			at += 2;
		} else out.push(char);
	}
	return out;
}
