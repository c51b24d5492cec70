/** Patterns of the shell: `*`, `?`, `[…]`, against texts and against a machine's files. */
import type { FileTree, FileView } from "../file-tree.ts";

/** A regular expression for a pattern in which a backslash quotes the next character. */
export function patternSource(pattern: string): string {
	let source = "";
	for (let at = 0; at < pattern.length; at += 1) {
		const char = pattern[at] ?? "";
		if (char === "\\") {
			at += 1;
			source += escapeRegExp(pattern[at] ?? "\\");
		} else if (char === "*") source += "[^]*";
		else if (char === "?") source += "[^]";
		else if (char === "[") {
			const end = pattern.indexOf("]", at + 2);
			if (end < 0) source += "\\[";
			else {
				source += bracketSource(pattern.slice(at + 1, end));
				at = end;
			}
		} else source += escapeRegExp(char);
	}
	return source;
}

export function matchesPattern(pattern: string, text: string): boolean {
	return new RegExp(`^(?:${patternSource(pattern)})$`, "u").test(text);
}

/** Quotes what would mean something in a pattern. */
export function quotePattern(text: string): string {
	return text.replaceAll(/[*?[\]\\]/g, "\\$&");
}

export function unquotePattern(pattern: string): string {
	return pattern.replaceAll(/\\(.)/gs, "$1");
}

/** The paths that a pattern names, sorted; empty: none. */
export async function expandPathnames(
	pattern: string,
	where: { readonly files: FileTree; readonly cwd: string; readonly view: FileView },
): Promise<readonly string[]> {
	const parts = pattern.split("/");
	let paths: string[] = [parts[0] === "" ? "/" : ""];
	for (const part of parts[0] === "" ? parts.slice(1) : parts) {
		const next: string[] = [];
		for (const path of paths) next.push(...(await step(path, part, where)));
		paths = next;
	}
	return paths.sort((a, b) => (a < b ? -1 : 1));
}

async function step(
	path: string,
	part: string,
	{ files, cwd, view }: { readonly files: FileTree; readonly cwd: string; readonly view: FileView },
): Promise<readonly string[]> {
	const at = path.startsWith("/") ? path : `${cwd}/${path}`;
	const absolute = at.replaceAll(/\/+/g, "/").replace(/(.)\/$/, "$1");
	const join = (name: string): string => (path === "" || path.endsWith("/") ? `${path}${name}` : `${path}/${name}`);
	if (!hasWildcard(part)) {
		const name = unquotePattern(part);
		if (name === "") return [`${path}/`];
		try {
			await files.stat(`${absolute === "/" ? "" : absolute}/${name}`, view);
			return [join(name)];
		} catch {
			return [];
		}
	}
	try {
		const names = await files.list(absolute, view);
		const hidden = part.startsWith(".");
		return names.filter((name) => (hidden || !name.startsWith(".")) && matchesPattern(part, name)).map(join);
	} catch {
		return [];
	}
}

/** An unquoted `*`, `?` or `[`. */
export function hasWildcard(pattern: string): boolean {
	return /^(?:[^\\*?[]|\\.)*[*?[]/s.test(pattern);
}

function bracketSource(inner: string): string {
	const negated = /^[!^]/.test(inner);
	const body = (negated ? inner.slice(1) : inner)
		.replaceAll("[:digit:]", "0-9")
		.replaceAll("[:alpha:]", "a-zA-Z")
		.replaceAll("[:space:]", "\\s")
		.replaceAll(/[\\[\]^]/g, (char) => (char === "\\" ? "\\" : `\\${char}`));
	return `[${negated ? "^" : ""}${body}]`;
}

function escapeRegExp(text: string): string {
	return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
