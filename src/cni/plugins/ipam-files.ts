/**
 * What host-local keeps on disk, `DATADIR/NETWORK/`: a file per address, named by it, with the container's id and device; the
 * address last given of each range set; an empty `lock`. Data directories of the reference plugin can be gone on with.
 */
import { type IpAddr, parseIp } from "../../wire/addr.ts";
import type { IpamStore, Reservation } from "./host-local.ts";

const LAST_RESERVED = "last_reserved_ip.";
const LOCK = "lock";
const LINE_BREAK = "\r\n";

/** By file name. A file that is none of the plugin's is no reservation. */
export function parseIpamFiles(files: ReadonlyMap<string, string>): IpamStore {
	const reservations = new Map<IpAddr, Reservation>();
	const lastReserved = new Map<number, IpAddr>();
	for (const [name, content] of files) {
		if (name.startsWith(LAST_RESERVED)) {
			const index = Number(name.slice(LAST_RESERVED.length));
			const addr = parseIp(content.trim());
			if (Number.isInteger(index) && addr.ok) lastReserved.set(index, addr.value);
			continue;
		}
		const addr = parseIp(name);
		if (!addr.ok) continue;
		const [containerId = "", ifName = ""] = content.trim().split(LINE_BREAK);
		reservations.set(addr.value, { containerId, ifName });
	}
	return { reservations, lastReserved };
}

/** `before` are the files as they are: those that are none of the plugin's stay. */
export function formatIpamFiles(store: IpamStore, before: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
	const others = [...before].filter(([name]) => !name.startsWith(LAST_RESERVED) && !parseIp(name).ok);
	const files = new Map<string, string>([[LOCK, ""], ...others]);
	for (const [addr, { containerId, ifName }] of store.reservations) {
		files.set(addr, ifName === "" ? containerId : `${containerId}${LINE_BREAK}${ifName}`);
	}
	for (const [index, addr] of store.lastReserved) files.set(`${LAST_RESERVED}${index}`, addr);
	return files;
}
