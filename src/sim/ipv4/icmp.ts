/** ICMP (net/ipv4/icmp.c): errors the kernel sends, and what it does with those it gets. */
import {
	ICMP_DEST_UNREACH,
	ICMP_ECHO,
	ICMP_ECHOREPLY,
	ICMP_FRAG_NEEDED,
	ICMP_HLEN,
	ICMP_TIMESTAMP,
	ICMP_TIMESTAMPREPLY,
	type IcmpHeader,
	icmpChecksumIsValid,
	icmpIsError,
	icmpRest,
	icmpType,
	putIcmp,
} from "../../wire/icmpv4.ts";
import {
	IP_OFFSET,
	IPPROTO_ICMP,
	IPV4_MIN_HLEN,
	ipv4Dst,
	ipv4Frag,
	ipv4HeaderLength,
	ipv4Proto,
	ipv4Src,
	ipv4Tos,
} from "../../wire/ipv4.ts";
import { put32 } from "../../wire/read-write.ts";
import { nfCtAttach } from "../netfilter/conntrack/types.ts";
import { allocSkb } from "../skb.ts";
import { KERNEL_SOCKET } from "../skb-socket.ts";
import { deliverSkb, dropSkb, originSkb, traceStep } from "../trace.ts";
import { type Fate, type NetDevice, type Netns, pernet, type Skb } from "../types.ts";
import { inetSelectAddr } from "./devinet.ts";
import { inetConf } from "./devinet-sysctl.ts";
import { ipv4DstOf } from "./dst.ts";
import { icmpError } from "./icmp-error.ts";
import { icmpErrorName } from "./icmp-name.ts";
import { icmpLimitAllows } from "./inet-peer.ts";
import { ipLocalOut, ipPushHeader, ipSelectIdent } from "./ip-output.ts";
import { ipAppendSizes } from "./ip-refragment.ts";
import { putOpenChecksum } from "./open-checksum.ts";
import { ipRouteOutput } from "./route.ts";

/** What ping sockets register. `skb.data` is at the ICMP header, `skb.network` at the IP header. */
export interface EchoReplyHandlers {
	/** `undefined`: no socket wants it. */
	onReply: ((skb: Skb) => Fate | undefined) | undefined;
	/** An ICMP error about an echo request; `skb.data` is at the quoted IP header, `skb.network` at the outer one. */
	onError:
		| ((skb: Skb, error: { readonly type: number; readonly code: number; readonly info: number }) => void)
		| undefined;
}

export const icmpEchoReplyHandlers: (netns: Netns) => EchoReplyHandlers = pernet(() => ({
	onReply: undefined,
	onError: undefined,
}));

/** The longest ICMP error, IP header included (RFC 1812 §4.3.2.3). */
const ERROR_MAX = 576;
/** Precedence "internetwork control". */
const PREC_INTERNETCONTROL = 0xc0;
const TOS_MASK = 0x1e;
/** The source of a host without any address (RFC 7600). */
const INADDR_DUMMY = 0xc0000008;

/**
 * Answers an ICMP error about `skbIn` (`network` at its IP header) to its sender, when the rules allow one. `rest` is bytes
 * 4–7 of the ICMP header.
 */
export function icmpSend(skbIn: Skb, type: number, code: number, rest: number): void {
	const netns = (skbIn.dst?.dev ?? skbIn.dev)?.netns;
	if (netns === undefined || !mayAnswer(skbIn, type)) return;
	icmpXmit(netns, () => sendError(netns, skbIn, { type, code, rest }));
}

/**
 * `icmp_xmit_lock`: while ICMP sends something nothing else of ICMP is sent, so an answer that is rejected on its way out is
 * not told of.
 */
function icmpXmit(netns: Netns, send: () => void): void {
	const lock = xmitLock(netns);
	if (lock.isHeld) return;
	lock.isHeld = true;
	try {
		send();
	} finally {
		lock.isHeld = false;
	}
}

const xmitLock: (netns: Netns) => { isHeld: boolean } = pernet(() => ({ isHeld: false }));

