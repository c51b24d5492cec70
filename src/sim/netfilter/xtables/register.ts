/** Putting a table's built-in chains where packets pass (iptable_raw.c, iptable_mangle.c, iptable_nat.c, …). */
import type { TableName } from "../../../kernel/xtables.ts";
import { ipv4Dst, ipv4Src, ipv4Tos } from "../../../wire/ipv4.ts";
import { ipRouteMeHarder } from "../../ipv4/route.ts";
import type { HookEntry, HookState, HookVerdict, Skb } from "../../types.ts";
import { NF_PRI, registerNetHook } from "../hooks.ts";
import { nfNatRegisterFn } from "../nat/nat-core.ts";
import { iptDoTable } from "./do-table.ts";
import type { XtChainState, XtTable } from "./state.ts";

/** Registers all built-in chains of the table; the result takes them away. */
export function registerTable(table: XtTable): () => void {
	const taken: (() => void)[] = [];
	for (const chain of table.chains.values()) {
		if (chain.builtin !== undefined) taken.push(registerChain(chain));
	}
	return () => {
		for (const takeAway of taken) takeAway();
	};
}

const PRIORITY: Readonly<Record<Exclude<TableName, "nat">, number>> = {
	raw: NF_PRI.RAW,
	mangle: NF_PRI.MANGLE,
	filter: NF_PRI.FILTER,
	security: NF_PRI.SECURITY,
};

function registerChain(chain: XtChainState): () => void {
	const { table, builtin } = chain;
	if (builtin === undefined) throw new Error(`not a built-in chain: ${chain.name}`);
	const { netns, family, name } = table;
	if (name === "nat") {
		if (builtin === "FORWARD") throw new Error("nat has no FORWARD chain");
		const priority = builtin === "PREROUTING" || builtin === "OUTPUT" ? NF_PRI.NAT_DST : NF_PRI.NAT_SRC;
		return nfNatRegisterFn(netns, family, builtin, {
			priority,
			evaluate: (skb, state) => iptDoTable(chain, skb, state),
		});
	}
	const fn: HookEntry["fn"] =
		name === "mangle" && builtin === "OUTPUT"
			? (skb, state) => iptMangleOut(chain, skb, state)
			: (skb, state) => iptDoTable(chain, skb, state);
	return registerNetHook(netns, family, builtin, { priority: PRIORITY[name], name: `iptable_${name}_hook`, fn });
}

/** A local packet whose addresses, TOS or mark the rules changed is routed anew (`ipt_mangle_out`). */
function iptMangleOut(chain: XtChainState, skb: Skb, state: HookState): HookVerdict {
	const at = skb.network;
	const src = ipv4Src(skb.bytes, at);
	const dst = ipv4Dst(skb.bytes, at);
	const tos = ipv4Tos(skb.bytes, at);
	const mark = skb.mark;
	const verdict = iptDoTable(chain, skb, state);
	if (verdict !== "accept") return verdict;
	const { bytes, network } = skb;
	const same = skb.mark === mark && ipv4Src(bytes, network) === src && ipv4Dst(bytes, network) === dst;
	if (same && ipv4Tos(bytes, network) === tos) return "accept";
	const errno = ipRouteMeHarder(state.netns, skb);
	if (errno === undefined) return "accept";
	state.dropErrno = errno;
	state.dropReason = "IP_OUTNOROUTES";
	state.dropDetail = "no route after the mangle table changed the packet";
	return "drop";
}
