/** CHECK of bridge and ptp: the devices, addresses and routes of `prevResult` are there. */
import { err, ok, type Result } from "../../base/result.ts";
import type { KernelObject, Link } from "../../kernel/objects.ts";
import { formatCidr } from "../../wire/addr.ts";
import type { PluginCall } from "../plugin-main.ts";
import type { BridgeConf } from "../plugins/bridge-conf.ts";
import type { PtpConf } from "../plugins/ptp-conf.ts";
import { type CniError, type CniInterface, type CniResult, pluginError } from "../types.ts";
import { dumped, linksOf, type PluginHost, readPrevResult, runtimeOf } from "./host.ts";

export async function checkAttachment(
	host: PluginHost,
	call: PluginCall,
	conf: BridgeConf | PtpConf,
): Promise<Result<undefined, CniError>> {
	const runtime = runtimeOf(host, call);
	if (!runtime.ok) return runtime;
	const prev = readPrevResult(call);
	if (!prev.ok) return prev;
	if (prev.value === undefined) return err(pluginError("Required prevResult missing"));
	const node = await dumped(host, host.hostNetns, ["link"]);
	if (!node.ok) return node;
	const container = await dumped(host, runtime.value.netns, ["link", "addr", "route"]);
	if (!container.ok) return container;
	const fault =
		(conf.type === "bridge" ? bridgeFault(conf, prev.value, linksOf(node.value)) : undefined) ??
		containerFault(call, prev.value, container.value);
	return fault === undefined ? ok(undefined) : err(pluginError(fault));
}

function bridgeFault(conf: BridgeConf, prev: CniResult, links: readonly Link[]): string | undefined {
	const said = prev.interfaces.find(({ name, sandbox }) => name === conf.bridge && (sandbox ?? "") === "");
	if (said === undefined) return `Interface ${conf.bridge} is not in prevResult`;
	const bridge = links.find(({ name }) => name === conf.bridge);
	if (bridge === undefined) return `Interface ${conf.bridge} not found`;
	if (bridge.link?.type !== "bridge") return `Interface ${conf.bridge} does not have link type of bridge`;
	const mac = macFault(said, bridge);
	if (mac !== undefined) return mac;
	for (const { name, sandbox } of prev.interfaces) {
		if (name === conf.bridge || (sandbox ?? "") !== "") continue;
		const port = links.find((link) => link.name === name);
		if (port === undefined) return `Interface ${name} not found`;
		if (port.master !== conf.bridge) return `Interface ${name} is no port of bridge ${conf.bridge}`;
	}
	return undefined;
}

function containerFault(call: PluginCall, prev: CniResult, objects: readonly KernelObject[]): string | undefined {
	const said = prev.interfaces.find(({ name, sandbox }) => name === call.ifName && sandbox === call.netns);
	if (said === undefined) {
		const other = prev.interfaces.find(({ name }) => name === call.ifName)?.sandbox ?? "";
		return `Sandbox in prevResult ${other} doesn't match configured netns: ${call.netns ?? ""}`;
	}
	const link = linksOf(objects).find(({ name }) => name === call.ifName);
	if (link === undefined) return `Container Interface name in prevResult: ${call.ifName} not found`;
	if (link.link?.type !== "veth") return `Container interface ${call.ifName} not of type veth/p2p`;
	return macFault(said, link) ?? addressFault(call.ifName, prev, objects) ?? routeFault(prev, objects);
}

function macFault({ name, mac }: CniInterface, link: Link): string | undefined {
	if (mac === undefined || mac === link.mac) return undefined;
	return `Interface ${name} Mac ${mac} doesn't match container Mac: ${link.mac ?? ""}`;
}

function addressFault(dev: string, prev: CniResult, objects: readonly KernelObject[]): string | undefined {
	for (const { address } of prev.ips) {
		const text = formatCidr(address);
		const found = objects.some((it) => it.kind === "addr" && it.dev === dev && formatCidr(it.addr) === text);
		if (!found) return `Failed to match addr ${text} on interface ${dev}`;
	}
	return undefined;
}

function routeFault(prev: CniResult, objects: readonly KernelObject[]): string | undefined {
	for (const { dst, gw } of prev.routes) {
		const text = formatCidr(dst);
		const found = objects.some((it) => {
			return it.kind === "route" && formatCidr(it.dst) === text && (gw === undefined || it.via === gw);
		});
		if (!found) return `Expected Route ${text} not found in routing table`;
	}
	return undefined;
}
