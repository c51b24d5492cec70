/** dummy: a device that addresses can be put on; what is sent by it is gone (drivers/net/dummy.c). */
import { registerNetdevice } from "../core/netdevice.ts";
import { consumeSkb } from "../trace.ts";
import type { DeviceOps, Fate, NetDevice, Netns, Skb } from "../types.ts";

/** A dummy device, down. The name is free. */
export function createDummy(netns: Netns, name: string, mac: number): NetDevice {
	return registerNetdevice(netns, { name, mac, mtu: 1500, noArp: true, ops: DUMMY });
}

const DUMMY: DeviceOps = {
	type: "dummy",
	xmit(skb: Skb): Fate {
		if (skb.dev === undefined) throw new Error("dummy_xmit: no device");
		return consumeSkb(skb, skb.dev.netns, "dummy_xmit", `sent out of ${skb.dev.name}, which leads nowhere`);
	},
	carrier: () => true,
};
