/** Generated Kubernetes manifests of any size. */
import { parseManifests } from "../src/kube/parse-manifests.ts";
import type { KubeSnapshot } from "../src/kube/snapshot.ts";

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

/** `services` Services with three endpoints each, as slices without pods; Service k is `ns-K/svc-K`, port 80. */
export function manyServices(services: number): KubeSnapshot {
	const objects: unknown[] = [nodeObject(0)];
	for (let k = 0; k < services; k += 1) {
		const name = `svc-${k}`;
		const ip = `10.${96 + (k >> 16)}.${(k >> 8) & 255}.${k & 255}`;
		objects.push(
			{
				apiVersion: "v1",
				kind: "Service",
				metadata: { name, namespace: "many" },
				spec: { clusterIP: ip, ports: [{ port: 80, targetPort: 8080 }] },
			},
			{
				apiVersion: "discovery.k8s.io/v1",
				kind: "EndpointSlice",
				metadata: { name, namespace: "many", labels: { "kubernetes.io/service-name": name } },
				addressType: "IPv4",
				ports: [{ name: "", port: 8080, protocol: "TCP" }],
				endpoints: [0, 1, 2].map((e) => ({ addresses: [`10.${200 + e}.${(k >> 8) & 255}.${k & 255}`] })),
			},
		);
	}
	return parsed(objects);
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
