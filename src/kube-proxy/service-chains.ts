/** The chains of one Service port: to which endpoint its packets go, and which of them are masqueraded. */
import type { XtChain } from "../kernel/objects.ts";
import type { Match, Rule } from "../kernel/xtables.ts";
import { cidrContains } from "../wire/addr.ts";
import type { ProxyEndpoint } from "./endpoints.ts";
import { endpointChainName } from "./names.ts";
import { probability31 } from "./probability.ts";
import { comment, fromNet, hostCidr, jump, portMatch, protocolMatch, rule, toAddress } from "./rule.ts";
import { usesClusterEndpoints, usesLocalEndpoints } from "./service-port.ts";
import type { PortPlan } from "./service-rules.ts";
import type { SyncContext } from "./sync-context.ts";

const MARK_MASQ = jump("KUBE-MARK-MASQ");

/** All in the nat table; endpoints' chains come first, then those that jump to them. */
export function serviceChains(plan: PortPlan, context: SyncContext): readonly XtChain[] {
	const { info, endpoints, chains } = plan;
	const result: XtChain[] = [];
	const add = (chain: string, rules: readonly Rule[]): void => {
		result.push({ kind: "xt-chain", family: context.family, table: "nat", chain, rules });
	};
	const chainOf = new Map<ProxyEndpoint["text"], string>();
	const text = context.large ? [] : [comment(info.name)];
	for (const endpoint of endpoints.allReachable) {
		const chain = endpointChainName(info.name, info.protocol, endpoint.text);
		chainOf.set(endpoint.text, chain);
		add(chain, endpointRules(plan, context, endpoint, { chain, text }));
	}
	const policyChains = [
		{ chain: chains.cluster, used: usesClusterEndpoints(info), endpoints: endpoints.cluster },
		{ chain: chains.local, used: usesLocalEndpoints(info), endpoints: endpoints.local },
	];
	for (const policy of policyChains) {
		if (!policy.used || policy.endpoints.length === 0) continue;
		const head = policy.chain === plan.internalChain ? clusterIPMasquerade(plan, context) : [];
		add(policy.chain, [...head, ...balanceRules(plan, context, policy.endpoints, chainOf)]);
	}
	if (plan.usesExternalChain) add(chains.external, externalRules(plan, context));
	if (plan.usesFirewallChain) add(chains.firewall, firewallRules(plan, context));
	return result;
}

/** A packet that comes back to the pod it came from needs another source address; the rest only a new destination. */
function endpointRules(
	plan: PortPlan,
	context: SyncContext,
	endpoint: ProxyEndpoint,
	{ chain, text }: { readonly chain: string; readonly text: readonly Match[] },
): readonly Rule[] {
	const { info, origin } = plan;
	const set: readonly Match[] =
		info.affinitySeconds === undefined ? [] : [{ ...recent(chain, context), action: "set" }];
	return [
		rule({ header: [fromNet(hostCidr(endpoint.ip))], extensions: text, target: MARK_MASQ, origin }),
		rule({
			header: [protocolMatch(info.protocol)],
			extensions: [...text, ...set, portMatch(info.protocol)],
			target: {
				kind: "dnat",
				to: { minAddr: endpoint.ip, minPort: endpoint.port },
			},
			origin,
		}),
	];
}

/** Traffic to the cluster IP that does not come from a pod would be answered past this node, were it not masqueraded. */
function clusterIPMasquerade(plan: PortPlan, { masqueradeAll, detector }: SyncContext): readonly Rule[] {
	if (!plan.hasInternal || (!masqueradeAll && detector === undefined)) return [];
	const { name, clusterIP, protocol, port } = plan.info;
	const notLocal = masqueradeAll || detector === undefined ? [] : [detector.ifNotLocal];
	return [
		rule({
			header: [...notLocal, toAddress(clusterIP), protocolMatch(protocol)],
			extensions: [comment(`${name} cluster IP`), portMatch(protocol, port)],
			target: MARK_MASQ,
			origin: plan.origin,
		}),
	];
}

