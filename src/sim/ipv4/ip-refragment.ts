/** Cutting a packet into fragments (net/ipv4/ip_output.c: ip_do_fragment). */
import { fillIpv4Checksum, IP_MF, IP_OFFSET, IPV4_MIN_HLEN, ipv4Frag, ipv4HeaderLength } from "../../wire/ipv4.ts";
import { put16 } from "../../wire/read-write.ts";
import { copySkbMetadata } from "../skb.ts";
import { consumeSkb, originSkb, traceStep } from "../trace.ts";
import { type Fate, type Netns, SKB_HEADROOM, Skb } from "../types.ts";

export interface Cutting {
	readonly netns: Netns;
	/** The longest fragment allowed, IP header included. */
	readonly mtu: number;
	/** Where each fragment goes, `data` at its IP header. */
	readonly output: (skb: Skb) => Fate;
}

const TOTAL_LENGTH = 2;
const FRAG = 6;

/**
 * Sends the packet in pieces. One that was put together from fragments is cut as it was before, where that fits; the
 * "don't fragment" bit is not set in the pieces.
 */
export function ipDoFragment(skb: Skb, cutting: Cutting): Fate {
	const { netns, mtu } = cutting;
	const hlen = ipv4HeaderLength(skb.bytes, skb.network);
	const sizes = pieceSizes(skb, hlen, mtu);
	traceStep(skb, netns, "ip_do_fragment", { step: "fragment", into: sizes.length, mtu });
	const word = ipv4Frag(skb.bytes, skb.network);
	const base = (word & IP_OFFSET) * 8;
	let at = 0;
	let fate: Fate = "queued";
	sizes.forEach((size, k) => {
		const more = k + 1 < sizes.length || (word & IP_MF) !== 0;
		const piece = makePiece(skb, { from: skb.network + hlen + at, size, hlen, isFirst: at === 0 });
		put16(piece.bytes, piece.network + TOTAL_LENGTH, hlen + size);
		put16(piece.bytes, piece.network + FRAG, ((base + at) >> 3) | (more ? IP_MF : 0));
		fillIpv4Checksum(piece.bytes, piece.network);
		originSkb(piece, netns, "ip_do_fragment", `fragment ${k + 1} of ${sizes.length}`, skb);
		at += size;
		fate = cutting.output(piece);
		// A process takes each fragment as far as it goes before it sends the next; below a device that is still sending it does not.
		if (k + 1 < sizes.length && skb.machine.xmitDepth === 0) skb.machine.loop.letSoftirqsIn();
	});
	consumeSkb(skb, netns, "ip_do_fragment", `cut into ${sizes.length} fragments`);
	return fate;
}

/** The payload lengths of the pieces. */
function pieceSizes(skb: Skb, hlen: number, mtu: number): readonly number[] {
	const before = skb.fragSizes;
	const total = skb.end - skb.network - hlen;
	const fits = before !== undefined && sum(before) === total && before.every((size) => size + hlen <= mtu);
	if (fits && !lacksHeadroom(skb)) return before;
	const limit = skb.fragMaxSize > 0 ? Math.min(mtu, skb.fragMaxSize) : mtu;
	return cutInto(total, limit - hlen);
}

/** As few pieces as fit into `room`: all but the last are multiples of 8. */
function cutInto(total: number, room: number): readonly number[] {
	const most = Math.max(room & ~7, 8);
	const sizes: number[] = [];
	let left = total;
	for (; left > Math.max(room, 8); left -= most) sizes.push(most);
	return [...sizes, left];
}

/**
 * How a socket puts `length` bytes of payload together for a route with this MTU (`ip_append_data`): in fragments already,
 * which stay as they are when netfilter then sends the packet another way. Undefined: it fits.
 */
export function ipAppendSizes(length: number, mtu: number): readonly number[] | undefined {
	return length + IPV4_MIN_HLEN <= mtu ? undefined : cutInto(length, mtu - IPV4_MIN_HLEN);
}

/** Its fragments came from outside, and a tunnel's headers do not fit in front of them: they are not sent as they are. */
function lacksHeadroom(skb: Skb): boolean {
	return skb.iif !== 0 && skb.dst?.dev.ops.needsHeadroom === true;
}

/** A packet with the header of `skb` and a part of its payload; device, mark, route and conntrack come along. */
function makePiece(
	skb: Skb,
	part: { readonly from: number; readonly size: number; readonly hlen: number; readonly isFirst: boolean },
): Skb {
	const { hlen, size } = part;
	const bytes = new Uint8Array(SKB_HEADROOM + hlen + size);
	bytes.set(skb.bytes.subarray(skb.network, skb.network + hlen), SKB_HEADROOM);
	bytes.set(skb.bytes.subarray(part.from, part.from + size), SKB_HEADROOM + hlen);
	if (!part.isFirst) blankOptions(bytes, SKB_HEADROOM + 20, SKB_HEADROOM + hlen);
	const piece = new Skb(skb.machine, bytes, SKB_HEADROOM, SKB_HEADROOM + hlen + size);
	piece.network = SKB_HEADROOM;
	piece.transport = SKB_HEADROOM + hlen;
	piece.dev = skb.dev;
	piece.sk = skb.sk;
	copySkbMetadata(skb, piece);
	return piece;
}

/** Options without the "copied" bit are in the first fragment only; the others have no-operations there. */
function blankOptions(bytes: Uint8Array, from: number, to: number): void {
	let at = from;
	while (at < to) {
		const kind = bytes[at] ?? 0;
		if (kind === 0) return;
		const length = kind === 1 ? 1 : Math.max(bytes[at + 1] ?? 0, 2);
		if ((kind & 0x80) === 0) bytes.fill(1, at, Math.min(at + length, to));
		at += length;
	}
}

function sum(sizes: readonly number[]): number {
	return sizes.reduce((all, size) => all + size, 0);
}
