/** Makers of targets that tell connection tracking what to do, or change what a packet carries besides its addresses. */
import type { ManglingTarget, TrackingTarget } from "../../../kernel/xt-targets.ts";
import { networkOf } from "../../../wire/addr.ts";
import { IPPROTO_TCP } from "../../../wire/ipv4.ts";
import { text } from "../place.ts";
import { drawAddr, MARKS, type Site } from "./site.ts";

/** Zones 1 and 2, so that both directions of a flow may be in different ones. */
export function ct(site: Site): TrackingTarget & { readonly kind: "ct" } {
	const { draw, plan, scene } = site;
	if (!plan.conntrack || draw.chance(35)) {
		scene.uses("conntrack untracked");
		return { kind: "ct", notrack: true };
	}
	scene.uses("conntrack zone");
	const id = draw.pick([1, 1, 2, 2, "mark"] as const);
	const dir = draw.pick([undefined, undefined, "original", "reply"] as const);
	return { kind: "ct", zone: { id, ...(dir === undefined ? {} : { dir }) } };
}

export function notrack({ scene }: Site): TrackingTarget & { readonly kind: "notrack" } {
	scene.uses("conntrack untracked");
	return { kind: "notrack" };
}

export function connmarkTarget({ draw, plan }: Site): (TrackingTarget & { readonly kind: "connmark" }) | undefined {
	if (!plan.conntrack) return undefined;
	const mask = (): number => draw.pick([0xffffffff, 0xffffffff, 0xff, 0x4000]);
	const op = draw.pick(["set", "save", "restore", "restore"] as const);
	if (op === "set") return { kind: "connmark", op, value: draw.pick(MARKS), mask: mask() };
	return { kind: "connmark", op, nfmask: mask(), ctmask: mask() };
}

export function ttl({ draw }: Site): ManglingTarget & { readonly kind: "ttl" } {
	const op = draw.pick(["set", "inc", "dec"] as const);
	return { kind: "ttl", op, value: op === "set" ? draw.pick([1, 2, 64, 200]) : draw.pick([1, 2, 70]) };
}

export function tos({ draw }: Site): ManglingTarget & { readonly kind: "tos" } {
	return { kind: "tos", value: draw.pick([0, 0x10, 0x08, 0x03]), mask: draw.pick([0xff, 0x3f, 0x03]) };
}

export function dscp({ draw }: Site): ManglingTarget & { readonly kind: "dscp" } {
	return { kind: "dscp", value: draw.pick([0, 8, 46, 63]) };
}

/** The rule is given a match for SYN, which iptables-legacy asks for. */
export function tcpmss(site: Site): (ManglingTarget & { readonly kind: "tcpmss" }) | undefined {
	const { draw, proto, hooks } = site;
	if (proto !== IPPROTO_TCP) return undefined;
	const clamps = hooks.every((hook) => hook === "FORWARD" || hook === "OUTPUT" || hook === "POSTROUTING");
	return { kind: "tcpmss", mss: clamps && draw.chance(50) ? "pmtu" : draw.pick([536, 1200, 1460]) };
}

export function netmap(site: Site): (ManglingTarget & { readonly kind: "netmap" }) | undefined {
	const { draw, plan } = site;
	if (plan.clash) return undefined;
	return { kind: "netmap", net: networkOf({ addr: text(drawAddr(site)), prefix: draw.pick([32, 30, 24]) }) };
}

export function nflog({ draw, number }: Site): ManglingTarget & { readonly kind: "nflog" } {
	return {
		kind: "nflog",
		...(draw.chance(50) ? { group: draw.pick([1, 100]) } : {}),
		...(draw.chance(50) ? { prefix: `rule ${number}` } : {}),
		...(draw.chance(20) ? { size: 64 } : {}),
		...(draw.chance(20) ? { threshold: 5 } : {}),
	};
}

export function classify({ draw }: Site): ManglingTarget & { readonly kind: "classify" } {
	return { kind: "classify", major: draw.below(4), minor: draw.below(20) };
}
