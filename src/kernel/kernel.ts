/** THE PORT: what a kernel can do, the simulated one and the real one alike. */
import type { Result } from "../base/result.ts";
import type { ConntrackEvent, ConntrackStats } from "./conntrack.ts";
import type { IpSetMember } from "./ipset.ts";
import type { KernelObject, KernelObjectKind } from "./objects.ts";
import type { RouteAnswer, RouteQuery } from "./route-query.ts";
import type { Sockets } from "./socket.ts";
import type { TraceEvent } from "./trace-event.ts";
import type { HookName, TableName } from "./xtables.ts";

/** errno as Linux names it. `EOPNOTSUPP` is also "this kernel does not model it", and then the message names it. */
export type Errno =
	| "EEXIST"
	| "ENOENT"
	| "ESRCH"
	| "ENODEV"
	| "EINVAL"
	| "EDOM"
	| "EBUSY"
	| "EADDRNOTAVAIL"
	| "ENETUNREACH"
	| "EHOSTUNREACH"
	| "EOPNOTSUPP"
	| "EPERM"
	| "ELOOP"
	| "EMLINK"
	| "ENAMETOOLONG"
	| "ERANGE"
	| "ENETDOWN"
	| "EIO"
	| "EACCES"
	| "ENOMEM"
	| "ENOBUFS"
	| "ENOSPC"
	| "EADDRINUSE"
	| "EAFNOSUPPORT"
	| "EPROTONOSUPPORT";

export interface KernelError {
	readonly errno: Errno;
	/** Index of the operation in the transaction that failed; -1 when it is not about one. */
	readonly op: number;
	/** One sentence in the words of the kernel or tool, naming the object. */
	readonly message: string;
	/** The iptables rule (1-based in its chain) that must not be reached from this hook, where that is the matter. */
	readonly rule?: {
		readonly table: TableName;
		readonly chain: string;
		readonly number: number;
		readonly hook: HookName;
	};
}

export type Verb = "add" | "replace" | "delete";

/**
 * `add` fails with EEXIST when the object is there, `replace` creates or overwrites it, `delete` fails when it is not there.
 */
export interface Op {
	readonly verb: Verb;
	readonly object: KernelObject;
}

export type CaptureDirection = "in" | "out";

export interface CapturedFrame {
	/** Nanoseconds of the kernel's clock. */
	readonly at: number;
	readonly netns: string;
	readonly dev: string;
	readonly ifindex: number;
	readonly direction: CaptureDirection;
	/** sll_pkttype: who the frame is for. */
	readonly pktType: "host" | "broadcast" | "multicast" | "otherhost" | "outgoing";
	/** A copy of the frame, from the Ethernet header. */
	readonly frame: Uint8Array;
	/** Of a device without a link layer (a tunnel): `frame` is an IP packet. */
	readonly link?: "ip";
}

export interface CaptureOptions {
	/** Absent: every device of the namespace, as `tcpdump -i any`. */
	readonly dev?: string;
	/** `tcpdump -p` is false. Default true. */
	readonly promisc?: boolean;
}

export interface LogLine {
	readonly at: number;
	readonly netns: string;
	/** syslog level 0–7. */
	readonly level: number;
	/** The line without the time stamp. */
	readonly text: string;
}

export interface Clock {
	/** Nanoseconds since the kernel started; virtual time in the simulated kernel. */
	now(): number;
	/** Calls `fn` after `delayNs`; the result cancels it. */
	after(delayNs: number, fn: () => void): () => void;
}

export interface Kernel {
	readonly clock: Clock;
	readonly sockets: Sockets;
	addNetns(name: string): Promise<Result<void, KernelError>>;
	deleteNetns(name: string): Promise<Result<void, KernelError>>;
	listNetns(): Promise<readonly string[]>;
	/** Carries out the operations in order; on an error nothing of the transaction remains. */
	apply(netns: string, tx: readonly Op[]): Promise<Result<void, KernelError>>;
	/** The objects of a namespace, of the given kinds (all when absent), in the order the kernel's own tools list them. */
	dump(netns: string, kinds?: readonly KernelObjectKind[]): Promise<Result<readonly KernelObject[], KernelError>>;
	/** The routing decision for a packet (`ip route get`); an error is the refusal: ENETUNREACH, EHOSTUNREACH, EACCES, EINVAL. */
	routeGet(netns: string, query: RouteQuery): Promise<Result<RouteAnswer, KernelError>>;
	/** The numbers by which a namespace knows others, by their names (`ip netns list-id`). */
	netnsIds(netns: string): Promise<Result<ReadonlyMap<string, number>, KernelError>>;
	/** Whether an element is in a set (`ipset test`); with `nomatch`: whether it is one of its exceptions. ENOENT: there is no such set. */
	testIpSet(netns: string, set: string, member: IpSetMember): Promise<Result<boolean, KernelError>>;
	/** Lets time pass until `done()` or, at the latest, until `timeoutNs` from now. Resolves to whether `done()` held. */
	run(done: () => boolean, timeoutNs: number): Promise<boolean>;
	/** Every step of every packet, until the returned function is called. Undefined: this kernel cannot trace. */
	trace(listener: (event: TraceEvent) => void): (() => void) | undefined;
	/** Frames on devices, as tcpdump sees them, until the returned function is called. */
	capture(
		netns: string,
		options: CaptureOptions,
		listener: (frame: CapturedFrame) => void,
	): Result<() => void, KernelError>;
	/** What becomes of connection tracking entries, until the returned function is called. */
	conntrackEvents(netns: string, listener: (event: ConntrackEvent) => void): Result<() => void, KernelError>;
	conntrackStats(netns: string): Result<ConntrackStats, KernelError>;
	/** Lines that LOG rules and the kernel wrote, as `dmesg`, oldest first. */
	log(): readonly LogLine[];
}
