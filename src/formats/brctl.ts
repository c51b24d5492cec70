/** `brctl show` and `brctl showmacs`. */
import type { Fdb, Link } from "../kernel/objects.ts";
import { mac, macNum } from "../wire/addr.ts";

const NO_MAC = mac("00:00:00:00:00:00");

/** The table of all bridges in `links`, or of some, with line ends. */
export function formatBrctlShow(links: readonly Link[], only?: readonly Link[]): string {
	const all = links.filter((link) => link.link?.type === "bridge").sort((a, b) => (a.name < b.name ? -1 : 1));
	const bridges = only ?? all;
	const lines = bridges.map((bridge) => bridgeLines(bridge, portsOf(bridge, links)));
	return `bridge name\tbridge id\t\tSTP enabled\tinterfaces\n${lines.join("")}`;
}

/** The forwarding database of `bridge`, ordered by MAC address, with line ends. */
export function formatBrctlShowmacs(bridge: Link, links: readonly Link[], fdb: readonly Fdb[]): string {
	const ports = portsOf(bridge, links);
	const lines = fdb
		.flatMap((entry) => {
			const index = ports.findIndex((port) => port.name === entry.dev);
			return index < 0 ? [] : [{ entry, port: ports[index]?.port?.number ?? index + 1 }];
		})
		.sort((a, b) => macNum(a.entry.mac) - macNum(b.entry.mac))
		.map(({ entry, port }) => {
			const isLocal = entry.state === "permanent";
			const age = entry.state === undefined ? (entry.ageSeconds ?? 0) : 0;
			return `${String(port).padStart(3)}\t${entry.mac}\t${isLocal ? "yes" : "no"}\t\t${age.toFixed(2).padStart(7)}\n`;
		});
	return `port no\tmac addr\t\tis local?\tageing timer\n${lines.join("")}`;
}

function bridgeLines(bridge: Link, ports: readonly Link[]): string {
	const stp = bridge.link?.type === "bridge" && bridge.link.stp === true ? "yes" : "no";
	const idMac = bridge.link?.type === "bridge" ? bridge.link.idMac : undefined;
	const id = `8000.${(idMac ?? (ports.length === 0 ? NO_MAC : (bridge.mac ?? NO_MAC))).replaceAll(":", "")}`;
	const names = ports.map((port) => port.name).sort();
	return `${bridge.name}\t\t${id}\t${stp}\t\t${names.join("\n\t\t\t\t\t\t\t")}\n`;
}

function portsOf(bridge: Link, links: readonly Link[]): readonly Link[] {
	return links.filter((link) => link.master === bridge.name);
}
