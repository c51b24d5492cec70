/**
 * The portmap plugin with its iptables backend: ports of the host lead to ports of the container. It is chained behind the
 * plugin that gave the container its address (containernetworking/plugins meta/portmap).
 */
import { err, ok, type Result } from "../../base/result.ts";
import type { ConntrackEntry } from "../../kernel/conntrack.ts";
import type { Op } from "../../kernel/kernel.ts";
import type { XtChain } from "../../kernel/objects.ts";
import { type Cidr, familyOf, type IpFamily } from "../../wire/addr.ts";
import { cniChainName } from "../hashed-name.ts";
import { type CniError, type CniResult, type CniRuntime, type Plan, type PlanPart, pluginError } from "../types.ts";
import { devSysctl } from "./configure-iface.ts";
import type { PortmapConf } from "./portmap-conf.ts";
import { dnatEntries, dnatRules, masqueradeMarked, ruleOwner, setMark } from "./portmap-rules.ts";
import { missingOfChain, type RuleChain, setUpChain, tearDownChain } from "./rule-chain.ts";

export const HOSTPORT_DNAT = "CNI-HOSTPORT-DNAT";
export const HOSTPORT_SETMARK = "CNI-HOSTPORT-SETMARK";
export const HOSTPORT_MASQ = "CNI-HOSTPORT-MASQ";

const FAMILIES: readonly IpFamily[] = ["ipv4", "ipv6"];
const IPPROTO_UDP = 17;

export interface PortmapRequest {
	readonly network: string;
	readonly conf: PortmapConf;
	readonly runtime: CniRuntime;
	/** What the plugins before gave. */
	readonly prevResult?: CniResult;
}

/** What the plugin has to know of the node. */
export interface PortmapHost {
	/** The host's device that leads to the container's IPv4 address; absent: no route does. */
	readonly routeDev?: string;
	/** The host's tracked connections; those to the mapped UDP ports are forgotten. */
	readonly conntrack: readonly ConntrackEntry[];
}

/** The container's own chain: a hash of network and container, so that DEL finds it. */
export function dnatChainName(network: string, containerId: string): string {
	return cniChainName(network, containerId, "DN-");
}

/** ADD: the result is the one before. */
export function portmapAdd(
	request: PortmapRequest,
	host: PortmapHost,
): Result<{ readonly plan: Plan; readonly result: CniResult }, CniError> {
	const { conf, runtime, prevResult } = request;
	if (prevResult === undefined) return err(pluginError("must be called as chained plugin"));
	if (conf.portMappings.length === 0) return ok({ plan: [], result: prevResult });
	const ops = FAMILIES.flatMap((family) => {
		const own = containerAddress(prevResult, runtime.ifName, family);
		return own === undefined ? [] : forwardPorts(request, own, host);
	});
	return ok({ plan: planOf({ netns: runtime.hostNetns, ops }), result: prevResult });
}

/** DEL: needs no address; what is not there is no error. */
export function portmapDel(request: PortmapRequest, chains: readonly XtChain[]): Plan {
	const { conf, runtime, network } = request;
	if (conf.portMappings.length === 0) return [];
	const name = dnatChainName(network, runtime.containerId);
	const ops = FAMILIES.flatMap((family) =>
		tearDownChain({ family, table: "nat", name, entryChains: [HOSTPORT_DNAT] }, chains),
	);
	return planOf({ netns: runtime.hostNetns, ops });
}

/** CHECK: the container's chain and what leads there. */
export function portmapCheck(request: PortmapRequest, chains: readonly XtChain[]): Result<void, CniError> {
	const { conf, runtime, prevResult } = request;
	if (prevResult === undefined) return err(pluginError("Required prevResult missing"));
	if (conf.portMappings.length === 0) return ok(undefined);
	for (const family of FAMILIES) {
		const own = containerAddress(prevResult, runtime.ifName, family);
		const missing = own === undefined ? undefined : missingOfChain(dnatChain(request, own), chains);
		if (missing !== undefined) return err(pluginError(`could not check ${family} dnat: ${missing}`));
	}
	return ok(undefined);
}

/** The first address of a family that is the container's device's, or nobody's in particular. */
export function containerAddress(result: CniResult, ifName: string, family: IpFamily): Cidr | undefined {
	const own = result.ips.find(({ address, interface: index }) => {
		if (familyOf(address.addr) !== family) return false;
		const device = index === undefined ? undefined : result.interfaces[index];
		return device === undefined || (device.name === ifName && device.sandbox !== undefined && device.sandbox !== "");
	});
	return own?.address;
}

function forwardPorts(request: PortmapRequest, address: Cidr, host: PortmapHost): readonly Op[] {
	const { conf } = request;
	const family = familyOf(address.addr);
	const ops: Op[] = [];
	if (conf.snat && conf.externalSetMarkChain === undefined) {
		for (const chain of markChains(request, family)) ops.push(...setUpChain(chain));
	}
	// 127/8 may then be the source of packets to the container.
	if (conf.snat && family === "ipv4" && host.routeDev !== undefined) {
		ops.push(devSysctl("ipv4", host.routeDev, { key: "route_localnet", value: "1" }));
	}
	ops.push(...setUpChain(topLevelChain(request, family)), ...setUpChain(dnatChain(request, address)));
	const udpPorts = new Set(conf.portMappings.flatMap((it) => (it.protocol === "udp" ? [it.hostPort] : [])));
	for (const entry of host.conntrack) {
		const { proto, original } = entry;
		if (entry.family !== family || proto !== IPPROTO_UDP || !udpPorts.has(original.dport ?? 0)) continue;
		ops.push({ verb: "delete", object: entry });
	}
	return ops;
}

/** The chain that marks what is to be masqueraded, and the one that masquerades what is marked, before the plugins' own rules. */
export function markChains(request: PortmapRequest, family: IpFamily): readonly RuleChain[] {
	const { origin } = ruleOwner(request);
	const bit = request.conf.markMasqBit;
	const base = { family, table: "nat", origin } as const;
	return [
		{ ...base, name: HOSTPORT_SETMARK, rules: [setMark(bit, origin)], entryChains: [], entries: [] },
		{
			...base,
			name: HOSTPORT_MASQ,
			rules: [masqueradeMarked(bit, origin)],
			entryChains: ["POSTROUTING"],
			entries: [[{ kind: "comment", text: "CNI portfwd requiring masquerade" }]],
			prependEntries: true,
		},
	];
}

export function topLevelChain(request: PortmapRequest, family: IpFamily): RuleChain {
	return {
		family,
		table: "nat",
		name: HOSTPORT_DNAT,
		rules: [],
		entryChains: ["PREROUTING", "OUTPUT"],
		entries: [[{ kind: "addrtype", dstType: { value: ["LOCAL"] } }]],
		origin: ruleOwner(request).origin,
	};
}

/** The chain of one container and one of its addresses. */
export function dnatChain(request: PortmapRequest, address: Cidr): RuleChain {
	const owner = ruleOwner(request);
	const { conf } = request;
	return {
		family: familyOf(address.addr),
		table: "nat",
		name: dnatChainName(request.network, request.runtime.containerId),
		rules: dnatRules(conf, { address, setMarkChain: conf.externalSetMarkChain ?? HOSTPORT_SETMARK }, owner.origin),
		entryChains: [HOSTPORT_DNAT],
		entries: dnatEntries(conf, familyOf(address.addr), owner.comment),
		origin: owner.origin,
	};
}

function planOf(part: PlanPart): Plan {
	return part.ops.length === 0 ? [] : [part];
}
