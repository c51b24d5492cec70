/** The choice of a translated tuple that nobody else has (`get_unique_tuple`, nf_nat_core.c). */
import { IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP } from "../../../wire/ipv4.ts";
import { type ConntrackNet, conntrackNet } from "../conntrack/net.ts";
import { TCP_SYN_SENT, TCP_TIME_WAIT } from "../conntrack/tcp-track.ts";
import { copyTuple, hasPorts, invertTuple, sameTuple } from "../conntrack/tuple.ts";
import {
	type Conntrack,
	type CtTuple,
	IPS_DYING,
	IPS_NAT_MASK,
	IPS_SRC_NAT,
	ORIGINAL,
	REPLY,
} from "../conntrack/types.ts";
import { addrInRange, type Manip, type NatRangeNum, portInRange, sourceInRange } from "./range.ts";

/** How many ports are tried in the first round. */
const MAX_ATTEMPTS = 128;
/** With so few attempts left, a port whose connection only waits to be forgotten may be taken away from it. */
const HARDER_THRESHOLD = 32;

/**
 * Changes `tuple` (the flow as the packet shows it now) at the end `manip` names, to lie in the range and have an inverse
 * that no other flow has. When all are taken the last one tried stays, and `ct.natExhausted` is set.
 */
export function getUniqueTuple(tuple: CtTuple, range: NatRangeNum, ct: Conntrack, manip: Manip): void {
	const net = conntrackNet(ct.netns);
	const random = range.random === true || range.randomFully === true;
	if (manip === "src" && !random && keepMapping(tuple, range, ct, net)) return;

	const addr = addrInRange(tuple, range, ct.zone);
	if (addr !== undefined) {
		if (manip === "src") tuple.src = addr;
		else tuple.dst = addr;
	}
	if (!random) {
		if (range.minPort === undefined) {
			if (!isUsed(tuple, ct, net)) return;
		} else if (range.basePort === undefined && portInRange(tuple, manip, range)) {
			if (range.minPort === range.maxPort || !isUsed(tuple, ct, net)) return;
		}
	}
	choosePort(tuple, range, ct, manip);
}

/** The source as it is, if it is in range and free; else what the same source was given before (`find_appropriate_src`). */
function keepMapping(tuple: CtTuple, range: NatRangeNum, ct: Conntrack, net: ConntrackNet): boolean {
	if (sourceInRange(tuple, range)) return !isUsedUnaltered(tuple, ct, net);
	const candidate = net.scratch2;
	const found = net.table.findBySource(tuple, ct, (other) => {
		invertTuple(other.reply, candidate);
		candidate.dst = tuple.dst;
		candidate.dport = tuple.dport;
		candidate.zone = tuple.zone;
		return sourceInRange(candidate, range);
	});
	if (found === undefined || isUsed(candidate, ct, net)) return false;
	copyTuple(candidate, tuple);
	return true;
}

/** `nf_nat_l4proto_unique_tuple`. */
function choosePort(tuple: CtTuple, range: NatRangeNum, ct: Conntrack, manip: Manip): void {
	const net = conntrackNet(ct.netns);
	const ports = portsToTry(tuple, range, manip);
	if (ports === undefined) return;
	const rng = ct.netns.machine.rng;
	const byId = tuple.proto === IPPROTO_ICMP;
	const random = range.random === true || range.randomFully === true;
	let offset = 0;
	if (range.basePort !== undefined) offset = (byId || manip === "src" ? tuple.sport : tuple.dport) - range.basePort;
	else if (random || manip === "src") offset = rng.below(0x10000);

	let attempts = Math.min(ports.count, MAX_ATTEMPTS);
	for (;;) {
		for (let k = 0; k < attempts; k += 1, offset += 1) {
			const port = ports.from + (((offset % ports.count) + ports.count) % ports.count);
			if (byId || manip === "src") tuple.sport = port;
			else tuple.dport = port;
			if (!isUsedHarder(tuple, ct, attempts - k)) return;
		}
		if (attempts >= ports.count || attempts < 16) break;
		attempts = Math.floor(attempts / 2);
		offset = rng.below(0x10000);
	}
	ct.natExhausted = isUsed(tuple, ct, net);
}

