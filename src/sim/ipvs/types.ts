/** The nouns of IPVS (include/net/ip_vs.h): services, destinations, connections, and the headers of a packet as IPVS sees them. */
import type { IpvsForward } from "../../kernel/ipvs.ts";
import type { Timer } from "../event-loop.ts";
import type { Skb } from "../types.ts";
import { IpvsEstimator } from "./estimator.ts";

/** `bypass`: to the address that the client asked for (cache_bypass). */
export type ForwardMethod = IpvsForward | "bypass";

/** Connection flags, numbered as IP_VS_CONN_F_*. */
export const CONN_F_NOOUTPUT: number = 0x0080;
export const CONN_F_INACTIVE: number = 0x0100;
export const CONN_F_TEMPLATE: number = 0x1000;
export const CONN_F_ONE_PACKET: number = 0x2000;
/** The connection uses conntrack. */
export const CONN_F_NFCT: number = 1 << 16;

/** State bit of a persistence template: one of its connections was established. */
export const CTPL_S_ASSURED = 1;

/** FTP's ports, which IPVS treats specially. */
export const FTPPORT = 21;
export const FTPDATA = 20;

/** `struct ip_vs_iphdr`: a packet's addresses and ports; of an ICMP error those of the packet it quotes. */
export interface IpvsIph {
	readonly proto: number;
	readonly saddr: number;
	readonly daddr: number;
	/** Both 0 where the packet is too short for them, and `hasPorts` is false. */
	readonly sport: number;
	readonly dport: number;
	readonly hasPorts: boolean;
	/** Where the IP header and the transport header begin in the packet's bytes. */
	readonly network: number;
	readonly transport: number;
	/** The header is quoted in an ICMP error. */
	readonly icmp: boolean;
	/** The header is that of an answer: source and destination are exchanged. */
	readonly inverse: boolean;
}

/** What a scheduler must do. State is its own, one object for each service. */
export interface BoundScheduler {
	/** Chooses a destination; undefined: none can take the connection. */
	schedule(iph: IpvsIph, skb: Skb): IpvsDest | undefined;
	/** A destination was added, changed or deleted; `dest` is no longer in the list when it was deleted, and stood at `at`. */
	destsChanged?(change: {
		readonly what: "add" | "delete" | "update";
		readonly dest: IpvsDest;
		readonly at: number;
	}): void;
	/** Remembers the state; the result restores it. */
	save(): () => void;
	/** Lets go of what it holds. */
	done?(): void;
}

export interface Scheduler {
	readonly name: string;
	bind(svc: IpvsSvc): BoundScheduler;
}

/** `struct ip_vs_service`. */
export class IpvsSvc {
	/** 0 for a service by firewall mark, as address and port then. */
	readonly proto: number;
	readonly addr: number;
	readonly port: number;
	/** 0: none. */
	readonly fwmark: number;
	/** Undefined: `none`, which never finds a destination. */
	scheduler: { readonly name: string; readonly bound: BoundScheduler } | undefined = undefined;
	/** Flags 1 to 3 of the scheduler as bits 0 to 2. */
	schedFlags = 0;
	/** Undefined: not persistent. */
	persistence: { readonly timeoutNs: number; readonly netmask: number } | undefined = undefined;
	onePacket = false;
	/** The last one added comes first. */
	dests: readonly IpvsDest[] = [];
	readonly stats: IpvsEstimator = new IpvsEstimator();

	constructor(key: { readonly proto: number; readonly addr: number; readonly port: number; readonly fwmark: number }) {
		this.proto = key.proto;
		this.addr = key.addr;
		this.port = key.port;
		this.fwmark = key.fwmark;
	}
}

/** `struct ip_vs_dest`. It outlives its deletion for as long as connections refer to it (the trash). */
export class IpvsDest {
	svc: IpvsSvc;
	readonly addr: number;
	readonly port: number;
	forward: IpvsForward = "droute";
	weight = 1;
	/** The last weight that was not 0, for mh. */
	lastWeight = 1;
	upperThreshold = 0;
	lowerThreshold = 0;
	active = 0;
	inactive = 0;
	persistent = 0;
	/** In its service's list (IP_VS_DEST_F_AVAILABLE). */
	available = false;
	overloaded = false;
	/** How many schedulers' caches refer to it. */
	cached = 0;
	readonly stats: IpvsEstimator = new IpvsEstimator();

	constructor(svc: IpvsSvc, addr: number, port: number) {
		this.svc = svc;
		this.addr = addr;
		this.port = port;
	}

	/** Connections and caches that refer to it. */
	get users(): number {
		return this.active + this.inactive + this.persistent + this.cached;
	}
}

/** `struct ip_vs_conn`: a connection, or a persistence template. */
export class IpvsConn {
	readonly proto: number;
	readonly caddr: number;
	cport: number;
	readonly vaddr: number;
	vport: number;
	readonly daddr: number;
	dport: number;
	/** CONN_F_*. */
	flags: number;
	method: ForwardMethod;
	readonly fwmark: number;
	dest: IpvsDest | undefined = undefined;
	/** The protocol's number of it; of a template CTPL_S_ASSURED or 0. */
	state = 0;
	timeoutNs = 3e9;
	/** When it ends, and when the kernel's timer notices. */
	expiresNs = 0;
	fireNs = 0;
	timer: Timer | undefined = undefined;
	/** The template that made it. */
	control: IpvsConn | undefined = undefined;
	/** How many it is the `control` of. */
	nControl = 0;
	inPackets = 0;
	hashed = false;
	/** Next in the table's chain. */
	next: IpvsConn | undefined = undefined;

	constructor(init: {
		readonly proto: number;
		readonly caddr: number;
		readonly cport: number;
		readonly vaddr: number;
		readonly vport: number;
		readonly daddr: number;
		readonly dport: number;
		readonly flags: number;
		readonly method: ForwardMethod;
		readonly fwmark: number;
	}) {
		this.proto = init.proto;
		this.caddr = init.caddr;
		this.cport = init.cport;
		this.vaddr = init.vaddr;
		this.vport = init.vport;
		this.daddr = init.daddr;
		this.dport = init.dport;
		this.flags = init.flags;
		this.method = init.method;
		this.fwmark = init.fwmark;
	}

	has(flag: number): boolean {
		return (this.flags & flag) !== 0;
	}
}
