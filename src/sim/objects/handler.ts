/** What each kind of kernel object brings to a transaction: how it is changed, how that is undone, how it is listed. */
import { err, type Result } from "../../base/result.ts";
import type { Errno, KernelError, Verb } from "../../kernel/kernel.ts";
import type { KernelObject } from "../../kernel/objects.ts";
import type { Netns } from "../types.ts";

/** A `KernelError` that does not know its operation's index yet. */
export interface ObjectError {
	readonly errno: Errno;
	readonly message: string;
	readonly rule?: NonNullable<KernelError["rule"]>;
}

/** Takes one operation back; called at most once, after everything later was taken back. */
export type Undo = () => void;

export interface ObjectHandler<O extends KernelObject> {
	/** Carries the operation out completely or not at all; the value undoes it. */
	apply(netns: Netns, verb: Verb, object: O): Result<Undo, ObjectError>;
	/**
	 * Judges what only the whole transaction shows, and brings it into force; called once at its end for each kind it
	 * touched. On an error the transaction is undone.
	 */
	commit?(netns: Netns): Result<void, ObjectError>;
	/** The namespace's objects of this kind, in the order the kernel's own tools list them. */
	dump(netns: Netns): readonly KernelObject[];
}

/** A refused operation. */
export function refuse(errno: Errno, message: string): { readonly ok: false; readonly error: ObjectError } {
	return err({ errno, message });
}

/** The refusal that each tool gives for an unknown device. */
export function noDevice(name: string): { readonly ok: false; readonly error: ObjectError } {
	return refuse("ENODEV", `Cannot find device "${name}"`);
}
