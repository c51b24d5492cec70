/** What each mode of kube-proxy consists of: what it keeps on a node, what of that is its own, and what it must see. */
import type { Addr, KernelObject, KernelObjectKind } from "../kernel/objects.ts";
import type { KubeSnapshot, NodeFacts } from "../kube/snapshot.ts";
import { desiredIptables } from "../kube-proxy/iptables.ts";
import { desiredIpvs, nodesOwnAddresses, ownsInIpvsMode } from "../kube-proxy/ipvs.ts";
import type { IpvsProxyConfig } from "../kube-proxy/ipvs-config.ts";
import { gracefulTermination, NOTHING_DRAINS } from "../kube-proxy/ipvs-graceful.ts";
import { isKubeProxyChain } from "../kube-proxy/names.ts";
import type { IpAddr } from "../wire/addr.ts";
import type { ProxyModeName } from "./proxy-mode-name.ts";

interface ProxyModeParts {
	/** What `owns` may say yes to, and what must be seen to keep `desired`. */
	readonly kinds: readonly KernelObjectKind[];
	desired(site: ProxySite): readonly KernelObject[];
	/** Whether an object is kube-proxy's, so that it may go. */
	owns(object: KernelObject, config: IpvsProxyConfig): boolean;
}

export interface ProxySite {
	readonly snapshot: KubeSnapshot;
	readonly facts: NodeFacts;
	readonly config: IpvsProxyConfig;
	/** A dump of `kinds`. */
	readonly actual: readonly KernelObject[];
}

export const PROXY_MODES: Readonly<Record<ProxyModeName, ProxyModeParts>> = {
	iptables: {
		kinds: ["addr", "sysctl", "nfacct", "xt-chain"],
		desired: ({ snapshot, facts, config }) => desiredIptables(snapshot, facts, config),
		owns: isKubeChain,
	},
	ipvs: {
		kinds: ["link", "addr", "sysctl", "xt-chain", "ipset", "ipvs-service", "ipvs-destination", "ipvs-timeouts"],
		desired: ipvsWishes,
		owns: (object, config) => isKubeChain(object) || ownsInIpvsMode(object, config),
	},
};

/** The addresses that a node has of itself: kube-ipvs0's are the Services'. */
export function addressesOfNode(actual: readonly KernelObject[]): readonly IpAddr[] {
	return nodesOwnAddresses(actual.filter((object): object is Addr => object.kind === "addr"));
}

/** Destinations that are no longer wanted stay without new connections for as long as they have some. */
function ipvsWishes({ snapshot, facts, config, actual }: ProxySite): readonly KernelObject[] {
	const desired = desiredIpvs(snapshot, facts, config);
	const { kept } = gracefulTermination({
		actual,
		desired,
		// Whoever calls comes when something has changed: nobody looks at draining destinations in between.
		before: NOTHING_DRAINS,
		nowNs: 0,
		owns: (destination) => ownsInIpvsMode(destination, config),
	});
	return [...desired, ...kept];
}

/** Chains of kube-proxy and jumps to them. */
function isKubeChain(object: KernelObject): boolean {
	if (object.kind === "xt-chain") return isKubeProxyChain(object.chain);
	if (object.kind !== "xt-rule") return false;
	const { target } = object.rule;
	return target.kind === "jump" && isKubeProxyChain(target.chain);
}
