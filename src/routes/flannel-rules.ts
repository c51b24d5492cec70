/** The rules that flanneld keeps: what leaves the pod network is masqueraded, and pods' packets may be forwarded. */
import type { KernelObject, XtChain } from "../kernel/objects.ts";
import type { Match, Rule, RuleOrigin, Target } from "../kernel/xtables.ts";
import { type Cidr, cidr, formatCidr } from "../wire/addr.ts";

/** kube-proxy's mark: what it masquerades itself. */
const KUBE_PROXY_MARK = 0x4000;
const MULTICAST = cidr("224.0.0.0/4");
const RETURN: Target = { kind: "return" };
const ACCEPT: Target = { kind: "accept" };
const MASQUERADE: Target = { kind: "masquerade", randomFully: true };

export interface FlannelNets {
	/** Of all pods (FLANNEL_NETWORK). */
	readonly network: Cidr;
	/** Of the node's pods. */
	readonly podNet: Cidr;
}

/** Chains and the jumps to them, at the end of POSTROUTING and FORWARD. */
export function flannelRules({ network, podNet }: FlannelNets): readonly KernelObject[] {
	const origin: RuleOrigin = { by: "flannel", for: `pod network ${formatCidr(network)}` };
	const masq = ruleMaker("flanneld masq", origin);
	const forward = ruleMaker("flanneld forward", origin);
	const not = { invert: true } as const;
	return [
		chain("nat", "FLANNEL-POSTRTG", [
			masq([], RETURN, [{ kind: "mark", value: KUBE_PROXY_MARK, mask: KUBE_PROXY_MARK }]),
			masq([from(podNet), to(network)], RETURN),
			masq([from(network), to(podNet)], RETURN),
			masq([{ ...from(network), ...not }, to(podNet)], RETURN),
			masq([from(network), { ...to(MULTICAST), ...not }], MASQUERADE),
			masq([{ ...from(network), ...not }, to(network)], MASQUERADE),
		]),
		chain("filter", "FLANNEL-FWD", [forward([from(network)], ACCEPT), forward([to(network)], ACCEPT)]),
		jump("nat", "POSTROUTING", masq([], { kind: "jump", chain: "FLANNEL-POSTRTG" })),
		jump("filter", "FORWARD", forward([], { kind: "jump", chain: "FLANNEL-FWD" })),
	];
}

type RuleMaker = (header: readonly Match[], target: Target, extensions?: readonly Match[]) => Rule;

function ruleMaker(text: string, origin: RuleOrigin): RuleMaker {
	return (header, target, extensions = []) => {
		return { matches: [...header, ...extensions, { kind: "comment", text }], target, origin };
	};
}

function from(net: Cidr): Extract<Match, { kind: "source" }> {
	return { kind: "source", net };
}

function to(net: Cidr): Extract<Match, { kind: "destination" }> {
	return { kind: "destination", net };
}

function chain(table: XtChain["table"], name: string, rules: readonly Rule[]): KernelObject {
	return { kind: "xt-chain", family: "ipv4", table, chain: name, rules };
}

function jump(table: XtChain["table"], hook: string, rule: Rule): KernelObject {
	return { kind: "xt-rule", family: "ipv4", table, chain: hook, rule };
}
