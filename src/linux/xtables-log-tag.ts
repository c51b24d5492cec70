/**
 * A tag before the prefix of every LOG rule: the kernel's log is one for all namespaces, and so a reader knows which lines
 * are whose. Put on when rules are loaded, taken off when they are listed.
 */
import { err, ok, type Result } from "../base/result.ts";
import { formatRule, parseRules } from "../formats/iptables-save.ts";
import type { XtChain, XtRule } from "../kernel/objects.ts";
import type { Rule, Table } from "../kernel/xtables.ts";
import type { IpFamily } from "../wire/addr.ts";

/** So many characters of a prefix the kernel keeps. */
const PREFIX_LENGTH = 29;
export const LOG_TAG_LENGTH = 5;

/** The error is a sentence: prefix and tag are longer than the kernel keeps. */
export function tagRule(rule: Rule, tag: string): Result<Rule, string> {
	const { target } = rule;
	if (target.kind !== "log" || tag === "") return ok(rule);
	const prefix = tag + (target.prefix ?? "");
	if (prefix.length > PREFIX_LENGTH) {
		return err(
			`LOG prefix "${target.prefix}" is longer than the ${PREFIX_LENGTH - tag.length} characters that the tag leaves`,
		);
	}
	return ok({ ...rule, target: { ...target, prefix } });
}

export function tagObject(object: XtChain | XtRule, tag: string): Result<XtChain | XtRule, string> {
	if (tag === "") return ok(object);
	if (object.kind === "xt-rule") {
		const rule = tagRule(object.rule, tag);
		return rule.ok ? ok({ ...object, rule: rule.value }) : rule;
	}
	const rules: Rule[] = [];
	for (const rule of object.rules) {
		const tagged = tagRule(rule, tag);
		if (!tagged.ok) return tagged;
		rules.push(tagged.value);
	}
	return ok({ ...object, rules });
}

/** A line of iptables-save text; lines that are no LOG rule stay word by word. */
export function tagLine(line: string, tag: string, family: IpFamily): Result<string, string> {
	const match = tag === "" ? null : /^((?:\[\d+:\d+\] )?-A \S+ )(.*-j LOG\b.*)$/.exec(line);
	if (match === null) return ok(line);
	const [, head = "", words = ""] = match;
	const rules = parseRules(words, family);
	if (!rules.ok) return err(rules.error.message);
	const lines: string[] = [];
	for (const rule of rules.value) {
		const tagged = tagRule(rule, tag);
		if (!tagged.ok) return tagged;
		lines.push(`${head}${formatRule(tagged.value)}`);
	}
	return ok(lines.join("\n"));
}

export function untagTable(table: Table, tag: string): Table {
	if (tag === "") return table;
	return {
		...table,
		chains: table.chains.map((chain) => ({ ...chain, rules: chain.rules.map((rule) => untag(rule, tag)) })),
	};
}

function untag(rule: Rule, tag: string): Rule {
	const { target } = rule;
	if (target.kind !== "log" || target.prefix?.startsWith(tag) !== true) return rule;
	const { prefix, ...rest } = target;
	const shorter = prefix.slice(tag.length);
	return { ...rule, target: shorter === "" ? rest : { ...rest, prefix: shorter } };
}
