/** Connection tracking entries: `Conntrack` (`struct nf_conn`) with its two tuples, and how a packet refers to one. */
import type { CtState } from "../../../kernel/xtables.ts";
import { familyOfNum, type IpFamily, type IpNum } from "../../../wire/addr.ts";
import type { CtInfo } from "../../ct-info.ts";
import type { Netns, Skb } from "../../types.ts";
import type { TcpTrack } from "./tcp-track.ts";

/** Directions of a flow. */
export const ORIGINAL = 0;
export const REPLY = 1;
export type Direction = 0 | 1;

/** Status bits, numbered as in `enum ip_conntrack_status`. */
export const IPS_EXPECTED: number = 1 << 0;
export const IPS_SEEN_REPLY: number = 1 << 1;
export const IPS_ASSURED: number = 1 << 2;
export const IPS_CONFIRMED: number = 1 << 3;
export const IPS_SRC_NAT: number = 1 << 4;
export const IPS_DST_NAT: number = 1 << 5;
export const IPS_NAT_MASK: number = IPS_SRC_NAT | IPS_DST_NAT;
export const IPS_SRC_NAT_DONE: number = 1 << 7;
export const IPS_DST_NAT_DONE: number = 1 << 8;
export const IPS_NAT_DONE_MASK: number = IPS_SRC_NAT_DONE | IPS_DST_NAT_DONE;
export const IPS_DYING: number = 1 << 9;
export const IPS_TEMPLATE: number = 1 << 11;

/** Where flows are kept apart (`struct nf_conntrack_zone`): a number, or the packet's mark, in one direction or both. */
export interface CtZone {
	readonly id: number | "mark";
	readonly dir?: "original" | "reply";
}

/**
 * One direction of a flow as numbers (`struct nf_conntrack_tuple_hash`), and a link in the table's hash chain.
 * For ICMP `sport` is the id and `dport` is `type << 8 | code`; a protocol without ports has zeros.
 */
export class CtTuple {
	src: IpNum = 0;
	dst: IpNum = 0;
	proto = 0;
	sport = 0;
	dport = 0;
	/** The zone as it counts in this direction. */
	zone = 0;
	/** The whole 32-bit hash, while in the table. */
	hash = 0;
	next: CtTuple | undefined = undefined;
	/** The entry it belongs to; undefined: a tuple made to look one up. */
	readonly ct: Conntrack | undefined;
	readonly dir: Direction;

	constructor(ct: Conntrack | undefined, dir: Direction) {
		this.ct = ct;
		this.dir = dir;
	}
}

/** A tracked flow. */
export class Conntrack {
	readonly netns: Netns;
	/** As the originator sent it. */
	readonly original: CtTuple;
	/** As an answer is expected to come in: after NAT, the inverse of the translated original. */
	readonly reply: CtTuple;
	/** `IPS_*`. */
	status = 0;
	/** When it ends, in ns: of the clock once confirmed, before that counted from the confirmation. */
	timeoutNs = 0;
	mark = 0;
	tcp: TcpTrack | undefined = undefined;
	/** UDP: from when on traffic in both directions makes it a stream. */
	streamNs = 0;
	/** ifindex of the device whose address it is masqueraded with; 0: it is not. */
	masqIndex = 0;
	/** Not a flow: what `-j CT` says about the packet's flow to come, until the packet is tracked (`IPS_TEMPLATE`). */
	template: CtZone | undefined = undefined;
	/** NAT found no free port for it, so that it will fail at confirmation. */
	natExhausted = false;
	/** What listeners were last told of it (events.ts). */
	reported = 0;
	reportedMark = 0;
	/** Link in the list of source translations, by original source. */
	nextBySource: Conntrack | undefined = undefined;
	/** Place in the table's list of all entries. */
	older: Conntrack | undefined = undefined;
	newer: Conntrack | undefined = undefined;

	constructor(netns: Netns) {
		this.netns = netns;
		this.original = new CtTuple(this, ORIGINAL);
		this.reply = new CtTuple(this, REPLY);
	}

	get family(): IpFamily {
		return familyOfNum(this.original.src);
	}

	get proto(): number {
		return this.original.proto;
	}

	/** The zone's number, whichever directions it counts in. */
	get zone(): number {
		return this.original.zone | this.reply.zone;
	}

	/** The zone counts in one direction only. */
	get zoneIsDirected(): boolean {
		return this.original.zone !== this.reply.zone;
	}

	get confirmed(): boolean {
		return (this.status & IPS_CONFIRMED) !== 0;
	}

	tuple(dir: Direction): CtTuple {
		return dir === ORIGINAL ? this.original : this.reply;
	}
}

/** The entry a packet belongs to (`nf_ct_get`); undefined: none, see `skb.ctInfo` for why. */
export function skbCt(skb: Skb): Conntrack | undefined {
	return skb.ct as Conntrack | undefined; // `Skb.ct` is declared unknown because skb lies below; only this room writes it.
}

/** `CTINFO2DIR`. */
export function ctInfoDir(info: CtInfo): Direction {
	return info === "established-reply" || info === "related-reply" ? REPLY : ORIGINAL;
}

/** The packet's state as `-m conntrack --ctstate` names it; a packet that was never looked up is INVALID, as in Linux. */
export function ctStateOf(skb: Skb): Exclude<CtState, "SNAT" | "DNAT"> {
	if (skb.ctInfo === "untracked") return "UNTRACKED";
	if (skb.ct === undefined) return "INVALID";
	switch (skb.ctInfo) {
		case "new":
			return "NEW";
		case "established":
		case "established-reply":
			return "ESTABLISHED";
		case "related":
		case "related-reply":
			return "RELATED";
		case "invalid":
		case "none":
			return "INVALID";
	}
}

/** Something was said about the packet's flow already (`skb->_nfct != 0`). */
export function isCtSettled(skb: Skb): boolean {
	return skb.ct !== undefined || (skb.ctInfo !== "none" && skb.ctInfo !== "invalid");
}

/** Remaining life in ns; 0 for one that is not confirmed yet (`nf_ct_expires`). */
export function ctExpiresNs(ct: Conntrack, nowNs: number): number {
	return ct.confirmed ? Math.max(0, ct.timeoutNs - nowNs) : 0;
}

/**
 * Marks an answer that the kernel makes because of `old` (an ICMP error, a RST) as related to its flow
 * (`nf_conntrack_attach`); the maker calls it before LOCAL_OUT.
 */
export function nfCtAttach(answer: Skb, old: Skb): void {
	if (!isCtSettled(old)) return;
	answer.ct = old.ct;
	// Of an untracked packet Linux takes the direction for the answering one.
	answer.ctInfo = old.ct !== undefined && ctInfoDir(old.ctInfo) === ORIGINAL ? "related-reply" : "related";
}
