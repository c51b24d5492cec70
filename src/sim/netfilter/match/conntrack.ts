/** `-m conntrack`: the packet's state and its entry's tuples, status and remaining life (net/netfilter/xt_conntrack.c). */
import type { ConntrackMatch, CtState, CtStatus, Inverted, PortRange } from "../../../kernel/xtables.ts";
import { type Cidr, familyOf, type IpNum, ipNum, maskedNum } from "../../../wire/addr.ts";
import type { ObjectError } from "../../objects/handler.ts";
import type { Skb } from "../../types.ts";
import {
	type Conntrack,
	ctExpiresNs,
	ctInfoDir,
	ctStateOf,
	IPS_ASSURED,
	IPS_CONFIRMED,
	IPS_DST_NAT,
	IPS_EXPECTED,
	IPS_SEEN_REPLY,
	IPS_SRC_NAT,
	ORIGINAL,
	skbCt,
} from "../conntrack/types.ts";
import { inRange, type MatchFn, type MatchModule, type RuleContext } from "../xtables/types.ts";
import { checkRange } from "./ports.ts";

export const conntrack: MatchModule<ConntrackMatch> = {
	pure: true,
	needsConntrack: true,
	check,
	compile(match) {
		const state = match.state === undefined ? undefined : stateTest(match.state.value, match.state.invert !== true);
		const tests = entryTests(match);
		if (tests.length === 0) return state;
		return (skb, hookState, pkt) => {
			if (state !== undefined && !state(skb, hookState, pkt)) return false;
			const ct = skbCt(skb);
			// Without an entry only the state can be asked; Linux then takes the rest for granted.
			if (ct === undefined) return state !== undefined;
			for (const test of tests) if (!test(ct, skb)) return false;
			return true;
		};
	},
};

/** The packet is in one of the states (or its entry is translated at one of the ends): `want`. */
export function stateTest(states: readonly CtState[], want: boolean): MatchFn {
	let mask = 0;
	for (const state of states) mask |= STATE_BIT[state];
	const snat = (mask & STATE_BIT.SNAT) !== 0 ? IPS_SRC_NAT : 0;
	const dnat = (mask & STATE_BIT.DNAT) !== 0 ? IPS_DST_NAT : 0;
	const nat = snat | dnat;
	if (nat === 0) return (skb) => ((STATE_BIT[ctStateOf(skb)] & mask) !== 0) === want;
	return (skb) => {
		const hit = (STATE_BIT[ctStateOf(skb)] & mask) !== 0 || ((skbCt(skb)?.status ?? 0) & nat) !== 0;
		return hit === want;
	};
}

const STATE_BIT: Readonly<Record<CtState, number>> = {
	INVALID: 1,
	NEW: 2,
	RELATED: 4,
	ESTABLISHED: 8,
	UNTRACKED: 16,
	SNAT: 32,
	DNAT: 64,
};

/** `NONE` names no bit: asked for alone it never holds. */
const STATUS_BIT: Readonly<Record<CtStatus, number>> = {
	NONE: 0,
	EXPECTED: IPS_EXPECTED,
	SEEN_REPLY: IPS_SEEN_REPLY,
	ASSURED: IPS_ASSURED,
	CONFIRMED: IPS_CONFIRMED,
};

type EntryTest = (ct: Conntrack, skb: Skb) => boolean;

function entryTests(match: ConntrackMatch): readonly EntryTest[] {
	const tests: EntryTest[] = [];
	const add = <T>(criterion: Inverted<T> | undefined, holds: (value: T, ct: Conntrack, skb: Skb) => boolean): void => {
		if (criterion === undefined) return;
		const want = criterion.invert !== true;
		tests.push((ct, skb) => holds(criterion.value, ct, skb) === want);
	};
	if (match.dir !== undefined) {
		const want = match.dir === "ORIGINAL";
		tests.push((_ct, skb) => (ctInfoDir(skb.ctInfo) === ORIGINAL) === want);
	}
	const addNet = (criterion: Inverted<Cidr> | undefined, addrOf: (ct: Conntrack) => IpNum): void => {
		if (criterion === undefined) return;
		const { addr, prefix } = criterion.value;
		const net = maskedNum(ipNum(addr), prefix);
		add(criterion, (_net, ct) => maskedNum(addrOf(ct), prefix) === net);
	};
	addNet(match.origSrc, (ct) => ct.original.src);
	addNet(match.origDst, (ct) => ct.original.dst);
	addNet(match.replSrc, (ct) => ct.reply.src);
	addNet(match.replDst, (ct) => ct.reply.dst);
	add(match.proto, (proto, ct) => ct.proto === proto);
	add(match.origSport, (range, ct) => inRange(ct.original.sport, range));
	add(match.origDport, (range, ct) => inRange(ct.original.dport, range));
	add(match.replSport, (range, ct) => inRange(ct.reply.sport, range));
	add(match.replDport, (range, ct) => inRange(ct.reply.dport, range));
	add(match.status, (names, ct) => names.some((name) => (ct.status & STATUS_BIT[name]) !== 0));
	add(match.expireSeconds, (range, ct, skb) => {
		return inRange(Math.floor(ctExpiresNs(ct, skb.machine.loop.now()) / 1_000_000_000), range);
	});
	return tests;
}

function check(match: ConntrackMatch, at: RuleContext): ObjectError | undefined {
	for (const net of [match.origSrc, match.origDst, match.replSrc, match.replDst]) {
		if (net === undefined || familyOf(net.value.addr) === at.family) continue;
		return { errno: "EINVAL", message: `conntrack match in chain ${at.chain}: ${net.value.addr} is not ${at.family}` };
	}
	const ranges: (Inverted<PortRange> | undefined)[] = [
		match.origSport,
		match.origDport,
		match.replSport,
		match.replDport,
	];
	for (const range of ranges) {
		const error = checkRange(range?.value, at);
		if (error !== undefined) return error;
	}
	return undefined;
}
