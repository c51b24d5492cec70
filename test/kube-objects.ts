/** Small Kubernetes snapshots for tests. */
import type {
	ContainerPort,
	Endpoint,
	EndpointSlice,
	KubeSnapshot,
	Node,
	Pod,
	Service,
	ServicePort,
} from "../src/kube/snapshot.ts";
import { cidr, ip } from "../src/wire/addr.ts";

export function kubeNode(name: string, address: string, podCidr: string): Node {
	const rest = { labels: {}, externalIPs: [], unschedulable: false, taints: [], ready: true };
	return { name, internalIPs: [ip(address)], podCIDRs: podCidr === "" ? [] : [cidr(podCidr)], ...rest };
}

export function kubePod(name: string, node: string, more: Partial<Pod> = {}): Pod {
	return {
		namespace: "default",
		name,
		labels: { app: name },
		node,
		podIPs: [],
		hostNetwork: false,
		ready: true,
		terminating: false,
		containers: [name],
		ports: [],
		...more,
	};
}

export function containerPort(port: number, protocol: ContainerPort["protocol"] = "TCP"): ContainerPort {
	return { container: "main", port, protocol };
}

export function servicePort(port: number, more: Partial<ServicePort> = {}): ServicePort {
	return { name: "", protocol: "TCP", port, targetPort: port, ...more };
}

/** Selects the pods with label `app=NAME`. */
export function kubeService(name: string, clusterIP: string, more: Partial<Service> = {}): Service {
	return {
		namespace: "default",
		name,
		labels: {},
		type: "ClusterIP",
		selector: { app: name },
		headless: clusterIP === "",
		clusterIPs: clusterIP === "" ? [] : [ip(clusterIP)],
		ipFamilies: ["ipv4"],
		ports: [servicePort(80)],
		externalIPs: [],
		loadBalancerIngress: [],
		loadBalancerSourceRanges: [],
		externalTrafficPolicy: "Cluster",
		internalTrafficPolicy: "Cluster",
		publishNotReadyAddresses: false,
		...more,
	};
}

/** Ready. */
export function kubeEndpoint(address: string, more: Partial<Endpoint> = {}): Endpoint {
	return { addresses: [ip(address)], ready: true, serving: true, terminating: false, ...more };
}

/** Of the Service's port 80/TCP without a name. */
export function kubeSlice(
	service: string,
	endpoints: readonly Endpoint[],
	more: Partial<EndpointSlice> = {},
): EndpointSlice {
	return {
		namespace: "default",
		name: `${service}-1`,
		service,
		family: "ipv4",
		ports: [{ name: "", protocol: "TCP", port: 80 }],
		endpoints,
		...more,
	};
}

export function kubeSnapshot(objects: Partial<KubeSnapshot>): KubeSnapshot {
	return { nodes: [], pods: [], services: [], endpointSlices: [], ...objects };
}
