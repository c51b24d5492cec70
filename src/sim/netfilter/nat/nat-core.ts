/**
 * NAT (nf_nat_core.c): one dispatcher per hook asks the nat chains once per flow, sets up the translation in the flow's
 * entry, and rewrites every packet of it by that.
 */
import type { HookName } from "../../../kernel/xtables.ts";
import type { IpFamily } from "../../../wire/addr.ts";
import { IPPROTO_ICMP, ipv4Dst, ipv4Proto } from "../../../wire/ipv4.ts";
import { ipRouteMeHarder } from "../../ipv4/route.ts";
import { type HookEntry, type HookState, type HookVerdict, type Netns, pernet, type Skb } from "../../types.ts";
import { conntrackNet } from "../conntrack/net.ts";
import { traceConntrack } from "../conntrack/steps.ts";
import { invertTuple, sameTuple } from "../conntrack/tuple.ts";
import {
	type Conntrack,
	CtTuple,
	ctInfoDir,
	IPS_CONFIRMED,
	IPS_DST_NAT,
	IPS_DST_NAT_DONE,
	IPS_NAT_MASK,
	IPS_SRC_NAT,
	IPS_SRC_NAT_DONE,
	ORIGINAL,
	REPLY,
	skbCt,
} from "../conntrack/types.ts";
import { NF_PRI, registerNetHook } from "../hooks.ts";
import { natStatusBit, nfNatIcmpReplyTranslation, nfNatManipPkt } from "./nat-proto.ts";
import type { Manip, NatRangeNum } from "./range.ts";
import { manipTraced } from "./steps.ts";
import { getUniqueTuple } from "./unique-tuple.ts";

export type NatHook = Exclude<HookName, "FORWARD">;

/** A nat chain. Of equal priorities the later one comes first. */
export interface NatChain {
	readonly priority: number;
	/** Walks the rules for the first packet of a flow; a rule that says so sets the flow up by `nfNatSetupInfo`. */
	evaluate(skb: Skb, state: HookState): HookVerdict;
}

/** Puts a nat chain into the dispatcher of its hook; the result takes it out. The first one registers the dispatchers. */
export function nfNatRegisterFn(netns: Netns, family: IpFamily, hook: NatHook, chain: NatChain): () => void {
	if (family !== "ipv4") return () => undefined; // No IPv6 packet is moved yet.
	const nat = natNet(netns);
	const chains = nat.chains[hook];
	const at = chains.findIndex((other) => other.priority >= chain.priority);
	nat.chains[hook] = at < 0 ? [...chains, chain] : [...chains.slice(0, at), chain, ...chains.slice(at)];
	nat.users += 1;
	if (nat.users === 1) nat.unregister = registerDispatchers(netns);
	return () => {
		nat.chains[hook] = nat.chains[hook].filter((other) => other !== chain);
		nat.users -= 1;
		if (nat.users > 0) return;
		for (const unregister of nat.unregister) unregister();
		nat.unregister = [];
	};
}

/**
 * Sets up the translation of one end of a new flow, choosing within the range; false: the packet must be dropped. A flow
 * that is confirmed already stays as it is.
 */
export function nfNatSetupInfo(ct: Conntrack, range: NatRangeNum, manip: Manip): boolean {
	if ((ct.status & IPS_CONFIRMED) !== 0) return true;
	const done = doneBit(manip);
	if ((ct.status & done) !== 0) return false;
	const current = new CtTuple(undefined, ORIGINAL);
	const wanted = new CtTuple(undefined, ORIGINAL);
	invertTuple(ct.reply, current);
	invertTuple(ct.reply, wanted);
	getUniqueTuple(wanted, range, ct, manip);
	if (!sameTuple(wanted, current)) {
		invertTuple(wanted, ct.reply);
		ct.status |= manip === "src" ? IPS_SRC_NAT : IPS_DST_NAT;
	}
	ct.status |= done;
	return true;
}

interface NatNet {
	/** FORWARD never has any. */
	chains: Record<HookName, readonly NatChain[]>;
	users: number;
	unregister: readonly (() => void)[];
}

const natNet: (netns: Netns) => NatNet = pernet(() => ({
	chains: { PREROUTING: [], INPUT: [], FORWARD: [], OUTPUT: [], POSTROUTING: [] },
	users: 0,
	unregister: [],
}));

const PRE: HookEntry = { priority: NF_PRI.NAT_DST, name: "nf_nat_ipv4_pre_routing", fn: nfNatIpv4PreRouting };
const OUT: HookEntry = { priority: NF_PRI.NAT_DST, name: "nf_nat_ipv4_local_fn", fn: nfNatIpv4LocalFn };
const IN: HookEntry = { priority: NF_PRI.NAT_SRC, name: "nf_nat_ipv4_local_in", fn: nfNatInetFn };
const POST: HookEntry = { priority: NF_PRI.NAT_SRC, name: "nf_nat_ipv4_out", fn: nfNatInetFn };

function registerDispatchers(netns: Netns): readonly (() => void)[] {
	return [
		registerNetHook(netns, "ipv4", "PREROUTING", PRE),
		registerNetHook(netns, "ipv4", "OUTPUT", OUT),
		registerNetHook(netns, "ipv4", "INPUT", IN),
		registerNetHook(netns, "ipv4", "POSTROUTING", POST),
	];
}

