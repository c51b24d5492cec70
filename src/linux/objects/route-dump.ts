/** Routes of a namespace as objects of the port. */
import { ok, type Result } from "../../base/result.ts";
import type { KernelError } from "../../kernel/kernel.ts";
import type { NextHop, Route } from "../../kernel/objects.ts";
import type { IpAddr } from "../../wire/addr.ts";
import { AF_INET, AF_INET6 } from "../libc.ts";
import { RTM_GETROUTE } from "../netlink/constants.ts";
import { Attributes, type Message } from "../netlink/reader.ts";
import type { NetlinkSocket } from "../netlink/socket.ts";
import { addrText, anyAddr } from "./addr-bytes.ts";
import { dumpMessages, nameTable } from "./dump.ts";
import { RTA, RTAX_MTU, RTMSG_BYTES, RTNH_F_ONLINK } from "./route.ts";
import { protocolName, routeTypeName } from "./route-names.ts";
import { scopeName } from "./scope.ts";

const RTNH_F_LINKDOWN = 16;
/** struct rtnexthop. */
const RTNEXTHOP_BYTES = 8;

/** Every table, IPv4 before IPv6, in the order in which the kernel lists them. */
export function dumpRoutes(socket: NetlinkSocket): Result<readonly Route[], KernelError> {
	const messages = dumpMessages(socket, RTM_GETROUTE, (to) => to.u32(0).u32(0).u32(0));
	if (!messages.ok) return messages;
	const nameOf = nameTable(socket);
	return ok(messages.value.flatMap((message) => routeObject(message, nameOf) ?? []));
}

/** Type, table, protocol and scope are always there; `metric` when it is not 0. Undefined: multicast routing and the like. */
export function routeObject(message: Message, nameOf: (ifindex: number) => string): Route | undefined {
	const family = message.u8(0);
	const type = routeTypeName(message.u8(7));
	if ((family !== AF_INET && family !== AF_INET6) || type === undefined) return undefined;
	const attrs = message.attrs(RTMSG_BYTES);
	const hops = hopsOf(message, attrs, nameOf);
	const src = addrText(attrs.bytes(RTA.prefsrc));
	const metric = attrs.u32(RTA.priority) ?? 0;
	const mtu = attrs.nested(RTA.metrics)?.u32(RTAX_MTU);
	const [only] = hops;
	return {
		kind: "route",
		dst: { addr: addrText(attrs.bytes(RTA.dst)) ?? anyAddr(family), prefix: message.u8(1) },
		type,
		table: attrs.u32(RTA.table) ?? message.u8(4),
		...(hops.length === 1 && only !== undefined ? only.hop : {}),
		...(src === undefined ? {} : { src }),
		...(metric === 0 ? {} : { metric }),
		scope: scopeName(message.u8(6)),
		protocol: protocolName(message.u8(5)),
		...(mtu === undefined ? {} : { mtu }),
		...(hops.length < 2 ? {} : { nexthops: hops.map(({ hop, weight }) => ({ ...hop, weight })) }),
		...(hops.length > 0 && hops.every(({ linkdown }) => linkdown) ? { linkdown: true } : {}),
	};
}

interface DumpedHop {
	readonly hop: NextHop;
	readonly weight: number;
	readonly linkdown: boolean;
}

function hopsOf(message: Message, attrs: Attributes, nameOf: (ifindex: number) => string): readonly DumpedHop[] {
	const list = attrs.bytes(RTA.multipath);
	if (list !== undefined) return multipathOf(list, nameOf);
	const oif = attrs.u32(RTA.oif) ?? 0;
	const via = gatewayOf(attrs);
	if (oif === 0 && via === undefined) return [];
	return [dumpedHop({ oif, via, flags: message.u32(8), weight: 1 }, nameOf)];
}

function multipathOf(list: Uint8Array, nameOf: (ifindex: number) => string): readonly DumpedHop[] {
	const view = new DataView(list.buffer, list.byteOffset, list.length);
	const hops: DumpedHop[] = [];
	for (let at = 0; at + RTNEXTHOP_BYTES <= list.length; ) {
		const length = view.getUint16(at, true);
		if (length < RTNEXTHOP_BYTES) break;
		const via = gatewayOf(new Attributes(list.subarray(at + RTNEXTHOP_BYTES, at + length)));
		const [flags, weight] = [view.getUint8(at + 2), view.getUint8(at + 3) + 1];
		hops.push(dumpedHop({ oif: view.getUint32(at + 4, true), via, flags, weight }, nameOf));
		at += (length + 3) & ~3;
	}
	return hops;
}

function dumpedHop(
	raw: { readonly oif: number; readonly via: IpAddr | undefined; readonly flags: number; readonly weight: number },
	nameOf: (ifindex: number) => string,
): DumpedHop {
	const { oif, via, flags, weight } = raw;
	return {
		hop: {
			...(via === undefined ? {} : { via }),
			...(oif === 0 ? {} : { dev: nameOf(oif) }),
			...((flags & RTNH_F_ONLINK) === 0 ? {} : { onlink: true }),
		},
		weight,
		linkdown: (flags & RTNH_F_LINKDOWN) !== 0,
	};
}

function gatewayOf(attrs: Attributes): IpAddr | undefined {
	return addrText(attrs.bytes(RTA.gateway)) ?? addrText(attrs.bytes(RTA.via)?.subarray(2));
}
