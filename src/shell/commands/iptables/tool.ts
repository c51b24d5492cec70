/** How iptables and iptables-restore say that something failed, and with which exit code they leave. */
import { ToolExit } from "../tool-exit.ts";

export const IPTABLES_VERSION = "1.8.9";

/** What the kernel was asked to do, in the words of the nft backend: `RULE_APPEND`, `rule in chain INPUT`. */
export interface KernelStep {
	readonly step: string;
	readonly where: string;
}

export interface Tool {
	readonly name: "iptables" | "iptables-restore";
	/** `v1.8.9 (nf_tables)` */
	readonly version: string;
	/** The line of the file being restored; undefined: a command line. */
	readonly line: number | undefined;
}

/** The backend's name follows how the program was called: all names do the same, as here there is one kernel. */
export function versionText(calledAs: string): string {
	return `v${IPTABLES_VERSION} (${calledAs.includes("legacy") ? "legacy" : "nf_tables"})`;
}

/** The words are wrong: exit 2. */
export function usage(tool: Tool, message: string): ToolExit {
	const prefix = message.startsWith("Bad argument ") ? "" : `${tool.name} ${tool.version}: `;
	const end = endsInNewline(message) ? "\n" : "";
	const at = tool.line === undefined ? "" : `Error occurred at line: ${tool.line}\n`;
	return new ToolExit(2, `${prefix}${message}${end}\n${at}${tryHelp(tool.name)}`);
}

export function tryHelp(name: string): string {
	return `Try \`${name} -h' or '${name} --help' for more information.\n`;
}

/** What was named is not there, or the like: exit 1. `hint` adds that the kernel log may say more. */
export function failed(tool: Tool, message: string, options: { readonly hint?: boolean } = {}): ToolExit {
	if (tool.line !== undefined) return new ToolExit(1, `${tool.name}: line ${tool.line} failed: ${message}.\n`);
	const hint = options.hint === true ? " Run `dmesg' for more information." : "";
	return new ToolExit(1, `${tool.name}: ${message}.${hint}\n`);
}

/** The kernel refused: exit 4. */
export function refused(tool: Tool, { step, where }: KernelStep, errno: string): ToolExit {
	const what = `${step} failed (${errno}): ${where}`;
	const text = tool.line === undefined ? ` ${what}` : `\nline ${tool.line}: ${what}`;
	return new ToolExit(4, `${tool.name} ${tool.version}: ${text}\n`);
}

/** Complaints of the option parser that carry a line end of their own. */
function endsInNewline(message: string): boolean {
	return (
		/^[\w-]+: (option "|bad value |bad integer |Too many components )/.test(message) ||
		/^(Couldn't load match |Can't use -|The -t option |log level |Argument must have )/.test(message) ||
		/^Set .* doesn't exist|^The protocol family of set |^Port "|^--wait-interval /.test(message)
	);
}

/** Shorter than the real one's, in podwire's words. */
export function helpText({ name, version }: Tool): string {
	return `${name} ${version}

Usage: ${name} -[ACD] chain rule-specification [options]
       ${name} -I chain [rulenum] rule-specification [options]
       ${name} -R chain rulenum rule-specification [options]
       ${name} -D chain rulenum [options]
       ${name} -[LS] [chain [rulenum]] [options]
       ${name} -[FZ] [chain] [options]
       ${name} -[NX] chain
       ${name} -E old-chain-name new-chain-name
       ${name} -P chain target [options]
       ${name} -h (this text)

Commands: --append -A, --check -C, --delete -D, --insert -I, --replace -R, --list -L, --list-rules -S, --flush -F,
  --zero -Z, --new-chain -N, --delete-chain -X, --rename-chain -E, --policy -P
Options: --table -t, --protocol -p, --source -s, --destination -d, --in-interface -i, --out-interface -o, --jump -j,
  --goto -g, --match -m, --numeric -n, --verbose -v, --exact -x, --line-numbers, --fragments -f, --set-counters -c,
  --wait -w, --modprobe, --version -V; ! before an option inverts it
Modelled matches and targets: see docs/fidelity.md
`;
}
