/** What agents do on each node: kube-proxy's rules and the routes to the other nodes' pods, as a difference to what is there. */
import { ok, type Result } from "../base/result.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { KernelObject } from "../kernel/objects.ts";
import type { KubeSnapshot, NodeFacts } from "../kube/snapshot.ts";
import type { KubeProxyConfig } from "../kube-proxy/config.ts";
import { desiredIptables } from "../kube-proxy/iptables.ts";
import { diff } from "../reconcile/diff.ts";
import { hostGwRoutes } from "../routes/host-gw.ts";
import { networkOf } from "../wire/addr.ts";
import { applyOps, dumpObjects } from "./apply-plan.ts";
import type { ClusterNode, Fabric } from "./cluster.ts";
import type { ClusterError } from "./errors.ts";
import { NODE_DEV } from "./fabric.ts";
import { coveringNet, overlaps } from "./topology.ts";

/** Brings one node's rules and routes up to date with the snapshot. */
export async function syncNode(
	kernel: Kernel,
	node: ClusterNode,
	desire: { readonly snapshot: KubeSnapshot; readonly proxy: KubeProxyConfig },
): Promise<Result<void, ClusterError>> {
	const actual = await dumpObjects(kernel, node.netns, ["addr", "route", "sysctl", "nfacct", "xt-chain"]);
	if (!actual.ok) return actual;
	const facts: NodeFacts = {
		name: node.name,
		nodeIPs: [node.internalIp],
		interfaceAddresses: actual.value.flatMap((object) => (object.kind === "addr" ? [object.addr.addr] : [])),
	};
	const desired = [
		...hostGwRoutes(desire.snapshot, facts, { dev: NODE_DEV }),
		...desiredIptables(desire.snapshot, facts, desire.proxy),
	];
	const nodes = new Set(desire.snapshot.nodes.flatMap((other) => other.internalIPs));
	const ops = diff(actual.value, desired, (object) => isOurs(object, nodes));
	const applied = await applyOps(kernel, node.netns, ops);
	return applied.ok ? ok(undefined) : applied;
}

/**
 * kube-proxy's settings when none are given: pods are told apart by the cluster's pod network, a /16 as sites have it if
 * that holds nobody else; where no network holds the pods alone, by each node's own pod network.
 */
export function defaultProxyConfig(nodes: readonly Omit<ClusterNode, "bridge">[], fabric: Fabric): KubeProxyConfig {
	const around = coveringNet(nodes.map((node) => node.podCidr));
	if (around === undefined) return {};
	const others = [fabric.nodeSubnet, { addr: fabric.outside.ip, prefix: 32 }];
	for (const prefix of [Math.min(around.prefix, 16), around.prefix]) {
		const net = networkOf({ addr: around.addr, prefix });
		if (!others.some((other) => overlaps(net, other))) return { clusterCIDRs: [net] };
	}
	return { detectLocal: { mode: "NodeCIDR" } };
}

/** Chains of kube-proxy, jumps to them, its counters, and routes by another node's address. */
function isOurs(object: KernelObject, nodes: ReadonlySet<string>): boolean {
	if (object.kind === "xt-chain") return object.chain.startsWith("KUBE-");
	if (object.kind === "route") return object.via !== undefined && nodes.has(object.via) && object.dst.prefix > 0;
	if (object.kind !== "xt-rule") return false;
	const { target } = object.rule;
	return target.kind === "jump" && target.chain.startsWith("KUBE-");
}
