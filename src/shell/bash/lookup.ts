/** Which command a name stands for, and which names are near when it is none. */
import { distance } from "fastest-levenshtein";
import type { CommandEntry } from "../command.ts";
import { COMMANDS } from "../commands/registry.ts";
import type { Host } from "../host.ts";
import { basename, dirname, resolvePath } from "../memory-files.ts";

/** Where programs are: those of the administrator in /usr/sbin. */
const SBIN = new Set(
	"arp arping brctl bridge conntrack ethtool ifconfig ip ip6tables iptables iptables-legacy iptables-nft iptables-restore iptables-save nsenter route rsyslogd service ss sysctl tcpdump".split(
		" ",
	),
);
const BIN_DIRECTORIES = new Set(["/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"]);

/** Programs here that bash has built in. */
export const ALSO_BUILTIN: ReadonlySet<string> = new Set(["echo", "false", "printf", "true"]);

export type FoundProgram =
	| { readonly kind: "program"; readonly entry: CommandEntry; readonly path: string }
	| { readonly kind: "script"; readonly path: string; readonly text: string }
	| { readonly kind: "refused"; readonly reason: "missing" | "directory" | "not executable" };

export function findEntry(name: string): CommandEntry | undefined {
	return COMMANDS.find((entry) => entry.names.includes(name));
}

/** `/usr/sbin/ip` for `ip`. */
export function programPath(name: string): string {
	return `/usr/${SBIN.has(name) ? "sbin" : "bin"}/${name}`;
}

/** Finds a program by its name or its path. */
export async function findProgram(
	name: string,
	where: { readonly host: Host; readonly cwd: string; readonly netns: string },
): Promise<FoundProgram> {
	if (!name.includes("/")) {
		const entry = findEntry(name);
		return entry === undefined
			? { kind: "refused", reason: "missing" }
			: { kind: "program", entry, path: programPath(name) };
	}
	const path = resolvePath(where.cwd, name);
	const { files } = where.host;
	const view = { netns: where.netns };
	const stat = await files.stat(path, view).catch(() => undefined);
	if (stat === undefined) {
		const entry = BIN_DIRECTORIES.has(dirname(path)) ? findEntry(basename(path)) : undefined;
		return entry === undefined ? { kind: "refused", reason: "missing" } : { kind: "program", entry, path };
	}
	if (stat.type === "directory") return { kind: "refused", reason: "directory" };
	if (!stat.executable) return { kind: "refused", reason: "not executable" };
	const text = await files.read(path, view);
	const entry = findEntry(/^#!podwire (\S+)/.exec(text)?.[1] ?? "");
	return entry === undefined ? { kind: "script", path, text } : { kind: "program", entry, path };
}

/** The nearest of the names, when one is near enough to have been meant. */
export function nearestName(name: string, names: Iterable<string>): string | undefined {
	let best: string | undefined;
	// Of a short name one letter may be wrong.
	let least = name.length <= 4 ? 2 : 3;
	for (const candidate of names) {
		const far = distance(name, candidate);
		if (far < least) {
			least = far;
			best = candidate;
		}
	}
	return best;
}
