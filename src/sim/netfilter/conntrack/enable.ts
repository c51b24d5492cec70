/**
 * Connection tracking is on in a namespace only while something needs it (a `-m conntrack` rule, a NAT target): its hooks
 * are registered with the first user and go with the last (`nf_ct_netns_get`, nf_conntrack_proto.c).
 */
import type { IpFamily } from "../../../wire/addr.ts";
import { ipv4IsFragment } from "../../../wire/ipv4.ts";
import { ipDefrag } from "../../ipv4/ip-fragment.ts";
import { type HookEntry, type HookState, type HookVerdict, type Netns, pernet, type Skb } from "../../types.ts";
import { NF_PRI, registerNetHook, stolen } from "../hooks.ts";
import { nfConntrackConfirm, nfConntrackIn } from "./core.ts";
import { conntrackNet } from "./net.ts";
import { forgetTcpWindows } from "./tcp.ts";
import { skbCt } from "./types.ts";

/** One more user: the first one registers the hooks. IPv6 is counted only, for no IPv6 packet is moved yet. */
export function nfCtNetnsGet(netns: Netns, family: IpFamily): void {
	const users = enabled(netns);
	users[family] += 1;
	if (family !== "ipv4" || users.ipv4 !== 1) return;
	for (const ct of conntrackNet(netns).table.entries(netns.machine.loop.now())) {
		if (ct.tcp !== undefined) forgetTcpWindows(ct.tcp);
	}
	users.unregister = [
		registerNetHook(netns, "ipv4", "PREROUTING", DEFRAG),
		registerNetHook(netns, "ipv4", "OUTPUT", DEFRAG),
		registerNetHook(netns, "ipv4", "PREROUTING", IN),
		registerNetHook(netns, "ipv4", "OUTPUT", LOCAL),
		registerNetHook(netns, "ipv4", "POSTROUTING", CONFIRM),
		registerNetHook(netns, "ipv4", "INPUT", CONFIRM),
	];
}

/** One user less: with the last one the hooks go; entries stay and are not used. */
export function nfCtNetnsPut(netns: Netns, family: IpFamily): void {
	const users = enabled(netns);
	if (users[family] === 0) throw new Error(`conntrack: more puts than gets in ${netns.name}`);
	users[family] -= 1;
	if (family !== "ipv4" || users.ipv4 !== 0) return;
	for (const unregister of users.unregister) unregister();
	users.unregister = [];
}

interface Enabled {
	ipv4: number;
	ipv6: number;
	unregister: readonly (() => void)[];
}

const enabled: (netns: Netns) => Enabled = pernet(() => ({ ipv4: 0, ipv6: 0, unregister: [] }));

const DEFRAG: HookEntry = { priority: NF_PRI.CONNTRACK_DEFRAG, name: "ipv4_conntrack_defrag", fn: ipv4ConntrackDefrag };
const IN: HookEntry = { priority: NF_PRI.CONNTRACK, name: "ipv4_conntrack_in", fn: nfConntrackIn };
const LOCAL: HookEntry = { priority: NF_PRI.CONNTRACK, name: "ipv4_conntrack_local", fn: ipv4ConntrackLocal };
const CONFIRM: HookEntry = { priority: NF_PRI.CONNTRACK_CONFIRM, name: "nf_confirm", fn: nfConntrackConfirm };

/** Also fragments that were tracked before, and came back: only a kernel without NAT leaves those alone. */
function ipv4ConntrackDefrag(skb: Skb, state: HookState): HookVerdict {
	if (skb.ctInfo === "untracked" || !ipv4IsFragment(skb.bytes, skb.network)) return "accept";
	const user = state.hook === "OUTPUT" ? "conntrack-out" : "conntrack-in";
	const bridged = skb.nfBridge?.inPrerouting === true;
	const fate = ipDefrag(skb, state.netns, bridged ? "conntrack-bridge-in" : user);
	if (fate === undefined) return "accept";
	stolen.fate = fate;
	return "stolen";
}

/** Fragments that a raw sender made itself are not tracked, whatever `-j CT` said about them. */
function ipv4ConntrackLocal(skb: Skb, state: HookState): HookVerdict {
	if (!ipv4IsFragment(skb.bytes, skb.network)) return nfConntrackIn(skb, state);
	if (skbCt(skb)?.template !== undefined) {
		skb.ct = undefined;
		skb.ctInfo = "none";
	}
	return "accept";
}
