/** Which tunnels carried a request, in words: from what was traced, or from frames where nothing can be traced. */
import type { CapturedFrame } from "../kernel/kernel.ts";
import type { TraceEvent } from "../kernel/trace-event.ts";
import { type IpAddr, ipText } from "../wire/addr.ts";
import { ETH_HLEN, ETH_P_IP, ethType } from "../wire/ethernet.ts";
import { IPPROTO_IPIP, IPPROTO_UDP, ipv4Dst, ipv4HeaderLength, ipv4IsValid, ipv4Proto, ipv4Src } from "../wire/ipv4.ts";
import { get16 } from "../wire/read-write.ts";
import { VXLAN_HLEN, VXLAN_LINUX_PORT, vxlanIsValid, vxlanVni } from "../wire/vxlan.ts";
import type { FlowFacts } from "./flow-facts.ts";

interface Carried {
	readonly how: "ipip" | "vxlan";
	/** Where it was put in, and the device that did it. */
	readonly netns: string;
	readonly dev: string;
	readonly src: IpAddr;
	readonly dst: IpAddr;
	readonly vni?: number;
	readonly dport?: number;
	/** The device that took it out; absent: nobody did, or nobody saw it. */
	readonly takenBy?: string;
}

const UDP_HLEN = 8;

/** `request`: the steps of the request's packet and of those that it was put into. Undefined: no tunnel carried it. */
export function tunnelWords(facts: FlowFacts, request: readonly TraceEvent[]): string | undefined {
	const carried = request.flatMap((event): readonly Carried[] => {
		if (event.step !== "encap") return [];
		const out = request.find((later) => later.step === "decap" && later.skb === event.child);
		return [{ ...event, ...(out?.step === "decap" ? { takenBy: out.dev } : {}) }];
	});
	return sentence(facts, carried);
}

/** The same from frames, which tell of one tunnel. */
export function tunnelWordsOfFrames(facts: FlowFacts, frames: readonly CapturedFrame[]): string | undefined {
	for (const [k, seen] of frames.entries()) {
		const outer = seen.direction === "out" && seen.link === undefined ? outerOf(seen.frame) : undefined;
		if (outer === undefined) continue;
		const before = frames
			.slice(0, k)
			.findLast(({ netns, dev, direction }) => netns === seen.netns && dev !== seen.dev && direction === "out");
		const dev = before?.dev ?? "a tunnel";
		const taken = frames.slice(k).find((other) => other.direction === "in" && other.dev === dev);
		return sentence(facts, [{ ...outer, netns: seen.netns, dev, ...(taken === undefined ? {} : { takenBy: dev }) }]);
	}
	return undefined;
}

function sentence(facts: FlowFacts, carried: readonly Carried[]): string | undefined {
	if (carried.length === 0) return undefined;
	const parts = carried.map((one) => {
		const { src, dst, dev, takenBy } = one;
		const holder = facts.owner(dst);
		const to = holder === undefined ? dst : `${dst} (${holder})`;
		const end = takenBy === undefined ? "" : `, where ${takenBy} took it out`;
		return `on ${facts.label(one.netns)} ${dev} put the request into ${wrapping(one)} from ${src} to ${to}${end}`;
	});
	const text = parts.join("; then ");
	return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function wrapping({ how, vni, dport }: Carried): string {
	if (how === "ipip") return "an IPv4 packet (IPIP)";
	return `a UDP datagram (VXLAN ${vni ?? 0}, port ${dport ?? VXLAN_LINUX_PORT})`;
}

/** The tunnel packet that a frame is. */
function outerOf(frame: Uint8Array): Omit<Carried, "netns" | "dev"> | undefined {
	if (frame.length < ETH_HLEN || ethType(frame, 0) !== ETH_P_IP) return undefined;
	if (!ipv4IsValid(frame, ETH_HLEN, frame.length)) return undefined;
	const ends = { src: ipText(ipv4Src(frame, ETH_HLEN)), dst: ipText(ipv4Dst(frame, ETH_HLEN)) };
	const proto = ipv4Proto(frame, ETH_HLEN);
	if (proto === IPPROTO_IPIP) return { how: "ipip", ...ends };
	const udp = ETH_HLEN + ipv4HeaderLength(frame, ETH_HLEN);
	const vxlan = udp + UDP_HLEN;
	if (proto !== IPPROTO_UDP || frame.length < vxlan + VXLAN_HLEN) return undefined;
	const dport = get16(frame, udp + 2);
	if (dport !== VXLAN_LINUX_PORT || !vxlanIsValid(frame, vxlan)) return undefined;
	return { how: "vxlan", ...ends, vni: vxlanVni(frame, vxlan), dport };
}
