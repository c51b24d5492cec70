/**
 * The ptp plugin as a plan: a veth pair whose host end has the gateway's address, and a route to the container on the host.
 * All that the container sends goes by the gateway (containernetworking/plugins main/ptp).
 */
import { err, ok, type Result } from "../../base/result.ts";
import type { Op } from "../../kernel/kernel.ts";
import { addrBits, type Cidr, familyOf, formatCidr, type IpAddr, networkOf } from "../../wire/addr.ts";
import { type CniError, type CniIp, type CniResult, type CniRuntime, type Plan, pluginError } from "../types.ts";
import { addrObject, configureIface } from "./configure-iface.ts";
import type { IpamResult } from "./host-local.ts";
import { masqAdd, masqDel, masqOwner } from "./ip-masq.ts";
import type { PtpConf } from "./ptp-conf.ts";

export interface PtpRequest {
	readonly network: string;
	readonly conf: PtpConf;
	readonly runtime: CniRuntime;
	readonly ipam: IpamResult;
	/** Name of the host's end: `vethName`. */
	readonly hostDevice: string;
	/** The kernel has `net.ipv6` sysctls. */
	readonly ipv6: boolean;
}

/** ADD. */
export function ptpAdd(request: PtpRequest): Result<{ readonly plan: Plan; readonly result: CniResult }, CniError> {
	const { conf, runtime, ipam, hostDevice, network } = request;
	if (ipam.ips.length === 0) return err(pluginError("IPAM plugin returned missing IP config"));
	const without = ipam.ips.find(({ gateway }) => gateway === undefined);
	if (without !== undefined) {
		return err(pluginError(`IPAM plugin returned no gateway for ${formatCidr(without.address)}`));
	}
	const addresses = ipam.ips.map(({ address }) => address);
	const masq = conf.ipMasq ? masqAdd(masqOwner(network, runtime), addresses) : [];
	const plan: Plan = [
		{ netns: runtime.hostNetns, ops: forwardingOps(ipam.ips) },
		{ netns: runtime.netns, ops: [addVeth(request)] },
		{ netns: runtime.hostNetns, ops: [hostUp(request)] },
		{
			netns: runtime.netns,
			ops: configureIface(runtime.ifName, ipam.ips, { routes: ipam.routes, ipv6: request.ipv6 }),
		},
		{ netns: runtime.netns, ops: gatewayRoutes(request), settled: true },
		{ netns: runtime.hostNetns, ops: [...hostOps(request), ...masq] },
	];
	const result: CniResult = {
		cniVersion: "1.1.0",
		interfaces: [{ name: hostDevice }, { name: runtime.ifName, sandbox: runtime.netns }],
		ips: ipam.ips.map((entry) => ({ ...entry, interface: 1 })),
		routes: ipam.routes,
		dns: Object.keys(conf.dns).length > 0 ? conf.dns : ipam.dns,
	};
	return ok({ plan, result });
}

export interface PtpRemoval {
	readonly network: string;
	readonly conf: PtpConf;
	readonly runtime: CniRuntime;
	/** Of the container's device, if it is there. */
	readonly addresses: readonly Cidr[];
	readonly present: boolean;
}

/** DEL: the pair, and with it the host's address and route; then the masquerading of its addresses. */
export function ptpDel({ network, conf, runtime, addresses, present }: PtpRemoval): Plan {
	if (!present) return [];
	const masq = conf.ipMasq ? masqDel(masqOwner(network, runtime), addresses) : [];
	const plan: Plan = [
		{ netns: runtime.netns, ops: [{ verb: "delete", object: { kind: "link", name: runtime.ifName } }] },
		{ netns: runtime.hostNetns, ops: masq },
	];
	return plan.filter((part) => part.ops.length > 0);
}

function addVeth({ conf, runtime, hostDevice }: PtpRequest): Op {
	return {
		verb: "add",
		object: {
			kind: "link",
			name: runtime.ifName,
			link: { type: "veth", peer: hostDevice, peerNetns: runtime.hostNetns },
			...(conf.mtu === undefined ? {} : { mtu: conf.mtu }),
		},
	};
}

/** Instead of the network's own route one to the gateway and one by it. */
function gatewayRoutes({ runtime, ipam }: PtpRequest): readonly Op[] {
	const dev = runtime.ifName;
	return ipam.ips.flatMap(({ address, gateway }): readonly Op[] => {
		const dst = networkOf(address);
		if (gateway === undefined) return [];
		return [
			{ verb: "delete", object: { kind: "route", dst, dev } },
			{ verb: "add", object: { kind: "route", dst: host(gateway), dev, scope: "link", src: address.addr } },
			{ verb: "add", object: { kind: "route", dst, via: gateway, dev, src: address.addr } },
		];
	});
}

function hostUp({ conf, hostDevice: name }: PtpRequest): Op {
	const mtu = conf.mtu === undefined ? {} : { mtu: conf.mtu };
	return { verb: "replace", object: { kind: "link", name, ...mtu, up: true } };
}

function hostOps({ ipam, hostDevice: dev }: PtpRequest): readonly Op[] {
	return ipam.ips.flatMap(({ address, gateway }): readonly Op[] => {
		if (gateway === undefined) return [];
		return [
			{ verb: "add", object: addrObject(dev, host(gateway)) },
			{ verb: "replace", object: { kind: "route", dst: host(address.addr), dev, scope: "host" } },
		];
	});
}

function forwardingOps(ips: readonly CniIp[]): readonly Op[] {
	const families = new Set(ips.map(({ address }) => familyOf(address.addr)));
	return [...families].map((family): Op => {
		const key = family === "ipv4" ? "net.ipv4.ip_forward" : "net.ipv6.conf.all.forwarding";
		return { verb: "replace", object: { kind: "sysctl", key, value: "1" } };
	});
}

function host(addr: IpAddr): Cidr {
	return { addr, prefix: addrBits(addr) };
}
