/** Cluster DNS in a cluster: which pods are the name servers, by the Service kube-system/kube-dns, and what pods are told of them. */
import { type ClusterDnsConfig, kubeadmDns, primaryZone } from "../dns/config.ts";
import { DnsServer } from "../dns/dns-server.ts";
import type { EndpointPort, KubeSnapshot } from "../kube/snapshot.ts";
import { namespacedName } from "../kube/snapshot.ts";
import type { IpAddr } from "../wire/addr.ts";
import { DNS_PORT } from "../wire/dns.ts";
import type { ClusterDns, ClusterPod, ServedPort } from "./cluster.ts";
import type { DnsProgram } from "./dns-program.ts";

export interface ClusterDnsOptions {
	/** Default: kubeadm's. */
	readonly config?: ClusterDnsConfig;
	/** The servers that the name servers ask for other names; default: none, and those names are refused. */
	readonly upstreams?: readonly IpAddr[];
}

export interface DnsPlan {
	readonly dns: ClusterDns;
	/** The pod with the ports that its name server listens on. */
	withPorts(pod: ClusterPod): ClusterPod;
	/** What answers there. */
	programOf(pod: Pick<ClusterPod, "ip">): DnsProgram | undefined;
}

const NAMESPACE = "kube-system";
const SERVICE = "kube-dns";
/** As kubeadm's Corefile. */
const CACHE_SECONDS = 30;

/** Undefined: there is no such Service with pods behind it. */
export function planDns(snapshot: KubeSnapshot, options: ClusterDnsOptions = {}): DnsPlan | undefined {
	const service = snapshot.services.find(({ namespace, name }) => namespace === NAMESPACE && name === SERVICE);
	if (service === undefined) return undefined;
	const names = new Set(service.ports.filter(({ port }) => port === DNS_PORT).map(({ name }) => name));
	const ports = new Map<IpAddr, readonly EndpointPort[]>();
	for (const slice of snapshot.endpointSlices) {
		if (slice.namespace !== NAMESPACE || slice.service !== SERVICE) continue;
		const own = slice.ports.filter(({ name, protocol }) => names.has(name) && protocol !== "SCTP");
		for (const endpoint of slice.endpoints) for (const addr of endpoint.addresses) ports.set(addr, own);
	}
	if (ports.size === 0) return undefined;
	const { config = kubeadmDns(), upstreams = [] } = options;
	return {
		dns: { domain: primaryZone(config), clusterIPs: service.clusterIPs },
		withPorts(pod) {
			const own = ports.get(pod.ip);
			return own === undefined ? pod : { ...pod, ports: dnsPorts(pod, own) };
		},
		programOf(pod) {
			if (!ports.has(pod.ip)) return undefined;
			const server = new DnsServer({ config, forwards: upstreams.length > 0, cacheSeconds: CACHE_SECONDS });
			server.update({ snapshot, serial: 1, localIPs: [pod.ip] });
			return { server, upstreams };
		},
	};
}

/** A declared port keeps its container; a metrics port and the like stay what they are. */
function dnsPorts(pod: ClusterPod, ports: readonly EndpointPort[]): readonly ServedPort[] {
	const isDns = (port: number, protocol: string): boolean =>
		ports.some((each) => each.port === port && each.protocol === protocol);
	const declared = pod.ports.map((port) => (isDns(port.port, port.protocol) ? { ...port, dns: true as const } : port));
	const missing = ports.flatMap(({ name, port, protocol }): readonly ServedPort[] => {
		const there = pod.ports.some((each) => each.port === port && each.protocol === protocol);
		if (there || protocol === "SCTP") return [];
		return [{ container: pod.name, name, port, protocol, dns: true }];
	});
	return [...declared, ...missing];
}

/** Pods that are name servers, `NS/NAME`. */
export function dnsPods(pods: readonly ClusterPod[]): readonly string[] {
	return pods.filter((pod) => pod.ports.some((port) => port.dns === true)).map(namespacedName);
}
