/** What the EndpointSlice controller does: Services' selectors and pods' readiness → slices. */
import { familyOf, type IpAddr, type IpFamily } from "../wire/addr.ts";
import { nameSuffix } from "./generated-name.ts";
import { PodIndex } from "./pod-index.ts";
import {
	type Endpoint,
	type EndpointPort,
	type EndpointSlice,
	type KubeSnapshot,
	type Node,
	namespacedName,
	type Pod,
	type Service,
} from "./snapshot.ts";

/** By `namespace/name` of the pod. */
export type PodIPs = ReadonlyMap<string, readonly IpAddr[]>;

/** As upstream's `--max-endpoints-per-slice`. */
const MAX_ENDPOINTS_PER_SLICE = 100;
const ZONE_LABEL = "topology.kubernetes.io/zone";

/** The snapshot with the addresses that IPAM gave to its pods, and with all its EndpointSlices. */
export function withPodIPs(snapshot: KubeSnapshot, podIPs: PodIPs): KubeSnapshot {
	const pods = snapshot.pods.map((pod) => {
		const given = podIPs.get(namespacedName(pod));
		return given === undefined ? pod : { ...pod, podIPs: given };
	});
	const located = { ...snapshot, pods };
	return { ...located, endpointSlices: deriveEndpointSlices(located) };
}

/**
 * The slices that the manifests give, and for each Service with a selector and without such slices the derived ones.
 * A pod without an address is in none. `podIPs` goes before a pod's own addresses.
 */
export function deriveEndpointSlices(snapshot: KubeSnapshot, podIPs: PodIPs = new Map()): readonly EndpointSlice[] {
	const given = snapshot.endpointSlices;
	const served = new Set(given.map((slice) => `${slice.namespace}/${slice.service ?? ""}`));
	const index = new PodIndex(snapshot.pods);
	const nodes = new Map(snapshot.nodes.map((node) => [node.name, node]));
	const derived = snapshot.services.flatMap((service) => {
		if (service.selector === undefined || service.type === "ExternalName") return [];
		if (served.has(namespacedName(service))) return [];
		const pods = index.select(service.namespace, service.selector);
		return service.ipFamilies.flatMap((family) => serviceSlices(service, family, { pods, nodes, podIPs }));
	});
	return [...given, ...derived];
}

interface Selected {
	readonly pods: readonly Pod[];
	readonly nodes: ReadonlyMap<string, Node>;
	readonly podIPs: PodIPs;
}

/** Pods whose named ports are different numbers go to different slices, as a slice has one list of ports. */
function serviceSlices(
	service: Service,
	family: IpFamily,
	{ pods, nodes, podIPs }: Selected,
): readonly EndpointSlice[] {
	const groups = new Map<string, { readonly ports: readonly EndpointPort[]; readonly endpoints: Endpoint[] }>();
	for (const pod of pods) {
		const addresses = podIPs.get(namespacedName(pod)) ?? pod.podIPs;
		const address = addresses.find((candidate) => familyOf(candidate) === family);
		if (address === undefined) continue;
		const ports = endpointPorts(service, pod);
		if (ports.length === 0 && service.ports.length > 0) continue;
		const key = ports.map((port) => `${port.name}:${port.port}/${port.protocol}`).join(" ");
		const group = groups.get(key) ?? { ports, endpoints: [] };
		groups.set(key, group);
		group.endpoints.push(endpointOf(service, pod, address, nodes.get(pod.node)));
	}
	// A Service that selects nothing has one empty slice.
	const parts = groups.size === 0 ? [{ ports: [], endpoints: [] }] : [...groups.values()].flatMap(chunks);
	return parts.map(({ ports, endpoints }, k) => ({
		namespace: service.namespace,
		name: `${service.name}-${nameSuffix(`${namespacedName(service)} ${family} ${k}`)}`,
		service: service.name,
		family,
		ports,
		endpoints,
	}));
}

type SliceContent = Pick<EndpointSlice, "ports" | "endpoints">;

/** At most 100 endpoints each. */
function chunks({ ports, endpoints }: SliceContent): readonly SliceContent[] {
	const count = Math.ceil(endpoints.length / MAX_ENDPOINTS_PER_SLICE);
	return Array.from({ length: count }, (_, k) => ({
		ports,
		endpoints: endpoints.slice(k * MAX_ENDPOINTS_PER_SLICE, (k + 1) * MAX_ENDPOINTS_PER_SLICE),
	}));
}

/** The Service's ports as this pod serves them; a port whose name the pod does not know is not among them. */
function endpointPorts(service: Service, pod: Pod): readonly EndpointPort[] {
	return service.ports.flatMap(({ name, protocol, targetPort }) => {
		const named = pod.ports.find((candidate) => candidate.name === targetPort && candidate.protocol === protocol);
		const port = typeof targetPort === "number" ? targetPort : named?.port;
		return port === undefined ? [] : [{ name, protocol, port }];
	});
}

function endpointOf(service: Service, pod: Pod, address: IpAddr, node: Node | undefined): Endpoint {
	const zone = node?.labels[ZONE_LABEL];
	const named = pod.hostname !== undefined && pod.subdomain === service.name;
	return {
		addresses: [address],
		ready: service.publishNotReadyAddresses || (pod.ready && !pod.terminating),
		serving: pod.ready,
		terminating: pod.terminating,
		nodeName: pod.node,
		...(named ? { hostname: pod.hostname } : {}),
		...(zone === undefined ? {} : { zone }),
		targetRef: `Pod ${namespacedName(pod)}`,
	};
}
