/** bridge and ptp: plugins that make a pair of devices and ask an IPAM plugin for addresses. */
import { err, ok, type Result } from "../../base/result.ts";
import type { JsonReader } from "../json-reader.ts";
import type { PluginCall } from "../plugin-main.ts";
import { type BridgeHost, bridgeAdd, bridgeDel, bridgeEnsure, vethName, withMacs } from "../plugins/bridge.ts";
import { type BridgeConf, parseBridgeConf } from "../plugins/bridge-conf.ts";
import type { IpamResult } from "../plugins/host-local.ts";
import { ptpAdd, ptpDel } from "../plugins/ptp.ts";
import { type PtpConf, parsePtpConf } from "../plugins/ptp-conf.ts";
import type { JsonObject } from "../result.ts";
import { type CniError, type CniResult, type CniRuntime, type Plan, pluginError } from "../types.ts";
import { checkAttachment } from "./check-attachment.ts";
import { staleMasquerading } from "./gc-chains.ts";
import {
	applyParts,
	type CniPlugin,
	dumped,
	linksOf,
	nothingToPrint,
	type PluginHost,
	printResult,
	readConf,
	runtimeOf,
} from "./host.ts";
import { ipamAdd, ipamCheck, ipamDel, ipamGc, ipamStatus, readValidAttachments } from "./ipam.ts";

export const BRIDGE: CniPlugin = pluginOf((root, call) => parseBridgeConf(root, call));
export const PTP: CniPlugin = pluginOf((root, call) => parsePtpConf(root, call));

type VethConf = BridgeConf | PtpConf;

type ReadVethConf = (root: JsonReader, call: PluginCall) => VethConf | undefined;

function pluginOf(read: ReadVethConf): CniPlugin {
	const confOf = (call: PluginCall): Result<VethConf, CniError> => readConf(call, (root) => read(root, call));
	return {
		add: async (host, call) => {
			const conf = confOf(call);
			return conf.ok ? add(host, call, conf.value) : conf;
		},
		del: async (host, call) => {
			const conf = confOf(call);
			return conf.ok ? del(host, call, conf.value) : conf;
		},
		check: async (host, call) => {
			const conf = confOf(call);
			if (!conf.ok) return conf;
			const { ipam } = conf.value;
			const own = nothingToPrint(ipam === undefined ? ok(undefined) : await ipamCheck(host, call, ipam));
			return own.ok ? checkAttachment(host, call, conf.value) : own;
		},
		status: async (host, call) => {
			const conf = confOf(call);
			if (!conf.ok) return conf;
			const { ipam } = conf.value;
			return nothingToPrint(ipam === undefined ? ok(undefined) : await ipamStatus(host, call, ipam));
		},
		gc: async (host, call) => {
			const conf = confOf(call);
			return conf.ok ? gc(host, call, conf.value) : conf;
		},
	};
}

async function add(host: PluginHost, call: PluginCall, conf: VethConf): Promise<Result<JsonObject, CniError>> {
	const runtime = runtimeOf(host, call);
	if (!runtime.ok) return runtime;
	if (conf.type === "ptp" && conf.ipam === undefined) return err(pluginError("ptp needs an IPAM plugin"));
	const ipam = conf.ipam === undefined ? ok(undefined) : await ipamAdd(host, call, conf.ipam);
	if (!ipam.ok) return ipam;
	const made = await attach(host, call, { conf, runtime: runtime.value, ipam: ipam.value });
	if (made.ok || conf.ipam === undefined) return made;
	const released = await ipamDel(host, call, conf.ipam);
	return released.ok ? made : released;
}

interface Attachment {
	readonly conf: VethConf;
	readonly runtime: CniRuntime;
	readonly ipam: IpamResult | undefined;
}

async function attach(
	host: PluginHost,
	call: PluginCall,
	attachment: Attachment,
): Promise<Result<JsonObject, CniError>> {
	const { runtime } = attachment;
	const before = await hostState(host);
	if (!before.ok) return before;
	const planned = await plan(host, call, { ...attachment, state: before.value });
	if (!planned.ok) return planned;
	const applied = await applyParts(host, planned.value.plan);
	if (!applied.ok) return applied;
	const node = await dumped(host, runtime.hostNetns, ["link"]);
	if (!node.ok) return node;
	const container = await dumped(host, runtime.netns, ["link"]);
	if (!container.ok) return container;
	const links = { host: linksOf(node.value), container: linksOf(container.value) };
	return printResult(call, runtime, withMacs(planned.value.result, links));
}

