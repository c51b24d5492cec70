/** A parsed name → the hosts it stands for, as the kubernetes plugin finds them. */
import type { Service } from "../kube/snapshot.ts";
import { type IpAddr, parseIp } from "../wire/addr.ts";
import type { ClusterDnsConfig } from "./config.ts";
import type { DnsIndex, ReadyEndpoint } from "./dns-index.ts";
import { addrTextOfLabel, endpointLabel } from "./endpoint-name.ts";
import type { NameRequest } from "./parse-name.ts";

export type FoundHost =
	| {
			readonly kind: "addr";
			readonly addr: IpAddr;
			/** Undefined: none is declared. */
			readonly port?: number;
			/** The host's own name, without the zone. */
			readonly owner: string;
	  }
	/** An ExternalName, without the final dot. */
	| { readonly kind: "name"; readonly target: string };

/** Undefined: there is no such name. No hosts: there is, without addresses. */
export type Found = readonly FoundHost[] | undefined;

/** Where records are found. */
export interface DnsView {
	readonly index: DnsIndex;
	readonly config: ClusterDnsConfig;
}

/** Whether a namespace is there and has records. */
export function isExposed({ index, config }: DnsView, namespace: string): boolean {
	const { namespaces } = config;
	return (namespaces.length === 0 || namespaces.includes(namespace)) && index.hasNamespace(namespace);
}

export function findHosts(view: DnsView, request: NameRequest): Found {
	if (request.kind === undefined) return [];
	if (!isExposed(view, request.namespace)) return undefined;
	return request.kind === "pod" ? findPod(view, request) : findService(view, request);
}

function findPod({ index, config }: DnsView, { namespace, service: label }: NameRequest): Found {
	if (config.pods === "disabled") return undefined;
	if (label === "") return [];
	const addr = parseIp(addrTextOfLabel(label));
	if (!addr.ok || (config.pods === "verified" && !index.hasPod(addr.value, namespace))) return undefined;
	return [{ kind: "addr", addr: addr.value, owner: `${label}.${namespace}.pod` }];
}

function findService(view: DnsView, request: NameRequest): Found {
	if (request.service === "") return [];
	const { index, config } = view;
	const service = index.service(request.service, request.namespace);
	if (service === undefined) return undefined;
	if (service.type === "ExternalName") {
		const { externalName } = service;
		if (request.endpoint !== "" || request.topology !== undefined || externalName === undefined) return undefined;
		return [{ kind: "name", target: externalName }];
	}
	const endpoints = config.endpoints ? index.endpoints(`${service.name}.${service.namespace}`) : [];
	if (config.ignoreEmptyService && !service.headless && endpoints.length === 0) return undefined;
	if (request.topology !== undefined) return findInZone(view, request, { service, endpoints });
	if (service.headless || request.endpoint !== "") {
		const named = endpoints.filter(
			(endpoint) => request.endpoint === "" || endpointLabel(endpoint, config).toLowerCase() === request.endpoint,
		);
		return someOf(named.flatMap((endpoint) => endpointHosts(view, request, endpoint)));
	}
	const owner = ownerOf(service);
	const ports = service.ports.length === 0 ? [undefined] : service.ports;
	const matching = ports.filter((port) => matches(request, port));
	if (matching.length === 0) return undefined;
	return matching.flatMap((port) =>
		service.clusterIPs.map((addr): FoundHost => ({ kind: "addr", addr, ...portOf(port), owner })),
	);
}

/** Zones are for headless Services only; one in which there is no endpoint is a name without addresses. */
function findInZone(
	view: DnsView,
	request: NameRequest,
	{ service, endpoints }: { readonly service: Service; readonly endpoints: readonly ReadyEndpoint[] },
): Found {
	const { topology } = request;
	if (!service.headless || topology === undefined) return undefined;
	const there = endpoints.filter(({ zone }) => zone?.toLowerCase() === topology.zone);
	const chosen = there.length === 0 && topology.prefer ? endpoints : there;
	return chosen.flatMap((endpoint) => endpointHosts(view, request, endpoint));
}

function endpointHosts({ config }: DnsView, request: NameRequest, endpoint: ReadyEndpoint): readonly FoundHost[] {
	const ports = endpoint.ports.length === 0 ? [undefined] : endpoint.ports;
	const owner = `${endpointLabel(endpoint, config)}.${endpoint.service}.svc`;
	return ports
		.filter((port) => matches(request, port))
		.map((port) => ({ kind: "addr", addr: endpoint.addr, ...portOf(port), owner }));
}

/** `SERVICE.NAMESPACE.svc`. */
export function ownerOf({ name, namespace }: Pick<Service, "name" | "namespace">): string {
	return `${name}.${namespace}.svc`;
}

interface NamedPort {
	readonly name: string;
	readonly protocol: string;
	readonly port: number;
}

function portOf(port: NamedPort | undefined): { readonly port?: number } {
	return port === undefined ? {} : { port: port.port };
}

/** A request without a port matches all. */
function matches(request: NameRequest, port: NamedPort | undefined): boolean {
	const { name, protocol } = port ?? { name: "", protocol: "" };
	const named = request.port === "" || request.port === name.toLowerCase();
	return named && (request.protocol === "" || request.protocol === protocol.toLowerCase());
}

function someOf(hosts: readonly FoundHost[]): Found {
	return hosts.length === 0 ? undefined : hosts;
}
