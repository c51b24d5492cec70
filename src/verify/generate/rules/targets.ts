/**
 * A maker for every kind of target. A kind that is missing here does not compile; one that is not made says why. Jumps
 * are made with the chains (`tables.ts`).
 */
import type { HookName, NatRange, TableName, Target, TargetKind } from "../../../kernel/xtables.ts";
import { IPPROTO_TCP, IPPROTO_UDP } from "../../../wire/ipv4.ts";
import type { Feature } from "../features.ts";
import { addrsOf, text } from "../place.ts";
import { classify, connmarkTarget, ct, dscp, netmap, nflog, notrack, tcpmss, tos, ttl } from "./mangling-targets.ts";
import { setTarget } from "./set-rules.ts";
import { MARKS, onlyFrom, type Site } from "./site.ts";

interface Made<K extends TargetKind> {
	readonly feature: Feature;
	/** How often, beside the others. */
	readonly weight: number;
	/** In these tables only. */
	readonly tables?: readonly TableName[];
	/** From these hooks only. */
	readonly hooks?: readonly HookName[];
	/** At these sites only. */
	readonly when?: (site: Site) => boolean;
	/** Undefined: not at this site. */
	make(site: Site): (Target & { readonly kind: K }) | undefined;
}

interface NotMade {
	readonly why: string;
}

type TargetMakers = { readonly [K in TargetKind]: Made<K> | NotMade };

export const TARGET_MAKERS: TargetMakers = {
	none: { feature: "target none", weight: 8, make: () => ({ kind: "none" }) },
	accept: { feature: "target ACCEPT", weight: 14, make: () => ({ kind: "accept" }) },
	drop: {
		feature: "target DROP",
		weight: 7,
		tables: ["raw", "mangle", "filter", "security"],
		make: () => ({ kind: "drop" }),
	},
	return: { feature: "target RETURN", weight: 7, make: () => ({ kind: "return" }) },
	jump: { why: "made with the chains" },
	goto: { why: "made with the chains" },
	reject: {
		feature: "target REJECT",
		weight: 10,
		tables: ["filter"],
		hooks: ["INPUT", "FORWARD", "OUTPUT"],
		make: ({ draw, proto }) => ({
			kind: "reject",
			with: proto === IPPROTO_TCP && draw.chance(50) ? "tcp-reset" : draw.pick(REJECTS),
		}),
	},
	dnat: { feature: "target DNAT", weight: 22, tables: ["nat"], hooks: ["PREROUTING", "OUTPUT"], make: dnat },
	snat: { feature: "target SNAT", weight: 22, tables: ["nat"], hooks: ["POSTROUTING", "INPUT"], make: snat },
	masquerade: {
		feature: "target MASQUERADE",
		weight: 22,
		tables: ["nat"],
		hooks: ["POSTROUTING"],
		make: masquerade,
	},
	redirect: {
		feature: "target REDIRECT",
		weight: 18,
		tables: ["nat"],
		hooks: ["PREROUTING", "OUTPUT"],
		make: redirect,
	},
	mark: {
		feature: "target MARK",
		weight: 14,
		make: ({ draw }) => {
			const mask = draw.pick([0xffffffff, 0xffffffff, 0xff, 0x4000]);
			return { kind: "mark", value: draw.chance(90) ? draw.pick(MARKS) : 0, mask };
		},
	},
	set: { feature: "target SET", weight: 40, when: ({ sets }) => sets.length > 0, make: setTarget },
	log: { feature: "target LOG", weight: 14, make: log },
	ct: { feature: "target CT", weight: 25, tables: ["raw"], make: ct },
	notrack: { feature: "target NOTRACK", weight: 8, tables: ["raw"], make: notrack },
	connmark: { feature: "target CONNMARK", weight: 14, tables: ["mangle", "filter"], make: connmarkTarget },
	ttl: { feature: "target TTL", weight: 8, tables: ["mangle"], make: ttl },
	tos: { feature: "target TOS", weight: 8, tables: ["mangle"], make: tos },
	dscp: { feature: "target DSCP", weight: 8, tables: ["mangle"], make: dscp },
	tcpmss: { feature: "target TCPMSS", weight: 14, tables: ["mangle"], make: tcpmss },
	netmap: { feature: "target NETMAP", weight: 10, tables: ["nat"], make: netmap },
	checksum: { feature: "target CHECKSUM", weight: 5, tables: ["mangle"], make: () => ({ kind: "checksum" }) },
	nflog: { feature: "target NFLOG", weight: 6, make: nflog },
	classify: {
		feature: "target CLASSIFY",
		weight: 6,
		tables: ["mangle"],
		hooks: ["FORWARD", "OUTPUT", "POSTROUTING"],
		make: classify,
	},
	trace: { feature: "target TRACE", weight: 7, tables: ["raw"], make: () => ({ kind: "trace" }) },
	"unknown-target": { why: "the simulated kernel refuses it by name" },
};

