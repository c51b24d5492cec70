/** A Corefile's directives: words up to the line's end, and what stands in braces behind them. */
import { err, ok, type Result } from "../base/result.ts";

export interface Directive {
	readonly name: string;
	readonly args: readonly string[];
	readonly block: readonly Directive[];
	/** From 1. */
	readonly line: number;
}

export interface CorefileError {
	/** From 1. */
	readonly line: number;
	readonly message: string;
}

interface Token {
	readonly text: string;
	readonly line: number;
	/** `"{"` in quotes is a word. */
	readonly quoted: boolean;
}

export function parseCorefile(text: string): Result<readonly Directive[], CorefileError> {
	const tokens = tokensOf(text);
	if (!tokens.ok) return tokens;
	return new Parser(tokens.value).whole();
}

/** As upstream says it. */
export function argumentError({ name, line }: Pick<Directive, "name" | "line">): CorefileError {
	return { line, message: `Wrong argument count or unexpected line ending after '${name}'` };
}

class Parser {
	readonly #tokens: readonly Token[];
	#at = 0;

	constructor(tokens: readonly Token[]) {
		this.#tokens = tokens;
	}

	whole(): Result<readonly Directive[], CorefileError> {
		const directives = this.#directives();
		const left = this.#tokens[this.#at];
		if (!directives.ok || left === undefined) return directives;
		return err({ line: left.line, message: "a closing brace without an opening one" });
	}

	/** Up to a closing brace, which is not taken, or the end. */
	#directives(): Result<readonly Directive[], CorefileError> {
		const found: Directive[] = [];
		for (;;) {
			const head = this.#tokens[this.#at];
			if (head === undefined || isBrace(head, "}")) return ok(found);
			if (isBrace(head, "{")) return err({ line: head.line, message: "an opening brace without a name before it" });
			const directive = this.#directive(head);
			if (!directive.ok) return directive;
			found.push(directive.value);
		}
	}

	#directive({ text: name, line }: Token): Result<Directive, CorefileError> {
		const args: string[] = [];
		for (this.#at += 1; ; this.#at += 1) {
			const token = this.#tokens[this.#at];
			if (token === undefined || token.line !== line || isBrace(token, "}")) break;
			if (!isBrace(token, "{")) {
				args.push(token.text);
				continue;
			}
			this.#at += 1;
			const block = this.#directives();
			if (!block.ok) return block;
			if (this.#tokens[this.#at] === undefined) return err({ line, message: `the braces of ${name} are not closed` });
			this.#at += 1;
			return ok({ name, args, block: block.value, line });
		}
		return ok({ name, args, block: [], line });
	}
}

function isBrace({ text, quoted }: Token, brace: "{" | "}"): boolean {
	return text === brace && !quoted;
}

function tokensOf(text: string): Result<readonly Token[], CorefileError> {
	const tokens: Token[] = [];
	let line = 1;
	// A quoted word (over several lines, with \" for a quote), a comment, a line's end, or a word.
	for (const match of text.matchAll(/"((?:\\"|[^"])*)("?)|(?<![^\s])#[^\n]*|\n|[^\s]+/g)) {
		const [whole, quoted, end] = match;
		if (whole === "\n") line += 1;
		else if (quoted !== undefined) {
			if (end === "") return err({ line, message: "a quote that is not closed" });
			tokens.push({ text: quoted.replaceAll('\\"', '"'), line, quoted: true });
			line += quoted.split("\n").length - 1;
		} else if (!whole.startsWith("#")) tokens.push({ text: whole, line, quoted: false });
	}
	return ok(tokens);
}
