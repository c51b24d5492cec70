/**
 * What the API server allocates: cluster IPs, node ports, ports for health checks.
 *
 * An allocation depends on the Service's own name (a hash, then the next free one), so that another Service does not move
 * it; what a manifest asks for is taken first.
 */
import { addrPlus, type Cidr, cidrContains, familyOf, formatCidr, type IpAddr, type IpFamily } from "../wire/addr.ts";
import { fnv32a } from "./generated-name.ts";
import type { ServiceDraft } from "./read-service.ts";
import type { ServicePortDraft } from "./read-service-ports.ts";
import { namespacedName, type Service, type ServicePort } from "./snapshot.ts";

export interface PortRange {
	readonly from: number;
	readonly to: number;
}

export interface AllocationRanges {
	/** At most one of each family; the first is the cluster's primary family. */
	readonly serviceCIDRs: readonly Cidr[];
	readonly nodePorts: PortRange;
	/** The networks of nodes and pods, which hold no cluster IP. */
	readonly avoid: readonly Cidr[];
}

export function allocateServices(drafts: readonly ServiceDraft[], ranges: AllocationRanges): readonly Service[] {
	const addresses = new Set<string>(drafts.flatMap((draft) => draft.clusterIPs));
	const nodePorts = new Set<string>();
	for (const draft of drafts) {
		for (const port of draft.ports) if (port.nodePort !== undefined) nodePorts.add(nodePortKey(port, port.nodePort));
		if (draft.healthCheckNodePort !== undefined) nodePorts.add(`${draft.healthCheckNodePort}/TCP`);
	}
	return drafts.map((draft) => {
		const families = familiesOf(draft, ranges);
		const clusterIPs =
			draft.headless || draft.type === "ExternalName"
				? []
				: families.flatMap((family) => clusterIP(draft, { family, ranges, taken: addresses }) ?? []);
		const ports = draft.ports.map((port) => withNodePort(draft, port, ranges.nodePorts, nodePorts));
		const { source: _source, dualStack: _dualStack, needsHealthCheckNodePort: needed, ...service } = draft;
		const healthCheckNodePort =
			needed && draft.healthCheckNodePort === undefined
				? allocatePort(`${namespacedName(draft)} health check`, "TCP", ranges.nodePorts, nodePorts)
				: undefined;
		return {
			...service,
			ipFamilies: families,
			clusterIPs,
			ports,
			...(healthCheckNodePort === undefined ? {} : { healthCheckNodePort }),
		};
	});
}

function familiesOf(draft: ServiceDraft, { serviceCIDRs }: AllocationRanges): readonly IpFamily[] {
	const cluster = serviceCIDRs.map((net) => familyOf(net.addr));
	const first = draft.ipFamilies.length > 0 ? draft.ipFamilies : cluster.slice(0, 1);
	return draft.dualStack ? [...new Set([...first, ...cluster])] : first;
}

interface AddressRequest {
	readonly family: IpFamily;
	readonly ranges: AllocationRanges;
	readonly taken: Set<string>;
}

function clusterIP(draft: ServiceDraft, { family, ranges, taken }: AddressRequest): IpAddr | undefined {
	const given = draft.clusterIPs.find((address) => familyOf(address) === family);
	if (given !== undefined) return given;
	const net = ranges.serviceCIDRs.find((candidate) => familyOf(candidate.addr) === family);
	const field = draft.source.get("spec").get("clusterIP");
	if (net === undefined) {
		return field.fail(
			"range-full",
			`an ${family === "ipv4" ? "IPv4" : "IPv6"} address is wanted, but the cluster has no service CIDR of that family`,
		);
	}
	const size = 2 ** Math.min((family === "ipv4" ? 32 : 128) - net.prefix, 20) - 2;
	// The API server leaves the first addresses to those who ask for one.
	const reserved = size <= 16 ? 0 : Math.min(Math.max(16, Math.floor(size / 16)), 256);
	const band = size - reserved;
	const start = fnv32a(`${namespacedName(draft)} ${family}`) % Math.max(band, 1);
	for (let k = 0; k < size; k += 1) {
		const offset = k < band ? reserved + 1 + ((start + k) % band) : k - band + 1;
		const address = addrPlus(net.addr, offset);
		if (taken.has(address) || ranges.avoid.some((other) => cidrContains(other, address))) continue;
		taken.add(address);
		return address;
	}
	return field.fail("range-full", `no free address is left in the service CIDR ${formatCidr(net)}`);
}

function withNodePort(draft: ServiceDraft, port: ServicePortDraft, range: PortRange, taken: Set<string>): ServicePort {
	const { source, wantsNodePort, ...rest } = port;
	if (!wantsNodePort || port.nodePort !== undefined) return rest;
	const seed = `${namespacedName(draft)}:${port.name}/${port.protocol}`;
	const nodePort = allocatePort(seed, port.protocol, range, taken);
	if (nodePort !== undefined) return { ...rest, nodePort };
	source.get("nodePort").fail("range-full", `no free node port is left in ${range.from}-${range.to}`);
	return rest;
}

function allocatePort(seed: string, protocol: string, range: PortRange, taken: Set<string>): number | undefined {
	const size = range.to - range.from + 1;
	const start = fnv32a(seed) % size;
	for (let k = 0; k < size; k += 1) {
		const port = range.from + ((start + k) % size);
		const key = `${port}/${protocol}`;
		if (taken.has(key)) continue;
		taken.add(key);
		return port;
	}
	return undefined;
}

function nodePortKey(port: ServicePortDraft, nodePort: number): string {
	return `${nodePort}/${port.protocol}`;
}
