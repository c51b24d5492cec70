/**
 * Connection tracking proper (nf_conntrack_core.c): a packet is looked up when it comes in (`nf_conntrack_in`), and a new
 * entry enters the table only when its first packet gets to the end (`nf_confirm`); dropped before, it leaves nothing.
 */
import { IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, ipv4Proto } from "../../../wire/ipv4.ts";
import type { HookState, HookVerdict, Skb } from "../../types.ts";
import { resolveClash } from "./clash.ts";
import { genericPacket } from "./generic.ts";
import { icmpError, icmpPacket } from "./icmp.ts";
import { type ConntrackNet, conntrackNet } from "./net.ts";
import type { L4Verdict } from "./proto.ts";
import { traceConntrack } from "./steps.ts";
import { tcpPacket, tcpSetClosing } from "./tcp.ts";
import { copyTuple, invertTuple, readIpv4Tuple } from "./tuple.ts";
import {
	Conntrack,
	type CtTuple,
	type CtZone,
	ctInfoDir,
	IPS_CONFIRMED,
	IPS_DYING,
	IPS_EXPECTED,
	IPS_SEEN_REPLY,
	ORIGINAL,
	REPLY,
	skbCt,
} from "./types.ts";
import { udpPacket } from "./udp.ts";

/** Finds or makes the packet's entry and takes it into account. */
export function nfConntrackIn(skb: Skb, state: HookState): HookVerdict {
	const seen = skbCt(skb);
	if (seen !== undefined) {
		if (seen.template === undefined) return "accept"; // It came back over loopback, or is an answer tied to a flow.
		skb.ct = undefined;
		skb.ctInfo = "none";
	}
	if (skb.ctInfo === "untracked") {
		if (skb.machine.tracer !== undefined) traceConntrack(skb, state.netns, { change: "untracked" });
		return "accept";
	}
	const net = conntrackNet(state.netns);
	enterZone(skb, net, seen?.template);
	if (ipv4Proto(skb.bytes, skb.network) === IPPROTO_ICMP) {
		const verdict = icmpError(skb, net, state);
		if (verdict === "invalid") return invalid(skb, net);
		if (verdict === "related") {
			if (skb.machine.tracer !== undefined) traceConntrack(skb, state.netns, { change: "related" });
			return "accept";
		}
	}
	return trackPacket(skb, net, state);
}

/** The packet got to the end: its entry, if new, enters the table (`__nf_conntrack_confirm`). */
export function nfConntrackConfirm(skb: Skb, state: HookState): HookVerdict {
	const ct = skbCt(skb);
	if (ct === undefined) return "accept";
	if ((ct.status & IPS_CONFIRMED) !== 0) {
		conntrackNet(ct.netns).watch?.passed(ct);
		return "accept";
	}
	if (ctInfoDir(skb.ctInfo) !== ORIGINAL) return "accept"; // An answer to a packet that was refused.
	const net = conntrackNet(ct.netns);
	const now = net.now();
	const taken = takenBy(ct, net);
	if (taken !== undefined) return resolveClash(skb, taken, state);
	ct.timeoutNs += now;
	net.table.insert(ct, now);
	net.watch?.created(ct);
	if (skb.machine.tracer !== undefined) {
		traceConntrack(skb, state.netns, { change: "confirmed", fn: "__nf_conntrack_confirm" });
	}
	return "accept";
}

/** A rule refused a packet of the flow (REJECT): a TCP connection is taken for closed (`nf_ct_set_closing`). */
export function nfCtSetClosing(ct: Conntrack): void {
	tcpSetClosing(ct, conntrackNet(ct.netns));
}

function trackPacket(skb: Skb, net: ConntrackNet, state: HookState): HookVerdict {
	const tuple = net.scratch;
	if (!readIpv4Tuple(skb.bytes, skb.network, skb.end, tuple)) {
		net.why = "the packet has no tuple";
		return invalid(skb, net);
	}
	for (;;) {
		const hit = net.find(tuple);
		const ct = hit?.ct ?? initConntrack(tuple, net);
		if (ct === undefined) return invalid(skb, net);
		if (ct === "full") return tableFull(skb, net, state);
		skb.ct = ct;
		skb.ctInfo = placeInFlow(ct, hit);
		const verdict = handlePacket(skb, ct, net, state);
		if (verdict === "invalid") return invalid(skb, net);
		if (verdict === "repeat") {
			traceRemoved(skb, net, "a new SYN reopens the connection");
			skb.ct = undefined;
			continue;
		}
		if (skb.ctInfo === "established-reply") ct.status |= IPS_SEEN_REPLY;
		if (skb.machine.tracer !== undefined) {
			traceConntrack(skb, state.netns, { change: hit === undefined ? "new" : "found" });
			if ((ct.status & IPS_DYING) !== 0) traceRemoved(skb, net, "a RST ends a connection that was never answered");
		}
		return "accept";
	}
}

