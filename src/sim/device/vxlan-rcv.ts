/** VXLAN packets that come in (drivers/net/vxlan/vxlan_core.c: vxlan_rcv, vxlan_set_mac, vxlan_snoop). */
import type { DropReason } from "../../kernel/drop-reason.ts";
import { ipText, macIsGroup, macText } from "../../wire/addr.ts";
import { ETH_HLEN, ETH_P_IP, ethSrc, ethType } from "../../wire/ethernet.ts";
import { ipv4Src, ipv4Tos, setIpv4Tos } from "../../wire/ipv4.ts";
import { UDP_HLEN } from "../../wire/udp.ts";
import { VXLAN_HLEN, vxlanIsValid, vxlanVni } from "../../wire/vxlan.ts";
import { netifRx } from "../core/dev.ts";
import { ECN_CE, ecnDecapsulate, unwrapSkb } from "../ipv4/tunnel-packet.ts";
import { dropSkb } from "../trace.ts";
import type { Fate, Skb } from "../types.ts";
import { innerHeaderLength, type Vxlan, type VxlanSocket } from "./vxlan.ts";

/** `skb.data` at the UDP header of a datagram that ends at `end`. */
export function vxlanRcv(skb: Skb, socket: VxlanSocket, end: number): Fate {
	const { bytes } = skb;
	skb.end = end;
	const header = skb.data + UDP_HLEN;
	const frame = header + VXLAN_HLEN;
	if (end < frame) return drop(skb, "PKT_TOO_SMALL", "shorter than a VXLAN header");
	const vni = vxlanVni(bytes, header);
	if (!vxlanIsValid(bytes, header)) return drop(skb, "VXLAN_INVALID_HDR");
	const vxlan = socket.vxlans.get(vni);
	if (vxlan === undefined) return drop(skb, "VXLAN_VNI_NOT_FOUND", `VNI ${vni}`);
	if (end < frame + ETH_HLEN) return drop(skb, "PKT_TOO_SMALL", "shorter than an Ethernet header");
	const refused = snoop(vxlan, skb, frame);
	if (refused !== undefined) return drop(skb, ...refused);
	const network = frame + ETH_HLEN;
	const type = ethType(bytes, frame);
	// pskb_inet_may_pull, since Linux 6.10
	if (end - network < innerHeaderLength(type)) return drop(skb, "PKT_TOO_SMALL", "shorter than the inner IP header");
	if (type === ETH_P_IP) {
		const tos = ipv4Tos(bytes, network);
		const ecn = ecnDecapsulate(ipv4Tos(bytes, skb.network), tos);
		if (ecn === "drop") return drop(skb, "IP_TUNNEL_ECN");
		if (ecn === "ce") setIpv4Tos(bytes, network, tos | ECN_CE);
	}
	const { dev } = vxlan;
	const inner = unwrapSkb(skb, frame, dev, { fn: "vxlan_rcv", note: { how: "vxlan", dev: dev.name, vni } });
	// The outer UDP checksum was found right, or not needed: what is inside counts as summed up, too.
	inner.checksumIsKnown = true;
	return netifRx(dev, inner);
}

/** Learns behind which host the inner source is; the result is why the frame is not taken. */
function snoop(vxlan: Vxlan, skb: Skb, frame: number): readonly [DropReason, string] | undefined {
	const { dev, conf, fdb, netns } = vxlan;
	const src = ethSrc(skb.bytes, frame);
	if (src === dev.mac) return ["LOCAL_MAC", macText(src)];
	if (!conf.learning) return undefined;
	if (src === 0 || macIsGroup(src)) return ["MAC_INVALID_SOURCE", macText(src)];
	const from = ipv4Src(skb.bytes, skb.network);
	const before = fdb.find(src)?.remotes[0]?.addr ?? 0;
	const learnt = fdb.learn(src, from);
	if (learnt === "conflict") return ["VXLAN_ENTRY_EXISTS", `${macText(src)} is behind ${ipText(before)}`];
	if (learnt === "moved") {
		const { log, loop } = netns.machine;
		const text = `${dev.name}: ${macText(src)} migrated from ${ipText(before)} to ${ipText(from)}`;
		log.push({ at: loop.now(), netns: dev.netns.name, level: 6, text });
	}
	return undefined;
}

function drop(skb: Skb, reason: DropReason, detail?: string): Fate {
	const netns = skb.dev?.netns;
	if (netns === undefined) throw new Error("vxlan_rcv: the packet has no device");
	return dropSkb(skb, netns, "vxlan_rcv", reason, detail === undefined ? undefined : { detail });
}
