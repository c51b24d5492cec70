/** Sets of sets (net/netfilter/ipset/ip_set_list_set.c). */
import type { IpSetMember, IpSetOptions } from "../../../kernel/ipset.ts";
import type { Undo } from "../../objects/handler.ts";
import { Collector } from "./collector.ts";
import type { IpSetErr } from "./errors.ts";
import { type ExtensionKit, Extensions } from "./extensions.ts";
import { addToSet, delFromSet, testSet } from "./packet.ts";
import type { IpSetTable } from "./table.ts";
import type { AdtOptions, PacketAction, PacketPlace, SetVariant, TestAnswer, UserRequest } from "./types.ts";

const SET_BYTES = 80;
/** struct set_elem. */
const ELEM_BYTES = 48;
const MIN_SIZE = 4;

interface Item {
	/** The place in the table of sets, as the kernel's ip_set_id_t. */
	readonly place: number;
	readonly ext: Extensions;
}

interface Wanted {
	readonly place: number;
	readonly ref: number | undefined;
	readonly side: "before" | "after" | undefined;
}

export class ListSet implements SetVariant {
	readonly dimension = 1;
	readonly revision = 3;
	readonly hasNomatch = false;
	readonly options: IpSetOptions;
	readonly #table: IpSetTable;
	readonly #kit: ExtensionKit;
	#items: readonly Item[] = [];
	readonly #collector: Collector;

	constructor(table: IpSetTable, options: IpSetOptions, kit: ExtensionKit) {
		this.#table = table;
		this.#kit = kit;
		this.options = { ...options, size: Math.max(MIN_SIZE, options.size ?? 8) };
		this.#collector = new Collector(kit);
	}

	get count(): number {
		this.#collect();
		return this.#items.length;
	}

	get memoryBytes(): number {
		return SET_BYTES + this.count * this.#kit.elementBytes(ELEM_BYTES, 8) + this.#kit.commentBytes;
	}

	members(): readonly IpSetMember[] {
		return this.#living().map(({ place, ext }) => ({
			parts: [{ kind: "set", set: this.#table.at(place)?.name ?? "" }],
			...this.#kit.show(ext),
		}));
	}

	packet(action: PacketAction, place: PacketPlace, adt: AdtOptions): TestAnswer {
		const { matchCounters } = adt;
		const { skipCounterUpdate } = adt;
		for (const item of this.#living()) {
			const set = this.#table.at(item.place);
			if (set === undefined) continue;
			if (action !== "test") {
				const done = action === "add" ? addToSet(set, place, adt) : delFromSet(set, place, adt);
				if (done) return 1;
				continue;
			}
			// Counters of the members' elements are never compared.
			adt.matchCounters = false;
			if (adt.skipSubcounterUpdate) adt.skipCounterUpdate = true;
			const isIn = testSet(set, place, adt);
			adt.skipCounterUpdate = skipCounterUpdate;
			adt.matchCounters = matchCounters;
			if (isIn && this.#kit.match(item.ext, adt)) return 1;
		}
		return 0;
	}

	change(action: "add" | "del", member: IpSetMember, request: UserRequest): IpSetErr | undefined {
		const refused = this.#kit.refuse(member);
		if (refused !== undefined) return refused;
		const wanted = this.#wanted(member);
		if (typeof wanted === "string") return wanted;
		if (this.#living().length !== this.#items.length) this.#replace(this.#living(), []);
		return action === "add" ? this.#add(wanted, member, request) : this.#delete(wanted, request);
	}

	test(member: IpSetMember): boolean {
		const wanted = this.#wanted(member);
		if (typeof wanted === "string") return false;
		const items = this.#living();
		const at = items.findIndex(({ place }) => place === wanted.place);
		if (at < 0) return false;
		return wanted.side === undefined || items[wanted.side === "before" ? at + 1 : at - 1]?.place === wanted.ref;
	}

	flush(journal: Undo[]): void {
		this.#replace([], journal);
	}

	/** The list itself is destroyed: what it holds is free. */
	release(): void {
		for (const { place } of this.#items) this.#table.refer(place, -1);
	}

	hold(): void {
		for (const { place } of this.#items) this.#table.refer(place, 1);
	}

	#wanted({ parts: [part], before, after }: IpSetMember): Wanted | IpSetErr {
		if (part?.kind !== "set") return "PROTOCOL";
		const place = this.#table.placeOf(part.set);
		if (place === undefined) return "NAME";
		if (this.#table.at(place)?.type === "list:set") return "LOOP";
		const name = before ?? after;
		if (name === undefined) return { place, ref: undefined, side: undefined };
		const ref = this.#table.placeOf(name);
		if (ref === undefined) return "NAMEREF";
		return { place, ref, side: before === undefined ? "after" : "before" };
	}

	#add(wanted: Wanted, member: IpSetMember, { exist, journal }: UserRequest): IpSetErr | undefined {
		const items = this.#items;
		const next = wanted.ref === undefined ? -1 : items.findIndex(({ place }) => place === wanted.ref);
		if (wanted.side !== undefined && next < 0) return "REF_EXIST";
		const old = items.find(({ place }) => place === wanted.place);
		if (old !== undefined) {
			if (!exist) return "EXIST";
			const saved = Object.assign(new Extensions(), old.ext);
			this.#kit.init(old.ext, member);
			journal.push(() => this.#kit.restore(old.ext, saved));
			return undefined;
		}
		const item = { place: wanted.place, ext: new Extensions() };
		this.#kit.init(item.ext, member);
		const at = wanted.side === undefined ? items.length : wanted.side === "before" ? next : next + 1;
		this.#replace(items.toSpliced(at, 0, item), journal);
		return undefined;
	}

	#delete(wanted: Wanted, { exist, journal }: UserRequest): IpSetErr | undefined {
		const items = this.#items;
		const at = items.findIndex(({ place }) => place === wanted.place);
		if (at < 0) {
			if (wanted.side !== undefined) return "REF_EXIST";
			return exist ? undefined : "EXIST";
		}
		if (wanted.side !== undefined && items[wanted.side === "before" ? at + 1 : at - 1]?.place !== wanted.ref) {
			return "REF_EXIST";
		}
		this.#replace(items.toSpliced(at, 1), journal);
		return undefined;
	}

	/** With the references that come and go. */
	#replace(items: readonly Item[], journal: Undo[]): void {
		const before = this.#items;
		const comments = this.#kit.commentBytes;
		this.release();
		for (const item of before)
			if (!items.includes(item)) this.#kit.commentBytes -= this.#kit.commentBytesOf(item.ext.comment);
		this.#items = items;
		this.hold();
		journal.push(() => {
			this.release();
			this.#items = before;
			this.#kit.commentBytes = comments;
			this.hold();
		});
	}

	#living(): readonly Item[] {
		return this.#kit.timeout === undefined ? this.#items : this.#items.filter(({ ext }) => !this.#kit.expired(ext));
	}

	#collect(): void {
		if (this.#collector.due() === 0) return;
		this.#replace(this.#living(), []);
	}
}
