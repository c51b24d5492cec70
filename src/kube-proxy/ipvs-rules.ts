/** The chains, jumps and rules of kube-proxy's IPVS mode: few and always the same ones; the ipsets know the Services. */
import type { XtChain, XtRule } from "../kernel/objects.ts";
import type { CtState, HookName, Match, Rule, RuleOrigin, SetDirection, TableName, Target } from "../kernel/xtables.ts";
import { cidr, type IpFamily } from "../wire/addr.ts";
import type { IpvsPlan } from "./ipvs-services.ts";
import { IPVS_SETS, type IpvsSetName, setName } from "./ipvs-sets.ts";
import { comment, fromNet, jump, type L4Protocol, protocolMatch, rule } from "./rule.ts";
import type { SyncContext } from "./sync-context.ts";

const STATIC: RuleOrigin = { by: "kube-proxy", for: "every Service" };
const MARK_MASQ = "KUBE-MARK-MASQ";
const NODE_PORT = "KUBE-NODE-PORT";

interface JumpRule {
	readonly table: TableName;
	readonly from: HookName;
	readonly to: string;
	readonly text: string;
}

/** Each is put at the top of its chain, one after another: the last one here is the first one there. */
const JUMPS: readonly JumpRule[] = [
	{ table: "nat", from: "OUTPUT", to: "KUBE-SERVICES", text: "kubernetes service portals" },
	{ table: "nat", from: "PREROUTING", to: "KUBE-SERVICES", text: "kubernetes service portals" },
	{ table: "nat", from: "POSTROUTING", to: "KUBE-POSTROUTING", text: "kubernetes postrouting rules" },
	{ table: "filter", from: "FORWARD", to: "KUBE-FORWARD", text: "kubernetes forwarding rules" },
	{ table: "filter", from: "INPUT", to: NODE_PORT, text: "kubernetes health check rules" },
	{ table: "filter", from: "INPUT", to: "KUBE-PROXY-FIREWALL", text: "kube-proxy firewall rules" },
	{ table: "filter", from: "FORWARD", to: "KUBE-PROXY-FIREWALL", text: "kube-proxy firewall rules" },
	{ table: "filter", from: "INPUT", to: "KUBE-IPVS-FILTER", text: "kubernetes ipvs access filter" },
	{ table: "filter", from: "OUTPUT", to: "KUBE-IPVS-OUT-FILTER", text: "kubernetes ipvs access filter" },
];

export function ipvsJumps(family: IpFamily): readonly XtRule[] {
	return JUMPS.map(({ table, from, to, text }) => ({
		kind: "xt-rule",
		family,
		table,
		chain: from,
		rule: rule({ extensions: [comment(text)], target: jump(to), origin: STATIC }),
		position: 1,
	}));
}

/** Chains before those that jump to them. */
export function ipvsChains(plan: IpvsPlan, context: SyncContext): readonly XtChain[] {
	const { family } = context;
	const chain = (table: TableName, name: string, rules: readonly Rule[]): XtChain => ({
		kind: "xt-chain",
		family,
		table,
		chain: name,
		rules,
	});
	const words = new SetRules(plan, family);
	const { mark } = context;
	return [
		chain("nat", MARK_MASQ, [fixed([], { kind: "mark", value: mark, mask: mark })]),
		chain("nat", "KUBE-POSTROUTING", postroutingRules(words, context)),
		chain("nat", "KUBE-LOAD-BALANCER", [
			...words.commented("KUBE-LOAD-BALANCER-LOCAL", ["dst", "dst"], { kind: "return" }),
			fixed([], jump(MARK_MASQ)),
		]),
		chain("nat", NODE_PORT, [
			...nodePortRules(words, "tcp"),
			...nodePortRules(words, "udp"),
			...nodePortRules(words, "sctp"),
		]),
		chain("nat", "KUBE-SERVICES", servicesRules(words, context)),
		chain("filter", "KUBE-FORWARD", forwardRules(context)),
		chain("filter", NODE_PORT, [
			fixed(
				[
					comment(IPVS_SETS["KUBE-HEALTH-CHECK-NODE-PORT"].comment),
					words.match("KUBE-HEALTH-CHECK-NODE-PORT", ["dst"]),
				],
				{ kind: "accept" },
			),
		]),
		chain("filter", "KUBE-SOURCE-RANGES-FIREWALL", [
			...words.commented("KUBE-LOAD-BALANCER-SOURCE-CIDR", ["dst", "dst", "src"], { kind: "return" }),
			...words.commented("KUBE-LOAD-BALANCER-SOURCE-IP", ["dst", "dst", "src"], { kind: "return" }),
			fixed([], { kind: "drop" }),
		]),
		chain(
			"filter",
			"KUBE-PROXY-FIREWALL",
			words.commented("KUBE-LOAD-BALANCER-FW", ["dst", "dst"], jump("KUBE-SOURCE-RANGES-FIREWALL")),
		),
		chain("filter", "KUBE-IPVS-FILTER", accessRules(words, family)),
		chain("filter", "KUBE-IPVS-OUT-FILTER", plan.outFilter),
	];
}

/** Rules that look a set up; those that `commented` makes are there only while the set has entries. */
class SetRules {
	readonly #plan: IpvsPlan;
	readonly #family: IpFamily;

	constructor(plan: IpvsPlan, family: IpFamily) {
		this.#plan = plan;
		this.#family = family;
	}

	has(name: IpvsSetName): boolean {
		return this.#plan.sets.has(name);
	}

