/** Arbitrary Services with endpoints, as kube-proxy sees them. */
import fc from "fast-check";
import type { EndpointSlice, KubeSnapshot, Service } from "../src/kube/snapshot.ts";
import { cidr, ip } from "../src/wire/addr.ts";

const policy = fc.constantFrom("Cluster" as const, "Local" as const);
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> => fc.array(arbitrary, { maxLength: 1 });

const port = fc.record({
	name: fc.constantFrom("a", "b", "c"),
	protocol: fc.constantFrom("TCP" as const, "UDP" as const, "SCTP" as const),
	port: fc.integer({ min: 1, max: 65535 }),
	nodePort: optional(fc.integer({ min: 30000, max: 32767 })),
});

const endpoint = fc.record({
	host: fc.integer({ min: 1, max: 40 }),
	ready: fc.boolean(),
	serving: fc.boolean(),
	terminating: fc.boolean(),
	nodeName: fc.constantFrom("n1", "n2"),
	zone: optional(fc.constantFrom("zone-a", "zone-b")),
});

const cluster = fc.array(
	fc.record({
		ports: fc.uniqueArray(port, { selector: ({ name }) => name, minLength: 1, maxLength: 3 }),
		endpoints: fc.array(endpoint, { maxLength: 5 }),
		external: fc.boolean(),
		/** The external IP is the load balancer's. */
		same: fc.boolean(),
		balanced: fc.boolean(),
		ranges: optional(fc.constantFrom("192.168.0.0/24", "10.0.0.0/8", "0.0.0.0/0")),
		affinity: fc.boolean(),
		externalTrafficPolicy: policy,
		internalTrafficPolicy: policy,
	}),
	{ maxLength: 4 },
);

/** Up to four Services with a slice each. */
export const anySnapshot: fc.Arbitrary<KubeSnapshot> = cluster.map(snapshotOf);

type ClusterSpec = typeof cluster extends fc.Arbitrary<infer T> ? T : never;

function snapshotOf(spec: ClusterSpec): KubeSnapshot {
	const services = spec.map(
		(one, k): Service => ({
			namespace: "ns",
			name: `svc${k}`,
			labels: {},
			type: one.balanced ? "LoadBalancer" : "NodePort",
			headless: false,
			clusterIPs: [ip(`10.96.0.${k + 1}`)],
			ipFamilies: ["ipv4"],
			ports: one.ports.map(({ nodePort, ...rest }) => ({
				...rest,
				targetPort: 80,
				...(nodePort[0] === undefined ? {} : { nodePort: nodePort[0] }),
			})),
			externalIPs: one.external ? [ip(one.same ? `198.51.100.${k + 1}` : `192.0.2.${k + 1}`)] : [],
			loadBalancerIngress: one.balanced ? [{ ip: ip(`198.51.100.${k + 1}`) }] : [],
			loadBalancerSourceRanges: one.ranges.map(cidr),
			...(one.affinity ? { clientIPAffinitySeconds: 60 } : {}),
			externalTrafficPolicy: one.externalTrafficPolicy,
			internalTrafficPolicy: one.internalTrafficPolicy,
			publishNotReadyAddresses: false,
		}),
	);
	const endpointSlices = spec.map(
		(one, k): EndpointSlice => ({
			namespace: "ns",
			name: `slice${k}`,
			service: `svc${k}`,
			family: "ipv4",
			ports: one.ports.map(({ name, protocol }) => ({ name, protocol, port: 80 })),
			endpoints: one.endpoints.map(({ host, zone, ...rest }) => ({
				...rest,
				addresses: [ip(`10.1.0.${host}`)],
				...(zone.length === 0 ? {} : { forZones: zone }),
			})),
		}),
	);
	return { nodes: [], pods: [], services, endpointSlices };
}
