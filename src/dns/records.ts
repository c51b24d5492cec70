/** The records that a cluster's zones are made of. */
import { familyOf, type IpAddr } from "../wire/addr.ts";
import type { DnsRecord } from "../wire/dns.ts";
import type { DnsView } from "./find.ts";

/** A longer time to live is not given to SOA records, and so not to negative answers. */
const MAX_SOA_TTL = 300;
const SOA_NUMBERS = { refresh: 7200, retry: 1800, expire: 86_400 };

export function addressRecord(name: string, ttl: number, addr: IpAddr): DnsRecord {
	return { name, ttl, value: { type: addressType(addr), addr } };
}

export function addressType(addr: IpAddr): "A" | "AAAA" {
	return familyOf(addr) === "ipv4" ? "A" : "AAAA";
}

export function soaRecord({ index, config }: DnsView, zone: string): DnsRecord {
	const names = { mname: `ns.dns.${zone}`, rname: `hostmaster.${zone}` };
	const minimum = config.ttlSeconds;
	const value = { type: "SOA", ...names, serial: index.serial, ...SOA_NUMBERS, minimum } as const;
	return { name: zone, ttl: Math.min(minimum, MAX_SOA_TTL), value };
}

export function srvRecord(
	name: string,
	ttl: number,
	{ weight, port, target }: { readonly weight: number; readonly port: number; readonly target: string },
): DnsRecord {
	return { name, ttl, value: { type: "SRV", priority: 0, weight, port, target } };
}

/** Hosts of one priority share a hundred; nobody gets nothing. */
export function srvWeight(hosts: number): number {
	return Math.max(1, Math.floor((100 * 100) / (100 * Math.max(hosts, 1))));
}
