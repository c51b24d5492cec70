/** ipsets and accounting objects as lines that can be compared. */
import { formatElement } from "../formats/ipset/element.ts";
import { formatCreateOptions, formatMemberOptions } from "../formats/ipset/options.ts";
import { parseIpSetSave } from "../formats/ipset/parse-listing.ts";
import { syntaxOf } from "../formats/ipset/types.ts";
import type { IpSet } from "../kernel/ipset.ts";
import type { Nfacct } from "../kernel/objects.ts";

/**
 * A line for each set and each element, by name. In which order a hash lists its elements is compared where the scenario's
 * text gives its `initval`; otherwise the kernel draws it. `unordered`: sets of which it is not, by name.
 */
export function setLines(
	sets: readonly IpSet[],
	text: string,
	unordered: ReadonlySet<string> = new Set(),
): ReadonlyMap<string, string> {
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

export function accountLines(accounts: readonly Nfacct[]): ReadonlyMap<string, string> {
	return new Map(
		accounts.map(({ name, counters }) => [name, `nfacct ${name} [${counters?.packets ?? 0}:${counters?.bytes ?? 0}]`]),
	);
}
