/** What `ifconfig` of net-tools 2.10 prints. */
import type { Addr, Link, LinkStats } from "../kernel/objects.ts";
import { ipNum, ipText, maskNum } from "../wire/addr.ts";

/** A device, or one of its labels (`br0:1`), which has no counters of its own. */
export interface Interface {
	readonly name: string;
	readonly link: Link;
	/** The first address with this label. */
	readonly addr: Addr | undefined;
}

/** Devices in the order of their names, each followed by its labels. Without `all` only those that are up. */
export function interfacesOf(links: readonly Link[], addrs: readonly Addr[], all: boolean): readonly Interface[] {
	const found = links
		.filter((link) => all || link.up === true)
		.flatMap((link) => {
			const own = addrs.filter((addr) => addr.dev === link.name);
			const labels = [...new Set(own.map((addr) => addr.label ?? link.name))].filter((label) => label !== link.name);
			return [link.name, ...labels].map((name) => interfaceNamed(name, link, addrs));
		});
	return found.sort((a, b) => byName(a.name, b.name));
}

export function interfaceNamed(name: string, link: Link, addrs: readonly Addr[]): Interface {
	const addr = addrs.find((each) => each.dev === link.name && (each.label ?? link.name) === name);
	return { name, link, addr };
}

/** The block of one interface, with an empty line behind it. */
export function formatIfconfig(shown: Interface): string {
	const { name, link, addr } = shown;
	const flags = flagsOf(link);
	const bits = flags.reduce((sum, flag) => sum + (FLAGS.get(flag) ?? 0), 0);
	const isLoopback = link.link?.type === "loopback";
	const isTunnel = link.link?.type === "ipip";
	const kind = isTunnel ? "tunnel " : isLoopback ? "loop" : `ether ${link.mac ?? "00:00:00:00:00:00"}`;
	const hardware = isTunnel ? "IPIP Tunnel" : isLoopback ? "Local Loopback" : "Ethernet";
	const lines = [
		`${name}: flags=${bits}<${flags.join(",")}>  mtu ${link.mtu ?? 1500}`,
		...(addr === undefined ? [] : [inetLine(addr, !isLoopback && !isTunnel)]),
		`        ${kind}  txqueuelen ${link.txQueueLength ?? 1000}  (${hardware})`,
		...(name.includes(":") ? [] : statLines(link.stats)),
	];
	return `${lines.join("\n")}\n\n`;
}

export const IFCONFIG_TABLE_HEADING =
	"Iface      MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n";

/** One line of `ifconfig -s`. */
export function formatIfconfigRow({ name, link }: Interface): string {
	const start = `${name.padEnd(16)}${String(link.mtu ?? 1500).padStart(5)} `;
	const letters = flagLetters(link);
	if (name.includes(":")) return `${start}     - no statistics available -                        ${letters}\n`;
	const { stats } = link;
	const rx = [pad(stats?.rxPackets, 8), pad(0, 6), pad(stats?.rxDropped, 6), "0".padEnd(6)];
	const tx = [pad(stats?.txPackets, 8), pad(0, 6), pad(stats?.txDropped, 6), pad(0, 6)];
	return `${start}${[...rx, ...tx].join(" ")} ${letters}\n`;
}

const FLAGS: ReadonlyMap<string, number> = new Map([
	["UP", 1],
	["BROADCAST", 2],
	["LOOPBACK", 8],
	["POINTOPOINT", 16],
	["RUNNING", 64],
	["NOARP", 128],
	["PROMISC", 256],
	["MULTICAST", 4096],
]);

function flagsOf(link: Link): readonly string[] {
	const type = link.link?.type;
	const set = new Map([
		["UP", link.up === true],
		["BROADCAST", type !== "loopback" && type !== "ipip"],
		["LOOPBACK", type === "loopback"],
		["POINTOPOINT", link.link?.type === "ipip" && link.link.remote !== undefined],
		["RUNNING", link.up === true && link.carrier === true],
		["NOARP", type === "dummy" || type === "ipip"],
		["PROMISC", link.promisc === true],
		["MULTICAST", type !== "loopback" && type !== "dummy" && type !== "ipip"],
	]);
	return [...FLAGS.keys()].filter((flag) => set.get(flag) === true);
}

function flagLetters(link: Link): string {
	const flags = new Set(flagsOf(link));
	const letters: readonly (readonly [string, string])[] = [
		["BROADCAST", "B"],
		["LOOPBACK", "L"],
		["MULTICAST", "M"],
		["PROMISC", "P"],
		["NOARP", "O"],
		["POINTOPOINT", "P"],
		["RUNNING", "R"],
		["UP", "U"],
	];
	return letters
		.filter(([flag]) => flags.has(flag))
		.map(([, letter]) => letter)
		.join("");
}

function inetLine(addr: Addr, hasBroadcast: boolean): string {
	const mask = ipText(maskNum(addr.addr.prefix, ipNum(addr.addr.addr)));
	const broadcast = hasBroadcast ? `  broadcast ${addr.broadcast ?? "0.0.0.0"}` : "";
	return `        inet ${addr.addr.addr}  netmask ${mask}${broadcast}`;
}

function statLines(stats: LinkStats | undefined): readonly string[] {
	const { rxPackets = 0, rxBytes = 0, rxDropped = 0, txPackets = 0, txBytes = 0, txDropped = 0 } = stats ?? {};
	return [
		`        RX packets ${rxPackets}  bytes ${rxBytes} (${human(rxBytes)})`,
		`        RX errors 0  dropped ${rxDropped}  overruns 0  frame 0`,
		`        TX packets ${txPackets}  bytes ${txBytes} (${human(txBytes)})`,
		`        TX errors 0  dropped ${txDropped} overruns 0  carrier 0  collisions 0`,
	];
}

/** With one digit behind the point, cut off. */
function human(bytes: number): string {
	const units = ["B", "KiB", "MiB", "GiB", "TiB"];
	let unit = 0;
	while (unit < units.length - 1 && bytes > 1024 ** (unit + 1)) unit += 1;
	return `${(Math.floor((bytes * 10) / 1024 ** unit) / 10).toFixed(1)} ${units[unit]}`;
}

function pad(value: number | undefined, width: number): string {
	return String(value ?? 0).padStart(width);
}

/** Numbers in names count as numbers. */
function byName(a: string, b: string): number {
	const [left, right] = [a, b].map((name) => name.match(/\d+|\D/g) ?? []);
	for (let k = 0; k < Math.max(left?.length ?? 0, right?.length ?? 0); k += 1) {
		const [x = "", y = ""] = [left?.[k], right?.[k]];
		if (x === y) continue;
		const bothNumbers = /^\d/.test(x) && /^\d/.test(y);
		return bothNumbers ? Number(x) - Number(y) : x < y ? -1 : 1;
	}
	return 0;
}
