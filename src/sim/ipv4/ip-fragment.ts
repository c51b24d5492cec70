/** Putting fragments together again (net/ipv4/ip_fragment.c). Cutting is in `ip-refragment.ts`. */
import { ICMP_TIME_EXCEEDED } from "../../wire/icmpv4.ts";
import {
	fillIpv4Checksum,
	IP_DF,
	IP_MF,
	IP_OFFSET,
	ipv4Dst,
	ipv4Frag,
	ipv4HeaderLength,
	ipv4Id,
	ipv4IsFragment,
	ipv4Proto,
	ipv4Src,
	ipv4Tos,
	ipv4TotalLength,
	setIpv4Tos,
} from "../../wire/ipv4.ts";
import { put16 } from "../../wire/read-write.ts";
import type { Timer } from "../event-loop.ts";
import { copySkbHeader } from "../skb.ts";
import { consumeSkb, dropSkb, traceStep } from "../trace.ts";
import { type Fate, type Netns, pernet, SKB_HEADROOM, type Skb } from "../types.ts";
import { inetConf } from "./devinet-sysctl.ts";
import { icmpSend } from "./icmp.ts";
import { ipRouteInput } from "./route.ts";
import { ECN_CE, ECN_MASK } from "./tunnel-packet.ts";

/** Who puts together: each has its own queues. */
export type DefragUser =
	| "local-deliver"
	| "conntrack-in"
	| "conntrack-out"
	| "conntrack-bridge-in"
	| "vs-in"
	| "vs-forward"
	| "vs-out";

/** A fragment that waits: its part of the payload. */
interface Fragment {
	readonly skb: Skb;
	readonly from: number;
	readonly to: number;
}

/** The fragments of one packet, in order of offset. */
interface FragQueue {
	readonly key: string;
	readonly user: DefragUser;
	fragments: readonly Fragment[];
	/** Payload length of the whole; undefined until the last fragment came. */
	total: number | undefined;
	/** The longest fragment, and the longest that says "don't fragment". */
	maxSize: number;
	maxDfSize: number;
	/** Which ECN fields its fragments have: a bit for each of the four. */
	ecns: number;
	readonly timer: Timer;
}

const MAX_PACKET = 65535;

/** Takes a fragment. `undefined`: `skb` is now the whole packet, go on; else the fragment was taken, with this fate. */
export function ipDefrag(skb: Skb, netns: Netns, user: DefragUser): Fate | undefined {
	const { bytes, network } = skb;
	if (!ipv4IsFragment(bytes, network)) return undefined;
	const fragment = readFragment(skb);
	if (fragment === undefined)
		return dropSkb(skb, netns, "ip_frag_queue", "IP_INHDR", { detail: "a fragment of no length" });
	const queue = findQueue(skb, netns, user);
	const isLast = (ipv4Frag(bytes, network) & IP_MF) === 0;
	if (!fitsEnd(queue, fragment, isLast) || fragment.to + ipv4HeaderLength(bytes, network) > MAX_PACKET) {
		return discard(queue, netns, skb);
	}
	const place = placeOf(queue.fragments, fragment);
	if (place === "duplicate") return dropSkb(skb, netns, "ip_frag_queue", "DUP_FRAG");
	if (place === "overlap") return discard(queue, netns, skb);
	queue.fragments = [...queue.fragments.slice(0, place), fragment, ...queue.fragments.slice(place)];
	if (isLast) queue.total = fragment.to;
	const size = ipv4TotalLength(bytes, network);
	queue.maxSize = Math.max(queue.maxSize, size);
	if ((ipv4Frag(bytes, network) & IP_DF) !== 0) queue.maxDfSize = Math.max(queue.maxDfSize, size);
	queue.ecns |= 1 << (ipv4Tos(bytes, network) & ECN_MASK);
	if (!isComplete(queue)) return "queued";
	const congestion = congestionOf(queue.ecns);
	if (congestion === undefined) return disagree(queue, netns);
	reassemble(queue, { netns, last: skb, congestion });
	return undefined;
}

const fragQueues: (netns: Netns) => Map<string, FragQueue> = pernet(() => new Map());

function readFragment(skb: Skb): Fragment | undefined {
	const { bytes, network } = skb;
	const word = ipv4Frag(bytes, network);
	let length = ipv4TotalLength(bytes, network) - ipv4HeaderLength(bytes, network);
	if ((word & IP_MF) !== 0) length &= ~7;
	const from = (word & IP_OFFSET) * 8;
	return length <= 0 ? undefined : { skb, from, to: from + length };
}

function findQueue(skb: Skb, netns: Netns, user: DefragUser): FragQueue {
	const { bytes, network } = skb;
	const flow = `${ipv4Src(bytes, network)} ${ipv4Dst(bytes, network)} ${ipv4Proto(bytes, network)}`;
	const key = `${user} ${flow} ${ipv4Id(bytes, network)}`;
	const queues = fragQueues(netns);
	let queue = queues.get(key);
	if (queue === undefined) {
		const timer = netns.machine.loop.after(inetConf(netns).ipfragTimeSeconds * 1e9, () => expire(netns, key));
		queue = { key, user, fragments: [], total: undefined, maxSize: 0, maxDfSize: 0, ecns: 0, timer };
		queues.set(key, queue);
	}
	return queue;
}

/** Whether the fragment agrees with what is known of the packet's end. */
function fitsEnd(queue: FragQueue, fragment: Fragment, isLast: boolean): boolean {
	const known = queue.fragments.at(-1)?.to ?? 0;
	if (isLast) return queue.total === undefined ? fragment.to >= known : fragment.to === queue.total;
	return queue.total === undefined || fragment.to <= queue.total;
}

