/** VLANs of bridge ports on the real kernel: `bridge vlan`. A kernel without CONFIG_BRIDGE_VLAN_FILTERING lists none and refuses all. */
import { ok, type Result } from "../../base/result.ts";
import type { KernelError, Verb } from "../../kernel/kernel.ts";
import type { BridgeVlan } from "../../kernel/objects.ts";
import { type Batch, noDevice, type Request } from "../netlink/batch.ts";
import { AF_BRIDGE, NLA_TYPE_MASK, RTM_DELLINK, RTM_GETLINK, RTM_SETLINK } from "../netlink/constants.ts";
import type { NetlinkSocket } from "../netlink/socket.ts";
import { MessageWriter } from "../netlink/writer.ts";
import { dumpMessages, nameTable } from "./dump.ts";
import { getLink } from "./link-message.ts";
import { IFINFOMSG_BYTES, IFLA } from "./link-state.ts";

const IFLA_AF_SPEC = 26;
const IFLA_BRIDGE_FLAGS = 0;
const IFLA_BRIDGE_VLAN_INFO = 2;
const BRIDGE_FLAGS_SELF = 2;
const VLAN_INFO = { pvid: 2, untagged: 4 } as const;
const RTEXT_FILTER_BRVLAN = 1 << 1;

/** Collects what the operation takes. */
export function applyBridgeVlan(batch: Batch, op: number, verb: Verb, vlan: BridgeVlan): KernelError | undefined {
	const ifindex = batch.ifindexOf(vlan.dev);
	if (ifindex === undefined) return noDevice(op, vlan.dev);
	const isBridge = (batch.kinds.get(ifindex) ?? getLink(batch.socket, ifindex)?.kind) === "bridge";
	batch.add(op, request(verb, { ifindex, isBridge }, vlan));
	return undefined;
}

interface Place {
	readonly ifindex: number;
	readonly isBridge: boolean;
}

function request(
	verb: Verb,
	{ ifindex, isBridge }: Place,
	vlan: Pick<BridgeVlan, "vid" | "pvid" | "untagged">,
): Request {
	return {
		header: { type: verb === "delete" ? RTM_DELLINK : RTM_SETLINK },
		body: (to) => {
			to.u32(AF_BRIDGE).u32(ifindex).u32(0).u32(0);
			to.nest(IFLA_AF_SPEC, (spec) => {
				if (isBridge) spec.attrU16(IFLA_BRIDGE_FLAGS, BRIDGE_FLAGS_SELF);
				const flags = (vlan.pvid === true ? VLAN_INFO.pvid : 0) | (vlan.untagged === true ? VLAN_INFO.untagged : 0);
				spec.attr(IFLA_BRIDGE_VLAN_INFO, (info) => void info.u16(flags).u16(vlan.vid));
			});
		},
	};
}

/** By device, then by VLAN. */
export function dumpBridgeVlans(socket: NetlinkSocket): Result<readonly BridgeVlan[], KernelError> {
	const listed = listVlans(socket);
	if (!listed.ok) return listed;
	const nameOf = nameTable(socket);
	return ok(
		listed.value.map(({ ifindex, isBridge: _only, ...vlan }) => ({
			kind: "bridge-vlan",
			dev: nameOf(ifindex),
			...vlan,
		})),
	);
}

export type SavedVlan = Place & Omit<BridgeVlan, "kind" | "dev">;

export function listVlans(socket: NetlinkSocket): Result<readonly SavedVlan[], KernelError> {
	const messages = dumpMessages(socket, RTM_GETLINK, (to) => {
		to.u32(AF_BRIDGE).u32(0).u32(0).u32(0);
		to.attrU32(IFLA.extMask, RTEXT_FILTER_BRVLAN);
	});
	if (!messages.ok) return messages;
	const found = messages.value.flatMap((message) => {
		const attrs = message.attrs(IFINFOMSG_BYTES);
		const ifindex = message.u32(4);
		const isBridge = (attrs.u32(IFLA.master) ?? 0) === ifindex || !attrs.has(IFLA.master);
		return vlanInfos(attrs.bytes(IFLA_AF_SPEC)).map(({ flags, vid }): SavedVlan => {
			const pvid = (flags & VLAN_INFO.pvid) === 0 ? {} : { pvid: true };
			const untagged = (flags & VLAN_INFO.untagged) === 0 ? {} : { untagged: true };
			return { ifindex, isBridge, vid, ...pvid, ...untagged };
		});
	});
	return ok(found.sort((a, b) => a.ifindex - b.ifindex || a.vid - b.vid));
}

/** Makes the VLANs of a namespace what they were. */
export function restoreVlans(socket: NetlinkSocket, before: readonly SavedVlan[]): void {
	const now = listVlans(socket);
	if (!now.ok) return;
	const key = (vlan: SavedVlan): string => JSON.stringify(vlan);
	const [was, is] = [new Set(before.map(key)), new Set(now.value.map(key))];
	const messages = new MessageWriter();
	const send = (verb: Verb, vlan: SavedVlan): void => {
		const { header, body } = request(verb, vlan, vlan);
		messages.message(header, body);
	};
	for (const vlan of now.value) if (!was.has(key(vlan))) send("delete", vlan);
	for (const vlan of before) if (!is.has(key(vlan))) send("replace", vlan);
	socket.exchange(messages);
}

/** The kernel repeats the attribute for each VLAN. */
function vlanInfos(spec: Uint8Array | undefined): readonly { readonly flags: number; readonly vid: number }[] {
	const found: { flags: number; vid: number }[] = [];
	if (spec === undefined) return found;
	const view = new DataView(spec.buffer, spec.byteOffset, spec.length);
	for (let at = 0; at + 4 <= spec.length; ) {
		const length = view.getUint16(at, true);
		if (length < 4 || at + length > spec.length) break;
		const type = view.getUint16(at + 2, true) & NLA_TYPE_MASK;
		if (type === IFLA_BRIDGE_VLAN_INFO && length >= 8) {
			found.push({ flags: view.getUint16(at + 4, true), vid: view.getUint16(at + 6, true) });
		}
		at += (length + 3) & ~3;
	}
	return found;
}
