/** Options as getopt_long(3) of glibc reads them, with its messages. */
import { err, ok, type Result } from "../base/result.ts";

export interface OptionSpec {
	/** Letters; `:` after one that takes a value, `::` after one that may have it attached. */
	readonly short: string;
	/**
	 * Long names → what they are reported as; a name that ends in `=` takes a value, in `=?` may have one. Without, two hyphens
	 * are read as getopt(3) does: the second is a letter.
	 */
	readonly long?: Readonly<Record<string, string>>;
	/** Options end at the first word that is none (`ip netns exec`, `sudo`, `timeout`). */
	readonly stopAtWord?: boolean;
}

export interface ParsedOptions {
	/** In order; a long option under the name it is reported as. */
	readonly options: readonly { readonly name: string; readonly value: string }[];
	readonly words: readonly string[];
	readonly has: (name: string) => boolean;
	/** The last value given. */
	readonly value: (name: string) => string | undefined;
}

/** The error is the message without the program's name: `invalid option -- 'x'`. */
export function getopt(args: readonly string[], spec: OptionSpec): Result<ParsedOptions, string> {
	const options: { name: string; value: string }[] = [];
	const words: string[] = [];
	for (let at = 0; at < args.length; at += 1) {
		const arg = args[at] ?? "";
		if (arg === "--") {
			words.push(...args.slice(at + 1));
			break;
		}
		if (arg === "-" || !arg.startsWith("-")) {
			if (spec.stopAtWord === true) {
				words.push(...args.slice(at));
				break;
			}
			words.push(arg);
			continue;
		}
		const taken =
			arg.startsWith("--") && spec.long !== undefined
				? takeLong(arg.slice(2), args[at + 1], spec)
				: takeShort(arg.slice(1), args[at + 1], spec);
		if (!taken.ok) return taken;
		options.push(...taken.value.options);
		if (taken.value.usedNext) at += 1;
	}
	return ok({
		options,
		words,
		has: (name) => options.some((option) => option.name === name),
		value: (name) => options.findLast((option) => option.name === name)?.value,
	});
}

interface Taken {
	readonly options: readonly { readonly name: string; readonly value: string }[];
	readonly usedNext: boolean;
}

function takeShort(letters: string, next: string | undefined, spec: OptionSpec): Result<Taken, string> {
	const options: { name: string; value: string }[] = [];
	for (let k = 0; k < letters.length; k += 1) {
		const letter = letters[k] ?? "";
		const at = letter === ":" ? -1 : spec.short.indexOf(letter);
		if (at < 0) return err(`invalid option -- '${letter}'`);
		const wants = /^:*/.exec(spec.short.slice(at + 1))?.[0].length ?? 0;
		if (wants === 0) {
			options.push({ name: letter, value: "" });
			continue;
		}
		const attached = letters.slice(k + 1);
		if (attached !== "" || wants === 2) {
			options.push({ name: letter, value: attached });
			return ok({ options, usedNext: false });
		}
		if (next === undefined) return err(`option requires an argument -- '${letter}'`);
		options.push({ name: letter, value: next });
		return ok({ options, usedNext: true });
	}
	return ok({ options, usedNext: false });
}

function takeLong(text: string, next: string | undefined, spec: OptionSpec): Result<Taken, string> {
	const equals = text.indexOf("=");
	const given = equals < 0 ? text : text.slice(0, equals);
	const known = Object.keys(spec.long ?? {});
	const bare = (name: string): string => name.replace(/=\??$/, "");
	const matches = known.filter((name) => bare(name) === given);
	const near = matches.length > 0 ? matches : known.filter((name) => bare(name).startsWith(given));
	const [found] = near;
	if (found === undefined) return err(`unrecognized option '--${text}'`);
	if (near.length > 1 && new Set(near.map((name) => spec.long?.[name])).size > 1) {
		const list = near.map((name) => `'--${bare(name)}'`).join(" ");
		return err(`option '--${given}' is ambiguous; possibilities: ${list}`);
	}
	const name = spec.long?.[found] ?? bare(found);
	if (!found.includes("=")) {
		if (equals >= 0) return err(`option '--${bare(found)}' doesn't allow an argument`);
		return ok({ options: [{ name, value: "" }], usedNext: false });
	}
	if (equals >= 0) return ok({ options: [{ name, value: text.slice(equals + 1) }], usedNext: false });
	if (found.endsWith("=?")) return ok({ options: [{ name, value: "" }], usedNext: false });
	if (next === undefined) return err(`option '--${bare(found)}' requires an argument`);
	return ok({ options: [{ name, value: next }], usedNext: true });
}
