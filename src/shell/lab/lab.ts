/** A lab: machines, the cables between them, and steps of typed commands with what must come of them. docs/lab-format.md. */
import type { Cidr, IpAddr, MacAddr } from "../../wire/addr.ts";

export const LAB_SCHEMA = "podwire.lab/v1";

export interface Lab {
	readonly schema: typeof LAB_SCHEMA;
	readonly title: string;
	/** What the lab teaches. */
	readonly about?: string | undefined;
	/** Where its commands come from. */
	readonly source?: string | undefined;
	/** Of every random choice; default 1. */
	readonly seed?: number | undefined;
	/** The machines are those of a cluster: its nodes, its pods and `outside`; then `hosts` and `links` are empty. */
	readonly cluster?: LabCluster | undefined;
	readonly hosts: Readonly<Record<string, LabHost>>;
	readonly links: readonly LabLink[];
	readonly steps: readonly LabStep[];
}

/** What `podwire trace` has as options. */
export interface LabCluster {
	/** Kubernetes objects as YAML. */
	readonly manifests: string;
	readonly network?: string | undefined;
	readonly proxyMode?: string | undefined;
}

export interface LabHost {
	readonly os?: LabOs | undefined;
	readonly interfaces: Readonly<Record<string, LabInterface>>;
	readonly routes: readonly LabRoute[];
	/** Keys with dots, as `sysctl` prints them. */
	readonly sysctls: Readonly<Record<string, string>>;
	/** Texts by absolute path. */
	readonly files: Readonly<Record<string, string>>;
	/** Text of iptables-save, loaded before the first step. */
	readonly iptables?: string | undefined;
}

export interface LabOs {
	/** e.g. `CentOS Linux`. */
	readonly name: string;
	readonly version: string;
	/** As `uname -r` prints it. */
	readonly kernel: string;
}

export interface LabInterface {
	readonly mac?: MacAddr | undefined;
	readonly mtu?: number | undefined;
	readonly up: boolean;
	/** `10.211.55.122/24`. */
	readonly addresses: readonly string[];
}

export interface LabRoute {
	readonly to: Cidr;
	readonly via?: IpAddr | undefined;
	readonly dev?: string | undefined;
	readonly src?: IpAddr | undefined;
	readonly metric?: number | undefined;
}

/** A cable has two ends, a switch any number; an interface in no link stands alone at a switch of its own. */
export interface LabLink {
	readonly ends: readonly LabEnd[];
	readonly type: "cable" | "switch";
}

export interface LabEnd {
	readonly host: string;
	readonly dev: string;
}

export interface LabStep {
	readonly title?: string | undefined;
	/** The machine; may be left out where there is only one. */
	readonly on: string;
	/** Typed in this named namespace, as inside `ip netns exec NAME bash`. */
	readonly in?: string | undefined;
	/** Typed as it is, command by command. */
	readonly run?: string | undefined;
	/** Another terminal, where commands go on beside the following steps. Its name is of the whole lab. */
	readonly terminal?: string | undefined;
	/** Ctrl-C in these terminals. */
	readonly interrupt: readonly string[];
	/** Ctrl-C after so long (ns) in every command that still runs then. */
	readonly interruptAfterNs?: number | undefined;
	/** Prose for the student. */
	readonly explain?: string | undefined;
	readonly expect: LabExpectation;
}

export interface LabExpectation {
	/** Of each command of the step; default 0. In another terminal: of what has ended by then. */
	readonly exit?: number | "any" | undefined;
	readonly stdout?: TextExpectation | undefined;
	readonly stderr?: TextExpectation | undefined;
	/** What other terminals printed during the step. */
	readonly terminals: Readonly<Record<string, TextExpectation>>;
	readonly captures: readonly CaptureExpectation[];
	readonly counters: readonly CounterExpectation[];
	readonly log: readonly LogExpectation[];
	readonly arp: readonly ArpExpectation[];
	readonly conntrack: readonly ConntrackExpectation[];
}

export interface TextExpectation {
	readonly contains: readonly string[];
	readonly lacks: readonly string[];
	readonly matches: readonly RegExp[];
	readonly equals?: string | undefined;
	readonly lines?: Count | undefined;
}

/** So many, or between. */
export interface Count {
	readonly atLeast: number;
	/** Infinity: no limit. */
	readonly atMost: number;
}

/** Packets that a tcpdump printed during the step, or that are in the file it wrote. */
export interface CaptureExpectation {
	readonly terminal?: string | undefined;
	readonly file?: string | undefined;
	/** Which of its lines; absent: all. */
	readonly matches?: RegExp | undefined;
	readonly packets: Count;
}

interface Place {
	/** Default: the step's. */
	readonly on?: string | undefined;
	/** Default: the namespace the machine booted in. */
	readonly in?: string | undefined;
}

export interface CounterExpectation extends Place {
	readonly table: "raw" | "mangle" | "nat" | "filter" | "security";
	readonly chain: string;
	/** Its number, a piece of its text as `iptables -S` prints it, or `policy`. */
	readonly rule: number | string;
	readonly packets?: Count | undefined;
	readonly bytes?: Count | undefined;
	/** Counted during the step. */
	readonly newPackets?: Count | undefined;
}

/** LOG lines of the machine, of all its namespaces, during the step. */
export interface LogExpectation {
	readonly on?: string | undefined;
	readonly prefix: string;
	readonly contains: readonly string[];
	readonly lines: Count;
}

export interface ArpExpectation extends Place {
	/** Absent: all. */
	readonly address?: IpAddr | undefined;
	readonly mac?: MacAddr | undefined;
	/** Entries that know a MAC address; default one. */
	readonly entries: Count;
}

export interface ConntrackExpectation extends Place {
	/** Of the line that `conntrack -L` prints. */
	readonly matches?: RegExp | undefined;
	readonly entries: Count;
}
