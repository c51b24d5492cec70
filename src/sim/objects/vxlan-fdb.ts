/** Forwarding entries of VXLAN devices: `bridge fdb … dev DEV dst ADDR` (vxlan_fdb_add, vxlan_fdb_update, vxlan_fdb_delete). */
import { ok, type Result } from "../../base/result.ts";
import type { Verb } from "../../kernel/kernel.ts";
import type { Fdb } from "../../kernel/objects.ts";
import { ipNum, ipText, macNum, macText } from "../../wire/addr.ts";
import { type Vxlan, vxlanOf } from "../device/vxlan.ts";
import { mayHaveSeveral, sameRemote, type VxlanFdbEntry, type VxlanRemote } from "../device/vxlan-fdb.ts";
import type { NetDevice } from "../types.ts";
import { noDevice, type ObjectError, refuse, type Undo } from "./handler.ts";

export function applyVxlanFdb(dev: NetDevice, verb: Verb, fdb: Fdb): Result<Undo, ObjectError> {
	const vxlan = vxlanOf(dev);
	const remote = remoteOf(vxlan, fdb);
	if (!remote.ok) return remote;
	const mac = macNum(fdb.mac);
	const entry = vxlan.fdb.find(mac);
	const saved = entry === undefined ? undefined : { ...entry };
	const changed = verb === "delete" ? remove(entry, remote.value) : add(entry, { verb, fdb, remote: remote.value });
	if (!changed.ok) return changed;
	const nowNs = vxlan.netns.machine.loop.now();
	const remotes = changed.value;
	if (remotes.length === 0) vxlan.fdb.delete(mac);
	else {
		const state = verb === "delete" ? entry?.state : fdb.state;
		vxlan.fdb.set({ mac, state, remotes, updatedNs: nowNs });
	}
	return ok(() => (saved === undefined ? vxlan.fdb.delete(mac) : vxlan.fdb.set(saved)));
}

/** Each destination of each address. */
export function dumpVxlanFdb(dev: NetDevice): readonly Fdb[] {
	const vxlan = vxlanOf(dev);
	const nowNs = vxlan.netns.machine.loop.now();
	return vxlan.fdb.entries().flatMap((entry) =>
		entry.remotes.map((remote): Fdb => {
			const via = vxlan.netns.devices.get(remote.ifindex)?.name;
			return {
				kind: "fdb",
				dev: dev.name,
				mac: macText(entry.mac),
				dst: ipText(remote.addr),
				...(remote.port === 0 || remote.port === vxlan.conf.port ? {} : { port: remote.port }),
				...(remote.vni === 0 || remote.vni === vxlan.conf.vni ? {} : { vni: remote.vni }),
				...(via === undefined ? {} : { via }),
				...(entry.state === undefined ? {} : { state: entry.state }),
				ageSeconds: entry.state === "permanent" ? 0 : (nowNs - entry.updatedNs) / 1e9,
			};
		}),
	);
}

/** The destinations of the address afterwards. */
function add(
	entry: VxlanFdbEntry | undefined,
	asked: { readonly verb: Verb; readonly fdb: Fdb; readonly remote: VxlanRemote },
): Result<readonly VxlanRemote[], ObjectError> {
	const { verb, fdb, remote } = asked;
	if (remote.addr === 0) return refuse("EINVAL", "Invalid argument");
	const several = mayHaveSeveral(macNum(fdb.mac));
	if (verb === "replace" && several && fdb.append !== true) {
		const message = entry === undefined ? "Operation not supported" : "Cannot replace non-unicast fdb entries.";
		return refuse("EOPNOTSUPP", message);
	}
	if (entry === undefined) return ok([remote]);
	if (fdb.append === true) {
		const isNew = several && !entry.remotes.some((each) => sameRemote(each, remote));
		return ok(isNew ? [...entry.remotes, remote] : entry.remotes);
	}
	if (verb === "add") return refuse("EEXIST", "File exists");
	return ok([remote]);
}

function remove(entry: VxlanFdbEntry | undefined, remote: VxlanRemote): Result<readonly VxlanRemote[], ObjectError> {
	if (entry === undefined) return refuse("ENOENT", "No such file or directory");
	if (remote.addr === 0) return ok([]);
	// A destination that is not one of it: the kernel says that it is done.
	return ok(entry.remotes.filter((each) => !sameRemote(each, remote)));
}

function remoteOf({ netns, conf }: Vxlan, { dst, port, vni, via }: Fdb): Result<VxlanRemote, ObjectError> {
	const addr = dst === undefined ? 0 : ipNum(dst);
	if (typeof addr !== "number") return refuse("EAFNOSUPPORT", "Address family not supported by protocol");
	const out = via === undefined ? undefined : netns.devicesByName.get(via);
	if (via !== undefined && out === undefined) return noDevice(via);
	const own = (value: number | undefined, device: number): number => (value === device ? 0 : (value ?? 0));
	return ok({ addr, port: own(port, conf.port), vni: own(vni, conf.vni), ifindex: out?.ifindex ?? 0 });
}
