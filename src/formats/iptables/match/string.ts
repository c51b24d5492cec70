/** `-m string`. Text that cannot be printed is shown as bytes: `"|0d0a|"`. */
import { hex as hexOf, utf8Encode } from "../../../base/bytes.ts";
import type { StringMatch } from "../../../kernel/xt-matches.ts";
import type { Match } from "../../../kernel/xtables.ts";
import { type Draft, type Extension, extension, type OptionSyntax, UNMODELLED } from "../extension.ts";
import { bang, parseUint } from "../values.ts";

const MAX_PATTERN = 128;

type StringDraft = Partial<Draft<StringMatch>>;

export const STRING: Extension<Match> = extension<Match, StringDraft>({
	name: "string",
	exclusive: [["--string", "--hex-string"]],
	options: {
		"--algo": {
			args: 1,
			set: (draft, { value }) => {
				if (value !== "bm" && value !== "kmp") return UNMODELLED;
				draft.algo = value;
				return undefined;
			},
		},
		"--string": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				draft.hex = hexOf(utf8Encode(value));
				if (invert) draft.invert = true;
				return draft.hex.length > MAX_PATTERN * 2 ? `STRING too long "${value}"` : undefined;
			},
		},
		"--hex-string": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				const bytes = parseHexString(value);
				if (typeof bytes === "string") return bytes;
				draft.hex = hexOf(Uint8Array.from(bytes));
				if (invert) draft.invert = true;
				return bytes.length > MAX_PATTERN ? `STRING too long "${value}"` : undefined;
			},
		},
		"--from": offset("from"),
		"--to": offset("to"),
		"--icase": {
			args: 0,
			set: (draft) => {
				draft.icase = true;
				return undefined;
			},
		},
	},
	start: () => ({}),
	finish: ({ algo, hex, ...rest }) => {
		if (algo === undefined) return `string: option "--algo" must be specified`;
		if (hex === undefined) return "STRING match: You must specify `--string' or `--hex-string'";
		return { ...rest, kind: "string", algo, hex };
	},
});

export function formatString(match: StringMatch): string {
	const text = printable(match.hex);
	const what = text === undefined ? `--hex-string "|${match.hex}|"` : `--string "${escaped(text)}"`;
	return (
		` -m string ${bang(match.invert)}${what} --algo ${match.algo}` +
		(match.from === undefined ? "" : ` --from ${match.from}`) +
		(match.to === undefined ? "" : ` --to ${match.to}`) +
		(match.icase === true ? " --icase" : "")
	);
}

/** ` STRING match  "foo" ALGO name bm FROM 20 TO 100 ICASE`. */
export function describeString(match: StringMatch): string {
	const text = printable(match.hex);
	return (
		` STRING match ${match.invert === true ? "!" : ""} ${text === undefined ? `"|${match.hex}|"` : `"${escaped(text)}"`}` +
		` ALGO name ${match.algo}` +
		(match.from === undefined ? "" : ` FROM ${match.from}`) +
		(match.to === undefined ? "" : ` TO ${match.to}`) +
		(match.icase === true ? " ICASE" : "")
	);
}

/** The bytes as text; undefined: some have no sign of their own, or a backslash stands at the end. */
function printable(hex: string): string | undefined {
	let text = "";
	for (let at = 0; at < hex.length; at += 2) {
		const code = Number.parseInt(hex.slice(at, at + 2), 16);
		if (code < 32 || code > 126) return undefined;
		text += String.fromCharCode(code);
	}
	return text.endsWith("\\") ? undefined : text;
}

function escaped(text: string): string {
	return text.replace(/["\\]/g, "\\$&");
}

/** Text with bytes in hexadecimal between bars. */
function parseHexString(text: string): number[] | string {
	const bytes: number[] = [];
	let inHex = false;
	for (let at = 0; at < text.length; ) {
		const char = text.charAt(at);
		if (char === "|") {
			inHex = !inHex;
			at += 1;
		} else if (!inHex) {
			bytes.push(...utf8Encode(char));
			at += 1;
		} else if (char === " ") at += 1;
		else {
			const digits = text.slice(at, at + 2);
			if (!/^[0-9a-f]{2}$/i.test(digits)) return `Invalid hex block`;
			bytes.push(Number.parseInt(digits, 16));
			at += 2;
		}
	}
	return inHex ? "Invalid hex block" : bytes;
}

function offset(key: "from" | "to"): OptionSyntax<StringDraft> {
	return {
		args: 1,
		set: (draft, { option, value }) => {
			const n = parseUint(value, 0xffff);
			if (n === undefined) return `string: bad value for option "${option}", or out of range (0-65535).`;
			// The whole packet is where one looks without it.
			if (n !== (key === "from" ? 0 : 0xffff)) draft[key] = n;
			return undefined;
		},
	};
}
