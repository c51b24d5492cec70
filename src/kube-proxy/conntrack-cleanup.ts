/**
 * Which connection tracking entries stand in the way of the rules: an established UDP flow keeps its endpoint, even one that
 * is gone, as rules choose only for a flow's first packet. kube-proxy 1.36 deletes such entries after it wrote its rules.
 *
 * Two of its faults are not copied. It passes over Services that have no serving endpoint left and Services that are
 * gone, whose clients then go on sending to a dead pod instead of being refused; and it takes every flow to a node
 * port's number for its own, whatever host it goes to.
 */
import type { ConntrackEntry } from "../kernel/conntrack.ts";
import { type EndpointSlice, type KubeSnapshot, type NodeFacts, namespacedName } from "../kube/snapshot.ts";
import { formatAddrPort, type IpAddr, type IpFamily } from "../wire/addr.ts";
import { DEFAULT_FAMILIES, type KubeProxyConfig } from "./config.ts";
import { endpointsOfPort, slicesByService } from "./endpoints.ts";
import { isLoopback } from "./node-port-addresses.ts";
import { PROTO_NUMBERS } from "./rule.ts";
import { servicePortInfos } from "./service-port.ts";
import { type SyncContext, syncContext } from "./sync-context.ts";

/** Where UDP Services are reached, and the serving endpoints of each, as `ip:port`. */
export interface UdpFrontends {
	/** By `ip:port` of cluster IPs, external IPs and load balancers' addresses. */
	readonly addresses: ReadonlyMap<string, ReadonlySet<string>>;
	readonly nodePorts: ReadonlyMap<number, ReadonlySet<string>>;
}

export interface CleanupInput {
	readonly family: IpFamily;
	readonly entries: readonly ConntrackEntry[];
	/** Of the rules that stood until now; absent: not known. */
	readonly before?: UdpFrontends;
	readonly after: UdpFrontends;
	readonly isNodePortAddress: (address: IpAddr) => boolean;
}

/** Changes to policies and topology leave flows alone, as they do for TCP: any serving endpoint will do. */
export function udpFrontends(
	snapshot: Pick<KubeSnapshot, "services" | "endpointSlices">,
	family: IpFamily,
): UdpFrontends {
	const addresses = new Map<string, ReadonlySet<string>>();
	const nodePorts = new Map<number, ReadonlySet<string>>();
	let slices: ReadonlyMap<string, readonly EndpointSlice[]> | undefined;
	for (const service of snapshot.services) {
		if (!service.ports.some((port) => port.protocol === "UDP")) continue;
		slices ??= slicesByService(snapshot.endpointSlices.filter((slice) => slice.family === family));
		const own = slices.get(namespacedName(service)) ?? [];
		for (const info of servicePortInfos(service, family)) {
			if (info.protocol !== "udp") continue;
			const endpoints = endpointsOfPort(own, info, "").filter((endpoint) => endpoint.serving);
			const serving = new Set(endpoints.map(({ text }) => text));
			for (const address of [info.clusterIP, ...info.loadBalancerVIPs, ...info.externalIPs]) {
				addresses.set(formatAddrPort(address, info.port), serving);
			}
			if (info.nodePort !== 0) nodePorts.set(info.nodePort, serving);
		}
	}
	return { addresses, nodePorts };
}

/** The entries to delete, in the order given. */
export function staleEntries({
	family,
	entries,
	before,
	after,
	isNodePortAddress,
}: CleanupInput): readonly ConntrackEntry[] {
	const isOurs = (entry: ConntrackEntry, frontends: UdpFrontends | undefined): ReadonlySet<string> | undefined => {
		const { dst, dport = 0 } = entry.original;
		// As in the rules: a Service's own address goes before a node port.
		const byAddress = frontends?.addresses.get(formatAddrPort(dst, dport));
		return byAddress ?? (isNodePortAddress(dst) ? frontends?.nodePorts.get(dport) : undefined);
	};
	return entries.filter((entry) => {
		if (entry.family !== family || entry.proto !== PROTO_NUMBERS.udp) return false;
		const serving = isOurs(entry, after);
		const goesTo = formatAddrPort(entry.reply.src, entry.reply.sport ?? 0);
		if (serving !== undefined) return !serving.has(goesTo);
		// Nobody is there any more. What the rules of a Service that is gone did not translate is somebody else's.
		return entry.dnat === true && isOurs(entry, before)?.has(goesTo) === true;
	});
}

/** The entries that a node's proxy is to delete after it wrote the rules for `after`. */
export function staleNodeEntries(
	entries: readonly ConntrackEntry[],
	{ before, after }: { readonly before?: KubeSnapshot; readonly after: KubeSnapshot },
	node: NodeFacts,
	config: KubeProxyConfig,
): readonly ConntrackEntry[] {
	return (config.families ?? DEFAULT_FAMILIES).flatMap((family) => {
		const context = syncContext(after, node, config, { family, large: false });
		return staleEntries({
			family,
			entries,
			...(before === undefined ? {} : { before: udpFrontends(before, family) }),
			after: udpFrontends(after, family),
			isNodePortAddress: nodePortAddressTest(context, node.interfaceAddresses ?? node.nodeIPs),
		});
	});
}

/** Whether entries may have become stale at all. */
export function hasUdpPorts(snapshot: KubeSnapshot): boolean {
	return snapshot.services.some((service) => service.ports.some((port) => port.protocol === "UDP"));
}

/** Which addresses node ports answer on. */
function nodePortAddressTest(
	{ nodePorts, localhostNodePorts }: SyncContext,
	interfaceAddresses: readonly IpAddr[],
): (address: IpAddr) => boolean {
	const set = new Set<IpAddr>(nodePorts.all ? interfaceAddresses : nodePorts.addresses);
	return (address) =>
		isLoopback(address) ? localhostNodePorts && (nodePorts.all || set.has(address)) : set.has(address);
}
