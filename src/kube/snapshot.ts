/**
 * The Kubernetes objects that node networking reads, as one immutable snapshot.
 *
 * The names and the spelling of the values are the API's; what networking does not read is left out, and what the API
 * server would fill in (defaults, cluster IPs, node ports, a pod's node) is filled in.
 */
import type { Cidr, IpAddr, IpFamily } from "../wire/addr.ts";

export type Labels = Readonly<Record<string, string>>;
export type Protocol = "TCP" | "UDP" | "SCTP";
export type TrafficPolicy = "Cluster" | "Local";

export interface Taint {
	readonly key: string;
	readonly value: string;
	readonly effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}

export interface Node {
	readonly name: string;
	readonly labels: Labels;
	/** At least one; in the order of `status.addresses`. */
	readonly internalIPs: readonly IpAddr[];
	readonly externalIPs: readonly IpAddr[];
	/** Host bits cleared. */
	readonly podCIDRs: readonly Cidr[];
	readonly unschedulable: boolean;
	readonly taints: readonly Taint[];
	/** Of `status.conditions`; true when it is not said. */
	readonly ready: boolean;
	/** Of `status.nodeInfo`, for printing only. */
	readonly nodeInfo?: NodeInfo;
}

export interface NodeInfo {
	readonly kubeletVersion: string;
	readonly osImage: string;
	readonly kernelVersion: string;
	readonly containerRuntimeVersion: string;
}

/** A port that a container declares; it opens nothing, but a Service's `targetPort` may use its name. */
export interface ContainerPort {
	readonly container: string;
	readonly name?: string;
	readonly port: number;
	readonly protocol: Protocol;
	readonly hostPort?: number;
	readonly hostIP?: IpAddr;
}

export type PodDnsPolicy = "ClusterFirst" | "ClusterFirstWithHostNet" | "Default" | "None";

/** What a pod adds to the /etc/resolv.conf that its policy gives it. */
export interface PodDnsConfig {
	readonly nameservers: readonly IpAddr[];
	readonly searches: readonly string[];
	readonly options: readonly { readonly name: string; readonly value?: string }[];
}

export interface OwnerReference {
	readonly kind: string;
	readonly name: string;
}

export interface Pod {
	readonly namespace: string;
	readonly name: string;
	readonly labels: Labels;
	/** The controller that made the pod, e.g. `ReplicaSet myapp-5d749dc84b`. */
	readonly owner?: OwnerReference;
	/** The name of the node it runs on. */
	readonly node: string;
	/** Of `status.podIPs`, or the node's for a pod in the host network; empty until the CNI plugin has assigned one. */
	readonly podIPs: readonly IpAddr[];
	readonly hostNetwork: boolean;
	readonly hostname?: string;
	readonly subdomain?: string;
	/** Absent: ClusterFirst. */
	readonly dnsPolicy?: PodDnsPolicy;
	readonly dnsConfig?: PodDnsConfig;
	readonly ready: boolean;
	readonly terminating: boolean;
	readonly containers: readonly string[];
	readonly ports: readonly ContainerPort[];
}

export interface ServicePort {
	/** Empty for the only, unnamed port. */
	readonly name: string;
	readonly protocol: Protocol;
	readonly port: number;
	/** A number, or the name of a container's port. */
	readonly targetPort: number | string;
	readonly nodePort?: number;
	readonly appProtocol?: string;
}

export type ServiceType = "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName";

export interface LoadBalancerIngress {
	readonly ip?: IpAddr;
	readonly hostname?: string;
	readonly ipMode?: "VIP" | "Proxy";
}

export interface Service {
	readonly namespace: string;
	readonly name: string;
	readonly labels: Labels;
	readonly type: ServiceType;
	/** Undefined: endpoints are made by somebody else. An empty selector counts as none. */
	readonly selector?: Labels;
	readonly headless: boolean;
	/** Empty for a headless Service and for ExternalName. */
	readonly clusterIPs: readonly IpAddr[];
	readonly ipFamilies: readonly IpFamily[];
	readonly ports: readonly ServicePort[];
	readonly externalName?: string;
	readonly externalIPs: readonly IpAddr[];
	readonly loadBalancerIngress: readonly LoadBalancerIngress[];
	readonly loadBalancerSourceRanges: readonly Cidr[];
	/** `sessionAffinity: ClientIP` with its timeout; undefined for None. */
	readonly clientIPAffinitySeconds?: number;
	readonly externalTrafficPolicy: TrafficPolicy;
	readonly internalTrafficPolicy: TrafficPolicy;
	readonly healthCheckNodePort?: number;
	readonly publishNotReadyAddresses: boolean;
	readonly trafficDistribution?: string;
}

export interface EndpointPort {
	readonly name: string;
	readonly protocol: Protocol;
	readonly port: number;
}

/** Conditions are resolved: ready absent is true, serving absent is ready, terminating absent is false. */
export interface Endpoint {
	readonly addresses: readonly IpAddr[];
	readonly ready: boolean;
	readonly serving: boolean;
	readonly terminating: boolean;
	readonly nodeName?: string;
	readonly hostname?: string;
	readonly zone?: string;
	/** `Pod namespace/name`, if a pod stands behind it. */
	readonly targetRef?: string;
	readonly forZones?: readonly string[];
	readonly forNodes?: readonly string[];
}

/** Slices of address type FQDN are not kept. */
export interface EndpointSlice {
	readonly namespace: string;
	readonly name: string;
	/** Of the label `kubernetes.io/service-name`. */
	readonly service?: string;
	readonly family: IpFamily;
	readonly ports: readonly EndpointPort[];
	readonly endpoints: readonly Endpoint[];
}

export interface KubeSnapshot {
	/** Sorted by name. */
	readonly nodes: readonly Node[];
	/** In the order of the manifests, a workload's pods one after another. */
	readonly pods: readonly Pod[];
	readonly services: readonly Service[];
	/** After parsing, those that the manifests give; `withPodIPs` adds the derived ones. */
	readonly endpointSlices: readonly EndpointSlice[];
}

/** What an agent on a node knows about its own node, beside the API objects. */
export interface NodeFacts {
	/** The name of its Node object. */
	readonly name: string;
	/** The node's own addresses, first the one it is known by, of each family. */
	readonly nodeIPs: readonly IpAddr[];
	/** The addresses of all its interfaces, loopback included; undefined: `nodeIPs` and the loopback addresses. */
	readonly interfaceAddresses?: readonly IpAddr[];
}

/** `namespace/name`: the key of a namespaced object. */
export function namespacedName(object: { readonly namespace: string; readonly name: string }): string {
	return `${object.namespace}/${object.name}`;
}
