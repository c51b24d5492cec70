/** bash's words for what is wrong with a script. */
import type { ParsedScript, ParseError } from "unbash";
import { forEachChild, type SyntaxNode } from "unbash";
import { COMMANDS } from "../commands/registry.ts";
import { nearestName } from "./lookup.ts";

/** Known to everybody who reads articles about networks, and not here. */
const NOT_MODELLED: ReadonlySet<string> = new Set(
	"containerd crictl docker gdb iperf iperf3 kubectl man mtr nft nmap perl podman strace tshark wireshark".split(" "),
);
const EDITORS: ReadonlySet<string> = new Set(["emacs", "nano", "vi", "vim"]);

/** What bash says of a command that cannot be run, and its exit code; with a name that may have been meant. */
export function notFound(
	name: string,
	reason: "missing" | "directory" | "not executable",
	builtins: Iterable<string>,
): { readonly text: string; readonly status: number } {
	if (reason === "directory") return { text: `bash: ${name}: Is a directory\n`, status: 126 };
	if (reason === "not executable") return { text: `bash: ${name}: Permission denied\n`, status: 126 };
	if (name.includes("/")) return { text: `bash: ${name}: No such file or directory\n`, status: 127 };
	if (NOT_MODELLED.has(name)) {
		return { text: `bash: ${name}: command not found\npodwire: ${name} is not modelled\n`, status: 127 };
	}
	if (EDITORS.has(name)) {
		const instead = "write files with: cat > FILE <<EOF";
		return { text: `bash: ${name}: command not found\npodwire: there is no editor; ${instead}\n`, status: 127 };
	}
	const near = nearestName(name, [...COMMANDS.flatMap((entry) => entry.names), ...builtins]);
	const hint = near === undefined ? "" : `podwire: did you mean ${near}?\n`;
	return { text: `bash: ${name}: command not found\n${hint}`, status: 127 };
}

/** `bash: line 2: syntax error near unexpected token `)'`. */
export function syntaxErrorText({ message, pos }: ParseError, text: string): string {
	const line = text.slice(0, pos).split("\n").length;
	const at = `bash: line ${line}: `;
	const quote = /^unterminated (double|single|backtick|.*)/.exec(message)?.[1];
	if (quote !== undefined) {
		const mark = quote.startsWith("double")
			? '"'
			: quote.startsWith("single")
				? "'"
				: quote.startsWith("back")
					? "`"
					: ")";
		return `${at}unexpected EOF while looking for matching \`${mark}'\n`;
	}
	const token = /^unexpected token '(.*)'$/s.exec(message)?.[1];
	if (token !== undefined) return `${at}syntax error near unexpected token \`${token}'\n`;
	const rest = text.slice(pos);
	if (rest.trim() === "") return `${at}syntax error: unexpected end of file\n`;
	const next = /^\s*?(\n|;;|&&|\|\||[;&|()<>]|[^\s;&|()<>]+)/.exec(rest)?.[1] ?? "";
	return `${at}syntax error near unexpected token \`${next === "\n" ? "newline" : next}'\n`;
}

/** More lines must come before the text can be run: an open quote, a `for` without `done`, a trailing `|`. */
export function isIncomplete(script: ParsedScript, text: string): boolean {
	if (/(^|[^\\])(\\\\)*\\\n?$/.test(text)) return true;
	const end = text.trimEnd().length;
	const errors = script.errors ?? [];
	if (errors.some(({ message, pos }) => message.startsWith("unterminated") || pos >= end)) return true;
	return hasOpenHereDoc(script);
}

function hasOpenHereDoc(node: SyntaxNode): boolean {
	if (node.type === "Command" && node.redirects.some((part) => part.type === "HereDoc" && part.closing === undefined)) {
		return true;
	}
	let found = false;
	forEachChild(node, (child) => {
		found ||= hasOpenHereDoc(child);
	});
	return found;
}
