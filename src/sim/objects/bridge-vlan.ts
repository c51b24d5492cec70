/** VLANs of bridge ports: `bridge vlan`. */
import { ok } from "../../base/result.ts";
import type { BridgeVlan } from "../../kernel/objects.ts";
import { type BridgeState, bridgeOf } from "../device/bridge.ts";
import { vlanAdd, vlanDelete, vlansInit, vlansOf } from "../device/bridge-vlan.ts";
import type { NetDevice, Netns } from "../types.ts";
import { noDevice, type ObjectHandler, refuse, type Undo } from "./handler.ts";

const VID_MAX = 4094;

export const bridgeVlanHandler: ObjectHandler<BridgeVlan> = {
	apply(netns, verb, vlan) {
		const dev = netns.devicesByName.get(vlan.dev);
		if (dev === undefined) return noDevice(vlan.dev);
		const br = bridgeFor(dev);
		if (br === undefined) return refuse("EOPNOTSUPP", "Operation not supported");
		if (!(vlan.vid >= 1 && vlan.vid <= VID_MAX)) return refuse("EINVAL", "Invalid argument");
		const undo = remember(br, dev, vlan.vid);
		vlansInit(br);
		if (verb === "delete") vlanDelete(br, dev, vlan.vid);
		else vlanAdd(br, dev, vlan.vid, { pvid: vlan.pvid === true, untagged: vlan.untagged === true });
		return ok(undo);
	},
	/** Of bridges that tell VLANs apart, or are ready to. */
	dump(netns) {
		return members(netns).flatMap((dev) => {
			const { pvid, vlans } = vlansOf(dev);
			return [...vlans].map(([vid, { untagged }]): BridgeVlan => {
				return {
					kind: "bridge-vlan",
					dev: dev.name,
					vid,
					...(pvid === vid ? { pvid: true } : {}),
					...(untagged ? { untagged: true } : {}),
				};
			});
		});
	},
};

function members(netns: Netns): readonly NetDevice[] {
	return [...netns.devices.values()]
		.filter((dev) => bridgeFor(dev)?.vlansInUse === true)
		.sort((a, b) => a.ifindex - b.ifindex);
}

function bridgeFor(dev: NetDevice): BridgeState | undefined {
	if (dev.ops.type === "bridge") return bridgeOf(dev);
	return dev.master === undefined ? undefined : bridgeOf(dev.master);
}

function remember(br: BridgeState, dev: NetDevice, vid: number): Undo {
	const own = vlansOf(dev);
	const { pvid, vlans } = own;
	const { vlansInUse } = br;
	const entries = br.fdb.entries().filter((entry) => entry.vid === vid);
	return () => {
		own.pvid = pvid;
		own.vlans = vlans;
		br.vlansInUse = vlansInUse;
		for (const entry of br.fdb.entries()) if (entry.vid === vid) br.fdb.delete(entry.mac, vid);
		for (const entry of entries) br.fdb.set(entry);
	};
}
