/** The chains, jumps and rules that do not depend on any Service, in upstream's words and order. */
import type { KernelObject, XtChain, XtRule } from "../kernel/objects.ts";
import type { CtState, HookName, Match, Rule, RuleOrigin, TableName } from "../kernel/xtables.ts";
import { cidr, type IpFamily } from "../wire/addr.ts";
import { isLoopback } from "./node-port-addresses.ts";
import { comment, jump, rule, toAddress } from "./rule.ts";
import type { SyncContext } from "./sync-context.ts";

export const INVALID_NFACCT = "ct_state_invalid_dropped_pkts";
export const LOCALHOST_NFACCT = "localhost_nps_accepted_pkts";

export const LOOPBACK_V4_NET: ReturnType<typeof cidr> = cidr("127.0.0.0/8");

const STATIC: RuleOrigin = { by: "kube-proxy", for: "every Service" };

interface JumpRule {
	readonly table: TableName;
	readonly from: HookName;
	readonly to: string;
	readonly text?: string;
	/** Only the first packet of a connection. */
	readonly whenNew?: true;
}

/** Each is put at the top of its chain, one after another: the last one here is the first one there. */
const JUMPS: readonly JumpRule[] = [
	...(["INPUT", "FORWARD"] as const).map(
		(from): JumpRule => ({
			table: "filter",
			from,
			to: "KUBE-EXTERNAL-SERVICES",
			text: "kubernetes externally-visible service portals",
			whenNew: true,
		}),
	),
	{ table: "filter", from: "INPUT", to: "KUBE-NODEPORTS", text: "kubernetes health check service ports" },
	...(["FORWARD", "OUTPUT"] as const).map(
		(from): JumpRule => ({
			table: "filter",
			from,
			to: "KUBE-SERVICES",
			text: "kubernetes service portals",
			whenNew: true,
		}),
	),
	{ table: "filter", from: "FORWARD", to: "KUBE-FORWARD", text: "kubernetes forwarding rules" },
	...(["INPUT", "OUTPUT", "FORWARD"] as const).map(
		(from): JumpRule => ({
			table: "filter",
			from,
			to: "KUBE-PROXY-FIREWALL",
			text: "kubernetes load balancer firewall",
			whenNew: true,
		}),
	),
	{ table: "nat", from: "OUTPUT", to: "KUBE-SERVICES", text: "kubernetes service portals" },
	{ table: "nat", from: "PREROUTING", to: "KUBE-SERVICES", text: "kubernetes service portals" },
	{ table: "nat", from: "POSTROUTING", to: "KUBE-POSTROUTING", text: "kubernetes postrouting rules" },
	{ table: "filter", from: "INPUT", to: "KUBE-FIREWALL" },
	{ table: "filter", from: "OUTPUT", to: "KUBE-FIREWALL" },
];

export function jumpRules(family: IpFamily): readonly XtRule[] {
	return JUMPS.map(({ table, from, to, text, whenNew }) => ({
		kind: "xt-rule",
		family,
		table,
		chain: from,
		rule: rule({
			extensions: [...(whenNew ? [ctState(["NEW"])] : []), ...(text === undefined ? [] : [comment(text)])],
			target: jump(to),
			origin: STATIC,
		}),
		position: 1,
	}));
}

/** The chains with fixed rules, and the empty canaries, whose absence shows that somebody has flushed a table. */
export function staticChains(context: SyncContext): readonly XtChain[] {
	const chain = (table: TableName, name: string, rules: readonly Rule[]): XtChain => ({
		kind: "xt-chain",
		family: context.family,
		table,
		chain: name,
		rules,
	});
	return [
		chain("mangle", "KUBE-PROXY-CANARY", []),
		chain("nat", "KUBE-PROXY-CANARY", []),
		chain("filter", "KUBE-PROXY-CANARY", []),
		chain("nat", "KUBE-MARK-MASQ", [markRule(context)]),
		chain("nat", "KUBE-POSTROUTING", postroutingRules(context)),
		chain("filter", "KUBE-FORWARD", forwardRules(context)),
		chain("filter", "KUBE-FIREWALL", firewallRules(context)),
	];
}

