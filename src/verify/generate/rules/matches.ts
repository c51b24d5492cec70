/**
 * A maker for every kind of match, with values that packets of the place have. A kind that is missing here does not
 * compile; one that is not made says why.
 */
import type {
	AddrType,
	ConntrackMatch,
	CtState,
	CtStatus,
	Match,
	MatchKind,
	PhysdevMatch,
	RecentMatch,
	TcpMatch,
} from "../../../kernel/xtables.ts";
import { IPPROTO_ICMP, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from "../../../wire/ipv4.ts";
import { TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN } from "../../../wire/tcp.ts";
import type { Draw } from "../draw.ts";
import type { Feature } from "../features.ts";
import {
	connmark,
	dscpMatch,
	ecn,
	iprange,
	lengthMatch,
	macMatch,
	owner,
	pkttype,
	rpfilter,
	stringMatch,
	tcpmssMatch,
	tosMatch,
	ttlMatch,
} from "./packet-matches.ts";
import { setMatch } from "./set-rules.ts";
import { ACCOUNTS, drawNet, drawPorts, inverted, MARKS, onlyFrom, type Site } from "./site.ts";

interface Made<K extends MatchKind> {
	readonly feature: Feature;
	/** Undefined: not at this site. */
	make(site: Site): (Match & { readonly kind: K }) | undefined;
}

interface NotMade {
	readonly why: string;
}

type MatchMakers = { readonly [K in MatchKind]: Made<K> | NotMade };

export const MATCH_MAKERS: MatchMakers = {
	source: {
		feature: "match -s",
		make: (site) => ({ kind: "source", net: drawNet(site), ...inverted(site.draw) }),
	},
	destination: {
		feature: "match -d",
		make: (site) => ({ kind: "destination", net: drawNet(site), ...inverted(site.draw) }),
	},
	"in-interface": {
		feature: "match -i",
		make: (site) =>
			onlyFrom(site, "PREROUTING", "INPUT", "FORWARD")
				? { kind: "in-interface", name: interfaceName(site), ...inverted(site.draw) }
				: undefined,
	},
	"out-interface": {
		feature: "match -o",
		make: (site) =>
			onlyFrom(site, "FORWARD", "OUTPUT", "POSTROUTING")
				? { kind: "out-interface", name: interfaceName(site), ...inverted(site.draw) }
				: undefined,
	},
	protocol: {
		feature: "match -p",
		make: ({ proto }) => (proto === undefined ? undefined : { kind: "protocol", proto }),
	},
	fragment: {
		feature: "match -f",
		make: ({ draw }) => ({ kind: "fragment", ...inverted(draw, 40) }),
	},
	comment: {
		feature: "match comment",
		make: ({ draw }) => ({
			kind: "comment",
			text: draw.pick(["seen", "two words", 'a "quoted" word', "it's -j DROP"]),
		}),
	},
	tcp: {
		feature: "match tcp",
		make: ({ draw, proto }) => (proto === IPPROTO_TCP ? tcp(draw) : undefined),
	},
	udp: {
		feature: "match udp",
		make: ({ draw, proto }) => (proto === IPPROTO_UDP ? { kind: "udp", ...ports(draw) } : undefined),
	},
	sctp: {
		feature: "match sctp",
		make: ({ draw, proto }) => (proto === IPPROTO_SCTP ? { kind: "sctp", ...ports(draw) } : undefined),
	},
	icmp: {
		feature: "match icmp",
		make: ({ draw, proto }) => (proto === IPPROTO_ICMP ? icmp(draw) : undefined),
	},
	icmp6: { why: "the simulated kernel moves no IPv6 packets" },
	conntrack: {
		feature: "match conntrack",
		make: (site) => (site.plan.conntrack ? conntrack(site) : undefined),
	},
	state: {
		feature: "match state",
		make: ({ draw, plan }) =>
			plan.conntrack
				? { kind: "state", states: draw.sample(STATES.slice(0, 5), draw.between(1, 2)), ...inverted(draw) }
				: undefined,
	},
	mark: {
		feature: "match mark",
		make: ({ draw }) => {
			const mask = draw.pick([0xffffffff, 0xffffffff, 0xff, 0x4000]);
			return { kind: "mark", value: (draw.pick([0, ...MARKS]) & mask) >>> 0, mask, ...inverted(draw, 30) };
		},
	},
	addrtype: { feature: "match addrtype", make: addrtype },
	statistic: {
		feature: "match statistic",
		make: ({ draw }) => statistic(draw),
	},
	set: { feature: "match set", make: setMatch },
	multiport: {
		feature: "match multiport",
		make: ({ draw, proto }) =>
			proto === IPPROTO_TCP || proto === IPPROTO_UDP
				? {
						kind: "multiport",
						which: draw.pick(["sports", "dports", "ports"] as const),
						ports: Array.from({ length: draw.between(1, 4) }, () => drawPorts(draw)),
						...inverted(draw),
					}
				: undefined,
	},
	recent: { feature: "match recent", make: recent },
	nfacct: {
		feature: "match nfacct",
		make: ({ draw }) => ({ kind: "nfacct", name: draw.pick(ACCOUNTS) }),
	},
	limit: {
		feature: "match limit",
		// Refills only after the scenario is over.
		make: ({ draw }) => ({ kind: "limit", avg: draw.pick([600_000, 36_000_000]), burst: draw.between(1, 4) }),
	},
	physdev: { feature: "match physdev", make: physdev },
	connmark: { feature: "match connmark", make: connmark },
	mac: { feature: "match mac", make: macMatch },
	iprange: { feature: "match iprange", make: iprange },
	length: { feature: "match length", make: lengthMatch },
	pkttype: { feature: "match pkttype", make: pkttype },
	ttl: { feature: "match ttl", make: ttlMatch },
	tos: { feature: "match tos", make: tosMatch },
	dscp: { feature: "match dscp", make: dscpMatch },
	ecn: { feature: "match ecn", make: ecn },
	tcpmss: { feature: "match tcpmss", make: tcpmssMatch },
	owner: { feature: "match owner", make: owner },
	rpfilter: { feature: "match rpfilter", make: rpfilter },
	string: { feature: "match string", make: stringMatch },
	ipvs: { why: "the scenarios of IPVS have a recorder of their own (test/golden/ipvs)" },
	"unknown-match": { why: "the simulated kernel refuses it by name" },
};

const STATES: readonly CtState[] = ["NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED", "SNAT", "DNAT"];
const STATUSES: readonly CtStatus[] = ["NONE", "EXPECTED", "SEEN_REPLY", "ASSURED", "CONFIRMED"];
const ADDR_TYPES: readonly AddrType[] = [
	"UNICAST",
	"LOCAL",
	"LOCAL",
	"BROADCAST",
	"MULTICAST",
	"BLACKHOLE",
	"UNREACHABLE",
	"PROHIBIT",
];

function interfaceName(site: Site): string {
	const { draw, router } = site;
	const dev = draw.pick(router.devs);
	return draw.weighted([
		[70, dev.name],
		[10, `${dev.name.slice(0, 1)}+`],
		[8, draw.pick(["lo", "eth9"])],
		[12, draw.pick(dev.ports.length > 0 ? dev.ports : [dev.name])],
	]);
}

function ports(draw: Draw): Pick<TcpMatch, "sport" | "dport"> {
	const side = (): NonNullable<TcpMatch["dport"]> => ({ value: drawPorts(draw), ...inverted(draw) });
	const which = draw.below(10);
	return {
		...(which > 6 ? { sport: side() } : {}),
		...(which < 8 ? { dport: side() } : {}),
	};
}

function tcp(draw: Draw): TcpMatch {
	const flags = draw.pick([
		{ mask: TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK, comp: TCP_SYN },
		{ mask: TCP_SYN | TCP_ACK, comp: TCP_SYN | TCP_ACK },
		{ mask: TCP_RST, comp: TCP_RST },
		{ mask: 0x3f, comp: 0 },
		{ mask: TCP_ACK | TCP_PSH, comp: TCP_ACK },
	]);
	return {
		kind: "tcp",
		...(draw.chance(70) ? ports(draw) : {}),
		...(draw.chance(40) ? { flags: { value: flags, ...inverted(draw) } } : {}),
		...(draw.chance(12) ? { option: { value: draw.pick([2, 3, 8]), ...inverted(draw) } } : {}),
	};
}

function icmp(draw: Draw): Match & { readonly kind: "icmp" } {
	const [type, code] = draw.pick([[8], [8], [0], [3], [3, 3], [3, 4], [11], [11, 0], [255], [5, 1], [13]] as const);
	return { kind: "icmp", type, ...(code === undefined ? {} : { code }), ...(type === 255 ? {} : inverted(draw)) };
}

function conntrack(site: Site): ConntrackMatch {
	const { draw } = site;
	const not = (): { readonly invert?: true } => inverted(draw);
	const options: Partial<ConntrackMatch> = {};
	const state = { value: draw.sample(STATES, draw.between(1, 3)), ...not() };
	const all: readonly (readonly [weight: number, option: Partial<ConntrackMatch>])[] = [
		[40, { state }],
		[6, { status: { value: draw.sample(STATUSES, draw.between(1, 2)), ...not() } }],
		[5, { proto: { value: draw.pick([6, 17, 1]), ...not() } }],
		[6, { origSrc: { value: drawNet(site), ...not() } }],
		[6, { origDst: { value: drawNet(site), ...not() } }],
		[6, { replSrc: { value: drawNet(site), ...not() } }],
		[6, { replDst: { value: drawNet(site), ...not() } }],
		[4, { origSport: { value: drawPorts(draw), ...not() } }],
		[5, { origDport: { value: drawPorts(draw), ...not() } }],
		[4, { replSport: { value: drawPorts(draw), ...not() } }],
		[4, { replDport: { value: drawPorts(draw), ...not() } }],
		// Bounds far from where a life begins, for time passes differently.
		[
			4,
			{
				expireSeconds: {
					value: draw.pick([
						{ from: 0, to: 80 },
						{ from: 200, to: 5000 },
					]),
					...not(),
				},
			},
		],
		[5, { dir: draw.pick(["ORIGINAL", "REPLY"] as const) }],
	];
	const count = draw.weighted([
		[70, 1],
		[25, 2],
		[5, 3],
	]);
	for (let k = 0; k < count; k += 1) Object.assign(options, draw.weighted(all));
	if (options.expireSeconds === undefined) return { kind: "conntrack", ...options };
	// Before an entry is confirmed its time does not count from the clock yet, that of CT's template never does: what is left
	// depends on how long the machine is up.
	const status = { value: [site.table === "raw" ? "SEEN_REPLY" : "CONFIRMED"] } as const;
	return { kind: "conntrack", ...options, status };
}

function addrtype(site: Site): Match & { readonly kind: "addrtype" } {
	const { draw } = site;
	const types = (): { readonly value: readonly AddrType[]; readonly invert?: true } => ({
		value: [...new Set(draw.sample(ADDR_TYPES, draw.between(1, 2)))],
		...inverted(draw),
	});
	const side = draw.below(10);
	const limit = draw.below(10);
	const into = limit < 2 && onlyFrom(site, "PREROUTING", "INPUT", "FORWARD");
	const out = !into && limit < 4 && onlyFrom(site, "FORWARD", "OUTPUT", "POSTROUTING");
	return {
		kind: "addrtype",
		...(side > 6 ? { srcType: types() } : {}),
		...(side < 8 ? { dstType: types() } : {}),
		...(into ? { limitIface: "in" } : out ? { limitIface: "out" } : {}),
	};
}

function statistic(draw: Draw): Match & { readonly kind: "statistic" } {
	// Real chance would differ from kernel to kernel: only what is certain.
	if (draw.chance(50)) {
		return {
			kind: "statistic",
			mode: "random",
			probability31: draw.chance(65) ? 0x80000000 : 0,
			...inverted(draw),
		};
	}
	const every = draw.between(1, 4);
	return { kind: "statistic", mode: "nth", every, packet: draw.below(every), ...inverted(draw) };
}

/** The list's name is the scenario's own: lists outlive the rules of a namespace that is used again. */
function recent(site: Site): RecentMatch {
	const { draw, scene } = site;
	const action = draw.pick(["set", "set", "rcheck", "update", "remove"] as const);
	const asks = action === "rcheck" || action === "update";
	const seconds = draw.chance(40) ? { seconds: draw.pick([60, 600]) } : {};
	return {
		kind: "recent",
		action,
		...(asks ? seconds : {}),
		...(asks && "seconds" in seconds && draw.chance(30) ? { reap: true } : {}),
		...(asks && draw.chance(40) ? { hitcount: draw.between(1, 3) } : {}),
		...(asks && draw.chance(20) ? { rttl: true } : {}),
		name: `R${scene.index}${draw.pick(["a", "b"])}`,
		mask: "255.255.255.255",
		side: draw.pick(["rsource", "rdest"] as const),
		...inverted(draw),
	};
}

function physdev(site: Site): PhysdevMatch | undefined {
	const { draw, router } = site;
	const ports = router.devs.flatMap((dev) => dev.ports);
	if (ports.length === 0) return undefined;
	const name = (): { readonly value: string; readonly invert?: true } => ({
		value: draw.chance(85) ? draw.pick(ports) : "br0p+",
		...inverted(draw),
	});
	const flag = (): { readonly value: true; readonly invert?: true } => ({ value: true, ...inverted(draw, 25) });
	const outwards = onlyFrom(site, "FORWARD", "POSTROUTING");
	const which = draw.below(outwards ? 5 : 3);
	switch (which) {
		case 0:
			return { kind: "physdev", in: name() };
		case 1:
			return { kind: "physdev", isIn: flag() };
		case 2:
			return { kind: "physdev", isBridged: { value: true, ...inverted(draw, 10) } };
		case 3:
			return { kind: "physdev", out: name() };
		default:
			return { kind: "physdev", isOut: flag(), ...(draw.chance(40) ? { in: name() } : {}) };
	}
}
