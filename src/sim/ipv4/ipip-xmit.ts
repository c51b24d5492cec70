/** Sending through an ipip tunnel (net/ipv4/ip_tunnel.c: ip_tunnel_xmit, tnl_update_pmtu). */
import { ipText } from "../../wire/addr.ts";
import { ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED } from "../../wire/icmpv4.ts";
import { IP_DF, IPPROTO_IPIP, IPV4_MIN_HLEN, ipv4Dst, ipv4Frag, ipv4Tos, ipv4Ttl } from "../../wire/ipv4.ts";
import { dropSkb } from "../trace.ts";
import type { Dst, Fate, NetDevice, Skb } from "../types.ts";
import { type IpipParms, type IpTunnel, ipipOf } from "./ipip-device.ts";
import { ipRouteOutput } from "./route.ts";
import { ecnEncapsulate, iptunnelXmit, wrapSkb } from "./tunnel-packet.ts";
import { icmpNdoSend, lowerPathMtu } from "./tunnel-pmtu.ts";

/** How long ICMP errors about outer packets are passed on to those who send. */
const ERR_TIMEOUT_NS = 30e9;
const RT_TOS_MASK = 0x1c;

/** Takes an IP packet, `data` at its header, and sends it to the tunnel's far end, or to its next hop where that is open. */
export function ipipXmit(skb: Skb): Fate {
	const { dev } = skb;
	if (dev === undefined) throw new Error("ipip_tunnel_xmit: no device");
	const tunnel = ipipOf(dev);
	const { parms, netns } = tunnel;
	const { bytes, network } = skb;
	const dst = parms.remote === 0 ? nexthopOf(skb) : parms.remote;
	if (dst === undefined) return error(skb, dev, "NOT_SPECIFIED", "the tunnel has no far end and the packet no route");
	const innerTos = ipv4Tos(bytes, network);
	const tos = (parms.tos & 1) === 1 ? innerTos : parms.tos;
	const found = ipRouteOutput(netns, {
		dst,
		src: parms.local === 0 ? undefined : parms.local,
		oif: parms.link,
		mark: 0,
		tos: tos & RT_TOS_MASK,
		proto: IPPROTO_IPIP,
	});
	if (!found.ok) return error(skb, dev, "IP_OUTNOROUTES", `no route to the tunnel's far end ${ipText(dst)}`);
	const route = found.value;
	if (route.dev === dev) {
		return error(skb, dev, "RECURSION_LIMIT", `the route to the far end ${ipText(dst)} leads into the tunnel itself`);
	}
	const df = parms.pmtudisc || (ipv4Frag(bytes, network) & IP_DF) !== 0;
	const tooLong = checkPathMtu(skb, dev, route, df);
	if (tooLong !== undefined) return tooLong;
	passErrorOn(tunnel, skb);
	const src = parms.local === 0 ? (route.prefsrc ?? 0) : parms.local;
	return iptunnelXmit(dev, skb, wrapSkb(skb, dev, netns), {
		netns,
		route,
		header: {
			src,
			dst,
			proto: IPPROTO_IPIP,
			ttl: outerTtl(parms, ipv4Ttl(bytes, network)),
			tos: ecnEncapsulate(tos, innerTos),
			df,
		},
		note: { how: "ipip", dev: dev.name, src: ipText(src), dst: ipText(dst) },
		what: `IPIP ${ipText(src)} → ${ipText(dst)}, around packet #${skb.id}`,
		fn: "ip_tunnel_xmit",
	});
}

/** Where an open tunnel sends: the gateway of the packet's own route, else where the packet itself is going. */
function nexthopOf(skb: Skb): number | undefined {
	if (skb.dst === undefined) return undefined;
	const gateway = skb.dst.gateway ?? ipv4Dst(skb.bytes, skb.network);
	return typeof gateway === "number" ? gateway : undefined;
}

function outerTtl(parms: IpipParms, innerTtl: number): number {
	return parms.ttl === 0 ? innerTtl : parms.ttl;
}

/** Longer than the outer path takes: the inner path's MTU sinks, and one that may not be cut goes back to its sender. */
function checkPathMtu(skb: Skb, dev: NetDevice, route: Dst, df: boolean): Fate | undefined {
	const mtu = df ? route.mtu - IPV4_MIN_HLEN : (skb.dst?.mtu ?? dev.mtu);
	lowerPathMtu(skb, mtu);
	const isLong = (ipv4Frag(skb.bytes, skb.network) & IP_DF) !== 0 && mtu < skb.length;
	if (!isLong) return undefined;
	icmpNdoSend(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, mtu);
	return error(skb, dev, "PKT_TOO_BIG", `${skb.length} bytes, ${mtu} fit through the tunnel`);
}

/** Errors about outer packets of the last 30 seconds: for each, one sender hears that the host cannot be reached. */
function passErrorOn(tunnel: IpTunnel, skb: Skb): void {
	if (tunnel.errCount === 0) return;
	if (skb.machine.loop.now() >= tunnel.errTimeNs + ERR_TIMEOUT_NS) {
		tunnel.errCount = 0;
		return;
	}
	tunnel.errCount -= 1;
	skb.dst?.linkFailure(skb);
}

function error(skb: Skb, dev: NetDevice, reason: Parameters<typeof dropSkb>[3], detail: string): Fate {
	return dropSkb(skb, dev.netns, "ip_tunnel_xmit", reason, { detail });
}
