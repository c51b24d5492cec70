/** Makers of matches on what a packet is and carries besides addresses, ports and its place in a flow. */
import type { PacketMatch, RpfilterMatch } from "../../../kernel/xt-matches.ts";
import { macText } from "../../../wire/addr.ts";
import { IPPROTO_TCP } from "../../../wire/ipv4.ts";
import { text } from "../place.ts";
import { drawAddr, inverted, MARKS, onlyFrom, type Site } from "./site.ts";

export function connmark({ draw, plan }: Site): (PacketMatch & { readonly kind: "connmark" }) | undefined {
	if (!plan.conntrack) return undefined;
	const mask = draw.pick([0xffffffff, 0xffffffff, 0xff]);
	return { kind: "connmark", value: (draw.pick([0, ...MARKS]) & mask) >>> 0, mask, ...inverted(draw, 30) };
}

/** The sender's, in chains where a packet has one. */
export function macMatch(site: Site): (PacketMatch & { readonly kind: "mac" }) | undefined {
	const { draw, scene, router } = site;
	if (!onlyFrom(site, "PREROUTING", "INPUT", "FORWARD")) return undefined;
	const known = [...scene.place.ends.map((end) => end.mac), ...router.devs.map((dev) => dev.mac)];
	return { kind: "mac", mac: macText(draw.pick(known)), ...inverted(draw) };
}

export function iprange(site: Site): PacketMatch & { readonly kind: "iprange" } {
	const { draw } = site;
	const range = () => {
		const from = drawAddr(site);
		const to = Math.min(from + draw.pick([0, 1, 4, 300]), 0xdfffffff);
		return { from: text(from), to: text(to), ...inverted(draw) };
	};
	const which = draw.below(3);
	return { kind: "iprange", ...(which !== 1 ? { src: range() } : {}), ...(which !== 0 ? { dst: range() } : {}) };
}

export function lengthMatch({ draw }: Site): PacketMatch & { readonly kind: "length" } {
	const range = draw.pick([
		[0, 60],
		[40, 40],
		[61, 65_535],
		[28, 52],
		[100, 1500],
	] as const);
	return { kind: "length", from: range[0], to: range[1], ...inverted(draw) };
}

export function pkttype({ draw }: Site): PacketMatch & { readonly kind: "pkttype" } {
	return { kind: "pkttype", type: draw.pick(["unicast", "unicast", "broadcast", "multicast"]), ...inverted(draw) };
}

export function ttlMatch({ draw }: Site): PacketMatch & { readonly kind: "ttl" } {
	const op = draw.pick(["eq", "lt", "gt"] as const);
	return { kind: "ttl", op, value: draw.pick([1, 2, 62, 63, 64]), ...(op === "eq" ? inverted(draw) : {}) };
}

export function tosMatch({ draw }: Site): PacketMatch & { readonly kind: "tos" } {
	const mask = draw.pick([0xff, 0x3f, 0xfc, 0x1e]);
	return { kind: "tos", value: draw.pick([0, 0x10, 0x08, 0xb8]) & mask, mask, ...inverted(draw, 30) };
}

export function dscpMatch({ draw }: Site): PacketMatch & { readonly kind: "dscp" } {
	return { kind: "dscp", value: draw.pick([0, 0, 4, 46]), ...inverted(draw, 30) };
}

export function ecn({ draw, proto }: Site): PacketMatch & { readonly kind: "ecn" } {
	const which = proto === IPPROTO_TCP ? draw.below(3) : 2;
	if (which === 0) return { kind: "ecn", ece: draw.chance(50) };
	if (which === 1) return { kind: "ecn", cwr: draw.chance(50) };
	return { kind: "ecn", ect: { value: draw.below(4), ...inverted(draw) } };
}

export function tcpmssMatch({ draw, proto }: Site): (PacketMatch & { readonly kind: "tcpmss" }) | undefined {
	if (proto !== IPPROTO_TCP) return undefined;
	return { kind: "tcpmss", from: draw.pick([0, 1000, 1460]), to: draw.pick([1460, 65_535]), ...inverted(draw) };
}

/** Whoever sends in a scenario is root. */
export function owner(site: Site): (PacketMatch & { readonly kind: "owner" }) | undefined {
	const { draw } = site;
	if (!onlyFrom(site, "OUTPUT", "POSTROUTING")) return undefined;
	const which = draw.below(3);
	if (which === 0) return { kind: "owner", socketExists: draw.chance(65) };
	const range = draw.pick([
		{ from: 0, to: 0 },
		{ from: 0, to: 100 },
		{ from: 1000, to: 2000 },
	]);
	return which === 1
		? { kind: "owner", uid: { ...range, ...inverted(draw) } }
		: { kind: "owner", gid: { ...range, ...inverted(draw) } };
}

export function rpfilter(site: Site): RpfilterMatch | undefined {
	const { draw, table } = site;
	if ((table !== "raw" && table !== "mangle") || !onlyFrom(site, "PREROUTING")) return undefined;
	return {
		kind: "rpfilter",
		...(draw.chance(40) ? { loose: true } : {}),
		...(draw.chance(25) ? { validmark: true } : {}),
		...(draw.chance(25) ? { acceptLocal: true } : {}),
		...inverted(draw, 40),
	};
}

/**
 * What payloads and headers hold often: zeros, counting bytes, TCP's options, words. Long enough that it takes two bytes or
 * more of what a kernel draws (IP ids, checksums, sequence numbers, time stamps) beside those that are always there.
 */
export function stringMatch({ draw }: Site): PacketMatch & { readonly kind: "string" } {
	return {
		kind: "string",
		algo: draw.pick(["bm", "kmp"]),
		hex: draw.pick(["00000000", "00010203", "020405", "0101080a", "68656c6c6f", "6c6f6e67"]),
		...(draw.chance(30) ? { from: draw.pick([20, 28, 40]) } : {}),
		...(draw.chance(30) ? { to: draw.pick([48, 100]) } : {}),
		...inverted(draw),
	};
}
