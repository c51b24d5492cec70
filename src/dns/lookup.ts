/** A question about a cluster's zones → records, as CoreDNS's kubernetes plugin gives them. */
import { utf8Encode } from "../base/bytes.ts";
import { addrOfReverseName, type DnsQuestion, type DnsRecord } from "../wire/dns.ts";
import { primaryZone, zoneOf } from "./config.ts";
import { endpointLabel } from "./endpoint-name.ts";
import { type DnsView, type Found, type FoundHost, findHosts, isExposed, ownerOf } from "./find.ts";
import { defaultNameServer, nameServerAddresses } from "./name-servers.ts";
import { parseName } from "./parse-name.ts";
import { addressRecord, addressType, soaRecord, srvRecord, srvWeight } from "./records.ts";

export interface DnsLookup {
	readonly rcode: "NOERROR" | "NXDOMAIN";
	readonly answers: readonly DnsRecord[];
	readonly authorities: readonly DnsRecord[];
	readonly additionals: readonly DnsRecord[];
	/** The last alias leads out of the zones to this name, whose records are still to be found. */
	readonly pending?: string;
	/** The zone that was asked, in lower case. */
	readonly zone: string;
}

/** The version of the Kubernetes DNS specification, which `dns-version.ZONE` tells for so many seconds. */
const SPEC_VERSION = "1.1.0";
const SPEC_TTL = 28_800;
/** Aliases that one answer follows. */
const MAX_ALIASES = 8;

interface Asked {
	/** As it was asked, its case kept. */
	readonly name: string;
	readonly lower: string;
	readonly type: string;
	/** As it was written in the name. */
	readonly zone: string;
	readonly lowerZone: string;
}

interface Records {
	readonly answers: readonly DnsRecord[];
	readonly additionals?: readonly DnsRecord[];
	readonly pending?: string;
}

const NODATA: Records = { answers: [] };

/** Undefined: the name is in none of the zones. */
export function lookup(view: DnsView, { name, type }: DnsQuestion): DnsLookup | undefined {
	const asked = askedOf(view, name, type);
	if (asked === undefined) return undefined;
	const found = recordsOf(view, asked);
	const zone = asked.lowerZone;
	if (found === undefined || found.answers.length === 0) {
		const authorities = [soaRecord(view, asked.zone)];
		return { zone, rcode: found === undefined ? "NXDOMAIN" : "NOERROR", answers: [], authorities, additionals: [] };
	}
	const { answers, additionals = [], pending } = found;
	const records = { zone, rcode: "NOERROR", answers, authorities: [], additionals } as const;
	return pending === undefined ? records : { ...records, pending };
}

function askedOf({ config }: DnsView, name: string, type: string): Asked | undefined {
	const lower = name.toLowerCase();
	const lowerZone = zoneOf(lower, config.zones);
	if (lowerZone === undefined) return undefined;
	return { name, lower, type, zone: name.slice(name.length - lowerZone.length), lowerZone };
}

/** Undefined: there is no such name. */
function recordsOf(view: DnsView, asked: Asked): Records | undefined {
	switch (asked.type) {
		case "A":
		case "AAAA":
			return addresses(view, asked, []);
		case "SRV":
			return services(view, asked);
		case "PTR":
			return pointers(view, asked);
		case "TXT":
			return texts(view, asked);
		case "CNAME":
			return aliases(view, asked);
		case "SOA":
			return { answers: [soaRecord(view, asked.zone)] };
		case "NS":
			if (asked.lower === asked.lowerZone) return nameServers(view, asked);
	}
	// Of every other type: only whether the name is there.
	return hostsOf(view, asked) === undefined ? undefined : NODATA;
}

function hostsOf(view: DnsView, asked: Asked): Found {
	const { lower, lowerZone, zone, type } = asked;
	if (lower === defaultNameServer(lowerZone)) {
		return nameServerAddresses(view, zone).flatMap(({ value }): readonly FoundHost[] => {
			const wanted = (value.type === "A" || value.type === "AAAA") && value.type === type;
			return wanted ? [{ kind: "addr", addr: value.addr, owner: "ns.dns" }] : [];
		});
	}
	const request = parseName(lower, lowerZone, view.config);
	return request.ok ? findHosts(view, request.value) : undefined;
}

