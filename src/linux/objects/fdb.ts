/** Forwarding entries of the port on the real kernel: `bridge fdb … master`. */
import { ok, type Result } from "../../base/result.ts";
import type { KernelError, Verb } from "../../kernel/kernel.ts";
import type { Fdb } from "../../kernel/objects.ts";
import { type Batch, noDevice } from "../netlink/batch.ts";
import {
	AF_BRIDGE,
	NLM_F_APPEND,
	NLM_F_CREATE,
	RTM_DELNEIGH,
	RTM_GETNEIGH,
	RTM_NEWNEIGH,
} from "../netlink/constants.ts";
import type { Message } from "../netlink/reader.ts";
import type { NetlinkSocket } from "../netlink/socket.ts";
import type { MessageWriter } from "../netlink/writer.ts";
import { addrBytes, addrText, macBytes } from "./addr-bytes.ts";
import { dumpMessages, nameTable } from "./dump.ts";
import { getLink } from "./link-message.ts";
import { macOf } from "./link-state.ts";
import { NDA, NDMSG_BYTES, NEIGH_FLAGS, ndmsg, USER_HZ } from "./neigh.ts";

const NTF_SELF = 2;
const NTF_MASTER = 4;
const NUD_REACHABLE = 0x02;
const NUD_STALE = 0x04;
const NUD_NOARP = 0x40;
const NUD_PERMANENT = 0x80;

export function applyFdb(batch: Batch, op: number, verb: Verb, fdb: Fdb): KernelError | undefined {
	const ifindex = batch.ifindexOf(fdb.dev);
	if (ifindex === undefined) return noDevice(op, fdb.dev);
	const via = fdb.via === undefined ? undefined : batch.ifindexOf(fdb.via);
	if (fdb.via !== undefined && via === undefined) return noDevice(op, fdb.via);
	// Of the bridge or VXLAN device itself (`self`), else of the bridge that the device is a port of.
	const flags = fdb.dst !== undefined || isBridge(batch, ifindex) ? NTF_SELF : NTF_MASTER;
	const state =
		fdb.state === "permanent"
			? NUD_PERMANENT
			: fdb.state === "static"
				? NUD_NOARP | (fdb.dst === undefined ? 0 : NUD_REACHABLE)
				: NUD_REACHABLE;
	const body = (to: MessageWriter): void => {
		ndmsg(to, { family: AF_BRIDGE, ifindex, state, flags });
		to.attrBytes(NDA.lladdr, macBytes(fdb.mac));
		if (fdb.vlan !== undefined) to.attrU16(NDA.vlan, fdb.vlan);
		if (fdb.dst !== undefined) to.attrBytes(NDA.dst, addrBytes(fdb.dst));
		if (fdb.port !== undefined) to.attrBe16(NDA.port, fdb.port);
		if (fdb.vni !== undefined) to.attrU32(NDA.vni, fdb.vni);
		if (via !== undefined) to.attrU32(NDA.ifindex, via);
	};
	const remove = { header: { type: RTM_DELNEIGH }, body };
	if (verb === "delete") batch.add(op, remove);
	else
		batch.add(
			op,
			{ header: { type: RTM_NEWNEIGH, flags: fdb.append ? NLM_F_CREATE | NLM_F_APPEND : NEIGH_FLAGS[verb] }, body },
			verb === "add" ? { undo: remove } : {},
		);
	return undefined;
}

function isBridge(batch: Batch, ifindex: number): boolean {
	let kind = batch.kinds.get(ifindex);
	if (kind === undefined) {
		kind = getLink(batch.socket, ifindex)?.kind ?? "";
		batch.kinds.set(ifindex, kind);
	}
	return kind === "bridge";
}

/** By device; within one the youngest first, as the kernel keeps them. */
export function dumpFdb(socket: NetlinkSocket): Result<readonly Fdb[], KernelError> {
	const messages = dumpFdbMessages(socket);
	if (!messages.ok) return messages;
	const nameOf = nameTable(socket);
	return ok(messages.value.flatMap((message) => fdbObject(message, nameOf) ?? []));
}

/** Entries of bridges and VXLAN devices only: other devices list the multicast addresses that they listen to. */
export function dumpFdbMessages(socket: NetlinkSocket): Result<readonly Message[], KernelError> {
	const messages = dumpMessages(socket, RTM_GETNEIGH, (to) => {
		to.u32(AF_BRIDGE).u32(0).u32(0);
	});
	if (!messages.ok) return messages;
	const tellsVlansApart = filteringBridges(socket);
	return ok(
		messages.value.filter((message) => {
			const attrs = message.attrs(NDMSG_BYTES);
			const master = attrs.u32(NDA.master);
			if (master === undefined) return attrs.has(NDA.dst);
			// Kernels with VLAN filtering have each local entry once more for VLAN 1, also where it is off.
			return (attrs.u16(NDA.vlan) ?? 0) === 0 || tellsVlansApart(master);
		}),
	);
}

function filteringBridges(socket: NetlinkSocket): (ifindex: number) => boolean {
	const known = new Map<number, boolean>();
	return (ifindex) => {
		const found = known.get(ifindex) ?? getLink(socket, ifindex)?.bridge?.vlanFiltering === true;
		known.set(ifindex, found);
		return found;
	};
}

function fdbObject(message: Message, nameOf: (ifindex: number) => string): Fdb | undefined {
	const attrs = message.attrs(NDMSG_BYTES);
	const mac = macOf(attrs.bytes(NDA.lladdr));
	const state = message.u16(8);
	// Aged, and about to go.
	if (mac === undefined || (state & NUD_STALE) !== 0) return undefined;
	const isLocal = (state & NUD_PERMANENT) !== 0;
	const isStatic = (state & NUD_NOARP) !== 0;
	const bytes = attrs.bytes(NDA.cacheinfo);
	const updated =
		bytes === undefined || isLocal ? 0 : new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(8, true);
	const [dst, port, vni] = [addrText(attrs.bytes(NDA.dst)), attrs.be16(NDA.port), attrs.u32(NDA.vni)];
	const via = attrs.u32(NDA.ifindex);
	const vlan = attrs.u16(NDA.vlan) ?? 0;
	return {
		kind: "fdb",
		dev: nameOf(message.u32(4)),
		mac,
		...(vlan === 0 ? {} : { vlan }),
		...(dst === undefined ? {} : { dst }),
		...(port === undefined ? {} : { port }),
		...(vni === undefined ? {} : { vni }),
		...(dst === undefined || via === undefined ? {} : { via: nameOf(via) }),
		...(isLocal ? { state: "permanent" } : isStatic ? { state: "static" } : {}),
		ageSeconds: updated / USER_HZ,
	};
}
