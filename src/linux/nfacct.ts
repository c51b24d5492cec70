/** Named counters for `-m nfacct` in the real kernel, by netlink. */
import { err, ok, type Result } from "../base/result.ts";
import type { KernelError } from "../kernel/kernel.ts";
import type { KernelObject, KernelObjectKind, Nfacct } from "../kernel/objects.ts";
import type { IndexedOp, ObjectDriver, Undo } from "./driver.ts";
import { errnoName } from "./libc.ts";
import { NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from "./netlink/constants.ts";
import { kernelError, type NetlinkError } from "./netlink/errno.ts";
import { NetlinkSocket } from "./netlink/socket.ts";
import { MessageWriter } from "./netlink/writer.ts";
import type { LinuxNetns } from "./netns.ts";
import {
	attrBe64,
	be64,
	NETLINK_NETFILTER,
	NFGENMSG_BYTES,
	NFNL_SUBSYS_ACCT,
	nfgenmsg,
	nfnlType,
} from "./nfnetlink.ts";

const ACCT_NEW = nfnlType(NFNL_SUBSYS_ACCT, 0);
const ACCT_GET = nfnlType(NFNL_SUBSYS_ACCT, 1);
const ACCT_DEL = nfnlType(NFNL_SUBSYS_ACCT, 3);
const NFACCT_NAME = 1;
const NFACCT_PKTS = 2;
const NFACCT_BYTES = 3;
/** NFACCT_NAME_MAX, less the zero byte. */
const NAME_LENGTH = 31;

type Step = Result<Undo, Pick<KernelError, "errno" | "message">>;

/**
 * `replace` of an object that is there leaves it to the rules that count in it. Given counters it sets them, but Linux can
 * only set those of an object in use to zero: other counters for such a one are refused (EBUSY).
 */
export class NfacctDriver implements ObjectDriver {
	readonly kinds: readonly KernelObjectKind[] = ["nfacct"];

	apply(netns: LinuxNetns, ops: readonly IndexedOp[]): Result<Undo, KernelError> {
		const undos: Undo[] = [];
		const undo: Undo = () => {
			for (const each of undos.splice(0).reverse()) each();
		};
		for (const { index, op } of ops) {
			if (op.object.kind !== "nfacct") continue;
			const acct = new Accounting(netns);
			const done = acct.apply(op.verb, op.object);
			if (!done.ok) {
				undo();
				return err({ ...done.error, op: index });
			}
			undos.push(done.value);
		}
		return ok(undo);
	}

	dump(netns: LinuxNetns): Result<readonly KernelObject[], KernelError> {
		return new Accounting(netns).list();
	}
}

class Accounting {
	readonly #netns: LinuxNetns;

	constructor(netns: LinuxNetns) {
		this.#netns = netns;
	}

	/** In the order in which they were made. */
	list(): Result<readonly Nfacct[], KernelError> {
		return this.#with((socket) => {
			const listed = socket.dump(ACCT_GET, (to) => nfgenmsg(to, 0));
			if ("errno" in listed) return err(kernelError(-1, listed));
			return ok(
				listed.map((message): Nfacct => {
					const attrs = message.attrs(NFGENMSG_BYTES);
					const counters = { packets: be64(attrs, NFACCT_PKTS) ?? 0, bytes: be64(attrs, NFACCT_BYTES) ?? 0 };
					return { kind: "nfacct", name: attrs.text(NFACCT_NAME) ?? "", counters };
				}),
			);
		});
	}

	apply(verb: IndexedOp["op"]["verb"], object: Nfacct): Step {
		const { name, counters } = object;
		const listed = this.list();
		if (!listed.ok) return listed;
		const before = listed.value.find((each) => each.name === name);
		switch (verb) {
			case "delete":
				return this.#remove(object, before);
			case "add":
				return this.#make(object);
			case "replace":
				if (before === undefined) return this.#make(object);
				return counters === undefined ? ok(() => undefined) : this.#set(before, object);
		}
	}

	#make(object: Nfacct): Step {
		const { name } = object;
		if (name === "" || Buffer.byteLength(name) > NAME_LENGTH || name.includes("\0")) {
			return err({ errno: "EINVAL", message: `accounting object name \`${name}' is not allowed` });
		}
		const error = this.#send(ACCT_NEW, { flags: NLM_F_CREATE | NLM_F_EXCL, object });
		if (error === undefined) return ok(() => void this.#send(ACCT_DEL, { object }));
		return err(said(error, "EEXIST", `accounting object \`${name}' already exists`));
	}

	#remove(object: Nfacct, before: Nfacct | undefined): Step {
		const { name } = object;
		const error = this.#send(ACCT_DEL, { object });
		if (error === undefined) return ok(() => void (before === undefined ? undefined : this.#make(before)));
		if (errnoName(error.errno) === "EBUSY") return err(said(error, "EBUSY", `accounting object \`${name}' is in use`));
		return err(said(error, "ENOENT", `accounting object \`${name}' does not exist`));
	}

	/** There is no request to set counters but to zero. */
	#set(before: Nfacct, object: Nfacct): Step {
		const isZero = object.counters?.packets === 0 && object.counters.bytes === 0;
		if (isZero) {
			const error = this.#send(ACCT_NEW, { flags: NLM_F_CREATE | NLM_F_REPLACE, object });
			return error === undefined ? ok(() => void this.#set(object, before)) : err(kernelError(-1, error));
		}
		const removed = this.#remove(before, before);
		if (!removed.ok) return removed;
		const made = this.#make(object);
		if (!made.ok) {
			removed.value();
			return made;
		}
		return ok(() => void this.#set(object, before));
	}

	#send(
		type: number,
		{ flags = 0, object }: { readonly flags?: number; readonly object: Nfacct },
	): NetlinkError | undefined {
		return this.#with((socket) => {
			const request = new MessageWriter();
			request.message({ type, flags }, (to) => {
				nfgenmsg(to, 0);
				to.attrText(NFACCT_NAME, object.name);
				if (object.counters === undefined || type !== ACCT_NEW) return;
				attrBe64(to, NFACCT_PKTS, object.counters.packets);
				attrBe64(to, NFACCT_BYTES, object.counters.bytes);
			});
			return socket.exchange(request).errors.get(0);
		});
	}

	#with<T>(work: (socket: NetlinkSocket) => T): T {
		const socket = new NetlinkSocket(this.#netns, NETLINK_NETFILTER);
		try {
			return work(socket);
		} finally {
			socket.close();
		}
	}
}

function said(
	error: NetlinkError,
	errno: KernelError["errno"],
	message: string,
): Pick<KernelError, "errno" | "message"> {
	return errnoName(error.errno) === errno ? { errno, message } : kernelError(-1, error);
}
