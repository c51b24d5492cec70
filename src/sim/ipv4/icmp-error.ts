/** ICMP errors that came in: what this host learns from them, and who is told (net/ipv4/icmp.c: icmp_unreach, icmp_redirect). */
import { ipText } from "../../wire/addr.ts";
import {
	ICMP_DEST_UNREACH,
	ICMP_FRAG_NEEDED,
	ICMP_HLEN,
	ICMP_REDIRECT,
	icmpCode,
	icmpRest,
	icmpType,
} from "../../wire/icmpv4.ts";
import { IPV4_MIN_HLEN, ipv4Dst, ipv4HeaderLength, ipv4Proto, ipv4Src, ipv4Tos } from "../../wire/ipv4.ts";
import { isValid } from "../core/neigh-table.ts";
import { neighCreate, neighEventSend, neighLookup } from "../core/neighbour.ts";
import { deliverSkb, dropSkb } from "../trace.ts";
import type { Fate, NetDevice, Netns, Skb } from "../types.ts";
import { inDev, inetAddrOnlink } from "./devinet.ts";
import { inetConf } from "./devinet-sysctl.ts";
import { icmpErrorName } from "./icmp-name.ts";
import { inetAddrType, ipRouteOutput, ipv4Redirect, ipv4UpdatePmtu, type OutputFlow } from "./route.ts";

/** Bytes of the quoted packet that an error must carry besides its IP header. */
const QUOTED_MIN = 8;

/** `skb.data` at the ICMP header of an error, whose checksum was checked. */
export function icmpError(skb: Skb, netns: Netns): Fate {
	const { bytes, data, end } = skb;
	const type = icmpType(bytes, data);
	const code = icmpCode(bytes, data);
	const inner = data + ICMP_HLEN;
	const innerHlen = ipv4HeaderLength(bytes, inner);
	if (end - inner < IPV4_MIN_HLEN || innerHlen < IPV4_MIN_HLEN || inner + innerHlen + QUOTED_MIN > end) {
		return dropSkb(skb, netns, "icmp_unreach", "PKT_TOO_SMALL", { detail: "the quoted packet is too short" });
	}
	const rest = icmpRest(bytes, data);
	const flow: OutputFlow = {
		dst: ipv4Dst(bytes, inner),
		src: ipv4Src(bytes, inner),
		mark: 0,
		tos: ipv4Tos(bytes, inner),
		proto: ipv4Proto(bytes, inner),
	};
	if (type === ICMP_REDIRECT) return redirect(skb, netns, flow, { gateway: rest, inner });
	const isFragNeeded = type === ICMP_DEST_UNREACH && code === ICMP_FRAG_NEEDED;
	const info = isFragNeeded ? rest & 0xffff : 0;
	if (isFragNeeded && inetConf(netns).ipNoPmtuDisc === 0) ipv4UpdatePmtu(netns, flow, info);
	if (inetAddrType(netns, flow.dst) === "broadcast") {
		return dropSkb(skb, netns, "icmp_unreach", "ICMP_IGNORED", { detail: "an error about a broadcast" });
	}
	// The protocol gets the quoted packet, as icmp_socket_deliver leaves it.
	skb.data = inner;
	skb.machine.inetProtocols.get(flow.proto)?.errHandler?.(skb, { type, code, info });
	skb.data = data;
	return deliverSkb(skb, netns, "icmp_unreach", `icmp (${icmpErrorName(type, code)})`);
}

/**
 * A router says that another one is nearer; routers themselves do not listen, nor does who is told not to. Only the gateway
 * of the way can say it, and what it names is first asked for its MAC address: until that is known nothing is learnt
 * (`__ip_do_redirect`). It is the socket that sent the quoted packet that hears it, if there is one.
 */
function redirect(
	skb: Skb,
	netns: Netns,
	flow: OutputFlow,
	{ gateway, inner }: { readonly gateway: number; readonly inner: number },
): Fate {
	const { dev, data } = skb;
	const refuse = (detail: string): Fate => dropSkb(skb, netns, "icmp_redirect", "ICMP_IGNORED", { detail });
	skb.data = inner;
	const isHeard = skb.machine.inetProtocols.get(flow.proto)?.hearsRedirect?.(skb) ?? true;
	skb.data = data;
	if (!isHeard) return refuse("no connection here sent what it is about");
	const way = ipRouteOutput(netns, { ...flow, anySrc: true });
	const oldGateway = ipv4Src(skb.bytes, skb.network);
	if (dev === undefined || !way.ok || way.value.gateway !== oldGateway)
		return refuse("not from the gateway of the way");
	const refused = redirectRefused(dev, { gateway, oldGateway });
	if (refused !== undefined) return refuse(refused);
	const neigh = neighLookup(way.value.dev, gateway) ?? neighCreate(way.value.dev, gateway);
	if (isValid(neigh.state)) ipv4Redirect(netns, flow, gateway);
	else neighEventSend(neigh, undefined);
	return deliverSkb(skb, netns, "icmp_redirect", `icmp (redirect to ${ipText(gateway)})`);
}

function redirectRefused(
	dev: NetDevice,
	{ gateway, oldGateway }: { readonly gateway: number; readonly oldGateway: number },
): string | undefined {
	const conf = inDev(dev);
	if (gateway === oldGateway) return "the gateway names itself";
	if (conf.acceptRedirects === 0) return "accept_redirects is off";
	if (conf.sharedMedia === 0 && !inetAddrOnlink(dev, gateway)) return "the gateway is not on the link";
	return inetAddrType(dev.netns, gateway) === "unicast" ? undefined : "the gateway is not another host";
}
