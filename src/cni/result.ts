/** Results as JSON in every version of the specification: 0.1.0 and 0.2.0, 0.3.0 to 0.4.0, 1.0.0 and 1.1.0. */
import { err, ok, type Result } from "../base/result.ts";
import { familyOf, formatCidr, type IpAddr, type IpFamily } from "../wire/addr.ts";
import type { CniDns, CniInterface, CniIp, CniResult, CniRoute } from "./types.ts";

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Which shape a version's result has; undefined: no version of the specification. */
export function resultShape(version: string): readonly string[] | undefined {
	return RESULT_SHAPES.find((versions) => versions.includes(version));
}

const RESULT_SHAPES: readonly (readonly string[])[] = [
	["0.1.0", "0.2.0"],
	["0.3.0", "0.3.1", "0.4.0"],
	["1.0.0", "1.1.0"],
];

/** The result as a version prints it; an old version cannot express every result. */
export function formatResult(result: CniResult, version: string): Result<JsonObject, string> {
	const shape = resultShape(version);
	if (shape === undefined) return err(`unsupported CNI result version "${version}"`);
	if (shape.includes("0.2.0")) return formatOldest(result, version);
	const isOld = shape.includes("0.4.0");
	const dns = formatDns(result.dns);
	return ok({
		cniVersion: version,
		...list("interfaces", result.interfaces.map(formatInterface)),
		...list(
			"ips",
			result.ips.map((entry) => formatIp(entry, isOld)),
		),
		...list("routes", result.routes.map(formatRoute)),
		...(isOld || Object.keys(dns).length > 0 ? { dns } : {}),
	});
}

/** What is wrong with more than one address of a family in 0.1.0 and 0.2.0; undefined: nothing. */
export function tooManyAddresses(version: string, addrs: readonly IpAddr[]): string | undefined {
	const families = new Set(addrs.map(familyOf));
	if (families.size === addrs.length || resultShape(version)?.includes("0.2.0") !== true) return undefined;
	return `CNI version ${version} does not support more than 1 address per family`;
}

/** One address per family, and the routes of that family with it. */
function formatOldest(result: CniResult, version: string): Result<JsonObject, string> {
	const ip4 = formatOldestIp(result, "ipv4");
	const ip6 = formatOldestIp(result, "ipv6");
	if (ip4 === undefined && ip6 === undefined) return err("cannot convert: no valid IP addresses");
	return ok({
		cniVersion: version,
		...(ip4 === undefined ? {} : { ip4 }),
		...(ip6 === undefined ? {} : { ip6 }),
		dns: formatDns(result.dns),
	});
}

function formatOldestIp(result: CniResult, family: IpFamily): JsonObject | undefined {
	const first = result.ips.find(({ address }) => familyOf(address.addr) === family);
	if (first === undefined) return undefined;
	const routes = result.routes.filter(({ dst }) => familyOf(dst.addr) === family);
	return {
		ip: formatCidr(first.address),
		...(first.gateway === undefined ? {} : { gateway: first.gateway }),
		...list("routes", routes.map(formatRoute)),
	};
}

function formatInterface(entry: CniInterface): JsonObject {
	return {
		name: entry.name,
		...text("mac", entry.mac),
		...(entry.mtu === undefined ? {} : { mtu: entry.mtu }),
		...text("sandbox", entry.sandbox),
		...text("socketPath", entry.socketPath),
		...text("pciID", entry.pciID),
	};
}

function formatIp(entry: CniIp, withVersion: boolean): JsonObject {
	return {
		...(withVersion ? { version: familyOf(entry.address.addr) === "ipv4" ? "4" : "6" } : {}),
		...(entry.interface === undefined ? {} : { interface: entry.interface }),
		address: formatCidr(entry.address),
		...text("gateway", entry.gateway),
	};
}

function formatRoute({ dst, ...more }: CniRoute): JsonObject {
	return { dst: formatCidr(dst), ...more };
}

function formatDns(dns: CniDns): JsonObject {
	return {
		...list("nameservers", dns.nameservers ?? []),
		...text("domain", dns.domain),
		...list("search", dns.search ?? []),
		...list("options", dns.options ?? []),
	};
}

function list(key: string, items: readonly unknown[]): JsonObject {
	return items.length === 0 ? {} : { [key]: items };
}

function text(key: string, value: string | undefined): JsonObject {
	return value === undefined || value === "" ? {} : { [key]: value };
}
