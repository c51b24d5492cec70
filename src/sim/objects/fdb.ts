/** Forwarding entries of the port: `bridge fdb … master`. */
import { ok } from "../../base/result.ts";
import type { Fdb } from "../../kernel/objects.ts";
import { macNum, macText } from "../../wire/addr.ts";
import { type BridgeState, bridgeOf } from "../device/bridge.ts";
import type { FdbEntry } from "../device/bridge-fdb.ts";
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
		const entry = br.fdb.find(mac);
		const saved = entry === undefined ? undefined : { ...entry };
		if (verb === "delete") {
			if (entry === undefined || entry.port !== port) return refuse("ENOENT", "No such file or directory");
			br.fdb.delete(mac);
		} else {
			if (port === undefined && fdb.state !== "permanent") {
				return refuse("EINVAL", "Invalid argument");
			}
			// Where nothing is learnt no entry may look learnt.
			if (fdb.state === undefined && port?.port.forwarding === false) {
				return refuse("EPERM", "Operation not permitted");
			}
			if (verb === "add" && entry !== undefined) return refuse("EEXIST", "File exists");
			br.fdb.set({
				mac,
				port,
				isLocal: fdb.state === "permanent",
				isStatic: fdb.state !== undefined,
				updatedNs: netns.machine.loop.now(),
			});
		}
		return ok(undoTo(br, mac, saved));
	},
	dump(netns) {
		const vxlans = [...netns.devices.values()].filter((dev) => dev.ops.type === "vxlan");
		const bridged = bridgesOf(netns).flatMap((br) => br.fdb.entries().map((entry) => fdbObject(br, entry)));
		return [...bridged, ...vxlans.flatMap(dumpVxlanFdb)];
	},
};

function bridgeFor(dev: NetDevice): BridgeState | undefined {
	if (dev.ops.type === "bridge") return bridgeOf(dev);
	return dev.master === undefined ? undefined : bridgeOf(dev.master);
}

function undoTo(br: BridgeState, mac: number, saved: FdbEntry | undefined): Undo {
	return () => {
		if (saved === undefined) br.fdb.delete(mac);
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
		...(entry.isStatic ? { state } : {}),
		ageSeconds: entry.isLocal ? 0 : (br.dev.netns.machine.loop.now() - entry.updatedNs) / 1e9,
	};
}
