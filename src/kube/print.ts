/** Objects as `kubectl get -o wide` prints them: sorted by name, columns three spaces apart, with a NAMESPACE column where there are several. */

import { compareText } from "../base/compare-text.ts";
import { formatLabels } from "./selector.ts";
import type { EndpointSlice, Node, Pod, Service } from "./snapshot.ts";

/** What nobody knows about an object in a simulated cluster. */
const UNKNOWN = "<unknown>";
const NONE = "<none>";
const ROLE_LABEL = "node-role.kubernetes.io/";
/** kubectl lists so many endpoints and counts the rest. */
const MAX_ENDPOINTS = 3;

export function formatNodes(nodes: readonly Node[]): string {
	const header = [
		"NAME",
		"STATUS",
		"ROLES",
		"AGE",
		"VERSION",
		"INTERNAL-IP",
		"EXTERNAL-IP",
		"OS-IMAGE",
		"KERNEL-VERSION",
		"CONTAINER-RUNTIME",
	];
	const rows = nodes.map(({ name, ready, unschedulable, labels, internalIPs, externalIPs, nodeInfo }) => [
		name,
		(ready ? "Ready" : "NotReady") + (unschedulable ? ",SchedulingDisabled" : ""),
		roles(labels),
		UNKNOWN,
		nodeInfo?.kubeletVersion ?? "",
		internalIPs[0] ?? NONE,
		externalIPs[0] ?? NONE,
		nodeInfo?.osImage || UNKNOWN,
		nodeInfo?.kernelVersion || UNKNOWN,
		nodeInfo?.containerRuntimeVersion || UNKNOWN,
	]);
	return formatTable(header, rows.sort(byFirst));
}

export function formatPods(pods: readonly Pod[]): string {
	const header = ["NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE", "NOMINATED NODE", "READINESS GATES"];
	return namespacedTable(header, pods, ({ name, containers, ready, terminating, podIPs, node }) => [
		name,
		`${ready ? containers.length : 0}/${containers.length}`,
		terminating ? "Terminating" : "Running",
		"0",
		UNKNOWN,
		podIPs[0] ?? NONE,
		node,
		NONE,
		NONE,
	]);
}

export function formatServices(services: readonly Service[]): string {
	const header = ["NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE", "SELECTOR"];
	return namespacedTable(header, services, (service) => [
		service.name,
		service.type,
		service.clusterIPs[0] ?? (service.headless ? "None" : NONE),
		externalIP(service),
		servicePorts(service),
		UNKNOWN,
		formatLabels(service.selector ?? {}),
	]);
}

/** The ready endpoints of each Service, as `kubectl get endpoints` shows them. */
export function formatEndpoints(slices: readonly EndpointSlice[]): string {
	const byService = new Map<
		string,
		{ readonly namespace: string; readonly name: string; readonly endpoints: string[] }
	>();
	for (const slice of slices) {
		if (slice.service === undefined) continue;
		const key = `${slice.namespace}/${slice.service}`;
		const entry = byService.get(key) ?? { namespace: slice.namespace, name: slice.service, endpoints: [] };
		byService.set(key, entry);
		entry.endpoints.push(...readyEndpoints(slice));
	}
	return namespacedTable(["NAME", "ENDPOINTS", "AGE"], [...byService.values()], ({ name, endpoints }) => [
		name,
		endpointList(endpoints),
		UNKNOWN,
	]);
}

/** A table in kubectl's layout: cells are padded to the widest of their column and at least three spaces more. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
	const all = [header, ...rows];
	const widths = header.map((_, k) => Math.max(6, ...all.map((row) => (row[k] ?? "").length + 3)));
	const line = (row: readonly string[]): string =>
		row.map((cell, k) => (k === row.length - 1 ? cell : cell.padEnd(widths[k] ?? 0))).join("");
	return all.map((row) => `${line(row)}\n`).join("");
}

function namespacedTable<T extends { readonly namespace: string; readonly name: string }>(
	header: readonly string[],
	objects: readonly T[],
	row: (object: T) => readonly string[],
): string {
	const sorted = [...objects].sort((a, b) => compareText(a.namespace, b.namespace) || compareText(a.name, b.name));
	if (new Set(objects.map((object) => object.namespace)).size < 2) return formatTable(header, sorted.map(row));
	const rows = sorted.map((object) => [object.namespace, ...row(object)]);
	return formatTable(["NAMESPACE", ...header], rows);
}

function roles(labels: Node["labels"]): string {
	const names = Object.keys(labels).filter((key) => key.startsWith(ROLE_LABEL));
	return names.length === 0
		? NONE
		: names
				.map((key) => key.slice(ROLE_LABEL.length))
				.sort()
				.join(",");
}

function externalIP(service: Service): string {
	if (service.type === "ExternalName") return service.externalName ?? NONE;
	const ingress = service.loadBalancerIngress.flatMap(({ ip, hostname }) => ip ?? hostname ?? []);
	const all = [...ingress, ...service.externalIPs];
	if (all.length > 0) return all.join(",");
	return service.type === "LoadBalancer" ? "<pending>" : NONE;
}

function servicePorts({ ports }: Service): string {
	if (ports.length === 0) return NONE;
	return ports
		.map(({ port, nodePort, protocol }) => `${port}${nodePort === undefined ? "" : `:${nodePort}`}/${protocol}`)
		.join(",");
}

function readyEndpoints(slice: EndpointSlice): readonly string[] {
	const addresses = slice.endpoints.flatMap(({ ready, addresses: own }) => (ready ? own.slice(0, 1) : []));
	const shown = addresses.map((address) => (slice.family === "ipv6" ? `[${address}]` : address)).sort(compareText);
	if (slice.ports.length === 0) return shown;
	return slice.ports.flatMap(({ port }) => shown.map((address) => `${address}:${port}`));
}

function endpointList(endpoints: readonly string[]): string {
	if (endpoints.length === 0) return NONE;
	const more = endpoints.length - MAX_ENDPOINTS;
	return endpoints.slice(0, MAX_ENDPOINTS).join(",") + (more > 0 ? ` + ${more} more...` : "");
}

function byFirst(a: readonly string[], b: readonly string[]): number {
	return compareText(a[0] ?? "", b[0] ?? "");
}
