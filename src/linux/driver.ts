/** What the real kernel's transactions and dumps are made of: one driver per subsystem, run in a namespace, acting at once. */
import type { Result } from "../base/result.ts";
import type { KernelError, Op } from "../kernel/kernel.ts";
import type { KernelObject, KernelObjectKind } from "../kernel/objects.ts";
import type { LinuxNetns } from "./netns.ts";

/** An operation and its index in the transaction, for `KernelError.op`. */
export interface IndexedOp {
	readonly index: number;
	readonly op: Op;
}

/** Takes back what an `apply` did; best effort, for a later operation of the same transaction failed. */
export type Undo = () => void;

/** The namespaces of a kernel, by the names of the port. */
export interface NetnsTable {
	find(name: string): LinuxNetns | undefined;
	/** Every namespace, for finding a device's peer. */
	all(): readonly LinuxNetns[];
}

export interface DriverOptions {
	/** False when no operation follows: then the undo is never called and need not be prepared. */
	readonly undoable: boolean;
	/** Nothing is ever taken back: on an error a part may remain. */
	readonly keepsParts?: boolean;
}

export interface ObjectDriver {
	readonly kinds: readonly KernelObjectKind[];
	/**
	 * Carries out consecutive operations of the driver's kinds, in order, in as few system calls or processes as it can. On an
	 * error nothing of them remains, unless the options say that it may.
	 */
	apply(netns: LinuxNetns, ops: readonly IndexedOp[], options: DriverOptions): Result<Undo, KernelError>;
	dump(netns: LinuxNetns, kind: KernelObjectKind): Result<readonly KernelObject[], KernelError>;
}