/** The objects outside iptables that the rules need. */
export function requiredObjects(contexts: readonly SyncContext[]): readonly KernelObject[] {
	const objects: KernelObject[] = [];
	if (contexts.some((context) => context.nfacct)) {
		objects.push({ kind: "nfacct", name: INVALID_NFACCT }, { kind: "nfacct", name: LOCALHOST_NFACCT });
	}
	if (contexts.some((context) => context.localhostNodePorts)) {
		objects.push({ kind: "sysctl", key: "net.ipv4.conf.all.route_localnet", value: "1" });
	}
	if (contexts.some((context) => context.conntrackTCPLiberal)) {
		objects.push({ kind: "sysctl", key: "net.netfilter.nf_conntrack_tcp_be_liberal", value: "1" });
	}
	return objects;
}

/** The end of KUBE-SERVICES: what is for the node itself may be for a node port. */
export function nodePortJumps(context: SyncContext): readonly Rule[] {
	const text = comment("kubernetes service nodeports; NOTE: this must be the last rule in this chain");
	const target = jump("KUBE-NODEPORTS");
	if (!context.nodePorts.all) {
		return context.nodePorts.addresses
			.filter((address) => context.localhostNodePorts || !isLoopback(address))
			.map((address) => rule({ header: [toAddress(address)], extensions: [text], target, origin: STATIC }));
	}
	const local: Match = { kind: "addrtype", dstType: { value: ["LOCAL"] } };
	return [rule({ header: notLoopback(context), extensions: [text, local], target, origin: STATIC })];
}

function notLoopback({ family, localhostNodePorts }: SyncContext): readonly Match[] {
	if (localhostNodePorts) return [];
	const net = family === "ipv6" ? cidr("::1/128") : LOOPBACK_V4_NET;
	return [{ kind: "destination", net, invert: true }];
}

function markRule({ mark }: SyncContext): Rule {
	return rule({ target: { kind: "mark", value: mark, mask: mark }, origin: STATIC });
}

/** The mark is taken off before masquerading, so that the packet is not marked on a second way through. */
function postroutingRules({ mark, randomFully }: SyncContext): readonly Rule[] {
	return [
		rule({
			extensions: [{ kind: "mark", value: mark, mask: mark, invert: true }],
			target: { kind: "return" },
			origin: STATIC,
		}),
		rule({ target: { kind: "mark", value: mark, mask: 0 }, origin: STATIC }),
		rule({
			extensions: [comment("kubernetes service traffic requiring SNAT")],
			target: { kind: "masquerade", ...(randomFully ? { randomFully: true } : {}) },
			origin: STATIC,
		}),
	];
}

function forwardRules({ mark, conntrackTCPLiberal, nfacct }: SyncContext): readonly Rule[] {
	const invalid = rule({
		extensions: [ctState(["INVALID"]), ...(nfacct ? [{ kind: "nfacct", name: INVALID_NFACCT } as const] : [])],
		target: { kind: "drop" },
		origin: STATIC,
	});
	return [
		...(conntrackTCPLiberal ? [] : [invalid]),
		rule({
			extensions: [comment("kubernetes forwarding rules"), { kind: "mark", value: mark, mask: mark }],
			target: { kind: "accept" },
			origin: STATIC,
		}),
		rule({
			extensions: [comment("kubernetes forwarding conntrack rule"), ctState(["RELATED", "ESTABLISHED"])],
			target: { kind: "accept" },
			origin: STATIC,
		}),
	];
}

/** With route_localnet a neighbour could reach services that listen on 127.0.0.1 only: this forbids it. */
function firewallRules({ localhostNodePorts }: SyncContext): readonly Rule[] {
	if (!localhostNodePorts) return [];
	const states: Match = {
		kind: "conntrack",
		state: { value: ["RELATED", "ESTABLISHED", "DNAT"], invert: true },
	};
	return [
		rule({
			header: [
				{ kind: "source", net: LOOPBACK_V4_NET, invert: true },
				{ kind: "destination", net: LOOPBACK_V4_NET },
			],
			extensions: [comment("block incoming localnet connections"), states],
			target: { kind: "drop" },
			origin: STATIC,
		}),
	];
}

function ctState(states: readonly CtState[]): Match {
	return { kind: "conntrack", state: { value: states } };
}
