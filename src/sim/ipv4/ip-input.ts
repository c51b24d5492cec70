/** IPv4 input (net/ipv4/ip_input.c): checks, PRE_ROUTING, routing; LOCAL_IN and the protocol. */
import { ICMP_DEST_UNREACH, ICMP_PROT_UNREACH } from "../../wire/icmpv4.ts";
import {
	IPV4_MIN_HLEN,
	ipv4ChecksumIsValid,
	ipv4HeaderLength,
	ipv4IsFragment,
	ipv4Proto,
	ipv4TotalLength,
	ipv4Version,
} from "../../wire/ipv4.ts";
import { nfHook } from "../netfilter/hooks.ts";
import { dropSkb } from "../trace.ts";
import type { Fate, NetDevice, Netns, Skb } from "../types.ts";
import { inDev } from "./devinet.ts";
import { icmpSend } from "./icmp.ts";
import { ipDefrag } from "./ip-fragment.ts";
import { ipRcvOptions } from "./ip-options.ts";
import { ipRouteInput } from "./route.ts";

/** Takes in a packet of EtherType IPv4: `data` and `network` at its IP header. */
export function ipRcv(skb: Skb): Fate {
	const dev = deviceOf(skb);
	const { netns } = dev;
	const { bytes, data } = skb;
	if (skb.pktType === "otherhost") return dropSkb(skb, netns, "ip_rcv_core", "OTHERHOST");
	const available = skb.end - data;
	const hlen = ipv4HeaderLength(bytes, data);
	if (available < IPV4_MIN_HLEN || hlen < IPV4_MIN_HLEN || hlen > available || ipv4Version(bytes, data) !== 4) {
		return dropSkb(skb, netns, "ip_rcv_core", "IP_INHDR");
	}
	if (!ipv4ChecksumIsValid(bytes, data)) return dropSkb(skb, netns, "ip_rcv_core", "IP_CSUM");
	const total = ipv4TotalLength(bytes, data);
	if (total > available) return dropSkb(skb, netns, "ip_rcv_core", "PKT_TOO_SMALL");
	if (total < hlen) return dropSkb(skb, netns, "ip_rcv_core", "IP_INHDR");
	// Without the padding of a short Ethernet frame.
	skb.end = data + total;
	skb.network = data;
	skb.transport = data + hlen;
	skb.forwarded = false;
	skb.fragMaxSize = 0;
	skb.fragSizes = undefined;
	skb.sk = undefined;
	return nfHook({ family: "ipv4", hook: "PREROUTING", netns, indev: dev, outdev: undefined, okfn: ipRcvFinish }, skb);
}

/** After PRE_ROUTING: routes the packet and passes it on. A packet that lo or a bridge gave a route keeps it. */
export function ipRcvFinish(skb: Skb): Fate {
	const dev = deviceOf(skb);
	if (skb.dst === undefined) {
		if (!ipv4IsFragment(skb.bytes, skb.network)) {
			skb.machine.inetProtocols.get(ipv4Proto(skb.bytes, skb.network))?.earlyDemux?.(skb);
		}
		const reason = ipRouteInput(skb, dev);
		if (reason !== undefined) return dropSkb(skb, dev.netns, "ip_rcv_finish_core", reason);
	}
	const { dst, pktType } = skb;
	if (dst === undefined) throw new Error("ip_rcv_finish: the packet has no route");
	if (ipv4HeaderLength(skb.bytes, skb.network) > IPV4_MIN_HLEN) {
		const wrong = ipRcvOptions(skb);
		if (wrong !== undefined) return dropSkb(skb, dev.netns, "ip_rcv_options", "IP_INHDR", { detail: wrong });
	}
	if (
		pktType !== "host" &&
		pktType !== "loopback" &&
		dst.type === "unicast" &&
		inDev(dev).dropUnicastInL2Multicast !== 0
	) {
		return dropSkb(skb, dev.netns, "ip_rcv_finish_core", "NOT_SPECIFIED", { detail: "unicast in a group frame" });
	}
	return dst.input(skb);
}

/** Takes a packet for this host: put together if it is a fragment, then LOCAL_IN. */
export function ipLocalDeliver(skb: Skb): Fate {
	const dev = deviceOf(skb);
	if (ipv4IsFragment(skb.bytes, skb.network)) {
		const fate = ipDefrag(skb, dev.netns, "local-deliver");
		if (fate !== undefined) return fate;
	}
	const { netns } = dev;
	return nfHook(
		{ family: "ipv4", hook: "INPUT", netns, indev: dev, outdev: undefined, okfn: ipLocalDeliverFinish },
		skb,
	);
}

/** Hands the packet to its protocol, with `data` at the transport header. */
function ipLocalDeliverFinish(skb: Skb): Fate {
	const { netns } = deviceOf(skb);
	skb.transport = skb.network + ipv4HeaderLength(skb.bytes, skb.network);
	skb.data = skb.transport;
	const proto = ipv4Proto(skb.bytes, skb.network);
	const protocol = skb.machine.inetProtocols.get(proto);
	return protocol === undefined ? unknownProtocol(skb, netns, proto) : protocol.handler(skb);
}

function unknownProtocol(skb: Skb, netns: Netns, proto: number): Fate {
	icmpSend(skb, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0);
	return dropSkb(skb, netns, "ip_protocol_deliver_rcu", "IP_NOPROTO", { detail: `protocol ${proto}` });
}

function deviceOf(skb: Skb): NetDevice {
	if (skb.dev === undefined) throw new Error("ip_rcv: the packet has no device");
	return skb.dev;
}