/** Where the fragment goes. One that brings nothing new is a duplicate; one that overlaps in part spoils the packet. */
function placeOf(fragments: readonly Fragment[], fragment: Fragment): number | "duplicate" | "overlap" {
	let at = 0;
	while (at < fragments.length && (fragments[at]?.from ?? 0) < fragment.from) at += 1;
	const touches = fragments.some((each) => each.from < fragment.to && fragment.from < each.to);
	if (!touches) return at;
	return isCovered(fragments, fragment) ? "duplicate" : "overlap";
}

/** Whether fragments without a gap between them hold all of this one already. */
function isCovered(fragments: readonly Fragment[], fragment: Fragment): boolean {
	let upTo = fragment.from;
	for (const each of fragments) if (each.from <= upTo && each.to > upTo) upTo = each.to;
	return upTo >= fragment.to;
}

function isComplete(queue: FragQueue): boolean {
	let upTo = 0;
	for (const each of queue.fragments) {
		if (each.from !== upTo) return false;
		upTo = each.to;
	}
	return upTo === queue.total;
}

/**
 * What the fragments' ECN fields add to that of the whole (`ip_frag_ecn_table`): congestion that one of them met. Undefined:
 * some say that both ends know ECN and some that they do not, so the packet is none.
 */
function congestionOf(ecns: number): number | undefined {
	if ((ecns & 1) !== 0) return ecns === 1 ? 0 : undefined;
	return (ecns & (1 << ECN_CE)) === 0 || ecns === 1 << ECN_CE ? 0 : ECN_CE;
}

/** `congestion` is added to the TOS of `last`, the fragment that came last, which becomes the whole packet (`ip_frag_reasm`). */
function reassemble(
	queue: FragQueue,
	{ netns, last, congestion }: { readonly netns: Netns; readonly last: Skb; readonly congestion: number },
): void {
	remove(queue, netns);
	const first = queue.fragments[0]?.skb ?? last;
	const hlen = ipv4HeaderLength(first.bytes, first.network);
	const total = queue.total ?? 0;
	const linkLength = first.mac < 0 ? 0 : first.network - first.mac;
	const network = SKB_HEADROOM + linkLength;
	const bytes = new Uint8Array(network + hlen + total);
	bytes.set(first.bytes.subarray(first.network - linkLength, first.network + hlen), SKB_HEADROOM);
	for (const { skb, from, to } of queue.fragments) {
		const at = skb.network + ipv4HeaderLength(skb.bytes, skb.network);
		bytes.set(skb.bytes.subarray(at, at + to - from), network + hlen + from);
	}
	put16(bytes, network + 2, hlen + total);
	put16(bytes, network + 6, queue.maxDfSize === queue.maxSize ? IP_DF : 0);
	setIpv4Tos(bytes, network, ipv4Tos(bytes, network) | congestion);
	fillIpv4Checksum(bytes, network);
	// Mark, connection and all come from the first one (`skb_morph`), the device from the last.
	if (first !== last) copySkbHeader(first, last);
	last.bytes = bytes;
	last.mac = linkLength === 0 ? -1 : SKB_HEADROOM;
	last.network = network;
	last.data = network;
	last.transport = network + hlen;
	last.end = bytes.length;
	last.fragMaxSize = queue.maxSize;
	last.fragSizes = queue.fragments.map((each) => each.to - each.from);
	last.ignoreDf = queue.user !== "local-deliver";
	for (const { skb } of queue.fragments) {
		if (skb !== last) consumeSkb(skb, netns, "inet_frag_reasm_finish", `became part of packet ${last.id}`);
	}
	traceStep(last, netns, "ip_frag_reasm", { step: "reassemble", fragments: queue.fragments.length });
}

/** Not all came in time. The host that the packet was for tells the sender, if it has the first fragment. */
function expire(netns: Netns, key: string): void {
	const queue = fragQueues(netns).get(key);
	if (queue === undefined || netns.dead) return;
	remove(queue, netns);
	const [first] = queue.fragments;
	if (first?.from === 0) tellSender(queue, first.skb);
	for (const { skb } of queue.fragments) dropSkb(skb, netns, "ip_expire", "FRAG_REASM_TIMEOUT");
}

function tellSender(queue: FragQueue, skb: Skb): void {
	if (skb.dev === undefined) return;
	if (skb.dst === undefined && ipRouteInput(skb, skb.dev) !== undefined) return;
	if (queue.user !== "local-deliver" && skb.dst?.type !== "local") return;
	icmpSend(skb, ICMP_TIME_EXCEEDED, 1, 0);
}

/** Fragments that contradict each other: all are dropped. */
function discard(queue: FragQueue, netns: Netns, skb: Skb): Fate {
	remove(queue, netns);
	const detail = "fragments of the packet contradict each other";
	for (const each of queue.fragments) dropSkb(each.skb, netns, "ip_frag_queue", "DUP_FRAG", { detail });
	return dropSkb(skb, netns, "ip_frag_queue", "DUP_FRAG", { detail });
}

/** All are dropped: one of them was changed on its way. */
function disagree(queue: FragQueue, netns: Netns): Fate {
	remove(queue, netns);
	const detail = "some fragments say that ECN is known to their ends, some that it is not";
	let fate: Fate = "dropped";
	for (const { skb } of queue.fragments) fate = dropSkb(skb, netns, "ip_frag_reasm", "NOT_SPECIFIED", { detail });
	return fate;
}

function remove(queue: FragQueue, netns: Netns): void {
	queue.timer.cancel();
	fragQueues(netns).delete(queue.key);
}