/** The ports (ICMP: ids) to choose from; undefined: the port is not to be changed. */
function portsToTry(
	tuple: CtTuple,
	range: NatRangeNum,
	manip: Manip,
): { readonly from: number; readonly count: number } | undefined {
	if (!hasPorts(tuple.proto) && tuple.proto !== IPPROTO_ICMP) return undefined;
	const { minPort, maxPort } = range;
	if (minPort !== undefined && maxPort !== undefined) {
		const from = Math.min(minPort, maxPort);
		return { from, count: Math.max(minPort, maxPort) - from + 1 };
	}
	if (tuple.proto === IPPROTO_ICMP) return { from: 0, count: 65536 };
	if (manip === "dst") return undefined;
	// A port stays in its class: those below 512 tell who speaks, those below 1024 that root does.
	if (tuple.sport < 512) return { from: 1, count: 511 };
	if (tuple.sport < 1024) return { from: 600, count: 424 };
	return { from: 1024, count: 64512 };
}

/** Whether another flow has the answer's tuple (`nf_nat_used_tuple`). */
function isUsed(tuple: CtTuple, ct: Conntrack, net: ConntrackNet): boolean {
	return holderOf(tuple, ct, net) !== undefined;
}

/**
 * As `isUsed`, for a tuple as the flow has it anyway (`nf_nat_used_tuple_new`). A flow that is the other direction of an
 * untranslated one, which zones keep apart, gets no other port: confirmation decides about it.
 */
function isUsedUnaltered(tuple: CtTuple, ct: Conntrack, net: ConntrackNet): boolean {
	if (!isUsed(tuple, ct, net)) return false;
	if (ct.proto !== IPPROTO_UDP) return true;
	const sought = net.scratch;
	copyTuple(tuple, sought);
	let other = findInZoneOf(ct, sought, net);
	if (other === undefined && invertTuple(tuple, sought)) other = findInZoneOf(ct, sought, net);
	if (other === undefined) return false;
	if ((other.status & IPS_NAT_MASK) !== 0) return true;
	return !(isSameInAnyZone(other.original, ct.reply, sought) && isSameInAnyZone(other.reply, ct.original, sought));
}

/** `nf_ct_tuple_equal`; `scratch` is overwritten. */
function isSameInAnyZone(a: CtTuple, b: CtTuple, scratch: CtTuple): boolean {
	copyTuple(b, scratch);
	scratch.zone = a.zone;
	return sameTuple(a, scratch);
}

/** An entry with this tuple in either direction; `sought.zone` is overwritten. */
function findInZoneOf(ct: Conntrack, sought: CtTuple, net: ConntrackNet): Conntrack | undefined {
	for (const dir of [ORIGINAL, REPLY] as const) {
		sought.zone = ct.tuple(dir).zone;
		const found = net.table.find(sought, net.now(), dir)?.ct;
		if (found !== undefined) return found;
	}
	return undefined;
}

/** As `isUsed`, but with few attempts left a TCP port is taken away from a connection in TIME_WAIT. */
function isUsedHarder(tuple: CtTuple, ct: Conntrack, attemptsLeft: number): boolean {
	const net = conntrackNet(ct.netns);
	const holder = holderOf(tuple, ct, net);
	if (holder === undefined) return false;
	const opens = tuple.proto === IPPROTO_TCP && ct.tcp?.state === TCP_SYN_SENT;
	if (attemptsLeft > HARDER_THRESHOLD || !opens || holder.dir === ORIGINAL) return true;
	return holder.ct === undefined || !mayEvict(holder.ct, ct) || !net.table.kill(holder.ct);
}

function mayEvict(old: Conntrack, fresh: Conntrack): boolean {
	if (old.tcp === undefined || fresh.tcp === undefined || old.tcp.state < TCP_TIME_WAIT) return false;
	if ((old.status & IPS_DYING) !== 0 || (old.status & IPS_SRC_NAT) === 0) return false;
	return ((fresh.tcp.original.end - old.tcp.original.end) | 0) > 0;
}

/** The tuple in the table that an answer to `tuple` would have (`nf_conntrack_tuple_taken`). */
function holderOf(tuple: CtTuple, ct: Conntrack, net: ConntrackNet): CtTuple | undefined {
	const answer = net.scratch;
	if (!invertTuple(tuple, answer)) return undefined;
	const holder = net.table.find(answer, net.now(), ct.zoneIsDirected ? REPLY : undefined);
	if (holder?.ct === undefined || holder.ct === ct) return undefined;
	// The same flow met twice before it was confirmed: confirmation sorts that out.
	return sameTuple(holder.ct.original, ct.original) ? undefined : holder;
}