/** The zone that the packet's flow is in: that of the template which `-j CT` left, or 0 (`nf_ct_zone_tmpl`). */
function enterZone(skb: Skb, net: ConntrackNet, zone: CtZone | undefined): void {
	const id = zone === undefined ? 0 : zone.id === "mark" ? skb.mark & 0xffff : zone.id;
	net.zoneOriginal = zone?.dir === "reply" ? 0 : id;
	net.zoneReply = zone?.dir === "original" ? 0 : id;
}

/** The tuple in the table that stands in the way of a new entry. */
function takenBy(ct: Conntrack, net: ConntrackNet): CtTuple | undefined {
	const now = net.now();
	if (!ct.zoneIsDirected) return net.table.find(ct.original, now) ?? net.table.find(ct.reply, now);
	return net.table.find(ct.original, now, ORIGINAL) ?? net.table.find(ct.reply, now, REPLY);
}

/** A new entry, not in the table yet (`init_conntrack`); undefined: nothing can answer the packet. */
function initConntrack(tuple: CtTuple, net: ConntrackNet): Conntrack | "full" | undefined {
	tuple.zone = net.zoneOriginal;
	if (net.table.count >= net.settings.max && !makeRoom(tuple, net)) return "full";
	const ct = new Conntrack(net.netns);
	copyTuple(tuple, ct.original);
	const isAnswerable = invertTuple(ct.original, ct.reply);
	ct.reply.zone = net.zoneReply;
	if (isAnswerable) return ct;
	net.why = `nothing answers ICMP type ${tuple.dport >>> 8}`;
	return undefined;
}

/** Expired entries go first, at most once a second as the kernel's collector; then one that is not assured. */
function makeRoom(tuple: CtTuple, net: ConntrackNet): boolean {
	const now = net.now();
	if (now - net.sweptNs >= SWEEP_INTERVAL_NS) {
		net.sweptNs = now;
		net.table.sweep(now);
		if (net.table.count < net.settings.max) return true;
	}
	const found = net.table.earlyDrop(tuple, net.settings.buckets);
	if (found) net.stats.earlyDrop += 1;
	return found;
}

const SWEEP_INTERVAL_NS = 1e9;

function placeInFlow(ct: Conntrack, hit: CtTuple | undefined): Skb["ctInfo"] {
	if (hit !== undefined && hit.dir === REPLY) return "established-reply";
	if ((ct.status & IPS_SEEN_REPLY) !== 0) return "established";
	return (ct.status & IPS_EXPECTED) !== 0 ? "related" : "new";
}

function handlePacket(skb: Skb, ct: Conntrack, net: ConntrackNet, state: HookState): L4Verdict {
	switch (ct.proto) {
		case IPPROTO_TCP:
			return tcpPacket(skb, ct, net, state);
		case IPPROTO_UDP:
			return udpPacket(skb, ct, net, state);
		case IPPROTO_ICMP:
			return icmpPacket(skb, ct, net);
		default:
			return genericPacket(ct, net);
	}
}

/** An invalid packet goes on, without an entry. */
function invalid(skb: Skb, net: ConntrackNet): HookVerdict {
	skb.ct = undefined;
	skb.ctInfo = "invalid";
	net.stats.invalid += 1;
	if (skb.machine.tracer !== undefined) traceConntrack(skb, net.netns, { change: "invalid", why: net.why });
	return "accept";
}

function tableFull(skb: Skb, net: ConntrackNet, state: HookState): HookVerdict {
	net.stats.drop += 1;
	const text = "nf_conntrack: nf_conntrack: table full, dropping packet";
	skb.machine.log.push({ at: skb.machine.loop.now(), netns: state.netns.name, level: 4, text });
	state.dropReason = "CONNTRACK_FULL";
	return "drop";
}

function traceRemoved(skb: Skb, net: ConntrackNet, why: string): void {
	if (skb.machine.tracer !== undefined) traceConntrack(skb, net.netns, { change: "removed", fn: "nf_ct_delete", why });
}
