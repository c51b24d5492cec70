/** Netfilter hooks (net/netfilter/core.c): functions registered by family, hook and priority, run in order. */
import type { HookName } from "../../kernel/xtables.ts";
import { dropSkb, traceStep } from "../trace.ts";
import type { Fate, HookEntry, HookFamily, HookState, NetDevice, Netns, Skb } from "../types.ts";

/** Priorities of include/uapi/linux/netfilter_ipv4.h and netfilter_bridge.h. */
export const NF_PRI = {
	FIRST: -0x80000000,
	RAW_BEFORE_DEFRAG: -450,
	CONNTRACK_DEFRAG: -400,
	RAW: -300,
	CONNTRACK: -200,
	MANGLE: -150,
	NAT_DST: -100,
	FILTER: 0,
	SECURITY: 50,
	NAT_SRC: 100,
	CONNTRACK_HELPER: 300,
	CONNTRACK_CONFIRM: 0x7fffffff,
} as const;

/** Registers a function; the result takes it away again (`nf_register_net_hook`). */
export function registerNetHook(netns: Netns, family: HookFamily, hook: HookName, entry: HookEntry): () => void {
	const key = hookKey(family, hook);
	const entries = netns.hooks.get(key) ?? [];
	const at = entries.findIndex((other) => other.priority >= entry.priority);
	netns.hookGeneration += 1;
	netns.hooks.set(key, at < 0 ? [...entries, entry] : [...entries.slice(0, at), entry, ...entries.slice(at)]);
	return () => {
		netns.hookGeneration += 1;
		netns.hooks.set(
			key,
			(netns.hooks.get(key) ?? []).filter((other) => other !== entry),
		);
	};
}

export function hookKey(family: HookFamily, hook: HookName): string {
	return KEYS[family][hook];
}

/**
 * Runs the functions of a hook and then `okfn` (`NF_HOOK`). A dropped packet ends here. A function that returns
 * "stolen" has taken the packet; it leaves its fate in `stolen.fate`.
 */
export function nfHook(args: Omit<HookState, "dropReason" | "dropDetail" | "dropRule">, skb: Skb): Fate {
	const entries = args.netns.hooks.get(KEYS[args.family][args.hook]);
	if (entries === undefined || entries.length === 0) return args.okfn(skb);
	return runHooks(entries, 0, args, skb);
}

/** Like `nfHook`, but only functions with a priority of at least `fromPriority` (`NF_HOOK_THRESH`). */
export function nfHookThresh(args: HookState, skb: Skb, fromPriority: number): Fate {
	const entries = args.netns.hooks.get(KEYS[args.family][args.hook]) ?? [];
	let start = 0;
	while ((entries[start]?.priority ?? 0x7fffffff) < fromPriority && start < entries.length) start += 1;
	return start >= entries.length ? args.okfn(skb) : runHooks(entries, start, args, skb);
}

/** Where a function that returned "stolen" left the packet's fate. */
export const stolen: { fate: Fate } = { fate: "queued" };

function runHooks(entries: readonly HookEntry[], start: number, state: HookState, skb: Skb): Fate {
	if (skb.machine.tracer !== undefined) traceHook(state, skb);
	for (let k = start; k < entries.length; k += 1) {
		const entry = entries[k];
		if (entry === undefined) break;
		const verdict = entry.fn(skb, state);
		if (verdict === "accept") continue;
		if (verdict === "stolen") return stolen.fate;
		return dropSkb(skb, state.netns, entry.name, state.dropReason ?? "NETFILTER_DROP", {
			...(state.dropDetail === undefined ? {} : { detail: state.dropDetail }),
			...state.dropRule,
		});
	}
	return state.okfn(skb);
}

function traceHook(state: HookState, skb: Skb): void {
	traceStep(skb, state.netns, "nf_hook_slow", {
		step: "hook",
		family: state.family,
		hook: state.hook,
		...named("indev", state.indev),
		...named("outdev", state.outdev),
		...named("physin", skb.nfBridge?.physin),
		...named("physout", skb.nfBridge?.physout),
	});
}

function named<K extends string>(key: K, dev: NetDevice | undefined): { readonly [P in K]?: string } {
	return (dev === undefined ? {} : { [key]: dev.name }) as { readonly [P in K]?: string };
}

function keysOf(family: HookFamily): Readonly<Record<HookName, string>> {
	return {
		PREROUTING: `${family} PREROUTING`,
		INPUT: `${family} INPUT`,
		FORWARD: `${family} FORWARD`,
		OUTPUT: `${family} OUTPUT`,
		POSTROUTING: `${family} POSTROUTING`,
	};
}

const KEYS: Readonly<Record<HookFamily, Readonly<Record<HookName, string>>>> = {
	ipv4: keysOf("ipv4"),
	ipv6: keysOf("ipv6"),
	bridge: keysOf("bridge"),
};
