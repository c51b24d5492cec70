/** The ways to reach a Service, picked from whatever cluster there is: node, pod, itself, outside; this node and another. */
import type { Cluster, ClusterPod } from "../cluster/cluster.ts";
import type { Service, ServicePort } from "../kube/snapshot.ts";
import { familyOf } from "../wire/addr.ts";

export interface Case {
	readonly title: string;
	readonly from: string;
	readonly to: string;
	/** `NS/NAME` of the pod that is to answer. */
	readonly endpoint?: string;
	/** Where the destination alone does not say it. */
	readonly proto?: "tcp" | "udp";
}

export interface MissingCase {
	readonly title: string;
	/** What the cluster would have to contain. */
	readonly needs: string;
}

/** The eight cases, each with a flow or with what is missing for it. */
export function serviceCases(cluster: Cluster): readonly (Case | MissingCase)[] {
	const clusterIp = pick(cluster, (service) => hasIpv4(service) && tracedPort(service) !== undefined);
	const everywhere = pick(cluster, (service) => hasNodePort(service) && service.externalTrafficPolicy === "Cluster");
	const nodePort = everywhere ?? pick(cluster, hasNodePort);
	const empty = cluster.snapshot.services.find(
		(service) => hasIpv4(service) && tracedPort(service) !== undefined && readyAddresses(cluster, service).size === 0,
	);
	return [...clusterIpCases(cluster, clusterIp), ...nodePortCases(nodePort), emptyCase(cluster, clusterIp, empty)];
}

interface Picked {
	readonly service: Service;
	/** An endpoint on one node. */
	readonly here: ClusterPod;
	/** An endpoint on another node. */
	readonly there: ClusterPod | undefined;
}

function clusterIpCases(cluster: Cluster, picked: Picked | undefined): readonly (Case | MissingCase)[] {
	const titles = {
		nodeHere: "node → ClusterIP, the chosen pod is on this node",
		nodeThere: "node → ClusterIP, the chosen pod is on another node",
		podHere: "pod → ClusterIP, the chosen pod is on the same node",
		podThere: "pod → ClusterIP, the chosen pod is on another node",
		self: "pod → its own Service, and the choice falls on itself (hairpin)",
	};
	if (picked === undefined)
		return Object.values(titles).map((title) => ({ title, needs: "a Service with a ClusterIP and an endpoint" }));
	const { service, here, there } = picked;
	const to = toService(service);
	const node = `node/${here.node}`;
	const client = clientOn(cluster, here.node, service);
	const otherNode = { needs: `endpoints of Service ${service.name} on two nodes` };
	const noClient = { needs: `another pod on node ${here.node} to be the client` };
	const from = client === undefined ? undefined : whoOf(client);
	return [
		{ title: titles.nodeHere, from: node, to, endpoint: nameOf(here) },
		there === undefined
			? { title: titles.nodeThere, ...otherNode }
			: { title: titles.nodeThere, from: node, to, endpoint: nameOf(there) },
		from === undefined
			? { title: titles.podHere, ...noClient }
			: { title: titles.podHere, from, to, endpoint: nameOf(here) },
		from === undefined || there === undefined
			? { title: titles.podThere, ...(from === undefined ? noClient : otherNode) }
			: { title: titles.podThere, from, to, endpoint: nameOf(there) },
		{ title: titles.self, from: whoOf(here), to, endpoint: nameOf(here) },
	];
}

function nodePortCases(picked: Picked | undefined): readonly (Case | MissingCase)[] {
	const here = "outside → NodePort of the node where the chosen pod is";
	const there = "outside → NodePort of another node than the chosen pod's";
	const port = picked?.service.ports.find(isTracedNodePort);
	if (picked === undefined || port === undefined) {
		return [here, there].map((title) => ({ title, needs: "a Service of type NodePort with an endpoint" }));
	}
	const to = `node/${picked.here.node}:${port.nodePort}`;
	const proto = port.protocol === "UDP" ? ({ proto: "udp" } as const) : {};
	return [
		{ title: here, from: "outside", to, endpoint: nameOf(picked.here), ...proto },
		picked.there === undefined
			? { title: there, needs: `endpoints of Service ${picked.service.name} on two nodes` }
			: { title: there, from: "outside", to, endpoint: nameOf(picked.there), ...proto },
	];
}

function emptyCase(cluster: Cluster, picked: Picked | undefined, empty: Service | undefined): Case | MissingCase {
	const title = "a Service without endpoints";
	if (empty === undefined) return { title, needs: "a Service that selects no pod" };
	const client =
		(picked === undefined ? undefined : clientOn(cluster, picked.here.node, picked.service)) ?? cluster.pods[0];
	const from = client === undefined ? `node/${cluster.nodes[0]?.name ?? ""}` : whoOf(client);
	return { title, from, to: toService(empty) };
}

/** With a port, for a Service may have several. */
function toService(service: Service): string {
	const port = tracedPort(service);
	return `svc/${service.namespace}/${service.name}${port === undefined ? "" : `:${port.port}`}`;
}

/** The first port that podwire has sockets for. */
function tracedPort(service: Service): ServicePort | undefined {
	return service.ports.find((port) => port.protocol !== "SCTP");
}

/** The simulated kernel has no IPv6. */
function hasIpv4(service: Service): boolean {
	return service.clusterIPs.some((address) => familyOf(address) === "ipv4");
}

function hasNodePort(service: Service): boolean {
	return service.ports.some(isTracedNodePort);
}

function isTracedNodePort(port: ServicePort): boolean {
	return port.nodePort !== undefined && port.protocol !== "SCTP";
}

/** The first fitting Service, preferably one with endpoints on two nodes. */
function pick(cluster: Cluster, fits: (service: Service) => boolean): Picked | undefined {
	const found = cluster.snapshot.services.filter(fits).flatMap((service) => {
		const endpoints = endpointsOf(cluster, service);
		return endpoints.map((here) => ({
			service,
			here,
			there: endpoints.find((pod) => pod.node !== here.node),
			client: clientOn(cluster, here.node, service),
		}));
	});
	return (
		found.find((candidate) => candidate.there !== undefined && candidate.client !== undefined) ??
		found.find((candidate) => candidate.there !== undefined) ??
		found[0]
	);
}

/** The pods behind a Service that have addresses of their own, in the order of the cluster's pods. */
function endpointsOf(cluster: Cluster, service: Service): readonly ClusterPod[] {
	const addresses = readyAddresses(cluster, service);
	return cluster.pods.filter((pod) => addresses.has(pod.ip) && !pod.hostNetwork);
}

/** Of the Service's ready endpoints, pods or not. */
function readyAddresses(cluster: Cluster, service: Service): ReadonlySet<string> {
	return new Set(
		cluster.snapshot.endpointSlices
			.filter((slice) => slice.namespace === service.namespace && slice.service === service.name)
			.flatMap((slice) =>
				slice.endpoints.filter((endpoint) => endpoint.ready).flatMap((endpoint) => endpoint.addresses),
			),
	);
}

/** A pod on the node that is not behind the Service. */
function clientOn(cluster: Cluster, node: string, service: Service): ClusterPod | undefined {
	const behind = endpointsOf(cluster, service);
	return cluster.pods.find((pod) => pod.node === node && !pod.hostNetwork && !behind.includes(pod));
}

function nameOf(pod: ClusterPod): string {
	return `${pod.namespace}/${pod.name}`;
}

function whoOf(pod: ClusterPod): string {
	return `pod/${nameOf(pod)}`;
}
