/** The tunables of neighbour tables (`net.ipv4.neigh.*`), with Linux's defaults. */
import { deviceKey, registerDeviceSysctls, sysctlNumber } from "../sysctl.ts";
import type { Machine, NetDevice } from "../types.ts";

/** Times ending in `_ms` are milliseconds, `locktime` and `proxy_delay` hundredths of a second, other times seconds. */
const NEIGH_PARMS = {
	anycast_delay: "100",
	app_solicit: "0",
	base_reachable_time_ms: "30000",
	delay_first_probe_time: "5",
	gc_stale_time: "60",
	interval_probe_time_ms: "5000",
	locktime: "100",
	mcast_resolicit: "0",
	mcast_solicit: "3",
	proxy_delay: "80",
	proxy_qlen: "64",
	retrans_time_ms: "1000",
	ucast_solicit: "3",
	unres_qlen: "101",
	unres_qlen_bytes: "212992",
} as const;

export type NeighParm = keyof typeof NEIGH_PARMS;

const PREFIX = "net.ipv4.neigh";

/** The device's value of a tunable. */
export function neighParm(dev: NetDevice, parm: NeighParm): number {
	return sysctlNumber(dev.netns, deviceKey(PREFIX, dev.name, parm));
}

/** Registers the keys for `default` and each device; unlike `conf`, there is no `all`. */
export function registerNeighParms(machine: Machine): void {
	registerDeviceSysctls(machine, PREFIX, NEIGH_PARMS, ["default"]);
}
