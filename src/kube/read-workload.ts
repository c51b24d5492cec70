/** Deployment, ReplicaSet, ReplicationController, StatefulSet, DaemonSet: manifest → what pods it wants. */
import type { Field } from "./field.ts";
import { readDnsLabel, readDnsSubdomain, readLabels } from "./field-values.ts";
import type { RawObject } from "./manifest-source.ts";
import { type PodSpec, readPodSpec } from "./pod-spec.ts";
import { readOwner } from "./read-pod.ts";
import { formatLabels, readSelector, selectorMatches } from "./selector.ts";
import type { Labels, OwnerReference } from "./snapshot.ts";

export type WorkloadKind = "Deployment" | "ReplicaSet" | "ReplicationController" | "StatefulSet" | "DaemonSet";

export interface Workload {
	readonly kind: WorkloadKind;
	readonly namespace: string;
	readonly name: string;
	readonly owner?: OwnerReference;
	/** 1 when the manifest does not say it; a DaemonSet's is the number of nodes that take it. */
	readonly replicas: number;
	readonly labels: Labels;
	readonly spec: PodSpec;
	/** The template as one text, the same for the same template. */
	readonly templateText: string;
	/** StatefulSet: the number of the first pod. */
	readonly firstOrdinal: number;
	/** StatefulSet: the headless Service that its pods are named by. */
	readonly serviceName?: string;
	readonly source: Field;
}

const SPEC_FIELDS: ReadonlySet<string> = new Set([
	"replicas",
	"selector",
	"template",
	"strategy",
	"updateStrategy",
	"minReadySeconds",
	"revisionHistoryLimit",
	"paused",
	"progressDeadlineSeconds",
	"serviceName",
	"podManagementPolicy",
	"volumeClaimTemplates",
	"persistentVolumeClaimRetentionPolicy",
	"ordinals",
]);

export function readWorkload({ root, name, namespace }: RawObject, kind: WorkloadKind): Workload | undefined {
	const metadata = root.get("metadata");
	const spec = root.get("spec");
	if (!spec.present) {
		spec.expected("the specification of the pods");
		return undefined;
	}
	spec.allow(SPEC_FIELDS);
	readDnsSubdomain(metadata.get("name"));
	readDnsLabel(metadata.get("namespace"));
	const template = spec.get("template");
	if (!template.present) {
		template.expected("a pod template");
		return undefined;
	}
	const labels = readLabels(template.get("metadata").get("labels"));
	checkSelector(spec.get("selector"), labels, kind);
	const owner = readOwner(metadata);
	const serviceName = kind === "StatefulSet" ? readDnsLabel(spec.get("serviceName")) : undefined;
	return {
		kind,
		namespace,
		name,
		...(serviceName === undefined || serviceName === "" ? {} : { serviceName }),
		...(owner === undefined ? {} : { owner }),
		replicas: spec.get("replicas").integer({ min: 0, max: 10_000, what: "a number of pods (0-10000)" }) ?? 1,
		labels,
		spec: readPodSpec(template.get("spec")),
		templateText: JSON.stringify(template.toJson()),
		firstOrdinal: spec.get("ordinals").get("start").integer({ min: 0, max: 1_000_000, what: "an ordinal" }) ?? 0,
		source: root,
	};
}

/** A workload that does not select its own pods would make new ones for ever; the API server refuses it. */
function checkSelector(field: Field, labels: Labels, kind: WorkloadKind): void {
	const labelsText = `the template's labels are ${formatLabels(labels)}`;
	if (kind === "ReplicationController") {
		const selector = { matchLabels: readLabels(field), matchExpressions: [] };
		if (!selectorMatches(selector, labels)) {
			field.fail("selector-mismatch", `the selector does not match the workload's own pods; ${labelsText}`);
		}
		return;
	}
	if (!field.present) {
		field.expected("a label selector");
		return;
	}
	const selector = readSelector(field);
	if (Object.keys(selector.matchLabels).length + selector.matchExpressions.length === 0) {
		field.fail("wrong-field", "empty; expected a selector that matches the template's labels");
	} else if (!selectorMatches(selector, labels)) {
		field.fail("selector-mismatch", `the selector does not match the workload's own pods; ${labelsText}`);
	}
}