/** A client with affinity goes where it went before; otherwise each endpoint is chosen with the same probability. */
function balanceRules(
	plan: PortPlan,
	context: SyncContext,
	endpoints: readonly ProxyEndpoint[],
	chainOf: ReadonlyMap<string, string>,
): readonly Rule[] {
	const { info, origin } = plan;
	const rules: Rule[] = [];
	const add = (endpoint: ProxyEndpoint, extra: (chain: string) => readonly Match[]): void => {
		const chain = chainOf.get(endpoint.text) ?? endpointChainName(info.name, info.protocol, endpoint.text);
		const text = context.large ? [] : [comment(`${info.name} -> ${endpoint.text}`)];
		rules.push(rule({ extensions: [...text, ...extra(chain)], target: jump(chain), origin }));
	};
	const { affinitySeconds } = info;
	if (affinitySeconds !== undefined) {
		for (const endpoint of endpoints) {
			add(endpoint, (chain) => [{ ...recent(chain, context), action: "rcheck", seconds: affinitySeconds, reap: true }]);
		}
	}
	endpoints.forEach((endpoint, k) => {
		const left = endpoints.length - k;
		add(endpoint, () =>
			left === 1 ? [] : [{ kind: "statistic", mode: "random", probability31: probability31(left) }],
		);
	});
	return rules;
}

function externalRules(plan: PortPlan, { detector }: SyncContext): readonly Rule[] {
	const { info, chains, origin } = plan;
	const destinations = `${info.name} external destinations`;
	const rules: Rule[] = [];
	if (!info.externalPolicyLocal) {
		const text = comment(`masquerade traffic for ${destinations}`);
		rules.push(rule({ extensions: [text], target: MARK_MASQ, origin }));
	} else {
		// Pods and the node itself reach every endpoint, as if their traffic went out to a load balancer and came back.
		const fromNode: Match = { kind: "addrtype", srcType: { value: ["LOCAL"] } };
		if (detector !== undefined) {
			const text = comment(`pod traffic for ${destinations}`);
			rules.push(rule({ header: [detector.ifLocal], extensions: [text], target: jump(chains.cluster), origin }));
		}
		const masquerade = comment(`masquerade LOCAL traffic for ${destinations}`);
		rules.push(rule({ extensions: [masquerade, fromNode], target: MARK_MASQ, origin }));
		const route = comment(`route LOCAL traffic for ${destinations}`);
		rules.push(rule({ extensions: [route, fromNode], target: jump(chains.cluster), origin }));
	}
	if (plan.hasExternal) {
		rules.push(rule({ target: jump(info.externalPolicyLocal ? chains.local : chains.cluster), origin }));
	}
	return rules;
}

/** Who may use the load balancer's addresses; what comes to the end is dropped in KUBE-PROXY-FIREWALL. */
function firewallRules({ info, chains, origin }: PortPlan, { nodeIP }: SyncContext): readonly Rule[] {
	const text = comment(`${info.name} loadbalancer IP`);
	const target = jump(chains.external);
	const nets = [...info.sourceRanges];
	// The node reaches its own load balancer's address from that very address.
	if (nodeIP !== undefined && info.sourceRanges.some((net) => cidrContains(net, nodeIP))) {
		nets.push(...info.loadBalancerVIPs.map(hostCidr));
	}
	const last = comment(`other traffic to ${info.name} will be dropped by KUBE-PROXY-FIREWALL`);
	return [
		...nets.map((net) => rule({ header: [fromNet(net)], extensions: [text], target, origin })),
		rule({ extensions: [last], target: { kind: "none" }, origin }),
	];
}

interface RecentBase {
	readonly kind: "recent";
	readonly name: string;
	readonly mask: string;
	readonly side: "rsource";
}

function recent(name: string, { family }: SyncContext): RecentBase {
	const mask = family === "ipv4" ? "255.255.255.255" : "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
	return { kind: "recent", name, mask, side: "rsource" };
}
