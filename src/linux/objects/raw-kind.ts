/**
 * Objects as the kernel's own messages, for taking transactions back: what a dump says, sent again, makes the same object,
 * as `ip route restore` does. Devices are meant by number, so the devices must be back first.
 */
import {
	AF_BRIDGE,
	NLA_TYPE_MASK,
	NLM_F_APPEND,
	NLM_F_CREATE,
	NLM_F_REPLACE,
	RTM_DELADDR,
	RTM_DELNEIGH,
	RTM_DELROUTE,
	RTM_DELRULE,
	RTM_GETADDR,
	RTM_GETNEIGH,
	RTM_GETROUTE,
	RTM_GETRULE,
	RTM_NEWADDR,
	RTM_NEWNEIGH,
	RTM_NEWROUTE,
	RTM_NEWRULE,
} from "../netlink/constants.ts";
import type { Message } from "../netlink/reader.ts";
import type { MessageWriter } from "../netlink/writer.ts";
import { IFADDRMSG_BYTES } from "./addr.ts";
import { NDA, NDMSG_BYTES } from "./neigh.ts";
import { RTA, RTMSG_BYTES, RTNH_F_ONLINK } from "./route.ts";

export type RawName = "addr" | "route" | "rule" | "neigh" | "fdb";

export interface RawKind {
	readonly get: number;
	readonly add: number;
	readonly addFlags: number;
	readonly remove: number;
	readonly list: (to: MessageWriter) => void;
	/** Length of the fixed part. */
	readonly fixed: number;
	/** Attributes that change by themselves. */
	readonly leftOut: readonly number[];
	/** Prepares a copy of the message's payload for being sent; false: an object that is nobody's to make. */
	readonly clean: (body: Uint8Array, message: Message) => boolean;
}

const empty8 = (to: MessageWriter): void => void to.u32(0).u32(0);
const empty12 = (to: MessageWriter): void => void to.u32(0).u32(0).u32(0);
const NTF_SELF = 2;
const NTF_MASTER = 4;
const NUD_STALE = 0x04;
const NUD_NOARP = 0x40;
const FIB_RULE_INVERT = 2;
const IFA_FLAGS = 8;
const IFA_CACHEINFO = 6;
const RTA_CACHEINFO = 12;

export const RAW_KINDS: Readonly<Record<RawName, RawKind>> = {
	addr: {
		get: RTM_GETADDR,
		add: RTM_NEWADDR,
		addFlags: NLM_F_CREATE | NLM_F_REPLACE,
		remove: RTM_DELADDR,
		list: empty8,
		fixed: IFADDRMSG_BYTES,
		leftOut: [IFA_CACHEINFO, IFA_FLAGS],
		clean: (body) => {
			body[2] = 0;
			return true;
		},
	},
	route: {
		get: RTM_GETROUTE,
		add: RTM_NEWROUTE,
		addFlags: NLM_F_CREATE | NLM_F_APPEND,
		remove: RTM_DELROUTE,
		list: empty12,
		fixed: RTMSG_BYTES,
		leftOut: [RTA_CACHEINFO],
		clean: cleanRoute,
	},
	rule: {
		get: RTM_GETRULE,
		add: RTM_NEWRULE,
		addFlags: NLM_F_CREATE,
		remove: RTM_DELRULE,
		list: empty12,
		fixed: RTMSG_BYTES,
		leftOut: [],
		clean: (body) => {
			body[8] = (body[8] ?? 0) & FIB_RULE_INVERT;
			return true;
		},
	},
	neigh: {
		get: RTM_GETNEIGH,
		add: RTM_NEWNEIGH,
		addFlags: NLM_F_CREATE | NLM_F_REPLACE,
		remove: RTM_DELNEIGH,
		list: empty12,
		fixed: NDMSG_BYTES,
		leftOut: [NDA.cacheinfo, NDA.probes],
		clean: (body) => body[8] !== 0 && body[8] !== NUD_NOARP,
	},
	fdb: {
		get: RTM_GETNEIGH,
		add: RTM_NEWNEIGH,
		addFlags: NLM_F_CREATE | NLM_F_REPLACE,
		remove: RTM_DELNEIGH,
		list: (to) => void to.u32(AF_BRIDGE).u32(0).u32(0),
		fixed: NDMSG_BYTES,
		leftOut: [NDA.cacheinfo, NDA.master],
		clean: (body, message) => {
			const attrs = message.attrs(NDMSG_BYTES);
			const master = attrs.u32(NDA.master);
			if (master === undefined || (attrs.u16(NDA.vlan) ?? 0) !== 0 || message.u16(8) === NUD_STALE) return false;
			body[10] = master === message.u32(4) ? NTF_SELF : NTF_MASTER;
			return true;
		},
	},
};

/** Flags that tell the device's state may not be sent; IPv4 and IPv6 only. */
function cleanRoute(body: Uint8Array): boolean {
	const view = new DataView(body.buffer, body.byteOffset, body.length);
	view.setUint32(8, view.getUint32(8, true) & RTNH_F_ONLINK, true);
	for (let at = RTMSG_BYTES; at + 4 <= body.length; ) {
		const length = view.getUint16(at, true);
		if (length < 4) break;
		if ((view.getUint16(at + 2, true) & NLA_TYPE_MASK) === RTA.multipath) {
			for (let hop = at + 4; hop + 8 <= at + length; ) {
				view.setUint8(hop + 2, view.getUint8(hop + 2) & RTNH_F_ONLINK);
				hop += Math.max(8, (view.getUint16(hop, true) + 3) & ~3);
			}
		}
		at += (length + 3) & ~3;
	}
	return body[0] === 2 || body[0] === 10;
}

/** The payload to send for a dumped message; undefined: an object that is nobody's to make. */
export function replayOf(kind: RawKind, message: Message): Uint8Array | undefined {
	const body = message.body.slice();
	if (!kind.clean(body, message)) return undefined;
	const view = new DataView(body.buffer);
	let end = kind.fixed;
	for (let at = kind.fixed; at + 4 <= body.length; ) {
		const length = view.getUint16(at, true);
		if (length < 4) break;
		const next = Math.min(body.length, at + ((length + 3) & ~3));
		if (!kind.leftOut.includes(view.getUint16(at + 2, true) & NLA_TYPE_MASK)) {
			body.copyWithin(end, at, next);
			end += next - at;
		}
		at = next;
	}
	return body.subarray(0, end);
}
