/** Raw objects → the objects that networking reads, sorted by kind; everything else becomes a note. */
import type { Sourced } from "./check-objects.ts";
import type { RawObject } from "./manifest-source.ts";
import { readEndpointSlice } from "./read-endpoint-slice.ts";
import { readNode } from "./read-node.ts";
import { type PodDraft, readPod } from "./read-pod.ts";
import { readService, type ServiceDraft } from "./read-service.ts";
import { readWorkload, type Workload, type WorkloadKind } from "./read-workload.ts";
import type { EndpointSlice, Node } from "./snapshot.ts";

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
	EndpointSlice: { group: "discovery.k8s.io", version: "v1" },
};

/** Groups that these kinds once were in; another group's `Service` is a different thing, and skipped. */
const FORMER_GROUPS: ReadonlySet<string> = new Set(["extensions", "apps", "discovery.k8s.io"]);

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
	readonly endpointSlices: EndpointSlice[] = [];
	readonly notes: string[] = [];

	constructor(objects: readonly RawObject[]) {
		for (const object of objects) this.#add(object);
	}

	#add(object: RawObject): void {
		const known = KINDS[object.kind];
		if (known === undefined || (object.group !== known.group && !FORMER_GROUPS.has(object.group))) {
			this.#skip(object, SKIPPED[object.kind] ?? "not needed for networking");
			return;
		}
		if (object.group !== known.group || object.version !== known.version) {
			const expected = known.group === "" ? known.version : `${known.group}/${known.version}`;
			const found = object.group === "" ? object.version : `${object.group}/${object.version}`;
			object.root.get("apiVersion").fail("unsupported-version", `expected ${expected}, found ${found}`);
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
		else push(this.endpointSlices, slice);
	}

	#skip({ root }: RawObject, why: string): void {
		this.notes.push(`skipped ${root.object}: ${why}`);
	}
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
