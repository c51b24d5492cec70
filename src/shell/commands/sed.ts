/** sed: substitution, deletion and printing of lines; the rest is refused by name. */
import type { CommandContext, CommandEntry } from "../command.ts";
import { getopt } from "../getopt.ts";
import { Inputs, readFileOf } from "../inputs.ts";
import { resolvePath } from "../memory-files.ts";
import { basicToModern, extendedToModern } from "../regex.ts";

type Address = { readonly line: number } | { readonly last: true } | { readonly regexp: RegExp };

interface Edit {
	readonly from?: Address;
	readonly to?: Address;
	readonly negated: boolean;
	readonly action:
		| { readonly do: "delete" }
		| { readonly do: "print" }
		| { readonly do: "quit" }
		| { readonly do: "text"; readonly where: "before" | "after" | "instead"; readonly text: string }
		| {
				readonly do: "replace";
				readonly regexp: RegExp;
				readonly by: string;
				readonly nth: number;
				readonly print: boolean;
		  };
	active: boolean;
}

export const sedCommand: CommandEntry = {
	names: ["sed"],
	summary: "edit lines: s/A/B/, d, p, q, a, i, c with addresses (-n -e -E -i)",
	async run(context) {
		const long = { quiet: "n", silent: "n", "expression=": "e", "regexp-extended": "E", "in-place=?": "i" };
		const parsed = getopt(context.args, { short: "ne:Eri::s", long });
		if (!parsed.ok) {
			context.stderr.write(
				`sed: ${parsed.error}\nUsage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...\n`,
			);
			return 1;
		}
		const { has, words, options } = parsed.value;
		const given = options.filter((option) => option.name === "e").map((option) => option.value);
		const [first, ...rest] = words;
		const script = given.length > 0 ? given.join("\n") : first;
		if (script === undefined) {
			context.stderr.write("Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...\n");
			return 1;
		}
		const edits = parseScript(script, has("E") || has("r"));
		if (typeof edits === "string") {
			context.stderr.write(`sed: -e expression #1, char 1: ${edits}\n`);
			return 1;
		}
		const files = given.length > 0 ? words : rest;
		return has("i") ? editInPlace(context, edits, files, has("n")) : editStream(context, edits, files, has("n"));
	},
};

async function editStream(
	context: CommandContext,
	edits: readonly Edit[],
	files: readonly string[],
	quiet: boolean,
): Promise<number> {
	const inputs = new Inputs(context, files);
	const lines: string[] = [];
	const needsLast = edits.some(({ from, to }) => isLast(from) || isLast(to));
	let number = 0;
	for await (const { text } of inputs.lines()) {
		if (needsLast) {
			lines.push(text);
			continue;
		}
		number += 1;
		const done = editLine(text, edits, { number, last: false, quiet });
		context.stdout.write(done.out);
		if (done.quit) return 0;
	}
	if (needsLast) context.stdout.write(editText(lines, edits, quiet));
	return inputs.failed ? 2 : 0;
}

async function editInPlace(
	context: CommandContext,
	edits: readonly Edit[],
	files: readonly string[],
	quiet: boolean,
): Promise<number> {
	let status = 0;
	for (const file of files) {
		const text = await readFileOf(context, file);
		if (text === undefined) {
			status = 4;
			continue;
		}
		const lines = text.replace(/\n$/, "").split("\n");
		const path = resolvePath(context.cwd, file);
		await context.host.files.write(path, text === "" ? "" : editText(lines, edits, quiet), { netns: context.netns });
	}
	return status;
}

function editText(lines: readonly string[], edits: readonly Edit[], quiet: boolean): string {
	let out = "";
	for (const [k, line] of lines.entries()) {
		const done = editLine(line, edits, { number: k + 1, last: k === lines.length - 1, quiet });
		out += done.out;
		if (done.quit) break;
	}
	return out;
}

interface Place {
	readonly number: number;
	readonly last: boolean;
	readonly quiet: boolean;
}

function editLine(
	line: string,
	edits: readonly Edit[],
	place: Place,
): { readonly out: string; readonly quit: boolean } {
	let text = line;
	let [out, after, printed, quit] = ["", "", !place.quiet, false];
	for (const edit of edits) {
		if (isAddressed(edit, text, place) === edit.negated) continue;
		const { action } = edit;
		if (action.do === "delete") {
			printed = false;
			break;
		}
		if (action.do === "print") out += `${text}\n`;
		else if (action.do === "quit") {
			quit = true;
			break;
		} else if (action.do === "text") {
			if (action.where === "before") out += `${action.text}\n`;
			else if (action.where === "after") after += `${action.text}\n`;
			else {
				out += `${action.text}\n`;
				printed = false;
				break;
			}
		} else {
			const replaced = replace(text, action);
			if (replaced !== undefined && action.print) out += `${replaced}\n`;
			text = replaced ?? text;
		}
	}
	return { out: out + (printed ? `${text}\n` : "") + after, quit };
}

