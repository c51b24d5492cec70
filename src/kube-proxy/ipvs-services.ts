/** Service ports → virtual services with their destinations, the addresses of kube-ipvs0, and what goes into the ipsets. */
import type { IpvsDestination, IpvsService, IpvsServiceKey } from "../kernel/ipvs.ts";
import type { Rule } from "../kernel/xtables.ts";
import { cidrContains, type IpAddr, type IpFamily } from "../wire/addr.ts";
import { type CategorizedEndpoints, categorizeEndpoints, type NodeTopology } from "./categorize-endpoints.ts";
import type { ProxyEndpoint } from "./endpoints.ts";
import { addressPart, bitmapPart, IpvsSetEntries, netPart, portPart } from "./ipvs-sets.ts";
import { hostCidr, type L4Protocol, PROTO_NUMBERS, rule } from "./rule.ts";
import type { ServicePortInfo } from "./service-port.ts";

export interface IpvsSite {
	readonly family: IpFamily;
	readonly topology: NodeTopology;
	readonly nodeIP?: IpAddr;
	readonly scheduler: string;
	/** The node's own addresses, without those of kube-ipvs0. */
	readonly ownAddresses: ReadonlySet<IpAddr>;
	/** Where node ports answer. */
	readonly nodePortAddresses: readonly IpAddr[];
}

export interface IpvsPlan {
	readonly services: readonly IpvsService[];
	/** In the order of `services`. */
	readonly destinations: readonly IpvsDestination[];
	/** What kube-ipvs0 has to own. */
	readonly bound: readonly IpAddr[];
	readonly sets: IpvsSetEntries;
	/** KUBE-IPVS-OUT-FILTER: virtual addresses that the node itself may not use. */
	readonly outFilter: readonly Rule[];
}

export interface IpvsPort {
	readonly info: ServicePortInfo;
	readonly endpoints: readonly ProxyEndpoint[];
}

/** `mh` hashes the client's port as well. */
const MH_PORT = "flag-2";

export function ipvsPlan(ports: readonly IpvsPort[], site: IpvsSite): IpvsPlan {
	const draft = new Draft(site);
	for (const port of ports) draft.addPort(port);
	return draft.plan();
}

interface VirtualServer {
	readonly address: IpAddr;
	readonly port: number;
	readonly policyLocal: boolean;
}

class Draft {
	readonly #site: IpvsSite;
	readonly #services = new Map<string, IpvsService>();
	readonly #destinations: IpvsDestination[] = [];
	readonly #bound = new Set<IpAddr>();
	readonly #sets = new IpvsSetEntries();
	readonly #outFilter: Rule[] = [];

	constructor(site: IpvsSite) {
		this.#site = site;
	}

