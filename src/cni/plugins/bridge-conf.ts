/** Configuration of the bridge plugin. */
import type { MacAddr } from "../../wire/addr.ts";
import { parseMac } from "../../wire/addr.ts";
import { PLUGIN_ARGS, parseCniArgs } from "../cni-args.ts";
import type { JsonReader } from "../json-reader.ts";
import { readDns } from "../parse-result.ts";
import type { CniDns } from "../types.ts";
import { type ConfContext, type IpamConf, NO_CONTEXT, parseIpamConf } from "./ipam.ts";
import { refuseVlans } from "./vlan-conf.ts";

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
	/** Leave the container's device down; without IPAM only. */
	readonly disableContainerInterface: boolean;
	readonly mtu?: number;
	readonly mac?: MacAddr;
	readonly dns: CniDns;
	/** Absent: the plugin works on layer 2 only. */
	readonly ipam?: IpamConf;
}

/** `at` stands on the plugin's object; undefined when mistakes were reported. */
export function parseBridgeConf(at: JsonReader, context: ConfContext = NO_CONTEXT): BridgeConf | undefined {
	refuseUnmodelled(at);
	const isDefaultGateway = at.at("isDefaultGateway").boolean(false);
	const hairpinMode = at.at("hairpinMode").boolean(false);
	const promiscMode = at.at("promiscMode").boolean(false);
	if (hairpinMode && promiscMode)
		at.at("hairpinMode").fail("cannot set hairpin mode and promiscuous mode at the same time.");
	const mtu = at.at("mtu").integer(0, 65535) ?? 0;
	const mac = readMac(at, context);
	const ipam = parseIpamConf(at, context);
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
		disableContainerInterface: readDisabled(at, ipam !== undefined),
		dns: readDns(at.at("dns")),
		...(mtu === 0 ? {} : { mtu }),
		...(mac === undefined ? {} : { mac }),
		...(ipam === undefined ? {} : { ipam }),
	};
}

function readDisabled(at: JsonReader, withIpam: boolean): boolean {
	const isDisabled = at.at("disableContainerInterface").boolean(false);
	if (isDisabled && withIpam) at.at("ipam").fail("cannot use IPAM when DisableContainerInterface flag is set");
	return isDisabled;
}

function refuseUnmodelled(at: JsonReader): void {
	for (const key of ["macspoofchk", "enabledad"]) {
		if (at.at(key).boolean(false)) at.at(key).fail(`${key} is not modelled`);
	}
	refuseVlans(at);
	const backend = at.at("ipMasqBackend").string() ?? "iptables";
	if (backend !== "iptables" && backend !== "")
		at.at("ipMasqBackend").fail(`ipMasq backend ${backend} is not modelled (iptables is)`);
}

function readBridgeName(at: JsonReader): string {
	const name = at.at("bridge").string() ?? "cni0";
	if (name === "" || name.length > 15 || /[/:\s]/.test(name)) at.at("bridge").fail(`invalid device name: ${name}`);
	return name;
}

/** `runtimeConfig.mac` before `args.cni.mac`, and that before CNI_ARGS. */
function readMac(at: JsonReader, { args }: ConfContext): MacAddr | undefined {
	const given = parseCniArgs(args, PLUGIN_ARGS);
	if (!given.ok) return at.fail(given.error);
	const places = [at.at("runtimeConfig").at("mac"), at.at("args").at("cni").at("mac")];
	const own = at.replacedBy(given.value.get("MAC"));
	for (const place of [...places, own]) {
		const text = place.string();
		if (text === undefined || text === "") continue;
		const parsed = parseMac(text);
		return parsed.ok ? parsed.value : place.fail(`invalid MAC address: ${text}`);
	}
	return undefined;
}
