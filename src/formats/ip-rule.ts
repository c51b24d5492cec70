/** Lines of `ip rule`. */
import { type PolicyRule, RT_TABLE_DEFAULT, RT_TABLE_LOCAL, RT_TABLE_MAIN } from "../kernel/objects.ts";
import { addrBits, type Cidr } from "../wire/addr.ts";
import { type Field, field, fieldIf, fieldsText, textOnly } from "./fields.ts";
import { formatHost, tableName } from "./ip-route.ts";

export interface RuleListing {
	/** -d. */
	readonly details?: boolean;
	/** A device of this name exists; absent: all do. */
	readonly hasDevice?: (name: string) => boolean;
	readonly tableName?: (table: number) => string;
}

/** One policy rule, without a line end. */
export function formatPolicyRule(rule: PolicyRule): string {
	return fieldsText(ruleFields(rule)).trimEnd();
}

/** The same as fields; the text ends in no space. */
export function ruleFields(rule: PolicyRule, listing: RuleListing = {}): readonly Field[] {
	const { fwmark } = rule;
	const table = (listing.tableName ?? tableName)(rule.table);
	const proto = isDefaultRule(rule) ? "kernel" : "unspec";
	return [
		field(`${rule.priority}:\t`, "priority", rule.priority),
		...fieldIf(rule.not === true, "not ", "not", null),
		...(rule.from === undefined ? [field("from all ", "src", "all")] : netFields("from", rule.from, ["src", "srclen"])),
		...(rule.to === undefined ? [] : netFields("to", rule.to, ["dst", "dstlen"])),
		...(fwmark === undefined ? [] : markFields(fwmark)),
		...deviceFields("iif", rule.iif, listing),
		...deviceFields("oif", rule.oif, listing),
		field(`lookup ${table}`, "table", table),
		...fieldIf(listing.details === true, ` proto ${proto}`, "protocol", proto),
	];
}

function netFields(word: string, net: Cidr, [key, lengthKey]: readonly [string, string]): readonly Field[] {
	const isHost = net.prefix === addrBits(net.addr);
	return [field(`${word} ${formatHost(net)} `, key, net.addr), ...fieldIf(!isHost, "", lengthKey, net.prefix)];
}

function markFields(mark: { readonly value: number; readonly mask: number }): readonly Field[] {
	const value = `0x${mark.value.toString(16)}`;
	const mask = `0x${mark.mask.toString(16)}`;
	const isWhole = mark.mask === 0xffffffff;
	return [field(`fwmark ${value}`, "fwmark", value), ...fieldIf(!isWhole, `/${mask}`, "fwmask", mask), textOnly(" ")];
}

function deviceFields(word: "iif" | "oif", name: string | undefined, listing: RuleListing): readonly Field[] {
	if (name === undefined) return [];
	const isDetached = listing.hasDevice?.(name) === false;
	return [field(`${word} ${name} `, word, name), ...fieldIf(isDetached, "[detached] ", `${word}_detached`, null)];
}

/** One of the three of a fresh namespace, which are the kernel's own. */
function isDefaultRule(rule: PolicyRule): boolean {
	const table = new Map([
		[0, RT_TABLE_LOCAL],
		[32766, RT_TABLE_MAIN],
		[32767, RT_TABLE_DEFAULT],
	]).get(rule.priority);
	return table === rule.table && rule.from === undefined && rule.to === undefined && rule.fwmark === undefined;
}
