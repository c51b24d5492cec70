/** Pods that manifests do not have and a comparison needs: a client on every node, and who answers at an endpoint. */
import type { ContainerPort, EndpointSlice, KubeSnapshot, Node, Pod } from "../../kube/snapshot.ts";
import { cidrContains, type IpAddr } from "../../wire/addr.ts";

/** One pod per node that is behind no Service. */
export const PROBE_NAMESPACE = "podwire-probe";

const CONTAINER = "podwire";

export function probeName(node: string): string {
	return `probe-${node}`;
}

/**
 * The snapshot with a probe on every node, and with a pod at every address of an EndpointSlice that nobody has and the node
 * can give. Endpoints elsewhere stay without anybody.
 */
export function withStandIns(snapshot: KubeSnapshot): KubeSnapshot {
	const { nodes, pods } = snapshot;
	const probes = nodes.map(({ name }) => pod({ namespace: PROBE_NAMESPACE, name: probeName(name), node: name }));
	const taken = new Set(pods.flatMap(({ podIPs }) => podIPs));
	const servers = [...endpointPorts(snapshot.endpointSlices)].flatMap(
		([address, { nodeName, ports }]): readonly Pod[] => {
			const node = nodes.find(({ name }) => name === nodeName);
			if (node === undefined || taken.has(address) || !canGive(node, address)) return [];
			const name = `endpoint-${address.replaceAll(".", "-")}`;
			return [
				{
					...pod({ namespace: PROBE_NAMESPACE, name, node: node.name }),
					podIPs: [address],
					ports: [...ports.values()],
				},
			];
		},
	);
	return { ...snapshot, pods: [...pods, ...servers, ...probes] };
}

interface EndpointPorts {
	readonly nodeName: string | undefined;
	/** By protocol and number. */
	readonly ports: Map<string, ContainerPort>;
}

function endpointPorts(slices: readonly EndpointSlice[]): ReadonlyMap<IpAddr, EndpointPorts> {
	const found = new Map<IpAddr, EndpointPorts>();
	for (const slice of slices) {
		if (slice.family !== "ipv4") continue;
		for (const { addresses, nodeName } of slice.endpoints) {
			for (const address of addresses) {
				const known = found.get(address) ?? { nodeName, ports: new Map<string, ContainerPort>() };
				found.set(address, known);
				for (const { port, protocol } of slice.ports) {
					known.ports.set(`${port}/${protocol}`, { container: CONTAINER, port, protocol });
				}
			}
		}
	}
	return found;
}

/** The first two addresses are the network's own and its gateway's. */
function canGive({ podCIDRs }: Node, address: IpAddr): boolean {
	return podCIDRs.some((net) => cidrContains(net, address) && !address.endsWith(".0") && !address.endsWith(".1"));
}

function pod({ namespace, name, node }: Pick<Pod, "namespace" | "name" | "node">): Pod {
	return {
		namespace,
		name,
		labels: {},
		node,
		podIPs: [],
		hostNetwork: false,
		ready: true,
		terminating: false,
		containers: [CONTAINER],
		ports: [],
	};
}