/** Undefined: nothing matched. */
function replace(text: string, action: Extract<Edit["action"], { readonly do: "replace" }>): string | undefined {
	let seen = 0;
	let changed = false;
	const out = text.replaceAll(action.regexp, (match: string, ...groups: readonly unknown[]) => {
		seen += 1;
		if (action.nth > 0 && seen !== action.nth) return match;
		changed = true;
		return action.by.replaceAll(/\\([\dn&\\/])|&/g, (mark: string, code: string | undefined) => {
			if (mark === "&" || code === "0") return match;
			if (code === "n") return "\n";
			const group = /\d/.test(code ?? "") ? groups[Number(code) - 1] : code;
			return typeof group === "string" ? group : "";
		});
	});
	return changed ? out : undefined;
}

function isLast(address: Address | undefined): boolean {
	return address !== undefined && "last" in address;
}

function isAddressed(edit: Edit, text: string, place: Place): boolean {
	const matches = (address: Address): boolean => {
		if ("line" in address) return place.number === address.line;
		return "last" in address ? place.last : text.search(address.regexp) >= 0;
	};
	const { from, to } = edit;
	if (from === undefined) return true;
	if (to === undefined) return matches(from);
	if (!edit.active) {
		if (!matches(from)) return false;
		edit.active = !("line" in to && to.line <= place.number);
		return true;
	}
	if (matches(to)) edit.active = false;
	return true;
}

/** The edits, or what is wrong with the script. */
function parseScript(script: string, extended: boolean): readonly Edit[] | string {
	const edits: Edit[] = [];
	const modern = (text: string): string => (extended ? extendedToModern(text) : basicToModern(text));
	let rest = script.trimStart();
	const takeAddress = (): Address | undefined => {
		const found = /^(?:(\d+)|(\$)|\/((?:\\.|[^/\\])*)\/)/.exec(rest);
		if (found === null) return undefined;
		rest = rest.slice(found[0].length);
		if (found[1] !== undefined) return { line: Number(found[1]) };
		return found[2] === undefined ? { regexp: new RegExp(modern(found[3] ?? "")) } : { last: true };
	};
	while (rest !== "") {
		const from = takeAddress();
		let to: Address | undefined;
		if (from !== undefined && rest.startsWith(",")) {
			rest = rest.slice(1);
			to = takeAddress();
			if (to === undefined) return "unexpected `,'";
		}
		const negated = /^\s*!/.test(rest);
		rest = rest.replace(/^\s*!?\s*/, "");
		const action = takeAction(rest, modern);
		if (typeof action === "string") return action;
		rest = action.rest.replace(/^[\s;]+/, "");
		const addresses = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
		edits.push({ ...addresses, negated, action: action.action, active: false });
	}
	return edits;
}

function takeAction(
	text: string,
	modern: (text: string) => string,
): { readonly action: Edit["action"]; readonly rest: string } | string {
	const command = text[0] ?? "";
	if (command === "") return "missing command";
	if (command === "d") return { action: { do: "delete" }, rest: text.slice(1) };
	if (command === "p") return { action: { do: "print" }, rest: text.slice(1) };
	if (command === "q") return { action: { do: "quit" }, rest: text.slice(1) };
	if (command === "a" || command === "i" || command === "c") {
		const [line = "", ...others] = text.slice(1).split("\n");
		const where = command === "a" ? "after" : command === "i" ? "before" : "instead";
		const words = line.replace(/^\s*\\?\s*/, "");
		return { action: { do: "text", where, text: words }, rest: others.join("\n") };
	}
	if (command !== "s")
		return /[a-zA-Z{}=]/.test(command)
			? `podwire: the command \`${command}' is not modelled`
			: `unknown command: \`${command}'`;
	const mark = text[1] ?? "";
	const part = `((?:\\\\[^]|[^\\\\${mark.replace(/[\\\]^-]/, "\\$&")}])*)`;
	const quoted = mark.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");
	const found = new RegExp(`^s${quoted}${part}${quoted}${part}${quoted}([gipI0-9]*)`).exec(text);
	if (found === null) return "unterminated `s' command";
	const [all, pattern = "", by = "", flags = ""] = found;
	const plain = mark === "/" ? pattern.replaceAll("\\/", "/") : pattern.replaceAll(`\\${mark}`, mark);
	const nth = flags.includes("g") ? 0 : Number(/\d+/.exec(flags)?.[0] ?? 1);
	try {
		const regexp = new RegExp(modern(plain), /[iI]/.test(flags) ? "gi" : "g");
		return { action: { do: "replace", regexp, by, nth, print: flags.includes("p") }, rest: text.slice(all.length) };
	} catch {
		return "Invalid preceding regular expression";
	}
}
