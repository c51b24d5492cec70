/** What the workload controllers do: a workload → its pods, under names that are the same every time. */
import { generatedName, templateHash } from "./generated-name.ts";
import { type Toleration, tolerates } from "./pod-spec.ts";
import type { PodDraft } from "./read-pod.ts";
import type { Workload } from "./read-workload.ts";
import { labelsMatch } from "./selector.ts";
import type { Labels, Node, OwnerReference } from "./snapshot.ts";

/** The taints that a DaemonSet's pods always tolerate. */
const DAEMON_TOLERATIONS: readonly Toleration[] = [
	"not-ready",
	"unreachable",
	"disk-pressure",
	"memory-pressure",
	"pid-pressure",
	"unschedulable",
	"network-unavailable",
].map((condition) => ({ key: `node.kubernetes.io/${condition}`, operator: "Exists", value: "" }));

/** The pods of a workload. `taken` holds the pod names of its namespace and is not changed. */
export function expandWorkload(
	workload: Workload,
	nodes: readonly Node[],
	taken: ReadonlySet<string>,
): readonly PodDraft[] {
	switch (workload.kind) {
		case "Deployment": {
			const hash = templateHash(workload.templateText);
			const labels = { ...workload.labels, "pod-template-hash": hash };
			const owner = { kind: "ReplicaSet", name: `${workload.name}-${hash}` };
			return replicas(workload, owner, labels, taken);
		}
		case "ReplicaSet":
		case "ReplicationController":
			return replicas(workload, { kind: workload.kind, name: workload.name }, workload.labels, taken);
		case "StatefulSet":
			return statefulPods(workload);
		case "DaemonSet":
			return daemonPods(workload, nodes, taken);
	}
}

function replicas(
	workload: Workload,
	owner: OwnerReference,
	labels: Labels,
	taken: ReadonlySet<string>,
): readonly PodDraft[] {
	const names = new Set<string>();
	const isTaken = (name: string): boolean => taken.has(name) || names.has(name);
	return Array.from({ length: workload.replicas }, (_, k) => {
		const name = generatedName(owner.name, `${workload.namespace}/${owner.name}/${k}`, isTaken);
		names.add(name);
		return draft(workload, { name, labels, owner });
	});
}

function statefulPods(workload: Workload): readonly PodDraft[] {
	return Array.from({ length: workload.replicas }, (_, k) => {
		const ordinal = workload.firstOrdinal + k;
		const name = `${workload.name}-${ordinal}`;
		const labels = {
			...workload.labels,
			"apps.kubernetes.io/pod-index": String(ordinal),
			"controller-revision-hash": `${workload.name}-${templateHash(workload.templateText)}`,
			"statefulset.kubernetes.io/pod-name": name,
		};
		const pod = draft(workload, { name, labels, owner: { kind: "StatefulSet", name: workload.name } });
		const { serviceName: subdomain } = workload;
		return { ...pod, spec: { ...pod.spec, hostname: name, ...(subdomain === undefined ? {} : { subdomain }) } };
	});
}

function daemonPods(workload: Workload, nodes: readonly Node[], taken: ReadonlySet<string>): readonly PodDraft[] {
	const names = new Set<string>();
	const isTaken = (name: string): boolean => taken.has(name) || names.has(name);
	const tolerations = [...workload.spec.tolerations, ...DAEMON_TOLERATIONS];
	const hash = templateHash(workload.templateText);
	const labels = { ...workload.labels, "controller-revision-hash": hash, "pod-template-generation": "1" };
	const takers = nodes.filter(
		(node) =>
			labelsMatch(workload.spec.nodeSelector, node.labels) &&
			node.taints.every((taint) => taint.effect === "PreferNoSchedule" || tolerates(tolerations, taint)),
	);
	return takers.map((node) => {
		const name = generatedName(workload.name, `${workload.namespace}/${workload.name}/${node.name}`, isTaken);
		names.add(name);
		const pod = draft(workload, { name, labels, owner: { kind: "DaemonSet", name: workload.name } });
		return { ...pod, spec: { ...pod.spec, tolerations, nodeName: node.name } };
	});
}

function draft(workload: Workload, own: Pick<PodDraft, "name" | "labels"> & { owner: OwnerReference }): PodDraft {
	return {
		namespace: workload.namespace,
		...own,
		spec: workload.spec,
		podIPs: [],
		ready: true,
		terminating: false,
		group: `${workload.kind} ${workload.namespace}/${workload.name}`,
		daemon: workload.kind === "DaemonSet",
		source: workload.source,
	};
}
