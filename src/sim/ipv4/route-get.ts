/** Asking for a routing decision (net/ipv4/route.c: inet_rtm_getroute). */
import { err, ok, type Result } from "../../base/result.ts";
import type { KernelError } from "../../kernel/kernel.ts";
import { RT_TABLE_MAIN } from "../../kernel/objects.ts";
import type { RouteAnswer, RouteQuery } from "../../kernel/route-query.ts";
import { type IpAddr, ipNum, ipText } from "../../wire/addr.ts";
import type { NetDevice, Netns } from "../types.ts";
import { type DstErrno, Ipv4Dst } from "./dst.ts";
import { fibOf } from "./fib.ts";
import { ipRouteInputAddrs, ipRouteOutput } from "./route.ts";

export function inetRtmGetroute(netns: Netns, query: RouteQuery): Result<RouteAnswer, KernelError> {
	const dst = ipv4(query.dst);
	const src = ipv4(query.src);
	if (dst === undefined || (query.src !== undefined && src === undefined)) return refuse("ENETUNREACH");
	const devices = [query.iif, query.oif].map((name) => (name === undefined ? name : netns.devicesByName.get(name)));
	const missing = [query.iif, query.oif].find((name, k) => name !== undefined && devices[k] === undefined);
	if (missing !== undefined) return err({ errno: "ENODEV", op: -1, message: `Cannot find device "${missing}"` });
	const [iif, oif] = devices;
	return iif === undefined
		? output(netns, query, { dst, src, oif })
		: input(iif, { src: src ?? 0, dst, mark: query.mark ?? 0 });
}

function input(dev: NetDevice, addrs: { src: number; dst: number; mark: number }): Result<RouteAnswer, KernelError> {
	const { route: found, redirect } = ipRouteInputAddrs(dev, addrs);
	if (found === undefined) return refuse("EINVAL");
	if (found.errno !== undefined) return refuse(found.errno);
	return ok({
		...answerOf(dev.netns, found),
		...(redirect ? { redirect } : {}),
	});
}

function output(
	netns: Netns,
	query: RouteQuery,
	flow: { readonly dst: number; readonly src: number | undefined; readonly oif: NetDevice | undefined },
): Result<RouteAnswer, KernelError> {
	const found = ipRouteOutput(netns, {
		dst: flow.dst,
		src: flow.src,
		oif: flow.oif?.ifindex,
		mark: query.mark ?? 0,
		tos: query.tos ?? 0,
		proto: query.proto ?? 0,
		sport: query.sport,
		dport: query.dport,
	});
	if (!found.ok) return refuse(found.error);
	if (!(found.value instanceof Ipv4Dst)) return refuse("EINVAL");
	const { prefsrc } = found.value;
	const shown = flow.src === undefined && prefsrc !== undefined ? { prefsrc: ipText(prefsrc) } : {};
	return ok({ ...answerOf(netns, found.value), ...shown });
}

function answerOf(netns: Netns, dst: Ipv4Dst): RouteAnswer {
	const { fibRoute, gateway, route } = dst;
	// Without rules of one's own, Linux keeps `local` in `main`'s trie and says so.
	const table = fibOf(netns).hasCustomRules ? fibRoute?.table : RT_TABLE_MAIN;
	return {
		type: dst.type,
		dev: dst.dev.name,
		...(gateway === undefined ? {} : { via: ipText(gateway) }),
		table: fibRoute === undefined ? 0 : (table ?? 0),
		...(dst.mtu === dst.dev.mtu ? {} : { mtu: dst.mtu }),
		...(route === undefined ? {} : { route }),
	};
}

function ipv4(addr: IpAddr | undefined): number | undefined {
	const n = addr === undefined ? undefined : ipNum(addr);
	return typeof n === "number" ? n : undefined;
}

/** strerror(3) of the refusals. */
const TEXT: Readonly<Record<DstErrno, string>> = {
	ENETUNREACH: "Network is unreachable",
	EHOSTUNREACH: "No route to host",
	EACCES: "Permission denied",
	EINVAL: "Invalid argument",
};

function refuse(errno: DstErrno): { readonly ok: false; readonly error: KernelError } {
	return err({ errno, op: -1, message: TEXT[errno] });
}
