/** POSIX regular expressions → the language's own. */

const CLASSES: Readonly<Record<string, string>> = {
	alnum: "a-zA-Z0-9",
	alpha: "a-zA-Z",
	blank: " \\t",
	digit: "0-9",
	lower: "a-z",
	punct: "!-\\/:-@\\[-`{-~",
	space: "\\s",
	upper: "A-Z",
	xdigit: "0-9a-fA-F",
};

/** An extended one (`grep -E`, `sed -E`, awk). */
export function extendedToModern(pattern: string): string {
	return walk(pattern, (char, next) => {
		if (char !== "\\") return undefined;
		if (next === "<" || next === ">") return "\\b";
		return /[a-zA-Z0-9]/.test(next) && !/[bBdDsSwWnt1-9]/.test(next) ? next : `\\${next}`;
	});
}

/** A basic one (`grep`, `sed`): `\(`, `\{`, `\|`, `\+` and `\?` are the special ones. */
export function basicToModern(pattern: string): string {
	const star = pattern.replace(/^(\^?)\*/, "$1\\*").replaceAll("\\(*", "\\(\\*");
	return walk(star, (char, next) => {
		if (char === "\\") {
			if ("(){}|+?".includes(next)) return next;
			if (next === "<" || next === ">") return "\\b";
			return /[a-zA-Z0-9]/.test(next) && !/[bBdDsSwWnt1-9]/.test(next) ? next : `\\${next}`;
		}
		return "(){}|+?".includes(char) ? `\\${char}` : undefined;
	});
}

/** Copies bracket expressions, and asks `change` about every other character; a change of `\x` takes both. */
function walk(pattern: string, change: (char: string, next: string) => string | undefined): string {
	let out = "";
	for (let at = 0; at < pattern.length; at += 1) {
		const char = pattern[at] ?? "";
		if (char === "[") {
			const bracket = /^\[\^?\]?(?:\[:\w+:\]|[^\]])*\]/.exec(pattern.slice(at))?.[0];
			if (bracket !== undefined) {
				out += bracketToModern(bracket);
				at += bracket.length - 1;
				continue;
			}
		}
		const changed = change(char, pattern[at + 1] ?? "");
		out += changed ?? char;
		if (changed !== undefined && char === "\\") at += 1;
	}
	return out;
}

function bracketToModern(bracket: string): string {
	const negated = bracket.startsWith("[^");
	const body = bracket.slice(negated ? 2 : 1, -1);
	const parts = body.split(/\[:(\w+):\]/);
	const text = parts.map((part, k) => (k % 2 === 1 ? (CLASSES[part] ?? "") : part.replaceAll(/[\\[\]^]/g, "\\$&")));
	return `[${negated ? "^" : ""}${text.join("")}]`;
}
