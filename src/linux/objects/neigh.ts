/** Neighbour entries of the port on the real kernel: `ip neigh`. */
import { ok, type Result } from "../../base/result.ts";
import type { KernelError, Verb } from "../../kernel/kernel.ts";
import type { Neigh, NeighState } from "../../kernel/objects.ts";
import { ipNum } from "../../wire/addr.ts";
import { type Batch, noDevice } from "../netlink/batch.ts";
import {
	NLM_F_CREATE,
	NLM_F_EXCL,
	NLM_F_REPLACE,
	RTM_DELNEIGH,
	RTM_GETNEIGH,
	RTM_NEWNEIGH,
} from "../netlink/constants.ts";
import type { Attributes, Message } from "../netlink/reader.ts";
import type { NetlinkSocket } from "../netlink/socket.ts";
import type { MessageWriter } from "../netlink/writer.ts";
import { addrBytes, addrText, familyNumber, macBytes } from "./addr-bytes.ts";
import { dumpMessages, nameTable } from "./dump.ts";
import { macOf } from "./link-state.ts";

/** struct ndmsg. */
export const NDMSG_BYTES = 12;
export const NDA = {
	dst: 1,
	lladdr: 2,
	cacheinfo: 3,
	probes: 4,
	vlan: 5,
	port: 6,
	vni: 7,
	ifindex: 8,
	master: 9,
} as const;
/** USER_HZ: what times in struct nda_cacheinfo count in. */
export const USER_HZ = 100;

const NUD: Readonly<Record<NeighState, number>> = {
	NONE: 0,
	INCOMPLETE: 1,
	REACHABLE: 2,
	STALE: 4,
	DELAY: 8,
	PROBE: 0x10,
	FAILED: 0x20,
	NOARP: 0x40,
	PERMANENT: 0x80,
};

/** `ip neigh` lists NONE and NOARP only when asked for them; proxy entries are none of these. */
const LISTED: readonly NeighState[] = ["INCOMPLETE", "REACHABLE", "STALE", "DELAY", "PROBE", "FAILED", "PERMANENT"];

export const NEIGH_FLAGS: Readonly<Record<Verb, number>> = {
	add: NLM_F_CREATE | NLM_F_EXCL,
	replace: NLM_F_CREATE | NLM_F_REPLACE,
	delete: 0,
};

export function applyNeigh(batch: Batch, op: number, verb: Verb, neigh: Neigh): KernelError | undefined {
	const ifindex = batch.ifindexOf(neigh.dev);
	if (ifindex === undefined) return noDevice(op, neigh.dev);
	const body = (to: MessageWriter): void => {
		ndmsg(to, { family: familyNumber(neigh.addr), ifindex, state: NUD[neigh.state ?? "PERMANENT"], flags: 0 });
		to.attrBytes(NDA.dst, addrBytes(neigh.addr));
		if (neigh.mac !== undefined) to.attrBytes(NDA.lladdr, macBytes(neigh.mac));
	};
	const remove = { header: { type: RTM_DELNEIGH }, body };
	if (verb === "delete") batch.add(op, remove);
	else
		batch.add(
			op,
			{ header: { type: RTM_NEWNEIGH, flags: NEIGH_FLAGS[verb] }, body },
			// Without a MAC address the kernel makes the entry and then refuses it.
			verb === "add" ? { undo: remove, afterInvalid: remove } : {},
		);
	return undefined;
}

export function ndmsg(
	to: MessageWriter,
	{ family, ifindex, state, flags }: { family: number; ifindex: number; state: number; flags: number },
): void {
	to.u32(family).u32(ifindex).u16(state).u8(flags, 0);
}

/** By device, then by address; the kernel lists them by a hash. */
export function dumpNeighs(socket: NetlinkSocket): Result<readonly Neigh[], KernelError> {
	const messages = dumpMessages(socket, RTM_GETNEIGH, (to) => to.u32(0).u32(0).u32(0));
	if (!messages.ok) return messages;
	const nameOf = nameTable(socket);
	const found: { readonly ifindex: number; readonly neigh: Neigh }[] = [];
	for (const message of messages.value) {
		const neigh = neighObject(message, nameOf);
		if (neigh !== undefined) found.push({ ifindex: message.u32(4), neigh });
	}
	found.sort((a, b) => a.ifindex - b.ifindex || compareAddrs(a.neigh, b.neigh));
	return ok(found.map(({ neigh }) => neigh));
}

function compareAddrs(a: Neigh, b: Neigh): number {
	const [x, y] = [ipNum(a.addr), ipNum(b.addr)];
	if (typeof x !== typeof y) return typeof x === "number" ? -1 : 1;
	return x < y ? -1 : 1;
}

function neighObject(message: Message, nameOf: (ifindex: number) => string): Neigh | undefined {
	const attrs = message.attrs(NDMSG_BYTES);
	const addr = addrText(attrs.bytes(NDA.dst));
	const state = LISTED.find((each) => (message.u16(8) & NUD[each]) !== 0);
	if (addr === undefined || state === undefined) return undefined;
	const mac = macOf(attrs.bytes(NDA.lladdr));
	const isKnown = state !== "INCOMPLETE" && state !== "FAILED";
	return {
		kind: "neigh",
		dev: nameOf(message.u32(4)),
		addr,
		...(mac === undefined || !isKnown ? {} : { mac }),
		state,
		ages: agesOf(attrs),
	};
}

/** struct nda_cacheinfo: confirmed, used, updated, reference count. */
function agesOf(attrs: Attributes): NonNullable<Neigh["ages"]> {
	const bytes = attrs.bytes(NDA.cacheinfo);
	const at = (k: number): number =>
		bytes === undefined
			? 0
			: new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(4 * k, true) / USER_HZ;
	return { confirmedSeconds: at(0), usedSeconds: at(1), updatedSeconds: at(2), probes: attrs.u32(NDA.probes) ?? 0 };
}
