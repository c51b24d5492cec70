/** Which endpoints a Service port's traffic may go to from this node: by readiness, traffic policy and topology. */
import type { ProxyEndpoint } from "./endpoints.ts";
import { type PortPolicies, usesClusterEndpoints, usesLocalEndpoints } from "./service-port.ts";

export interface NodeTopology {
	readonly nodeName: string;
	/** The node's label `topology.kubernetes.io/zone`. */
	readonly zone?: string;
}

export interface CategorizedEndpoints {
	/** For policy Cluster; empty when the port never uses it. */
	readonly cluster: readonly ProxyEndpoint[];
	/** For policy Local; empty when the port never uses it. */
	readonly local: readonly ProxyEndpoint[];
	/** Both, each endpoint once, sorted. */
	readonly allReachable: readonly ProxyEndpoint[];
	/** Some node has an endpoint that could serve, perhaps none that this node may use. */
	readonly hasAny: boolean;
}

export function categorizeEndpoints(
	endpoints: readonly ProxyEndpoint[],
	info: PortPolicies,
	topology: NodeTopology,
): CategorizedEndpoints {
	const usesCluster = usesClusterEndpoints(info);
	const usesLocal = usesLocalEndpoints(info);
	const mode = usesCluster ? topologyMode(endpoints, topology) : "none";
	const cluster = usesCluster ? orTerminating(endpoints, (endpoint) => availableIn(endpoint, mode, topology)) : [];
	const localEndpoints = usesLocal ? endpoints.filter((endpoint) => endpoint.isLocal) : [];
	const local = orTerminating(localEndpoints, () => true);
	const localFallback = local.some((endpoint) => !endpoint.ready);
	return {
		cluster,
		local,
		allReachable: mode === "none" && !localFallback && usesCluster ? cluster : union(cluster, local),
		hasAny: endpoints.some((endpoint) => endpoint.ready || (endpoint.serving && endpoint.terminating)),
	};
}

type TopologyMode = "none" | "same-node" | "same-zone";

/** Hints count only when every ready endpoint has one and one of them names this node, or this zone. */
function topologyMode(endpoints: readonly ProxyEndpoint[], { nodeName, zone }: NodeTopology): TopologyMode {
	let allNodes = true;
	let thisNode = false;
	let allZones = true;
	let thisZone = false;
	for (const { ready, nodeHints, zoneHints } of endpoints) {
		if (!ready) continue;
		if (nodeHints.length === 0) allNodes = false;
		else if (nodeHints.includes(nodeName)) thisNode = true;
		if (zoneHints.length === 0) allZones = false;
		else if (zone !== undefined && zoneHints.includes(zone)) thisZone = true;
	}
	if (allNodes && thisNode) return "same-node";
	return allZones && thisZone ? "same-zone" : "none";
}

function availableIn(endpoint: ProxyEndpoint, mode: TopologyMode, { nodeName, zone }: NodeTopology): boolean {
	switch (mode) {
		case "none":
			return true;
		case "same-node":
			return endpoint.nodeHints.includes(nodeName);
		case "same-zone":
			return zone !== undefined && endpoint.zoneHints.includes(zone);
	}
}

/** The ready ones that are available; if there are none, those that still serve while they terminate. */
function orTerminating(
	endpoints: readonly ProxyEndpoint[],
	available: (endpoint: ProxyEndpoint) => boolean,
): readonly ProxyEndpoint[] {
	const ready = endpoints.filter((endpoint) => endpoint.ready && available(endpoint));
	return ready.length > 0 ? ready : endpoints.filter((endpoint) => endpoint.serving && endpoint.terminating);
}

function union(a: readonly ProxyEndpoint[], b: readonly ProxyEndpoint[]): readonly ProxyEndpoint[] {
	const byText = new Map([...a, ...b].map((endpoint) => [endpoint.text, endpoint]));
	return [...byText.values()].sort((x, y) => (x.text < y.text ? -1 : 1));
}
