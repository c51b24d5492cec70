/** Where a bridged packet goes after the IP hooks: back into the bridge, up to the host, or to another port (DNAT). */
import { ETH_HLEN, ethSrc, setEthDst } from "../../wire/ethernet.ts";
import { IP_DF, ipv4Dst, ipv4Frag } from "../../wire/ipv4.ts";
import { neighCreate, neighLookup, neighOutput } from "../core/neighbour.ts";
import { brDevQueuePushXmit, brForwardFinish } from "../device/bridge-forward.ts";
import { brHandleFrameFinish } from "../device/bridge-input.ts";
import { Ipv4Dst, ipv4DstOf } from "../ipv4/dst.ts";
import { ipDoFragment } from "../ipv4/ip-refragment.ts";
import { ipRouteInput } from "../ipv4/route.ts";
import { dropSkb } from "../trace.ts";
import { type Dst, type Fate, type NetDevice, type NfBridgeInfo, perdevice, type Skb } from "../types.ts";
import { nfHookThresh } from "./hooks.ts";

/** NF_BR_PRI_BRNF: bridge functions after it have not seen the packet yet. */
export const PRI_BRNF = 0;

/** The stand-in route of a bridged packet: it says that the packet belongs to the bridge, and must not reach the IP layer. */
export const bridgeParentRtable: (bridge: NetDevice) => Dst = perdevice(
	(bridge) => new Ipv4Dst({ dev: bridge, type: "unicast", isStandIn: true }),
);

/** The IP hooks must not see that the frame is for another host's MAC address. */
export function takeAsOurs(skb: Skb, info: NfBridgeInfo): void {
	if (skb.pktType !== "otherhost") return;
	skb.pktType = "host";
	info.pktOtherHost = true;
}

/** After PRE_ROUTING, `skb.dev` is the bridge. A packet that DNAT gave another destination is routed first. */
export function brNfPreRoutingFinish(skb: Skb): Fate {
	const { info, port } = bridged(skb);
	const bridge = skb.dev;
	if (bridge === undefined) throw new Error("br_nf_pre_routing_finish: no device");
	giveBack(skb, info);
	info.inPrerouting = false;
	if (ipv4Dst(skb.bytes, skb.network) === info.origDst) {
		skb.dst = bridgeParentRtable(bridge);
		return goOn(skb, port, brHandleFrameFinish);
	}
	const reason = ipRouteInput(skb, bridge);
	if (reason !== undefined) return dropSkb(skb, bridge.netns, "br_nf_pre_routing_finish", reason);
	if (skb.dst?.type === "unicast" && skb.dst.dev === bridge) return goOn(skb, port, brNfPreRoutingFinishBridge);
	setEthDst(skb.bytes, skb.mac, bridge.mac);
	skb.pktType = "host";
	return goOn(skb, port, brHandleFrameFinish);
}

/** A frame that the bridge device sends; one that bridged DNAT held up goes on as if it had just come in by its port. */
export function brNfDevXmit(skb: Skb): Fate | undefined {
	const info = skb.nfBridge;
	if (info?.physin === undefined || info.bridgedDnatSrc === undefined) return undefined;
	info.bridgedDnatSrc = undefined;
	info.physout = undefined;
	// The bridge device takes a packet in one piece: how it was cut is forgotten (`skb_linearize`).
	skb.fragSizes = undefined;
	skb.mac = skb.data;
	skb.data += ETH_HLEN;
	skb.network = skb.data;
	skb.dev = info.physin;
	return brHandleFrameFinish(skb);
}

/** After FORWARD, `skb.dev` is the port it leaves by. */
export function brNfForwardFinish(skb: Skb): Fate {
	const { info, port } = bridged(skb);
	giveBack(skb, info);
	const { netns } = port;
	return nfHookThresh(
		{ family: "bridge", hook: "FORWARD", netns, indev: port, outdev: skb.dev, okfn: brForwardFinish },
		skb,
		PRI_BRNF + 1,
	);
}

