/** The answers of REJECT (net/ipv4/netfilter/nf_reject_ipv4.c). */
import { foldChecksum, sumBytes } from "../../wire/checksum.ts";
import { ETH_HLEN, ETH_P_IP, ethDst, ethSrc, putEthernet } from "../../wire/ethernet.ts";
import { ICMP_DEST_UNREACH } from "../../wire/icmpv4.ts";
import {
	IP_DF,
	IP_OFFSET,
	IPPROTO_SCTP,
	IPPROTO_TCP,
	IPPROTO_UDP,
	IPV4_MIN_HLEN,
	ipv4Dst,
	ipv4Frag,
	ipv4HeaderLength,
	ipv4Proto,
	ipv4Src,
	putIpv4,
} from "../../wire/ipv4.ts";
import {
	putTcp,
	TCP_ACK,
	TCP_FIN,
	TCP_MIN_HLEN,
	TCP_RST,
	TCP_SYN,
	tcpAck,
	tcpChecksumIsValid,
	tcpDport,
	tcpFlags,
	tcpHeaderLength,
	tcpSeq,
	tcpSport,
} from "../../wire/tcp.ts";
import { UDP_HLEN, udpChecksumIsValid } from "../../wire/udp.ts";
import { devQueueXmit } from "../core/dev.ts";
import { icmpSend } from "../ipv4/icmp.ts";
import { ipLocalOut } from "../ipv4/ip-output.ts";
import { ipRouteMeHarder } from "../ipv4/route.ts";
import { allocSkb, pushSkb } from "../skb.ts";
import { sysctlNumber } from "../sysctl.ts";
import { originSkb, traceStep } from "../trace.ts";
import type { HookState, NetDevice, Skb } from "../types.ts";
import { nfCtSetClosing } from "./conntrack/core.ts";
import { nfCtAttach, skbCt } from "./conntrack/types.ts";

const IPPROTO_DCCP = 33;
const IPPROTO_GRE = 47;
const IPPROTO_ESP = 50;
const IPPROTO_AH = 51;
const IPPROTO_UDPLITE = 136;

/** Sends an ICMP destination unreachable about the packet; a later fragment or a bad checksum gets none. */
export function nfSendUnreach(skb: Skb, code: number): void {
	if ((ipv4Frag(skb.bytes, skb.network) & IP_OFFSET) !== 0) return;
	if (!skb.checksumIsKnown && !checksumIsValid(skb)) return;
	icmpSend(skb, ICMP_DEST_UNREACH, code, 0);
}

/**
 * Sends a RST to the sender of a TCP segment, in the name of its receiver. For a packet that came in by a bridge port it
 * goes straight out of that port, with the receiver's MAC address; else it is a local packet and passes OUTPUT.
 */
export function nfSendReset(old: Skb, state: HookState): void {
	if ((ipv4Frag(old.bytes, old.network) & IP_OFFSET) !== 0 || ipv4Proto(old.bytes, old.network) !== IPPROTO_TCP) return;
	if (!checksumIsValid(old)) return;
	if ((tcpFlags(old.bytes, transportOf(old)) & TCP_RST) !== 0) return;
	if (old.dst?.type === "broadcast" || old.dst?.type === "multicast") return;
	const reset = buildReset(old, state);
	originSkb(reset, state.netns, "nf_send_reset", "RST made by REJECT", old);
	if (ipRouteMeHarder(state.netns, reset) !== undefined) return;
	nfCtAttach(reset, old);
	const ct = skbCt(old);
	if (ct !== undefined) nfCtSetClosing(ct);
	if (old.machine.tracer !== undefined) {
		traceStep(old, state.netns, "nf_send_reset", { step: "answer", what: "TCP RST", child: reset.id });
	}
	const port = old.nfBridge?.physin;
	if (port === undefined) ipLocalOut(state.netns, reset);
	else sendBack(reset, old, port);
}

function buildReset(old: Skb, state: HookState): Skb {
	const reset = allocSkb(old.machine, IPV4_MIN_HLEN + TCP_MIN_HLEN);
	reset.network = reset.data;
	reset.transport = reset.data + IPV4_MIN_HLEN;
	reset.protocol = ETH_P_IP;
	reset.dst = old.dst;
	const src = ipv4Dst(old.bytes, old.network);
	const dst = ipv4Src(old.bytes, old.network);
	putIpv4(reset.bytes, reset.network, {
		src,
		dst,
		proto: IPPROTO_TCP,
		ttl: sysctlNumber(state.netns, "net.ipv4.ip_default_ttl"),
		tos: 0,
		id: 0,
		frag: IP_DF,
		totalLength: IPV4_MIN_HLEN + TCP_MIN_HLEN,
	});
	const at = transportOf(old);
	const flags = tcpFlags(old.bytes, at);
	const acked = (flags & TCP_ACK) !== 0;
	const consumed =
		((flags & TCP_SYN) === 0 ? 0 : 1) +
		((flags & TCP_FIN) === 0 ? 0 : 1) +
		(old.end - at - tcpHeaderLength(old.bytes, at));
	putTcp(reset.bytes, reset.transport, reset.end, {
		src,
		dst,
		sport: tcpDport(old.bytes, at),
		dport: tcpSport(old.bytes, at),
		seq: acked ? tcpAck(old.bytes, at) : 0,
		ack: acked ? 0 : (tcpSeq(old.bytes, at) + consumed) >>> 0,
		flags: acked ? TCP_RST : TCP_RST | TCP_ACK,
		window: 0,
		options: new Uint8Array(0),
	});
	reset.checksumIsOpen = true;
	return reset;
}

function sendBack(reset: Skb, old: Skb, port: NetDevice): void {
	const dst = ethSrc(old.bytes, old.mac);
	const src = ethDst(old.bytes, old.mac);
	pushSkb(reset, ETH_HLEN);
	reset.mac = reset.data;
	putEthernet(reset.bytes, reset.mac, { dst, src, type: ETH_P_IP });
	reset.dev = port;
	devQueueXmit(reset);
}

function transportOf(skb: Skb): number {
	return skb.network + ipv4HeaderLength(skb.bytes, skb.network);
}

/** Protocols whose checksum is not looked at: they have none over the whole payload, or another kind (`nf_reject_verify_csum`). */
const UNVERIFIED: ReadonlySet<number> = new Set([
	IPPROTO_GRE,
	IPPROTO_ESP,
	IPPROTO_AH,
	IPPROTO_SCTP,
	IPPROTO_UDPLITE,
	IPPROTO_DCCP,
]);

/** Any other payload must sum up to a valid Internet checksum, that of ICMP as well as one that has none at all. */
function checksumIsValid(skb: Skb): boolean {
	const { bytes, network, end } = skb;
	const at = transportOf(skb);
	const addrs = { src: ipv4Src(bytes, network), dst: ipv4Dst(bytes, network) };
	const proto = ipv4Proto(bytes, network);
	if (proto === IPPROTO_TCP) return end - at >= TCP_MIN_HLEN && tcpChecksumIsValid(bytes, at, end, addrs);
	if (proto === IPPROTO_UDP) return end - at >= UDP_HLEN && udpChecksumIsValid(bytes, at, end, addrs);
	return UNVERIFIED.has(proto) || foldChecksum(sumBytes(bytes, at, end)) === 0;
}
