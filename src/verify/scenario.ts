/**
 * A scenario: what is set up in which namespace and what is sent, as data. It runs on every kernel alike, and what came of
 * it (`outcome.ts`) must be the same.
 */
import type { Verb } from "../kernel/kernel.ts";
import type { Addr, BridgeVlan, Fdb, Link, Neigh, PolicyRule, Route, Sysctl, XtRule } from "../kernel/objects.ts";
import type { IpAddr } from "../wire/addr.ts";

export interface Scenario {
	readonly name: string;
	/** What it exercises, in the fidelity table's words: `match conntrack`, `target DNAT`, `device bridge`, `martian source`. */
	readonly features: readonly string[];
	readonly topology: Topology;
	/** By namespace; of namespaces that are not there nothing is set. */
	readonly config: Readonly<Record<string, NetnsConfig>>;
	/** Programs that listen. */
	readonly listen: readonly Listener[];
	readonly steps: readonly Step[];
}

/** Namespaces and devices. Scenarios with the same topology share one on the real kernel, where making one is slow. */
export interface Topology {
	readonly netns: readonly string[];
	/**
	 * In this order; every device has its MAC address given, and `up` where it shall be up. A link with a kind (`link`) is
	 * made; one without sets what it names of a device that is there: the far end of a veth, `lo`.
	 */
	readonly links: readonly PlacedLink[];
}

export interface PlacedLink {
	readonly netns: string;
	readonly link: Link;
}

/** Set in this order, after the devices are there. */
export interface NetnsConfig {
	/** Key with dots → value. */
	readonly sysctls?: Readonly<Record<string, string>>;
	readonly addrs?: readonly Addr[];
	readonly routes?: readonly Route[];
	readonly rules?: readonly PolicyRule[];
	readonly neighs?: readonly Neigh[];
	readonly vlans?: readonly BridgeVlan[];
	readonly fdb?: readonly Fdb[];
	/** What `ipset save` prints; sets that it does not name are not there. */
	readonly ipset?: string;
	/** Names of accounting objects, which begin at zero. */
	readonly nfacct?: readonly string[];
	/** iptables-save text of IPv4; tables that it does not name are empty. */
	readonly iptables?: string;
}

export type Listener =
	/** Answers every datagram with the same bytes. */
	| { readonly kind: "udp-echo"; readonly netns: string; readonly addr: IpAddr; readonly port: number }
	/** Reads datagrams and says nothing. */
	| { readonly kind: "udp-sink"; readonly netns: string; readonly addr: IpAddr; readonly port: number }
	/** Sends back what it reads and closes when the peer has closed. */
	| { readonly kind: "tcp-echo"; readonly netns: string; readonly addr: IpAddr; readonly port: number };

export type Step =
	/** One whole frame out of a device, as an AF_PACKET socket sends it. */
	| { readonly kind: "frame"; readonly netns: string; readonly dev: string; readonly bytes: Uint8Array }
	/** A connection: connect, send, read as much back, close. Steps go on when it ended or `timeoutMs` (default 1000) passed, and no socket saw anything in its last quarter; then it is reset. */
	| {
			readonly kind: "tcp";
			readonly netns: string;
			/** Port 0 is not allowed: it would be random. */
			readonly from: { readonly addr?: IpAddr; readonly port: number };
			readonly to: { readonly addr: IpAddr; readonly port: number };
			readonly payload: string;
			readonly mark?: number;
			readonly timeoutMs?: number;
	  }
	/** One datagram from a socket that stays open for answers and errors until the scenario ends. */
	| {
			readonly kind: "udp";
			readonly netns: string;
			readonly from: { readonly addr?: IpAddr; readonly port: number };
			readonly to: { readonly addr: IpAddr; readonly port: number };
			readonly payload: string;
			readonly mark?: number;
			readonly ttl?: number;
			readonly pmtudisc?: "want" | "do" | "dont";
	  }
	/** One echo request. */
	| {
			readonly kind: "ping";
			readonly netns: string;
			readonly to: IpAddr;
			readonly id: number;
			readonly seq: number;
			readonly payloadBytes: number;
			readonly ttl?: number;
			readonly mark?: number;
	  }
	/** Changes something while it runs; what the kernel refuses is noted in the outcome's sockets. */
	| { readonly kind: "change"; readonly netns: string; readonly verb: Verb; readonly object: ChangeableObject }
	/** Lets time pass: virtual on the simulated kernel, real on the other. */
	| { readonly kind: "wait"; readonly ms: number };

export type ChangeableObject = Link | Addr | Route | PolicyRule | Neigh | Fdb | BridgeVlan | Sysctl | XtRule;

export type StepKind = Step["kind"];