/** After POST_ROUTING: onto the wire; a packet that was put together from fragments is cut again. */
export function brNfDevQueueXmit(skb: Skb): Fate {
	const dev = skb.dev;
	if (skb.nfBridge !== undefined) giveBack(skb, skb.nfBridge);
	skb.nfBridge = undefined;
	if (dev === undefined) return brDevQueuePushXmit(skb);
	// Pieces are no longer than those that came in.
	const limit = skb.fragMaxSize > 0 ? Math.min(dev.mtu, skb.fragMaxSize) : dev.mtu;
	if (skb.end - skb.network <= limit) return brDevQueuePushXmit(skb);
	const mtu = routeMtu(skb) ?? dev.master?.mtu ?? dev.mtu;
	const mayCut = skb.fragMaxSize > 0 ? skb.fragMaxSize <= mtu : (ipv4Frag(skb.bytes, skb.network) & IP_DF) === 0;
	if (!mayCut)
		return dropSkb(skb, dev.netns, "br_nf_ip_fragment", "PKT_TOO_BIG", { detail: `${dev.name} has MTU ${mtu}` });
	const header = skb.bytes.slice(skb.mac, skb.mac + ETH_HLEN);
	const output = (piece: Skb): Fate => {
		piece.mac = piece.network - ETH_HLEN;
		piece.bytes.set(header, piece.mac);
		return brDevQueuePushXmit(piece);
	};
	return ipDoFragment(skb, { netns: dev.netns, mtu, output });
}

/** The MTU of the packet's route: the stand-in's, that is the bridge's, or of the one that DNAT led to (`ip_skb_dst_mtu`). */
function routeMtu(skb: Skb): number | undefined {
	const dst = ipv4DstOf(skb);
	return skb.forwarded ? dst?.forwardMtu : dst?.mtu;
}

/** The rest of the bridge's PRE_ROUTING functions, then `okfn`. */
function goOn(skb: Skb, port: NetDevice, okfn: (skb: Skb) => Fate): Fate {
	skb.dev = port;
	const { netns } = port;
	return nfHookThresh(
		{ family: "bridge", hook: "PREROUTING", netns, indev: port, outdev: undefined, okfn },
		skb,
		PRI_BRNF + 1,
	);
}

/** Bridged DNAT: the new destination is behind the same bridge. Only the destination MAC address changes. */
function brNfPreRoutingFinishBridge(skb: Skb): Fate {
	const { info, port } = bridged(skb);
	const bridge = port.master;
	if (bridge === undefined) return dropSkb(skb, port.netns, "br_nf_pre_routing_finish_bridge", "BRIDGE_INGRESS_STATE");
	const nexthop = skb.dst?.gateway ?? ipv4Dst(skb.bytes, skb.network);
	const neigh = neighLookup(bridge, nexthop) ?? neighCreate(bridge, nexthop, skb);
	const isConnected = neigh.state === "REACHABLE" || neigh.state === "PERMANENT" || neigh.state === "NOARP";
	if (isConnected && neigh.hasHeader) {
		setEthDst(skb.bytes, skb.mac, neigh.mac);
		return brHandleFrameFinish(skb);
	}
	// The neighbour's output writes the whole Ethernet header and sends by the bridge device, where brNfDevXmit waits; a
	// capture on the bridge sees this first packet, and none of those after it.
	info.bridgedDnatSrc = ethSrc(skb.bytes, skb.mac);
	return neighOutput(skb, bridge, nexthop);
}

function bridged(skb: Skb): { readonly info: NfBridgeInfo; readonly port: NetDevice } {
	const info = skb.nfBridge;
	if (info?.physin === undefined) throw new Error("not a packet from a bridge port");
	return { info, port: info.physin };
}

function giveBack(skb: Skb, info: NfBridgeInfo): void {
	if (!info.pktOtherHost) return;
	skb.pktType = "otherhost";
	info.pktOtherHost = false;
}
