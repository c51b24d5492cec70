/** A snapshot's Services, endpoints and pods, by the names and addresses that queries have. */
import type { Endpoint, EndpointPort, KubeSnapshot, Service } from "../kube/snapshot.ts";
import type { IpAddr } from "../wire/addr.ts";

/** What records are made of. */
export interface DnsSource {
	readonly snapshot: Pick<KubeSnapshot, "services" | "endpointSlices" | "pods">;
	/** Namespaces in which there is nothing; those of the objects need not be said. */
	readonly namespaces?: readonly string[];
	/** When it last changed: the serial number of the zones. */
	readonly serial: number;
	/** The server's own addresses, for NS records. */
	readonly localIPs?: readonly IpAddr[];
}

export interface ReadyEndpoint {
	/** `SERVICE.NAMESPACE`. */
	readonly service: string;
	readonly namespace: string;
	readonly addr: IpAddr;
	readonly hostname?: string;
	/** The pod's name. */
	readonly pod?: string;
	readonly zone?: string;
	readonly ports: readonly EndpointPort[];
}

/** The namespaces that every cluster has. */
const STANDARD_NAMESPACES = ["default", "kube-node-lease", "kube-public", "kube-system"];

export class DnsIndex {
	readonly serial: number;
	readonly localIPs: readonly IpAddr[];
	readonly #namespaces: Set<string>;
	readonly #services = new Map<string, Service>();
	readonly #byClusterIP = new Map<IpAddr, Service>();
	readonly #endpoints = new Map<string, ReadyEndpoint[]>();
	readonly #byEndpointIP = new Map<IpAddr, ReadyEndpoint[]>();
	/** Of each address the namespaces of pods that have it. */
	readonly #pods = new Map<IpAddr, Set<string>>();

	constructor({ snapshot, namespaces, serial, localIPs = [] }: DnsSource) {
		this.serial = serial;
		this.localIPs = localIPs;
		this.#namespaces = new Set(namespaces ?? STANDARD_NAMESPACES);
		const inhabited = namespaces === undefined ? this.#namespaces : new Set<string>();
		for (const service of snapshot.services) {
			inhabited.add(service.namespace);
			this.#services.set(`${service.name}.${service.namespace}`, service);
			for (const addr of service.clusterIPs) {
				if (!this.#byClusterIP.has(addr)) this.#byClusterIP.set(addr, service);
			}
		}
		for (const slice of snapshot.endpointSlices) {
			if (slice.service === undefined) continue;
			inhabited.add(slice.namespace);
			const service = `${slice.service}.${slice.namespace}`;
			for (const endpoint of slice.endpoints) {
				if (!endpoint.ready) continue;
				for (const addr of endpoint.addresses) {
					const ready = readyEndpoint(endpoint, { service, namespace: slice.namespace, addr, ports: slice.ports });
					addTo(this.#endpoints, service, ready);
					addTo(this.#byEndpointIP, addr, ready);
				}
			}
		}
		for (const pod of snapshot.pods) {
			inhabited.add(pod.namespace);
			// Upstream reads status.podIP, the first address, and forgets pods that are being deleted.
			const [addr] = pod.podIPs;
			if (addr === undefined || pod.terminating) continue;
			const owners = this.#pods.get(addr) ?? new Set();
			this.#pods.set(addr, owners.add(pod.namespace));
		}
	}

	hasNamespace(name: string): boolean {
		return this.#namespaces.has(name);
	}

	/** In lower case, as Kubernetes' names are. */
	service(name: string, namespace: string): Service | undefined {
		return this.#services.get(`${name}.${namespace}`);
	}

	get services(): IterableIterator<Service> {
		return this.#services.values();
	}

	/** `SERVICE.NAMESPACE`. */
	endpoints(service: string): readonly ReadyEndpoint[] {
		return this.#endpoints.get(service) ?? [];
	}

	serviceOfClusterIP(addr: IpAddr): Service | undefined {
		return this.#byClusterIP.get(addr);
	}

	endpointsOfAddr(addr: IpAddr): readonly ReadyEndpoint[] {
		return this.#byEndpointIP.get(addr) ?? [];
	}

	hasPod(addr: IpAddr, namespace: string): boolean {
		return this.#pods.get(addr)?.has(namespace) === true;
	}
}

function readyEndpoint(
	{ hostname, zone, targetRef }: Endpoint,
	place: Pick<ReadyEndpoint, "service" | "namespace" | "addr" | "ports">,
): ReadyEndpoint {
	const pod = targetRef?.slice(targetRef.indexOf("/") + 1);
	return {
		...place,
		...(hostname === undefined || hostname === "" ? {} : { hostname }),
		...(pod === undefined ? {} : { pod }),
		...(zone === undefined ? {} : { zone }),
	};
}

function addTo<K, V>(map: Map<K, V[]>, key: K, value: V): void {
	const list = map.get(key);
	if (list === undefined) map.set(key, [value]);
	else list.push(value);
}
