/** A question to routing and its answer: `ip route get`. */
import type { IpAddr } from "../wire/addr.ts";
import type { Route, RouteType } from "./objects.ts";

/** With `iif` the packet came in by that device, else it is made here. */
export interface RouteQuery {
	readonly dst: IpAddr;
	readonly src?: IpAddr;
	readonly iif?: string;
	readonly oif?: string;
	readonly mark?: number;
	readonly tos?: number;
	readonly proto?: number;
	readonly sport?: number;
	readonly dport?: number;
}

export interface RouteAnswer {
	readonly type: RouteType;
	readonly dev: string;
	readonly via?: IpAddr;
	/** The source for a packet made here; absent for one that came in. */
	readonly prefsrc?: IpAddr;
	/** The number of the routing table; 0: none was asked. */
	readonly table: number;
	/** The path MTU, where it is not the device's. */
	readonly mtu?: number;
	/** The packet leaves by the device it came in on: its sender is told of the better way. */
	readonly redirect?: boolean;
	/** The route that matched. */
	readonly route?: Route;
}
