/** portmap, firewall and loopback: plugins without an IPAM plugin. */
import { err, ok, type Result } from "../../base/result.ts";
import type { KernelObject, XtChain } from "../../kernel/objects.ts";
import type { PluginCall } from "../plugin-main.ts";
import {
	type FirewallRequest,
	firewallAdd,
	firewallCheck,
	firewallDel,
	parseFirewallConf,
} from "../plugins/firewall.ts";
import { loopbackAdd, loopbackDel } from "../plugins/loopback.ts";
import { containerAddress, type PortmapRequest, portmapAdd, portmapCheck, portmapDel } from "../plugins/portmap.ts";
import { parsePortmapConf } from "../plugins/portmap-conf.ts";
import type { JsonObject } from "../result.ts";
import { type CniError, type CniResult, type CniRuntime, type Plan, pluginError } from "../types.ts";
import { staleHostPorts } from "./gc-chains.ts";
import {
	applyParts,
	type CniPlugin,
	dumped,
	nothingToPrint,
	type PluginHost,
	printResult,
	readConf,
	readPrevResult,
	runtimeOf,
} from "./host.ts";
import { readValidAttachments } from "./ipam.ts";

export const PORTMAP: CniPlugin = {
	add: async (host, call) => {
		const request = portmapRequest(host, call);
		if (!request.ok) return request;
		const { runtime, prevResult, conf } = request.value;
		const own = prevResult === undefined ? undefined : containerAddress(prevResult, runtime.ifName, "ipv4");
		const isMapping = conf.portMappings.length > 0;
		const tracked = isMapping ? await dumped(host, host.hostNetns, ["conntrack"]) : ok([]);
		if (!tracked.ok) return tracked;
		const way = own === undefined ? undefined : await host.kernel.routeGet(host.hostNetns, { dst: own.addr });
		const routeDev = way?.ok === true ? { routeDev: way.value.dev } : {};
		const conntrack = tracked.value.filter((object) => object.kind === "conntrack");
		return carryOut(host, call, { runtime, planned: portmapAdd(request.value, { ...routeDev, conntrack }) });
	},
	del: async (host, call) => {
		const request = portmapRequest(host, call);
		if (!request.ok) return request;
		return remove(host, (chains) => portmapDel(request.value, chains));
	},
	check: async (host, call) => {
		const request = portmapRequest(host, call);
		if (!request.ok) return request;
		return examine(host, (chains) => portmapCheck(request.value, chains));
	},
	status: async (_, call) => nothingToPrint(readConf(call, parsePortmapConf)),
	gc: async (host, call) => {
		const valid = readValidAttachments(call);
		if (!valid.ok) return valid;
		return remove(host, (chains) => staleHostPorts(host.hostNetns, call.network, { valid: valid.value, chains }));
	},
};

export const FIREWALL: CniPlugin = {
	add: async (host, call) => {
		const request = firewallRequest(host, call);
		if (!request.ok) return request;
		return carryOut(host, call, { runtime: request.value.runtime, planned: firewallAdd(request.value) });
	},
	del: async (host, call) => {
		const request = firewallRequest(host, call);
		if (!request.ok) return request;
		return remove(host, (chains) => firewallDel(request.value, chains));
	},
	check: async (host, call) => {
		const request = firewallRequest(host, call);
		if (!request.ok) return request;
		return examine(host, (chains) => firewallCheck(request.value, chains));
	},
	status: async (_, call) => nothingToPrint(readConf(call, parseFirewallConf)),
	// A rule tells an address and not whose it was; the reference plugin leaves them as well.
	gc: async (_, call) => nothingToPrint(readConf(call, parseFirewallConf)),
};

