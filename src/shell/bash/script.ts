/** A text as bash reads it: one whole command after the other, up to the first that cannot be read. */
import { type ParseError, parse, type Statement } from "unbash";
import { isIncomplete } from "./messages.ts";

export interface Script {
	readonly statements: readonly Statement[];
	/** What follows the statements cannot be read. */
	readonly error: ParseError | undefined;
}

/** The parser goes on after an error with what it makes of the rest; bash runs only what stands on whole lines before it. */
export function parseScript(text: string): Script {
	const { commands, errors } = parse(text);
	const error = errors?.[0];
	if (error === undefined) return { statements: commands, error };
	for (let end = lineStart(text, error.pos); end > 0; end = lineStart(text, end - 1)) {
		const before = text.slice(0, end);
		const script = parse(before);
		if (script.errors === undefined && !isIncomplete(script, before)) return { statements: script.commands, error };
	}
	return { statements: [], error };
}

function lineStart(text: string, at: number): number {
	return at <= 0 ? 0 : text.lastIndexOf("\n", at - 1) + 1;
}