/** A route found for the old destination is of no use. */
function nfNatIpv4PreRouting(skb: Skb, state: HookState): HookVerdict {
	const before = ipv4Dst(skb.bytes, skb.network);
	const verdict = nfNatInetFn(skb, state);
	if (verdict === "accept" && ipv4Dst(skb.bytes, skb.network) !== before) skb.dst = undefined;
	return verdict;
}

/** A packet made here was routed before it was translated; it needs the route to where it goes now. */
function nfNatIpv4LocalFn(skb: Skb, state: HookState): HookVerdict {
	const verdict = nfNatInetFn(skb, state);
	const ct = skbCt(skb);
	if (verdict !== "accept" || ct === undefined || (ct.status & IPS_NAT_MASK) === 0) return verdict;
	const dir = ctInfoDir(skb.ctInfo);
	const translated = ct.tuple(dir).dst !== ct.tuple(dir === ORIGINAL ? REPLY : ORIGINAL).src;
	const errno = translated ? ipRouteMeHarder(state.netns, skb) : undefined;
	if (errno === undefined) return "accept";
	state.dropErrno = errno;
	state.dropReason = "IP_OUTNOROUTES";
	state.dropDetail = "no route to the translated destination";
	return "drop";
}

/** The dispatcher (`nf_nat_inet_fn`). */
function nfNatInetFn(skb: Skb, state: HookState): HookVerdict {
	const ct = skbCt(skb);
	if (ct === undefined) return "accept";
	const manip = manipOf(state);
	const info = skb.ctInfo;
	if (info === "established" || info === "established-reply") {
		if ((ct.status & IPS_NAT_MASK) === 0 && ct.masqIndex === 0) return "accept";
		return oifChanged(skb, ct, state) ? "drop" : manipPacket(skb, ct, state, manip);
	}
	if (info !== "new" && ipv4Proto(skb.bytes, skb.network) === IPPROTO_ICMP) {
		return translateIcmpError(skb, ct, state, manip);
	}
	if ((ct.status & doneBit(manip)) === 0) {
		const verdict = setUp(skb, ct, state, manip);
		if (verdict !== "accept") return verdict;
	} else if (oifChanged(skb, ct, state)) return "drop";
	return manipPacket(skb, ct, state, manip);
}

/** Asks the chains, in order of priority, until one sets up the flow; if none does it is bound to what it has. */
function setUp(skb: Skb, ct: Conntrack, state: HookState, manip: Manip): HookVerdict {
	const status = ct.status;
	for (const chain of natNet(state.netns).chains[state.hook]) {
		const verdict = chain.evaluate(skb, state);
		if (verdict !== "accept") return verdict;
		if ((ct.status & doneBit(manip)) !== 0) break;
	}
	if ((ct.status & doneBit(manip)) === 0 && !nullBinding(ct, manip)) return "drop";
	if (skb.machine.tracer !== undefined && ((ct.status ^ status) & IPS_NAT_MASK) !== 0) {
		traceConntrack(skb, state.netns, { change: "nat-setup", fn: "nf_nat_setup_info" });
	}
	return "accept";
}

/** No rule: the address stays; the port may still have to change, for another flow may have been given it. */
function nullBinding(ct: Conntrack, manip: Manip): boolean {
	const addr = manip === "src" ? ct.reply.dst : ct.reply.src;
	return nfNatSetupInfo(ct, { minAddr: addr, maxAddr: addr }, manip);
}

function manipPacket(skb: Skb, ct: Conntrack, state: HookState, manip: Manip): HookVerdict {
	const dir = ctInfoDir(skb.ctInfo);
	if ((ct.status & natStatusBit(manip, dir)) === 0) return "accept";
	if (skb.machine.tracer === undefined) nfNatManipPkt(skb, ct, manip, dir);
	else manipTraced(skb, state.netns, manip, () => nfNatManipPkt(skb, ct, manip, dir));
	return "accept";
}

function translateIcmpError(skb: Skb, ct: Conntrack, state: HookState, manip: Manip): HookVerdict {
	let fault: string | undefined;
	const translate = (): void => {
		fault = nfNatIcmpReplyTranslation(skb, ct, manip);
	};
	if (skb.machine.tracer === undefined) translate();
	else manipTraced(skb, state.netns, manip, translate);
	if (fault === undefined) return "accept";
	state.dropDetail = `NAT cannot translate ${fault}`;
	return "drop";
}

/** A masqueraded flow now leaves by another device, where its address means nothing: it ends (`nf_nat_oif_changed`). */
function oifChanged(skb: Skb, ct: Conntrack, state: HookState): boolean {
	if (ct.masqIndex === 0 || state.hook !== "POSTROUTING" || ctInfoDir(skb.ctInfo) !== ORIGINAL) return false;
	if (state.outdev === undefined || ct.masqIndex === state.outdev.ifindex) return false;
	conntrackNet(ct.netns).table.kill(ct);
	state.dropReason = "NAT_OIF_CHANGED";
	state.dropDetail = `it leaves by ${state.outdev.name} now`;
	return true;
}

/** The end that a hook rewrites (`HOOK2MANIP`). */
function manipOf(state: HookState): Manip {
	return state.hook === "POSTROUTING" || state.hook === "INPUT" ? "src" : "dst";
}

function doneBit(manip: Manip): number {
	return manip === "src" ? IPS_SRC_NAT_DONE : IPS_DST_NAT_DONE;
}
