/** Upstream's recorded steps (../shared/corpus/kube-proxy-iptables): their objects and settings, as podwire reads them. */
import { parseManifests } from "../src/kube/parse-manifests.ts";
import type { KubeSnapshot, NodeFacts } from "../src/kube/snapshot.ts";
import type { KubeProxyConfig } from "../src/kube-proxy/config.ts";
import { IptablesProxier } from "../src/kube-proxy/iptables.ts";
import { cidr, type IpFamily, ip } from "../src/wire/addr.ts";

export interface StepConfig {
	readonly ipFamily: "IPv4" | "IPv6";
	readonly nodeName: string;
	readonly nodeIP: string;
	readonly masqueradeAll: boolean;
	readonly masqueradeBit: number;
	readonly localDetector: { readonly kind: string; readonly cidr?: string };
	readonly nodePortAddresses: readonly string[] | null;
	readonly networkInterfaces: Readonly<Record<string, readonly string[]>> | null;
	readonly topologyLabels: Readonly<Record<string, string>> | null;
	readonly localhostNodePorts: boolean;
	readonly conntrackTCPLiberal: boolean;
	readonly nfAcctCounters: Readonly<Record<string, boolean>> | null;
	readonly iptablesHasRandomFully: boolean;
}

export interface Step {
	readonly index: number;
	readonly kind: string;
	readonly config: StepConfig;
	readonly syncError?: string | null;
	readonly dump?: Readonly<Record<string, string>> | null;
	readonly changes?: readonly Change[];
	/** Large ones say `omitted`: as in the first step, with the changes since. */
	readonly objects: Objects | { readonly omitted: string };
}

export interface Objects {
	readonly services: readonly LooseService[];
	readonly endpointSlices: readonly LooseObject[];
}

interface LooseObject {
	readonly kind: string;
	readonly metadata: { readonly name: string; readonly namespace: string };
}

interface Change {
	readonly op: string;
	readonly object: LooseObject;
}

interface LooseService extends LooseObject {
	readonly spec: {
		readonly type?: string;
		readonly ports?: readonly { readonly nodePort?: number; readonly targetPort?: number | string }[];
	};
}

/** Upstream's tests make Services that the API server would not take: a target port 0, a ClusterIP with node ports. */
function acceptable(service: LooseService): unknown {
	const { spec } = service;
	const ports = (spec.ports ?? []).map(({ targetPort, ...port }) =>
		targetPort === 0 ? port : { ...port, targetPort },
	);
	const hasNodePort = ports.some((port) => (port.nodePort ?? 0) > 0);
	const type = hasNodePort && (spec.type ?? "ClusterIP") === "ClusterIP" ? { type: "NodePort" } : {};
	return { ...service, spec: { ...spec, ports, ...type, allocateLoadBalancerNodePorts: false } };
}

export function objectsOf(step: Step, before: Objects): Objects {
	if (!("omitted" in step.objects)) return step.objects;
	const apply = <T extends LooseObject>(list: readonly T[], kind: string): readonly T[] => {
		const changes = (step.changes ?? []).filter(({ object }) => object.kind === kind);
		const touched = new Set(changes.map(({ object }) => `${object.metadata.namespace}/${object.metadata.name}`));
		const kept = list.filter(({ metadata }) => !touched.has(`${metadata.namespace}/${metadata.name}`));
		return [...kept, ...changes.filter(({ op }) => op !== "delete").map(({ object }) => object as T)];
	};
	return {
		services: apply(before.services, "Service"),
		endpointSlices: apply(before.endpointSlices, "EndpointSlice"),
	};
}

export function snapshotOf(step: Step, { services, endpointSlices }: Objects): KubeSnapshot {
	const node = {
		apiVersion: "v1",
		kind: "Node",
		metadata: { name: step.config.nodeName, labels: step.config.topologyLabels ?? {} },
		spec: { podCIDR: "100.64.0.0/24" },
		status: { addresses: [{ type: "InternalIP", address: step.config.nodeIP }] },
	};
	const items = [...services.map(acceptable), ...endpointSlices, node];
	const text = JSON.stringify({ apiVersion: "v1", kind: "List", items });
	const parsed = parseManifests([{ path: "step", text }], { nodePorts: { from: 1, to: 65535 } });
	if (!parsed.ok) throw new Error(JSON.stringify(parsed.error, undefined, 1));
	return parsed.value.snapshot;
}

export function proxierOf({ config }: Step): IptablesProxier {
	const family: IpFamily = config.ipFamily === "IPv4" ? "ipv4" : "ipv6";
	const { localDetector, nodePortAddresses } = config;
	const interfaces = Object.values(config.networkInterfaces ?? {}).flat();
	const facts: NodeFacts = {
		name: config.nodeName,
		nodeIPs: [ip(config.nodeIP)],
		interfaceAddresses: interfaces.map((text) => cidr(text).addr),
	};
	const proxy: KubeProxyConfig = {
		families: [family],
		clusterCIDRs: localDetector.cidr === undefined ? [] : [cidr(localDetector.cidr)],
		masqueradeAll: config.masqueradeAll,
		masqueradeBit: config.masqueradeBit,
		nodePortAddresses: (nodePortAddresses ?? []).map(cidr),
		localhostNodePorts: config.localhostNodePorts,
		conntrackTCPLiberal: config.conntrackTCPLiberal,
		nfacct: Object.values(config.nfAcctCounters ?? {}).some((there) => there),
		randomFully: config.iptablesHasRandomFully,
	};
	return new IptablesProxier(facts, proxy);
}
