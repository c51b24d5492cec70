/**
 * Every pod finds its node: its own `nodeName`, or the node with the fewest pods of its workload, then fewest pods, of
 * those where its host ports are free.
 */
import { type HostPortClash, HostPorts } from "./host-ports.ts";
import { NO_NODES } from "./manifest-error.ts";
import { type PodSpec, tolerates } from "./pod-spec.ts";
import type { PodDraft } from "./read-pod.ts";
import { labelsMatch } from "./selector.ts";
import { type Node, namespacedName, type Pod } from "./snapshot.ts";

/** What a cordoned node looks like to the scheduler. */
const CORDONED = { key: "node.kubernetes.io/unschedulable", value: "", effect: "NoSchedule" } as const;

/** The pods with a node, in their order; one that no node takes is left out and said in an error, once per workload. */
export function schedule(drafts: readonly PodDraft[], nodes: readonly Node[]): readonly Pod[] {
	const load = new Load();
	const ports = new HostPorts();
	const known = new Set(nodes.map((node) => node.name));
	for (const draft of drafts) {
		const { nodeName } = draft.spec;
		if (nodeName === undefined) continue;
		load.add(nodeName, draft.group);
		refuseClash(draft, nodeName, ports.clash(nodeName, draft));
		ports.add(nodeName, draft);
	}
	const failed = new Set<string>();
	const pods: Pod[] = [];
	const byName = new Map(nodes.map((node) => [node.name, node]));
	for (const draft of drafts) {
		const name = draft.spec.nodeName ?? chooseNode(draft, nodes, { load, ports });
		const node = name === undefined ? undefined : byName.get(name);
		if (node !== undefined) {
			if (draft.spec.nodeName === undefined) {
				load.add(node.name, draft.group);
				ports.add(node.name, draft);
			}
			pods.push(podOn(draft, node));
			continue;
		}
		if (failed.has(draft.group)) continue;
		failed.add(draft.group);
		if (name !== undefined) {
			const names = nodes.length === 0 ? NO_NODES : `there are ${[...known].join(", ")}`;
			draft.source.get("spec").get("nodeName").fail("unknown-node", `no node named ${name}; ${names}`);
		} else draft.source.fail("unschedulable", whyNot(draft, nodes, ports));
	}
	return pods;
}

function refuseClash(draft: PodDraft, node: string, clash: HostPortClash | undefined): void {
	if (clash === undefined) return;
	const message = `port ${clash.port} of Node ${node} is wanted by Pod ${namespacedName(draft)} and already Pod ${namespacedName(clash.holder)}'s`;
	draft.source.fail("port-clash", message, clash.holder.source.at);
}

class Load {
	readonly #pods = new Map<string, number>();

	add(node: string, group: string): void {
		for (const key of [node, `${node} ${group}`]) this.#pods.set(key, (this.#pods.get(key) ?? 0) + 1);
	}

	of(node: string, group?: string): number {
		return this.#pods.get(group === undefined ? node : `${node} ${group}`) ?? 0;
	}
}

interface Placed {
	readonly load: Load;
	readonly ports: HostPorts;
}

function chooseNode(draft: PodDraft, nodes: readonly Node[], { load, ports }: Placed): string | undefined {
	let best: string | undefined;
	for (const node of nodes) {
		if (refusal(draft.spec, node) !== undefined || ports.clash(node.name, draft) !== undefined) continue;
		const { name } = node;
		if (best === undefined) {
			best = name;
			continue;
		}
		const sameGroup = load.of(name, draft.group) - load.of(best, draft.group);
		const all = load.of(name) - load.of(best);
		if (sameGroup < 0 || (sameGroup === 0 && (all < 0 || (all === 0 && name < best)))) best = name;
	}
	return best;
}

/** Why the node does not take such a pod; undefined: it takes it. */
function refusal({ nodeSelector, tolerations }: PodSpec, node: Node): string | undefined {
	if (!labelsMatch(nodeSelector, node.labels)) return "does not have the labels of nodeSelector";
	const taints = node.unschedulable ? [CORDONED, ...node.taints] : node.taints;
	const bad = taints.find((taint) => taint.effect !== "PreferNoSchedule" && !tolerates(tolerations, taint));
	if (bad === undefined) return undefined;
	return bad === CORDONED ? "is cordoned" : `has the taint ${bad.key}${bad.value && `=${bad.value}`}:${bad.effect}`;
}

function whyNot(draft: PodDraft, nodes: readonly Node[], ports: HostPorts): string {
	if (nodes.length === 0) return `no node takes the pod: ${NO_NODES}`;
	const reasons = nodes.map((node) => {
		const refused = refusal(draft.spec, node);
		const clash = refused === undefined ? ports.clash(node.name, draft) : undefined;
		if (clash === undefined) return `${node.name} ${refused ?? ""}`;
		return `${node.name} has no port ${clash.port} for Pod ${namespacedName(draft)}, Pod ${namespacedName(clash.holder)} has it`;
	});
	return `no node takes the pod: ${reasons.join("; ")}`;
}

function podOn(draft: PodDraft, node: Node): Pod {
	const { spec } = draft;
	return {
		namespace: draft.namespace,
		name: draft.name,
		labels: draft.labels,
		...(draft.owner === undefined ? {} : { owner: draft.owner }),
		node: node.name,
		podIPs: draft.podIPs.length === 0 && spec.hostNetwork ? node.internalIPs : draft.podIPs,
		hostNetwork: spec.hostNetwork,
		...(spec.hostname === undefined ? {} : { hostname: spec.hostname }),
		...(spec.subdomain === undefined ? {} : { subdomain: spec.subdomain }),
		...(spec.dnsPolicy === undefined ? {} : { dnsPolicy: spec.dnsPolicy }),
		...(spec.dnsConfig === undefined ? {} : { dnsConfig: spec.dnsConfig }),
		ready: draft.ready,
		terminating: draft.terminating,
		containers: spec.containers,
		ports: spec.ports,
	};
}
