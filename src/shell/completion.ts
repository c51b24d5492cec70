/** What Tab may stand for: commands, machines, what a command itself proposes, file names. */
import { BUILTINS } from "./bash/builtins/table.ts";
import { findEntry } from "./bash/lookup.ts";
import { COMMANDS } from "./commands/registry.ts";
import type { Host } from "./host.ts";
import { resolvePath } from "./memory-files.ts";
import type { Session } from "./session.ts";

export interface Completion {
	/** What the last word may become, sorted. */
	readonly candidates: readonly string[];
	/** The last word as it is. */
	readonly word: string;
}

interface Place {
	readonly host: Host;
	readonly netns: string;
	readonly cwd: string;
}

export async function completeLine(line: string, session: Session): Promise<Completion> {
	const piece = line.split(/[|;&(]|\$\(/).at(-1) ?? "";
	const words = piece.trimStart().split(/\s+/);
	const word = words.at(-1) ?? "";
	const { level } = session;
	const names = await candidates(words, { host: level.host, netns: level.netns, cwd: level.cwd }, session);
	const matching = new Set(names.filter((name) => name.startsWith(word)));
	return { candidates: [...matching].sort((a, b) => (a < b ? -1 : 1)), word };
}

async function candidates(words: readonly string[], place: Place, session: Session): Promise<readonly string[]> {
	const [first = "", second = "", third = "", fourth = ""] = words;
	const { hosts } = session.world;
	if (words.length === 1) {
		if (first.includes("/")) return fileNames(first, place);
		return [...commandNames(), ...[...hosts.keys()].map((name) => `@${name}`)];
	}
	if (first === "sudo" || first === "watch") return candidates(words.slice(1), place, session);
	const host = hosts.get(first.startsWith("@") ? first.slice(1) : second);
	if ((first === "on" || first === "ssh") && words.length === 2) return [...hosts.keys()];
	if (host !== undefined && (first.startsWith("@") || first === "on")) {
		const there = { host, netns: host.rootNetns, cwd: "/root" };
		return candidates(words.slice(first === "on" ? 2 : 1), there, session);
	}
	if (first === "ip" && second === "netns" && third === "exec" && words.length > 4) {
		const netns = place.host.namedNetns.get(fourth) ?? place.netns;
		return candidates(words.slice(4), { ...place, netns }, session);
	}
	const devices = await deviceNames(place, session);
	if (DEVICE_OPTIONS.has(words.at(-2) ?? "")) return first === "tcpdump" ? [...devices, "any"] : devices;
	const own = await findEntry(first)?.complete?.(words.slice(0, -1), { host: place.host, netns: place.netns });
	return own === undefined ? fileNames(words.at(-1) ?? "", place) : [...own, ...devices];
}

/** A device's name comes after these. */
const DEVICE_OPTIONS: ReadonlySet<string> = new Set(["-i", "-I", "-o", "--interface", "dev", "master"]);

async function deviceNames({ netns }: Place, session: Session): Promise<readonly string[]> {
	const links = await session.world.kernel.dump(netns, ["link"]);
	return links.ok ? links.value.flatMap((object) => (object.kind === "link" ? [object.name] : [])) : [];
}

function commandNames(): readonly string[] {
	return [...COMMANDS.flatMap((entry) => entry.names), ...BUILTINS.keys()];
}

/** Directories end in a slash. */
async function fileNames(word: string, { host, netns, cwd }: Place): Promise<readonly string[]> {
	const start = word.slice(0, word.lastIndexOf("/") + 1);
	const directory = resolvePath(cwd, start === "" ? "." : start);
	try {
		const names: string[] = [];
		for (const name of await host.files.list(directory, { netns })) {
			const path = `${directory === "/" ? "" : directory}/${name}`;
			const { type } = await host.files.stat(path, { netns });
			names.push(`${start}${name}${type === "directory" ? "/" : ""}`);
		}
		return names;
	} catch {
		return [];
	}
}
