/** `ip rule`. */
import { ruleFields } from "../../../formats/ip-rule.ts";
import { type PolicyRule, RT_TABLE_MAIN } from "../../../kernel/objects.ts";
import { type Cidr, cidrContains, familyOf, networkOf } from "../../../wire/addr.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";
import { type PrefixWord, prefixArgument } from "./address-words.ts";
import { parseTable } from "./route-names.ts";
import type { IpRun } from "./run.ts";
import { RULE_USAGE } from "./usage.ts";
import { invalid, matches, parseUnsigned, unknownCommand, type Words } from "./words.ts";

export async function ipRule(run: IpRun, words: Words): Promise<number> {
	const command = words.take();
	if (command === undefined) return show(run, words);
	if (matches(command, "list") || matches(command, "lst") || matches(command, "show")) return show(run, words);
	if (matches(command, "save") || matches(command, "restore")) throw notModelled(`ip rule ${command}`);
	if (matches(command, "add")) return add(run, words);
	if (matches(command, "delete")) return remove(run, words);
	if (matches(command, "flush")) return flush(run, words);
	if (matches(command, "help")) throw new ToolExit(255, RULE_USAGE);
	return unknownCommand(command, "ip rule help");
}

interface RuleWords {
	priority?: number;
	not?: boolean;
	from?: PrefixWord;
	to?: PrefixWord;
	iif?: string;
	oif?: string;
	fwmark?: { readonly value: number; readonly mask: number };
	table?: number;
}

async function add(run: IpRun, words: Words): Promise<number> {
	if (words.word === undefined) throw new ToolExit(1, '"ip rule add" requires arguments.\n');
	const asked = await parseRuleWords(run, words, false);
	const priority = asked.priority ?? (await nextPriority(run));
	await run.apply({ verb: "add", object: ruleOf(run, { ...asked, priority }) });
	return 0;
}

/** One less than the second rule's, as the kernel chooses. */
async function nextPriority(run: IpRun): Promise<number> {
	const second = (await run.dump("rule"))[1];
	return second === undefined || second.priority === 0 ? 0 : second.priority - 1;
}

function ruleOf(run: IpRun, asked: RuleWords & { readonly priority: number }): PolicyRule {
	const { priority, not, iif, oif, fwmark, table = RT_TABLE_MAIN } = asked;
	const nets = [asked.from, asked.to].filter((net) => net !== undefined);
	const isIpv6 = run.options.family === "inet6" || nets.some((net) => familyOf(net.addr) === "ipv6");
	return {
		kind: "rule",
		family: isIpv6 ? "ipv6" : "ipv4",
		priority,
		...(not === true ? { not } : {}),
		...(asked.from === undefined ? {} : { from: cidrOf(asked.from) }),
		...(asked.to === undefined ? {} : { to: cidrOf(asked.to) }),
		...(iif === undefined ? {} : { iif }),
		...(oif === undefined ? {} : { oif }),
		...(fwmark === undefined ? {} : { fwmark }),
		table,
	};
}

function cidrOf(net: Cidr): Cidr {
	return { addr: net.addr, prefix: net.prefix };
}

/** Deletes the first rule that has all that is given. */
async function remove(run: IpRun, words: Words): Promise<number> {
	if (words.word === undefined) throw new ToolExit(1, '"ip rule del" requires arguments.\n');
	const asked = await parseRuleWords(run, words, false);
	const found = (await run.dump("rule")).find((rule) => fits(rule, asked, isEqual));
	if (found === undefined) throw new ToolExit(2, "RTNETLINK answers: No such file or directory\n");
	await run.apply({ verb: "delete", object: found });
	return 0;
}

async function flush(run: IpRun, words: Words): Promise<number> {
	const asked = await parseRuleWords(run, words, true);
	const gone = (await run.dump("rule")).filter((rule) => rule.priority !== 0 && fits(rule, asked, isInside));
	for (const object of gone) await run.apply({ verb: "delete", object });
	return 0;
}

async function show(run: IpRun, words: Words): Promise<number> {
	const asked = await parseRuleWords(run, words, true);
	const names = new Set((await run.links()).map((link) => link.name));
	const listing = {
		details: run.options.details > 0,
		hasDevice: (name: string) => names.has(name),
		tableName: await run.tableNames(),
	};
	if (run.options.family === "inet6") {
		const rules = IPV6_RULES.filter((rule) => fits(rule, asked, isInside));
		run.print(rules.map((rule) => ruleFields(rule, listing)));
		return 0;
	}
	const rules = (await run.dump("rule")).filter((rule) => fits(rule, asked, isInside));
	run.print(rules.map((rule) => ruleFields(rule, listing)));
	return 0;
}

