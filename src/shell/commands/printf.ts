/** printf: a format and its arguments. */
import type { CommandEntry } from "../command.ts";
import { unescapeText } from "../escapes.ts";

export const printfCommand: CommandEntry = {
	names: ["printf"],
	summary: "print by a format",
	async run({ args, stdout, stderr }) {
		const [format, ...values] = args[0] === "--" ? args.slice(1) : args;
		if (format === undefined) {
			stderr.write("printf: usage: printf [-v var] format [arguments]\n");
			return 2;
		}
		const state = { rest: [...values], status: 0, stop: false };
		do {
			const before = state.rest.length;
			stdout.write(round(format, state, (message) => stderr.write(`bash: printf: ${message}\n`)));
			if (state.rest.length === before) break;
		} while (state.rest.length > 0 && !state.stop);
		return state.status;
	},
};

interface State {
	readonly rest: string[];
	status: number;
	stop: boolean;
}

function round(format: string, state: State, complain: (message: string) => void): string {
	const parts = format.split(/(%%|%[-+ 0#]*(?:\d+|\*)?(?:\.\d+)?[a-zA-Z])/);
	let out = "";
	for (const [k, part] of parts.entries()) {
		if (state.stop) break;
		if (k % 2 === 0) {
			const { text, stop } = unescapeText(part);
			out += text;
			state.stop = stop;
		} else if (part === "%%") out += "%";
		else out += conversion(part, state, complain);
	}
	return out;
}

function conversion(spec: string, state: State, complain: (message: string) => void): string {
	const parsed = /^%([-+ 0#]*)(\d+|\*)?(?:\.(\d+))?([a-zA-Z])$/.exec(spec);
	const [, flags = "", wide, precision, letter = "s"] = parsed ?? [];
	const width = Number(wide === "*" ? state.rest.shift() : (wide ?? 0));
	const argument = state.rest.shift() ?? "";
	const text = converted(letter, argument, precision, (message) => {
		state.status = 1;
		complain(message);
	});
	const signed = flags.includes("+") && /^\d/.test(text) && /[di]/.test(letter) ? `+${text}` : text;
	if (flags.includes("-")) return signed.padEnd(width);
	return signed.padStart(width, flags.includes("0") && letter !== "s" ? "0" : " ");
}

function converted(
	letter: string,
	argument: string,
	precision: string | undefined,
	complain: (message: string) => void,
): string {
	if (letter === "s" || letter === "b" || letter === "q") {
		const text = letter === "b" ? unescapeText(argument).text : argument;
		return precision === undefined ? text : text.slice(0, Number(precision));
	}
	if (letter === "c") return argument.slice(0, 1);
	const number = /^["']/.test(argument) ? argument.charCodeAt(1) : Number(argument === "" ? 0 : argument);
	if (Number.isNaN(number)) complain(`${argument}: invalid number`);
	const value = Number.isNaN(number) ? 0 : number;
	switch (letter) {
		case "x":
			return Math.trunc(value).toString(16);
		case "X":
			return Math.trunc(value).toString(16).toUpperCase();
		case "o":
			return Math.trunc(value).toString(8);
		case "e":
			return value.toExponential(Number(precision ?? 6));
		case "f":
		case "g":
			return value.toFixed(Number(precision ?? 6));
		default:
			return String(Math.trunc(value));
	}
}
