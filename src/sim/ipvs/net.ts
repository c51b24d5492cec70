/** IPVS's state in a namespace (`struct netns_ipvs`). */
import { sysctls } from "../sysctl.ts";
import { type Netns, pernet } from "../types.ts";
import { ConnTable } from "./conn-table.ts";
import { type EstimatorClock, IpvsEstimator } from "./estimator.ts";
import { sctpTimeouts } from "./proto-sctp.ts";
import { tcpTimeouts } from "./proto-tcp.ts";
import { ServiceTable } from "./service-table.ts";
import { type IpvsSettings, readIpvsSettings } from "./settings.ts";
import type { IpvsDest } from "./types.ts";

export class IpvsNet implements EstimatorClock {
	readonly netns: Netns;
	readonly startNs: number;
	readonly services: ServiceTable = new ServiceTable();
	readonly conns: ConnTable = new ConnTable();
	readonly totals: IpvsEstimator = new IpvsEstimator();
	settings: IpvsSettings;
	/** Seconds in a state, by protocol and number of the state. */
	readonly timeouts: { readonly tcp: number[]; readonly sctp: readonly number[]; udp: number } = {
		tcp: tcpTimeouts(),
		sctp: sctpTimeouts(),
		udp: 300,
	};
	/** Deleted destinations that connections may still refer to, the last one first; `idleNs` is when that was first found over. */
	trash: readonly { readonly dest: IpvsDest; idleNs: number | undefined }[] = [];
	/** Takes the hooks away; they are there while there are services. */
	unregisterHooks: readonly (() => void)[] = [];

	constructor(netns: Netns) {
		this.netns = netns;
		this.startNs = netns.machine.loop.now();
		this.settings = readIpvsSettings(netns);
		sysctls(netns).listeners.push((key) => {
			if (key.startsWith("net.ipv4.vs.")) this.settings = readIpvsSettings(netns);
		});
	}

	get running(): boolean {
		return this.settings.runEstimation;
	}

	now(): number {
		return this.netns.machine.loop.now();
	}
}

export const ipvsNet: (netns: Netns) => IpvsNet = pernet((netns) => new IpvsNet(netns));
