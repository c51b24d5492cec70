/**
 * The part of Felix's rules that translates sources: pods' packets to outside the pools (`natOutgoing`), and what a node
 * sends into its tunnel from another of its addresses. Felix writes many more chains, for policies; without policies they
 * let everything pass.
 */
import type { IpSetMember } from "../kernel/ipset.ts";
import type { KernelObject } from "../kernel/objects.ts";
import type { Match, Rule, RuleOrigin, Target } from "../kernel/xtables.ts";
import { type Cidr, formatCidr } from "../wire/addr.ts";
import { IPIP_DEV } from "./ipip.ts";

/** The sets of all pools, and of those whose pods are masqueraded. */
const ALL_POOLS = "cali40all-ipam-pools";
const MASQ_POOLS = "cali40masq-ipam-pools";
const MASQUERADE: Target = { kind: "masquerade", randomFully: true };

/** Sets, chains and the jump, which comes first in POSTROUTING. */
export function calicoRules(pool: Cidr): readonly KernelObject[] {
	const origin: RuleOrigin = { by: "calico", for: `IP pool ${formatCidr(pool)}` };
	const rule = (hash: string, target: Target, parts: RuleParts = {}): Rule => {
		// Felix finds its rules again by a hash in a comment; these are the ones it has on every node.
		const text: Match = { kind: "comment", text: `cali:${hash}` };
		return { matches: [...(parts.header ?? []), text, ...(parts.extensions ?? [])], target, origin };
	};
	const jump = (name: string): Target => ({ kind: "jump", chain: name });
	return [
		poolSet(ALL_POOLS, pool),
		poolSet(MASQ_POOLS, pool),
		chain("cali-fip-snat", []),
		chain("cali-nat-outgoing", [
			rule("flqWnvo8yq4ULQLa", MASQUERADE, {
				extensions: [
					{ kind: "set", set: MASQ_POOLS, dirs: ["src"] },
					{ kind: "set", set: ALL_POOLS, dirs: ["dst"], invert: true },
				],
			}),
		]),
		chain("cali-POSTROUTING", [
			rule("Z-c7XtVd2Bq7s_hA", jump("cali-fip-snat")),
			rule("nYKhEzDlr11Jccal", jump("cali-nat-outgoing")),
			rule("SXWvdsbh4Mw7wOln", MASQUERADE, {
				header: [{ kind: "out-interface", name: IPIP_DEV }],
				extensions: [
					{ kind: "addrtype", srcType: { value: ["LOCAL"], invert: true }, limitIface: "out" },
					{ kind: "addrtype", srcType: { value: ["LOCAL"] } },
				],
			}),
		]),
		{
			kind: "xt-rule",
			family: "ipv4",
			table: "nat",
			chain: "POSTROUTING",
			rule: rule("O3lYWMrLQYEMJtB5", jump("cali-POSTROUTING")),
			position: 1,
		},
	];
}

interface RuleParts {
	readonly header?: readonly Match[];
	readonly extensions?: readonly Match[];
}

function poolSet(name: string, pool: Cidr): KernelObject {
	const entry: IpSetMember = { parts: [{ kind: "ip", addr: pool.addr, prefix: pool.prefix }] };
	return {
		kind: "ipset",
		name,
		type: "hash:net",
		family: "ipv4",
		options: { maxelem: 1_048_576 },
		entries: [entry],
	};
}

function chain(name: string, rules: readonly Rule[]): KernelObject {
	return { kind: "xt-chain", family: "ipv4", table: "nat", chain: name, rules };
}
