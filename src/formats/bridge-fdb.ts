/** Lines of `bridge fdb`. */
import type { Fdb, Link } from "../kernel/objects.ts";
import { type Field, field, fieldIf, fieldsText } from "./fields.ts";

/** An entry as `bridge fdb` lists it: of a bridge (`master`), or a group address that the device itself receives. */
export interface FdbLine {
	readonly mac: string;
	readonly dev: string;
	/** Absent: `self`. */
	readonly master?: string;
	readonly state: string;
	readonly ageSeconds?: number;
	/** Of a VXLAN device: the host behind which the address is, and how to get there. */
	readonly behind?: Pick<Fdb, "dst" | "port" | "vni" | "via">;
}

/**
 * One entry of a port of bridge `master`, or of a VXLAN device, without a line end; a learnt entry ends in a space, as
 * `bridge fdb` prints it.
 */
export function formatFdb(fdb: Fdb, master: string): string {
	return fieldsText(fdbFields(fdbLine(fdb, master)));
}

export function fdbLine(fdb: Fdb, master: string): FdbLine {
	const age = fdb.ageSeconds === undefined ? {} : { ageSeconds: fdb.ageSeconds };
	const entry = { mac: fdb.mac, dev: fdb.dev, state: fdb.state ?? "", ...age };
	if (fdb.dst === undefined) return { ...entry, master };
	const { dst, port, vni, via } = fdb;
	const way = { ...(port === undefined ? {} : { port }), ...(vni === undefined ? {} : { vni }) };
	return { ...entry, behind: { dst, ...way, ...(via === undefined ? {} : { via }) } };
}

export interface FdbListing {
	/** Names the device; not when all are of one that was asked for. */
	readonly dev?: boolean;
	/** -s. */
	readonly stats?: boolean;
}

export function fdbFields(line: FdbLine, listing: FdbListing = {}): readonly Field[] {
	const { mac, dev, master, state } = line;
	const age = Math.floor(line.ageSeconds ?? 0);
	const { dst, port, vni, via } = line.behind ?? {};
	const showsAge = listing.stats === true && (master !== undefined || dst !== undefined);
	return [
		field(`${mac} `, "mac", mac),
		...fieldIf(listing.dev !== false, `dev ${dev} `, "ifname", dev),
		...(dst === undefined ? [] : [field(`dst ${dst} `, "dst", dst)]),
		...(port === undefined ? [] : [field(`port ${port} `, "port", port)]),
		...(vni === undefined ? [] : [field(`vni ${vni} `, "vni", vni)]),
		...(via === undefined ? [] : [field(`via ${via} `, "viaIf", via)]),
		...fieldIf(showsAge, `used ${age}/`, "used", age),
		...fieldIf(showsAge, `${age} `, "updated", age),
		field(master === undefined ? "self " : "", "flags", master === undefined ? ["self"] : []),
		...(master === undefined ? [] : [field(`master ${master} `, "master", master)]),
		field(state, "state", state),
	];
}

/**
 * All lines of a namespace in the kernel's order: device by device, the bridge's entries behind the bridge's own group
 * addresses but before a port's. `fdb` is in order of creation; the kernel lists the newest first.
 */
export function fdbLines(links: readonly Link[], fdb: readonly Fdb[]): readonly FdbLine[] {
	const newest = [...fdb].reverse();
	return links.flatMap((link) => {
		const isBridge = link.link?.type === "bridge";
		const master = isBridge ? link.name : (link.master ?? "");
		const own = newest.filter((entry) => entry.dev === link.name).map((entry) => fdbLine(entry, master));
		const groups = groupAddresses(link).map((mac) => ({ mac, dev: link.name, state: "permanent" }));
		return isBridge ? [...groups, ...own] : [...own, ...groups];
	});
}

/** The group addresses that a device receives: all IPv6 nodes always; all IPv4 hosts, and a bridge's snoopers, while up. */
export function groupAddresses(link: Link): readonly string[] {
	if (link.link?.type === "loopback") return [];
	const isUp = link.up === true;
	const isBridge = link.link?.type === "bridge";
	return [
		"33:33:00:00:00:01",
		...(isUp && isBridge ? ["01:00:5e:00:00:6a", "33:33:00:00:00:6a"] : []),
		...(isUp ? ["01:00:5e:00:00:01"] : []),
	];
}
