/** A Pod's manifest → a pod that still has to find its node. */
import type { IpAddr } from "../wire/addr.ts";
import type { Field } from "./field.ts";
import { readDnsLabel, readDnsSubdomain, readIp, readLabels, readList, required } from "./field-values.ts";
import type { RawObject } from "./manifest-source.ts";
import { type PodSpec, readPodSpec } from "./pod-spec.ts";
import type { Labels, OwnerReference } from "./snapshot.ts";

export interface PodDraft {
	readonly namespace: string;
	readonly name: string;
	readonly labels: Labels;
	readonly owner?: OwnerReference;
	readonly spec: PodSpec;
	/** Of the status; usually not there yet. */
	readonly podIPs: readonly IpAddr[];
	readonly ready: boolean;
	readonly terminating: boolean;
	/** The pods that are spread over the nodes together, e.g. `Deployment default/myapp`. */
	readonly group: string;
	/** A pod of a DaemonSet runs on cordoned and unready nodes too. */
	readonly daemon: boolean;
	/** Where its errors point: the Pod, or the workload. */
	readonly source: Field;
}

/** "finished": the pod has ended and has no network any more. */
export function readPod({ root }: RawObject): PodDraft | "finished" | undefined {
	const metadata = root.get("metadata");
	const status = root.get("status");
	const phase = status.get("phase").string();
	if (phase === "Succeeded" || phase === "Failed") return "finished";
	const namespace = readDnsLabel(metadata.get("namespace")) ?? "default";
	const name = readDnsSubdomain(metadata.get("name"));
	const owner = readOwner(metadata);
	const spec = readPodSpec(root.get("spec"));
	if (name === undefined) return undefined;
	return {
		namespace,
		name,
		labels: readLabels(metadata.get("labels")),
		...(owner === undefined ? {} : { owner }),
		spec,
		podIPs: readPodIPs(status),
		ready: readReady(status, phase),
		terminating: metadata.get("deletionTimestamp").present,
		group: owner === undefined ? root.object : `${owner.kind} ${namespace}/${owner.name}`,
		daemon: owner?.kind === "DaemonSet",
		source: root,
	};
}

/** The controlling owner; of several references the one marked so, or the first. */
export function readOwner(metadata: Field): OwnerReference | undefined {
	const references = metadata.get("ownerReferences").items();
	const controller = references.find((item) => item.get("controller").boolean() === true) ?? references[0];
	if (controller === undefined) return undefined;
	const kind = required(controller.get("kind"), (item) => item.string(), "the owner's kind");
	const name = required(controller.get("name"), (item) => item.string(), "the owner's name");
	return kind === undefined || name === undefined ? undefined : { kind, name };
}

function readPodIPs(status: Field): readonly IpAddr[] {
	const list = readList(status.get("podIPs"), (item) => required(item.get("ip"), readIp, "an IP address"));
	const single = readIp(status.get("podIP"));
	return list.length > 0 || single === undefined ? list : [single];
}

/** A manifest without a status stands for a pod that will come up: it is ready. */
function readReady(status: Field, phase: string | undefined): boolean {
	for (const condition of status.get("conditions").items()) {
		if (condition.get("type").string() === "Ready") return condition.get("status").string() === "True";
	}
	return phase !== "Pending";
}
