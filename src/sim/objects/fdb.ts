/** Forwarding entries of the port: `bridge fdb … master`. */
import { ok } from "../../base/result.ts";
import type { Fdb } from "../../kernel/objects.ts";
import { macNum, macText } from "../../wire/addr.ts";
import { type BridgeState, bridgeOf } from "../device/bridge.ts";
import type { FdbEntry } from "../device/bridge-fdb.ts";
import { vlansOf } from "../device/bridge-vlan.ts";
import type { NetDevice, Netns } from "../types.ts";
import { noDevice, type ObjectHandler, refuse, type Undo } from "./handler.ts";
import { applyVxlanFdb, dumpVxlanFdb } from "./vxlan-fdb.ts";

export const fdbHandler: ObjectHandler<Fdb> = {
	apply(netns, verb, fdb) {
		const dev = netns.devicesByName.get(fdb.dev);
		if (dev === undefined) return noDevice(fdb.dev);
		if (dev.ops.type === "vxlan" && (fdb.dst !== undefined || dev.master === undefined)) {
			return applyVxlanFdb(dev, verb, fdb);
		}
		if (dev.isLoopback) {
			return refuse("EINVAL", `FDB ${verb === "delete" ? "delete" : "add"} only supported for Ethernet devices.`);
		}
		const br = bridgeFor(dev);
		if (br === undefined) return refuse("EOPNOTSUPP", "Operation not supported");
		const port = dev === br.dev ? undefined : dev;
		const mac = macNum(fdb.mac);
		if (mac === 0) return refuse("EINVAL", "Invalid argument");
		const vid = fdb.vlan ?? 0;
		const entry = br.fdb.find(mac, vid);
		const saved = entry === undefined ? undefined : { ...entry };
		if (verb === "delete") {
			if (entry === undefined || entry.port !== port) return refuse("ENOENT", "No such file or directory");
			br.fdb.delete(mac, vid);
		} else {
			if (port === undefined && fdb.state !== "permanent") {
				return refuse("EINVAL", "Invalid argument");
			}
			// Where nothing is learnt no entry may look learnt.
			if (fdb.state === undefined && port?.port.forwarding === false) {
				return refuse("EPERM", "Operation not permitted");
			}
			if (verb === "add" && entry !== undefined) return refuse("EEXIST", "File exists");
			// An entry of a VLAN that the port is not in could not be used.
			if (vid !== 0 && !vlansOf(dev).vlans.has(vid)) return refuse("EINVAL", "Invalid argument");
			br.fdb.set({
				mac,
				vid,
				port,
				isLocal: fdb.state === "permanent",
				isStatic: fdb.state !== undefined,
				updatedNs: netns.machine.loop.now(),
			});
		}
		return ok(undoTo(br, { mac, vid }, saved));
	},
	dump(netns) {
		const vxlans = [...netns.devices.values()].filter((dev) => dev.ops.type === "vxlan");
		const bridged = bridgesOf(netns).flatMap((br) => listed(br).map((entry) => fdbObject(br, entry)));
		return [...bridged, ...vxlans.flatMap(dumpVxlanFdb)];
	},
};

/** Entries of VLANs only of a bridge that tells them apart. */
function listed(br: BridgeState): readonly FdbEntry[] {
	return br.fdb.entries().filter(({ vid }) => vid === 0 || br.vlanFiltering);
}

function bridgeFor(dev: NetDevice): BridgeState | undefined {
	if (dev.ops.type === "bridge") return bridgeOf(dev);
	return dev.master === undefined ? undefined : bridgeOf(dev.master);
}

function undoTo(
	br: BridgeState,
	{ mac, vid }: { readonly mac: number; readonly vid: number },
	saved: FdbEntry | undefined,
): Undo {
	return () => {
		if (saved === undefined) br.fdb.delete(mac, vid);
		else br.fdb.set(saved);
	};
}

function bridgesOf(netns: Netns): readonly BridgeState[] {
	return [...netns.devices.values()].filter((dev) => dev.ops.type === "bridge").map(bridgeOf);
}

function fdbObject(br: BridgeState, entry: FdbEntry): Fdb {
	const state = entry.isLocal ? "permanent" : "static";
	return {
		kind: "fdb",
		dev: (entry.port ?? br.dev).name,
		mac: macText(entry.mac),
		...(entry.vid === 0 ? {} : { vlan: entry.vid }),
		...(entry.isStatic ? { state } : {}),
		ageSeconds: entry.isLocal ? 0 : (br.dev.netns.machine.loop.now() - entry.updatedNs) / 1e9,
	};
}
