/** The IPAM plugins as the plugins that call them see them: one configuration, one result. */
import { type IpAddr, parseIp } from "../../wire/addr.ts";
import { PLUGIN_ARGS, parseCniArgs } from "../cni-args.ts";
import type { JsonReader } from "../json-reader.ts";
import { tooManyAddresses } from "../result.ts";
import type { HostLocalConf } from "./host-local.ts";
import { parseHostLocalConf } from "./host-local-conf.ts";
import { parseStaticConf, type StaticConf } from "./static.ts";

export type IpamConf = HostLocalConf | StaticConf;

/** What a configuration is read with, besides its text. */
export interface ConfContext {
	/** CNI_ARGS. */
	readonly args: string;
	readonly cniVersion: string;
}

export const NO_CONTEXT: ConfContext = { args: "", cniVersion: "1.1.0" };

/** `root` stands on the calling plugin's object; undefined: there is no `ipam`, or mistakes were reported. */
export function parseIpamConf(root: JsonReader, context: ConfContext): IpamConf | undefined {
	const ipam = root.at("ipam");
	if (!ipam.object()) return undefined;
	const type = ipam.at("type").string() ?? "";
	switch (type) {
		case "":
			return undefined;
		case "host-local":
			return parseHostLocal(root, context);
		case "static":
			return parseStaticConf(root, context);
		default:
			return ipam.at("type").fail(`IPAM plugin ${type} is not modelled (host-local and static are)`);
	}
}

/** host-local called by whatever plugin; the address of CNI_ARGS comes first, then `args.cni.ips`, then `runtimeConfig.ips`. */
export function parseHostLocal(root: JsonReader, { args, cniVersion }: ConfContext): HostLocalConf | undefined {
	const ipam = root.at("ipam");
	if (!ipam.present) return root.fail("IPAM config missing 'ipam' key");
	const ips: IpAddr[] = [];
	const given = parseCniArgs(args, PLUGIN_ARGS);
	if (!given.ok) return root.fail(given.error);
	const asked = given.value.get("IP") ?? "";
	if (asked !== "") {
		const addr = parseIp(asked);
		if (!addr.ok) return root.fail(`ARGS: error parsing value of pair "IP=${asked}": invalid IP address: ${asked}`);
		ips.push(addr.value);
	}
	for (const place of [root.at("args").at("cni").at("ips"), root.at("runtimeConfig").at("ips")]) {
		for (const item of place.items()) {
			const addr = item.string()?.includes("/") === true ? item.cidr()?.addr : item.ip();
			if (addr !== undefined) ips.push(addr);
		}
	}
	const conf = parseHostLocalConf(ipam, { ips, runtimeRanges: root.at("runtimeConfig").at("ipRanges") });
	const firsts = conf?.ranges.flatMap((set) => set[0]?.subnet.addr ?? []) ?? [];
	const crowded = tooManyAddresses(cniVersion, firsts);
	return crowded === undefined ? conf : root.fail(crowded);
}
