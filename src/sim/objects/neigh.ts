/** Neighbour entries of the port: `ip neigh`. */
import { ok, type Result } from "../../base/result.ts";
import type { Neigh, NeighState } from "../../kernel/objects.ts";
import { ipNum, macNum } from "../../wire/addr.ts";
import { type Neighbour, neighObject } from "../core/neigh-table.ts";
import { neighCreate, neighEntries, neighLookup, neighRemove, neighRestore, neighUpdate } from "../core/neighbour.ts";
import type { NetDevice } from "../types.ts";
import { noDevice, type ObjectError, type ObjectHandler, refuse, type Undo } from "./handler.ts";

export const neighHandler: ObjectHandler<Neigh> = {
	apply(netns, verb, neigh) {
		const dev = netns.devicesByName.get(neigh.dev);
		if (dev === undefined) return noDevice(neigh.dev);
		const addr = ipNum(neigh.addr);
		if (typeof addr !== "number") return refuse("EOPNOTSUPP", `IPv6 is not modelled (neighbour ${neigh.addr})`);
		const entry = neighLookup(dev, addr);
		if (verb === "delete") return remove(entry);
		if (verb === "add" && entry !== undefined) return refuse("EEXIST", "File exists");
		return set(dev, addr, neigh);
	},
	dump(netns) {
		const entries = [...netns.devices.values()].flatMap(neighEntries);
		return entries
			.filter((entry) => !HIDDEN.has(entry.state))
			.map((entry) => ({ ...neighObject(entry), ages: agesOf(entry) }));
	},
};

function agesOf(entry: Neighbour): NonNullable<Neigh["ages"]> {
	const nowNs = entry.dev.netns.machine.loop.now();
	return {
		confirmedSeconds: (nowNs - entry.confirmedNs) / 1e9,
		usedSeconds: (nowNs - entry.usedNs) / 1e9,
		updatedSeconds: (nowNs - entry.updatedNs) / 1e9,
		probes: entry.probes,
	};
}

/** `ip neigh` lists these only when asked for them. */
const HIDDEN: ReadonlySet<NeighState> = new Set<NeighState>(["NONE", "NOARP"]);

function remove(entry: Neighbour | undefined): Result<Undo, ObjectError> {
	if (entry === undefined) return refuse("ENOENT", "No such file or directory");
	const { dev, addr, mac, state } = entry;
	neighUpdate(entry, { state: "FAILED", admin: true, override: true });
	neighRemove(entry);
	return ok(() => neighRestore(dev, { addr, mac, state }));
}

function set(dev: NetDevice, addr: number, neigh: Neigh): Result<Undo, ObjectError> {
	const state = neigh.state ?? "PERMANENT";
	const before = neighLookup(dev, addr);
	const saved = before === undefined ? undefined : { addr, mac: before.mac, state: before.state };
	const needsMac = !NO_MAC.has(state) && neigh.mac === undefined && saved === undefined;
	if (needsMac) return refuse("EINVAL", "No link layer address given.");
	const entry = before ?? neighCreate(dev, addr);
	const mac = neigh.mac === undefined ? {} : { mac: macNum(neigh.mac) };
	neighUpdate(entry, { ...mac, state, admin: true, override: true });
	return ok(() => (saved === undefined ? neighRemove(entry) : neighRestore(dev, saved)));
}

const NO_MAC: ReadonlySet<NeighState> = new Set<NeighState>(["NONE", "INCOMPLETE", "FAILED"]);
