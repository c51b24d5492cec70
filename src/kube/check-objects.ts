/** Checks between objects: what each one alone cannot say. */
import { type Cidr, cidrContains, familyOf, formatCidr } from "../wire/addr.ts";
import type { PortRange } from "./allocate.ts";
import type { Field } from "./field.ts";
import { formatSourcePos } from "./manifest-error.ts";
import type { PodDraft } from "./read-pod.ts";
import type { ServiceDraft } from "./read-service.ts";
import type { Node, Pod } from "./snapshot.ts";

/** A value read from a manifest, and where. */
export interface Sourced<T> {
	readonly value: T;
	readonly source: Field;
}

/** Node addresses are the nodes' own, and their pod networks do not overlap. */
export function checkNodes(nodes: readonly Sourced<Node>[]): void {
	const addresses = new Clashes("address-clash");
	const networks: { readonly net: Cidr; readonly node: Sourced<Node> }[] = [];
	for (const node of nodes) {
		const { name, internalIPs, podCIDRs } = node.value;
		const status = node.source.get("status").get("addresses");
		for (const address of internalIPs) addresses.claim(address, `Node ${name}`, status);
		for (const net of podCIDRs) {
			const spec = node.source.get("spec");
			const field = spec.get("podCIDR").present ? spec.get("podCIDR") : spec.get("podCIDRs");
			const other = networks.find((known) => overlap(known.net, net));
			if (other !== undefined) {
				const text = `${formatCidr(net)} overlaps ${formatCidr(other.net)} of Node ${other.node.value.name}`;
				field.fail("cidr-overlap", text, other.node.source.at);
			}
			for (const address of internalIPs) {
				if (cidrContains(net, address)) {
					field.fail("address-clash", `${formatCidr(net)} contains the node's own address ${address}`);
				}
			}
			networks.push({ net, node });
		}
	}
}

/** Cluster IPs and node ports are one Service's each, and node ports are in the cluster's range. */
export function checkServices(services: readonly ServiceDraft[], nodePorts: PortRange): void {
	const addresses = new Clashes("address-clash");
	const ports = new Clashes("port-clash");
	for (const service of services) {
		const spec = service.source.get("spec");
		const owner = service.source.object;
		const field = spec.get("clusterIP").present ? spec.get("clusterIP") : spec.get("clusterIPs");
		for (const address of service.clusterIPs) addresses.claim(address, owner, field);
		for (const { nodePort, protocol, source } of service.ports) {
			if (nodePort === undefined) continue;
			const nodePortField = source.get("nodePort");
			if (nodePort < nodePorts.from || nodePort > nodePorts.to) {
				nodePortField.expected(`a node port (${nodePorts.from}-${nodePorts.to})`);
			}
			ports.claim(`${nodePort}/${protocol}`, owner, nodePortField);
		}
	}
}

/** Pod addresses that a status gives are one pod's each. */
export function checkPodIPs(pods: readonly PodDraft[]): void {
	const addresses = new Clashes("address-clash");
	for (const pod of pods) {
		if (pod.spec.hostNetwork) continue;
		const status = pod.source.get("status");
		const field = status.get("podIP").present ? status.get("podIP") : status.get("podIPs");
		for (const address of pod.podIPs) addresses.claim(address, pod.source.object, field);
	}
}

/** A node's pod network has an address for every pod on it. */
export function checkPodNetworks(nodes: readonly Sourced<Node>[], pods: readonly Pod[]): void {
	for (const { value: node, source } of nodes) {
		const wanted = pods.filter((pod) => pod.node === node.name && !pod.hostNetwork).length;
		for (const net of node.podCIDRs) {
			const room = usableAddresses(net);
			if (wanted <= room) continue;
			const spec = source.get("spec");
			const field = spec.get("podCIDR").present ? spec.get("podCIDR") : spec.get("podCIDRs");
			const text = `${formatCidr(net)} is too small: it has ${room} addresses for pods (without the network's own, the gateway and the last), and ${wanted} pods run on the node`;
			field.fail("cidr-too-small", text);
		}
	}
}

/** A Service's named target port is the name of a container port of at least one pod that it selects. */
export function checkTargetPorts(
	services: readonly ServiceDraft[],
	selected: (service: ServiceDraft) => readonly Pod[],
): void {
	for (const service of services) {
		const named = service.ports.filter((port) => typeof port.targetPort === "string");
		const pods = named.length === 0 ? [] : selected(service);
		if (pods.length === 0) continue;
		for (const { targetPort, protocol, source } of named) {
			const declares = (pod: Pod): boolean =>
				pod.ports.some((port) => port.name === targetPort && port.protocol === protocol);
			if (pods.some(declares)) continue;
			const text = `none of the ${pods.length} pods that the Service selects has a ${protocol} container port named ${targetPort}`;
			source.get("targetPort").fail("unresolved-port", text);
		}
	}
}

/** Who has claimed what; the second claim of the same thing is an error that names both places. */
class Clashes {
	readonly #code: "address-clash" | "port-clash";
	readonly #owners = new Map<string, { readonly owner: string; readonly field: Field }>();

	constructor(code: "address-clash" | "port-clash") {
		this.#code = code;
	}

	claim(thing: string, owner: string, field: Field): void {
		const first = this.#owners.get(thing);
		if (first === undefined) this.#owners.set(thing, { owner, field });
		else if (first.owner === owner) field.fail(this.#code, `${thing} twice`, first.field.at);
		else field.fail(this.#code, `${thing} is already ${first.owner}'s`, first.field.at);
	}
}

function overlap(a: Cidr, b: Cidr): boolean {
	return cidrContains(a.prefix <= b.prefix ? a : b, (a.prefix <= b.prefix ? b : a).addr);
}

/** What host-local can give out of a network. */
function usableAddresses(net: Cidr): number {
	const bits = (familyOf(net.addr) === "ipv4" ? 32 : 128) - net.prefix;
	return Math.max(0, 2 ** Math.min(bits, 50) - 3);
}

/** `SERVICE at FILE:LINE:COLUMN`, for a note. */
export function sourceText(source: Field): string {
	return `${formatSourcePos(source.at)}: ${source.object}`;
}