/** Whether the kind is made in the table and from the hooks of the site. */
export function targetFits(made: Pick<Made<TargetKind>, "tables" | "hooks" | "when">, site: Site): boolean {
	if (made.tables !== undefined && !made.tables.includes(site.table)) return false;
	if (made.when?.(site) === false) return false;
	return made.hooks === undefined || onlyFrom(site, ...made.hooks);
}

const REJECTS = [
	"icmp-net-unreachable",
	"icmp-host-unreachable",
	"icmp-proto-unreachable",
	"icmp-port-unreachable",
	"icmp-net-prohibited",
	"icmp-host-prohibited",
	"icmp-admin-prohibited",
] as const;

/** Whether `--to-…` may name ports: the rule must say a protocol that has them. */
function hasPorts({ proto }: Site): boolean {
	return proto === IPPROTO_TCP || proto === IPPROTO_UDP;
}

/**
 * Whether connections may be sent from one port. Where sockets send them it is chance which numbers they begin with, and so
 * whether the second one may take the port from the first, which is in TIME_WAIT (`nf_nat_used_tuple_harder`).
 */
function maySharePort(site: Site): boolean {
	return hasPorts(site) && !(site.scene.place.sockets && site.proto === IPPROTO_TCP);
}

/** A range of ports is asked for in order; `--random` is only for a single one, where there is nothing to choose. */
function dnat(site: Site): Target & { readonly kind: "dnat" } {
	const { draw, scene } = site;
	const hosts = scene.place.ends.flatMap((end) => end.addrs);
	const host = draw.pick([...hosts, ...hosts, ...addrsOf(site.router)]);
	const to: { -readonly [K in keyof NatRange]: NatRange[K] } = {};
	const named = hasPorts(site) ? draw.below(10) : 9;
	if (named > 0) to.minAddr = text(host);
	if (named > 0 && draw.chance(12)) {
		scene.uses("nat address range");
		to.maxAddr = text(host + draw.between(1, 3));
	}
	if (named < 6) {
		to.minPort = draw.pick([80, 8080, 9090]);
		if (draw.chance(20)) {
			scene.uses("nat port range");
			to.maxPort = to.minPort + draw.between(1, 3);
		}
	}
	const single = to.minPort !== undefined && to.maxPort === undefined;
	return {
		kind: "dnat",
		to,
		...(single && draw.chance(8) ? { random: true } : {}),
		...(draw.chance(8) ? { persistent: true } : {}),
	};
}

/** Without a clash in the plan no two flows want the same source; with one, ranges are for the ports that clash. */
function snat(site: Site): (Target & { readonly kind: "snat" }) | undefined {
	const { draw, scene, plan } = site;
	if (plan.clash) return undefined;
	const own = addrsOf(site.router);
	const addr = draw.pick([...own, ...own, 0x0a630005]);
	const to: { -readonly [K in keyof NatRange]: NatRange[K] } = { minAddr: text(addr) };
	if (draw.chance(12)) {
		scene.uses("nat address range");
		to.maxAddr = text(addr + draw.between(1, 3));
	}
	if (maySharePort(site) && draw.chance(25)) to.minPort = draw.pick([600, 5000, 40_000]);
	const single = to.minPort !== undefined;
	return {
		kind: "snat",
		to,
		...(single && draw.chance(20) ? { random: true } : {}),
		...(single && draw.chance(10) ? { randomFully: true } : {}),
		...(draw.chance(8) ? { persistent: true } : {}),
	};
}

function masquerade(site: Site): (Target & { readonly kind: "masquerade" }) | undefined {
	const { draw, plan } = site;
	if (plan.clash) return undefined;
	if (!maySharePort(site) || !draw.chance(25)) return { kind: "masquerade" };
	const port = draw.pick([600, 5000, 40_000]);
	return {
		kind: "masquerade",
		toPorts: { from: port, to: port },
		...(draw.chance(20) ? { random: true } : {}),
		...(draw.chance(10) ? { randomFully: true } : {}),
	};
}

function redirect(site: Site): Target & { readonly kind: "redirect" } {
	const { draw } = site;
	if (!hasPorts(site) || !draw.chance(50)) return { kind: "redirect" };
	const port = draw.pick([80, 8080, 9090]);
	const range = draw.chance(20);
	return {
		kind: "redirect",
		toPorts: { from: port, to: range ? port + 1 : port },
		...(!range && draw.chance(15) ? { random: true } : {}),
	};
}

/** The kernel keeps 29 characters of a prefix, of which whoever reads its log may need some. */
function log(site: Site): Target & { readonly kind: "log" } {
	const { draw, number } = site;
	const prefix = draw.pick([`${number}: `, `rule ${number} `, `r${number}`, "x".repeat(24), undefined]);
	return {
		kind: "log",
		...(prefix === undefined ? {} : { prefix }),
		level: draw.pick([4, 4, 4, 3, 5, 6, 7]),
		...(draw.chance(25) ? { tcpSequence: true } : {}),
		...(draw.chance(25) ? { tcpOptions: true } : {}),
		...(draw.chance(25) ? { ipOptions: true } : {}),
		...(draw.chance(15) ? { uid: true } : {}),
		...(draw.chance(20) ? { macdecode: true } : {}),
	};
}
