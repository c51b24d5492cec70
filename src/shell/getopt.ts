/** Command line options as glibc's getopt_long(3) takes them, with its words for what it does not understand. */

export interface OptionTable {
	/** One letter each; `:` after those that take an argument. */
	readonly short: string;
	/** Long name → the letter or name that it stands for; `=` after those that take an argument. */
	readonly long?: Readonly<Record<string, string>>;
	/** Options end where operands begin, as in POSIX. Default: they may be mixed. */
	readonly operandsLast?: boolean;
}

export interface GivenOption {
	/** The letter, or what the table says a long name stands for. */
	readonly name: string;
	/** As it was written: `-c`, `--count`. */
	readonly written: string;
	/** Empty for options without an argument. */
	readonly value: string;
}

export interface GivenArguments {
	/** Up to the first that was not understood. */
	readonly options: readonly GivenOption[];
	readonly operands: readonly string[];
	/** glibc's sentence about the first that was not understood, without the program's name. */
	readonly error: string | undefined;
}

/** Sorts arguments into options and operands. */
export function getopt(args: readonly string[], table: OptionTable): GivenArguments {
	const options: GivenOption[] = [];
	const operands: string[] = [];
	const rest = [...args];
	for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
		if (word === "--") return { options, operands: [...operands, ...rest], error: undefined };
		if (!word.startsWith("-") || word === "-") {
			if (table.operandsLast === true) return { options, operands: [word, ...rest], error: undefined };
			operands.push(word);
			continue;
		}
		const taken = word.startsWith("--") ? takeLong(word, rest, table) : takeShort(word, rest, table);
		options.push(...taken.options);
		if (taken.error !== undefined) return { options, operands: [...operands, ...rest], error: taken.error };
	}
	return { options, operands, error: undefined };
}

interface Taken {
	readonly options: readonly GivenOption[];
	readonly error?: string;
}

/** `-v`, `-vc3`, `-c 3`. */
function takeShort(word: string, rest: string[], table: OptionTable): Taken {
	const options: GivenOption[] = [];
	for (let at = 1; at < word.length; at += 1) {
		const letter = word[at] ?? "";
		const place = letter === ":" ? -1 : table.short.indexOf(letter);
		if (place < 0) return { options, error: `invalid option -- '${letter}'` };
		if (table.short[place + 1] !== ":") {
			options.push({ name: letter, written: `-${letter}`, value: "" });
			continue;
		}
		const value = at + 1 < word.length ? word.slice(at + 1) : rest.shift();
		if (value === undefined) return { options, error: `option requires an argument -- '${letter}'` };
		options.push({ name: letter, written: `-${letter}`, value });
		break;
	}
	return { options };
}

/** `--count=3`, `--count 3`, `--cou 3`. */
function takeLong(word: string, rest: string[], table: OptionTable): Taken {
	const equals = word.indexOf("=");
	const typed = word.slice(2, equals < 0 ? undefined : equals);
	const found = findLong(typed, table.long ?? {});
	if (found === undefined) return { options: [], error: `unrecognized option '--${typed}'` };
	if (found.length > 1) {
		const possible = found.map(([name]) => `'--${name}'`).join(" ");
		return { options: [], error: `option '--${typed}' is ambiguous; possibilities: ${possible}` };
	}
	const [[long, stands] = ["", ""]] = found;
	const name = stands.replace(/=$/, "");
	const written = `--${long}`;
	if (name === stands) {
		if (equals >= 0) return { options: [], error: `option '${written}' doesn't allow an argument` };
		return { options: [{ name, written, value: "" }] };
	}
	const value = equals >= 0 ? word.slice(equals + 1) : rest.shift();
	if (value === undefined) return { options: [], error: `option '${written}' requires an argument` };
	return { options: [{ name, written, value }] };
}

/** The entries that a long name may mean: one, or several when it is a beginning of several that differ. */
function findLong(
	typed: string,
	long: Readonly<Record<string, string>>,
): readonly (readonly [string, string])[] | undefined {
	const entries = Object.entries(long);
	const exact = entries.filter(([name]) => name === typed);
	if (exact.length > 0) return exact;
	const near = entries.filter(([name]) => name.startsWith(typed));
	const meanings = new Set(near.map(([, stands]) => stands));
	if (near.length === 0) return undefined;
	return meanings.size === 1 ? near.slice(0, 1) : near;
}
