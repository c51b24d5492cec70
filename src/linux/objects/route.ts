/** Routes of the port on the real kernel: `ip route add | replace | delete`. */
import type { KernelError, Verb } from "../../kernel/kernel.ts";
import {
	type NextHop,
	type Route,
	type RouteType,
	RT_TABLE_LOCAL,
	RT_TABLE_MAIN,
	type Scope,
} from "../../kernel/objects.ts";
import { type Batch, noDevice, refusal } from "../netlink/batch.ts";
import {
	NLM_F_APPEND,
	NLM_F_CREATE,
	NLM_F_EXCL,
	NLM_F_REPLACE,
	RTM_DELROUTE,
	RTM_NEWROUTE,
} from "../netlink/constants.ts";
import type { MessageWriter } from "../netlink/writer.ts";
import { addrBytes, familyNumber } from "./addr-bytes.ts";
import { protocolNumber, RTN, RTPROT_BOOT } from "./route-names.ts";
import { SCOPE } from "./scope.ts";

/** struct rtmsg. */
export const RTMSG_BYTES = 12;

export const RTA = {
	dst: 1,
	src: 2,
	iif: 3,
	oif: 4,
	gateway: 5,
	priority: 6,
	prefsrc: 7,
	metrics: 8,
	multipath: 9,
	table: 15,
	mark: 16,
	via: 18,
	ipProto: 27,
	sport: 28,
	dport: 29,
} as const;

export const RTAX_MTU = 2;
export const RTNH_F_ONLINK = 4;

/** What the kernel is told, with devices as numbers. */
interface RouteSpec {
	readonly route: Route;
	readonly type: number;
	readonly scope: number;
	readonly protocol: number;
	readonly table: number;
	readonly hops: readonly (NextHop & { readonly oif: number })[];
}

export function applyRoute(batch: Batch, op: number, verb: Verb, route: Route): KernelError | undefined {
	const added = specOf(batch, op, route, "add");
	if ("errno" in added) return added;
	const removed = specOf(batch, op, route, "delete");
	if ("errno" in removed) return removed;
	const remove = { header: { type: RTM_DELROUTE }, body: (to: MessageWriter) => putRoute(to, removed) };
	if (verb === "delete") {
		batch.add(op, remove);
		return undefined;
	}
	const header = { type: RTM_NEWROUTE, flags: flagsOf(verb, route.among) };
	batch.add(
		op,
		{ header, body: (to) => putRoute(to, added) },
		// Exactly what was added: another route may fit the same description.
		verb === "add" ? { undo: { header: { type: RTM_DELROUTE }, body: (to) => putRoute(to, added) } } : {},
	);
	return undefined;
}

function flagsOf(verb: "add" | "replace", among: Route["among"]): number {
	if (verb === "replace") return NLM_F_CREATE | NLM_F_REPLACE;
	switch (among) {
		case "first":
			return NLM_F_CREATE;
		case "last":
			return NLM_F_CREATE | NLM_F_APPEND;
		case undefined:
			return NLM_F_CREATE | NLM_F_EXCL;
	}
}

/** Fills in what `ip route` would; when deleting, what is not given does not matter. */
function specOf(batch: Batch, op: number, route: Route, verb: "add" | "delete"): RouteSpec | KernelError {
	const type = route.type ?? "unicast";
	const protocol = route.protocol === undefined ? RTPROT_BOOT : protocolNumber(route.protocol);
	if (protocol === undefined) {
		return refusal(op, "EINVAL", `argument "${route.protocol}" is wrong: "protocol" value is invalid`);
	}
	const isSingle = route.via !== undefined || route.dev !== undefined;
	const hops: (NextHop & { readonly oif: number })[] = [];
	for (const hop of route.nexthops ?? (isSingle ? [route] : [])) {
		const oif = hop.dev === undefined ? 0 : batch.ifindexOf(hop.dev);
		if (oif === undefined) return noDevice(op, hop.dev ?? "");
		hops.push({ ...hop, oif });
	}
	const isDelete = verb === "delete";
	const scope = route.scope ?? (isDelete ? "nowhere" : defaultScope(type, hops));
	return {
		route,
		type: isDelete && route.type === undefined ? 0 : RTN[type],
		scope: SCOPE[scope],
		protocol: isDelete && route.protocol === undefined ? 0 : protocol,
		table: route.table || (type === "local" || type === "broadcast" ? RT_TABLE_LOCAL : RT_TABLE_MAIN),
		hops,
	};
}

/** As iproute2 chooses it. */
function defaultScope(type: RouteType, hops: readonly NextHop[]): Scope {
	if (type === "local") return "host";
	if (type === "broadcast") return "link";
	return type === "unicast" && hops.length === 1 && hops[0]?.via === undefined ? "link" : "global";
}

function putRoute(to: MessageWriter, { route, type, scope, protocol, table, hops }: RouteSpec): void {
	const { dst, src, metric, mtu } = route;
	const family = familyNumber(dst.addr);
	const [only] = hops;
	const isMultipath = hops.length > 1;
	const flags = !isMultipath && only?.onlink === true ? RTNH_F_ONLINK : 0;
	to.u8(family, dst.prefix, 0, 0, table < 256 ? table : 0, protocol, scope, type).u32(flags);
	if (dst.prefix > 0 || !/^[0:.]+$/.test(dst.addr)) to.attrBytes(RTA.dst, addrBytes(dst.addr));
	if (table >= 256) to.attrU32(RTA.table, table);
	if (metric !== undefined) to.attrU32(RTA.priority, metric);
	if (src !== undefined) to.attrBytes(RTA.prefsrc, addrBytes(src));
	if (mtu !== undefined) to.nest(RTA.metrics, (metrics) => metrics.attrU32(RTAX_MTU, mtu));
	if (isMultipath) {
		to.attr(RTA.multipath, (list) => {
			for (const hop of hops) putNexthop(list, hop, family);
		});
	} else if (only !== undefined) {
		if (only.oif !== 0) to.attrU32(RTA.oif, only.oif);
		putGateway(to, only, family);
	}
}

/** struct rtnexthop, which counts its own length. */
function putNexthop(to: MessageWriter, hop: NextHop & { readonly oif: number }, family: number): void {
	const flags = hop.onlink === true ? RTNH_F_ONLINK : 0;
	const gatewayBytes = hop.via === undefined ? 0 : gatewayLength(hop.via, family);
	to.u16(8 + gatewayBytes)
		.u8(flags, (hop.weight ?? 1) - 1)
		.u32(hop.oif);
	putGateway(to, hop, family);
}

function gatewayLength(via: NonNullable<NextHop["via"]>, family: number): number {
	const length = 4 + addrBytes(via).length + (familyNumber(via) === family ? 0 : 2);
	return (length + 3) & ~3;
}

/** A gateway of the other family goes into RTA_VIA. */
function putGateway(to: MessageWriter, { via }: NextHop, family: number): void {
	if (via === undefined) return;
	const own = familyNumber(via);
	if (own === family) to.attrBytes(RTA.gateway, addrBytes(via));
	else to.attr(RTA.via, (value) => value.u16(own).bytes(addrBytes(via)));
}