function addresses(view: DnsView, asked: Asked, before: readonly DnsRecord[]): Records | undefined {
	const hosts = hostsOf(view, asked);
	if (hosts === undefined) return undefined;
	const seen = new Set<string>();
	const answers: DnsRecord[] = [];
	for (const host of hosts) {
		if (host.kind === "name") return followed(view, asked, { target: host.target, before });
		if (addressType(host.addr) !== asked.type || seen.has(host.addr)) continue;
		seen.add(host.addr);
		answers.push(addressRecord(asked.name, view.config.ttlSeconds, host.addr));
	}
	return { answers };
}

/** An alias and what it leads to; one that leads back, or nowhere, is not told. */
function followed(
	view: DnsView,
	asked: Asked,
	{ target, before }: { readonly target: string; readonly before: readonly DnsRecord[] },
): Records {
	const lower = target.toLowerCase();
	const known = before.some(({ name }) => name.toLowerCase() === lower);
	if (lower === asked.lower || known || before.length >= MAX_ALIASES) return NODATA;
	const alias = aliasRecord(view, asked, target);
	const next = askedOf(view, target, asked.type);
	if (next === undefined) return { answers: [alias], pending: target };
	const led = addresses(view, next, [...before, alias]);
	if (led === undefined || led.answers.length === 0) return NODATA;
	return { ...led, answers: [alias, ...led.answers] };
}

function aliasRecord({ config }: DnsView, { name }: Asked, target: string): DnsRecord {
	return { name, ttl: config.ttlSeconds, value: { type: "CNAME", target } };
}

function aliases(view: DnsView, asked: Asked): Records | undefined {
	const hosts = hostsOf(view, asked);
	if (hosts === undefined) return undefined;
	const [first] = hosts;
	return first?.kind === "name" ? { answers: [aliasRecord(view, asked, first.target)] } : NODATA;
}

/** ExternalName Services have no SRV records. */
function services(view: DnsView, asked: Asked): Records | undefined {
	const hosts = hostsOf(view, asked)?.filter((host) => host.kind === "addr");
	if (hosts === undefined) return undefined;
	const { ttlSeconds } = view.config;
	const weight = srvWeight(hosts.length);
	const answers = new Map<string, DnsRecord>();
	const additionals = new Map<string, DnsRecord>();
	for (const { addr, port, owner } of hosts) {
		if (port === undefined) continue;
		const target = `${owner}.${asked.zone}`;
		const key = `${target} ${port}`;
		if (!answers.has(key)) answers.set(key, srvRecord(asked.name, ttlSeconds, { weight, port, target }));
		additionals.set(`${target} ${addr}`, addressRecord(target, ttlSeconds, addr));
	}
	return { answers: [...answers.values()], additionals: [...additionals.values()] };
}

function pointers(view: DnsView, asked: Asked): Records | undefined {
	const { index, config } = view;
	const addr = addrOfReverseName(asked.lower);
	if (addr === undefined) return hostsOf(view, asked) === undefined ? undefined : NODATA;
	const visible = ({ namespace }: { readonly namespace: string }): boolean =>
		config.namespaces.length === 0 || isExposed(view, namespace);
	const zone = primaryZone(config);
	const service = index.serviceOfClusterIP(addr);
	const targets =
		service !== undefined && visible(service)
			? [`${ownerOf(service)}.${zone}`]
			: index
					.endpointsOfAddr(addr)
					.filter((endpoint) => config.endpoints && visible(endpoint))
					.map((endpoint) => `${endpointLabel(endpoint, config)}.${endpoint.service}.svc.${zone}`);
	if (targets.length === 0) return undefined;
	const answers = [...new Set(targets)].map(
		(target): DnsRecord => ({ name: asked.name, ttl: config.ttlSeconds, value: { type: "PTR", target } }),
	);
	return { answers };
}

function texts(view: DnsView, asked: Asked): Records | undefined {
	const { name, lower, lowerZone } = asked;
	if (lower === `dns-version.${lowerZone}`) {
		return { answers: [{ name, ttl: SPEC_TTL, value: { type: "TXT", strings: [utf8Encode(SPEC_VERSION)] } }] };
	}
	return hostsOf(view, asked) === undefined ? undefined : NODATA;
}

function nameServers(view: DnsView, { name, zone }: Asked): Records {
	const found = nameServerAddresses(view, zone);
	const ttl = view.config.ttlSeconds;
	const targets = [...new Set(found.map((record) => record.name))];
	return {
		answers: targets.map((target): DnsRecord => ({ name, ttl, value: { type: "NS", target } })),
		additionals: found.map((record) => ({ ...record, ttl })),
	};
}
