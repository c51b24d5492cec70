/** Frames that come in by a bridge port (net/bridge/br_input.c). */
import { MAC_BROADCAST, macText } from "../../wire/addr.ts";
import { ethDst, ethSrc } from "../../wire/ethernet.ts";
import { VLAN_VID_MASK } from "../core/vlan-tag.ts";
import { nfHook } from "../netfilter/hooks.ts";
import { dropSkb } from "../trace.ts";
import type { Fate, NetDevice, Skb } from "../types.ts";
import { type BridgeState, bridgeOf } from "./bridge.ts";
import { brFlood, brForward, type FloodType } from "./bridge-forward.ts";
import { brPassFrameUp, traceLocal } from "./bridge-local.ts";
import { brAllowedIngress, vidOf } from "./bridge-vlan.ts";

/**
 * The rx handler of each port (`br_handle_frame`). Undefined: the frame is for the port device itself, because its
 * destination is a link-local group (01:80:c2:00:00:0X) that no bridge forwards.
 */
export function brHandleFrame(skb: Skb): Fate | undefined {
	const port = skb.dev;
	const bridge = port?.master;
	if (port === undefined || bridge === undefined) return undefined;
	const src = ethSrc(skb.bytes, skb.mac);
	if (src === 0 || ((skb.bytes[skb.mac + 6] ?? 0) & 1) === 1) {
		const detail = `source ${macText(src)}`;
		return dropSkb(skb, port.netns, "br_handle_frame", "BRIDGE_INVALID_SOURCE", { detail });
	}
	const dst = ethDst(skb.bytes, skb.mac);
	// With STP off the bridge group address itself is forwarded like any other.
	if (dst > GROUP_ADDRESS && dst <= GROUP_ADDRESS + 15) return handleLinkLocal(port, bridge, skb, dst);
	if (!port.port.forwarding) {
		return dropSkb(skb, port.netns, "br_handle_frame", "BRIDGE_INGRESS_STATE", {
			detail: `port ${port.name} is disabled`,
		});
	}
	if (dst === bridge.mac) skb.pktType = "host";
	return nfHook(
		{
			family: "bridge",
			hook: "PREROUTING",
			netns: port.netns,
			indev: port,
			outdev: undefined,
			okfn: brHandleFrameFinish,
		},
		skb,
	);
}

/**
 * After the bridge's PRE_ROUTING hook (`br_handle_frame_finish`): learn the source, then up, out by one port, or flood.
 * `skb.dev` is the port, `data` at the network header. The destination is read anew: DNAT may have changed it.
 */
export function brHandleFrameFinish(skb: Skb): Fate {
	const port = skb.dev;
	const bridge = port?.master;
	if (port === undefined) throw new Error("br_handle_frame_finish: no device");
	if (bridge === undefined || !port.port.forwarding) {
		return dropSkb(skb, port.netns, "br_handle_frame_finish", "BRIDGE_INGRESS_STATE");
	}
	const br = bridgeOf(bridge);
	if (!brAllowedIngress(br, port, skb)) {
		const vlan = skb.vlan === undefined ? "without a VLAN tag" : `of VLAN ${skb.vlan.tci & VLAN_VID_MASK}`;
		return dropSkb(skb, port.netns, "br_handle_frame_finish", "VLAN_FILTER", { detail: `${vlan}, by ${port.name}` });
	}
	const vid = vidOf(skb);
	if (port.port.learning) br.fdb.update(port, ethSrc(skb.bytes, skb.mac), skb, vid);
	const dst = ethDst(skb.bytes, skb.mac);
	const type = floodType(skb, dst);
	const promisc = bridge.promisc || bridge.promiscCount > 0;
	if (type === "unicast") {
		const entry = br.fdb.find(dst, vid);
		if (entry?.isLocal === true) {
			if (skb.machine.tracer !== undefined) traceLocal(skb, br, "local", localWhy(entry.port, br));
			return brPassFrameUp(br, skb);
		}
		const sending = promisc ? "copy" : "original";
		const fate = entry === undefined ? brFlood(br, skb, type, sending) : brForward(entry.port, skb, br, sending);
		if (!promisc) return fate;
	} else {
		brFlood(br, skb, type, "copy");
	}
	if (skb.machine.tracer !== undefined) {
		traceLocal(
			skb,
			br,
			"local-copy",
			type === "unicast" ? "the bridge is promiscuous" : `a ${type} is for the host too`,
		);
	}
	return brPassFrameUp(br, skb);
}

/** 01:80:c2:00:00:00. */
const GROUP_ADDRESS = 0x0180c2000000;

/** 01:80:c2:00:00:01 is dropped; the rest of the group passes LOCAL_IN and goes on as a frame of the port (`br_handle_local_finish`). */
function handleLinkLocal(port: NetDevice, bridge: NetDevice, skb: Skb, dst: number): Fate | undefined {
	if (dst === GROUP_ADDRESS + 1) {
		return dropSkb(skb, port.netns, "br_handle_frame", "BRIDGE_LINK_LOCAL", { detail: `destination ${macText(dst)}` });
	}
	let passed = false;
	const okfn = (): Fate => {
		passed = true;
		return "queued";
	};
	const fate = nfHook(
		{ family: "bridge", hook: "INPUT", netns: port.netns, indev: port, outdev: undefined, okfn },
		skb,
	);
	if (!passed) return fate;
	const br = bridgeOf(bridge);
	if (port.port.learning && port.port.forwarding) br.fdb.update(port, ethSrc(skb.bytes, skb.mac), skb);
	return undefined;
}

function floodType(skb: Skb, dst: number): FloodType {
	if (((skb.bytes[skb.mac] ?? 0) & 1) === 0) return "unicast";
	return dst === MAC_BROADCAST ? "broadcast" : "multicast";
}

function localWhy(port: NetDevice | undefined, br: BridgeState): string {
	return port === undefined || br.dev.mac === port.mac
		? "the bridge's own address"
		: `the address of port ${port.name}`;
}
