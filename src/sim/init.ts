/** Registers every part of the simulated kernel with a machine: the one place that knows them all, and their order. */
import { initCapture } from "./capture.ts";
import { initBridge } from "./device/bridge-device.ts";
import { createLoopback } from "./device/loopback.ts";
import { initArp } from "./ipv4/arp.ts";
import { initInet } from "./ipv4/init-inet.ts";
import { initXtables } from "./netfilter/xtables/init.ts";
import { initTransport } from "./transport/init.ts";
import type { Machine } from "./types.ts";

/** Call once, before the machine's first namespace is made. */
export function initMachine(machine: Machine): void {
	initDev(machine);
	initInet(machine);
	initXtables(machine);
	initTransport(machine);
	// Last: `lo` is born into a namespace that has everything else.
	machine.onNetnsCreated.push(createLoopback);
}

/** Devices: captures, bridges, ARP. */
export function initDev(machine: Machine): void {
	initCapture(machine);
	initBridge(machine);
	initArp(machine);
}
