/** Operations of one namespace on their way to the kernel: collected, sent at once, each error brought back to its operation. */
import type { Errno, KernelError } from "../../kernel/kernel.ts";
import type { LinuxNetns } from "../netns.ts";
import { kernelError } from "./errno.ts";
import type { Rtnl } from "./rtnl.ts";
import type { NetlinkSocket } from "./socket.ts";
import { type MessageHeader, MessageWriter } from "./writer.ts";

export interface Request {
	readonly header: MessageHeader;
	readonly body: (to: MessageWriter) => void;
}

export interface AddOptions {
	readonly undo?: Request;
	readonly tolerated?: number;
	readonly afterInvalid?: Request;
}

interface Pending {
	readonly op: number;
	readonly undo: Request | undefined;
	readonly tolerated: number | undefined;
	readonly afterInvalid: Request | undefined;
}

/** Numbers of devices, by namespace. */
export type Touched = Map<LinuxNetns, Set<number>>;

const EINVAL = 22;

/** More than this is sent in parts. */
const SEND_BYTES = 1 << 18;

export class Batch {
	readonly rtnl: Rtnl;
	readonly netns: LinuxNetns;
	readonly socket: NetlinkSocket;
	/** Devices whose carrier may change by this, to be looked at when all is done. */
	readonly touched: Touched = new Map();
	/** Kinds of devices that are known meanwhile, by number: `bridge`, `veth`. */
	readonly kinds: Map<number, string> = new Map();
	#messages = new MessageWriter();
	#pending: Pending[] = [];
	readonly #undos: Request[] = [];
	/** What the names will stand for once everything that waits was sent. */
	readonly #planned = new Map<string, number | undefined>();

	constructor(rtnl: Rtnl, netns: LinuxNetns) {
		this.rtnl = rtnl;
		this.netns = netns;
		this.socket = rtnl.socket(netns);
	}

	/**
	 * `undo` takes the message back, should it succeed; an error number that is `tolerated` counts as success;
	 * `afterInvalid` clears away what a message leaves behind that the kernel found invalid (EINVAL).
	 */
	add(op: number, request: Request, options: AddOptions = {}): void {
		this.#messages.message(request.header, request.body);
		const { undo, tolerated, afterInvalid } = options;
		this.#pending.push({ op, undo, tolerated, afterInvalid });
	}

	/** The number of a device as it will be once everything that waits was sent. */
	ifindexOf(name: string): number | undefined {
		return this.#planned.has(name) ? this.#planned.get(name) : this.socket.ifindexOf(name);
	}

	/** A device will have this name; undefined: none will. */
	plan(name: string, ifindex: number | undefined): void {
		this.#planned.set(name, ifindex);
	}

	touch(ifindex: number, netns: LinuxNetns = this.netns): void {
		const known = this.touched.get(netns);
		if (known === undefined) this.touched.set(netns, new Set([ifindex]));
		else known.add(ifindex);
	}

	/** Before more is collected than one message may carry. */
	get isFull(): boolean {
		return this.#messages.lengthBytes > SEND_BYTES;
	}

	/** Sends everything that waits; the error is that of the first operation that failed. */
	flush(): KernelError | undefined {
		const pending = this.#pending;
		if (pending.length === 0) return undefined;
		const { errors } = this.socket.exchange(this.#messages);
		this.#messages = new MessageWriter();
		this.#pending = [];
		this.#planned.clear();
		let failed: KernelError | undefined;
		for (const [k, { op, undo, tolerated, afterInvalid }] of pending.entries()) {
			const error = errors.get(k);
			const after = error === undefined ? undo : error.errno === EINVAL ? afterInvalid : undefined;
			if (after !== undefined) this.#undos.push(after);
			if (error === undefined) continue;
			if (error.errno !== tolerated && (failed === undefined || op < failed.op)) {
				failed = kernelError(op, error);
			}
		}
		return failed;
	}

	/** Takes back what succeeded, the last first; best effort. */
	undo(): void {
		const messages = new MessageWriter();
		for (const { header, body } of this.#undos.splice(0).reverse()) messages.message(header, body);
		this.socket.exchange(messages);
	}
}

/** A refused operation, for the words that iproute2 has before it asks the kernel. */
export function refusal(op: number, errno: Errno, message: string): KernelError {
	return { errno, op, message };
}

/** The refusal that each tool gives for an unknown device. */
export function noDevice(op: number, name: string): KernelError {
	return refusal(op, "ENODEV", `Cannot find device "${name}"`);
}
