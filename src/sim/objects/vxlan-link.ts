/** VXLAN devices as links of the port. */
import { ok, type Result } from "../../base/result.ts";
import type { LinkKind } from "../../kernel/objects.ts";
import { type IpAddr, ipNum, ipText } from "../../wire/addr.ts";
import { VXLAN_LINUX_PORT } from "../../wire/vxlan.ts";
import { uppersOf } from "../core/uppers.ts";
import { createVxlan, setDefaultRemote, type VxlanConf, vxlanOf, vxlansOf } from "../device/vxlan.ts";
import { vxlanRcv } from "../device/vxlan-rcv.ts";
import { vxlanXmit } from "../device/vxlan-xmit.ts";
import { isMulticast } from "../ipv4/martian.ts";
import type { NetDevice, Netns } from "../types.ts";
import { noDevice, type ObjectError, refuse } from "./handler.ts";
import type { Checked } from "./link-check.ts";

type VxlanKind = Extract<LinkKind, { readonly type: "vxlan" }>;

const DEFAULTS: VxlanConf = {
	vni: 0,
	port: VXLAN_LINUX_PORT,
	local: 0,
	remote: 0,
	lower: 0,
	learning: true,
	ttl: 0,
	sourcePorts: { low: 0, high: 0 },
	udpChecksum: true,
	ageingTimeSeconds: 300,
};

export function makeVxlan(
	netns: Netns,
	link: { readonly name: string; readonly mac: number },
	kind: VxlanKind,
): Result<NetDevice, ObjectError> {
	const conf = confOf(netns, kind, DEFAULTS);
	if (!conf.ok) return conf;
	const { vni, port, remote, lower } = conf.value;
	if (isMulticast(remote) && lower === 0) {
		return refuse("EINVAL", "Local interface required for multicast remote destination.");
	}
	if ([...vxlansOf(netns)].some((other) => other.conf.vni === vni && other.conf.port === port)) {
		return refuse("EEXIST", "A VXLAN device with the specified VNI already exists.");
	}
	return ok(createVxlan(netns, link, conf.value, { xmit: vxlanXmit, receive: vxlanRcv }));
}

/** VNI, ports and checksums cannot change. */
export function setVxlan(dev: NetDevice, kind: VxlanKind): Checked {
	const vxlan = vxlanOf(dev);
	const before = vxlan.conf;
	const conf = confOf(vxlan.netns, kind, before);
	if (!conf.ok) return conf;
	const now = conf.value;
	if (now.vni !== before.vni) return refuse("EOPNOTSUPP", "Cannot change VNI.");
	if (now.port !== before.port) return refuse("EOPNOTSUPP", "Cannot change port number.");
	if (now.sourcePorts.low !== before.sourcePorts.low || now.sourcePorts.high !== before.sourcePorts.high) {
		return refuse("EOPNOTSUPP", "Cannot change port range.");
	}
	if (now.udpChecksum !== before.udpChecksum) return refuse("EOPNOTSUPP", "Cannot change UDP_CSUM flag.");
	const lowerBefore = vxlan.netns.devices.get(before.lower);
	if (lowerBefore !== undefined) uppersOf(lowerBefore).delete(dev);
	vxlan.conf = now;
	vxlan.attach(dev);
	vxlan.fdb.ageingNs = now.ageingTimeSeconds * 1e9;
	if (now.remote !== before.remote || now.lower !== before.lower) setDefaultRemote(vxlan);
	return ok(undefined);
}

export function vxlanKind(dev: NetDevice): VxlanKind {
	const { conf, netns } = vxlanOf(dev);
	const { vni, port, local, remote, learning, ttl, sourcePorts, udpChecksum, ageingTimeSeconds } = conf;
	const lower = netns.devices.get(conf.lower)?.name;
	return {
		type: "vxlan",
		id: vni,
		...(lower === undefined || netns !== dev.netns ? {} : { dev: lower }),
		...(local === 0 ? {} : { local: ipText(local) }),
		...(remote === 0 ? {} : isMulticast(remote) ? { group: ipText(remote) } : { remote: ipText(remote) }),
		port,
		learning,
		...(ttl === 0 ? {} : { ttl }),
		...(sourcePorts.high === 0 ? {} : { sourcePorts }),
		udpChecksum,
		ageingTimeSeconds,
	};
}

function confOf(netns: Netns, kind: VxlanKind, before: VxlanConf): Result<VxlanConf, ObjectError> {
	const lower = kind.dev === undefined ? undefined : netns.devicesByName.get(kind.dev);
	if (kind.dev !== undefined && lower === undefined) return noDevice(kind.dev);
	if (!(kind.id >= 0 && kind.id < 1 << 24)) return refuse("ERANGE", "Numerical result out of range");
	const local = addrOf(kind.local, before.local);
	const remote = addrOf(kind.remote ?? kind.group, before.remote);
	if (local === undefined || remote === undefined) return refuse("EOPNOTSUPP", "VXLAN over IPv6 is not modelled");
	const { port, learning, ttl, sourcePorts, udpChecksum, ageingTimeSeconds } = { ...before, ...definedOf(kind) };
	return ok({
		...{ vni: kind.id, port, local, remote, lower: lower?.ifindex ?? before.lower },
		...{ learning, ttl, sourcePorts, udpChecksum, ageingTimeSeconds },
	});
}

function definedOf(kind: VxlanKind): Partial<VxlanKind> {
	return Object.fromEntries(Object.entries(kind).filter(([, value]) => value !== undefined));
}

/** Undefined: an IPv6 address. */
function addrOf(addr: IpAddr | undefined, before: number): number | undefined {
	if (addr === undefined) return before;
	const n = ipNum(addr);
	return typeof n === "number" ? n : undefined;
}
