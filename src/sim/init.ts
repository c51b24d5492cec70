/** Registers every part of the simulated kernel with a machine: the one place that knows them all, and their order. */
import { initCapture } from "./capture.ts";
import { initBridge } from "./device/bridge-device.ts";
import { createLoopback } from "./device/loopback.ts";
import { initMacvlan } from "./device/macvlan.ts";
import { initVlan } from "./device/vlan.ts";
import { initArp } from "./ipv4/arp.ts";
import { initInet } from "./ipv4/init-inet.ts";
import { initIpvs } from "./ipvs/init.ts";
import { initBrNetfilter } from "./netfilter/br-netfilter.ts";
import { initConntrack } from "./netfilter/conntrack/init.ts";
import { initNat } from "./netfilter/nat/init.ts";
import { initXtables } from "./netfilter/xtables/init.ts";
import { initTransport } from "./transport/init.ts";
import type { Machine } from "./types.ts";

/** Call once, before the machine's first namespace is made. */
export function initMachine(machine: Machine): void {
	initDev(machine);
	initInet(machine);
	initConntrack(machine);
	initNat(machine);
	initXtables(machine);
	initIpvs(machine);
	initBrNetfilter(machine);
	initTransport(machine);
	// Last: `lo` is born into a namespace that has everything else.
	machine.onNetnsCreated.push(createLoopback);
}

/** Devices: captures, bridges, VLANs, macvlans, ARP. */
export function initDev(machine: Machine): void {
	initCapture(machine);
	initBridge(machine);
	initVlan(machine);
	initMacvlan(machine);
	initArp(machine);
}
