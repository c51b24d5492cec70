/** Sets of the bitmap types: one bit for each address or port of a range (net/netfilter/ipset/ip_set_bitmap_gen.h). */
import type { BitmapSetType, IpSetMember, IpSetOptions, IpSetPart } from "../../../kernel/ipset.ts";
import { ipNum, ipText, macNum, macText, maskedNum } from "../../../wire/addr.ts";
import { lastOfNet } from "../../../wire/ip-range.ts";
import { IPPROTO_TCP, IPPROTO_UDP } from "../../../wire/ipv4.ts";
import type { Undo } from "../../objects/handler.ts";
import type { BitmapRange } from "./bitmap-range.ts";
import { Collector } from "./collector.ts";
import type { IpSetErr } from "./errors.ts";
import { type ExtensionKit, Extensions, type GivenExtensions } from "./extensions.ts";
import { addressOfPacket, macOfPacket, portOfPacket } from "./hash-packet.ts";
import {
	AdtOptions,
	type PacketAction,
	type PacketPlace,
	type SetVariant,
	type TestAnswer,
	type UserRequest,
} from "./types.ts";

/** The structures that hold the set, without bits and elements. */
const SET_BYTES: Readonly<Record<BitmapSetType, number>> = { "bitmap:port": 72, "bitmap:ip": 88, "bitmap:ip,mac": 80 };

interface Element {
	readonly ext: Extensions;
	/** bitmap:ip,mac: undefined until a packet, or a tool, tells. */
	mac: number | undefined;
	/** bitmap:ip,mac: the timeout that begins to run once the MAC address is known, in seconds. */
	storedSeconds: number | undefined;
}

/** What is asked for: a place in the range and, where given, a MAC address. */
interface Wanted {
	readonly id: number;
	readonly mac?: number;
}

export class BitmapSet implements SetVariant {
	readonly dimension: number;
	readonly revision = 3;
	readonly hasNomatch = false;
	readonly options: IpSetOptions;
	readonly #type: BitmapSetType;
	readonly #range: BitmapRange;
	readonly #kit: ExtensionKit;
	#elements = new Map<number, Element>();
	readonly #collector: Collector;

	constructor(init: {
		readonly type: BitmapSetType;
		readonly options: IpSetOptions;
		readonly range: BitmapRange;
		readonly kit: ExtensionKit;
	}) {
		this.#type = init.type;
		this.#range = init.range;
		this.#kit = init.kit;
		this.options = init.options;
		this.dimension = init.type === "bitmap:ip,mac" ? 2 : 1;
		this.#collector = new Collector(init.kit);
	}

	/** What has expired is counted until it is collected, as in Linux. */
	get count(): number {
		this.#collect();
		return this.#elements.size;
	}

