/**
 * kube-proxy in iptables mode, as a pure function: Services and EndpointSlices → the chains and rules of one node.
 *
 * Chain names, rules, their order and their comments are those of kube-proxy 1.36. Where upstream's order is random (the
 * Services within a shared chain) they are sorted by name.
 */
import type { KernelObject, XtChain } from "../kernel/objects.ts";
import type { Rule, TableName } from "../kernel/xtables.ts";
import {
	type EndpointSlice,
	type KubeSnapshot,
	type NodeFacts,
	namespacedName,
	type Service,
} from "../kube/snapshot.ts";
import type { IpFamily } from "../wire/addr.ts";
import { categorizeEndpoints } from "./categorize-endpoints.ts";
import { DEFAULT_FAMILIES, type KubeProxyConfig } from "./config.ts";
import { endpointsOfPort, type ProxyEndpoint, slicesByService } from "./endpoints.ts";
import { serviceChains } from "./service-chains.ts";
import { type ServicePortInfo, servicePortInfos } from "./service-port.ts";
import { type PortalRules, portalRules, portPlan } from "./service-rules.ts";
import { jumpRules, nodePortJumps, requiredObjects, staticChains } from "./static-rules.ts";
import { type SyncContext, syncContext } from "./sync-context.ts";

/** More endpoints than this: rules per endpoint go without comments. */
const LARGE_CLUSTER_ENDPOINTS = 1000;

/** Everything that kube-proxy wants to be on the node; chains before those that jump to them. */
export function desiredIptables(
	snapshot: KubeSnapshot,
	node: NodeFacts,
	config: KubeProxyConfig,
): readonly KernelObject[] {
	return new IptablesProxier(node, config).desired(snapshot);
}

/** The same, remembering each Service's rules: as long as a Service and its slices are the same objects, so are its rules. */
export class IptablesProxier {
	readonly #node: NodeFacts;
	readonly #config: KubeProxyConfig;
	readonly #memory: ReadonlyMap<IpFamily, ServiceMemory>;

	constructor(node: NodeFacts, config: KubeProxyConfig) {
		this.#node = node;
		this.#config = config;
		this.#memory = new Map((config.families ?? DEFAULT_FAMILIES).map((family) => [family, new ServiceMemory()]));
	}

	desired(snapshot: KubeSnapshot): readonly KernelObject[] {
		const contexts: SyncContext[] = [];
		const objects: KernelObject[] = [];
		for (const [family, memory] of this.#memory) {
			const slices = slicesByService(snapshot.endpointSlices.filter((slice) => slice.family === family));
			const ports = memory.ports(snapshot.services, slices, { family, nodeName: this.#node.name });
			const total = ports.reduce((sum, service) => sum + service.endpointCount, 0);
			const large = total > LARGE_CLUSTER_ENDPOINTS;
			const context = syncContext(snapshot, this.#node, this.#config, { family, large });
			contexts.push(context);
			objects.push(...staticChains(context));
			const rules = memory.rules(ports, context);
			for (const service of rules) for (const port of service) for (const chain of port.chains) objects.push(chain);
			objects.push(...sharedChains(rules.flat(), context), ...jumpRules(family));
		}
		return [...requiredObjects(contexts), ...objects];
	}
}

interface PortRules {
	readonly portal: PortalRules;
	readonly chains: readonly XtChain[];
}

interface ServicePorts {
	readonly service: Service;
	readonly slices: readonly EndpointSlice[];
	readonly ports: readonly { readonly info: ServicePortInfo; readonly endpoints: readonly ProxyEndpoint[] }[];
	readonly endpointCount: number;
}

/** What is remembered of one family: by Service object, valid while its slices and everything else are the same. */
class ServiceMemory {
	#ports = new WeakMap<Service, ServicePorts>();
	#rules = new WeakMap<ServicePorts, readonly PortRules[]>();
	#settings = "";

	ports(
		services: readonly Service[],
		slices: ReadonlyMap<string, readonly EndpointSlice[]>,
		{ family, nodeName }: { readonly family: IpFamily; readonly nodeName: string },
	): readonly ServicePorts[] {
		const all = services.map((service) => {
			const own = slices.get(namespacedName(service)) ?? [];
			const known = this.#ports.get(service);
			if (known !== undefined && sameItems(known.slices, own)) return known;
			const ports = servicePortInfos(service, family).map((info) => ({
				info,
				endpoints: endpointsOfPort(own, info, nodeName),
			}));
			const endpointCount = ports.reduce((sum, port) => sum + port.endpoints.length, 0);
			const fresh = { service, slices: own, ports, endpointCount };
			this.#ports.set(service, fresh);
			return fresh;
		});
		return all.sort((a, b) => compareText(namespacedName(a.service), namespacedName(b.service)));
	}

	rules(services: readonly ServicePorts[], context: SyncContext): readonly (readonly PortRules[])[] {
		const settings = JSON.stringify(context);
		if (settings !== this.#settings) this.#rules = new WeakMap();
		this.#settings = settings;
		return services.map((service) => {
			const known = this.#rules.get(service);
			if (known !== undefined) return known;
			const sorted = [...service.ports].sort((a, b) => compareText(a.info.name, b.info.name));
			const fresh = sorted.map(({ info, endpoints }) => {
				const plan = portPlan(info, categorizeEndpoints(endpoints, info, context.topology));
				return { portal: portalRules(plan, context), chains: serviceChains(plan, context) };
			});
			this.#rules.set(service, fresh);
			return fresh;
		});
	}
}

function sharedChains(ports: readonly PortRules[], context: SyncContext): readonly XtChain[] {
	const chain = (table: TableName, name: string, part: (portal: PortalRules) => readonly Rule[]): XtChain => ({
		kind: "xt-chain",
		family: context.family,
		table,
		chain: name,
		rules: ports.flatMap(({ portal }) => part(portal)),
	});
	const services = chain("nat", "KUBE-SERVICES", (portal) => portal.natServices);
	return [
		chain("nat", "KUBE-NODEPORTS", (portal) => portal.natNodePorts),
		{ ...services, rules: [...services.rules, ...nodePortJumps(context)] },
		chain("filter", "KUBE-SERVICES", (portal) => portal.filterServices),
		chain("filter", "KUBE-EXTERNAL-SERVICES", (portal) => portal.filterExternalServices),
		chain("filter", "KUBE-NODEPORTS", (portal) => portal.filterNodePorts),
		chain("filter", "KUBE-PROXY-FIREWALL", (portal) => portal.filterFirewall),
	];
}

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
	return a.length === b.length && a.every((item, k) => item === b[k]);
}

function compareText(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
