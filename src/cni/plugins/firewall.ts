/**
 * The firewall plugin with its iptables backend: what the containers send, and what answers them, may pass FORWARD. It is
 * chained behind the plugin that gave the address (containernetworking/plugins meta/firewall).
 */
import { err, ok, type Result } from "../../base/result.ts";
import type { Op } from "../../kernel/kernel.ts";
import type { XtChain } from "../../kernel/objects.ts";
import type { Match, RuleOrigin } from "../../kernel/xtables.ts";
import { addrBits, type Cidr, familyOf, type IpAddr, type IpFamily } from "../../wire/addr.ts";
import type { JsonReader } from "../json-reader.ts";
import { type CniError, type CniResult, type CniRuntime, type Plan, pluginError } from "../types.ts";
import { missingOfChain, type RuleChain, setUpChain } from "./rule-chain.ts";

export interface FirewallConf {
	readonly type: "firewall";
	/** The administrator's own chain, looked at first. */
	readonly adminChain: string;
}

export interface FirewallRequest {
	readonly conf: FirewallConf;
	readonly runtime: CniRuntime;
	readonly prevResult?: CniResult;
}

const FORWARD_CHAIN = "CNI-FORWARD";

/** `at` stands on the plugin's object; undefined when mistakes were reported. */
export function parseFirewallConf(at: JsonReader): FirewallConf | undefined {
	const backend = at.at("backend").string() ?? "";
	// Upstream takes firewalld when that runs, else iptables.
	if (backend === "firewalld") return at.at("backend").fail("backend firewalld is not modelled (iptables is)");
	if (backend !== "" && backend !== "iptables")
		return at.at("backend").fail(`unrecognized firewall backend "${backend}"`);
	const policy = at.at("ingressPolicy").string() ?? "";
	if (policy === "same-bridge" || policy === "isolated") {
		return at.at("ingressPolicy").fail(`ingress policy ${policy} is not modelled (open is)`);
	}
	if (policy !== "" && policy !== "open") return at.at("ingressPolicy").fail(`unknown ingress policy: "${policy}"`);
	const adminChain = at.at("iptablesAdminChainName").string() ?? "";
	return { type: "firewall", adminChain: adminChain === "" ? "CNI-ADMIN" : adminChain };
}

/** ADD: the result is the one before. */
export function firewallAdd(
	request: FirewallRequest,
): Result<{ readonly plan: Plan; readonly result: CniResult }, CniError> {
	const { runtime, prevResult } = request;
	if (prevResult === undefined) return err(pluginError("missing prevResult from earlier plugin"));
	const ops = chainsOf(request).flatMap(({ admin, forward }) => [...setUpChain(admin), ...setUpChain(forward)]);
	return ok({ plan: ops.length === 0 ? [] : [{ netns: runtime.hostNetns, ops }], result: prevResult });
}

/** DEL: the container's two rules; the chains stay. Without a result before there is nothing to do. */
export function firewallDel(request: FirewallRequest, actual: readonly XtChain[]): Plan {
	const ops = chainsOf(request).flatMap(({ forward }): readonly Op[] => {
		const { family, table, name: chain } = forward;
		const there = actual.find((one) => one.family === family && one.table === table && one.chain === chain);
		if (there === undefined) return [];
		return forward.rules
			.slice(1)
			.filter((rule) => missingOfChain({ ...forward, rules: [rule], entryChains: [] }, actual) === undefined)
			.map((rule) => ({ verb: "delete", object: { kind: "xt-rule", family, table, chain, rule } }));
	});
	return ops.length === 0 ? [] : [{ netns: request.runtime.hostNetns, ops }];
}

/** CHECK: the container's rules and what leads there. */
export function firewallCheck(request: FirewallRequest, actual: readonly XtChain[]): Result<void, CniError> {
	if (request.prevResult === undefined) return err(pluginError("missing prevResult from earlier plugin"));
	for (const { forward } of chainsOf(request)) {
		const missing = missingOfChain(forward, actual);
		if (missing !== undefined) return err(pluginError(missing));
	}
	return ok(undefined);
}

/** Per family that the container has addresses of. */
function chainsOf({ conf, runtime, prevResult }: FirewallRequest): readonly {
	readonly admin: RuleChain;
	readonly forward: RuleChain;
}[] {
	const addresses = prevResult?.ips.map(({ address }) => address) ?? [];
	const origin: RuleOrigin = {
		by: "cni",
		for: runtime.pod === undefined ? `container ${runtime.containerId}` : `Pod ${runtime.pod}`,
	};
	return (["ipv4", "ipv6"] as const).flatMap((family) => {
		const own = addresses.filter(({ addr }) => familyOf(addr) === family);
		if (own.length === 0) return [];
		const base = { family, table: "filter", origin } as const;
		const admin: RuleChain = { ...base, name: conf.adminChain, rules: [], entryChains: [], entries: [] };
		return [{ admin, forward: forwardChain(base, conf, own) }];
	});
}

function forwardChain(
	base: { readonly family: IpFamily; readonly table: "filter"; readonly origin: RuleOrigin },
	conf: FirewallConf,
	addresses: readonly Cidr[],
): RuleChain {
	const { origin } = base;
	return {
		...base,
		name: FORWARD_CHAIN,
		rules: [
			{
				matches: [comment("CNI firewall plugin admin overrides")],
				target: { kind: "jump", chain: conf.adminChain },
				origin,
			},
			...addresses.flatMap(({ addr }) => [
				{
					matches: [
						{ kind: "destination", net: host(addr) } as const,
						{ kind: "conntrack", state: { value: ["RELATED", "ESTABLISHED"] } } as const,
					],
					target: { kind: "accept" } as const,
					origin,
				},
				{ matches: [{ kind: "source", net: host(addr) } as const], target: { kind: "accept" } as const, origin },
			]),
		],
		entryChains: ["FORWARD"],
		entries: [[comment("CNI firewall plugin rules")]],
		prependEntries: true,
	};
}

function comment(text: string): Match {
	return { kind: "comment", text };
}

function host(addr: IpAddr): Cidr {
	return { addr, prefix: addrBits(addr) };
}