export const LOOPBACK: CniPlugin = {
	add: async (host, call) => {
		const runtime = runtimeOf(host, call);
		if (!runtime.ok) return runtime;
		const prev = readPrevResult(call);
		if (!prev.ok) return prev;
		const { plan, result } = loopbackAdd(runtime.value);
		const applied = await applyParts(host, plan);
		if (!applied.ok) return applied;
		if (prev.value !== undefined) return printResult(call, runtime.value, prev.value);
		// ::1 as well, where the kernel has IPv6.
		const seen = await dumped(host, runtime.value.netns, ["addr"]);
		if (!seen.ok) return seen;
		const ips = seen.value.flatMap((object) =>
			object.kind === "addr" && object.dev === "lo" ? [{ address: object.addr, interface: 0 }] : [],
		);
		return printResult(call, runtime.value, { ...result, ips });
	},
	del: async (host, call) => {
		const runtime = runtimeOf(host, call);
		// The namespace is gone, and the device with it.
		return runtime.ok ? nothingToPrint(await applyParts(host, loopbackDel(runtime.value))) : ok(undefined);
	},
	check: async (host, call) => {
		const runtime = runtimeOf(host, call);
		if (!runtime.ok) return runtime;
		const links = await dumped(host, runtime.value.netns, ["link"]);
		if (!links.ok) return links;
		const isUp = links.value.some((link) => link.kind === "link" && link.name === "lo" && link.up === true);
		return isUp ? ok(undefined) : err(pluginError("loopback interface is down"));
	},
	status: async () => ok(undefined),
	gc: async () => ok(undefined),
};

function portmapRequest(host: PluginHost, call: PluginCall): Result<PortmapRequest, CniError> {
	const conf = readConf(call, parsePortmapConf);
	if (!conf.ok) return conf;
	const prev = readPrevResult(call);
	if (!prev.ok) return prev;
	const { network } = call;
	const runtime = chainedRuntime(host, call);
	return ok({ network, conf: conf.value, runtime, ...(prev.value === undefined ? {} : { prevResult: prev.value }) });
}

function firewallRequest(host: PluginHost, call: PluginCall): Result<FirewallRequest, CniError> {
	const conf = readConf(call, parseFirewallConf);
	if (!conf.ok) return conf;
	const prev = readPrevResult(call);
	if (!prev.ok) return prev;
	const runtime = chainedRuntime(host, call);
	return ok({ conf: conf.value, runtime, ...(prev.value === undefined ? {} : { prevResult: prev.value }) });
}

/** These plugins never enter the container's namespace, so it need not be there. */
function chainedRuntime({ hostNetns }: PluginHost, { containerId, ifName, netns = "" }: PluginCall): CniRuntime {
	return { containerId, ifName, netns, hostNetns };
}

async function carryOut(
	host: PluginHost,
	call: PluginCall,
	{
		runtime,
		planned,
	}: {
		readonly runtime: CniRuntime;
		readonly planned: Result<{ readonly plan: Plan; readonly result: CniResult }, CniError>;
	},
): Promise<Result<JsonObject, CniError>> {
	if (!planned.ok) return planned;
	const applied = await applyParts(host, planned.value.plan);
	return applied.ok ? printResult(call, runtime, planned.value.result) : applied;
}

async function remove(
	host: PluginHost,
	plan: (chains: readonly XtChain[]) => Plan,
): Promise<Result<undefined, CniError>> {
	const seen = await dumped(host, host.hostNetns, ["xt-chain"]);
	return seen.ok ? nothingToPrint(await applyParts(host, plan(chainsIn(seen.value)))) : seen;
}

async function examine(
	host: PluginHost,
	check: (chains: readonly XtChain[]) => Result<void, CniError>,
): Promise<Result<undefined, CniError>> {
	const seen = await dumped(host, host.hostNetns, ["xt-chain"]);
	return seen.ok ? nothingToPrint(check(chainsIn(seen.value))) : seen;
}

function chainsIn(objects: readonly KernelObject[]): readonly XtChain[] {
	return objects.filter((object) => object.kind === "xt-chain");
}