	get memoryBytes(): number {
		const bits = Math.ceil(this.#range.elements / 64) * 8;
		const each = this.#kit.elementBytes(this.#type === "bitmap:ip,mac" ? 8 : 0, this.#type === "bitmap:ip,mac" ? 8 : 1);
		return SET_BYTES[this.#type] + bits + each * this.#range.elements + this.#kit.commentBytes;
	}

	members(): readonly IpSetMember[] {
		const ids = [...this.#elements.keys()].sort((a, b) => a - b);
		return ids.flatMap((id): readonly IpSetMember[] => {
			const element = this.#elements.get(id);
			if (element === undefined || this.#kit.expired(element.ext)) return [];
			return [{ parts: this.#parts(id, element), ...this.#kit.show(element.ext, element.storedSeconds) }];
		});
	}

	packet(action: PacketAction, place: PacketPlace, adt: AdtOptions): TestAnswer {
		const wanted = this.#ofPacket(place, adt);
		if (wanted === undefined) return -2;
		if (action === "test") return this.#test(wanted, adt, place);
		if (action === "del") return this.#delete(wanted.id) ? 1 : -2;
		const given = {
			packets: 1,
			bytes: place.pkt.lengthBytes,
			...(adt.timeout === undefined ? {} : { timeout: adt.timeout }),
		};
		return this.#add(wanted, given, { exist: adt.exist, journal: [] }) === undefined ? 1 : -2;
	}

	change(action: "add" | "del", member: IpSetMember, request: UserRequest): IpSetErr | undefined {
		this.#collect();
		const span = this.#span(member.parts);
		if (typeof span === "string") return span;
		const refused = this.#kit.refuse(member);
		if (refused !== undefined) return refused;
		for (let id = span.first; id <= span.last; id += 1) {
			const wanted = span.mac === undefined ? { id } : { id, mac: span.mac };
			if (action === "add") {
				const error = this.#add(wanted, member, request);
				if (error !== undefined) return error;
				continue;
			}
			const element = this.#elements.get(id);
			const saved = element === undefined ? undefined : copyOf(element);
			if (!this.#delete(id) && !request.exist) return "EXIST";
			if (saved !== undefined) request.journal.push(() => this.#restore(id, saved));
		}
		return undefined;
	}

	test(member: IpSetMember): boolean {
		const span = this.#span(member.parts);
		if (typeof span === "string") return false;
		const wanted = span.mac === undefined ? { id: span.first } : { id: span.first, mac: span.mac };
		return this.#test(wanted, new AdtOptions({ dirs: [] })) === 1;
	}

	flush(journal: Undo[]): void {
		const before = this.#elements;
		const comments = this.#kit.commentBytes;
		this.#elements = new Map();
		this.#kit.commentBytes = 0;
		journal.push(() => {
			this.#elements = before;
			this.#kit.commentBytes = comments;
		});
	}

	#ofPacket(place: PacketPlace, { dirs }: AdtOptions): Wanted | undefined {
		const isSrc = dirs[0] === "src";
		if (this.#type === "bitmap:port") {
			const found = portOfPacket(place, isSrc);
			if (found?.proto !== IPPROTO_TCP && found?.proto !== IPPROTO_UDP) return undefined;
			return this.#wanted(found.port);
		}
		const wanted = this.#wanted(Number(addressOfPacket(place, isSrc)));
		if (wanted === undefined || this.#type === "bitmap:ip") return wanted;
		const mac = macOfPacket(place, dirs[1] === "src");
		return mac === undefined || mac === 0 ? undefined : { ...wanted, mac };
	}

	#wanted(value: number): Wanted | undefined {
		const id = this.#range.idOf(value);
		return id === undefined ? undefined : { id };
	}

	#test({ id, mac }: Wanted, adt: AdtOptions, place?: PacketPlace): TestAnswer {
		const element = this.#elements.get(id);
		if (element === undefined) return 0;
		if (this.#type === "bitmap:ip,mac" && element.mac === undefined) {
			// The first packet tells the MAC address, is counted, and is in the set.
			if (place !== undefined && mac !== undefined) {
				this.#add({ id, mac }, { packets: 1, bytes: place.pkt.lengthBytes }, { exist: false, journal: [] });
			}
			return 1;
		}
		if (mac !== undefined && element.mac !== mac) return 0;
		return this.#kit.match(element.ext, adt) ? 1 : 0;
	}

	#add({ id, mac }: Wanted, given: GivenExtensions, { exist, journal }: UserRequest): IpSetErr | undefined {
		const element = this.#elements.get(id);
		if (element === undefined) {
			const made: Element = { ext: new Extensions(), mac, storedSeconds: undefined };
			this.#elements.set(id, made);
			this.#kit.init(made.ext, given);
			if (this.#type === "bitmap:ip,mac" && mac === undefined) this.#storeTimeout(made, given);
			journal.push(() => void this.#delete(id));
			return undefined;
		}
		const saved = copyOf(element);
		const fills = element.mac === undefined && mac !== undefined && this.#type === "bitmap:ip,mac";
		if (!fills && !exist && !this.#kit.expired(element.ext)) return "EXIST";
		if (fills) {
			const seconds = given.timeout ?? element.storedSeconds;
			element.mac = mac;
			element.storedSeconds = undefined;
			this.#kit.init(element.ext, seconds === undefined ? given : { ...given, timeout: seconds });
		} else {
			if (mac !== undefined && exist) element.mac = mac;
			this.#kit.init(element.ext, given);
		}
		journal.push(() => this.#restore(id, saved));
		return undefined;
	}

	#storeTimeout(element: Element, given: GivenExtensions): void {
		if (this.#kit.timeout === undefined) return;
		element.storedSeconds = given.timeout ?? this.#kit.timeout;
		element.ext.expiresNs = Infinity;
	}

	/** False: it was not there. */
	#delete(id: number): boolean {
		const element = this.#elements.get(id);
		if (element === undefined) return false;
		const wasThere = !this.#kit.expired(element.ext);
		this.#kit.destroy(element.ext);
		this.#elements.delete(id);
		return wasThere;
	}

	#restore(id: number, saved: Element): void {
		const element = this.#elements.get(id) ?? { ext: new Extensions(), mac: undefined, storedSeconds: undefined };
		element.mac = saved.mac;
		element.storedSeconds = saved.storedSeconds;
		this.#kit.restore(element.ext, saved.ext);
		this.#elements.set(id, element);
	}

	/** The places that a tool's words stand for. */
	#span(
		parts: readonly IpSetPart[],
	): { readonly first: number; readonly last: number; readonly mac?: number } | IpSetErr {
		const [part, second] = parts;
		const mac = second?.kind === "mac" ? { mac: macNum(second.mac) } : {};
		if (part?.kind === "port" && this.#type === "bitmap:port") {
			const to = part.to ?? part.port;
			return this.#ids(Math.min(part.port, to), Math.max(part.port, to), mac);
		}
		if (part?.kind !== "ip" || this.#type === "bitmap:port") return "PROTOCOL";
		const address = ipNum(part.addr);
		if (typeof address !== "number") return "PROTOCOL";
		if (part.prefix === 0) return "INVALID_CIDR";
		const to = part.to === undefined ? undefined : Number(ipNum(part.to));
		const prefix = part.prefix ?? 32;
		const first = to === undefined ? Number(maskedNum(address, prefix)) : Math.min(address, to);
		const last = to === undefined ? lastOfNet(first, prefix) : Math.max(address, to);
		return this.#ids(first, last, mac);
	}

	#ids(first: number, last: number, mac: { readonly mac?: number }) {
		const from = this.#range.idOf(first);
		const to = this.#range.idOf(last);
		return from === undefined || to === undefined ? "BITMAP_RANGE" : { first: from, last: to, ...mac };
	}

	#parts(id: number, { mac }: Element): readonly IpSetPart[] {
		const value = this.#range.valueOf(id);
		if (this.#type === "bitmap:port") return [{ kind: "port", proto: IPPROTO_TCP, port: value }];
		const address: IpSetPart = { kind: "ip", addr: ipText(value) };
		return mac === undefined ? [address] : [address, { kind: "mac", mac: macText(mac) }];
	}

	#collect(): void {
		if (this.#collector.due() === 0) return;
		for (const [id, { ext }] of this.#elements) if (this.#kit.expired(ext)) this.#delete(id);
	}
}

function copyOf(element: Element): Element {
	return { ...element, ext: Object.assign(new Extensions(), element.ext) };
}
