/** A whole zone (AXFR, RFC 5936), for those who may have it. */
import type { Service } from "../kube/snapshot.ts";
import type { IpAddr } from "../wire/addr.ts";
import type { DnsRecord } from "../wire/dns.ts";
import { type ClusterDnsConfig, isReverseZone } from "./config.ts";
import { endpointLabel } from "./endpoint-name.ts";
import { type DnsView, isExposed, ownerOf } from "./find.ts";
import { nameServerAddresses } from "./name-servers.ts";
import { addressRecord, soaRecord, srvRecord, srvWeight } from "./records.ts";

export function mayTransfer({ transferTo }: ClusterDnsConfig, client: IpAddr): boolean {
	return transferTo.includes("*") || transferTo.includes(client);
}

/**
 * The zone's records between two copies of its SOA record; one copy alone when the asker's serial number is the zone's
 * (IXFR). Undefined: it is no zone that can be transferred, which reverse zones are not.
 */
export function transferZone(view: DnsView, zone: string, haveSerial?: number): readonly DnsRecord[] | undefined {
	if (!view.config.zones.includes(zone) || isReverseZone(zone)) return undefined;
	const soa = soaRecord(view, zone);
	if (haveSerial === view.index.serial) return [soa];
	const addresses = nameServerAddresses(view, zone);
	const ttl = view.config.ttlSeconds;
	const servers = [...new Set(addresses.map(({ name }) => name))].map(
		(target): DnsRecord => ({ name: zone, ttl, value: { type: "NS", target } }),
	);
	const services = [...view.index.services].filter(({ namespace }) => isExposed(view, namespace));
	const sorted = services.sort((a, b) => (`${a.name}.${a.namespace}` < `${b.name}.${b.namespace}` ? -1 : 1));
	return [soa, ...servers, ...addresses, ...sorted.flatMap((service) => serviceRecords(view, zone, service)), soa];
}

function serviceRecords(view: DnsView, zone: string, service: Service): readonly DnsRecord[] {
	const ttl = view.config.ttlSeconds;
	const name = `${ownerOf(service)}.${zone}`;
	if (service.type === "ExternalName") {
		const { externalName: target } = service;
		return target === undefined ? [] : [{ name, ttl, value: { type: "CNAME", target } }];
	}
	if (service.headless) return headlessRecords(view, name, service);
	const srv = (owner: string, port: number): DnsRecord => srvRecord(owner, ttl, { weight: 100, port, target: name });
	return [
		...service.clusterIPs.map((addr) => addressRecord(name, ttl, addr)),
		...service.ports.flatMap(({ name: portName, protocol, port }) =>
			portName === "" ? [srv(name, port)] : [srv(name, port), srv(portOwner(portName, protocol, name), port)],
		),
	];
}

function headlessRecords({ index, config }: DnsView, name: string, service: Service): readonly DnsRecord[] {
	const ttl = config.ttlSeconds;
	const endpoints = config.endpoints ? index.endpoints(`${service.name}.${service.namespace}`) : [];
	const weight = srvWeight(endpoints.length);
	const records = endpoints.flatMap((endpoint) => {
		const target = `${endpointLabel(endpoint, config)}.${name}`;
		return [
			addressRecord(name, ttl, endpoint.addr),
			addressRecord(target, ttl, endpoint.addr),
			...endpoint.ports.flatMap(({ name: portName, protocol, port }) =>
				portName === "" ? [] : [srvRecord(portOwner(portName, protocol, name), ttl, { weight, port, target })],
			),
		];
	});
	// Two endpoints of one hostname have one SRV record, and an endpoint in two slices one address.
	return [...new Map(records.map((record) => [JSON.stringify([record.name, record.value]), record])).values()];
}

function portOwner(port: string, protocol: string, name: string): string {
	return `_${port}._${protocol.toLowerCase()}.${name}`;
}
