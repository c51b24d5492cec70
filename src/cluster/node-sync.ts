/** What agents do on each node: kube-proxy's rules and the network's objects, as a difference to what is there. */
import { ok, type Result } from "../base/result.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { KernelObject } from "../kernel/objects.ts";
import type { KubeSnapshot, NodeFacts } from "../kube/snapshot.ts";
import { hasUdpPorts, staleNodeEntries } from "../kube-proxy/conntrack-cleanup.ts";
import type { IpvsProxyConfig } from "../kube-proxy/ipvs-config.ts";
import { diff } from "../reconcile/diff.ts";
import { withoutTunnel } from "../routes/ipip.ts";
import type { Cidr } from "../wire/addr.ts";
import { applyOps, dumpObjects } from "./apply-plan.ts";
import type { ClusterNode } from "./cluster.ts";
import type { ClusterError } from "./errors.ts";
import type { ClusterNetwork } from "./networks.ts";
import { addressesOfNode, PROXY_MODES } from "./proxy-mode.ts";
import { DEFAULT_PROXY_MODE, type ProxyModeName } from "./proxy-mode-name.ts";

export interface NodeDesire {
	readonly snapshot: KubeSnapshot;
	/** What the rules on the node were made from, when they are not the first. */
	readonly before?: KubeSnapshot;
	readonly proxy: IpvsProxyConfig;
	/** Default: iptables. */
	readonly proxyMode?: ProxyModeName;
	readonly network: ClusterNetwork;
	/** The network of all pods. */
	readonly podNetwork: Cidr | undefined;
}

/**
 * Brings one node's rules and routes up to date with the snapshot. The result is a sentence if something was left out
 * because the kernel does not have it and nothing needs it.
 */
export async function syncNode(
	kernel: Kernel,
	node: ClusterNode,
	desire: NodeDesire,
): Promise<Result<string | undefined, ClusterError>> {
	const { snapshot, network, proxy, proxyMode = DEFAULT_PROXY_MODE } = desire;
	const mode = PROXY_MODES[proxyMode];
	const actual = await dumpObjects(kernel, node.netns, [...new Set([...mode.kinds, ...network.kinds])]);
	if (!actual.ok) return actual;
	const wishes = nodeWishes(node, desire, actual.value);
	const apply = async (desired: readonly KernelObject[]): Promise<Result<void, ClusterError>> => {
		const ops = diff(actual.value, desired, (object) => mode.owns(object, proxy) || network.owns(object, snapshot));
		return applyOps(kernel, node.netns, ops);
	};
	const applied = await apply(wishes);
	if (applied.ok) return cleanConntrack(kernel, node, desire, actual.value);
	const missing = missingDevice(applied.error);
	const rest = missing === undefined ? undefined : withoutTunnel(wishes);
	if (rest === undefined) return applied;
	const without = await apply(rest);
	if (!without.ok) return without;
	const cleaned = await cleanConntrack(kernel, node, desire, actual.value);
	return cleaned.ok ? ok(`${missing}: the nodes have no ${network.tunnel}, and no route needs it`) : cleaned;
}

/** UDP flows to endpoints that are gone end here; the rules are new already, so their next packet chooses anew. */
async function cleanConntrack(
	kernel: Kernel,
	node: ClusterNode,
	{ before, snapshot, proxy }: NodeDesire,
	actual: readonly KernelObject[],
): Promise<Result<undefined, ClusterError>> {
	if (!hasUdpPorts(snapshot) && (before === undefined || !hasUdpPorts(before))) return ok(undefined);
	const dumped = await dumpObjects(kernel, node.netns, ["conntrack"]);
	if (!dumped.ok) return dumped;
	const entries = dumped.value.filter((object) => object.kind === "conntrack");
	const states = { ...(before === undefined ? {} : { before }), after: snapshot };
	for (const object of staleNodeEntries(entries, states, nodeFacts(node, actual), proxy)) {
		const deleted = await applyOps(kernel, node.netns, [{ verb: "delete", object }]);
		// It may have come to its end meanwhile.
		const isGone = !deleted.ok && deleted.error.kind === "kernel" && deleted.error.error.errno === "ENOENT";
		if (!deleted.ok && !isGone) return deleted;
	}
	return ok(undefined);
}

/** What the kernel said of a kind of device that it does not have. */
function missingDevice(error: ClusterError): string | undefined {
	if (error.kind !== "kernel" || error.error.errno !== "EOPNOTSUPP" || error.object?.kind !== "link") return undefined;
	return `this kernel makes no devices of type ${error.object.link?.type ?? "that is asked for"}`;
}

/** All that a node is to have; `actual` tells its addresses. */
export function nodeWishes(
	node: ClusterNode,
	{ snapshot, proxy, proxyMode = DEFAULT_PROXY_MODE, network, podNetwork }: NodeDesire,
	actual: readonly KernelObject[],
): readonly KernelObject[] {
	const facts = nodeFacts(node, actual);
	return [
		...network.desired({ kube: snapshot, facts, place: node, podNetwork }),
		...PROXY_MODES[proxyMode].desired({ snapshot, facts, config: proxy, actual }),
	];
}

function nodeFacts(node: ClusterNode, actual: readonly KernelObject[]): NodeFacts {
	// The tunnel's address is there only after the first time.
	const tunnel = node.tunnel === undefined ? [] : [node.tunnel.addr];
	const addrs = [...addressesOfNode(actual), ...tunnel];
	return { name: node.name, nodeIPs: [node.internalIp], interfaceAddresses: [...new Set(addrs)] };
}
