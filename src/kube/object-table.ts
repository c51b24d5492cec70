/** Raw objects → the objects that networking reads, sorted by kind; everything else becomes a note. */
import type { Sourced } from "./check-objects.ts";
import { formatSourcePos } from "./manifest-error.ts";
import type { RawObject } from "./manifest-source.ts";
import { nearestWord } from "./nearest-word.ts";
import { readEndpointSlice } from "./read-endpoint-slice.ts";
import { readNode } from "./read-node.ts";
import { type PodDraft, readPod } from "./read-pod.ts";
import { readService, type ServiceDraft } from "./read-service.ts";
import { readWorkload, type Workload, type WorkloadKind } from "./read-workload.ts";
import type { EndpointSlice, Node } from "./snapshot.ts";

/** The group with a dot that is Kubernetes' own here; others are somebody else's, and their `Service` is another thing. */
const DISCOVERY = "discovery.k8s.io";

/** The API groups and versions of the kinds that are read. */
const KINDS: Readonly<Record<string, { readonly group: string; readonly version: string }>> = {
	Node: { group: "", version: "v1" },
	Pod: { group: "", version: "v1" },
	Service: { group: "", version: "v1" },
	ReplicationController: { group: "", version: "v1" },
	Deployment: { group: "apps", version: "v1" },
	ReplicaSet: { group: "apps", version: "v1" },
	StatefulSet: { group: "apps", version: "v1" },
	DaemonSet: { group: "apps", version: "v1" },
	EndpointSlice: { group: DISCOVERY, version: "v1" },
};

const SKIPPED: Readonly<Record<string, string>> = {
	NetworkPolicy: "NOT enforced: all traffic between pods is allowed",
	Endpoints: "Endpoints are not read, EndpointSlices are",
	Namespace: "namespaces need no object here",
	Job: "no Jobs are run",
	CronJob: "no Jobs are run",
};

export class ObjectTable {
	readonly nodes: Sourced<Node>[] = [];
	readonly pods: PodDraft[] = [];
	readonly workloads: Workload[] = [];
	readonly services: ServiceDraft[] = [];
	readonly endpointSlices: Sourced<EndpointSlice>[] = [];
	readonly notes: string[] = [];

	constructor(objects: readonly RawObject[]) {
		for (const object of objects) this.#add(object);
	}

	#add(object: RawObject): void {
		const known = KINDS[object.kind];
		if (known === undefined || isForeign(object.group)) {
			const meant =
				isForeign(object.group) || object.kind in SKIPPED ? undefined : nearestWord(object.kind, Object.keys(KINDS));
			if (meant === undefined) this.#skip(object, SKIPPED[object.kind] ?? "not needed for networking");
			else {
				const text = `unknown ${JSON.stringify(object.kind)}; did you mean ${meant}?`;
				object.root.get("kind").fail("unknown-kind", text);
			}
			return;
		}
		if (object.group !== known.group || object.version !== known.version) {
			const text = `${object.kind} is in ${apiVersionOf(known)}, found ${apiVersionOf(object)}`;
			object.root.get("apiVersion").fail("unsupported-version", text);
			return;
		}
		switch (object.kind) {
			case "Node":
				push(this.nodes, wrap(readNode(object), object));
				break;
			case "Pod":
				this.#addPod(object);
				break;
			case "Service":
				push(this.services, readService(object));
				break;
			case "EndpointSlice":
				this.#addSlice(object);
				break;
			default:
				push(this.workloads, readWorkload(object, workloadKind(object.kind)));
		}
	}

	#addPod(object: RawObject): void {
		const pod = readPod(object);
		if (pod === "finished") this.#skip(object, "the pod has finished");
		else push(this.pods, pod);
	}

	#addSlice(object: RawObject): void {
		const slice = readEndpointSlice(object);
		if (slice === "fqdn") this.#skip(object, "its addresses are names, not IP addresses");
		else push(this.endpointSlices, wrap(slice, object));
	}

	#skip(object: RawObject, why: string): void {
		const { root } = object;
		this.notes.push(`${formatSourcePos(root.at)}: skipped ${root.object} (${apiVersionOf(object)}): ${why}`);
	}
}

/** Whether the group is not Kubernetes' own: those have a dot; a letter or two wrong in a known one is a slip. */
function isForeign(group: string): boolean {
	return group.includes(".") && nearestWord(group, [DISCOVERY]) === undefined;
}

function apiVersionOf({ group, version }: Pick<RawObject, "group" | "version">): string {
	return group === "" ? version : `${group}/${version}`;
}

function push<T>(list: T[], value: T | undefined): void {
	if (value !== undefined) list.push(value);
}

function wrap<T>(value: T | undefined, { root }: RawObject): Sourced<T> | undefined {
	return value === undefined ? undefined : { value, source: root };
}

function workloadKind(kind: string): WorkloadKind {
	switch (kind) {
		case "Deployment":
		case "ReplicaSet":
		case "ReplicationController":
		case "StatefulSet":
		case "DaemonSet":
			return kind;
		default:
			throw new Error(`not a workload: ${kind}`);
	}
}
