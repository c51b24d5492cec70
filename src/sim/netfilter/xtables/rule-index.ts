/**
 * Finding the rules of a long chain that a packet can match, without asking the others.
 *
 * Rules are grouped by which whole addresses and ports they demand, and found by those as numbers. The index only leaves
 * out rules that cannot match; what it finds is evaluated as ever, in rule order, so results do not change. A rule whose
 * criteria are preceded by a match with side effects is never left out.
 */
import type { Inverted, Match, PortRange, Rule } from "../../../kernel/xtables.ts";
import { addrBits, type IpNum, ipNum } from "../../../wire/addr.ts";
import type { Skb } from "../../types.ts";
import { matchModule } from "./match-modules.ts";
import { dportOf, sportOf, type XtPacket } from "./packet.ts";

/** Fewer rules of one shape are not worth a look-up for each packet. */
const MIN_GROUP = 4;

export class RuleIndex {
	readonly #groups: readonly Group[];
	/** For each place the next rule, from there on, that is in no group. */
	readonly nextLoose: Int32Array;
	readonly #length: number;

	constructor(groups: readonly Group[], nextLoose: Int32Array, length: number) {
		this.#groups = groups;
		this.nextLoose = nextLoose;
		this.#length = length;
	}

	/** The first rule in a group, at `from` or later, that the packet can match; the chain's length when there is none. */
	nextIndexed(skb: Skb, pkt: XtPacket, from: number): number {
		let next = this.#length;
		for (const group of this.#groups) {
			const rules = group.find(skb, pkt);
			if (rules === undefined) continue;
			const at = firstFrom(rules, from);
			if (at < next) next = at;
		}
		return next;
	}
}

/** Undefined: nothing in the chain can be looked up. */
export function buildIndex(rules: readonly { readonly rule: Rule }[]): RuleIndex | undefined {
	const keys = rules.map((loaded) => ruleKey(loaded.rule));
	const sizes = new Map<number, number>();
	for (const key of keys) if (key !== undefined) sizes.set(key.shape, (sizes.get(key.shape) ?? 0) + 1);
	const groups = new Map<number, Group>();
	const nextLoose = new Int32Array(rules.length + 1).fill(rules.length);
	const loose: number[] = [];
	for (const [at, key] of keys.entries()) {
		if (key === undefined || (sizes.get(key.shape) ?? 0) < MIN_GROUP) {
			loose.push(at);
			continue;
		}
		let group = groups.get(key.shape);
		if (group === undefined) {
			group = new Group(key.shape);
			groups.set(key.shape, group);
		}
		group.add(key, at);
	}
	if (groups.size === 0) return undefined;
	let next = loose.length - 1;
	for (let at = rules.length - 1; at >= 0; at -= 1) {
		const isLoose = loose[next] === at;
		nextLoose[at] = isLoose ? at : (nextLoose[at + 1] ?? rules.length);
		if (isLoose) next -= 1;
	}
	return new RuleIndex([...groups.values()], nextLoose, rules.length);
}

const BY_DST = 1;
const BY_SRC = 2;
const BY_SPORT = 4;
const BY_DPORT = 8;
const BY_PORT = BY_SPORT | BY_DPORT;

interface RuleKey {
	/** Which of the fields are demanded: `BY_*`. */
	readonly shape: number;
	readonly dst: IpNum;
	readonly src: IpNum;
	readonly proto: number;
	readonly sport: number;
	readonly dport: number;
}

/** What the rule demands exactly; undefined: nothing that can be looked up. */
function ruleKey(rule: Rule): RuleKey | undefined {
	const key = { shape: 0, dst: 0 as IpNum, src: 0 as IpNum, proto: 0, sport: 0, dport: 0 };
	for (const match of rule.matches) {
		if (matchModule(match)?.pure !== true) break;
		addToKey(key, match);
	}
	return key.shape === 0 ? undefined : key;
}

function addToKey(key: { -readonly [K in keyof RuleKey]: RuleKey[K] }, match: Match): void {
	switch (match.kind) {
		case "source":
		case "destination": {
			if (match.invert === true || match.net.prefix !== addrBits(match.net.addr)) return;
			const addr = ipNum(match.net.addr);
			if (match.kind === "source") key.src = addr;
			else key.dst = addr;
			key.shape |= match.kind === "source" ? BY_SRC : BY_DST;
			return;
		}
		case "protocol":
			if (match.invert !== true) key.proto = match.proto;
			return;
		case "tcp":
		case "udp":
		case "sctp":
			// The protocol is known: such a match is loaded only after `-p`.
			if (isExact(match.sport)) {
				key.sport = match.sport.value.from;
				key.shape |= BY_SPORT;
			}
			if (isExact(match.dport)) {
				key.dport = match.dport.value.from;
				key.shape |= BY_DPORT;
			}
			return;
		default:
	}
}

function isExact(range: Inverted<PortRange> | undefined): range is Inverted<PortRange> {
	return range !== undefined && range.invert !== true && range.value.from === range.value.to;
}

/**
 * Rules of one shape by a 32-bit mixture of what they demand. Different demands may share a mixture: then a rule is found
 * that does not match, which its evaluation will show.
 */
class Group {
	readonly #shape: number;
	readonly #rules = new Map<number, number[]>();

	constructor(shape: number) {
		this.#shape = shape;
	}

	add(key: RuleKey, at: number): void {
		const mixture = this.#mix(key, key.sport, key.dport);
		const rules = this.#rules.get(mixture);
		if (rules === undefined) this.#rules.set(mixture, [at]);
		else rules.push(at);
	}

	/** Ascending. The packet's transport header is complete. */
	find(skb: Skb, pkt: XtPacket): readonly number[] | undefined {
		const sport = (this.#shape & BY_SPORT) === 0 ? 0 : sportOf(skb, pkt);
		const dport = (this.#shape & BY_DPORT) === 0 ? 0 : dportOf(skb, pkt);
		return this.#rules.get(this.#mix(pkt, sport, dport));
	}

	/** A signed number, which a Map finds fastest. */
	#mix(of: { readonly src: IpNum; readonly dst: IpNum; readonly proto: number }, sport: number, dport: number): number {
		const shape = this.#shape;
		let mixture = 0;
		if ((shape & BY_DST) !== 0) mixture = word(of.dst);
		if ((shape & BY_SRC) !== 0) mixture = Math.imul(mixture, 0x9e3779b1) ^ word(of.src);
		if ((shape & BY_PORT) === 0) return mixture;
		return Math.imul(mixture, 0x85ebca6b) ^ Math.imul((sport << 16) | dport, 0xc2b2ae35) ^ of.proto;
	}
}

/** The 32 bits of an IPv4 address; those of an IPv6 address, folded. */
function word(addr: IpNum): number {
	if (typeof addr === "number") return addr | 0;
	const half = addr ^ (addr >> 64n);
	return Number(BigInt.asIntN(32, half ^ (half >> 32n)));
}

/** The first of ascending numbers that is at least `from`; Infinity: none. */
function firstFrom(ascending: readonly number[], from: number): number {
	let low = 0;
	let high = ascending.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if ((ascending[middle] ?? 0) < from) low = middle + 1;
		else high = middle;
	}
	return ascending[low] ?? Number.POSITIVE_INFINITY;
}
