/** TCP in connection tracking (nf_conntrack_proto_tcp.c): the state machine around window tracking. */
import { ipv4Dst, ipv4HeaderLength, ipv4Src } from "../../../wire/ipv4.ts";
import { TCP_MIN_HLEN, TCP_RST, tcpChecksumIsValid, tcpFlags, tcpHeaderLength } from "../../../wire/tcp.ts";
import type { HookState, Skb } from "../../types.ts";
import type { ConntrackNet } from "./net.ts";
import { type L4Verdict, refresh, refuse, verifiesChecksum } from "./proto.ts";
import type { CtSettings } from "./settings.ts";
import { judge } from "./tcp-judge.ts";
import { senderOf, type TcpSegment } from "./tcp-segment.ts";
import {
	SEEN_CLOSE_INIT,
	SEEN_DATA_UNACKNOWLEDGED,
	TCP_CLOSE,
	TCP_ESTABLISHED,
	TCP_FIN_WAIT,
	TCP_NONE,
	TCP_SYN_RECV,
	TCP_SYN_SENT,
	TcpTrack,
} from "./tcp-track.ts";
import { FIN_SET, NONE_SET, REFUSED, RST_SET, SYN_SET, tcpFlagsAreValid, tcpNextState } from "./tcp-transitions.ts";
import { initTcpTrack, tcpInWindow } from "./tcp-window.ts";
import {
	type Conntrack,
	ctExpiresNs,
	ctInfoDir,
	IPS_ASSURED,
	IPS_CONFIRMED,
	IPS_SEEN_REPLY,
	ORIGINAL,
} from "./types.ts";

/** `nf_conntrack_tcp_packet`. */
export function tcpPacket(skb: Skb, ct: Conntrack, net: ConntrackNet, state: HookState): L4Verdict {
	const error = tcpError(skb, net, state);
	if (error !== undefined) return refuse(net, error);
	const segment = net.segment;
	segment.read(skb.bytes, skb.network + ipv4HeaderLength(skb.bytes, skb.network), skb.end, ctInfoDir(skb.ctInfo));
	const track = (ct.status & IPS_CONFIRMED) === 0 ? newTrack(ct, segment, net) : ct.tcp;
	if (track === undefined) return "invalid";

	const judgement = judge(ct, track, segment, net);
	if (judgement === "ignore") return "accept";
	if (judgement === "invalid" || judgement === "repeat") return judgement;
	if (judgement === "check") {
		const window = tcpInWindow(track, segment, net.settings);
		if (window === "ignore") return "accept";
		if (window !== "accept") {
			shortenAfterInvalid(ct, track, segment, net);
			return refuse(net, window);
		}
	}
	moveOn(ct, track, segment, net);
	return "accept";
}

/** A connection that a rule refused is taken for closed (`nf_conntrack_tcp_set_closing`). */
export function tcpSetClosing(ct: Conntrack, net: ConntrackNet): void {
	if (ct.tcp === undefined || (ct.status & IPS_CONFIRMED) === 0) return;
	if (ct.tcp.state !== TCP_CLOSE) refresh(ct, net.settings.tcp[TCP_CLOSE] ?? 0, net);
	ct.tcp.state = TCP_CLOSE;
}

/** A connection that was not watched for a while: any window is believed again (`nf_ct_tcp_fixup`). */
export function forgetTcpWindows(track: TcpTrack): void {
	if (track.state !== TCP_ESTABLISHED) return;
	track.original.maxWin = 0;
	track.reply.maxWin = 0;
}

function tcpError(skb: Skb, net: ConntrackNet, state: HookState): string | undefined {
	const b = skb.bytes;
	const at = skb.network + ipv4HeaderLength(b, skb.network);
	if (at + TCP_MIN_HLEN > skb.end) return "short TCP segment";
	const length = tcpHeaderLength(b, at);
	if (length < TCP_MIN_HLEN || at + length > skb.end) return "truncated or malformed TCP segment";
	if (verifiesChecksum(net, state)) {
		const addrs = { src: ipv4Src(b, skb.network), dst: ipv4Dst(b, skb.network) };
		skb.checksumIsKnown = tcpChecksumIsValid(b, at, skb.end, addrs);
		if (!skb.checksumIsKnown) return "bad TCP checksum";
	}
	return tcpFlagsAreValid(tcpFlags(b, at)) ? undefined : "a combination of TCP flags that nobody sends";
}

