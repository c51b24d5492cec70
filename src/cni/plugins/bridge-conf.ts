/** Configuration of the bridge plugin. */
import type { IpAddr, MacAddr } from "../../wire/addr.ts";
import { parseMac } from "../../wire/addr.ts";
import type { JsonReader } from "../json-reader.ts";
import { readDns } from "../parse-result.ts";
import type { CniDns } from "../types.ts";
import type { HostLocalConf } from "./host-local.ts";
import { parseHostLocalConf } from "./host-local-conf.ts";

export interface BridgeConf {
	readonly type: "bridge";
	/** Name of the bridge device, default `cni0`. */
	readonly bridge: string;
	/** Put the gateway address on the bridge and turn forwarding on. */
	readonly isGateway: boolean;
	/** Also add a default route by the gateway to the result. */
	readonly isDefaultGateway: boolean;
	/** Replace a different address of the bridge instead of failing. */
	readonly forceAddress: boolean;
	readonly ipMasq: boolean;
	readonly hairpinMode: boolean;
	readonly promiscMode: boolean;
	readonly portIsolation: boolean;
	readonly mtu?: number;
	readonly mac?: MacAddr;
	readonly dns: CniDns;
	/** Absent: the plugin works on layer 2 only. */
	readonly ipam?: HostLocalConf;
}

/** `at` stands on the plugin's object; undefined when mistakes were reported. */
export function parseBridgeConf(at: JsonReader): BridgeConf | undefined {
	refuseUnmodelled(at);
	const isDefaultGateway = at.at("isDefaultGateway").boolean(false);
	const hairpinMode = at.at("hairpinMode").boolean(false);
	const promiscMode = at.at("promiscMode").boolean(false);
	if (hairpinMode && promiscMode)
		at.at("hairpinMode").fail("cannot set hairpin mode and promiscuous mode at the same time.");
	const mtu = at.at("mtu").integer(0, 65535) ?? 0;
	const mac = readMac(at);
	const ipam = readIpam(at);
	return {
		type: "bridge",
		bridge: readBridgeName(at),
		isGateway: at.at("isGateway").boolean(false) || isDefaultGateway,
		isDefaultGateway,
		forceAddress: at.at("forceAddress").boolean(false),
		ipMasq: at.at("ipMasq").boolean(false),
		hairpinMode,
		promiscMode,
		portIsolation: at.at("portIsolation").boolean(false),
		dns: readDns(at.at("dns")),
		...(mtu === 0 ? {} : { mtu }),
		...(mac === undefined ? {} : { mac }),
		...(ipam === undefined ? {} : { ipam }),
	};
}

function refuseUnmodelled(at: JsonReader): void {
	for (const key of ["macspoofchk", "enabledad", "disableContainerInterface"]) {
		if (at.at(key).boolean(false)) at.at(key).fail(`${key} is not modelled`);
	}
	if ((at.at("vlan").integer(0, 4094) ?? 0) !== 0) at.at("vlan").fail("VLAN filtering is not modelled");
	if (at.at("vlanTrunk").items().length > 0) at.at("vlanTrunk").fail("VLAN filtering is not modelled");
	const backend = at.at("ipMasqBackend").string() ?? "iptables";
	if (backend !== "iptables" && backend !== "")
		at.at("ipMasqBackend").fail(`ipMasq backend ${backend} is not modelled (iptables is)`);
}

function readBridgeName(at: JsonReader): string {
	const name = at.at("bridge").string() ?? "cni0";
	if (name === "" || name.length > 15 || /[/:\s]/.test(name)) at.at("bridge").fail(`invalid device name: ${name}`);
	return name;
}

/** `runtimeConfig.mac` before `args.cni.mac`. */
function readMac(at: JsonReader): MacAddr | undefined {
	for (const place of [at.at("runtimeConfig").at("mac"), at.at("args").at("cni").at("mac")]) {
		const text = place.string();
		if (text === undefined || text === "") continue;
		const parsed = parseMac(text);
		return parsed.ok ? parsed.value : place.fail(`invalid MAC address: ${text}`);
	}
	return undefined;
}

function readIpam(at: JsonReader): HostLocalConf | undefined {
	const ipam = at.at("ipam");
	if (!ipam.object()) return undefined;
	const type = ipam.at("type").string() ?? "";
	if (type === "") return undefined;
	if (type !== "host-local") return ipam.at("type").fail(`IPAM plugin ${type} is not modelled (host-local is)`);
	const ips: IpAddr[] = [];
	for (const place of [at.at("args").at("cni").at("ips"), at.at("runtimeConfig").at("ips")]) {
		for (const item of place.items()) {
			const addr = item.string()?.includes("/") === true ? item.cidr()?.addr : item.ip();
			if (addr !== undefined) ips.push(addr);
		}
	}
	return parseHostLocalConf(ipam, { ips, runtimeRanges: at.at("runtimeConfig").at("ipRanges") });
}
