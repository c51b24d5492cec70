/** How rules tell traffic of this node's pods from other traffic. */
import type { Match } from "../kernel/xtables.ts";
import type { Node } from "../kube/snapshot.ts";
import { type Cidr, familyOf, type IpFamily } from "../wire/addr.ts";
import type { KubeProxyConfig } from "./config.ts";

export interface LocalDetector {
	readonly ifLocal: Match;
	readonly ifNotLocal: Match;
}

/** Undefined: there is no way to tell (no CIDR of this family), and rules that need one are left out. */
export function localDetector(
	config: KubeProxyConfig,
	node: Node | undefined,
	family: IpFamily,
): LocalDetector | undefined {
	const detect = config.detectLocal ?? { mode: "ClusterCIDR" };
	switch (detect.mode) {
		case "ClusterCIDR":
			return byCidr(config.clusterCIDRs ?? [], family);
		case "NodeCIDR":
			return byCidr(node?.podCIDRs ?? [], family);
		case "BridgeInterface":
			return byInterface(detect.bridge);
		case "InterfaceNamePrefix":
			return byInterface(`${detect.prefix}+`);
	}
}

function byCidr(nets: readonly Cidr[], family: IpFamily): LocalDetector | undefined {
	const net = nets.find((candidate) => familyOf(candidate.addr) === family);
	if (net === undefined) return undefined;
	return { ifLocal: { kind: "source", net }, ifNotLocal: { kind: "source", net, invert: true } };
}

function byInterface(name: string): LocalDetector {
	return { ifLocal: { kind: "in-interface", name }, ifNotLocal: { kind: "in-interface", name, invert: true } };
}
