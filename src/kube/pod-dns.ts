/** A pod's `dnsPolicy` and `dnsConfig`, checked as the API server checks them. */
import type { Field } from "./field.ts";
import { isDnsSubdomain, readIp, readList, required } from "./field-values.ts";
import type { PodDnsConfig, PodDnsPolicy } from "./snapshot.ts";

export interface PodDns {
	readonly dnsPolicy?: PodDnsPolicy;
	readonly dnsConfig?: PodDnsConfig;
}

export const MAX_DNS_NAMESERVERS = 3;
export const MAX_DNS_SEARCHES = 32;
/** Of all search domains together, the blanks between them counted. */
export const MAX_DNS_SEARCH_CHARS = 2048;

const POLICIES: readonly PodDnsPolicy[] = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
const CONFIG_FIELDS: ReadonlySet<string> = new Set(["nameservers", "searches", "options"]);

export function readPodDns(spec: Field): PodDns {
	const dnsPolicy = spec.get("dnsPolicy").oneOf(POLICIES);
	const field = spec.get("dnsConfig");
	const dnsConfig = field.present ? readConfig(field) : undefined;
	if (dnsPolicy === "None" && (dnsConfig === undefined || dnsConfig.nameservers.length === 0)) {
		const where = dnsConfig === undefined ? field : field.get("nameservers");
		where.fail("missing-field", "must provide at least one DNS nameserver when `dnsPolicy` is None");
	}
	return { ...(dnsPolicy === undefined ? {} : { dnsPolicy }), ...(dnsConfig === undefined ? {} : { dnsConfig }) };
}

function readConfig(field: Field): PodDnsConfig {
	field.allow(CONFIG_FIELDS);
	const nameservers = readList(field.get("nameservers"), readIp);
	const searches = readList(field.get("searches"), readSearch);
	const options = readList(field.get("options"), readOption);
	if (nameservers.length > MAX_DNS_NAMESERVERS) {
		field.get("nameservers").expected(`at most ${MAX_DNS_NAMESERVERS} nameservers`);
	}
	if (searches.length > MAX_DNS_SEARCHES) field.get("searches").expected(`at most ${MAX_DNS_SEARCHES} search domains`);
	if (searches.join(" ").length > MAX_DNS_SEARCH_CHARS) {
		field
			.get("searches")
			.expected(`at most ${MAX_DNS_SEARCH_CHARS} characters, the blanks between the domains counted`);
	}
	return { nameservers, searches, options };
}

/** A domain, which may begin a label with an underscore; `.` is the root. */
function readSearch(field: Field): string | undefined {
	const text = field.string();
	if (text === undefined || text === ".") return text;
	const plain = text.replace(/\.$/, "").replaceAll("_", "a");
	return isDnsSubdomain(plain) ? text : field.expected("a domain name");
}

function readOption(field: Field): { readonly name: string; readonly value?: string } | undefined {
	const name = required(field.get("name"), (item) => item.string(), "the option's name");
	const value = field.get("value").string();
	if (name === undefined || name === "") {
		if (name === "") field.get("name").expected("the option's name");
		return undefined;
	}
	return value === undefined ? { name } : { name, value };
}
