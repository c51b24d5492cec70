/** IP packets in IP packets that come in, and ICMP errors about those sent (net/ipv4/ipip.c: ipip_rcv, ipip_err; tunnel4.c). */
import { ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, ICMP_PORT_UNREACH, ICMP_TIME_EXCEEDED } from "../../wire/icmpv4.ts";
import { IPPROTO_IPIP, IPV4_MIN_HLEN, ipv4Dst, ipv4Src, ipv4Tos, setIpv4Tos } from "../../wire/ipv4.ts";
import { netifRx } from "../core/dev.ts";
import { dropSkb } from "../trace.ts";
import type { Fate, Machine, Skb } from "../types.ts";
import { icmpSend } from "./icmp.ts";
import { ipTunnelLookup } from "./ipip-device.ts";
import { ECN_CE, ecnDecapsulate, unwrapSkb } from "./tunnel-packet.ts";

/** Loads the module: from now on the machine understands protocol 4. */
export function loadIpip(machine: Machine): void {
	machine.inetProtocols.set(IPPROTO_IPIP, { handler: ipipRcv, errHandler: ipipErr });
}

/** `skb.data` at the inner header, `network` at the outer one. */
function ipipRcv(skb: Skb): Fate {
	const netns = skb.dev?.netns;
	if (netns === undefined) throw new Error("ipip_rcv: the packet has no device");
	const { bytes, network, data } = skb;
	if (skb.end - data < IPV4_MIN_HLEN) {
		return dropSkb(skb, netns, "tunnel4_rcv", "PKT_TOO_SMALL", { detail: "no IP header fits inside" });
	}
	const tunnel = ipTunnelLookup(netns, skb.dev?.ifindex ?? 0, ipv4Dst(bytes, network), ipv4Src(bytes, network));
	if (tunnel === undefined) {
		icmpSend(skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
		return dropSkb(skb, netns, "tunnel4_rcv", "NOT_SPECIFIED", { detail: "no tunnel that is up has these ends" });
	}
	if (skb.length < IPV4_MIN_HLEN) return dropSkb(skb, netns, "ip_tunnel_rcv", "PKT_TOO_SMALL");
	const tos = ipv4Tos(bytes, data);
	const ecn = ecnDecapsulate(ipv4Tos(bytes, network), tos);
	if (ecn === "drop") return dropSkb(skb, netns, "ip_tunnel_rcv", "IP_TUNNEL_ECN");
	if (ecn === "ce") setIpv4Tos(bytes, data, tos | ECN_CE);
	const { dev } = tunnel;
	return netifRx(dev, unwrapSkb(skb, data, dev, { fn: "ip_tunnel_rcv", note: { how: "ipip", dev: dev.name } }));
}

const EXC_TTL = 0;

/** `skb.data` at the quoted outer header. What a router says of the path MTU was already noted for the outer route. */
function ipipErr(skb: Skb, { type, code }: { readonly type: number; readonly code: number }): void {
	const netns = skb.dev?.netns;
	if (netns === undefined) return;
	const isUnreachable = type === ICMP_DEST_UNREACH && code !== ICMP_FRAG_NEEDED;
	const isExpired = type === ICMP_TIME_EXCEEDED && code === EXC_TTL;
	if (!isUnreachable && !isExpired) return;
	const { bytes, data } = skb;
	const tunnel = ipTunnelLookup(netns, skb.dev?.ifindex ?? 0, ipv4Src(bytes, data), ipv4Dst(bytes, data));
	if (tunnel === undefined || tunnel.parms.remote === 0) return;
	// With the inner TTL outside, it is the inner sender's traceroute.
	if (isExpired && tunnel.parms.ttl === 0) return;
	const nowNs = netns.machine.loop.now();
	const isRecent = tunnel.errCount > 0 && nowNs < tunnel.errTimeNs + 30e9;
	tunnel.errCount = isRecent ? tunnel.errCount + 1 : 1;
	tunnel.errTimeNs = nowNs;
}
