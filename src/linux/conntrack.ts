/**
 * Connection tracking entries of the real kernel: listed in the order of its hash table, deleted, counted. Entries
 * come to be by packets only, so `add` and `replace` are refused, as in the simulated kernel.
 */
import { err, ok, type Result } from "../base/result.ts";
import type { ConntrackEntry, ConntrackStats } from "../kernel/conntrack.ts";
import type { KernelError } from "../kernel/kernel.ts";
import type { KernelObject, KernelObjectKind } from "../kernel/objects.ts";
import { readConntrack, writeConntrack, writeConntrackName } from "./conntrack-message.ts";
import { procConntrack } from "./conntrack-proc.ts";
import type { IndexedOp, ObjectDriver, Undo } from "./driver.ts";
import { AF_UNSPEC, errnoName } from "./libc.ts";
import { NLM_F_CREATE, NLM_F_EXCL } from "./netlink/constants.ts";
import { kernelError, type NetlinkError } from "./netlink/errno.ts";
import type { Attributes, Message } from "./netlink/reader.ts";
import { NetlinkSocket } from "./netlink/socket.ts";
import { MessageWriter } from "./netlink/writer.ts";
import type { LinuxNetns } from "./netns.ts";
import { be32, NETLINK_NETFILTER, NFGENMSG_BYTES, NFNL_SUBSYS_CTNETLINK, nfgenmsg, nfnlType } from "./nfnetlink.ts";
import { readSysctl } from "./objects/sysctl-file.ts";

const CT_NEW = nfnlType(NFNL_SUBSYS_CTNETLINK, 0);
const CT_GET = nfnlType(NFNL_SUBSYS_CTNETLINK, 1);
const CT_DELETE = nfnlType(NFNL_SUBSYS_CTNETLINK, 2);
const CT_GET_STATS_CPU = nfnlType(NFNL_SUBSYS_CTNETLINK, 4);

/** enum ctattr_stats_cpu. */
const CTA_STATS = { invalid: 4, insertFailed: 9, drop: 10, earlyDrop: 11, clashResolve: 14 } as const;

export class ConntrackDriver implements ObjectDriver {
	readonly kinds: readonly KernelObjectKind[] = ["conntrack"];

	apply(
		netns: LinuxNetns,
		ops: readonly IndexedOp[],
		options: { readonly undoable: boolean },
	): Result<Undo, KernelError> {
		const doomed: { readonly index: number; readonly entry: ConntrackEntry }[] = [];
		for (const { index, op } of ops) {
			if (op.object.kind !== "conntrack") continue;
			if (op.verb !== "delete") {
				const message = "conntrack: making or changing an entry is not modelled";
				return err({ errno: "EOPNOTSUPP", op: index, message });
			}
			doomed.push({ index, entry: op.object });
		}
		return withSocket(netns, (socket) => this.#delete(netns, { socket, doomed, undoable: options.undoable }));
	}

	dump(netns: LinuxNetns): Result<readonly KernelObject[], KernelError> {
		return conntrackEntries(netns);
	}

	#delete(
		netns: LinuxNetns,
		{
			socket,
			doomed,
			undoable,
		}: {
			readonly socket: NetlinkSocket;
			readonly doomed: readonly { readonly index: number; readonly entry: ConntrackEntry }[];
			readonly undoable: boolean;
		},
	): Result<Undo, KernelError> {
		const before: ConntrackEntry[] = [];
		if (undoable || doomed.length > 1) {
			const request = new MessageWriter();
			for (const { entry } of doomed) request.message({ type: CT_GET }, (to) => writeConntrackName(to, entry));
			const found = socket.exchange(request);
			for (const [k, { index }] of doomed.entries()) {
				const error = found.errors.get(k);
				if (error !== undefined) return err(entryError(index, error));
				const [reply] = found.replies.get(k) ?? [];
				const entry = reply === undefined ? undefined : readConntrack(reply);
				if (entry !== undefined) before.push(entry);
			}
		}
		const request = new MessageWriter();
		for (const { entry } of doomed) request.message({ type: CT_DELETE }, (to) => writeConntrackName(to, entry));
		const { errors } = socket.exchange(request);
		const undo: Undo = () => void withSocket(netns, (other) => ok(remake(other, before)));
		for (const [k, { index }] of doomed.entries()) {
			const error = errors.get(k);
			if (error === undefined) continue;
			undo();
			return err(entryError(index, error));
		}
		return ok(undo);
	}
}

