/** The link types that captures may have here, by tcpdump's names. */
import type { FilterLink } from "../../../wire/filter/link-layer.ts";
import type { SummaryOptions } from "../../../wire/summary-printer.ts";

export interface LinkType {
	/** In capture files. */
	readonly number: number;
	/** `EN10MB`. */
	readonly name: string;
	readonly description: string;
	readonly filter: FilterLink;
	readonly summary: SummaryOptions["link"];
}

export const ETHERNET: LinkType = {
	number: 1,
	name: "EN10MB",
	description: "Ethernet",
	filter: "ethernet",
	summary: "ethernet",
};
export const COOKED_V1: LinkType = {
	number: 113,
	name: "LINUX_SLL",
	description: "Linux cooked v1",
	filter: "sll",
	summary: "sll",
};
export const COOKED_V2: LinkType = {
	number: 276,
	name: "LINUX_SLL2",
	description: "Linux cooked v2",
	filter: "sll2",
	summary: "sll2",
};
export const RAW: LinkType = { number: 101, name: "RAW", description: "Raw IP", filter: "raw", summary: "ip" };
const LINK_TYPES: readonly LinkType[] = [ETHERNET, RAW, COOKED_V1, COOKED_V2];

export function linkTypeByNumber(number: number): LinkType | undefined {
	return LINK_TYPES.find((type) => type.number === number);
}

export function linkTypeByName(name: string): LinkType | undefined {
	return LINK_TYPES.find((type) => type.name === name.toUpperCase());
}

/** `EN10MB (Ethernet)` */
export function linkTypeText(type: LinkType): string {
	return `${type.name} (${type.description})`;
}
