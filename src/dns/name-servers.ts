/** Under which names and addresses the cluster's name server itself is known: NS records and their addresses. */
import type { DnsRecord } from "../wire/dns.ts";
import { endpointLabel } from "./endpoint-name.ts";
import { type DnsView, ownerOf } from "./find.ts";
import { addressRecord } from "./records.ts";

/** The Services in front of the server's own addresses; without any `ns.dns.ZONE` with the addresses themselves. */
export function nameServerAddresses({ index, config }: DnsView, zone: string): readonly DnsRecord[] {
	const found = index.localIPs.flatMap((own) =>
		index.endpointsOfAddr(own).flatMap((endpoint): readonly DnsRecord[] => {
			const [name = "", namespace = ""] = endpoint.service.split(".");
			const service = index.service(name, namespace);
			if (service === undefined) return [];
			const owner = `${ownerOf(service)}.${zone}`;
			if (!service.headless) return service.clusterIPs.slice(0, 1).map((addr) => addressRecord(owner, 0, addr));
			return index
				.endpoints(endpoint.service)
				.map((each) => addressRecord(`${endpointLabel(each, config)}.${owner}`, 0, each.addr));
		}),
	);
	if (found.length > 0) return found;
	return index.localIPs.map((addr) => addressRecord(defaultNameServer(zone), 0, addr));
}

export function defaultNameServer(zone: string): string {
	return `ns.dns.${zone}`;
}
