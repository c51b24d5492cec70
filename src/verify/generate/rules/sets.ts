/** Sets of every type that Linux 6.18 here has, with elements that packets meet. */
import { formatIpSetSave } from "../../../formats/ipset/listing.ts";
import { type ElementDim, syntaxOf } from "../../../formats/ipset/types.ts";
import type { IpSet, IpSetMember, IpSetOptions, IpSetPart, IpSetType } from "../../../kernel/ipset.ts";
import { addrPlus, lastAddrOf, macText, networkOf } from "../../../wire/addr.ts";
import { IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP } from "../../../wire/ipv4.ts";
import { text } from "../place.ts";
import { SERVER_PORTS } from "../scene.ts";
import { type DrawnSet, drawAddr, drawNet, MARKS, type Site } from "./site.ts";

const TYPES = [
	"hash:ip",
	"hash:net",
	"hash:ip,port",
	"hash:ip,port,ip",
	"hash:ip,port,net",
	"hash:net,port",
	"hash:net,iface",
	"bitmap:ip",
	"bitmap:port",
	"bitmap:ip,mac",
] as const satisfies readonly IpSetType[];

type ElementType = (typeof TYPES)[number];
type At = Pick<Site, "scene" | "draw" | "plan" | "router">;

interface MadeSet {
	readonly set: IpSet;
	readonly drawn: DrawnSet;
}

const SETS_PERCENT = 16;
const LIST_PERCENT = 40;

/** In some of the scenarios: a router's sets, as `ipset save` prints them. */
export function drawSets(at: At): { readonly sets: readonly DrawnSet[]; readonly ipset?: string } {
	const { draw } = at;
	if (!draw.chance(SETS_PERCENT)) return { sets: [] };
	const made = Array.from({ length: draw.between(1, 3) }, (_, k) => drawSet(at, draw.pick(TYPES), `S${k + 1}`));
	const all = draw.chance(LIST_PERCENT) ? [...made, drawList(at, made)] : made;
	return { sets: all.map(({ drawn }) => drawn), ipset: formatIpSetSave(all.map(({ set }) => set)) };
}

function drawSet(at: At, type: ElementType, name: string): MadeSet {
	const { draw } = at;
	const options = { ...drawExtensions(at), ...drawShape(at, type) };
	const entries = new Map<string, IpSetMember>();
	const count = draw.between(1, Math.min(options.maxelem ?? 6, 6));
	for (let k = 0; k < count; k += 1) {
		const parts = syntaxOf(type).dims.map((dim) => drawPart(at, dim, options));
		// Of these an address may be there once.
		const key = JSON.stringify(type === "bitmap:ip,mac" ? parts[0] : parts);
		entries.set(key, { parts, ...drawWords(at, type, options) });
	}
	const family = type === "bitmap:port" ? {} : { family: "ipv4" as const };
	return {
		set: { kind: "ipset", name, type, ...family, options, entries: [...entries.values()] },
		drawn: { name, feature: `ipset ${type}`, dims: syntaxOf(type).dims.length, options },
	};
}

function drawList({ draw }: At, of: readonly MadeSet[]): MadeSet {
	const options: IpSetOptions = { size: 8, ...(draw.chance(40) ? { counters: true } : {}) };
	const members = draw.sample(of, draw.between(1, of.length));
	const entries = members.map(({ set }): IpSetMember => ({ parts: [{ kind: "set", set: set.name }] }));
	return {
		set: { kind: "ipset", name: "L", type: "list:set", options, entries },
		drawn: { name: "L", feature: "ipset list:set", dims: Math.max(...members.map(({ drawn }) => drawn.dims)), options },
	};
}

function drawExtensions({ draw }: At): IpSetOptions {
	return {
		...(draw.chance(35) ? { timeout: 600 } : {}),
		...(draw.chance(45) ? { counters: true } : {}),
		...(draw.chance(35) ? { skbinfo: true } : {}),
	};
}

/** Where a hash begins is given, so that both kernels list its elements in the same order. */
function drawShape(at: At, type: ElementType): IpSetOptions {
	const { draw } = at;
	if (type === "bitmap:port") return { portRange: { from: 1, to: 9000 } };
	if (type === "bitmap:ip" || type === "bitmap:ip,mac") {
		const net = networkOf({ addr: text(drawAddr(at)), prefix: 24 });
		return { range: { from: net.addr, to: lastAddrOf(net) } };
	}
	return { hashsize: 64, maxelem: draw.chance(12) ? 3 : 65536, bucketsize: 12, initval: draw.below(1000) };
}

function drawPart(at: At, dim: ElementDim, { range, portRange }: IpSetOptions): IpSetPart {
	const { draw, scene, router } = at;
	switch (dim) {
		case "ip":
			// The ends that a place's hosts have.
			if (range !== undefined) return { kind: "ip", addr: addrPlus(range.from, draw.between(1, 4)) };
			return { kind: "ip", addr: text(drawAddr(at)) };
		case "net": {
			const { addr, prefix } = drawNet(at);
			return { kind: "ip", addr, ...(prefix === 32 ? {} : { prefix }) };
		}
		case "port":
			if (portRange !== undefined) return { kind: "port", proto: IPPROTO_TCP, port: draw.pick(SERVER_PORTS) };
			return { kind: "port", ...drawService(at) };
		case "mac":
			return { kind: "mac", mac: macText(draw.pick(scene.place.ends.map((end) => end.mac))) };
		case "iface":
			return { kind: "iface", iface: draw.pick(router.devs).name };
		case "mark":
		case "set":
			throw new Error(`no ${dim} is drawn`);
	}
}

const GRE = 47;

/** Of ICMP type × 256 + code, of protocols without ports 0. */
function drawService({ draw }: At): { readonly proto: number; readonly port: number } {
	return draw.weighted([
		[42, { proto: IPPROTO_TCP, port: draw.pick(SERVER_PORTS) }],
		[42, { proto: IPPROTO_UDP, port: draw.pick(SERVER_PORTS) }],
		[8, { proto: IPPROTO_ICMP, port: 8 * 256 }],
		[4, { proto: IPPROTO_ICMP, port: 0 }],
		[4, { proto: GRE, port: 0 }],
	]);
}

/** What is said about an element. */
function drawWords({ draw }: At, type: ElementType, options: IpSetOptions): Partial<IpSetMember> {
	const counts = options.counters === true && draw.chance(40);
	const marks = options.skbinfo === true && draw.chance(60);
	return {
		...(options.timeout !== undefined ? { timeout: draw.pick([0, 500, 600]) } : {}),
		...(counts ? { packets: draw.below(4), bytes: draw.below(300) } : {}),
		...(marks ? { skbmark: { mark: draw.pick(MARKS), mask: 0xffffffff } } : {}),
		...(type.includes("net") && draw.chance(22) ? { nomatch: true } : {}),
	};
}