	plan(): IpvsPlan {
		for (const address of this.#bound) this.#sets.add("KUBE-IPVS-IPS", [addressPart(address)]);
		return {
			services: [...this.#services.values()],
			destinations: this.#destinations,
			bound: [...this.#bound],
			sets: this.#sets,
			outFilter: this.#outFilter,
		};
	}

	addPort(port: IpvsPort): void {
		const { info, endpoints } = port;
		const categorized = categorizeEndpoints(endpoints, info, this.#site.topology);
		for (const { isLocal, ip, port: number } of endpoints) {
			if (!isLocal) continue;
			this.#sets.add("KUBE-LOOP-BACK", [addressPart(ip), portPart(info.protocol, number), addressPart(ip)]);
		}
		this.#addClusterIP(info, categorized);
		for (const address of info.externalIPs) this.#addExternalIP(info, categorized, address);
		for (const address of info.loadBalancerVIPs) this.#addLoadBalancer(info, categorized, address);
		if (info.healthCheckNodePort !== 0) {
			this.#sets.add("KUBE-HEALTH-CHECK-NODE-PORT", [bitmapPart(info.healthCheckNodePort)]);
		}
		if (info.nodePort !== 0) this.#addNodePort(info, categorized);
	}

	#addClusterIP(info: ServicePortInfo, endpoints: CategorizedEndpoints): void {
		const { clusterIP: address, port, internalPolicyLocal: policyLocal } = info;
		this.#sets.add("KUBE-CLUSTER-IP", [addressPart(address), portPart(info.protocol, port)]);
		this.#bound.add(address);
		this.#addServer(info, endpoints, { address, port, policyLocal });
	}

	#addExternalIP(info: ServicePortInfo, endpoints: CategorizedEndpoints, address: IpAddr): void {
		const { port, externalPolicyLocal: policyLocal } = info;
		const set = policyLocal ? "KUBE-EXTERNAL-IP-LOCAL" : "KUBE-EXTERNAL-IP";
		this.#sets.add(set, [addressPart(address), portPart(info.protocol, port)]);
		this.#bind(address);
		this.#addServer(info, endpoints, { address, port, policyLocal });
	}

	#addLoadBalancer(info: ServicePortInfo, endpoints: CategorizedEndpoints, address: IpAddr): void {
		const { port, externalPolicyLocal: policyLocal, protocol } = info;
		const portal = [addressPart(address), portPart(protocol, port)];
		this.#sets.add("KUBE-LOAD-BALANCER", portal);
		if (policyLocal) this.#sets.add("KUBE-LOAD-BALANCER-LOCAL", portal);
		if (info.sourceRanges.length > 0) this.#addSourceRanges(info, address);
		this.#bind(address);
		this.#addServer(info, endpoints, { address, port, policyLocal });
	}

	/** The node's own requests have the virtual address as their source: they pass when the ranges hold the node. */
	#addSourceRanges({ name, port, protocol, sourceRanges }: ServicePortInfo, address: IpAddr): void {
		const portal = [addressPart(address), portPart(protocol, port)];
		this.#sets.add("KUBE-LOAD-BALANCER-FW", portal);
		for (const net of sourceRanges) this.#sets.add("KUBE-LOAD-BALANCER-SOURCE-CIDR", [...portal, netPart(net)]);
		const { nodeIP } = this.#site;
		if (nodeIP !== undefined && sourceRanges.some((net) => cidrContains(net, nodeIP))) {
			this.#sets.add("KUBE-LOAD-BALANCER-SOURCE-IP", [...portal, addressPart(address)]);
			return;
		}
		const net = hostCidr(address);
		this.#outFilter.push(
			rule({
				header: [{ kind: "source", net }],
				extensions: [
					{
						kind: "ipvs",
						proto: { value: PROTO_NUMBERS[protocol] },
						vaddr: { value: net },
						vport: { value: port },
					},
				],
				target: { kind: "drop" },
				origin: { by: "kube-proxy", for: `Service ${name}` },
			}),
		);
	}

	#addNodePort(info: ServicePortInfo, endpoints: CategorizedEndpoints): void {
		const { nodePort: port, externalPolicyLocal: policyLocal, protocol } = info;
		const addresses = this.#site.nodePortAddresses;
		if (addresses.length === 0) return;
		this.#addNodePortEntries(protocol, port, policyLocal);
		for (const address of addresses) this.#addServer(info, endpoints, { address, port, policyLocal });
	}

	#addNodePortEntries(protocol: L4Protocol, port: number, policyLocal: boolean): void {
		switch (protocol) {
			case "tcp":
				this.#sets.add("KUBE-NODE-PORT-TCP", [bitmapPart(port)]);
				if (policyLocal) this.#sets.add("KUBE-NODE-PORT-LOCAL-TCP", [bitmapPart(port)]);
				return;
			case "udp":
				this.#sets.add("KUBE-NODE-PORT-UDP", [bitmapPart(port)]);
				if (policyLocal) this.#sets.add("KUBE-NODE-PORT-LOCAL-UDP", [bitmapPart(port)]);
				return;
			case "sctp":
				for (const address of this.#site.nodePortAddresses) {
					const entry = [addressPart(address), portPart(protocol, port)];
					this.#sets.add("KUBE-NODE-PORT-SCTP-HASH", entry);
					if (policyLocal) this.#sets.add("KUBE-NODE-PORT-LOCAL-SCTP-HASH", entry);
				}
		}
	}

	/** An address that the node has already stays where it is. */
	#bind(address: IpAddr): void {
		if (!this.#site.ownAddresses.has(address)) this.#bound.add(address);
	}

	/** Of two Services with one address and port, the first has it. */
	#addServer(
		info: ServicePortInfo,
		endpoints: CategorizedEndpoints,
		{ address, port, policyLocal }: VirtualServer,
	): void {
		const { family, scheduler } = this.#site;
		const service: IpvsServiceKey = { proto: info.protocol, addr: address, port };
		const key = `${info.protocol} ${address} ${port}`;
		if (this.#services.has(key)) return;
		const { affinitySeconds: timeoutSeconds } = info;
		this.#services.set(key, {
			kind: "ipvs-service",
			family,
			service,
			scheduler,
			...(scheduler === "mh" ? { schedFlags: [MH_PORT] } : {}),
			...(timeoutSeconds === undefined ? {} : { persistence: { timeoutSeconds } }),
		});
		// Without an endpoint of its own a node uses the others', whatever the policy says.
		const chosen = policyLocal && endpoints.local.length > 0 ? endpoints.local : endpoints.cluster;
		for (const { ip, port: targetPort } of chosen) {
			this.#destinations.push({
				kind: "ipvs-destination",
				family,
				service,
				addr: ip,
				port: targetPort,
				forward: "masq",
				weight: 1,
			});
		}
	}
}