/** The state of a new connection; undefined: none can begin like this (`tcp_new`). */
function newTrack(ct: Conntrack, segment: TcpSegment, net: ConntrackNet): TcpTrack | undefined {
	const first = tcpNextState(ORIGINAL, segment.index, TCP_NONE);
	if (first === REFUSED) {
		net.why = "a TCP connection cannot begin with this segment";
		return undefined;
	}
	if (first !== TCP_SYN_SENT && !net.settings.tcpLoose) {
		net.why = "no SYN was seen, and nf_conntrack_tcp_loose is 0";
		return undefined;
	}
	const track = new TcpTrack();
	track.lastIndex = NONE_SET;
	initTcpTrack(track, segment);
	ct.tcp = track;
	return track;
}

/** The segment is good: the new state, how long it may last, and what it says about the flow. */
function moveOn(ct: Conntrack, track: TcpTrack, segment: TcpSegment, net: ConntrackNet): void {
	const { from, next } = segment;
	track.lastIndex = segment.index;
	track.lastDir = segment.dir;
	track.state = next;
	if (from !== next && next === TCP_FIN_WAIT) senderOf(track, segment.dir).flags |= SEEN_CLOSE_INIT;
	let lifeNs = lifeOf(track, segment.index, net.settings);
	if ((ct.status & IPS_SEEN_REPLY) === 0) {
		if ((segment.flags & TCP_RST) !== 0) {
			net.table.kill(ct);
			return;
		}
		if (segment.index === SYN_SET && from === TCP_SYN_SENT) return; // A repeated SYN does not prolong.
		if (next === TCP_ESTABLISHED && lifeNs > net.settings.tcpUnackNs) lifeNs = net.settings.tcpUnackNs;
	} else if (next === TCP_ESTABLISHED && (from === TCP_SYN_RECV || from === TCP_ESTABLISHED)) {
		ct.status |= IPS_ASSURED;
	}
	refresh(ct, lifeNs, net);
}

function lifeOf(track: TcpTrack, index: number, settings: CtSettings): number {
	const lifeNs = settings.tcp[track.state] ?? 0;
	if (track.retrans >= settings.tcpMaxRetrans && lifeNs > settings.tcpMaxRetransNs) return settings.tcpMaxRetransNs;
	if (index === RST_SET) return settings.tcp[TCP_CLOSE] ?? 0;
	const unacknowledged = ((track.original.flags | track.reply.flags) & SEEN_DATA_UNACKNOWLEDGED) !== 0;
	if (unacknowledged && lifeNs > settings.tcpUnackNs) return settings.tcpUnackNs;
	if (track.lastWin === 0 && lifeNs > settings.tcpMaxRetransNs) return settings.tcpMaxRetransNs;
	return lifeNs;
}

/** Two FINs or RSTs out of window, one from each end: the entry is out of step and shall not live for days. */
function shortenAfterInvalid(ct: Conntrack, track: TcpTrack, segment: TcpSegment, net: ConntrackNet): void {
	const { index, dir } = segment;
	if ((ct.status & IPS_ASSURED) === 0 || (index !== RST_SET && index !== FIN_SET)) return;
	if (track.lastDir === dir || (track.lastIndex !== FIN_SET && track.lastIndex !== RST_SET)) {
		track.lastIndex = index;
		track.lastDir = dir;
		return;
	}
	const leftNs = ctExpiresNs(ct, net.now());
	if (leftNs >= 120e9 && leftNs > net.settings.tcpUnackNs) refresh(ct, net.settings.tcpUnackNs, net);
}
