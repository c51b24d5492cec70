/** API objects as upstream's tests make them, which no API server would take (no defaults, no names) → podwire's objects. */
import type { Endpoint, EndpointSlice, Protocol, Service, ServiceType, TrafficPolicy } from "../src/kube/snapshot.ts";
import { cidr, familyOf, ip, networkOf, parseIp } from "../src/wire/addr.ts";

export interface ApiService {
	readonly kind: string;
	readonly metadata: {
		readonly name?: string;
		readonly namespace?: string;
		readonly labels?: Readonly<Record<string, string>>;
	};
	readonly spec: {
		readonly type?: ServiceType;
		readonly clusterIP?: string;
		readonly clusterIPs?: readonly string[];
		readonly ports?: readonly {
			readonly name?: string;
			readonly protocol?: Protocol;
			readonly port: number;
			readonly nodePort?: number;
		}[];
		readonly externalIPs?: readonly string[];
		readonly loadBalancerSourceRanges?: readonly string[];
		readonly externalTrafficPolicy?: TrafficPolicy;
		readonly internalTrafficPolicy?: TrafficPolicy;
		readonly healthCheckNodePort?: number;
		readonly sessionAffinity?: string;
		readonly sessionAffinityConfig?: { readonly clientIP?: { readonly timeoutSeconds?: number } };
	};
	readonly status?: {
		readonly loadBalancer?: {
			readonly ingress?: readonly { readonly ip?: string; readonly ipMode?: "VIP" | "Proxy" }[];
		};
	};
}

export interface ApiSlice {
	readonly kind: string;
	readonly metadata: {
		readonly name: string;
		readonly namespace?: string;
		readonly labels?: Readonly<Record<string, string>>;
	};
	readonly addressType: string;
	readonly ports?:
		| readonly { readonly name?: string | null; readonly port?: number | null; readonly protocol?: Protocol }[]
		| null;
	readonly endpoints?:
		| readonly {
				readonly addresses: readonly string[];
				readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean };
				readonly nodeName?: string;
				readonly hints?: {
					readonly forZones?: readonly { readonly name: string }[];
					readonly forNodes?: readonly { readonly name: string }[];
				};
		  }[]
		| null;
}

const DEFAULT_AFFINITY_SECONDS = 10_800;

export function looseService({ metadata, spec, status }: ApiService): Service {
	const given = spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP]);
	const clusterIPs = given.filter((text) => parseIp(text).ok).map(ip);
	const affinity = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS;
	return {
		namespace: metadata.namespace ?? "",
		name: metadata.name ?? "",
		labels: metadata.labels ?? {},
		type: spec.type ?? "ClusterIP",
		headless: given.includes("None"),
		clusterIPs,
		ipFamilies: clusterIPs.map(familyOf),
		ports: (spec.ports ?? []).map(({ name = "", protocol = "TCP", port, nodePort = 0 }) => ({
			name,
			protocol,
			port,
			targetPort: port,
			...(nodePort === 0 ? {} : { nodePort }),
		})),
		externalIPs: (spec.externalIPs ?? []).map(ip),
		loadBalancerIngress: (status?.loadBalancer?.ingress ?? []).map(({ ip: text, ipMode }) => ({
			...(text === undefined ? {} : { ip: ip(text) }),
			...(ipMode === undefined ? {} : { ipMode }),
		})),
		loadBalancerSourceRanges: (spec.loadBalancerSourceRanges ?? []).map((text) => networkOf(cidr(text.trim()))),
		...(spec.sessionAffinity === "ClientIP" ? { clientIPAffinitySeconds: affinity } : {}),
		externalTrafficPolicy: spec.externalTrafficPolicy ?? "Cluster",
		internalTrafficPolicy: spec.internalTrafficPolicy ?? "Cluster",
		...(spec.healthCheckNodePort === undefined ? {} : { healthCheckNodePort: spec.healthCheckNodePort }),
		publishNotReadyAddresses: false,
	};
}

/** Nothing for a slice of names. */
export function looseSlice({ metadata, addressType, ports, endpoints }: ApiSlice): readonly EndpointSlice[] {
	if (addressType === "FQDN") return [];
	const service = metadata.labels?.["kubernetes.io/service-name"];
	return [
		{
			namespace: metadata.namespace ?? "",
			name: metadata.name,
			...(service === undefined ? {} : { service }),
			family: addressType === "IPv6" ? "ipv6" : "ipv4",
			ports: (ports ?? []).flatMap(({ name, port, protocol = "TCP" }) =>
				typeof name === "string" && typeof port === "number" && port !== 0 ? [{ name, port, protocol }] : [],
			),
			endpoints: (endpoints ?? []).map(({ addresses, conditions, nodeName, hints }): Endpoint => {
				const ready = conditions?.ready ?? true;
				return {
					addresses: addresses.map(ip),
					ready,
					serving: conditions?.serving ?? ready,
					terminating: conditions?.terminating ?? false,
					...(nodeName === undefined ? {} : { nodeName }),
					forZones: (hints?.forZones ?? []).map(({ name }) => name),
					forNodes: (hints?.forNodes ?? []).map(({ name }) => name),
				};
			}),
		},
	];
}
