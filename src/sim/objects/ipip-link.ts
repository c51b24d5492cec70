/** ipip tunnels as links of the port. */
import { ok, type Result } from "../../base/result.ts";
import type { LinkKind } from "../../kernel/objects.ts";
import { type IpAddr, ipNum, ipText } from "../../wire/addr.ts";
import {
	changeIpip,
	createIpip,
	IPIP_FALLBACK,
	type IpipParms,
	ipipEndsTaken,
	ipipOf,
	isIpipFallback,
} from "../ipv4/ipip-device.ts";
import { loadIpip } from "../ipv4/ipip-rcv.ts";
import { ipipXmit } from "../ipv4/ipip-xmit.ts";
import type { NetDevice, Netns } from "../types.ts";
import { noDevice, type ObjectError, refuse } from "./handler.ts";
import type { Checked } from "./link-check.ts";

type IpipKind = Extract<LinkKind, { readonly type: "ipip" }>;

/** What a new tunnel has where nothing is said. */
const DEFAULTS: IpipParms = { local: 0, remote: 0, ttl: 0, tos: 0, pmtudisc: true, link: 0, mode: "any" };

export function makeIpip(netns: Netns, name: string, kind: IpipKind): Result<NetDevice, ObjectError> {
	const parms = parmsOf(netns, kind, DEFAULTS);
	if (!parms.ok) return parms;
	const isFallback = name === IPIP_FALLBACK;
	// The module brings tunl0 along, so that nothing else can have its name or its open ends.
	const isTaken = isFallback ? Object.keys(kind).length > 1 : ipipEndsTaken(netns, parms.value);
	if (isTaken) return refuse("EEXIST", "File exists");
	loadIpip(netns.machine);
	return ok(createIpip(netns, name, isFallback ? { ...parms.value, pmtudisc: false } : parms.value, ipipXmit));
}

export function setIpip(dev: NetDevice, kind: IpipKind): Checked {
	const tunnel = ipipOf(dev);
	const parms = parmsOf(tunnel.netns, kind, tunnel.parms);
	if (!parms.ok) return parms;
	if (JSON.stringify(parms.value) === JSON.stringify(tunnel.parms)) return ok(undefined);
	if (isIpipFallback(dev)) return refuse("EINVAL", "Invalid argument");
	if (ipipEndsTaken(tunnel.netns, parms.value, dev)) return refuse("EEXIST", "File exists");
	if ((parms.value.remote === 0) !== (tunnel.parms.remote === 0)) return refuse("EINVAL", "Invalid argument");
	changeIpip(dev, parms.value);
	return ok(undefined);
}

export function ipipKind(dev: NetDevice): IpipKind {
	const { parms, netns } = ipipOf(dev);
	const lower = netns.devices.get(parms.link)?.name;
	return {
		type: "ipip",
		...(parms.local === 0 ? {} : { local: ipText(parms.local) }),
		...(parms.remote === 0 ? {} : { remote: ipText(parms.remote) }),
		...(parms.ttl === 0 ? {} : { ttl: parms.ttl }),
		...(parms.tos === 0 ? {} : { tos: parms.tos === 1 ? "inherit" : parms.tos }),
		pmtudisc: parms.pmtudisc,
		mode: parms.mode,
		...(lower === undefined || netns !== dev.netns ? {} : { dev: lower }),
	};
}

function parmsOf(netns: Netns, kind: IpipKind, before: IpipParms): Result<IpipParms, ObjectError> {
	const local = end(kind.local, before.local);
	const remote = end(kind.remote, before.remote);
	if (local === undefined || remote === undefined) return refuse("EINVAL", "Invalid argument");
	const { ttl = before.ttl, pmtudisc = before.pmtudisc, mode = before.mode } = kind;
	const tos = kind.tos === "inherit" ? 1 : (kind.tos ?? before.tos);
	if (ttl < 0 || ttl > 255 || tos < 0 || tos > 255) return refuse("EINVAL", "Invalid argument");
	const lower = kind.dev === undefined ? undefined : netns.devicesByName.get(kind.dev);
	if (kind.dev !== undefined && lower === undefined) return noDevice(kind.dev);
	return ok({ local, remote, ttl, tos, pmtudisc, link: lower?.ifindex ?? before.link, mode });
}

/** Undefined: not an IPv4 address. */
function end(addr: IpAddr | undefined, before: number): number | undefined {
	if (addr === undefined) return before;
	const n = ipNum(addr);
	return typeof n === "number" ? n : undefined;
}
