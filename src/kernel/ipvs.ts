/** IPVS as values: virtual services, their destinations (real servers), connections, counters and timeouts. */
import type { IpAddr, IpFamily } from "../wire/addr.ts";

export type IpvsProtocol = "tcp" | "udp" | "sctp";

/** What names a virtual service: an address and port of one protocol, or a firewall mark. Port 0 is every port (persistent services only). */
export type IpvsServiceKey =
	| { readonly proto: IpvsProtocol; readonly addr: IpAddr; readonly port: number }
	| { readonly fwmark: number };

/** The scheduler's own flags, by number: for sh 1 is `sh-fallback` and 2 `sh-port`, for mh `mh-fallback` and `mh-port`. */
export type IpvsSchedFlag = "flag-1" | "flag-2" | "flag-3";

export interface IpvsPersistence {
	readonly timeoutSeconds: number;
	/** IPv4: which part of the client's address counts, dotted; absent: all of it. */
	readonly netmask?: IpAddr;
	/** IPv6: the same as a prefix length; absent: 128. */
	readonly prefixLength?: number;
	/** Persistence engine (`sip`). */
	readonly engine?: string;
}

/** Counts of packets and their bytes; in is towards the destination. */
export interface IpvsCounters {
	readonly conns: number;
	readonly inPackets: number;
	readonly outPackets: number;
	readonly inBytes: number;
	readonly outBytes: number;
}

/** Averages per second. */
export interface IpvsRates {
	readonly connsPerSecond: number;
	readonly inPacketsPerSecond: number;
	readonly outPacketsPerSecond: number;
	readonly inBytesPerSecond: number;
	readonly outBytesPerSecond: number;
}

/** As the kernel shows them: brought up to date by an estimator every 2 seconds, not with each packet. */
export interface IpvsStats {
	readonly counters: IpvsCounters;
	readonly rates: IpvsRates;
}

/**
 * A virtual service. `add`: EEXIST when it is there, ENOENT when there is no such scheduler or persistence engine. `delete`: ESRCH
 * when it is not there; its destinations go with it, its connections live on until they expire.
 */
export interface IpvsService {
	readonly kind: "ipvs-service";
	readonly family: IpFamily;
	readonly service: IpvsServiceKey;
	/** `rr`, `wrr`, `lc`, … Absent: `wlc`. */
	readonly scheduler?: string;
	readonly schedFlags?: readonly IpvsSchedFlag[];
	readonly persistence?: IpvsPersistence;
	/** UDP: every datagram is scheduled anew (`-o`). */
	readonly onePacket?: true;
	/** `replace`: refused with ESRCH when the service is not there (`ipvsadm -E`). */
	readonly mustExist?: true;
	/** In a dump only. */
	readonly stats?: IpvsStats;
}

/** How packets get to a destination: with their destination rewritten, by MAC address only, or inside IPIP. */
export type IpvsForward = "masq" | "droute" | "tunnel";

/**
 * A destination of a service. `add`: ESRCH when there is no such service, EEXIST when the destination is there, ERANGE for
 * thresholds that contradict each other. `delete`: ENOENT when it is not there; its connections stay.
 */
export interface IpvsDestination {
	readonly kind: "ipvs-destination";
	readonly family: IpFamily;
	readonly service: IpvsServiceKey;
	readonly addr: IpAddr;
	/** 0: the port that the client asked for. */
	readonly port: number;
	/** Absent: `droute`. */
	readonly forward?: IpvsForward;
	/** Of `tunnel`: absent is IPIP; the others are not modelled. */
	readonly tunnel?: { readonly type: "ipip" | "gue" | "gre"; readonly port?: number };
	/** 0: no new connections. Absent: 1. */
	readonly weight?: number;
	/** No new connections from so many connections on, until there are fewer than `lowerThreshold` (0: three quarters of it). 0: no limit. */
	readonly upperThreshold?: number;
	readonly lowerThreshold?: number;
	/** `replace`: refused with ENOENT when the destination is not there (`ipvsadm -e`). */
	readonly mustExist?: true;
	/** In a dump only. */
	readonly connections?: { readonly active: number; readonly inactive: number; readonly persistent: number };
	/** In a dump only. */
	readonly stats?: IpvsStats;
}

/** A connection, or a persistence template (client port 0, state `NONE` or `ASSURED`); made by packets only, so in dumps only. */
export interface IpvsConnection {
	readonly kind: "ipvs-connection";
	readonly family: IpFamily;
	/** `ip`: the template of a service by firewall mark, whose virtual address is the mark written as one. */
	readonly proto: IpvsProtocol | "ip";
	readonly client: { readonly addr: IpAddr; readonly port: number };
	readonly virtual: { readonly addr: IpAddr; readonly port: number };
	readonly destination: { readonly addr: IpAddr; readonly port: number };
	/** `ESTABLISHED`, `UDP`, … as `ipvsadm -Lnc` prints it. */
	readonly state: string;
	/** Whole seconds that are left, rounded down. */
	readonly expiresSeconds: number;
	readonly template?: true;
}

/** Timeouts of states; `replace` sets those that are not 0. A dump lists one. */
export interface IpvsTimeouts {
	readonly kind: "ipvs-timeouts";
	readonly tcpSeconds: number;
	readonly tcpFinSeconds: number;
	readonly udpSeconds: number;
}

/** The counters of all services together; `delete` zeroes them and those of all services and destinations, or only of `service` and its own (`ipvsadm -Z`). */
export interface IpvsTotals {
	readonly kind: "ipvs-totals";
	readonly family?: IpFamily;
	readonly service?: IpvsServiceKey;
	/** In a dump only. */
	readonly stats?: IpvsStats;
}

/** Every kind of object of IPVS. */
export type IpvsObject = IpvsService | IpvsDestination | IpvsConnection | IpvsTimeouts | IpvsTotals;
