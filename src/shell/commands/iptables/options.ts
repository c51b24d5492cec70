/** The options of iptables itself, and which command takes which. */
import type { ToolOptions } from "../../../formats/iptables/rule-context.ts";

export const COMMANDS = ["A", "C", "D", "I", "R", "L", "S", "F", "Z", "N", "X", "E", "P"] as const;
export type CommandLetter = (typeof COMMANDS)[number];

export const LETTERS: ToolOptions["letters"] = new Map([
	["-A", "required"],
	["-C", "required"],
	["-D", "required"],
	["-I", "required"],
	["-R", "required"],
	["-L", "optional"],
	["-S", "optional"],
	["-F", "optional"],
	["-Z", "optional"],
	["-N", "required"],
	["-X", "optional"],
	["-E", "required"],
	["-P", "required"],
	["-t", "required"],
	["-M", "required"],
	["-w", "optional"],
	["-W", "optional"],
	["-h", "optional"],
	["-n", "none"],
	["-v", "none"],
	["-x", "none"],
	["-V", "none"],
	["-4", "none"],
	["-6", "none"],
	["--line-numbers", "none"],
]);

export const LONG_NAMES: ToolOptions["names"] = new Map([
	["--append", "-A"],
	["--check", "-C"],
	["--delete", "-D"],
	["--insert", "-I"],
	["--replace", "-R"],
	["--list", "-L"],
	["--list-rules", "-S"],
	["--flush", "-F"],
	["--zero", "-Z"],
	["--new-chain", "-N"],
	["--delete-chain", "-X"],
	["--rename-chain", "-E"],
	["--policy", "-P"],
	["--table", "-t"],
	["--modprobe", "-M"],
	["--wait", "-w"],
	["--wait-interval", "-W"],
	["--help", "-h"],
	["--numeric", "-n"],
	["--verbose", "-v"],
	["--exact", "-x"],
	["--version", "-V"],
	["--ipv4", "-4"],
	["--ipv6", "-6"],
	["--line-numbers", "--line-numbers"],
]);

/** Commands beside which `-Z` may stand. */
export const MAY_ZERO: ReadonlySet<CommandLetter> = new Set<CommandLetter>(["L", "S"]);

/** In the order in which the first illegal one is named. */
const CHECKED = ["n", "s", "d", "p", "j", "v", "x", "i", "o", "0", "c", "f"] as const;
const OF_A_RULE = "sdpjviof";
const LEGAL: Readonly<Record<CommandLetter | "D number", string>> = {
	A: `${OF_A_RULE}c`,
	I: `${OF_A_RULE}c`,
	R: `${OF_A_RULE}c`,
	C: OF_A_RULE,
	D: OF_A_RULE,
	"D number": "v",
	L: "nvx0",
	S: "v",
	F: "v",
	Z: "v",
	N: "v",
	X: "v",
	E: "v",
	P: "vc",
};

/** The letter of an option that the command does not take. */
export function illegalOption(command: CommandLetter | "D number", given: ReadonlySet<string>): string | undefined {
	return CHECKED.find((letter) => given.has(letter) && !LEGAL[command].includes(letter));
}
