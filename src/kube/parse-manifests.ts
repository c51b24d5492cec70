/**
 * Kubernetes manifests → an immutable snapshot, doing on the way what the API server and the controllers would do:
 * defaults, allocation of cluster IPs and node ports, workloads' pods, scheduling.
 *
 * All errors of all files are found in one go. Notes say what is not an error and still worth a line: kinds that
 * networking does not read, NetworkPolicies (not enforced), Services that select no pods.
 */
import { err, ok, type Result } from "../base/result.ts";
import { type Cidr, formatCidr } from "../wire/addr.ts";
import { type AllocationRanges, allocateServices, type PortRange } from "./allocate.ts";
import {
	checkNodes,
	checkPodIPs,
	checkPodNetworks,
	checkServices,
	checkTargetPorts,
	type Sourced,
	sourceText,
} from "./check-objects.ts";
import { expandWorkload } from "./expand-workload.ts";
import type { ManifestError } from "./manifest-error.ts";
import { type ManifestFile, type RawObject, readObjects } from "./manifest-source.ts";
import { ObjectTable } from "./object-table.ts";
import { PodIndex } from "./pod-index.ts";
import type { PodDraft } from "./read-pod.ts";
import { schedule } from "./schedule.ts";
import { formatLabels } from "./selector.ts";
import { DEFAULT_SERVICE_CIDR, serviceNetwork, takenNetworks } from "./service-network.ts";
import { sliceNotes } from "./slice-notes.ts";
import { type KubeSnapshot, type Node, namespacedName } from "./snapshot.ts";

export interface ManifestOptions {
	/** Where Services without a cluster IP get theirs; at most one of each family. Default 10.96.0.0/12, or what is free. */
	readonly serviceCIDRs?: readonly Cidr[];
	/** Default 30000-32767. */
	readonly nodePorts?: PortRange;
}

export interface ParsedManifests {
	readonly snapshot: KubeSnapshot;
	readonly notes: readonly string[];
}

const DEFAULT_NODE_PORTS: PortRange = { from: 30_000, to: 32_767 };

export function parseManifests(
	files: readonly ManifestFile[],
	options: ManifestOptions = {},
): Result<ParsedManifests, readonly ManifestError[]> {
	const errors: ManifestError[] = [];
	const table = new ObjectTable(refuseDuplicates(readObjects(files, errors)));
	const nodes = [...table.nodes].sort((a, b) => (a.value.name < b.value.name ? -1 : 1));
	const avoid = takenNetworks(nodes.map((node) => node.value));
	const ranges: AllocationRanges = {
		serviceCIDRs: options.serviceCIDRs ?? [serviceNetwork(avoid)],
		nodePorts: options.nodePorts ?? DEFAULT_NODE_PORTS,
		avoid,
	};
	checkNodes(nodes);
	checkServices(table.services, ranges.nodePorts);
	checkPodIPs(table.pods);
	const drafts = allPods(table, nodes);
	const pods = schedule(
		drafts,
		nodes.map((node) => node.value),
	);
	checkPodNetworks(nodes, pods);
	const index = new PodIndex(pods);
	checkTargetPorts(table.services, (service) => index.select(service.namespace, service.selector));
	const services = allocateServices(table.services, ranges);
	if (errors.length > 0) return err(inFileOrder(errors, files));
	const notes = [
		...table.notes,
		...networkNotes(table, options, ranges),
		...ignoredNotes(drafts),
		...emptyNotes(table, index),
		...sliceNotes(table.endpointSlices, services),
	];
	const endpointSlices = table.endpointSlices.map(({ value }) => value);
	const snapshot = { nodes: nodes.map((node) => node.value), pods, services, endpointSlices };
	return ok({ snapshot, notes });
}

function inFileOrder(errors: readonly ManifestError[], files: readonly ManifestFile[]): readonly ManifestError[] {
	const order = new Map(files.map((file, k) => [file.path, k]));
	const rank = ({ at }: ManifestError): number => order.get(at.path) ?? 0;
	return [...errors].sort((a, b) => rank(a) - rank(b) || a.at.line - b.at.line || a.at.column - b.at.column);
}

/** The objects without those that are there twice, each of which is an error. */
function refuseDuplicates(objects: readonly RawObject[]): readonly RawObject[] {
	const seen = new Map<string, RawObject>();
	return objects.filter((object) => {
		const key = `${object.group} ${object.root.object}`;
		const first = seen.get(key);
		if (first === undefined) seen.set(key, object);
		else object.root.fail("duplicate-object", "a second object of this name", first.root.at);
		return first === undefined;
	});
}

/** The pods of the manifests, then those of workloads whose pods are not in the manifests themselves. */
function allPods(table: ObjectTable, nodes: readonly Sourced<Node>[]): readonly PodDraft[] {
	const drafts = [...table.pods];
	const taken = new Map<string, Set<string>>();
	const take = (pod: PodDraft): void => {
		const names = taken.get(pod.namespace) ?? new Set();
		taken.set(pod.namespace, names.add(pod.name));
	};
	drafts.forEach(take);
	const owners = new Set<string>();
	for (const { owner, namespace } of [...table.pods, ...table.workloads]) {
		if (owner !== undefined) owners.add(`${owner.kind} ${namespace}/${owner.name}`);
	}
	const nodeValues = nodes.map((node) => node.value);
	for (const workload of table.workloads) {
		if (owners.has(workload.source.object)) continue;
		const pods = expandWorkload(workload, nodeValues, taken.get(workload.namespace) ?? new Set());
		pods.forEach(take);
		drafts.push(...pods);
	}
	return drafts;
}

/** Said when Services got addresses from another network than the usual one. */
function networkNotes(
	table: ObjectTable,
	options: ManifestOptions,
	{ serviceCIDRs }: AllocationRanges,
): readonly string[] {
	const [net] = serviceCIDRs;
	if (options.serviceCIDRs !== undefined || net === undefined || formatCidr(net) === DEFAULT_SERVICE_CIDR) return [];
	const allocated = table.services.some(
		({ clusterIPs, headless, type }) => clusterIPs.length === 0 && !headless && type !== "ExternalName",
	);
	if (!allocated) return [];
	const why = `the usual ${DEFAULT_SERVICE_CIDR} overlaps the networks of nodes or pods`;
	return [`Services without a clusterIP get theirs from ${formatCidr(net)}: ${why}`];
}

function ignoredNotes(drafts: readonly PodDraft[]): readonly string[] {
	const notes = new Set<string>();
	for (const { spec, source } of drafts) {
		if (spec.ignored.length > 0)
			notes.add(`${sourceText(source)}: ${spec.ignored.join(" and ")} ignored by the scheduler`);
	}
	return [...notes];
}

function emptyNotes(table: ObjectTable, index: PodIndex): readonly string[] {
	const given = new Set(
		table.endpointSlices.flatMap(({ value: { namespace, service } }) =>
			service === undefined ? [] : [`${namespace}/${service}`],
		),
	);
	return table.services.flatMap((service) => {
		if (given.has(namespacedName(service)) || service.type === "ExternalName") return [];
		if (service.selector === undefined)
			return [`${sourceText(service.source)}: no selector and no EndpointSlice: it has no endpoints`];
		if (index.select(service.namespace, service.selector).length > 0) return [];
		return [`${sourceText(service.source)}: selects no pods (${formatLabels(service.selector)}): it has no endpoints`];
	});
}
