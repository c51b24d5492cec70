/** Reads a result of any version of the specification: what a plugin printed, or `prevResult`. */
import { type Cidr, familyOf, type IpFamily, parseMac } from "../wire/addr.ts";
import type { JsonReader } from "./json-reader.ts";
import { resultShape } from "./result.ts";
import type { CniDns, CniInterface, CniIp, CniResult, CniRoute } from "./types.ts";
import { versionOf } from "./versions.ts";

/** `version` is the configuration's; undefined when mistakes were reported. */
export function parseResult(at: JsonReader, version: string): CniResult | undefined {
	if (!at.requireObject()) return undefined;
	const shape = resultShape(versionOf(version));
	if (shape === undefined) return at.fail(`unsupported CNI result version "${version}"`);
	const own = at.at("cniVersion").string() ?? "";
	if (own !== "" && !shape.includes(own)) {
		return at.fail(`result type supports [${shape.join(" ")}] but unmarshalled CNIVersion is "${own}"`);
	}
	if (shape.includes("0.2.0")) return readOldest(at);
	return {
		cniVersion: "1.1.0",
		interfaces: at.at("interfaces").items().flatMap(readInterface),
		ips: at.at("ips").items().flatMap(readIp),
		routes: at.at("routes").items().flatMap(readRoute),
		dns: readDns(at.at("dns")),
	};
}

function readOldest(at: JsonReader): CniResult {
	const sides = (["ip4", "ip6"] as const).map((key) => readOldestIp(at.at(key), key === "ip4" ? "ipv4" : "ipv6"));
	return {
		cniVersion: "1.1.0",
		interfaces: [],
		ips: sides.flatMap((side) => side.ips),
		routes: sides.flatMap((side) => side.routes),
		dns: readDns(at.at("dns")),
	};
}

function readOldestIp(at: JsonReader, family: IpFamily): Pick<CniResult, "ips" | "routes"> {
	if (!at.object()) return { ips: [], routes: [] };
	const address = at.at("ip").cidr();
	if (address === undefined) at.at("ip").fail("missing IP address");
	else if (familyOf(address.addr) !== family) at.at("ip").fail("invalid IP address family");
	const gateway = at.at("gateway").ip();
	return {
		ips: address === undefined ? [] : [{ address, ...(gateway === undefined ? {} : { gateway }) }],
		routes: at.at("routes").items().flatMap(readRoute),
	};
}

function readInterface(at: JsonReader): readonly CniInterface[] {
	if (!at.requireObject()) return [];
	const macText = at.at("mac").string() ?? "";
	const mac = macText === "" ? undefined : parseMac(macText);
	if (mac?.ok === false) at.at("mac").fail(`invalid MAC address: ${macText}`);
	const mtu = at.at("mtu").integer(0, 0xffffffff) ?? 0;
	const texts = (["sandbox", "socketPath", "pciID"] as const).flatMap((key) => {
		const value = at.at(key).string() ?? "";
		return value === "" ? [] : [[key, value] as const];
	});
	return [
		{
			name: at.at("name").string() ?? "",
			...(mac?.ok === true ? { mac: mac.value } : {}),
			...(mtu === 0 ? {} : { mtu }),
			...Object.fromEntries(texts),
		},
	];
}

function readIp(at: JsonReader): readonly CniIp[] {
	if (!at.requireObject()) return [];
	const address = at.at("address").cidr();
	if (address === undefined) {
		if (!at.at("address").present) at.at("address").fail("missing IP address");
		return [];
	}
	const gateway = at.at("gateway").string() === "" ? undefined : at.at("gateway").ip();
	const index = at.at("interface").integer(-1, 0xffff);
	return [
		{
			address,
			...(gateway === undefined ? {} : { gateway }),
			...(index === undefined ? {} : { interface: index }),
		},
	];
}

/** A route of a result or of an IPAM configuration; its destination as it stands there, with host bits. */
export function readRoute(at: JsonReader): readonly CniRoute[] {
	if (!at.requireObject()) return [];
	if (!at.at("dst").present) {
		at.at("dst").fail("missing dst");
		return [];
	}
	const dst: Cidr | undefined = at.at("dst").cidr();
	if (dst === undefined) return [];
	const gw = at.at("gw").ip();
	const numbers = (["mtu", "advmss", "priority", "table", "scope"] as const).flatMap((key) => {
		const value = at.at(key).integer(0, 0xffffffff);
		return value === undefined ? [] : [[key, value] as const];
	});
	const scope = at.at("scope").integer(0, 255);
	if (scope !== undefined && ![0, 200, 253, 254, 255].includes(scope)) at.at("scope").fail(`unknown scope ${scope}`);
	return [{ dst, ...(gw === undefined ? {} : { gw }), ...Object.fromEntries(numbers) }];
}

/** `dns` of a result or of a configuration. */
export function readDns(at: JsonReader): CniDns {
	const domain = at.at("domain").string();
	const lists = (["nameservers", "search", "options"] as const).flatMap((key) => {
		const values = at.at(key).strings();
		return values.length === 0 ? [] : [[key, values] as const];
	});
	return { ...(domain === undefined || domain === "" ? {} : { domain }), ...Object.fromEntries(lists) };
}
