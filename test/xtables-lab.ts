/** A namespace with iptables rules given as iptables-save text, for tests of tables, matches and targets. No routes. */

import type { Result } from "../src/base/result.ts";
import { parseIptablesSave, parseRule } from "../src/formats/iptables-save.ts";
import type { KernelError, Op } from "../src/kernel/kernel.ts";
import type { XtChain } from "../src/kernel/objects.ts";
import type { TraceEvent } from "../src/kernel/trace-event.ts";
import type { HookName, Rule, TableName } from "../src/kernel/xtables.ts";
import { nfHook } from "../src/sim/netfilter/hooks.ts";
import { initXtables } from "../src/sim/netfilter/xtables/init.ts";
import { xtChainHandler } from "../src/sim/objects/xt.ts";
import { applyTransaction } from "../src/sim/transaction.ts";
import { type Fate, NetDevice, type Skb } from "../src/sim/types.ts";
import { type ConntrackLab, conntrackLab } from "./conntrack-lab.ts";

export interface XtLab extends ConntrackLab {
	readonly events: TraceEvent[];
}

/** A namespace in which the rules are loaded; throws when they are refused. */
export function xtLab(save: string): XtLab {
	const lab = { ...conntrackLab(), events: [] };
	initXtables(lab.machine);
	const done = restore(lab, save);
	if (!done.ok) throw new Error(JSON.stringify(done.error));
	return lab;
}

/** `iptables-restore`: each chain of the text is made or overwritten, others stay. */
export function restore(lab: ConntrackLab, save: string): Result<void, KernelError> {
	return applyTransaction(lab.netns, replaceOps(save));
}

/** The chains of iptables-save text as one transaction; `*filter` and COMMIT are added around bare rules. */
export function replaceOps(save: string): readonly Op[] {
	return chainsOf(save).map((object) => ({ verb: "replace", object }));
}

export function chainsOf(save: string): readonly XtChain[] {
	const text = save.includes("*") ? save : `*filter\n${save}\nCOMMIT\n`;
	const parsed = parseIptablesSave(text.replaceAll(/^\s+/gm, ""), { family: "ipv4" });
	if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
	return parsed.value.tables.flatMap((table) =>
		table.chains.map((chain) => {
			const { name, ...rest } = chain;
			return { kind: "xt-chain", family: "ipv4", table: table.name, chain: name, ...rest } as const;
		}),
	);
}

export function ruleOf(text: string): Rule {
	const parsed = parseRule(text, "ipv4");
	if (!parsed.ok) throw new Error(parsed.error.message);
	return parsed.value;
}

/** `TABLE CHAIN packets/bytes …`: what the rules of a chain, and its policy, have counted. */
export function counted(lab: ConntrackLab, table: TableName, chain: string): string {
	const found = xtChainHandler
		.dump(lab.netns)
		.find((object) => object.kind === "xt-chain" && object.table === table && object.chain === chain);
	if (found?.kind !== "xt-chain") throw new Error(`no chain ${chain}`);
	const all = [...found.rules.map((rule) => rule.counters), ...(found.counters === undefined ? [] : [found.counters])];
	return all.map((counters) => `${counters?.packets}/${counters?.bytes}`).join(" ");
}

export interface At {
	readonly hook: HookName;
	readonly indev?: NetDevice;
	readonly outdev?: NetDevice;
}

/** Runs the packet through the functions of one hook. */
export function passHook(lab: ConntrackLab, skb: Skb, at: At): Fate {
	const okfn = (): Fate => "delivered";
	return nfHook({ family: "ipv4", hook: at.hook, netns: lab.netns, indev: at.indev, outdev: at.outdev, okfn }, skb);
}

/** A device that is only a name. */
export function device(lab: ConntrackLab, name: string): NetDevice {
	const ops = { type: "dummy", xmit: (): Fate => "queued", carrier: () => true } as const;
	return new NetDevice({ netns: lab.netns, name, ifindex: 7, mac: 0x020000000007, mtu: 1500, isLoopback: false, ops });
}

/** Keeps what happens to packets from now on. */
export function traceInto(lab: XtLab): readonly TraceEvent[] {
	lab.machine.tracer = (event) => lab.events.push(event);
	return lab.events;
}
