/** export, declare, unset, set, shift, read, let, env-less listing of variables. */
import type { Input } from "../../command.ts";
import { wordOf } from "../brace.ts";
import { type Builtin, type Frame, stderr, stdout } from "../frame.ts";
import { evaluateArithmetic } from "../words.ts";

function byName(a: readonly [string, string], b: readonly [string, string]): number {
	return a[0] < b[0] ? -1 : 1;
}

const NAME = /^[a-zA-Z_]\w*$/;

export const exportBuiltin: Builtin = {
	names: ["export"],
	summary: "hand variables on to programs",
	async run(args, frame) {
		const { level } = frame;
		const names = args.filter((arg) => !arg.startsWith("-"));
		if (names.length === 0) {
			const lines = [...level.environment()].sort(byName).map(([name, value]) => `declare -x ${name}="${value}"\n`);
			stdout(frame).write(lines.join(""));
			return 0;
		}
		return assignAll("export", names, frame, (name) =>
			args[0] === "-n" ? void level.exported.delete(name) : void level.exported.add(name),
		);
	},
};

export const declare: Builtin = {
	names: ["declare", "typeset", "readonly"],
	summary: "give variables values",
	async run(args, frame) {
		const names = args.filter((arg) => !arg.startsWith("-"));
		const outward = args.includes("-x");
		return assignAll("declare", names, frame, (name) => {
			if (outward) frame.level.exported.add(name);
		});
	},
};

export const local: Builtin = {
	names: ["local"],
	summary: "variables of a function alone",
	async run(args, frame) {
		const { level } = frame;
		if (level.hidden.length === 0) {
			stderr(frame).write("bash: local: can only be used in a function\n");
			return 1;
		}
		const names = args.filter((arg) => !arg.startsWith("-"));
		for (const name of names) level.hide(name.replace(/\+?=.*$/s, ""));
		for (const name of names) if (!name.includes("=")) level.variables.delete(name);
		return assignAll("local", names, frame, () => {});
	},
};

async function assignAll(
	command: string,
	words: readonly string[],
	frame: Frame,
	also: (name: string) => void,
): Promise<number> {
	let status = 0;
	for (const word of words) {
		const at = word.indexOf("=");
		const name = (at < 0 ? word : word.slice(0, at)).replace(/\+$/, "");
		if (!NAME.test(name)) {
			stderr(frame).write(`bash: ${command}: \`${word}': not a valid identifier\n`);
			status = 1;
			continue;
		}
		const before = word[at - 1] === "+" ? (frame.level.variables.get(name) ?? "") : "";
		if (at >= 0) frame.level.setVariable(name, before + word.slice(at + 1));
		also(name);
	}
	return status;
}

export const unset: Builtin = {
	names: ["unset"],
	summary: "forget variables or functions",
	async run(args, { level }) {
		for (const name of args) {
			if (!level.variables.delete(name)) level.functions.delete(name);
			level.exported.delete(name);
		}
		return 0;
	},
};

const LONG_OPTIONS: Readonly<Record<string, string>> = {
	errexit: "e",
	nounset: "u",
	xtrace: "x",
	pipefail: "pipefail",
};

export const set: Builtin = {
	names: ["set"],
	summary: "options of the shell (-e, -u, -x, -o pipefail) and its parameters",
	async run(args, frame) {
		const { level } = frame;
		if (args.length === 0) {
			const lines = [...level.variables].sort(byName).map(([name, value]) => `${name}=${JSON.stringify(value)}\n`);
			stdout(frame).write(lines.join(""));
			return 0;
		}
		let at = 0;
		for (; at < args.length; at += 1) {
			const arg = args[at] ?? "";
			if (arg === "--") {
				at += 1;
				break;
			}
			if (!/^[-+]./.test(arg)) break;
			const change = (option: string): void => {
				if (arg.startsWith("-")) level.options.add(option);
				else level.options.delete(option);
			};
			for (const letter of arg.slice(1)) {
				if (letter !== "o") change(letter);
				else {
					at += 1;
					change(LONG_OPTIONS[args[at] ?? ""] ?? args[at] ?? "");
				}
			}
		}
		if (at < args.length || args.includes("--")) level.positional = [level.positional[0] ?? "bash", ...args.slice(at)];
		return 0;
	},
};

export const shift: Builtin = {
	names: ["shift"],
	summary: "drop the first parameters",
	async run(args, { level }) {
		const count = Number(args[0] ?? 1);
		if (count > level.positional.length - 1) return 1;
		level.positional = [level.positional[0] ?? "bash", ...level.positional.slice(1 + count)];
		return 0;
	},
};

export const read: Builtin = {
	names: ["read"],
	summary: "read a line of input into variables",
	async run(args, frame) {
		const { level } = frame;
		const names = args.filter((arg) => NAME.test(arg));
		const line = await readLine(frame.stdin);
		if (line === undefined) return 1;
		const text = args.includes("-r") ? line : line.replaceAll(/\\(.)/g, "$1");
		const ifs = level.variables.get("IFS") ?? " \t\n";
		const values = splitInto(text, ifs, Math.max(1, names.length));
		for (const [k, name] of (names.length === 0 ? ["REPLY"] : names).entries()) {
			level.setVariable(name, names.length === 0 ? text : (values[k] ?? ""));
		}
		return 0;
	},
};

async function readLine(input: Input): Promise<string | undefined> {
	let text = "";
	for (;;) {
		const piece = await input.read();
		if (piece === undefined) return text === "" ? undefined : text;
		text += piece;
		const end = text.indexOf("\n");
		if (end >= 0) {
			input.unread?.(text.slice(end + 1));
			return text.slice(0, end);
		}
	}
}

/** The last field takes the rest of the line. */
function splitInto(text: string, ifs: string, count: number): readonly string[] {
	const isSpace = (char: string): boolean => ifs.includes(char) && /\s/.test(char);
	const isBreak = (char: string): boolean => ifs.includes(char);
	const out: string[] = [];
	let at = 0;
	while (isSpace(text[at] ?? "x")) at += 1;
	while (out.length < count - 1 && at < text.length) {
		let end = at;
		while (end < text.length && !isBreak(text[end] ?? "")) end += 1;
		out.push(text.slice(at, end));
		at = end;
		while (isSpace(text[at] ?? "x")) at += 1;
		if (at < text.length && isBreak(text[at] ?? "") && at === end) at += 1;
		while (isSpace(text[at] ?? "x")) at += 1;
	}
	let rest = text.slice(at);
	while (rest !== "" && isSpace(rest.at(-1) ?? "")) rest = rest.slice(0, -1);
	return [...out, rest];
}

export const letBuiltin: Builtin = {
	names: ["let"],
	summary: "calculate with whole numbers",
	async run(args, frame) {
		let value = 0;
		for (const arg of args) {
			const part = wordOf(`$((${arg}))`)?.parts?.[0];
			value = part?.type === "ArithmeticExpansion" ? await evaluateArithmetic(part.expression, frame) : 0;
		}
		return value === 0 ? 1 : 0;
	},
};
