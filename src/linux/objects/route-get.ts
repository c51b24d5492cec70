/** Asking the real kernel for a routing decision: `ip route get`. */
import { err, ok, type Result } from "../../base/result.ts";
import type { KernelError } from "../../kernel/kernel.ts";
import type { RouteAnswer, RouteQuery } from "../../kernel/route-query.ts";
import { addrBits } from "../../wire/addr.ts";
import { RTM_GETROUTE } from "../netlink/constants.ts";
import { kernelError } from "../netlink/errno.ts";
import type { Message } from "../netlink/reader.ts";
import type { NetlinkSocket } from "../netlink/socket.ts";
import { MessageWriter } from "../netlink/writer.ts";
import { addrBytes, addrText, familyNumber } from "./addr-bytes.ts";
import { nameTable } from "./dump.ts";
import { RTA, RTAX_MTU, RTMSG_BYTES } from "./route.ts";
import { routeObject } from "./route-dump.ts";
import { routeTypeName } from "./route-names.ts";

const RTM_F_LOOKUP_TABLE = 0x1000;
const RTM_F_FIB_MATCH = 0x2000;
const RTCF_DOREDIRECT = 0x0100_0000;

interface Devices {
	readonly iif: number | undefined;
	readonly oif: number | undefined;
}

/** One message asks for the decision, a second one for the route that matched. */
export function routeGet(socket: NetlinkSocket, query: RouteQuery): Result<RouteAnswer, KernelError> {
	const iif = query.iif === undefined ? undefined : socket.ifindexOf(query.iif);
	if (query.iif !== undefined && iif === undefined) return noDevice(query.iif);
	const oif = query.oif === undefined ? undefined : socket.ifindexOf(query.oif);
	if (query.oif !== undefined && oif === undefined) return noDevice(query.oif);
	const request = new MessageWriter();
	for (const flags of [RTM_F_LOOKUP_TABLE, RTM_F_LOOKUP_TABLE | RTM_F_FIB_MATCH]) {
		request.message({ type: RTM_GETROUTE }, (to) => putQuery(to, query, { iif, oif }, flags));
	}
	const { errors, replies } = socket.exchange(request);
	const failed = errors.get(0);
	if (failed !== undefined) return err(kernelError(-1, failed));
	const [decision] = replies.get(0) ?? [];
	const [match] = replies.get(1) ?? [];
	if (decision === undefined) return err({ errno: "EIO", op: -1, message: "No answer" });
	return ok(answerOf(decision, match, nameTable(socket)));
}

function noDevice(name: string): { readonly ok: false; readonly error: KernelError } {
	return err({ errno: "ENODEV", op: -1, message: `Cannot find device "${name}"` });
}

function putQuery(to: MessageWriter, query: RouteQuery, { iif, oif }: Devices, flags: number): void {
	const { dst, src, mark, tos, proto, sport, dport } = query;
	to.u8(familyNumber(dst), addrBits(dst), src === undefined ? 0 : addrBits(src), tos ?? 0)
		.u32(0)
		.u32(flags);
	to.attrBytes(RTA.dst, addrBytes(dst));
	if (src !== undefined) to.attrBytes(RTA.src, addrBytes(src));
	if (iif !== undefined) to.attrU32(RTA.iif, iif);
	if (oif !== undefined) to.attrU32(RTA.oif, oif);
	if (mark !== undefined) to.attrU32(RTA.mark, mark);
	if (proto !== undefined) to.attrU8(RTA.ipProto, proto);
	if (sport !== undefined) to.attrBe16(RTA.sport, sport);
	if (dport !== undefined) to.attrBe16(RTA.dport, dport);
}

function answerOf(decision: Message, match: Message | undefined, nameOf: (ifindex: number) => string): RouteAnswer {
	const attrs = decision.attrs(RTMSG_BYTES);
	const via = addrText(attrs.bytes(RTA.gateway) ?? attrs.bytes(RTA.via)?.subarray(2));
	const prefsrc = addrText(attrs.bytes(RTA.prefsrc));
	const mtu = attrs.nested(RTA.metrics)?.u32(RTAX_MTU);
	const oif = attrs.u32(RTA.oif) ?? 0;
	const route = match === undefined ? undefined : routeObject(match, nameOf);
	return {
		type: routeTypeName(decision.u8(7)) ?? "unicast",
		dev: oif === 0 ? "lo" : nameOf(oif),
		...(via === undefined ? {} : { via }),
		...(prefsrc === undefined ? {} : { prefsrc }),
		table: attrs.u32(RTA.table) ?? decision.u8(4),
		...(mtu === undefined ? {} : { mtu }),
		...((decision.u32(8) & RTCF_DOREDIRECT) === 0 ? {} : { redirect: true }),
		...(route === undefined ? {} : { route }),
	};
}
