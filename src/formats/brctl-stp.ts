/** `brctl showstp`. Spanning tree is not modelled: every bridge is its own root and its timers stand still. */
import type { Link } from "../kernel/objects.ts";

/** The bridge and its ports, with line ends. */
export function formatBrctlShowstp(bridge: Link, links: readonly Link[]): string {
	const id = idOf(bridge);
	const ageing = bridge.link?.type === "bridge" ? (bridge.link.ageingTimeSeconds ?? 300) : 300;
	const head = [
		bridge.name,
		` bridge id\t\t${id}`,
		` designated root\t${id}`,
		" root port\t\t   0\t\t\tpath cost\t\t   0",
		` max age\t\t${time(20)}\t\t\tbridge max age\t\t${time(20)}`,
		` hello time\t\t${time(2)}\t\t\tbridge hello time\t${time(2)}`,
		` forward delay\t\t${time(15)}\t\t\tbridge forward delay\t${time(15)}`,
		` ageing time\t\t${time(ageing)}`,
		` hello timer\t\t${time(0)}\t\t\ttcn timer\t\t${time(0)}`,
		` topology change timer\t${time(0)}\t\t\tgc timer\t\t${time(0)}`,
		" flags\t\t\t",
		"",
		"",
	];
	const ports = links.filter((link) => link.master === bridge.name);
	return `${head.join("\n")}\n${ports.map((port) => portText(port, id)).join("")}`;
}

function portText(port: Link, id: string): string {
	const { number = 1, state = "disabled" } = port.port ?? {};
	const portId = (0x8000 + number).toString(16);
	const lines = [
		`${port.name} (${number})`,
		` port id\t\t${portId}\t\t\tstate\t\t${state.padStart(15)}`,
		` designated root\t${id}\tpath cost\t\t   2`,
		` designated bridge\t${id}\tmessage age timer\t${time(0)}`,
		` designated port\t${portId}\t\t\tforward delay timer\t${time(0)}`,
		` designated cost\t   0\t\t\thold timer\t\t${time(0)}`,
		" flags\t\t\t",
		...(port.port?.hairpin === true ? [" hairpin mode\t\t   1"] : []),
		"",
	];
	return `${lines.join("\n")}\n`;
}

function idOf(bridge: Link): string {
	const mac = bridge.link?.type === "bridge" ? (bridge.link.idMac ?? bridge.mac) : undefined;
	return `8000.${(mac ?? "00:00:00:00:00:00").replaceAll(":", "")}`;
}

function time(seconds: number): string {
	return seconds.toFixed(2).padStart(7);
}
