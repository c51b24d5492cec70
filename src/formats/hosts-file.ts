/** /etc/hosts (hosts(5)): addresses and their names. */
import { type IpAddr, parseIp } from "../wire/addr.ts";

export interface HostsEntry {
	readonly addr: IpAddr;
	/** The canonical name first. */
	readonly names: readonly string[];
}

/** Reads the file; lines that begin with no address, or name nothing, are passed over. */
export function parseHosts(text: string): readonly HostsEntry[] {
	return text.split("\n").flatMap((line) => {
		const [first = "", ...names] = line.replace(/#.*$/, "").trim().split(/\s+/);
		const addr = parseIp(first);
		return addr.ok && names.length > 0 ? [{ addr: addr.value, names }] : [];
	});
}
