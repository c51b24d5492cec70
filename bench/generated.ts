/** Generated Kubernetes manifests of any size. */
import { parseManifests } from "../src/kube/parse-manifests.ts";
import type { EndpointSlice, KubeSnapshot, Service } from "../src/kube/snapshot.ts";
import { ip } from "../src/wire/addr.ts";

/** `nodes` nodes, `pods` web pods spread over them behind one Service `web`, and a pod `client` on node-0. */
export function webCluster(nodes: number, pods: number): KubeSnapshot {
	const objects = [
		...Array.from({ length: nodes }, (_, k) => nodeObject(k)),
		{
			apiVersion: "apps/v1",
			kind: "Deployment",
			metadata: { name: "web" },
			spec: {
				replicas: pods,
				selector: { matchLabels: { app: "web" } },
				template: {
					metadata: { labels: { app: "web" } },
					spec: {
						containers: [
							{ name: "web", ports: [{ containerPort: 80 }, { name: "echo", containerPort: 7, protocol: "UDP" }] },
						],
					},
				},
			},
		},
		{
			apiVersion: "v1",
			kind: "Pod",
			metadata: { name: "client" },
			spec: { nodeName: "node-0", containers: [{ name: "client" }] },
		},
		{
			apiVersion: "v1",
			kind: "Service",
			metadata: { name: "web" },
			spec: {
				selector: { app: "web" },
				ports: [
					{ name: "http", port: 80 },
					{ name: "echo", port: 7, protocol: "UDP", targetPort: "echo" },
				],
			},
		},
	];
	return parsed(objects);
}

/** `services` Services with three endpoints each, as slices without pods; Service k is `many/svc-K`, port 80. */
export function manyServices(services: number): KubeSnapshot {
	const numbers = Array.from({ length: services }, (_, k) => k);
	const bytes = (k: number): string => `${(k >> 8) & 255}.${k & 255}`;
	return {
		...parsed([nodeObject(0)]),
		services: numbers.map((k) => service(`svc-${k}`, `10.${96 + (k >> 16)}.${bytes(k)}`)),
		endpointSlices: numbers.map((k) =>
			slice(
				`svc-${k}`,
				`svc-${k}`,
				[200, 201, 202].map((net) => `10.${net}.${bytes(k)}`),
			),
		),
	};
}

/** One Service with so many endpoints, a hundred a slice, as the controller makes them. */
export function manyEndpoints(endpoints: number): KubeSnapshot {
	const slices = Array.from({ length: Math.ceil(endpoints / 100) }, (_, k) => k);
	const addresses = (k: number): readonly string[] =>
		Array.from({ length: Math.min(100, endpoints - k * 100) }, (_, e) => `10.${200 + (k >> 8)}.${k & 255}.${e}`);
	return {
		...parsed([nodeObject(0)]),
		services: [service("big", "10.96.0.9")],
		endpointSlices: slices.map((k) => slice("big", `big-${k}`, addresses(k))),
	};
}

function service(name: string, clusterIP: string): Service {
	return {
		namespace: "many",
		name,
		labels: {},
		type: "ClusterIP",
		headless: false,
		clusterIPs: [ip(clusterIP)],
		ipFamilies: ["ipv4"],
		ports: [{ name: "", protocol: "TCP", port: 80, targetPort: 8080 }],
		externalIPs: [],
		loadBalancerIngress: [],
		loadBalancerSourceRanges: [],
		externalTrafficPolicy: "Cluster",
		internalTrafficPolicy: "Cluster",
		publishNotReadyAddresses: false,
	};
}

function slice(service: string, name: string, addresses: readonly string[]): EndpointSlice {
	const state = { ready: true, serving: true, terminating: false };
	return {
		namespace: "many",
		name,
		service,
		family: "ipv4",
		ports: [{ name: "", port: 8080, protocol: "TCP" }],
		endpoints: addresses.map((address) => ({ addresses: [ip(address)], ...state })),
	};
}

function nodeObject(k: number): unknown {
	return {
		apiVersion: "v1",
		kind: "Node",
		metadata: { name: `node-${k}` },
		spec: { podCIDR: `10.244.${k}.0/24` },
		status: { addresses: [{ type: "InternalIP", address: `10.240.0.${20 + k}` }] },
	};
}

function parsed(items: readonly unknown[]): KubeSnapshot {
	const text = JSON.stringify({ apiVersion: "v1", kind: "List", items });
	const result = parseManifests([{ path: "generated.json", text }], {});
	if (!result.ok) throw new Error(result.error.map((error) => error.message).join("\n"));
	return result.value.snapshot;
}
