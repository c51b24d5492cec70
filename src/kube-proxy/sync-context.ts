/** What all rules of one sync, of one family, depend on beside the Service they are for. */
import type { KubeSnapshot, Node, NodeFacts } from "../kube/snapshot.ts";
import { familyOf, type IpAddr, type IpFamily } from "../wire/addr.ts";
import type { NodeTopology } from "./categorize-endpoints.ts";
import type { KubeProxyConfig } from "./config.ts";
import { type LocalDetector, localDetector } from "./local-detector.ts";
import { containsIpv4Loopback, type NodePortAddresses, nodePortAddresses } from "./node-port-addresses.ts";

export interface SyncContext {
	readonly family: IpFamily;
	readonly topology: NodeTopology;
	/** The node's address of this family, if it has one. */
	readonly nodeIP?: IpAddr;
	readonly masqueradeAll: boolean;
	/** The mark that asks for masquerading, value and mask in one. */
	readonly mark: number;
	readonly detector?: LocalDetector;
	readonly nodePorts: NodePortAddresses;
	/** IPv4 only, and only when node ports answer on loopback addresses at all. */
	readonly localhostNodePorts: boolean;
	readonly conntrackTCPLiberal: boolean;
	readonly nfacct: boolean;
	readonly randomFully: boolean;
	/** More than 1000 endpoints: per-endpoint rules have no comments. */
	readonly large: boolean;
}

export const ZONE_LABEL = "topology.kubernetes.io/zone";
export const DEFAULT_MASQUERADE_BIT = 14;

export interface ContextOptions {
	readonly family: IpFamily;
	readonly large: boolean;
}

export function syncContext(
	snapshot: KubeSnapshot,
	node: NodeFacts,
	config: KubeProxyConfig,
	{ family, large }: ContextOptions,
): SyncContext {
	const own: Node | undefined = snapshot.nodes.find((candidate) => candidate.name === node.name);
	const zone = own?.labels[ZONE_LABEL];
	const nodeIP = node.nodeIPs.find((address) => familyOf(address) === family);
	const detector = localDetector(config, own, family);
	return {
		family,
		topology: { nodeName: node.name, ...(zone === undefined ? {} : { zone }) },
		...(nodeIP === undefined ? {} : { nodeIP }),
		masqueradeAll: config.masqueradeAll ?? false,
		mark: 2 ** (config.masqueradeBit ?? DEFAULT_MASQUERADE_BIT),
		...(detector === undefined ? {} : { detector }),
		nodePorts: nodePortAddresses(config, node, family),
		localhostNodePorts: family === "ipv4" && (config.localhostNodePorts ?? true) && containsIpv4Loopback(config, node),
		conntrackTCPLiberal: config.conntrackTCPLiberal ?? false,
		nfacct: config.nfacct ?? true,
		randomFully: config.randomFully ?? true,
		large,
	};
}