function sendError(netns: Netns, skbIn: Skb, { type, code, rest }: IcmpHeader): void {
	const { bytes, network } = skbIn;
	const to = ipv4Src(bytes, network);
	const isForUs = skbIn.dst?.type === "local";
	const src = isForUs ? ipv4Dst(bytes, network) : inboundAddr(netns, skbIn, to);
	const tos = icmpIsError(type) ? (ipv4Tos(bytes, network) & TOS_MASK) | PREC_INTERNETCONTROL : ipv4Tos(bytes, network);
	const route = ipRouteOutput(netns, { dst: to, src, mark: 0, tos, proto: IPPROTO_ICMP });
	if (!route.ok) return;
	const dst = route.value;
	const isLimited = !dst.dev.isLoopback && !(type === ICMP_DEST_UNREACH && code === ICMP_FRAG_NEEDED);
	if (isLimited && !icmpLimitAllows(netns, to, type)) return;
	const room = Math.min(dst.mtu, ERROR_MAX) - IPV4_MIN_HLEN - ICMP_HLEN;
	if (room <= IPV4_MIN_HLEN) return;
	const quoted = bytes.subarray(network, Math.min(skbIn.end, network + room));
	const skb = allocSkb(skbIn.machine, ICMP_HLEN + quoted.length);
	skb.bytes.set(quoted, skb.data + ICMP_HLEN);
	if (skbIn.checksumIsOpen) putOpenChecksum(skb.bytes, skb.data + ICMP_HLEN, skb.end);
	putIcmp(skb.bytes, skb.data, skb.end, { type, code, rest });
	skb.dst = dst;
	skb.sk = KERNEL_SOCKET;
	if (icmpIsError(type)) nfCtAttach(skb, skbIn);
	const from = src ?? dst.prefsrc ?? INADDR_DUMMY;
	ipPushHeader(skb, { ...replyHeader(netns, tos), src: from, dst: to });
	if (skb.machine.tracer !== undefined) {
		const what = icmpErrorName(type, code);
		traceStep(skbIn, netns, "__icmp_send", { step: "answer", what, child: skb.id });
		originSkb(skb, netns, "__icmp_send", what, skbIn);
	}
	ipLocalOut(netns, skb);
}

/** `icmp_rcv`: `skb.data` at the ICMP header, `skb.network` at the IP header. */
export function icmpRcv(skb: Skb): Fate {
	const netns = skb.dev?.netns;
	if (netns === undefined) throw new Error("icmp_rcv: the packet has no device");
	const { bytes, data, end } = skb;
	if (end - data < ICMP_HLEN) return dropSkb(skb, netns, "icmp_rcv", "PKT_TOO_SMALL");
	if (!icmpChecksumIsValid(bytes, data, end)) return dropSkb(skb, netns, "icmp_rcv", "ICMP_CSUM");
	const type = icmpType(bytes, data);
	if (type === ICMP_ECHOREPLY) return icmpEchoReplyHandlers(netns).onReply?.(skb) ?? ignore(skb, netns, "ping_rcv");
	const isGroup = skb.dst?.type === "broadcast" || skb.dst?.type === "multicast";
	if (isGroup && (type === ICMP_ECHO || type === ICMP_TIMESTAMP) && inetConf(netns).icmpEchoIgnoreBroadcasts !== 0) {
		return ignore(skb, netns, "icmp_rcv", "icmp_echo_ignore_broadcasts");
	}
	if (type === ICMP_ECHO) return icmpEcho(skb, netns);
	if (type === ICMP_TIMESTAMP) return icmpTimestamp(skb, netns);
	if (icmpIsError(type)) return icmpError(skb, netns);
	return ignore(skb, netns, "icmp_rcv", `ICMP type ${type} is not answered`);
}

/** Answers an echo request with the same payload (`icmp_echo`). */
function icmpEcho(skb: Skb, netns: Netns): Fate {
	if (inetConf(netns).icmpEchoIgnoreAll !== 0) return ignore(skb, netns, "icmp_echo", "icmp_echo_ignore_all");
	const payload = skb.bytes.slice(skb.data + ICMP_HLEN, skb.end);
	const fate = deliverSkb(skb, netns, "icmp_echo", "icmp (echo request)");
	icmpReply(netns, skb, { type: ICMP_ECHOREPLY, what: "ICMP echo reply", payload });
	return fate;
}

/** Answers with the sender's time, and twice the time of day in milliseconds (`icmp_timestamp`). */
function icmpTimestamp(skb: Skb, netns: Netns): Fate {
	const at = skb.data + ICMP_HLEN;
	if (skb.end - at < 4) return dropSkb(skb, netns, "icmp_timestamp", "PKT_TOO_SMALL");
	const payload = new Uint8Array(12);
	payload.set(skb.bytes.subarray(at, at + 4));
	const nowMs = (BEGIN_MS + Math.floor(skb.machine.loop.now() / 1e6)) % MS_PER_DAY;
	put32(payload, 4, nowMs);
	put32(payload, 8, nowMs);
	const fate = deliverSkb(skb, netns, "icmp_timestamp", "icmp (timestamp request)");
	icmpReply(netns, skb, { type: ICMP_TIMESTAMPREPLY, what: "ICMP timestamp reply", payload });
	return fate;
}

