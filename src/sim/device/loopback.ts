/** lo: what is sent comes in again (drivers/net/loopback.c). */
import { netifRx } from "../core/dev.ts";
import { registerNetdevice } from "../core/netdevice.ts";
import type { DeviceOps, Fate, NetDevice, Netns, Skb } from "../types.ts";

/** The `lo` that each namespace is born with, down. */
export function createLoopback(netns: Netns): NetDevice {
	return registerNetdevice(netns, { name: "lo", mac: 0, mtu: 65_536, isLoopback: true, ops: LOOPBACK });
}

const LOOPBACK: DeviceOps = {
	type: "loopback",
	/** `loopback_xmit`: route and conntrack entry stay attached, so the way in does not ask again. */
	xmit(skb: Skb): Fate {
		if (skb.dev === undefined) throw new Error("loopback_xmit: no device");
		skb.sk = undefined;
		return netifRx(skb.dev, skb);
	},
	carrier: () => true,
};
