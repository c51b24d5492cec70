/**
 * What the rules of the legacy backend have counted, asked from the kernel itself (`struct ipt_getinfo`, `struct
 * ipt_get_entries` of linux/netfilter_ipv4/ip_tables.h): a hundredth of the time that iptables-save takes. Which rules those
 * are the kernel does not tell in words; that is known to who loaded them.
 */
import type { Chain, Counters, Table, TableName } from "../kernel/xtables.ts";
import { AF_INET, bind, libc, SOCK_CLOEXEC, SOCK_RAW } from "./libc.ts";
import type { LinuxNetns } from "./netns.ts";

const IPPROTO_RAW = 255;
const SOL_IP = 0;
const IPT_SO_GET_INFO = 64;
const IPT_SO_GET_ENTRIES = 65;
const NAME_BYTES = 32;
const INFO = { validHooks: 32, hookEntry: 36, underflow: 56, size: 80, bytes: 84 } as const;
const ENTRIES_HEAD = 40;
const ENTRY = { targetOffset: 88, nextOffset: 90, packets: 96, lengthBytes: 104 } as const;
/** struct xt_entry_target: the size, the name (empty: a verdict), then the verdict or the chain's name. */
const TARGET = { name: 2, data: 32 } as const;
const HOOKS = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"] as const;
/** -NF_DROP - 1. */
const VERDICT_DROP = -1;

const getsockopt = bind(
	"int getsockopt(int fd, int level, int name, _Inout_ uint8_t *value, _Inout_ uint32_t *length)",
);

/** What a chain has counted: each rule, and a built-in chain's policy. */
interface CountedChain {
	readonly rules: Counters[];
	policy?: { readonly verdict: "accept" | "drop"; readonly counters: Counters };
}

/** The tables with what they have counted. Undefined: the kernel does not have just these rules. */
export function countedTables(netns: LinuxNetns, tables: readonly Table[]): readonly Table[] | undefined {
	const fd = netns.run(() => libc.socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
	if (fd < 0) return undefined;
	try {
		const counted: Table[] = [];
		for (const table of tables) {
			const chains = readChains(fd, table.name);
			const merged = chains === undefined ? undefined : merge(table, chains);
			if (merged === undefined) return undefined;
			counted.push(merged);
		}
		return counted;
	} finally {
		libc.close(fd);
	}
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
	const info = new Uint8Array(INFO.bytes);
	info.set(Buffer.from(table));
	if (getsockopt(fd, SOL_IP, IPT_SO_GET_INFO, info, [info.length]) !== 0) return undefined;
	const head = new DataView(info.buffer);
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
