/** `-j TCPMSS`: lowers the maximum segment size that TCP offers, or adds the option (net/netfilter/xt_TCPMSS.c). */
import type { TcpmssTarget } from "../../../kernel/xt-targets.ts";
import { checksumReplace16, checksumReplace32 } from "../../../wire/checksum.ts";
import { IPPROTO_TCP, IPV4_MIN_HLEN, ipv4Src, ipv4TotalLength, setIpv4TotalLength } from "../../../wire/ipv4.ts";
import { get16, get32, put16, put32 } from "../../../wire/read-write.ts";
import { TCP_CHECK, TCP_MIN_HLEN, tcpHeaderLength } from "../../../wire/tcp.ts";
import { ipRouteOutput } from "../../ipv4/route.ts";
import { putSkb } from "../../skb.ts";
import type { HookState, Skb } from "../../types.ts";
import type { XtPacket } from "../xtables/packet.ts";
import { ANY_HOOK, HOOK_BIT, protocolOf, type TargetModule } from "../xtables/types.ts";

const TCPOPT_MSS = 2;
const TCPOLEN_MSS = 4;
const MAX_HLEN = 60;
/** Where the header's length stands, with the flags beside it. */
const OFFSET_AND_FLAGS = 12;
const HEADERS = IPV4_MIN_HLEN + TCP_MIN_HLEN;
/** What a host takes for offered that was offered nothing (RFC 1122 §4.2.2.6). */
const DEFAULT_MSS = 536;

export const tcpmss: TargetModule<TcpmssTarget> = {
	name: "TCPMSS",
	hooks: ({ mss }) => (mss === "pmtu" ? HOOK_BIT.FORWARD | HOOK_BIT.OUTPUT | HOOK_BIT.POSTROUTING : ANY_HOOK),
	// The legacy backend also demands a match for SYN; as with iptables 1.8.9, that of nft, it is left to the user.
	check(target, at) {
		if (protocolOf(at.rule, undefined) !== IPPROTO_TCP) {
			return { errno: "EINVAL", message: `rule in chain ${at.chain}: TCPMSS target: only valid for protocol 6` };
		}
		if (target.mss === "pmtu" || (target.mss >= 0 && target.mss <= 0xfffe)) return undefined;
		return { errno: "EINVAL", message: `rule in chain ${at.chain}: TCPMSS target: bad size ${target.mss}` };
	},
	compile({ mss }) {
		return (skb, state, pkt) => {
			if (pkt.fragOff !== 0) return "continue";
			const header = pkt.end - pkt.transport < TCP_MIN_HLEN ? 0 : tcpHeaderLength(skb.bytes, pkt.transport);
			const wanted = mss === "pmtu" ? pathMtu(skb, state) - HEADERS : mss;
			if (header < TCP_MIN_HLEN || pkt.end - pkt.transport < header || (mss === "pmtu" && wanted <= 0)) {
				state.dropDetail = "TCPMSS found no header that it could change";
				return "drop";
			}
			if (!lowerMss(skb, pkt.transport, header, wanted)) addMss(skb, pkt, header, Math.min(wanted, DEFAULT_MSS));
			return "continue";
		};
	},
};

/** What both ways carry: the packet's, and the one back to its source. */
function pathMtu(skb: Skb, state: HookState): number {
	const back = ipRouteOutput(state.netns, {
		dst: ipv4Src(skb.bytes, skb.network),
		mark: 0,
		tos: 0,
		proto: 0,
	});
	const there = skb.dst?.mtu ?? state.outdev?.mtu ?? 0;
	return back.ok ? Math.min(there, back.value.mtu) : there;
}

/** Whether the header has the option; a smaller size than `mss` stays. */
function lowerMss({ bytes }: Skb, at: number, headerLength: number, mss: number): boolean {
	let place = at + TCP_MIN_HLEN;
	while (place <= at + headerLength - TCPOLEN_MSS) {
		const kind = bytes[place] ?? 0;
		const length = bytes[place + 1] ?? 0;
		if (kind === TCPOPT_MSS && length === TCPOLEN_MSS) {
			const before = get16(bytes, place + 2);
			if (before > mss) {
				put16(bytes, place + 2, mss);
				put16(bytes, at + TCP_CHECK, checksumReplace16(get16(bytes, at + TCP_CHECK), before, mss));
			}
			return true;
		}
		place += kind < 2 || length === 0 ? 1 : length;
	}
	return false;
}

/** Puts the option first, where no payload stands in the way and the header may grow. */
function addMss(skb: Skb, pkt: XtPacket, headerLength: number, mss: number): void {
	const at = pkt.transport;
	const length = pkt.end - at;
	if (length > headerLength || headerLength >= MAX_HLEN) return;
	putSkb(skb, TCPOLEN_MSS);
	const { bytes } = skb;
	const option = at + TCP_MIN_HLEN;
	bytes.copyWithin(option + TCPOLEN_MSS, option, at + length);
	put32(bytes, option, ((TCPOPT_MSS << 24) | (TCPOLEN_MSS << 16) | mss) >>> 0);
	const before = get16(bytes, at + OFFSET_AND_FLAGS);
	put16(bytes, at + OFFSET_AND_FLAGS, before + (1 << 12));
	let check = checksumReplace16(get16(bytes, at + TCP_CHECK), length, length + TCPOLEN_MSS);
	check = checksumReplace32(check, 0, get32(bytes, option));
	put16(bytes, at + TCP_CHECK, checksumReplace16(check, before, before + (1 << 12)));
	setIpv4TotalLength(bytes, skb.network, ipv4TotalLength(bytes, skb.network) + TCPOLEN_MSS);
	pkt.end += TCPOLEN_MSS;
	pkt.lengthBytes += TCPOLEN_MSS;
}
