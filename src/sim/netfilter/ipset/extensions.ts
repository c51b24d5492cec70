/** What an element carries beside its key: timeout, counters, comment, skbinfo (net/netfilter/ipset/ip_set_core.c). */
import { utf8Encode } from "../../../base/bytes.ts";
import type { IpSetMember, IpSetOptions } from "../../../kernel/ipset.ts";
import type { EventLoop } from "../../event-loop.ts";
import type { IpSetErr } from "./errors.ts";
import type { AdtOptions } from "./types.ts";

type Skbmark = NonNullable<IpSetMember["skbmark"]>;
type Skbprio = NonNullable<IpSetMember["skbprio"]>;

/** As far as the set has them; the rest stays at these values. */
export class Extensions {
	/** Infinity: never. */
	expiresNs: number = Infinity;
	packets = 0;
	bytes = 0;
	comment = "";
	skbmark: Skbmark = { mark: 0, mask: 0 };
	skbprio: Skbprio = { major: 0, minor: 0 };
	skbqueue = 0;
}

/** What is said about an element when it is added; absent counters stay as they are. */
export type GivenExtensions = Pick<
	IpSetMember,
	"timeout" | "packets" | "bytes" | "comment" | "skbmark" | "skbprio" | "skbqueue"
>;

const NS = 1_000_000_000;
/** struct ip_set_comment_rcu without its text. */
const COMMENT_BYTES = 16;

/** Which extensions a set has, and the clock they run by. */
export class ExtensionKit {
	readonly timeout: number | undefined;
	readonly counters: boolean;
	readonly comment: boolean;
	readonly skbinfo: boolean;
	readonly #loop: EventLoop;
	/** Memory of comments. */
	commentBytes = 0;

	constructor(options: IpSetOptions, loop: EventLoop) {
		this.timeout = options.timeout;
		this.counters = options.counters === true;
		this.comment = options.comment === true;
		this.skbinfo = options.skbinfo === true;
		this.#loop = loop;
	}

	get nowNs(): number {
		return this.#loop.now();
	}

	/** Seconds between two collections of what has expired (IPSET_GC_PERIOD); undefined: nothing expires. */
	get gcPeriodSeconds(): number | undefined {
		if (this.timeout === undefined) return undefined;
		const third = Math.floor(this.timeout / 3);
		return third === 0 ? 1 : Math.min(third, 180);
	}

	/** Why these cannot be given (`ip_set_get_extensions`). */
	refuse(given: GivenExtensions): IpSetErr | undefined {
		if (given.timeout !== undefined && this.timeout === undefined) return "TIMEOUT";
		if ((given.packets !== undefined || given.bytes !== undefined) && !this.counters) return "COUNTER";
		if (given.comment !== undefined && !this.comment) return "COMMENT";
		const skbinfo = given.skbmark ?? given.skbprio ?? given.skbqueue;
		return skbinfo !== undefined && !this.skbinfo ? "SKBINFO" : undefined;
	}

	/** Sets what was given; a comment, skbinfo and timeout that were not given go back to what the set says. */
	init(ext: Extensions, given: GivenExtensions): void {
		if (this.counters) {
			ext.packets = given.packets ?? ext.packets;
			ext.bytes = given.bytes ?? ext.bytes;
		}
		if (this.comment) this.#setComment(ext, given.comment ?? "");
		if (this.skbinfo) {
			ext.skbmark = given.skbmark ?? { mark: 0, mask: 0 };
			ext.skbprio = given.skbprio ?? { major: 0, minor: 0 };
			ext.skbqueue = given.skbqueue ?? 0;
		}
		if (this.timeout !== undefined) {
			const seconds = given.timeout ?? this.timeout;
			ext.expiresNs = seconds === 0 ? Infinity : this.nowNs + seconds * NS;
		}
	}

	/** The element goes. */
	destroy(ext: Extensions): void {
		this.#setComment(ext, "");
	}

	/** Puts back what a copy remembers. */
	restore(ext: Extensions, saved: Extensions): void {
		const { comment, ...rest } = saved;
		Object.assign(ext, rest);
		this.#setComment(ext, comment);
	}

	expired(ext: Extensions): boolean {
		return ext.expiresNs !== Infinity && this.nowNs > ext.expiresNs;
	}

	/** Whether the element counts for this packet; counts the packet (`ip_set_match_extensions`). */
	match(ext: Extensions, adt: AdtOptions): boolean {
		if (this.expired(ext)) return false;
		if (this.counters && adt.lengthBytes !== undefined) {
			if (!adt.skipCounterUpdate) {
				ext.packets += 1;
				ext.bytes += adt.lengthBytes;
			}
			if (adt.matchCounters && !adt.countersMatch(ext)) return false;
		}
		if (this.skbinfo) adt.found = ext;
		return true;
	}

	/** As a dump shows it. `storedSeconds`: the timeout has not begun to run. */
	show(ext: Extensions, storedSeconds?: number): Omit<IpSetMember, "parts"> {
		return {
			...(this.timeout === undefined ? {} : { timeout: storedSeconds ?? this.#secondsLeft(ext) }),
			...(this.counters ? { packets: ext.packets, bytes: ext.bytes } : {}),
			...(ext.comment === "" ? {} : { comment: ext.comment }),
			...(ext.skbmark.mark === 0 && ext.skbmark.mask === 0 ? {} : { skbmark: ext.skbmark }),
			...(ext.skbprio.major === 0 && ext.skbprio.minor === 0 ? {} : { skbprio: ext.skbprio }),
			...(ext.skbqueue === 0 ? {} : { skbqueue: ext.skbqueue }),
		};
	}

	/** Bytes of an element of `keyBytes` with its extensions (`ip_set_elem_len`). */
	elementBytes(keyBytes: number, align: number): number {
		let length = keyBytes;
		let widest = align;
		const add = (bytes: number, alignment: number): void => {
			length = alignTo(length, alignment) + bytes;
			widest = Math.max(widest, alignment);
		};
		if (this.counters) add(16, 8);
		if (this.timeout !== undefined) add(8, 8);
		if (this.skbinfo) add(12, 4);
		if (this.comment) add(8, 8);
		return alignTo(length, widest);
	}

	#secondsLeft(ext: Extensions): number {
		if (ext.expiresNs === Infinity) return 0;
		return Math.max(1, Math.floor((ext.expiresNs - this.nowNs) / NS));
	}

	/** Memory that a comment takes. */
	commentBytesOf(comment: string): number {
		return comment === "" ? 0 : COMMENT_BYTES + utf8Encode(comment).length + 1;
	}

	#setComment(ext: Extensions, comment: string): void {
		this.commentBytes += this.commentBytesOf(comment) - this.commentBytesOf(ext.comment);
		ext.comment = comment;
	}
}

function alignTo(length: number, alignment: number): number {
	return Math.ceil(length / alignment) * alignment;
}
