/** What the proxy knows about one port of one Service, for one address family. */
import { namespacedName, type Service } from "../kube/snapshot.ts";
import { type Cidr, familyOf, type IpAddr, type IpFamily } from "../wire/addr.ts";
import { servicePortName } from "./names.ts";
import type { L4Protocol } from "./rule.ts";

export interface ServicePortInfo {
	/** `namespace/name:port`: the name in comments and chain hashes. */
	readonly name: string;
	/** The port's name alone, the key to its endpoints. */
	readonly portName: string;
	readonly protocol: L4Protocol;
	readonly clusterIP: IpAddr;
	readonly port: number;
	/** 0: none. */
	readonly nodePort: number;
	readonly externalIPs: readonly IpAddr[];
	readonly loadBalancerVIPs: readonly IpAddr[];
	/** Empty: no restriction. */
	readonly sourceRanges: readonly Cidr[];
	readonly externalPolicyLocal: boolean;
	readonly internalPolicyLocal: boolean;
	/** 0: none. */
	readonly healthCheckNodePort: number;
	/** Seconds; undefined: no session affinity. */
	readonly affinitySeconds?: number;
}

/** What decides which endpoints a port uses. */
export type PortPolicies = Pick<
	ServicePortInfo,
	"internalPolicyLocal" | "externalPolicyLocal" | "nodePort" | "loadBalancerVIPs" | "externalIPs"
>;

const PROXY_NAME_LABEL = "service.kubernetes.io/service-proxy-name";

/** The ports that the proxy serves; none of a headless Service, an ExternalName, or one with a proxy of its own. */
export function servicePortInfos(service: Service, family: IpFamily): readonly ServicePortInfo[] {
	const clusterIP = service.clusterIPs.find((address) => familyOf(address) === family);
	if (clusterIP === undefined || service.headless || service.type === "ExternalName") return [];
	if (service.labels[PROXY_NAME_LABEL] !== undefined) return [];
	const ofFamily = (address: IpAddr): boolean => familyOf(address) === family;
	const externalIPs = service.externalIPs.filter(ofFamily);
	const outside = service.type !== "ClusterIP" || service.externalIPs.length > 0;
	const externalPolicyLocal = outside && service.externalTrafficPolicy === "Local";
	const vips = loadBalancerVIPs(service).filter(ofFamily);
	const ranges = sourceRanges(service, family);
	const internalPolicyLocal = service.internalTrafficPolicy === "Local";
	const healthCheckNodePort =
		service.type === "LoadBalancer" && externalPolicyLocal ? (service.healthCheckNodePort ?? 0) : 0;
	const affinitySeconds = service.clientIPAffinitySeconds;
	// Written out, as there are very many: spreading what the ports share takes ten times as long.
	return service.ports.map((port) => {
		const info: ServicePortInfo = {
			name: servicePortName(namespacedName(service), port.name),
			portName: port.name,
			protocol: lowerCase(port.protocol),
			clusterIP,
			port: port.port,
			nodePort: port.nodePort ?? 0,
			externalIPs,
			loadBalancerVIPs: vips,
			sourceRanges: ranges,
			externalPolicyLocal,
			internalPolicyLocal,
			healthCheckNodePort,
		};
		return affinitySeconds === undefined ? info : { ...info, affinitySeconds };
	});
}

/** Reachable other than by the cluster IP. */
export function externallyAccessible(info: PortPolicies): boolean {
	return info.nodePort !== 0 || info.loadBalancerVIPs.length > 0 || info.externalIPs.length > 0;
}

export function usesClusterEndpoints(info: PortPolicies): boolean {
	return !info.internalPolicyLocal || externallyAccessible(info);
}

export function usesLocalEndpoints(info: PortPolicies): boolean {
	return info.internalPolicyLocal || (info.externalPolicyLocal && externallyAccessible(info));
}

function loadBalancerVIPs(service: Service): readonly IpAddr[] {
	return service.loadBalancerIngress.flatMap(({ ip, ipMode }) => (ip === undefined || ipMode === "Proxy" ? [] : [ip]));
}

/** A range that holds every address is no restriction. */
function sourceRanges(service: Service, family: IpFamily): readonly Cidr[] {
	const ranges = service.loadBalancerSourceRanges.filter((net) => familyOf(net.addr) === family);
	return ranges.some((net) => net.prefix === 0) ? [] : ranges;
}

function lowerCase(protocol: "TCP" | "UDP" | "SCTP"): L4Protocol {
	return protocol === "TCP" ? "tcp" : protocol === "UDP" ? "udp" : "sctp";
}
