/** Sets of the hash types (net/netfilter/ipset/ip_set_hash_gen.h). */
import type { IpSetMember, IpSetOptions } from "../../../kernel/ipset.ts";
import type { IpFamily } from "../../../wire/addr.ts";
import type { Undo } from "../../objects/handler.ts";
import { Collector } from "./collector.ts";
import type { Elem } from "./elem.ts";
import type { IpSetErr } from "./errors.ts";
import { type ExtensionKit, Extensions, type GivenExtensions } from "./extensions.ts";
import { forEachElem } from "./hash-member.ts";
import { elemOfPacket } from "./hash-packet.ts";
import { BUCKET_STEP, bucketSize, HashTable, Slot, sameWords } from "./hash-table.ts";
import { type HashType, hostPrefix, REGION_BYTES } from "./hash-type.ts";
import { formatElem } from "./member.ts";
import { PrefixLengths } from "./prefix-lengths.ts";
import {
	AdtOptions,
	type PacketAction,
	type PacketPlace,
	type SetVariant,
	type TestAnswer,
	type UserRequest,
} from "./types.ts";

/** AHASH_MAX_TUNED. */
const MAX_BUCKET = 64;

interface Adding {
	readonly given: GivenExtensions;
	readonly exist: boolean;
	readonly nomatch: boolean;
	readonly journal: Undo[] | undefined;
}

export class HashSet implements SetVariant {
	readonly dimension: number;
	readonly revision: number;
	readonly hasNomatch: boolean;
	readonly type: HashType;
	readonly family: IpFamily;
	readonly #given: IpSetOptions;
	readonly #kit: ExtensionKit;
	readonly #initval: number;
	readonly #maxelem: number;
	/** Says that the set is full. */
	readonly #warn: (maxelem: number) => void;
	#bucketsize: number;
	#table: HashTable;
	#prefixes: PrefixLengths;
	readonly #collector: Collector;
	#gcRegion = 0;

	constructor(init: {
		readonly type: HashType;
		readonly family: IpFamily;
		readonly options: IpSetOptions;
		readonly kit: ExtensionKit;
		readonly initval: number;
		readonly warn: (maxelem: number) => void;
	}) {
		const { type, family, options, kit, initval } = init;
		this.type = type;
		this.family = family;
		this.dimension = type.dims.length;
		this.revision = type.revision;
		this.hasNomatch = type.nets.length > 0;
		this.#given = options;
		this.#kit = kit;
		this.#initval = initval;
		this.#maxelem = options.maxelem ?? 65_536;
		this.#warn = init.warn;
		this.#bucketsize = bucketSize(options.bucketsize);
		const bits = Math.max(6, Math.ceil(Math.log2(Math.max(1, options.hashsize ?? 1024))));
		this.#table = this.#makeTable(bits);
		this.#prefixes = new PrefixLengths(type.nets);
		this.#collector = new Collector(kit, 1);
	}

	get options(): IpSetOptions {
		return {
			...this.#given,
			hashsize: this.#table.size,
			maxelem: this.#maxelem,
			bucketsize: this.#bucketsize,
			initval: this.#initval,
		};
	}

