/** ipsets and accounting objects as lines that can be compared. */
import { formatElement } from "../formats/ipset/element.ts";
import { formatCreateOptions, formatMemberOptions } from "../formats/ipset/options.ts";
import { parseIpSetSave } from "../formats/ipset/parse-listing.ts";
import { syntaxOf } from "../formats/ipset/types.ts";
import type { IpSet, IpSetMember } from "../kernel/ipset.ts";
import type { Nfacct } from "../kernel/objects.ts";
import type { Chance } from "./chance.ts";
import { type Close, differing, type Lines, type StateDifference } from "./differing.ts";

/**
 * A line for each set and each element, by name. In which order a hash lists its elements is compared where the scenario's
 * text gives its `initval`; otherwise the kernel draws it. `unordered`: sets of which it is not, by name.
 */
export function setLines(sets: readonly IpSet[], text: string, unordered: ReadonlySet<string> = new Set()): Lines {
	const parsed = parseIpSetSave(text);
	const given = new Map((parsed.ok ? parsed.value : []).map((set) => [set.name, set.options?.initval]));
	const lines = new Map<string, string>();
	for (const set of sets) {
		if (set.type === undefined) continue;
		const type = syntaxOf(set.type);
		const { initval, ...options } = set.options ?? {};
		const isOrdered = !unordered.has(set.name) && (!set.type.startsWith("hash:") || given.get(set.name) !== undefined);
		const known = isOrdered && initval !== undefined ? { ...options, initval } : options;
		const elements = (set.entries ?? []).map((member) => [formatElement(member.parts, type), member] as const);
		const order = isOrdered ? `: ${elements.map(([element]) => element).join(" ")}` : "";
		const head = formatCreateOptions({ ...set, options: known }, type);
		lines.set(set.name, `create ${set.name} ${type.name} ${head}${order}`);
		for (const [element, member] of elements) {
			lines.set(`${set.name} ${element}`, `add ${set.name} ${element}${formatMemberOptions(member)}`);
		}
	}
	return lines;
}

/**
 * As they are first, for what the scenario wrote into them stays; then without the order of those with a port that NAT drew,
 * for a hash lists its elements by what they are.
 */
export function setDifference(
	sim: readonly IpSet[],
	real: readonly IpSet[],
	{ text, chance, late }: { readonly text: string; readonly chance: Chance; readonly late: number },
): StateDifference | undefined {
	const close: Close = (x, y) => sameElement(x, y, late) && chance.count("ipset timeout");
	const found = differing("ipset", setLines(sim, text), setLines(real, text), close);
	if (found === undefined) return undefined;
	const drawn = new Set<string>();
	const theirs = real.map((set) => {
		const entries = (set.entries ?? []).map((member) => withSimPorts(member, chance));
		if (entries.every((member, k) => member === set.entries?.[k])) return set;
		drawn.add(set.name);
		return { ...set, entries };
	});
	if (drawn.size === 0) return found;
	return differing("ipset", setLines(sim, text, drawn), setLines(theirs, text, drawn), close);
}

/** An element in the simulated kernel's terms; the same one if no port of it was drawn. */
function withSimPorts(member: IpSetMember, chance: Chance): IpSetMember {
	const parts = member.parts.map((part) => {
		if (part.kind !== "port" || part.to !== undefined) return part;
		const port = chance.simPort(part.proto, part.port);
		return port === part.port ? part : { ...part, port };
	});
	return parts.every((part, k) => part === member.parts[k]) ? member : { ...member, parts };
}

/** What is left of a timeout: a second more, or up to `late` seconds less. */
export function isLater(sim: number, real: number, late: number): boolean {
	return real - sim <= 1 && sim - real <= late;
}

/** The same element but for its timeout. */
export function sameElement(sim: string, real: string, late: number): boolean {
	const seconds = / timeout (\d+)/;
	const [a, b] = [seconds.exec(sim), seconds.exec(real)];
	if (a === null || b === null || !isLater(Number(a[1]), Number(b[1]), late)) return false;
	return sim.startsWith("add ") && sim.replace(seconds, "") === real.replace(seconds, "");
}

export function accountLines(accounts: readonly Nfacct[]): Lines {
	return new Map(
		accounts.map(({ name, counters }) => [name, `nfacct ${name} [${counters?.packets ?? 0}:${counters?.bytes ?? 0}]`]),
	);
}
