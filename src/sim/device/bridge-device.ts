/** Bridges as devices and their ports (net/bridge/br_if.c, br_device.c, br_stp_if.c): joining, leaving, MAC, MTU, carrier. */
import { err, ok, type Result } from "../../base/result.ts";
import { devSetMacAddress, devSetMtu, linkwatch, notify, registerNetdevice } from "../core/netdevice.ts";
import type { DeviceEvent, DeviceOps, Machine, NetDevice, Netns } from "../types.ts";
import { type BridgeState, bridgeOf } from "./bridge.ts";
import { brHandleFrame } from "./bridge-input.ts";
import { brDevXmit } from "./bridge-local.ts";
import { localVids, portsIn, vlanFlush, vlanInitDev } from "./bridge-vlan.ts";

/** A bridge without ports, down. The name is free. `mac` absent: by chance, and it follows the ports. */
export function createBridge(
	netns: Netns,
	name: string,
	mac: { readonly value: number; readonly set: boolean },
): NetDevice {
	const ops = new Bridge();
	const dev = registerNetdevice(netns, { name, mac: mac.value, mtu: 1500, ops });
	const br = bridgeOf(dev);
	ops.state = br;
	br.macIsSet = mac.set;
	br.fdb.addLocal(undefined, dev.mac);
	return dev;
}

/** Why a device cannot become a port. */
export type AddIfError = "loopback" | "bridge" | "busy";

/** Makes `dev` a port of the bridge (`br_add_if`). */
export function brAddIf(bridge: NetDevice, dev: NetDevice): Result<void, AddIfError> {
	if (dev.isLoopback || dev.hardHeaderLength === 0) return err("loopback");
	if (dev.ops.type === "bridge") return err("bridge");
	if (dev.master !== undefined || dev.rxHandler !== undefined) return err("busy");
	const br = bridgeOf(bridge);
	dev.master = bridge;
	dev.rxHandler = brHandleFrame;
	dev.port = {
		hairpin: false,
		learning: true,
		flood: true,
		isolated: false,
		forwarding: false,
		number: freePortNumber(br),
	};
	br.ports = [dev, ...br.ports];
	br.hadPort = true;
	br.fdb.addLocal(dev, dev.mac);
	vlanInitDev(br, dev);
	notify({ type: "join", dev, upper: bridge });
	recalculate(br);
	return ok(undefined);
}

/** Takes a port out of its bridge (`br_del_if`). */
export function brDelIf(dev: NetDevice): void {
	const bridge = dev.master;
	if (bridge === undefined) return;
	const br = bridgeOf(bridge);
	br.ports = br.ports.filter((port) => port !== dev);
	for (const vid of localVids(dev)) br.fdb.deleteLocal(dev, dev.mac, portsIn(br, vid), vid);
	br.fdb.deleteByPort(dev, "all");
	vlanFlush(dev);
	dev.master = undefined;
	dev.rxHandler = undefined;
	dev.port.forwarding = false;
	notify({ type: "leave", dev, upper: bridge });
	recalculate(br);
}

/** Sets a bridge's MAC address by hand, or lets it follow the ports again; its forwarding entry follows. */
export function brSetMac(bridge: NetDevice, mac: number, set: boolean): void {
	const br = bridgeOf(bridge);
	br.macIsSet = set;
	changeBridgeMac(br, mac);
	linkwatch(bridge);
}

/** A port's own MAC address changes, and with it its local forwarding entry (`br_fdb_changeaddr`). */
export function brPortSetMac(dev: NetDevice, mac: number): void {
	const before = dev.mac;
	const bridge = dev.master;
	if (bridge !== undefined && before !== mac) {
		const br = bridgeOf(bridge);
		for (const vid of localVids(dev)) {
			br.fdb.deleteLocal(dev, before, portsIn(br, vid), vid);
			br.fdb.addLocal(dev, mac, vid);
		}
	}
	devSetMacAddress(dev, mac);
}

/** Makes bridges follow what happens to their ports (`br_device_event`). */
export function initBridge(machine: Machine): void {
	machine.deviceNotifiers.push(brDeviceEvent);
}

function brDeviceEvent(event: DeviceEvent): void {
	const { dev } = event;
	if (event.type === "unregister") {
		if (dev.ops.type === "bridge") for (const port of [...bridgeOf(dev).ports]) brDelIf(port);
		brDelIf(dev);
	} else if (dev.master !== undefined) {
		recalculate(bridgeOf(dev.master));
	}
}

/** Port states, then the bridge's MAC (the lowest of its ports'), MTU (the lowest) and carrier. */
function recalculate(br: BridgeState): void {
	for (const port of br.ports) {
		const forwarding = br.dev.up && port.running;
		if (port.port.forwarding && !forwarding) br.fdb.deleteByPort(port, "learnt");
		port.port.forwarding = forwarding;
	}
	if (!br.macIsSet && br.hadPort) changeBridgeMac(br, lowest(br.ports, (port) => port.mac) ?? 0);
	br.lowestMtu = lowest(br.ports, (port) => port.mtu) ?? 1500;
	if (!br.mtuIsSet) devSetMtu(br.dev, br.lowestMtu);
	linkwatch(br.dev);
}

/** `br_stp_change_bridge_id`. */
function changeBridgeMac(br: BridgeState, mac: number): void {
	if (br.dev.mac === mac) return;
	for (const vid of localVids(br.dev)) {
		br.fdb.deleteLocal(undefined, br.dev.mac, portsIn(br, vid), vid);
		br.fdb.addLocal(undefined, mac, vid);
	}
	devSetMacAddress(br.dev, mac);
}

function lowest(ports: readonly NetDevice[], of: (port: NetDevice) => number): number | undefined {
	return ports.length === 0 ? undefined : Math.min(...ports.map(of));
}

function freePortNumber(br: BridgeState): number {
	const taken = new Set(br.ports.map((port) => port.port.number));
	let number = 1;
	while (taken.has(number)) number += 1;
	return number;
}

class Bridge implements DeviceOps {
	readonly type = "bridge";
	state: BridgeState | undefined = undefined;
	readonly xmit = brDevXmit;

	/** On until the first port comes or the address is set by hand; then while at least one port forwards. */
	carrier(): boolean {
		const br = this.state;
		if (br === undefined || !(br.hadPort || br.macIsSet)) return true;
		return br.ports.some((port) => port.port.forwarding);
	}

	open(): void {
		if (this.state !== undefined) recalculate(this.state);
	}

	stop(): void {
		if (this.state !== undefined) recalculate(this.state);
	}
}
