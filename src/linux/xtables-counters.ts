/**
 * What the rules of the legacy backend have counted, asked from the kernel itself (`struct ipt_get_entries`): a hundredth of the time that iptables-save takes. Which rules those
 * are the kernel does not tell in words; that is known to who loaded them.
 */
import type { Chain, Counters, Table, TableName } from "../kernel/xtables.ts";
import { ENTRY, getsockopt, HOOKS, INFO, NAME_BYTES, SOL_IP, TARGET, tableInfo, withIpTables } from "./ip-tables.ts";
import type { LinuxNetns } from "./netns.ts";

const IPT_SO_GET_ENTRIES = 65;
const ENTRIES_HEAD = 40;
/** -NF_DROP - 1. */
const VERDICT_DROP = -1;

/** What a chain has counted: each rule, and a built-in chain's policy. */
interface CountedChain {
	readonly rules: Counters[];
	policy?: { readonly verdict: "accept" | "drop"; readonly counters: Counters };
}

/** The tables with what they have counted. Undefined: the kernel does not have just these rules. */
export function countedTables(netns: LinuxNetns, tables: readonly Table[]): readonly Table[] | undefined {
	return withIpTables(netns, (fd) => {
		const counted: Table[] = [];
		for (const table of tables) {
			const chains = readChains(fd, table.name);
			const merged = chains === undefined ? undefined : merge(table, chains);
			if (merged === undefined) return undefined;
			counted.push(merged);
		}
		return counted;
	});
}

function merge({ name, chains: given }: Table, counted: ReadonlyMap<string, CountedChain>): Table | undefined {
	const known = new Map(given.map((chain) => [chain.name, chain]));
	if (given.some((chain) => !counted.has(chain.name))) return undefined;
	const chains: Chain[] = [];
	for (const [chain, { rules: counters, policy }] of counted) {
		const rules = known.get(chain)?.rules ?? [];
		if (rules.length !== counters.length) return undefined;
		const head = policy === undefined ? {} : { policy: policy.verdict, counters: policy.counters };
		const withCounters = rules.map((rule, k) => ({ ...rule, counters: counters[k] ?? { packets: 0, bytes: 0 } }));
		chains.push({ name: chain, ...head, rules: withCounters });
	}
	return { name, chains };
}

/** By name, in the kernel's order. */
function readChains(fd: number, table: TableName): ReadonlyMap<string, CountedChain> | undefined {
	const head = tableInfo(fd, table);
	if (head === undefined) return undefined;
	const size = head.getUint32(INFO.size, true);
	const all = new Uint8Array(ENTRIES_HEAD + size);
	all.set(Buffer.from(table));
	new DataView(all.buffer).setUint32(NAME_BYTES, size, true);
	if (getsockopt(fd, SOL_IP, IPT_SO_GET_ENTRIES, all, [all.length]) !== 0) return undefined;
	return chainsOf(head, new DataView(all.buffer, ENTRIES_HEAD));
}

function chainsOf(head: DataView, entries: DataView): ReadonlyMap<string, CountedChain> {
	const chains = new Map<string, CountedChain>();
	const [starts, ends] = [new Map<number, string>(), new Set<number>()];
	for (const [hook, name] of HOOKS.entries()) {
		if ((head.getUint32(INFO.validHooks, true) & (1 << hook)) === 0) continue;
		starts.set(head.getUint32(INFO.hookEntry + 4 * hook, true), name);
		ends.add(head.getUint32(INFO.underflow + 4 * hook, true));
	}
	let chain: CountedChain = { rules: [] };
	for (let at = 0; at < entries.byteLength; at += entries.getUint16(at + ENTRY.nextOffset, true)) {
		const target = at + entries.getUint16(at + ENTRY.targetOffset, true);
		const counters = countersAt(entries, at);
		const builtin = starts.get(at);
		const isHead = builtin === undefined && textAt(entries, target + TARGET.name) === "ERROR";
		if (builtin !== undefined || isHead) {
			chain = { rules: [] };
			chains.set(builtin ?? textAt(entries, target + TARGET.data), chain);
		}
		if (isHead) continue;
		if (!ends.has(at)) chain.rules.push(counters);
		else {
			const verdict = entries.getInt32(target + TARGET.data, true) === VERDICT_DROP ? "drop" : "accept";
			chain.policy = { verdict, counters };
		}
	}
	// The end of the table looks like a chain; the end of a chain is a RETURN that nobody wrote.
	chains.delete("ERROR");
	for (const { rules, policy } of chains.values()) if (policy === undefined) rules.pop();
	return chains;
}

function countersAt(entries: DataView, at: number): Counters {
	return {
		packets: Number(entries.getBigUint64(at + ENTRY.packets, true)),
		bytes: Number(entries.getBigUint64(at + ENTRY.lengthBytes, true)),
	};
}

function textAt(entries: DataView, at: number): string {
	let text = "";
	for (let k = at; k < entries.byteLength && entries.getUint8(k) !== 0; k += 1) {
		text += String.fromCharCode(entries.getUint8(k));
	}
	return text;
}
