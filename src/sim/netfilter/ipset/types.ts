/** What every kind of set is to the rest: the set itself, what a packet asks of it, what a tool asks of it. */
import type { IpSetMember, IpSetOptions, IpSetType } from "../../../kernel/ipset.ts";
import type { SetCounterMatch, SetDirection } from "../../../kernel/xtables.ts";
import type { IpFamily } from "../../../wire/addr.ts";
import type { Undo } from "../../objects/handler.ts";
import type { HookState, Skb } from "../../types.ts";
import type { XtPacket } from "../xtables/packet.ts";
import type { IpSetErr } from "./errors.ts";

/** An answer about an element: 1: it is in; 0: it is not; -1: an exception (`nomatch`) covers it; -2: nothing to ask about. */
export type TestAnswer = 1 | 0 | -1 | -2;

/** `struct ip_set_adt_opt`: how a rule, or a tool, asks. */
export class AdtOptions {
	readonly dirs: readonly SetDirection[];
	/** Of the packet; undefined: a tool asks, and nothing is counted. */
	lengthBytes: number | undefined = undefined;
	skipCounterUpdate = false;
	readonly skipSubcounterUpdate: boolean;
	matchCounters: boolean;
	readonly returnNomatch: boolean;
	/** Adding: what is there already is added anew. */
	readonly exist: boolean;
	/** Seconds, for an element that is added. */
	readonly timeout: number | undefined;
	/** The element that matched, where its set has skbinfo. */
	found: Pick<Required<IpSetMember>, "skbmark"> | undefined = undefined;
	readonly #packets: SetCounterMatch | undefined;
	readonly #bytes: SetCounterMatch | undefined;
	readonly #skipCounterUpdate: boolean;

	constructor(options: {
		readonly dirs: readonly SetDirection[];
		readonly noUpdateCounters?: true;
		readonly noUpdateSubcounters?: true;
		readonly returnNomatch?: true;
		readonly packets?: SetCounterMatch;
		readonly bytes?: SetCounterMatch;
		readonly exist?: true;
		readonly timeout?: number;
	}) {
		this.dirs = options.dirs;
		this.#skipCounterUpdate = options.noUpdateCounters === true;
		this.skipSubcounterUpdate = options.noUpdateSubcounters === true;
		this.returnNomatch = options.returnNomatch === true;
		this.exist = options.exist === true;
		this.timeout = options.timeout;
		this.#packets = options.packets;
		this.#bytes = options.bytes;
		this.matchCounters = options.packets !== undefined || options.bytes !== undefined;
	}

	/** Before each packet. */
	begin(lengthBytes: number): this {
		this.lengthBytes = lengthBytes;
		this.skipCounterUpdate = this.#skipCounterUpdate;
		this.matchCounters = this.#packets !== undefined || this.#bytes !== undefined;
		this.found = undefined;
		return this;
	}

	countersMatch(counters: { readonly packets: number; readonly bytes: number }): boolean {
		return counterMatches(this.#packets, counters.packets) && counterMatches(this.#bytes, counters.bytes);
	}
}

function counterMatches(wanted: SetCounterMatch | undefined, value: number): boolean {
	switch (wanted?.op) {
		case undefined:
			return true;
		case "eq":
			return value === wanted.value;
		case "ne":
			return value !== wanted.value;
		case "lt":
			return value < wanted.value;
		case "gt":
			return value > wanted.value;
	}
}

/** A packet and the hook it is at. */
export interface PacketPlace {
	readonly skb: Skb;
	readonly state: HookState;
	readonly pkt: XtPacket;
}

export type PacketAction = "test" | "add" | "del";

/** How a request of a tool is carried out: what is there already (adding) or not there (deleting) is no error with `exist`. */
export interface UserRequest {
	readonly exist: boolean;
	/** Takes back what was done, last first. */
	readonly journal: Undo[];
}

/** `struct ip_set_type_variant`. */
export interface SetVariant {
	/** How many components its elements have. */
	readonly dimension: number;
	readonly revision: number;
	/** It knows exceptions (IPSET_TYPE_NOMATCH). */
	readonly hasNomatch: boolean;
	/** What a rule asks with a packet in hand; 1 for something added or deleted. */
	packet(action: PacketAction, place: PacketPlace, adt: AdtOptions): TestAnswer;
	/** Adds or deletes; what was done before the error stays until the journal is played back. */
	change(action: "add" | "del", member: IpSetMember, request: UserRequest): IpSetErr | undefined;
	test(member: IpSetMember): boolean;
	flush(journal: Undo[]): void;
	members(): readonly IpSetMember[];
	/** As it stands now: the table may have grown. */
	readonly options: IpSetOptions;
	readonly count: number;
	readonly memoryBytes: number;
	/** The set is destroyed (or is back again). */
	release?(): void;
	hold?(): void;
}

export class SimIpSet {
	name: string;
	readonly type: IpSetType;
	/** undefined: family neutral. */
	readonly family: IpFamily | undefined;
	readonly variant: SetVariant;
	/** How many rules and lists refer to its place. */
	references = 0;

	constructor(init: {
		readonly name: string;
		readonly type: IpSetType;
		readonly family: IpFamily | undefined;
		readonly variant: SetVariant;
	}) {
		this.name = init.name;
		this.type = init.type;
		this.family = init.family;
		this.variant = init.variant;
	}
}
