/** What is asked of both modes: every Service port, from every kind of client, by every address that it has. */
import type { Service, ServicePort } from "../../kube/snapshot.ts";
import { familyOf, type IpAddr } from "../../wire/addr.ts";
import type { Cluster } from "../cluster.ts";
import { PROBE_NAMESPACE, probeName } from "./stand-ins.ts";

/** How the Service is asked. */
export type AskedBy =
	| "cluster-ip"
	/** A port of the cluster IP that the Service does not have. */
	| "other-port"
	| "ping"
	| "node-port"
	/** A node port on 127.0.0.1. */
	| "loopback"
	| "external-ip"
	| "load-balancer";

export interface ModeFlow {
	/** As `resolveWho` reads it. */
	readonly from: string;
	readonly client: "node" | "pod" | "endpoint" | "outside";
	/** `IP` or `IP:PORT`. */
	readonly to: string;
	readonly proto: "tcp" | "udp" | "icmp";
	readonly by: AskedBy;
	/** The node whose kube-proxy the packet meets. */
	readonly entryNode: string;
	readonly service: Service;
	readonly port: ServicePort;
	/** `IP:PORT` of all endpoints, ready or not. */
	readonly endpoints: readonly string[];
}

/** A node without the Service's endpoints is as good as another. */
const MAX_NODES = 2;

/** What cannot be asked is left out: SCTP, of which podwire has no sockets, and IPv6, which the simulated kernel lacks. */
export function modeFlows(cluster: Cluster): readonly ModeFlow[] {
	return cluster.snapshot.services.flatMap((service) => {
		const clusterIP = service.clusterIPs.find((address) => familyOf(address) === "ipv4");
		if (clusterIP === undefined || service.headless || service.type === "ExternalName") return [];
		const ports = service.ports.filter(({ protocol }) => protocol !== "SCTP");
		return ports.flatMap((port, at) => portFlows(new Asked(cluster, service, port), { clusterIP, isFirst: at === 0 }));
	});
}

/** An address of the Service that a router must send to a node before somebody outside can use it. */
export function routedAddresses({ snapshot, nodes }: Cluster): readonly IpAddr[] {
	const own = new Set(nodes.map(({ internalIp }) => internalIp));
	return [...new Set(snapshot.services.flatMap((service) => [...service.externalIPs, ...vipsOf(service)]))].filter(
		(address) => familyOf(address) === "ipv4" && !own.has(address),
	);
}

/** One port of a Service, and who may ask for it. */
class Asked {
	readonly cluster: Cluster;
	readonly service: Service;
	readonly port: ServicePort;
	readonly endpoints: readonly string[];
	/** Names: with endpoints first. */
	readonly nodes: readonly string[];

	constructor(cluster: Cluster, service: Service, port: ServicePort) {
		this.cluster = cluster;
		this.service = service;
		this.port = port;
		const slices = cluster.snapshot.endpointSlices.filter(
			({ namespace, service: name, family }) =>
				namespace === service.namespace && name === service.name && family === "ipv4",
		);
		const found = slices.flatMap((slice) => {
			const numbers = slice.ports.filter(({ name, protocol }) => name === port.name && protocol === port.protocol);
			return slice.endpoints.flatMap(({ addresses, nodeName }) =>
				numbers.flatMap((number) => addresses.map((addr) => ({ text: `${addr}:${number.port}`, nodeName }))),
			);
		});
		this.endpoints = [...new Set(found.map(({ text }) => text))];
		const having = new Set(found.map(({ nodeName }) => nodeName));
		const all = cluster.nodes.map(({ name }) => name);
		this.nodes = [...firsts(all, (name) => having.has(name)), ...firsts(all, (name) => !having.has(name))];
	}

	flow(flow: Pick<ModeFlow, "from" | "client" | "to" | "by" | "entryNode">, proto?: "icmp"): ModeFlow {
		const { service, port, endpoints } = this;
		return { ...flow, proto: proto ?? (port.protocol === "UDP" ? "udp" : "tcp"), service, port, endpoints };
	}

