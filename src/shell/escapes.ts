/** Backslash escapes as `echo -e` and `printf` know them. */

const SIMPLE: Readonly<Record<string, string>> = {
	a: "\x07",
	b: "\b",
	e: "\x1b",
	f: "\f",
	n: "\n",
	r: "\r",
	t: "\t",
	v: "\v",
	"\\": "\\",
	'"': '"',
	"'": "'",
};

/** `stop`: a `\c` ended the output. */
export function unescapeText(text: string): { readonly text: string; readonly stop: boolean } {
	let out = "";
	for (let at = 0; at < text.length; at += 1) {
		const char = text[at] ?? "";
		if (char !== "\\") {
			out += char;
			continue;
		}
		const next = text[at + 1] ?? "";
		if (next === "c") return { text: out, stop: true };
		const code = /^(?:x([0-9a-fA-F]{1,2})|0?([0-7]{1,3})|u([0-9a-fA-F]{1,4}))/.exec(text.slice(at + 1));
		if (code !== null) {
			const [all, hexDigits, octal, unicode] = code;
			const number = octal === undefined ? Number.parseInt(hexDigits ?? unicode ?? "0", 16) : Number.parseInt(octal, 8);
			out += String.fromCodePoint(number);
			at += all.length;
			continue;
		}
		const simple = SIMPLE[next];
		out += simple ?? `\\${next}`;
		at += 1;
	}
	return { text: out, stop: false };
}
