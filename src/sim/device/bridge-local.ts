/** The bridge as a device of this host: frames that go up to it and frames it sends (br_input.c, br_device.c). */
import { MAC_BROADCAST, macText } from "../../wire/addr.ts";
import { ETH_HLEN, ethDst } from "../../wire/ethernet.ts";
import { netifReceiveSkbCore } from "../core/dev.ts";
import { nfHook } from "../netfilter/hooks.ts";
import { dropSkb, traceStep } from "../trace.ts";
import type { Fate, Skb } from "../types.ts";
import { type BridgeState, bridgeOf, nfBrOps } from "./bridge.ts";
import { brFlood, brForward } from "./bridge-forward.ts";
import { brAllowedEgress, brAllowedIngress, brHandleVlan, vidOf } from "./bridge-vlan.ts";

/** Hands a frame to the bridge device itself, through the bridge's LOCAL_IN hook (`br_pass_frame_up`). */
export function brPassFrameUp(br: BridgeState, skb: Skb): Fate {
	const port = skb.dev;
	const { dev } = br;
	if (!(dev.promisc || dev.promiscCount > 0) && !brAllowedEgress(dev, skb)) {
		return dropSkb(skb, dev.netns, "br_pass_frame_up", "VLAN_FILTER", {
			detail: `${dev.name} itself is not in VLAN ${vidOf(skb)}`,
		});
	}
	brHandleVlan(dev, skb);
	dev.stats.rxPackets += 1;
	dev.stats.rxBytes += skb.length;
	skb.dev = dev;
	return nfHook(
		{ family: "bridge", hook: "INPUT", netns: dev.netns, indev: port, outdev: undefined, okfn: brPassFrameUpFinish },
		skb,
	);
}

/** After LOCAL_IN: received again, as a frame of the bridge device (`br_netif_receive_skb`). */
export function brPassFrameUpFinish(skb: Skb): Fate {
	return netifReceiveSkbCore(skb);
}

/** Sends a frame of the host's own out of the bridge's ports (`br_dev_xmit`). */
export function brDevXmit(skb: Skb): Fate {
	const { dev } = skb;
	if (dev === undefined) throw new Error("br_dev_xmit: no device");
	const taken = nfBrOps(dev.netns).brDevXmitHook?.(skb);
	if (taken !== undefined) return taken;
	const br = bridgeOf(dev);
	if (!brAllowedIngress(br, dev, skb)) {
		return dropSkb(skb, dev.netns, "br_dev_xmit", "VLAN_FILTER", { detail: `${dev.name} itself is in no VLAN for it` });
	}
	skb.mac = skb.data;
	skb.data += ETH_HLEN;
	skb.network = skb.data;
	const dst = ethDst(skb.bytes, skb.mac);
	if (dst === MAC_BROADCAST) return brFlood(br, skb, "broadcast", "original");
	if (((skb.bytes[skb.mac] ?? 0) & 1) === 1) return brFlood(br, skb, "multicast", "original");
	const entry = br.fdb.find(dst, vidOf(skb));
	if (entry === undefined) return brFlood(br, skb, "unicast", "original");
	return brForward(entry.port, skb, br, "original");
}

/** Notes in a trace that the frame is, or is also, for the bridge device. */
export function traceLocal(skb: Skb, br: BridgeState, action: "local" | "local-copy", why: string): void {
	const mac = macText(ethDst(skb.bytes, skb.mac));
	traceStep(skb, br.dev.netns, "br_handle_frame_finish", {
		step: "bridge",
		action,
		bridge: br.dev.name,
		mac,
		ports: [br.dev.name],
		why,
	});
}
