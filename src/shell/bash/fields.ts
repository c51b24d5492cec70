/** Collects the fields that a word expands to. Inside, a backslash quotes the next character for the pattern matcher. */
import { quotePattern } from "./glob.ts";

export class Fields {
	readonly #done: string[] = [];
	#current: string | undefined;

	/** Text that is neither split nor a pattern. An empty one makes a field too. */
	quoted(text: string): void {
		this.#current = (this.#current ?? "") + quotePattern(text);
	}

	/** Characters that are a pattern as they stand: `*`, `?`, `[ab]`. */
	pattern(text: string): void {
		this.#current = (this.#current ?? "") + text;
	}

	/** The value of an unquoted expansion: split at the characters of IFS; `*` in it is a pattern. */
	split(text: string, ifs: string): void {
		if (ifs === "") {
			if (text !== "") this.pattern(escapeBackslash(text));
			return;
		}
		const spaces = Array.from(ifs).filter((char) => /\s/.test(char));
		let field = "";
		let open = false;
		const flush = (): void => {
			if (open) this.pattern(escapeBackslash(field));
			this.end();
			field = "";
			open = false;
		};
		for (const char of text) {
			if (spaces.includes(char)) flush();
			else if (ifs.includes(char)) {
				open = true;
				flush();
			} else {
				field += char;
				open = true;
			}
		}
		if (open) this.pattern(escapeBackslash(field));
	}

	/** The next text begins another field. */
	end(): void {
		if (this.#current !== undefined) this.#done.push(this.#current);
		this.#current = undefined;
	}

	take(): readonly string[] {
		this.end();
		return this.#done;
	}
}

function escapeBackslash(text: string): string {
	return text.replaceAll("\\", "\\\\");
}
