/** Builds a cluster on a kernel: fabric, nodes, pods by CNI ADD, routes, kube-proxy's rules, programs. */
import { err, ok, type Result } from "../base/result.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { withPodIPs } from "../kube/endpoint-slices.ts";
import { type KubeSnapshot, namespacedName, type Pod } from "../kube/snapshot.ts";
import type { IpvsProxyConfig } from "../kube-proxy/ipvs-config.ts";
import { addNetns, applyPlan, dumpObjects } from "./apply-plan.ts";
import { type AttachedPod, attachOrder, NodeAttacher } from "./attach.ts";
import type { Cluster, ClusterNode, ClusterPod, NodePlace, ServedPort } from "./cluster.ts";
import { type CniSettings, type NodeCniConf, nodeCniConf, roomFor } from "./cni-conf.ts";
import type { ClusterError } from "./errors.ts";
import { fabricPlan, nodePlan } from "./fabric.ts";
import { DEFAULT_NETWORK, type NetworkName } from "./network-name.ts";
import { type ClusterNetwork, NETWORKS } from "./networks.ts";
import { syncNode } from "./node-sync.ts";
import { defaultProxyConfig, podNetworkOf } from "./pod-network.ts";
import { DEFAULT_PROXY_MODE, type ProxyModeName } from "./proxy-mode-name.ts";
import { servePod, VisitLog } from "./serve.ts";
import { planTopology, type Topology } from "./topology.ts";

export interface ClusterOptions {
	/** Default: `bridge`. */
	readonly network?: NetworkName;
	/** CNI network configuration as JSON text; `${POD_CIDR}` stands for the node's. Default: the network's. */
	readonly cniConf?: string;
	/** kube-proxy's settings. Default: `clusterCIDRs` around the nodes' pod networks. */
	readonly kubeProxy?: IpvsProxyConfig;
	/** Default: `iptables`. */
	readonly proxyMode?: ProxyModeName;
}

export interface ClusterInput {
	/** As `parseManifests` gives it; pods without an address get one here. */
	readonly snapshot: KubeSnapshot;
	readonly options?: ClusterOptions;
}

/** A node with its network's configuration and its pods. */
interface NodePlan {
	readonly node: ClusterNode;
	readonly conf: NodeCniConf;
	readonly pods: readonly Pod[];
}

/** Kept of what the servers saw. */
const VISITS = 10_000;
/** For the packets that building the cluster set off. */
const SETTLE_NS = 50_000_000;

/** On an error the namespaces made so far stay as they are, for looking into. */
export async function buildCluster(kernel: Kernel, input: ClusterInput): Promise<Result<Cluster, ClusterError>> {
	const { snapshot, options = {} } = input;
	const { network: networkName = DEFAULT_NETWORK, proxyMode = DEFAULT_PROXY_MODE } = options;
	const network = NETWORKS[networkName];
	const topology = planTopology(snapshot, network.subnets);
	if (!topology.ok) return topology;
	const { fabric } = topology.value;
	const podNetwork = podNetworkOf(topology.value.nodes, fabric);
	if (podNetwork === undefined && network.needsPodNetwork) {
		const podCidrs = topology.value.nodes.map((node) => node.podCidr);
		return err({ kind: "pod-network", network: networkName, podCidrs });
	}
	const cni: CniSettings = {
		template: options.cniConf ?? network.cniConf,
		podMtu: network.podMtu,
		...(podNetwork === undefined ? {} : { podNetwork }),
	};
	const plans = planNodes(snapshot, topology.value, { network, cni });
	if (!plans.ok) return plans;
	const laid = await layNetwork(kernel, topology.value);
	if (!laid.ok) return laid;
	const attached = await attachPods(kernel, plans.value);
	if (!attached.ok) return attached;
	const nodes = plans.value.map((plan) => plan.node);
	const pods = locatePods(snapshot.pods, nodes, attached.value);
	const addresses = new Map(pods.map((pod) => [namespacedName(pod), [pod.ip]]));
	const located = withPodIPs(snapshot, addresses);
	const proxy = options.kubeProxy ?? defaultProxyConfig(nodes, fabric);
	const notes = new Set<string>();
	for (const node of nodes) {
		const synced = await syncNode(kernel, node, { snapshot: located, proxy, proxyMode, network, podNetwork });
		if (!synced.ok) return synced;
		if (synced.value !== undefined) notes.add(synced.value);
	}
	// Devices announce their addresses (gratuitous ARP) when they come up; a flow should not be mixed with that.
	await kernel.run(() => false, SETTLE_NS);
	const log = new VisitLog(VISITS);
	const stops: (() => void)[] = [];
	for (const pod of pods) {
		const stop = servePod(kernel, pod, log);
		if (!stop.ok) return stop;
		stops.push(stop.value);
	}
	return ok({
		kernel,
		network: networkName,
		proxyMode,
		snapshot: located,
		nodes,
		pods,
		fabric,
		notes: [...notes],
		get visits() {
			return log.all;
		},
		stop: () => {
			for (const stop of stops) stop();
		},
	});
}

