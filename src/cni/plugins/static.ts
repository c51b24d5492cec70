/** The static IPAM plugin: the addresses it is told, from the runtime, the configuration's arguments, or its own list. */
import { err, ok, type Result } from "../../base/result.ts";
import { type Cidr, cidrContains, type IpAddr, parseCidr, parseIp } from "../../wire/addr.ts";
import { PLUGIN_ARGS, parseCniArgs } from "../cni-args.ts";
import type { JsonReader } from "../json-reader.ts";
import { readDns, readRoute } from "../parse-result.ts";
import { tooManyAddresses } from "../result.ts";
import type { CniDns, CniIp, CniRoute } from "../types.ts";
import type { IpamResult } from "./host-local.ts";

export interface StaticConf {
	readonly type: "static";
	readonly addresses: readonly CniIp[];
	readonly routes: readonly CniRoute[];
	readonly dns: CniDns;
}

/** What stands outside the `ipam` object. */
export interface StaticContext {
	/** CNI_ARGS: `IP=CIDR,…;GATEWAY=ADDR,…`. */
	readonly args: string;
	readonly cniVersion: string;
}

/** `root` stands on the network's configuration; undefined when mistakes were reported. */
export function parseStaticConf(root: JsonReader, { args, cniVersion }: StaticContext): StaticConf | undefined {
	const at = root.at("ipam");
	if (!at.present) return root.fail("IPAM config missing 'ipam' key");
	const given = readArgs(args);
	if (!given.ok) return root.fail(given.error);
	const asked = askedAddresses(root);
	const addresses = asked ?? [...readAddresses(at.at("addresses")), ...given.value.addresses];
	const withGateways = asked === undefined ? setGateways(addresses, given.value.gateways) : addresses;
	const crowded = tooManyAddresses(
		cniVersion,
		withGateways.map(({ address }) => address.addr),
	);
	if (crowded !== undefined) return root.fail(crowded);
	const routes = at.at("routes").items().flatMap(readRoute);
	return { type: "static", addresses: withGateways, routes, dns: readDns(at.at("dns")) };
}

/** ADD. DEL and GC have nothing to do. */
export function staticAdd({ addresses, routes, dns }: StaticConf): IpamResult {
	return { ips: addresses, routes, dns };
}

/** CHECK: every configured address is in the result before. */
export function staticCheck({ addresses }: StaticConf, prev: readonly CniIp[]): Result<void, string> {
	for (const { address, gateway } of addresses) {
		const found = prev.find((entry) => entry.address.addr === address.addr && entry.address.prefix === address.prefix);
		if (found === undefined) return err(`static: Failed to find address ${address.addr} in prevResult`);
		if (gateway !== undefined && gateway !== found.gateway) {
			return err(`static: Failed to find gateway ${gateway} in prevResult`);
		}
	}
	return ok(undefined);
}

/** `runtimeConfig.ips` before `args.cni.ips`; they replace all others. */
function askedAddresses(root: JsonReader): readonly CniIp[] | undefined {
	for (const place of [root.at("runtimeConfig").at("ips"), root.at("args").at("cni").at("ips")]) {
		const items = place.items();
		if (items.length === 0) continue;
		return items.flatMap((item) => {
			const text = item.string() ?? "";
			const address = readCidr(text);
			if (address !== undefined) return [{ address }];
			item.fail(`an entry in the 'ips' field is NOT in CIDR notation, got: '${text}'`);
			return [];
		});
	}
	return undefined;
}

function readAddresses(at: JsonReader): readonly CniIp[] {
	return at.items().flatMap((item): readonly CniIp[] => {
		const text = item.at("address").string() ?? "";
		const address = readCidr(text);
		if (address === undefined) {
			item.at("address").fail(`the 'address' field is expected to be in CIDR notation, got: '${text}'`);
			return [];
		}
		const gateway = item.at("gateway").ip();
		return [gateway === undefined ? { address } : { address, gateway }];
	});
}

interface GivenByArgs {
	readonly addresses: readonly CniIp[];
	readonly gateways: readonly IpAddr[];
}

function readArgs(args: string): Result<GivenByArgs, string> {
	const parsed = parseCniArgs(args, PLUGIN_ARGS);
	if (!parsed.ok) return parsed;
	const addresses: CniIp[] = [];
	for (const text of items(parsed.value.get("IP"))) {
		const address = readCidr(text);
		if (address === undefined) return err(`the 'ip' field is expected to be in CIDR notation, got: '${text}'`);
		addresses.push({ address });
	}
	const gateways: IpAddr[] = [];
	for (const text of items(parsed.value.get("GATEWAY"))) {
		const gateway = parseIp(text);
		if (!gateway.ok) return err(`invalid gateway address: ${text}`);
		gateways.push(gateway.value);
	}
	return ok({ addresses, gateways });
}

function items(list: string | undefined): readonly string[] {
	return list === undefined || list === "" ? [] : list.split(",").map((item) => item.trim());
}

function setGateways(addresses: readonly CniIp[], gateways: readonly IpAddr[]): readonly CniIp[] {
	return addresses.map((entry) => {
		const gateway = gateways.findLast((one) => cidrContains(entry.address, one));
		return gateway === undefined ? entry : { ...entry, gateway };
	});
}

function readCidr(text: string): Cidr | undefined {
	const parsed = parseCidr(text);
	return parsed.ok && text.includes("/") ? parsed.value : undefined;
}
