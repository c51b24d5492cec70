/** The command line of iproute2: words one after another, keywords abbreviated, and its ways to complain. */
import { ToolExit } from "../tool-exit.ts";

/** Whether `typed` is `word` or an abbreviation of it. */
export function matches(typed: string, word: string): boolean {
	return typed !== "" && word.startsWith(typed);
}

/** A cursor over the words of a command. */
export class Words {
	readonly #words: readonly string[];
	#at = 0;

	constructor(words: readonly string[]) {
		this.#words = words;
	}

	/** The word at the cursor; undefined at the end. */
	get word(): string | undefined {
		return this.#words[this.#at];
	}

	get rest(): readonly string[] {
		return this.#words.slice(this.#at);
	}

	/** Takes the word at the cursor; undefined at the end. */
	take(): string | undefined {
		const word = this.word;
		this.#at += 1;
		return word;
	}

	/** Takes a keyword's argument, which must be there. */
	argument(): string {
		return this.take() ?? incomplete();
	}

	/** Puts the last word back. */
	back(): void {
		this.#at -= 1;
	}
}

export function incomplete(): never {
	throw new ToolExit(255, 'Command line is not complete. Try option "help"\n');
}

/** The argument is wrong. Some of iproute2's messages have an empty line behind them. */
export function invalid(argument: string, why: string, end: "\n" | "\n\n" = "\n"): never {
	throw new ToolExit(255, `Error: argument "${argument}" is wrong: ${why}${end}`);
}

export function duplicateOrGarbage(keyword: string, word: string): never {
	throw new ToolExit(255, `Error: either "${keyword}" is duplicate, or "${word}" is a garbage.\n`);
}

export function duplicate(keyword: string, word: string): never {
	throw new ToolExit(255, `Error: duplicate "${keyword}": "${word}" is the second value.\n`);
}

export function unknownCommand(word: string, help: string): never {
	throw new ToolExit(255, `Command "${word}" is unknown, try "${help}".\n`);
}

export function noSuchDevice(name: string, code = 1): never {
	throw new ToolExit(code, `Cannot find device "${name}"\n`);
}

/** `on` or `off`. */
export function onOrOff(keyword: string, word: string, code = 1): boolean {
	if (word !== "on" && word !== "off") {
		throw new ToolExit(code, `Error: argument of "${keyword}" must be "on" or "off", not "${word}"\n`);
	}
	return word === "on";
}

/** An unsigned number as strtoul(3) reads it: decimal, 0x…, or 0… for octal; undefined: it is none, or out of range. */
export function parseUnsigned(text: string, max = 0xffffffff): number | undefined {
	const match = /^(?:(0x[0-9a-f]+)|(0[0-7]*)|([1-9][0-9]*))$/i.exec(text);
	if (match === null) return undefined;
	const value = match[2] === undefined ? Number(text) : Number.parseInt(text, 8);
	return value <= max ? value : undefined;
}
