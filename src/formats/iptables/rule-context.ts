/** What the reader of a rule knows beforehand: the family, the chains, the tool on whose command line the rule stands. */
import type { IpFamily } from "../../wire/addr.ts";
import type { CommonOption } from "./rule-head.ts";

export interface RuleContext {
	readonly family: IpFamily;
	/** The table's chains, where they are known: then `-j` to one of them takes no options. */
	readonly chains?: ReadonlySet<string>;
	/** The tool on whose command line the words stand: its own options among them, modules that nobody has are refused. */
	readonly tool?: ToolOptions;
}

/** A tool's own options (`-A INPUT`, `-n`), which may stand anywhere among the words of a rule (getopt_long). */
export interface ToolOptions {
	/** `-A` → whether a value must, may or cannot be glued to it. */
	readonly letters: ReadonlyMap<string, "required" | "optional" | "none">;
	/** `--append` → `-A`. */
	readonly names: ReadonlyMap<string, string>;
	/** Takes one of them. `rest` are the words after it; the result is how many of them were used, or the complaint. */
	take(option: string, rest: readonly string[], invert: boolean): number | string;
	/** An option that every rule may have was given. */
	note(option: CommonOption): void;
}