/** Every entry of both families. */
export function conntrackEntries(netns: LinuxNetns): Result<readonly ConntrackEntry[], KernelError> {
	if (countsNone(netns)) return ok([]);
	const entries = procConntrack(netns);
	return entries === undefined ? netlinkConntrack(netns) : ok(entries);
}

/** Going through the hash table of all namespaces takes long; that there is nothing to be found is counted. */
function countsNone(netns: LinuxNetns): boolean {
	const count = netns.run(() => readSysctl(netns, "net/netfilter/nf_conntrack_count"));
	return "value" in count && count.value === "0";
}

/** The same by netlink, for a kernel without the file in /proc. */
export function netlinkConntrack(netns: LinuxNetns): Result<readonly ConntrackEntry[], KernelError> {
	return withSocket(netns, (socket) => {
		const listed = socket.dump(CT_GET, (to) => nfgenmsg(to, AF_UNSPEC));
		if ("errno" in listed) return err(kernelError(-1, listed));
		return ok(listed.map(readConntrack).filter((entry) => entry !== undefined));
	});
}

/** Deletes every entry, as `conntrack -F`. */
export function flushConntrack(netns: LinuxNetns): Result<void, KernelError> {
	return withSocket(netns, (socket) => {
		const request = new MessageWriter();
		request.message({ type: CT_DELETE }, (to) => nfgenmsg(to, AF_UNSPEC));
		const error = socket.exchange(request).errors.get(0);
		return error === undefined ? ok(undefined) : err(kernelError(-1, error));
	});
}

/** The counters of all CPUs together. */
export function conntrackStats(netns: LinuxNetns): Result<ConntrackStats, KernelError> {
	return withSocket(netns, (socket) => {
		const listed = socket.dump(CT_GET_STATS_CPU, (to) => nfgenmsg(to, AF_UNSPEC));
		if ("errno" in listed) return err(kernelError(-1, listed));
		const cpus = listed.map((message: Message) => message.attrs(NFGENMSG_BYTES));
		return ok({
			invalid: sum(cpus, CTA_STATS.invalid),
			insertFailed: sum(cpus, CTA_STATS.insertFailed),
			drop: sum(cpus, CTA_STATS.drop),
			earlyDrop: sum(cpus, CTA_STATS.earlyDrop),
			clashResolve: sum(cpus, CTA_STATS.clashResolve),
		});
	});
}

function sum(cpus: readonly Attributes[], type: number): number {
	return cpus.reduce((total, attrs) => total + (be32(attrs, type) ?? 0), 0);
}

/** Entries that were deleted, made again; best effort. */
function remake(socket: NetlinkSocket, entries: readonly ConntrackEntry[]): void {
	const request = new MessageWriter();
	for (const entry of entries) {
		request.message({ type: CT_NEW, flags: NLM_F_CREATE | NLM_F_EXCL }, (to) => writeConntrack(to, entry));
	}
	socket.exchange(request);
}

function entryError(index: number, error: NetlinkError): KernelError {
	if (errnoName(error.errno) !== "ENOENT") return kernelError(index, error);
	return { errno: "ENOENT", op: index, message: "conntrack: Operation failed: such conntrack doesn't exist" };
}

function withSocket<T>(
	netns: LinuxNetns,
	work: (socket: NetlinkSocket) => Result<T, KernelError>,
): Result<T, KernelError> {
	const socket = new NetlinkSocket(netns, NETLINK_NETFILTER);
	try {
		return work(socket);
	} finally {
		socket.close();
	}
}