/** What every kernel starts with. */
const IPV6_RULES: readonly PolicyRule[] = [
	{ kind: "rule", family: "ipv6", priority: 0, table: 255 },
	{ kind: "rule", family: "ipv6", priority: 32766, table: 254 },
];

function fits(
	rule: PolicyRule,
	asked: RuleWords,
	sameNet: (net: Cidr | undefined, given: PrefixWord) => boolean,
): boolean {
	return (
		(asked.priority === undefined || rule.priority === asked.priority) &&
		(asked.not === undefined || rule.not === true) &&
		(asked.from === undefined || sameNet(rule.from, asked.from)) &&
		(asked.to === undefined || sameNet(rule.to, asked.to)) &&
		(asked.iif === undefined || rule.iif === asked.iif) &&
		(asked.oif === undefined || rule.oif === asked.oif) &&
		(asked.table === undefined || rule.table === asked.table) &&
		(asked.fwmark === undefined ||
			(rule.fwmark?.value === asked.fwmark.value && rule.fwmark.mask === asked.fwmark.mask))
	);
}

function isEqual(net: Cidr | undefined, given: PrefixWord): boolean {
	if (net === undefined) return given.prefix === 0;
	return net.prefix === given.prefix && net.addr === networkOf(given).addr;
}

function isInside(net: Cidr | undefined, given: PrefixWord): boolean {
	if (given.prefix === 0) return true;
	return net !== undefined && net.prefix >= given.prefix && cidrContains(given, net.addr);
}

async function parseRuleWords(run: IpRun, words: Words, isListing: boolean): Promise<RuleWords> {
	const asked: RuleWords = {};
	for (let word = words.take(); word !== undefined; word = words.take())
		await parseOne(run, words, word, { asked, isListing });
	return asked;
}

async function parseOne(
	run: IpRun,
	words: Words,
	word: string,
	{ asked, isListing }: { readonly asked: RuleWords; readonly isListing: boolean },
): Promise<void> {
	const { family } = run.options;
	if (word === "not") asked.not = true;
	else if (word === "from") asked.from = prefixArgument(words.argument(), family);
	else if (word === "to") asked.to = prefixArgument(words.argument(), family);
	else if (matches(word, "preference") || matches(word, "order") || matches(word, "priority")) {
		const text = words.argument();
		asked.priority = parseUnsigned(text) ?? invalid(text, "preference value is invalid", "\n\n");
	} else if (word === "fwmark") asked.fwmark = markArgument(words.argument());
	else if (word === "lookup" || matches(word, "table")) await tableWord(run, words, asked);
	else if (word === "dev" || word === "iif") asked.iif = words.argument();
	else if (word === "oif") asked.oif = words.argument();
	else if (UNMODELLED.includes(word)) throw notModelled(`rule selector ${word}`);
	else if (isListing) asked.to = prefixArgument(word, family === "inet6" ? family : "inet");
	else {
		const type = word === "type" ? words.argument() : word;
		if (matches(type, "help")) throw new ToolExit(255, RULE_USAGE);
		if (RULE_TYPES.some((name) => matches(type, name))) throw notModelled(`rule type ${type}`);
		invalid(type, "Failed to parse rule type");
	}
}

async function tableWord(run: IpRun, words: Words, asked: RuleWords): Promise<void> {
	const text = words.argument();
	asked.table = (await parseTable(run, text)) ?? invalid(text, "invalid table ID", "\n\n");
}

const UNMODELLED = [
	"tos",
	"dsfield",
	"realms",
	"protocol",
	"suppress_prefixlength",
	"sup_pl",
	"suppress_ifgroup",
	"sup_group",
	"l3mdev",
	"uidrange",
	"tun_id",
	"nat",
	"map-to",
	"ipproto",
	"sport",
	"dport",
];

const RULE_TYPES = ["goto", "nop", "unicast", "blackhole", "unreachable", "prohibit", "throw", "local", "broadcast"];

function markArgument(text: string): { readonly value: number; readonly mask: number } {
	const slash = text.indexOf("/");
	const value = parseUnsigned(slash < 0 ? text : text.slice(0, slash));
	if (value === undefined) return invalid(text, "fwmark value is invalid", "\n\n");
	const mask = slash < 0 ? 0xffffffff : parseUnsigned(text.slice(slash + 1));
	if (mask === undefined) return invalid(text.slice(slash + 1), "fwmask value is invalid", "\n\n");
	return { value, mask };
}
