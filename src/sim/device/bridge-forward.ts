/** Out of the bridge's ports (net/bridge/br_forward.c). In here `skb.data` is at the network header, `skb.mac` before it. */

import { macText } from "../../wire/addr.ts";
import { ETH_HLEN, ethDst } from "../../wire/ethernet.ts";
import { devQueueXmit, isSkbForwardable } from "../core/dev.ts";
import { nfHook } from "../netfilter/hooks.ts";
import { copySkb, pushSkb } from "../skb.ts";
import { dropSkb, originSkb, traceStep } from "../trace.ts";
import type { Fate, NetDevice, Skb } from "../types.ts";
import type { BridgeState } from "./bridge.ts";
import { brAllowedEgress, brHandleVlan, vidOf } from "./bridge-vlan.ts";

/** Whether the packet itself leaves or only a copy, because the caller goes on with it. */
export type Sending = "original" | "copy";

export type FloodType = "unicast" | "multicast" | "broadcast";

/** Sends the frame out by one port, if that may be; undefined `to`: the address is the bridge's own (`br_forward`). */
export function brForward(to: NetDevice | undefined, skb: Skb, br: BridgeState, sending: Sending): Fate {
	if (to !== undefined && shouldDeliver(to, skb)) {
		if (skb.machine.tracer !== undefined) traceBridge(skb, br, "br_forward", [to]);
		return deliver(to, skb, br, sending);
	}
	if (sending === "copy") return "queued";
	return dropSkb(skb, br.dev.netns, "br_forward", "BRIDGE_NO_EGRESS_PORT", { detail: whyNot(to, skb) });
}

/** Sends the frame out by every port that takes it: copies, and the packet itself by the last (`br_flood`). */
export function brFlood(br: BridgeState, skb: Skb, type: FloodType, sending: Sending): Fate {
	if (skb.machine.tracer !== undefined) {
		const ports = br.ports.filter((port) => floodsTo(port, type) && shouldDeliver(port, skb));
		if (ports.length > 0) traceBridge(skb, br, "br_flood", ports);
	}
	let previous: NetDevice | undefined;
	for (const port of br.ports) {
		if (!floodsTo(port, type) || !shouldDeliver(port, skb)) continue;
		if (previous !== undefined) deliver(previous, skb, br, "copy");
		previous = port;
	}
	if (previous !== undefined) return deliver(previous, skb, br, sending);
	if (sending === "copy") return "queued";
	return dropSkb(skb, br.dev.netns, "br_flood", "BRIDGE_NO_EGRESS_PORT", { detail: "no other port takes it" });
}

/** Whether the frame may leave by the port: forwarding, not the one it came in by, not isolated from it (`should_deliver`). */
export function shouldDeliver(port: NetDevice, skb: Skb): boolean {
	const from = skb.dev;
	if (!port.port.forwarding || !brAllowedEgress(port, skb)) return false;
	if (from === port) return port.port.hairpin && !port.port.isolated;
	return !(port.port.isolated && from?.port.isolated === true && from.master === port.master);
}

/** After the bridge's FORWARD or LOCAL_OUT hook (`br_forward_finish`); `skb.dev` is the port it leaves by. */
export function brForwardFinish(skb: Skb): Fate {
	const dev = portOf(skb);
	const okfn = brDevQueuePushXmit;
	return nfHook({ family: "bridge", hook: "POSTROUTING", netns: dev.netns, indev: undefined, outdev: dev, okfn }, skb);
}

/** After the bridge's POST_ROUTING hook: onto the wire (`br_dev_queue_push_xmit`). */
export function brDevQueuePushXmit(skb: Skb): Fate {
	const dev = portOf(skb);
	pushSkb(skb, ETH_HLEN);
	skb.mac = skb.data;
	if (isSkbForwardable(dev, skb)) return devQueueXmit(skb);
	if (!dev.up) return dropSkb(skb, dev.netns, "br_dev_queue_push_xmit", "DEV_READY", { detail: `${dev.name} is down` });
	const detail = `${skb.length} bytes of frame, ${dev.name} has MTU ${dev.mtu}`;
	return dropSkb(skb, dev.netns, "br_dev_queue_push_xmit", "PKT_TOO_BIG", { detail });
}

/** `__br_forward`, after `deliver_clone` made the copy. A packet whose `dev` is the bridge itself was made here. */
function deliver(to: NetDevice, skb: Skb, br: BridgeState, sending: Sending): Fate {
	const out = sending === "copy" ? copySkb(skb) : skb;
	if (sending === "copy") {
		// Fragments put together are cut again as they came only where nobody else has the same bytes (`skb_cloned`).
		out.fragSizes = undefined;
		originSkb(out, br.dev.netns, "deliver_clone", `copy for ${to.name}`, skb);
	}
	const from = out.dev;
	brHandleVlan(to, out);
	out.dev = to;
	const local = from === br.dev;
	return nfHook(
		{
			family: "bridge",
			hook: local ? "OUTPUT" : "FORWARD",
			netns: to.netns,
			indev: local ? undefined : from,
			outdev: to,
			okfn: brForwardFinish,
		},
		out,
	);
}

function floodsTo(port: NetDevice, type: FloodType): boolean {
	return type !== "unicast" || port.port.flood;
}

function portOf(skb: Skb): NetDevice {
	if (skb.dev === undefined) throw new Error("a bridged packet has no device");
	return skb.dev;
}

function whyNot(to: NetDevice | undefined, skb: Skb): string {
	if (to === undefined) return "the address is the bridge's own";
	if (!brAllowedEgress(to, skb)) return `port ${to.name} is not in VLAN ${vidOf(skb)}`;
	if (!to.port.forwarding) return `port ${to.name} is not forwarding`;
	if (to === skb.dev && !to.port.hairpin)
		return `it would leave by the port it came in by, ${to.name}, and hairpin is off`;
	return `port ${to.name} is isolated from the port it came in by`;
}

function traceBridge(skb: Skb, br: BridgeState, fn: "br_forward" | "br_flood", to: readonly NetDevice[]): void {
	traceStep(skb, br.dev.netns, fn, {
		step: "bridge",
		action: fn === "br_flood" ? "flood" : "forward",
		bridge: br.dev.name,
		mac: macText(ethDst(skb.bytes, skb.mac)),
		ports: to.map((port) => port.name),
	});
}
