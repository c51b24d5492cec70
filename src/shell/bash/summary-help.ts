/** `--help` of the small tools of coreutils and util-linux: what podwire has of them, which is in their summary. */
import type { CommandEntry } from "../command.ts";
import { baseName } from "../inputs.ts";

/** Their error messages end in "Try 'NAME --help'"; other commands have help texts of their own. */
const NAMES: ReadonlySet<string> = new Set(
	[
		"awk basename cat chmod cp cut date dirname dmesg egrep env fgrep grep head hostname id less ls lsns mkdir more mv nl nohup",
		"nsenter pgrep pkill ps rm rmdir sed seq sleep sort tac tail tee timeout touch tr uname uniq unshare uptime watch wc which",
		"whoami xargs",
	].flatMap((names) => names.split(" ")),
);

/** Undefined: the program is to run. */
export function summaryHelp({ summary }: CommandEntry, argv: readonly string[]): string | undefined {
	const name = baseName(argv[0] ?? "");
	if (argv.length !== 2 || argv[1] !== "--help" || !NAMES.has(name)) return undefined;
	return `Usage: ${name} [OPTION]... [ARGUMENT]...\n${summary}\n`;
}
