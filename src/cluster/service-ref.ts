/** Services by the addresses and ports at which they answer. */
import type { Service, ServicePort } from "../kube/snapshot.ts";
import type { IpAddr } from "../wire/addr.ts";
import type { Cluster } from "./cluster.ts";

/** A Service port as part of a destination. */
export interface ServiceRef {
	readonly protocol: ServicePort["protocol"];
	readonly service: { readonly namespace: string; readonly name: string; readonly portName: string };
}

/** The Service port that answers at an address and port: cluster IP, external IP, load balancer IP or node port. */
export function serviceAt(
	cluster: Cluster,
	addr: IpAddr,
	{ port, protocol }: { readonly port: number; readonly protocol?: ServicePort["protocol"] | undefined },
): ServiceRef | undefined {
	const isNode = cluster.nodes.some((node) => node.internalIp === addr);
	for (const service of cluster.snapshot.services) {
		const isService = serviceAddrs(service).includes(addr);
		if (!isService && !isNode) continue;
		const found = service.ports.find((candidate) => {
			if (protocol !== undefined && candidate.protocol !== protocol) return false;
			return (isService && candidate.port === port) || (isNode && candidate.nodePort === port);
		});
		if (found !== undefined) return serviceRef(service, found);
	}
	return undefined;
}

export function serviceRef(service: Service, port: ServicePort): ServiceRef {
	const { namespace, name } = service;
	return { protocol: port.protocol, service: { namespace, name, portName: port.name } };
}

/** Whose cluster IP, external IP or load balancer IP it is; a node's address is nobody's. */
export function serviceOfAddr(cluster: Cluster, addr: IpAddr): Service | undefined {
	return cluster.snapshot.services.find((candidate) => serviceAddrs(candidate).includes(addr));
}

/** The addresses at which a Service itself answers; node ports are on the nodes'. */
function serviceAddrs(service: Service): readonly IpAddr[] {
	const ingress = service.loadBalancerIngress.flatMap(({ ip }) => (ip === undefined ? [] : [ip]));
	return [...service.clusterIPs, ...service.externalIPs, ...ingress];
}
