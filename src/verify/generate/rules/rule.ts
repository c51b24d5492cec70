/** One rule: a protocol, header matches, extensions and a target that go together. */
import type { Match, MatchKind, Rule, Target } from "../../../kernel/xtables.ts";
import { IPPROTO_ICMP, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from "../../../wire/ipv4.ts";
import { TCP_RST, TCP_SYN } from "../../../wire/tcp.ts";
import { SERVER_PORTS } from "../scene.ts";
import { MATCH_MAKERS } from "./matches.ts";
import type { Site } from "./site.ts";
import { TARGET_MAKERS, targetFits } from "./targets.ts";

/** A rule for the site, with a target of its own or the one given. */
export function drawRule(at: Omit<Site, "proto">, given?: Target): Rule {
	const { draw } = at;
	const proto = draw.weighted([
		[30, undefined],
		[28, IPPROTO_TCP],
		[26, IPPROTO_UDP],
		[12, IPPROTO_ICMP],
		[4, at.plan.conntrack ? undefined : IPPROTO_SCTP],
	]);
	const site: Site = { ...at, proto };
	const target = given ?? drawTarget(site);
	const matches = matchesFor(site);
	if (target.kind === "tcpmss") return { matches: [...matches.filter(({ kind }) => kind !== "tcp"), SYN], target };
	return { matches: picksPort(target) ? [...matches.filter(hasNoPorts), dportMatch(site)] : matches, target };
}

/** Headers first, as iptables-save prints and the kernel asks them; then what `-m` names. */
function matchesFor(site: Site): readonly Match[] {
	const { draw, proto } = site;
	const headers: readonly (readonly [percent: number, kind: MatchKind])[] = [
		[22, "source"],
		[24, "destination"],
		[16, "in-interface"],
		[14, "out-interface"],
	];
	const matches: Match[] = [];
	for (const [percent, kind] of headers) if (draw.chance(percent)) matches.push(...made(site, kind));
	if (proto !== undefined) matches.push(...made(site, "protocol"));
	else if (draw.chance(8)) {
		site.scene.uses("match -p");
		matches.push({ kind: "protocol", proto: draw.pick([1, 6, 17]), invert: true });
	}
	if (draw.chance(8)) matches.push(...made(site, "fragment"));
	if (draw.chance(PORTS_PERCENT)) {
		for (const kind of ["tcp", "udp", "sctp", "icmp"] as const) matches.push(...made(site, kind));
	}
	// Where there are sets, rules ask them.
	if (draw.chance(SET_PERCENT)) matches.push(...made(site, "set"));
	const count = draw.weighted([
		[35, 0],
		[50, 1],
		[15, 2],
	]);
	for (let k = 0; k < count; k += 1) {
		const kind = draw.pick(EXTENSIONS);
		if (!matches.some((match) => match.kind === kind)) matches.push(...made(site, kind));
	}
	return matches;
}

/** `--tcp-flags SYN,RST SYN`. */
const SYN: Match = { kind: "tcp", flags: { value: { mask: TCP_SYN | TCP_RST, comp: TCP_SYN } } };
const PORTS_PERCENT = 45;
const SET_PERCENT = 45;

const HEADERS: ReadonlySet<MatchKind> = new Set<MatchKind>([
	"source",
	"destination",
	"in-interface",
	"out-interface",
	"protocol",
	"fragment",
	"tcp",
	"udp",
	"sctp",
	"icmp",
]);

const RARELY_MET: ReadonlySet<MatchKind> = new Set<MatchKind>(["tcpmss", "rpfilter", "owner", "physdev"]);

/** Every kind that is no header and no protocol's own. Those that few rules can have, or that few packets meet, twice. */
const EXTENSIONS: readonly MatchKind[] = kindsOf(MATCH_MAKERS)
	.filter((kind) => "make" in MATCH_MAKERS[kind] && !HEADERS.has(kind))
	.flatMap((kind) => (RARELY_MET.has(kind) ? [kind, kind] : [kind]));

function made(site: Site, kind: MatchKind): readonly Match[] {
	const maker = MATCH_MAKERS[kind];
	if ("why" in maker) return [];
	const match = maker.make(site);
	if (match === undefined) return [];
	site.scene.uses(maker.feature);
	return [match];
}

function drawTarget(site: Site): Target {
	const maker = site.draw.weighted(MADE_TARGETS.filter(([, made]) => targetFits(made, site)));
	const target = maker.make(site);
	if (target === undefined) return { kind: "none" };
	site.scene.uses(maker.feature);
	return target;
}

const MADE_TARGETS = kindsOf(TARGET_MAKERS).flatMap((kind) => {
	const maker = TARGET_MAKERS[kind];
	return "why" in maker ? [] : [[maker.weight, maker] as const];
});

/** The target writes a destination port: two flows to different ports could become one, were it not for one port only. */
function picksPort(target: Target): boolean {
	if (target.kind === "dnat") return target.to.minPort !== undefined;
	return target.kind === "redirect" && target.toPorts !== undefined;
}

function hasNoPorts(match: Match): boolean {
	return match.kind !== "tcp" && match.kind !== "udp" && match.kind !== "multiport";
}

function dportMatch(site: Site): Match {
	const port = site.draw.pick(SERVER_PORTS);
	const dport = { value: { from: port, to: port } };
	return site.proto === IPPROTO_UDP ? { kind: "udp", dport } : { kind: "tcp", dport };
}

/** The keys of a table, typed. */
function kindsOf<K extends string>(table: Readonly<Record<K, unknown>>): readonly K[] {
	const kinds: K[] = [];
	for (const kind in table) kinds.push(kind);
	return kinds;
}
