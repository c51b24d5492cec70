/** The options before `ip`'s object. */
import { ToolExit } from "../tool-exit.ts";
import { invalid, matches, type Words } from "./words.ts";

export type IpFamilyOption = "any" | "inet" | "inet6" | "link" | "bridge" | "mpls";

export interface IpOptions {
	family: IpFamilyOption;
	/** How often -s was given. */
	stats: number;
	details: number;
	oneline: boolean;
	brief: boolean;
	json: boolean;
	pretty: boolean;
	numeric: boolean;
	human: boolean;
	iec: boolean;
	force: boolean;
	all: boolean;
	/** -n. */
	netns: string | undefined;
	/** -batch. */
	batch: string | undefined;
	version: boolean;
	help: boolean;
}

export function defaultOptions(): IpOptions {
	return {
		family: "any",
		stats: 0,
		details: 0,
		oneline: false,
		brief: false,
		json: false,
		pretty: false,
		numeric: false,
		human: false,
		iec: false,
		force: false,
		all: false,
		netns: undefined,
		batch: undefined,
		version: false,
		help: false,
	};
}

/** Takes the options at the cursor. Of two that an abbreviation fits, the first in this list is meant. */
export function parseOptions(words: Words): IpOptions {
	const options = defaultOptions();
	while (words.word?.startsWith("-") === true) {
		const typed = words.argument();
		if (typed === "--") break;
		const option = typed.startsWith("--") ? typed.slice(1) : typed;
		const found = OPTIONS.find(([names]) => names.some((name) => fits(option, name)));
		if (found === undefined) throw new ToolExit(255, `Option "${option}" is unknown, try "ip -help".\n`);
		found[1](options, words);
		if (options.version || options.help) break;
	}
	return options;
}

type OptionRow = readonly [names: readonly string[], set: (options: IpOptions, words: Words) => void];

/** A name of one letter or digit behind the dash is not abbreviated; a colour may say when. */
function fits(typed: string, name: string): boolean {
	if (name === "-color") return /^-c(o|ol|olo|olor|)(=(always|auto|never))?$/.test(typed);
	return typed !== "-" && matches(typed, name);
}

const IGNORED = (): void => {};

function turnOn(
	key: "human" | "iec" | "oneline" | "version" | "force" | "brief" | "json" | "pretty" | "help" | "numeric" | "all",
): OptionRow[1] {
	return (options) => {
		options[key] = true;
	};
}

const OPTIONS: readonly OptionRow[] = [
	[["-loops"], (_options, words) => void words.argument()],
	[["-family"], (options, words) => setFamily(options, words.argument())],
	[["-4"], (options) => setFamily(options, "inet")],
	[["-6"], (options) => setFamily(options, "inet6")],
	[["-0"], (options) => setFamily(options, "link")],
	[["-M"], (options) => setFamily(options, "mpls")],
	[["-B"], (options) => setFamily(options, "bridge")],
	[["-human", "-human-readable"], turnOn("human")],
	[["-iec"], turnOn("iec")],
	[
		["-stats", "-statistics"],
		(options) => {
			options.stats += 1;
		},
	],
	[
		["-details"],
		(options) => {
			options.details += 1;
		},
	],
	[["-resolve"], IGNORED],
	[["-oneline"], turnOn("oneline")],
	[["-timestamp"], IGNORED],
	[["-tshort"], IGNORED],
	[["-Version"], turnOn("version")],
	[["-force"], turnOn("force")],
	[
		["-batch"],
		(options, words) => {
			options.batch = words.argument();
		},
	],
	[["-brief"], turnOn("brief")],
	[["-json"], turnOn("json")],
	[["-pretty"], turnOn("pretty")],
	[["-rcvbuf"], (_options, words) => void words.argument()],
	[["-color"], IGNORED],
	[["-help"], turnOn("help")],
	[
		["-netns"],
		(options, words) => {
			options.netns = words.take() ?? "(null)";
		},
	],
	[["-Numeric"], turnOn("numeric")],
	[["-all"], turnOn("all")],
];

function setFamily(options: IpOptions, name: string): void {
	if (name === "help") {
		options.help = true;
		return;
	}
	const known: readonly IpFamilyOption[] = ["inet", "inet6", "link", "bridge", "mpls"];
	options.family = known.find((family) => family === name) ?? invalid(name, "invalid protocol family");
}
