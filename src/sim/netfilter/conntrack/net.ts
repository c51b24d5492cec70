/** The connection tracking state of a namespace (`struct nf_conntrack_net`): its table, its settings, and room to work. */
import type { ConntrackEvent, ConntrackStats } from "../../../kernel/conntrack.ts";
import { sysctls } from "../../sysctl.ts";
import { type Netns, pernet } from "../../types.ts";
import { type CtSettings, isConntrackSysctl, readCtSettings } from "./settings.ts";
import { ConntrackTable } from "./table.ts";
import { TcpSegment } from "./tcp-segment.ts";
import { type Conntrack, CtTuple, ORIGINAL, REPLY } from "./types.ts";

/** Passes on what becomes of entries while somebody listens (events.ts). */
export interface ConntrackObserver {
	readonly listeners: Set<(event: ConntrackEvent) => void>;
	/** The entry that ends now is ended by a user. */
	byUser: boolean;
	created(ct: Conntrack): void;
	passed(ct: Conntrack): void;
	stop(): void;
}

export class ConntrackNet {
	readonly netns: Netns;
	readonly table: ConntrackTable = new ConntrackTable();
	/** As the sysctls say; undefined: one was written, and nobody has asked since. */
	#settings: CtSettings | undefined = undefined;
	/** Tuples to look up with, so that a packet allocates none; each function that uses one says so. */
	readonly scratch: CtTuple = new CtTuple(undefined, ORIGINAL);
	readonly scratch2: CtTuple = new CtTuple(undefined, ORIGINAL);
	/** The zone of the packet at work, as it counts in each direction. */
	zoneOriginal = 0;
	zoneReply = 0;
	/** The TCP segment at work. */
	readonly segment: TcpSegment = new TcpSegment();
	/** Tells those who listen; undefined: nobody does. */
	watch: ConntrackObserver | undefined = undefined;
	/** What `conntrack -S` counts. */
	readonly stats: { -readonly [K in keyof ConntrackStats]: ConntrackStats[K] } = {
		invalid: 0,
		insertFailed: 0,
		drop: 0,
		earlyDrop: 0,
		clashResolve: 0,
	};
	/** Why the packet at work is invalid, for traces. */
	why = "";
	/** When the full table was last swept. */
	sweptNs = 0;

	constructor(netns: Netns) {
		this.netns = netns;
		sysctls(netns).listeners.push((key) => {
			if (isConntrackSysctl(key)) this.#settings = undefined;
		});
	}

	get settings(): CtSettings {
		this.#settings ??= readCtSettings(this.netns);
		return this.#settings;
	}

	/** The tuple in the table that `tuple`, of the packet at work, is (`nf_conntrack_find_get`). */
	find(tuple: CtTuple): CtTuple | undefined {
		tuple.zone = this.zoneOriginal;
		if (this.zoneOriginal === this.zoneReply) return this.table.find(tuple, this.now());
		const found = this.table.find(tuple, this.now(), ORIGINAL);
		if (found !== undefined) return found;
		tuple.zone = this.zoneReply;
		return this.table.find(tuple, this.now(), REPLY);
	}

	now(): number {
		return this.netns.machine.loop.now();
	}
}

export const conntrackNet: (netns: Netns) => ConntrackNet = pernet((netns) => new ConntrackNet(netns));