	match(name: IpvsSetName, dirs: readonly SetDirection[]): Match {
		return { kind: "set", set: setName(name, this.#family), dirs };
	}

	commented(
		name: IpvsSetName,
		dirs: readonly SetDirection[],
		target: Target,
		{ header = [], more = [] }: { readonly header?: readonly Match[]; readonly more?: readonly Match[] } = {},
	): readonly Rule[] {
		if (!this.has(name)) return [];
		const extensions = [comment(IPVS_SETS[name].comment), this.match(name, dirs), ...more];
		return [rule({ header, extensions, target, origin: STATIC })];
	}
}

function servicesRules(words: SetRules, { family, masqueradeAll, detector }: SyncContext): readonly Rule[] {
	const both = ["dst", "dst"] as const;
	const loopback = cidr(family === "ipv6" ? "::1/128" : "127.0.0.0/8");
	const masquerade = jump(MARK_MASQ);
	return [
		rule({ header: [fromNet(loopback)], target: { kind: "return" }, origin: STATIC }),
		...words.commented("KUBE-LOAD-BALANCER", both, jump("KUBE-LOAD-BALANCER")),
		// Without a way to tell pods apart, only what has a cluster IP for its source: a node that asks itself.
		...(masqueradeAll
			? words.commented("KUBE-CLUSTER-IP", both, masquerade)
			: detector !== undefined
				? words.commented("KUBE-CLUSTER-IP", both, masquerade, { header: [detector.ifNotLocal] })
				: words.commented("KUBE-CLUSTER-IP", ["src", "dst"], masquerade)),
		...words.commented("KUBE-EXTERNAL-IP", both, masquerade),
		...externalIPRules(words, "KUBE-EXTERNAL-IP"),
		...externalIPRules(words, "KUBE-EXTERNAL-IP-LOCAL"),
		fixed([{ kind: "addrtype", dstType: { value: ["LOCAL"] } }], jump(NODE_PORT)),
		...(["KUBE-CLUSTER-IP", "KUBE-LOAD-BALANCER"] as const)
			.filter((name) => words.has(name))
			.map((name) => fixed([words.match(name, both)], { kind: "accept" })),
	];
}

/** From off the machine: not over a bridge, not from a local process; and to addresses that are the node's own. */
function externalIPRules(words: SetRules, name: IpvsSetName): readonly Rule[] {
	const offMachine: readonly Match[] = [
		{ kind: "physdev", isIn: { value: true, invert: true } },
		{ kind: "addrtype", srcType: { value: ["LOCAL"], invert: true } },
	];
	const toLocal: readonly Match[] = [{ kind: "addrtype", dstType: { value: ["LOCAL"] } }];
	return [offMachine, toLocal].flatMap((more) => words.commented(name, ["dst", "dst"], { kind: "accept" }, { more }));
}

function nodePortRules(words: SetRules, protocol: L4Protocol): readonly Rule[] {
	const names = {
		tcp: ["KUBE-NODE-PORT-LOCAL-TCP", "KUBE-NODE-PORT-TCP"],
		udp: ["KUBE-NODE-PORT-LOCAL-UDP", "KUBE-NODE-PORT-UDP"],
		sctp: ["KUBE-NODE-PORT-LOCAL-SCTP-HASH", "KUBE-NODE-PORT-SCTP-HASH"],
	} as const satisfies Readonly<Record<L4Protocol, readonly IpvsSetName[]>>;
	const dirs: readonly SetDirection[] = protocol === "sctp" ? ["dst", "dst"] : ["dst"];
	const [local, all] = names[protocol];
	const header = [protocolMatch(protocol)];
	return [
		...words.commented(local, dirs, { kind: "return" }, { header }),
		...words.commented(all, dirs, jump(MARK_MASQ), { header }),
	];
}

/** A pod that asks itself by a Service is masqueraded without a mark, so that its answer comes back this way. */
function postroutingRules(words: SetRules, { mark, randomFully }: SyncContext): readonly Rule[] {
	return [
		...words.commented("KUBE-LOOP-BACK", ["dst", "dst", "src"], { kind: "masquerade" }),
		fixed([{ kind: "mark", value: mark, mask: mark, invert: true }], { kind: "return" }),
		fixed([], { kind: "mark", value: mark, mask: 0 }),
		fixed([comment("kubernetes service traffic requiring SNAT")], {
			kind: "masquerade",
			...(randomFully ? { randomFully: true } : {}),
		}),
	];
}

function forwardRules({ mark }: SyncContext): readonly Rule[] {
	return [
		fixed([comment("kubernetes forwarding rules"), { kind: "mark", value: mark, mask: mark }], { kind: "accept" }),
		fixed([comment("kubernetes forwarding conntrack rule"), ctState(["RELATED", "ESTABLISHED"])], { kind: "accept" }),
	];
}

/** kube-ipvs0's addresses are local: without this, whatever listens on all of the node's addresses would answer there. */
function accessRules(words: SetRules, family: IpFamily): readonly Rule[] {
	const portals = ["KUBE-LOAD-BALANCER", "KUBE-CLUSTER-IP", "KUBE-EXTERNAL-IP", "KUBE-EXTERNAL-IP-LOCAL"] as const;
	return [
		...portals.map((name) => fixed([words.match(name, ["dst", "dst"])], { kind: "return" })),
		fixed([words.match("KUBE-HEALTH-CHECK-NODE-PORT", ["dst"])], { kind: "return" }),
		fixed([ctState(["NEW"]), words.match("KUBE-IPVS-IPS", ["dst"])], {
			kind: "reject",
			with: family === "ipv4" ? "icmp-port-unreachable" : "icmp6-port-unreachable",
		}),
	];
}

function fixed(extensions: readonly Match[], target: Target): Rule {
	return rule({ extensions, target, origin: STATIC });
}

function ctState(states: readonly CtState[]): Match {
	return { kind: "conntrack", state: { value: states } };
}