/** Everything that can be known before the kernel is touched. */
function planNodes(
	snapshot: KubeSnapshot,
	topology: Topology,
	{ network, cni }: { readonly network: ClusterNetwork; readonly cni: CniSettings },
): Result<readonly NodePlan[], ClusterError> {
	const names = new Set(topology.nodes.map((node) => node.name));
	const lost = snapshot.pods.find((pod) => !names.has(pod.node));
	if (lost !== undefined) {
		return err({ kind: "unknown-node", pod: namespacedName(lost), node: lost.node, nodes: [...names] });
	}
	const plans: NodePlan[] = [];
	for (const node of topology.nodes) {
		const conf = nodeCniConf(cni, node);
		if (!conf.ok) return conf;
		const pods = attachOrder(snapshot.pods.filter((pod) => pod.node === node.name));
		const room = roomFor(conf.value, node);
		if (pods.length > room) {
			const { name, podCidr } = node;
			return err({ kind: "pod-cidr-too-small", node: name, podCidr, pods: pods.length, room });
		}
		plans.push({ node: withDevices(node, network, conf.value), conf: conf.value, pods });
	}
	return ok(plans);
}

function withDevices(node: NodePlace, { tunnel: dev }: ClusterNetwork, conf: NodeCniConf): ClusterNode {
	return {
		...node,
		...(conf.plugin === "bridge" ? { bridge: conf.bridge.bridge } : {}),
		...(dev === undefined ? {} : { tunnel: { dev, addr: node.podCidr.addr } }),
	};
}

async function layNetwork(kernel: Kernel, topology: Topology): Promise<Result<void, ClusterError>> {
	const { fabric, nodes } = topology;
	for (const netns of [fabric.netns, fabric.outside.netns, ...nodes.map((node) => node.netns)]) {
		const added = await addNetns(kernel, netns);
		if (!added.ok) return added;
	}
	const plan = [...fabricPlan(fabric), ...nodes.flatMap((node, index) => nodePlan(fabric, node, index))];
	return applyPlan(kernel, plan);
}

/** By `NS/NAME` of the pod. */
async function attachPods(
	kernel: Kernel,
	plans: readonly NodePlan[],
): Promise<Result<ReadonlyMap<string, AttachedPod>, ClusterError>> {
	const attached = new Map<string, AttachedPod>();
	const ipv6 = await hasIpv6(kernel, plans);
	if (!ipv6.ok) return ipv6;
	for (const { node, conf, pods } of plans) {
		const attacher = new NodeAttacher(kernel, node, { conf, ipv6: ipv6.value });
		for (const pod of pods) {
			const made = await attacher.attach(pod);
			if (!made.ok) return made;
			attached.set(namespacedName(pod), made.value);
		}
	}
	return ok(attached);
}

/** A kernel without IPv6 has no sysctls of it, and the plugins leave them alone. */
async function hasIpv6(kernel: Kernel, plans: readonly NodePlan[]): Promise<Result<boolean, ClusterError>> {
	const first = plans[0];
	if (first === undefined) return ok(false);
	const sysctls = await dumpObjects(kernel, first.node.netns, ["sysctl"]);
	if (!sysctls.ok) return sysctls;
	return ok(sysctls.value.some((object) => object.kind === "sysctl" && object.key.startsWith("net.ipv6.")));
}

function locatePods(
	pods: readonly Pod[],
	nodes: readonly ClusterNode[],
	attached: ReadonlyMap<string, AttachedPod>,
): readonly ClusterPod[] {
	const byName = new Map(nodes.map((node) => [node.name, node]));
	return pods.flatMap((pod): readonly ClusterPod[] => {
		const { namespace, name, hostNetwork } = pod;
		const node = byName.get(pod.node);
		const own = attached.get(namespacedName(pod));
		const ports = servedPorts(pod);
		if (node === undefined) return [];
		if (own === undefined) {
			return [{ namespace, name, node: node.name, netns: node.netns, ip: node.internalIp, hostNetwork, ports }];
		}
		const { netns, attachment } = own;
		return [{ namespace, name, node: node.name, netns, ip: attachment.address.addr, hostNetwork, ports, attachment }];
	});
}

/** Nothing answers on SCTP ports: podwire has no SCTP sockets. Of two containers with one port, the first has it. */
function servedPorts(pod: Pod): readonly ServedPort[] {
	const served = new Map<string, ServedPort>();
	for (const { container, name, port, protocol } of pod.ports) {
		const key = `${port}/${protocol}`;
		if (protocol === "SCTP" || served.has(key)) continue;
		served.set(key, { container, port, protocol, ...(name === undefined ? {} : { name }) });
	}
	return [...served.values()];
}