const MS_PER_DAY = 86_400_000;
/** The time of day at which a simulated machine begins, 12:34:56.789: on a real one it is hardly ever midnight. */
const BEGIN_MS = 45_296_789;

/** Answers from the address that was asked, with the same TOS and bytes 4–7 (`icmp_reply`). */
function icmpReply(
	netns: Netns,
	skb: Skb,
	answer: { readonly type: number; readonly what: string; readonly payload: Uint8Array },
): void {
	const { bytes, network } = skb;
	const to = ipv4Src(bytes, network);
	const tos = ipv4Tos(bytes, network);
	const src = specDst(skb, netns, to);
	icmpXmit(netns, () => {
		const route = ipRouteOutput(netns, { dst: to, src, mark: 0, tos, proto: IPPROTO_ICMP });
		if (!route.ok) return;
		const reply = allocSkb(skb.machine, ICMP_HLEN + answer.payload.length);
		reply.bytes.set(answer.payload, reply.data + ICMP_HLEN);
		putIcmp(reply.bytes, reply.data, reply.end, { type: answer.type, code: 0, rest: icmpRest(bytes, skb.data) });
		reply.dst = route.value;
		reply.sk = KERNEL_SOCKET;
		reply.fragSizes = ipAppendSizes(reply.length, route.value.mtu);
		ipPushHeader(reply, { ...replyHeader(netns, tos), src: src ?? route.value.prefsrc ?? INADDR_DUMMY, dst: to });
		if (skb.machine.tracer !== undefined) {
			traceStep(skb, netns, "icmp_reply", { step: "answer", what: answer.what, child: reply.id });
			originSkb(reply, netns, "icmp_reply", answer.what, skb);
		}
		ipLocalOut(netns, reply);
	});
}

/** No error is sent about errors, about later fragments, or to what was not addressed to this host alone. */
function mayAnswer(skbIn: Skb, type: number): boolean {
	const { bytes, network, end } = skbIn;
	if (network < 0 || end - network < IPV4_MIN_HLEN || skbIn.pktType !== "host") return false;
	if (skbIn.dst?.type === "broadcast" || skbIn.dst?.type === "multicast") return false;
	if ((ipv4Frag(bytes, network) & IP_OFFSET) !== 0) return false;
	if (!icmpIsError(type) || ipv4Proto(bytes, network) !== IPPROTO_ICMP) return true;
	const inner = network + ipv4HeaderLength(bytes, network);
	return inner < end && ANSWERABLE.has(icmpType(bytes, inner));
}

/** Echo, time stamps, information, address mask: all other types count as errors, the unknown ones too (`icmp_pointers`). */
const ANSWERABLE: ReadonlySet<number> = new Set([0, 8, 13, 14, 15, 16, 17, 18]);

/** The source that `icmp_errors_use_inbound_ifaddr` asks for; undefined: the one facing the sender. */
function inboundAddr(netns: Netns, skbIn: Skb, to: number): number | undefined {
	if (inetConf(netns).icmpErrorsUseInboundIfaddr === 0) return undefined;
	// The stand-in route of a bridged packet is none by which it came in (`rt_is_input_route`).
	if (ipv4DstOf(skbIn)?.isStandIn === true) return undefined;
	const dev: NetDevice | undefined = netns.devices.get(skbIn.iif);
	const addr = dev === undefined ? undefined : inetSelectAddr(dev, to, "link");
	return typeof addr === "number" ? addr : undefined;
}

/** The address that the sender meant: its destination, or for a broadcast the one facing the sender. */
function specDst(skb: Skb, netns: Netns, to: number): number | undefined {
	if (skb.dst?.type === "local") return ipv4Dst(skb.bytes, skb.network);
	const route = ipRouteOutput(netns, { dst: to, mark: 0, tos: 0, proto: IPPROTO_ICMP });
	return route.ok && typeof route.value.prefsrc === "number" ? route.value.prefsrc : undefined;
}

function replyHeader(netns: Netns, tos: number): { proto: number; ttl: number; tos: number; id: number; df: boolean } {
	return { proto: IPPROTO_ICMP, ttl: inetConf(netns).ipDefaultTtl, tos, id: ipSelectIdent(netns), df: false };
}

function ignore(skb: Skb, netns: Netns, fn: string, detail?: string): Fate {
	return dropSkb(skb, netns, fn, "ICMP_IGNORED", detail === undefined ? undefined : { detail });
}