async function plan(
	host: PluginHost,
	call: PluginCall,
	{ conf, runtime, ipam, state }: Attachment & { readonly state: BridgeHost },
): Promise<Result<{ readonly plan: Plan; readonly result: CniResult }, CniError>> {
	const { network } = call;
	const hostDevice = newName(host, state);
	if (conf.type === "ptp") {
		if (ipam === undefined) return err(pluginError("IPAM plugin returned missing IP config"));
		return ptpAdd({ network, conf, runtime, ipam, hostDevice, ipv6: state.ipv6 });
	}
	const bridge = bridgeEnsure(conf, runtime.hostNetns, state);
	if (!bridge.ok) return bridge;
	const made = await applyParts(host, bridge.value);
	if (!made.ok) return made;
	const now = await hostState(host);
	if (!now.ok) return now;
	return bridgeAdd({ network, conf, runtime, hostDevice, ...(ipam === undefined ? {} : { ipam }) }, now.value);
}

async function del(host: PluginHost, call: PluginCall, conf: VethConf): Promise<Result<undefined, CniError>> {
	if (conf.ipam !== undefined) {
		const released = await ipamDel(host, call, conf.ipam);
		if (!released.ok) return released;
	}
	const runtime = runtimeOf(host, call);
	// The container's namespace is gone, and with it the devices.
	if (!runtime.ok) return ok(undefined);
	const seen = await dumped(host, runtime.value.netns, ["link", "addr"]);
	if (!seen.ok) return seen;
	const present = linksOf(seen.value).some(({ name }) => name === call.ifName);
	const addresses = seen.value.flatMap((object) =>
		object.kind === "addr" && object.dev === call.ifName && object.scope !== "link" ? [object.addr] : [],
	);
	const removal = { network: call.network, runtime: runtime.value, addresses, present };
	const parts = conf.type === "ptp" ? ptpDel({ ...removal, conf }) : bridgeDel({ ...removal, conf });
	const applied = await applyParts(host, parts);
	return applied.ok ? ok(undefined) : applied;
}

async function gc(host: PluginHost, call: PluginCall, conf: VethConf): Promise<Result<undefined, CniError>> {
	const valid = readValidAttachments(call);
	if (!valid.ok) return valid;
	const released = conf.ipam === undefined ? ok(undefined) : await ipamGc(host, call, conf.ipam);
	const chains = await dumped(host, host.hostNetns, ["xt-chain"]);
	if (!chains.ok) return chains;
	const applied = await applyParts(
		host,
		staleMasquerading(host.hostNetns, call.network, { valid: valid.value, chains: chains.value }),
	);
	if (!applied.ok) return applied;
	return released.ok ? ok(undefined) : released;
}

async function hostState(host: PluginHost): Promise<Result<BridgeHost, CniError>> {
	const seen = await dumped(host, host.hostNetns, ["link", "addr", "sysctl"]);
	if (!seen.ok) return seen;
	const sysctls = new Map(
		seen.value.flatMap((object) => (object.kind === "sysctl" ? [[object.key, object.value]] : [])),
	);
	const forwarding = [
		...(sysctls.get("net.ipv4.ip_forward") === "1" ? ["ipv4" as const] : []),
		...(sysctls.get("net.ipv6.conf.all.forwarding") === "1" ? ["ipv6" as const] : []),
	];
	return ok({
		links: linksOf(seen.value),
		addrs: seen.value.filter((object) => object.kind === "addr"),
		ipv6: [...sysctls.keys()].some((key) => key.startsWith("net.ipv6.")),
		forwarding,
	});
}

function newName(host: PluginHost, { links }: BridgeHost): string {
	for (;;) {
		const name = vethName(host.random32());
		if (!links.some((link) => link.name === name)) return name;
	}
}
