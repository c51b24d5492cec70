/** The devices of a namespace as tcpdump lists them (`-D`), and which one is meant. */
import type { Addr, Link } from "../../../kernel/objects.ts";
import { familyOf, ipNum, maskNum } from "../../../wire/addr.ts";
import type { CommandContext } from "../../command.ts";
import { ToolExit } from "../tool-exit.ts";
import { COOKED_V1, COOKED_V2, ETHERNET, type LinkType, linkTypeByName, linkTypeText, RAW } from "./link-types.ts";
import { says } from "./usage.ts";

export interface Device {
	readonly name: string;
	/** Absent: `any`, all devices of the namespace. */
	readonly ifindex: number | undefined;
	readonly up: boolean;
	readonly running: boolean;
	readonly loopback: boolean;
	/** A tunnel: its packets have no link header. */
	readonly raw: boolean;
	/** Undefined where that makes no sense. */
	readonly connected: boolean | undefined;
}

const ANY: Device = {
	name: "any",
	ifindex: undefined,
	up: true,
	running: true,
	loopback: false,
	raw: false,
	connected: undefined,
};

/** The most useful first, as libpcap sorts them. */
export async function listDevices(context: CommandContext): Promise<readonly Device[]> {
	const dumped = await context.world.kernel.dump(context.netns, ["link"]);
	const links = dumped.ok ? dumped.value.filter((object) => object.kind === "link") : [];
	const devices = links.map(deviceOf).sort((a, b) => (a.ifindex ?? 0) - (b.ifindex ?? 0));
	return [...devices, ANY].sort((a, b) => demerit(a) - demerit(b));
}

function deviceOf(link: Link): Device {
	const up = link.up === true;
	const carrier = link.carrier === true;
	const loopback = link.link?.type === "loopback";
	const raw = link.link?.type === "ipip";
	return {
		name: link.name,
		ifindex: link.ifindex,
		up,
		running: up && carrier,
		loopback,
		raw,
		connected: loopback || raw ? undefined : up && carrier,
	};
}

function demerit(device: Device): number {
	if (device.ifindex === undefined) return 0.5;
	return (
		(device.running ? 0 : 8) + (device.up ? 0 : 4) + (device.connected === false ? 2 : 0) + (device.loopback ? 1 : 0)
	);
}

/** The lines of `tcpdump -D`. */
export function deviceLines(devices: readonly Device[]): string {
	return devices
		.map((device, k) => {
			const what = device.ifindex === undefined ? " (Pseudo-device that captures on all interfaces)" : "";
			return `${k + 1}.${device.name}${what} [${stateText(device)}]\n`;
		})
		.join("");
}

function stateText({ up, running, loopback, connected }: Device): string {
	const flags = [up ? "Up" : "", running ? "Running" : "", loopback ? "Loopback" : ""].filter((flag) => flag !== "");
	const state = flags.length === 0 ? ["none"] : flags;
	return [...state, ...(connected === undefined ? [] : [connected ? "Connected" : "Disconnected"])].join(", ");
}

/** `-i NAME` or `-i NUMBER` of the list; without it the first device. */
export function chooseDevice(devices: readonly Device[], wanted: string | undefined): Device {
	if (wanted === undefined) return devices[0] ?? ANY;
	const named = devices.find((device) => device.name === wanted);
	if (named !== undefined) return named;
	if (/^\d+$/.test(wanted)) {
		const numbered = devices[Number(wanted) - 1];
		if (numbered === undefined) throw new ToolExit(1, says("Invalid adapter index"));
		return numbered;
	}
	throw new ToolExit(1, `${says(`${wanted}: No such device exists`)}(No such device exists)\n`);
}

/** What a capture on the device can be like. */
export function linkTypesOf(device: Device): readonly LinkType[] {
	if (device.ifindex === undefined) return [COOKED_V1, COOKED_V2];
	return device.raw ? [RAW] : [ETHERNET];
}

/** The link type of a capture: `-y`, or the usual one. Only who names `any` gets the newer cooked header. */
export function chooseLinkType(device: Device, asked: { readonly name?: string; readonly type?: string }): LinkType {
	const [usual = ETHERNET, newer = usual] = linkTypesOf(device);
	if (asked.type === undefined) return asked.name === "any" ? newer : usual;
	const type = linkTypeByName(asked.type);
	if (type === undefined) throw new ToolExit(1, says(`invalid data link type ${asked.type}`));
	if (!linkTypesOf(device).includes(type)) {
		throw new ToolExit(1, says(`${type.name} is not one of the DLTs supported by this device`));
	}
	return type;
}

/** The lines of `tcpdump -L`. */
export function linkTypeLines(device: Device): string {
	const types = linkTypesOf(device).map((type) => `  ${linkTypeText(type)}\n`);
	const cable =
		device.ifindex === undefined || device.loopback || device.raw ? "" : "  DOCSIS (DOCSIS) (printing not supported)\n";
	return `Data link types for ${device.name} (use option -y to set):\n${types.join("")}${cable}`;
}

/** The network mask of the device's first IPv4 address, or 0. */
export async function netmaskOf(context: CommandContext, device: Device): Promise<number> {
	const dumped = await context.world.kernel.dump(context.netns, ["addr"]);
	const isMine = (addr: Addr): boolean => addr.dev === device.name && familyOf(addr.addr.addr) === "ipv4";
	const first = dumped.ok ? dumped.value.filter((object) => object.kind === "addr").find(isMine) : undefined;
	if (first === undefined) return 0;
	const mask = maskNum(first.addr.prefix, ipNum(first.addr.addr));
	return typeof mask === "number" ? mask : 0;
}