	/** From a node, and from a pod on it. */
	inside(node: string): readonly Pick<ModeFlow, "from" | "client">[] {
		return [
			{ from: `node/${node}`, client: "node" },
			{ from: `pod/${PROBE_NAMESPACE}/${probeName(node)}`, client: "pod" },
		];
	}

	/** From a pod that is behind the Service itself. */
	itself(node: string): readonly Pick<ModeFlow, "from" | "client">[] {
		const addresses = this.endpoints.map((text) => text.slice(0, text.lastIndexOf(":")));
		const pod = this.cluster.pods.find(
			(candidate) => candidate.node === node && !candidate.hostNetwork && addresses.includes(candidate.ip),
		);
		return pod === undefined ? [] : [{ from: `pod/${pod.namespace}/${pod.name}`, client: "endpoint" }];
	}
}

function portFlows(
	asked: Asked,
	{ clusterIP, isFirst }: { readonly clusterIP: IpAddr; readonly isFirst: boolean },
): readonly ModeFlow[] {
	const { service, port } = asked;
	const flows: ModeFlow[] = [];
	for (const node of asked.nodes) {
		const at = { entryNode: node };
		const to = `${clusterIP}:${port.port}`;
		for (const client of [...asked.inside(node), ...asked.itself(node)]) {
			flows.push(asked.flow({ ...client, ...at, to, by: "cluster-ip" }));
		}
		for (const client of isFirst ? asked.inside(node) : []) {
			flows.push(asked.flow({ ...client, ...at, to: `${clusterIP}:${unusedPort(service)}`, by: "other-port" }));
			flows.push(asked.flow({ ...client, ...at, to: clusterIP, by: "ping" }, "icmp"));
		}
		flows.push(...nodePortFlows(asked, node), ...addressFlows(asked, node));
	}
	return flows;
}

function nodePortFlows(asked: Asked, node: string): readonly ModeFlow[] {
	const { nodePort } = asked.port;
	const place = asked.cluster.nodes.find(({ name }) => name === node);
	if (nodePort === undefined || place === undefined) return [];
	const to = `${place.internalIp}:${nodePort}`;
	const others = asked.nodes.filter((name) => name !== node).slice(0, 1);
	const clients = [
		{ from: "outside", client: "outside" } as const,
		...asked.inside(node),
		...others.flatMap((other) => asked.inside(other)),
	];
	return [
		...clients.map((client) => asked.flow({ ...client, to, by: "node-port", entryNode: node })),
		asked.flow({
			from: `node/${node}`,
			client: "node",
			to: `127.0.0.1:${nodePort}`,
			by: "loopback",
			entryNode: node,
		}),
	];
}

function addressFlows(asked: Asked, node: string): readonly ModeFlow[] {
	const { service, port, cluster } = asked;
	const addresses = [
		...service.externalIPs.map((addr) => ({ addr, by: "external-ip" }) as const),
		...vipsOf(service).map((addr) => ({ addr, by: "load-balancer" }) as const),
	].filter(({ addr }) => familyOf(addr) === "ipv4");
	return addresses.flatMap(({ addr, by }) => {
		const to = `${addr}:${port.port}`;
		const inside = asked.inside(node).map((client) => asked.flow({ ...client, to, by, entryNode: node }));
		const first = cluster.nodes[0]?.name;
		const outside = { from: "outside", client: "outside" } as const;
		return node === first ? [...inside, asked.flow({ ...outside, to, by, entryNode: node })] : inside;
	});
}

function vipsOf(service: Service): readonly IpAddr[] {
	return service.loadBalancerIngress.flatMap(({ ip, ipMode }) => (ip === undefined || ipMode === "Proxy" ? [] : [ip]));
}

function unusedPort({ ports }: Service): number {
	const used = new Set(ports.map(({ port }) => port));
	let port = 1;
	while (used.has(port)) port += 1;
	return port;
}

function firsts(names: readonly string[], fits: (name: string) => boolean): readonly string[] {
	return names.filter(fits).slice(0, MAX_NODES);
}
