/** Lines of `bridge fdb`. */
import type { Fdb, Link } from "../kernel/objects.ts";
import { type Field, field, fieldIf, fieldsText } from "./fields.ts";

/** An entry as `bridge fdb` lists it: of a bridge (`master`), or a group address that the device itself receives. */
export interface FdbLine {
	readonly mac: string;
	readonly dev: string;
	/** Absent: `self`. */
	readonly master?: string;
	/** On a bridge that tells VLANs apart. */
	readonly vlan?: number;
	/** Of a VXLAN device. */
	readonly dst?: string;
	readonly port?: number;
	readonly vni?: number;
	readonly via?: string;
	readonly state: string;
	readonly ageSeconds?: number;
}

/** One entry of a port of bridge `master`, without a line end; a learnt entry ends in a space, as `bridge fdb` prints it. */
export function formatFdb(fdb: Fdb, master: string): string {
	return fieldsText(fdbFields(fdbLine(fdb, master)));
}

export function fdbLine(fdb: Fdb, master: string): FdbLine {
	const age = fdb.ageSeconds === undefined ? {} : { ageSeconds: fdb.ageSeconds };
	const { vlan, dst, port, vni, via } = fdb;
	return {
		mac: fdb.mac,
		dev: fdb.dev,
		...(dst === undefined ? { master } : { dst }),
		...(vlan === undefined ? {} : { vlan }),
		...(port === undefined ? {} : { port }),
		...(vni === undefined ? {} : { vni }),
		...(via === undefined ? {} : { via }),
		state: fdb.state ?? "",
		...age,
	};
}

export interface FdbListing {
	/** Names the device; not when all are of one that was asked for. */
	readonly dev?: boolean;
	/** -s. */
	readonly stats?: boolean;
}

export function fdbFields(line: FdbLine, listing: FdbListing = {}): readonly Field[] {
	const { mac, dev, master, state, vlan, dst, port, vni, via } = line;
	const age = Math.floor(line.ageSeconds ?? 0);
	const showsAge = listing.stats === true && (master !== undefined || dst !== undefined);
	return [
		field(`${mac} `, "mac", mac),
		...fieldIf(listing.dev !== false, `dev ${dev} `, "ifname", dev),
		...fieldIf(dst !== undefined, `dst ${dst} `, "dst", dst ?? ""),
		...fieldIf(vlan !== undefined, `vlan ${vlan} `, "vlan", vlan ?? 0),
		...fieldIf(port !== undefined, `port ${port} `, "port", port ?? 0),
		...fieldIf(vni !== undefined, `vni ${vni} `, "vni", vni ?? 0),
		...fieldIf(via !== undefined, `via ${via} `, "viaIf", via ?? ""),
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
	const newest = newestFirst(fdb);
	return links.flatMap((link) => {
		const isBridge = link.link?.type === "bridge";
		const master = isBridge ? link.name : (link.master ?? "");
		const own = newest.filter((entry) => entry.dev === link.name).map((entry) => fdbLine(entry, master));
		const others = otherAddresses(link, links).map((mac) => ({ mac, dev: link.name, state: "permanent" }));
		const groups = groupAddresses(link).map((mac) => ({ mac, dev: link.name, state: "permanent" }));
		return isBridge ? [...groups, ...own] : [...own, ...others, ...groups];
	});
}

/** Addresses of macvlans and VLANs that are up and have one of their own. */
function otherAddresses(link: Link, links: readonly Link[]): readonly string[] {
	return links.flatMap(({ link: kind, up, mac }) => {
		const isUpper = (kind?.type === "macvlan" || kind?.type === "vlan") && kind.parent === link.name;
		return isUpper && up === true && mac !== undefined && mac !== link.mac ? [mac] : [];
	});
}

/** Several destinations of one address stay in their order. */
function newestFirst(fdb: readonly Fdb[]): readonly Fdb[] {
	const addresses: Fdb[][] = [];
	for (const entry of fdb) {
		const last = addresses.at(-1);
		const [first] = last ?? [];
		if (last !== undefined && entry.dst !== undefined && first?.mac === entry.mac && first.dev === entry.dev)
			last.push(entry);
		else addresses.push([entry]);
	}
	return addresses.reverse().flat();
}

/** The group addresses that a device receives: all IPv6 nodes always; all IPv4 hosts, and a bridge's snoopers, while up. */
export function groupAddresses(link: Link): readonly string[] {
	const type = link.link?.type;
	if (type === "loopback" || type === "vxlan" || type === "ipip") return [];
	const isUp = link.up === true;
	const isBridge = link.link?.type === "bridge";
	return [
		"33:33:00:00:00:01",
		...(isUp && isBridge ? ["01:00:5e:00:00:6a", "33:33:00:00:00:6a"] : []),
		...(isUp ? ["01:00:5e:00:00:01"] : []),
	];
}
