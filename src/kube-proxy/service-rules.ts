/** The rules of one Service port in the chains that all Services share: which packets are for it. */
import type { Match, Rule, RuleOrigin, Target } from "../kernel/xtables.ts";
import type { IpAddr } from "../wire/addr.ts";
import type { CategorizedEndpoints } from "./categorize-endpoints.ts";
import { type ServiceChainNames, serviceChainNames } from "./names.ts";
import { comment, jump, type L4Protocol, portMatch, protocolMatch, rule, toAddress } from "./rule.ts";
import { externallyAccessible, type ServicePortInfo } from "./service-port.ts";
import { LOCALHOST_NFACCT, LOOPBACK_V4_NET } from "./static-rules.ts";
import type { SyncContext } from "./sync-context.ts";

/** What the rules of one Service port are made from. */
export interface PortPlan {
	readonly info: ServicePortInfo;
	readonly endpoints: CategorizedEndpoints;
	readonly chains: ServiceChainNames;
	readonly origin: RuleOrigin;
	/** Some endpoint may take traffic to the cluster IP. */
	readonly hasInternal: boolean;
	/** Some endpoint may take traffic from outside. */
	readonly hasExternal: boolean;
	/** Where traffic to the cluster IP goes. */
	readonly internalChain: string;
	readonly usesExternalChain: boolean;
	readonly usesFirewallChain: boolean;
}

/** Its parts of the shared chains. */
export interface PortalRules {
	readonly natServices: readonly Rule[];
	readonly natNodePorts: readonly Rule[];
	readonly filterServices: readonly Rule[];
	readonly filterExternalServices: readonly Rule[];
	readonly filterNodePorts: readonly Rule[];
	readonly filterFirewall: readonly Rule[];
}

export function portPlan(info: ServicePortInfo, endpoints: CategorizedEndpoints): PortPlan {
	const chains = serviceChainNames(info.name, info.protocol);
	const hasLocal = endpoints.local.length > 0;
	const outside = endpoints.hasAny && externallyAccessible(info);
	return {
		info,
		endpoints,
		chains,
		origin: { by: "kube-proxy", for: `Service ${info.name}` },
		hasInternal: endpoints.hasAny && (hasLocal || !info.internalPolicyLocal),
		hasExternal: endpoints.hasAny && (hasLocal || !info.externalPolicyLocal),
		internalChain: info.internalPolicyLocal ? chains.local : chains.cluster,
		usesExternalChain: outside,
		usesFirewallChain: outside && info.loadBalancerVIPs.length > 0 && info.sourceRanges.length > 0,
	};
}

export function portalRules(plan: PortPlan, context: SyncContext): PortalRules {
	const { info, hasInternal, hasExternal } = plan;
	const { hasAny } = plan.endpoints;
	const natServices: Rule[] = [];
	const filterServices: Rule[] = [];
	const filterExternalServices: Rule[] = [];
	if (hasInternal) natServices.push(portal(plan, info.clusterIP, "cluster IP", plan.internalChain));
	else filterServices.push(refusal(plan, context, info.clusterIP));
	for (const address of info.externalIPs) {
		if (hasAny) natServices.push(portal(plan, address, "external IP", plan.chains.external));
		if (!hasExternal) filterExternalServices.push(refusal(plan, context, address));
	}
	const loadBalancerChain = plan.usesFirewallChain ? plan.chains.firewall : plan.chains.external;
	for (const address of info.loadBalancerVIPs) {
		if (hasAny) natServices.push(portal(plan, address, "loadbalancer IP", loadBalancerChain));
	}
	for (const address of info.loadBalancerVIPs) {
		if (!hasExternal) filterExternalServices.push(refusal(plan, context, address));
	}
	if (info.nodePort !== 0 && !hasExternal) filterExternalServices.push(refusal(plan, context, "node port"));
	return {
		natServices,
		natNodePorts: info.nodePort !== 0 && hasAny ? nodePortRules(plan, context) : [],
		filterServices,
		filterExternalServices,
		filterNodePorts: info.healthCheckNodePort === 0 ? [] : [healthCheckRule(plan)],
		filterFirewall: plan.usesFirewallChain ? info.loadBalancerVIPs.map((address) => firewallDrop(plan, address)) : [],
	};
}

function portal(plan: PortPlan, address: IpAddr, what: string, chain: string): Rule {
	const { name, protocol, port } = plan.info;
	return toPort(plan, { address, protocol, port, text: `${name} ${what}`, target: jump(chain) });
}

/** Nobody serves it: REJECT; only other nodes' endpoints could, and the policy forbids them: DROP. */
function refusal(plan: PortPlan, { family }: SyncContext, where: IpAddr | "node port"): Rule {
	const { info, endpoints } = plan;
	const text = `${info.name} has no ${endpoints.hasAny ? "local " : ""}endpoints`;
	const target: Target = endpoints.hasAny
		? { kind: "drop" }
		: { kind: "reject", with: family === "ipv4" ? "icmp-port-unreachable" : "icmp6-port-unreachable" };
	const { protocol } = info;
	if (where !== "node port") return toPort(plan, { address: where, protocol, port: info.port, text, target });
	const local: Match = { kind: "addrtype", dstType: { value: ["LOCAL"] } };
	return rule({
		header: [protocolMatch(protocol)],
		extensions: [comment(text), local, portMatch(protocol, info.nodePort)],
		target,
		origin: plan.origin,
	});
}

/** On loopback addresses the packets are counted first, as their way needs route_localnet. */
function nodePortRules(plan: PortPlan, { localhostNodePorts, nfacct }: SyncContext): readonly Rule[] {
	const { protocol, nodePort, name } = plan.info;
	const extensions = [comment(name), portMatch(protocol, nodePort)];
	const target = jump(plan.chains.external);
	const plain = rule({ header: [protocolMatch(protocol)], extensions, target, origin: plan.origin });
	if (!localhostNodePorts || !nfacct) return [plain];
	const counted = rule({
		header: [{ kind: "destination", net: LOOPBACK_V4_NET }, protocolMatch(protocol)],
		extensions: [...extensions, { kind: "nfacct", name: LOCALHOST_NFACCT }],
		target,
		origin: plan.origin,
	});
	return [counted, plain];
}

function healthCheckRule({ info, origin }: PortPlan): Rule {
	return rule({
		header: [protocolMatch("tcp")],
		extensions: [comment(`${info.name} health check node port`), portMatch("tcp", info.healthCheckNodePort)],
		target: { kind: "accept" },
		origin,
	});
}

function firewallDrop(plan: PortPlan, address: IpAddr): Rule {
	const { name, protocol, port } = plan.info;
	const text = `${name} traffic not accepted by ${plan.chains.firewall}`;
	return toPort(plan, { address, protocol, port, text, target: { kind: "drop" } });
}

interface ToPort {
	readonly address: IpAddr;
	readonly protocol: L4Protocol;
	readonly port: number;
	readonly text: string;
	readonly target: Target;
}

function toPort({ origin }: PortPlan, { address, protocol, port, text, target }: ToPort): Rule {
	return rule({
		header: [toAddress(address), protocolMatch(protocol)],
		extensions: [comment(text), portMatch(protocol, port)],
		target,
		origin,
	});
}
