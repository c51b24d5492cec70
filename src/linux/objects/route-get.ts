/** Asking the real kernel for a routing decision: `ip route get`. */
import { err, ok, type Result } from "../../base/result.ts";
import type { KernelError } from "../../kernel/kernel.ts";
import { type Route, RT_TABLE_LOCAL, RT_TABLE_MAIN } from "../../kernel/objects.ts";
import type { RouteAnswer, RouteQuery } from "../../kernel/route-query.ts";
import { addrBits, familyOf } from "../../wire/addr.ts";
import { RTM_GETROUTE } from "../netlink/constants.ts";
import { kernelError } from "../netlink/errno.ts";
import type { Message } from "../netlink/reader.ts";
import type { NetlinkSocket } from "../netlink/socket.ts";
import { MessageWriter } from "../netlink/writer.ts";
import { addrBytes, addrText, familyNumber } from "./addr-bytes.ts";
import { nameTable } from "./dump.ts";
import { RTA, RTAX_MTU, RTMSG_BYTES } from "./route.ts";
import { dumpRoutes, routeObject } from "./route-dump.ts";
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
	// IPv6 names the table without being told to, and then takes it amiss.
	const flagsOfAll = familyOf(query.dst) === "ipv4" ? RTM_F_LOOKUP_TABLE : 0;
	for (const flags of [flagsOfAll, flagsOfAll | RTM_F_FIB_MATCH]) {
		request.message({ type: RTM_GETROUTE }, (to) => putQuery(to, query, { iif, oif }, flags));
	}
	const { errors, replies } = socket.exchange(request);
	const failed = errors.get(0);
	if (failed !== undefined) return err(kernelError(-1, failed));
	const [decision] = replies.get(0) ?? [];
	const [match] = replies.get(1) ?? [];
	if (decision === undefined) return err({ errno: "EIO", op: -1, message: "No answer" });
	const nameOf = nameTable(socket);
	const route = match === undefined ? undefined : routeObject(match, nameOf);
	const found = route === undefined ? undefined : inOwnTable(socket, route);
	return ok({ ...answerOf(decision, nameOf), ...(found === undefined ? {} : { route: found }) });
}

/** Without rules of one's own, Linux keeps `local` in `main`'s trie and says `main` of routes of both. */
function inOwnTable(socket: NetlinkSocket, route: Route): Route {
	if (route.table !== RT_TABLE_MAIN || (route.type !== "local" && route.type !== "broadcast")) return route;
	const own = { ...route, table: RT_TABLE_LOCAL };
	const listed = dumpRoutes(socket);
	const isLocal = listed.ok && listed.value.some((each) => JSON.stringify(each) === JSON.stringify(own));
	return isLocal ? own : route;
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

function answerOf(decision: Message, nameOf: (ifindex: number) => string): RouteAnswer {
	const attrs = decision.attrs(RTMSG_BYTES);
	const via = addrText(attrs.bytes(RTA.gateway) ?? attrs.bytes(RTA.via)?.subarray(2));
	const prefsrc = addrText(attrs.bytes(RTA.prefsrc));
	const mtu = attrs.nested(RTA.metrics)?.u32(RTAX_MTU);
	const oif = attrs.u32(RTA.oif) ?? 0;
	return {
		type: routeTypeName(decision.u8(7)) ?? "unicast",
		dev: oif === 0 ? "lo" : nameOf(oif),
		...(via === undefined ? {} : { via }),
		...(prefsrc === undefined ? {} : { prefsrc }),
		table: attrs.u32(RTA.table) ?? decision.u8(4),
		...(mtu === undefined ? {} : { mtu }),
		...((decision.u32(8) & RTCF_DOREDIRECT) === 0 ? {} : { redirect: true }),
	};
}
