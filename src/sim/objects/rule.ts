/** Policy rules of the port: `ip rule`. */
import { ok, type Result } from "../../base/result.ts";
import type { PolicyRule } from "../../kernel/objects.ts";
import { type Cidr, familyOf, formatCidr, networkOf } from "../../wire/addr.ts";
import { fibOf, ifindexOf } from "../ipv4/fib.ts";
import type { Netns } from "../types.ts";
import { type ObjectError, type ObjectHandler, refuse, type Undo } from "./handler.ts";

export const ruleHandler: ObjectHandler<PolicyRule> = {
	apply(netns, verb, asked) {
		const refused = refusal(asked);
		if (refused !== undefined) return refused;
		const rule = normalised(asked);
		const rules = fibOf(netns).rules();
		const found = rules.find((each) => isSame(each, rule));
		if (verb === "delete") {
			if (found === undefined) return refuse("ENOENT", "No such file or directory");
			return set(
				netns,
				rules.filter((each) => each !== found),
			);
		}
		if (found !== undefined) return verb === "add" ? refuse("EEXIST", "File exists") : ok(() => {});
		const at = rules.filter((each) => each.priority <= rule.priority).length;
		return set(netns, [...rules.slice(0, at), rule, ...rules.slice(at)]);
	},
	dump(netns) {
		return fibOf(netns).rules();
	},
};

function set(netns: Netns, rules: readonly PolicyRule[]): Result<Undo, ObjectError> {
	const fib = fibOf(netns);
	return ok(fib.record(() => fib.setRules(rules, (name) => ifindexOf(netns, name))));
}

function refusal(rule: PolicyRule): ReturnType<typeof refuse> | undefined {
	const isIpv6 = [rule.from, rule.to].some((net) => net !== undefined && familyOf(net.addr) === "ipv6");
	if (rule.family === "ipv6" || isIpv6) {
		return refuse("EOPNOTSUPP", `IPv6 is not modelled (rule ${rule.priority})`);
	}
	return rule.table === 0 ? refuse("EINVAL", "Invalid table") : undefined;
}

/** Without what says nothing: `from 0.0.0.0/0`, `not: false`, an empty mark. */
function normalised(rule: PolicyRule): PolicyRule {
	const { from, to, fwmark } = rule;
	return {
		kind: "rule",
		family: "ipv4",
		priority: rule.priority,
		...(rule.not === true ? { not: true } : {}),
		...(says(from) ? { from: networkOf(from) } : {}),
		...(says(to) ? { to: networkOf(to) } : {}),
		...(rule.iif === undefined ? {} : { iif: rule.iif }),
		...(rule.oif === undefined ? {} : { oif: rule.oif }),
		...(fwmark === undefined ? {} : { fwmark }),
		table: rule.table,
	};
}

function says(net: Cidr | undefined): net is Cidr {
	return net !== undefined && net.prefix > 0;
}

function isSame(a: PolicyRule, b: PolicyRule): boolean {
	const key = (rule: PolicyRule): string =>
		[
			rule.priority,
			rule.not === true,
			rule.from === undefined ? "" : formatCidr(rule.from),
			rule.to === undefined ? "" : formatCidr(rule.to),
			rule.iif ?? "",
			rule.oif ?? "",
			rule.fwmark === undefined ? "" : `${rule.fwmark.value}/${rule.fwmark.mask}`,
			rule.table,
		].join(" ");
	return key(a) === key(b);
}