	get count(): number {
		let count = 0;
		for (const slot of this.#table.entries()) if (!this.#kit.expired(slot.ext)) count += 1;
		return count;
	}

	get memoryBytes(): number {
		this.#collect();
		const { regions } = this.#table;
		const buckets = regions.reduce((sum, region) => sum + region.memoryBytes, 0);
		const empty = this.type.setBytes[this.family] + (regions.length - 1) * REGION_BYTES;
		return empty + buckets + this.#kit.commentBytes;
	}

	members(): readonly IpSetMember[] {
		const members: IpSetMember[] = [];
		for (const { elem, ext, nomatch } of this.#table.entries()) {
			if (this.#kit.expired(ext)) continue;
			members.push({
				parts: formatElem(this.type, elem),
				...(nomatch ? { nomatch } : {}),
				...(elem.wildcard ? { wildcard: true } : {}),
				...this.#kit.show(ext),
			});
		}
		return members;
	}

	packet(action: PacketAction, place: PacketPlace, adt: AdtOptions): TestAnswer {
		const elem = elemOfPacket(this.type, this.#given, place, adt.dirs);
		if (elem === undefined) return -2;
		if (action === "test") return this.#testNets(elem, adt);
		for (const [at, which] of this.type.nets.entries()) {
			const cidr = this.#prefixes.longest(at) ?? hostPrefix(this.family);
			if (cidr === 0) return -2;
			elem.setNet(which, which === "ip" ? elem.ip : elem.ip2, cidr);
		}
		if (action === "del") return this.#delete(elem, undefined) ? 1 : -2;
		const given = {
			packets: 1,
			bytes: place.pkt.lengthBytes,
			...(adt.timeout === undefined ? {} : { timeout: adt.timeout }),
		};
		// The table cannot grow while a packet waits: then the element is not added.
		const error = this.#add(elem, { given, exist: adt.exist, nomatch: false, journal: undefined });
		return error === undefined ? 1 : -2;
	}

	change(action: "add" | "del", member: IpSetMember, request: UserRequest): IpSetErr | undefined {
		this.#collect();
		const refused = this.#kit.refuse(member);
		if (refused !== undefined) return refused;
		const adding = {
			given: member,
			exist: request.exist,
			nomatch: member.nomatch === true,
			journal: request.journal,
		};
		return forEachElem(this, this.#given, member, (elem) => {
			if (action === "add") return this.#addGrowing(elem, adding);
			return this.#delete(elem, request.journal) || request.exist ? undefined : "EXIST";
		});
	}

	test(member: IpSetMember): boolean {
		const answers: TestAnswer[] = [];
		const tool = new AdtOptions({ dirs: [] });
		forEachElem(this, this.#given, member, (elem) => {
			const isHost = this.type.nets.every((which) => elem.cidrOf(which) === hostPrefix(this.family));
			answers.push(isHost ? this.#testNets(elem, tool) : this.#testOne(elem, tool));
			// One element is tested: of a network the first.
			return "EXIST";
		});
		return answers[0] === (member.nomatch === true && this.hasNomatch ? -1 : 1);
	}

	flush(journal: Undo[]): void {
		const [table, prefixes] = [this.#table, this.#prefixes];
		const comments = this.#kit.commentBytes;
		this.#table = this.#makeTable(table.bits);
		this.#prefixes = new PrefixLengths(this.type.nets);
		this.#kit.commentBytes = 0;
		journal.push(() => {
			this.#table = table;
			this.#prefixes = prefixes;
			this.#kit.commentBytes = comments;
		});
	}

	#makeTable(bits: number): HashTable {
		const { elemBytes } = this.type;
		const slotBytes = this.#kit.elementBytes(elemBytes[this.family], elemBytes[this.family] % 8 === 0 ? 8 : 4);
		return new HashTable(bits, this.#initval, slotBytes);
	}

	/** Every prefix length in use, longest first, until one says something. */
	#testNets(elem: Elem, adt: AdtOptions): TestAnswer {
		const [first, second] = this.type.nets;
		if (first === undefined) return this.#testOne(elem, adt);
		const probe = elem.copy();
		for (const cidr of this.#prefixes.inUse(0)) {
			probe.setNet(first, elem.addressOf(first), cidr);
			if (second === undefined) {
				const answer = this.#testOne(probe, adt);
				// hash:net,iface: networks that are less exact are not asked once one was found, whatever its devices.
				if (answer !== 0 || this.#sawNet) return answer;
				continue;
			}
			for (const cidr2 of this.#prefixes.inUse(1)) {
				probe.setNet(second, elem.addressOf(second), cidr2);
				const answer = this.#testOne(probe, adt);
				if (answer !== 0) return answer;
			}
		}
		return 0;
	}

	/** Set by `#testOne`: the network is there, but for other devices. */
	#sawNet = false;

	#testOne(elem: Elem, adt: AdtOptions): TestAnswer {
		const words = this.type.words(elem);
		const bucket = this.#table.buckets[this.#table.key(words)];
		this.#sawNet = false;
		if (bucket === undefined) return 0;
		for (const slot of bucket.slots) {
			if (slot === undefined || !sameWords(slot.words, words)) continue;
			this.#sawNet = this.type.dims[1] === "iface";
			if (!slot.elem.hasIface(elem)) continue;
			if (this.#kit.match(slot.ext, adt)) return slot.nomatch ? -1 : 1;
			this.#sawNet = false;
		}
		return 0;
	}

	#addGrowing(elem: Elem, adding: Adding): IpSetErr | undefined {
		for (;;) {
			const error = this.#add(elem, adding);
			if (error !== "AGAIN") return error;
			this.#resize();
		}
	}

	#add(elem: Elem, { given, exist, nomatch, journal }: Adding): IpSetErr | undefined {
		const words = this.type.words(elem);
		const table = this.#table;
		const key = table.key(words);
		const region = table.regionOf(key);
		let isFull = region.elements >= Math.floor(this.#maxelem / table.regions.length);
		if (isFull) {
			if (this.#kit.timeout !== undefined) this.#collectRegion(table.regions.indexOf(region));
			isFull = table.regions.reduce((sum, each) => sum + each.elements, 0) >= this.#maxelem;
		}
		const forced = isFull && this.#given.forceadd === true;
		let bucket = table.buckets[key];
		if (bucket === undefined) {
			if (isFull) return this.#full();
			bucket = table.newBucket(key);
		}
		let at = -1;
		let sameNet = 0;
		for (const [index, slot] of bucket.slots.entries()) {
			if (slot === undefined) {
				if (at < 0) at = index;
				continue;
			}
			const same = sameWords(slot.words, words);
			if (same) sameNet += 1;
			if (same && slot.elem.hasIface(elem)) {
				if (!exist && !this.#kit.expired(slot.ext)) return "EXIST";
				this.#overwrite(slot, given, { nomatch, journal });
				return undefined;
			}
			if (at < 0 && this.#kit.expired(slot.ext)) at = index;
		}
		if (at < 0 && forced) at = 0;
		if (at < 0) {
			if (isFull) return this.#full();
			if (bucket.slots.length >= bucket.size) {
				if (sameNet > 0 && this.type.dims[1] === "iface") {
					if (this.#bucketsize >= MAX_BUCKET) return this.#full();
					if (this.#bucketsize <= sameNet) this.#bucketsize += BUCKET_STEP;
				}
				if (bucket.size >= this.#bucketsize) return "AGAIN";
				table.grow(key, bucket);
			}
			at = bucket.slots.length;
		}
		const old = bucket.slots[at];
		if (old !== undefined) this.#forget(old, key);
		const slot = new Slot(elem.copy(), words, new Extensions());
		slot.nomatch = nomatch;
		bucket.slots[at] = slot;
		region.elements += 1;
		this.#prefixes.add(elem);
		this.#kit.init(slot.ext, given);
		journal?.push(() => {
			if (this.#table.withdraw(slot)) {
				this.#prefixes.remove(slot.elem);
				this.#kit.destroy(slot.ext);
			}
			if (old !== undefined) this.#putBack(old);
		});
		return undefined;
	}

	#full(): IpSetErr {
		this.#warn(this.#maxelem);
		return "HASH_FULL";
	}

	#overwrite(slot: Slot, given: GivenExtensions, { nomatch, journal }: Pick<Adding, "nomatch" | "journal">): void {
		const saved = Object.assign(new Extensions(), slot.ext);
		const before = slot.nomatch;
		this.#kit.init(slot.ext, given);
		slot.nomatch = nomatch;
		journal?.push(() => {
			this.#kit.restore(slot.ext, saved);
			slot.nomatch = before;
		});
	}

	/** False: it is not there. */
	#delete(elem: Elem, journal: Undo[] | undefined): boolean {
		const words = this.type.words(elem);
		const key = this.#table.key(words);
		const bucket = this.#table.buckets[key];
		if (bucket === undefined) return false;
		for (const [at, slot] of bucket.slots.entries()) {
			if (slot === undefined || !sameWords(slot.words, words) || !slot.elem.hasIface(elem)) continue;
			if (this.#kit.expired(slot.ext)) return false;
			const saved = Object.assign(new Extensions(), slot.ext);
			if (at + 1 === bucket.slots.length) bucket.slots.pop();
			else bucket.slots[at] = undefined;
			this.#forget(slot, key);
			this.#table.pack(key, bucket, bucket.slots.filter((each) => each === undefined).length);
			journal?.push(() => {
				this.#kit.restore(slot.ext, saved);
				this.#putBack(slot);
			});
			return true;
		}
		return false;
	}

	#forget(slot: Slot, key: number): void {
		this.#table.regionOf(key).elements -= 1;
		this.#prefixes.remove(slot.elem);
		this.#kit.destroy(slot.ext);
	}

	/** A transaction is undone: an element that was there. */
	#putBack(slot: Slot): void {
		const key = this.#table.key(slot.words);
		const bucket = this.#table.buckets[key] ?? this.#table.newBucket(key);
		if (bucket.slots.length >= bucket.size) this.#table.grow(key, bucket);
		bucket.slots.push(slot);
		this.#table.regionOf(key).elements += 1;
		this.#prefixes.add(slot.elem);
	}

	/** Twice as many buckets, or more, until all elements find room (`mtype_resize`). */
	#resize(): void {
		for (let bits = this.#table.bits + 1; ; bits += 1) {
			const table = this.#makeTable(bits);
			if (!this.#moveTo(table)) continue;
			this.#table = table;
			return;
		}
	}

	#moveTo(table: HashTable): boolean {
		for (const slot of this.#table.entries()) {
			if (this.#kit.expired(slot.ext)) continue;
			const key = table.key(slot.words);
			const bucket = table.buckets[key] ?? table.newBucket(key);
			if (bucket.slots.length >= bucket.size) {
				if (bucket.size >= this.#bucketsize) return false;
				table.grow(key, bucket);
			}
			bucket.slots.push(slot);
			table.regionOf(key).elements += 1;
		}
		return true;
	}

	#collect(): void {
		const regions = this.#table.regions.length;
		for (let times = Math.min(this.#collector.due(regions), regions); times > 0; times -= 1) {
			this.#collectRegion(this.#gcRegion % regions);
			this.#gcRegion = (this.#gcRegion + 1) % regions;
		}
	}

	#collectRegion(region: number): void {
		const first = region * 1024;
		const last = Math.min(this.#table.size, first + 1024);
		for (let key = first; key < last; key += 1) {
			const bucket = this.#table.buckets[key];
			if (bucket === undefined) continue;
			for (const [at, slot] of bucket.slots.entries()) {
				if (slot === undefined || !this.#kit.expired(slot.ext)) continue;
				bucket.slots[at] = undefined;
				this.#forget(slot, key);
			}
			this.#table.pack(key, bucket, bucket.slots.filter((each) => each === undefined).length);
		}
	}
}
