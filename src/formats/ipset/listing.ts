/** Sets as `ipset list` and `ipset save` print them: plain, as commands, as XML. */
import type { IpSet, IpSetMember } from "../../kernel/ipset.ts";
import { ipNum } from "../../wire/addr.ts";
import { formatElement } from "./element.ts";
import { formatCreateOptions, formatMemberOptions, formatOption, formatSkbmark } from "./options.ts";
import { syntaxOf, type TypeSyntax } from "./types.ts";

export interface ListingOptions {
	/** `-t`: no elements. */
	readonly terse?: boolean;
	/** `-s`. */
	readonly sorted?: boolean;
}

/** `ipset list`: sets one after another, an empty line between them. */
export function formatIpSetList(sets: readonly IpSet[], options: ListingOptions = {}): string {
	return sets.map((set) => formatPlain(set, options)).join("\n");
}

/** `ipset save`: what `ipset restore` takes. */
export function formatIpSetSave(sets: readonly IpSet[], options: ListingOptions = {}): string {
	return sets
		.map((set) => {
			const type = typeOf(set);
			const create = `create ${set.name} ${type.name} ${formatCreateOptions(set, type)}\n`;
			const adds = shown(set, options).map(
				(member) => `add ${set.name} ${formatElement(member.parts, type)}${formatMemberOptions(member)}\n`,
			);
			return create + adds.join("");
		})
		.join("");
}

/** `-o xml`. */
export function formatIpSetXml(sets: readonly IpSet[], options: ListingOptions = {}): string {
	return `<ipsets>\n${sets.map((set) => formatXml(set, options)).join("")}</ipsets>\n`;
}

/** `-n`: names only. */
export function formatIpSetNames(sets: readonly IpSet[], how: "plain" | "save" | "xml"): string {
	if (how !== "xml") return sets.map(({ name }) => `${name}\n`).join("");
	return `<ipsets>\n${sets.map(({ name }) => `<ipset name="${name}"/>\n`).join("")}</ipsets>\n`;
}

/** The set's type; a set in a dump always has one. */
function typeOf({ name, type }: IpSet): TypeSyntax {
	if (type === undefined) throw new Error(`set ${name} has no type`);
	return syntaxOf(type);
}

function formatPlain(set: IpSet, options: ListingOptions): string {
	const type = typeOf(set);
	const { header } = set;
	const lines = [
		`Name: ${set.name}`,
		`Type: ${type.name}`,
		`Revision: ${header?.revision ?? 0}`,
		`Header: ${formatCreateOptions(set, type)}`,
		`Size in memory: ${header?.memoryBytes ?? 0}`,
		`References: ${header?.references ?? 0}`,
		`Number of entries: ${header?.entries ?? 0}`,
	];
	if (options.terse !== true) {
		lines.push("Members:");
		for (const member of shown(set, options)) {
			lines.push(`${formatElement(member.parts, type)}${formatMemberOptions(member)}`);
		}
	}
	return `${lines.join("\n")}\n`;
}

function formatXml(set: IpSet, options: ListingOptions): string {
	const type = typeOf(set);
	const { header } = set;
	const words = type.create.flatMap((word) => formatOption(word, set.family ?? "ipv4", set.options ?? {}));
	const head = words.map((word) => {
		const [name = "", value] = word.split(" ");
		return value === undefined ? `<${name}/>` : `<${name}>${value}</${name}>`;
	});
	const members =
		options.terse === true ? [] : ["<members>", ...shown(set, options).map((m) => xmlMember(m, type)), "</members>"];
	return `${[
		`<ipset name="${set.name}">`,
		`<type>${type.name}</type>`,
		`<revision>${header?.revision ?? 0}</revision>`,
		`<header>${head.join("")}`,
		`<memsize>${header?.memoryBytes ?? 0}</memsize>`,
		`<references>${header?.references ?? 0}</references>`,
		`<numentries>${header?.entries ?? 0}</numentries>`,
		"</header>",
		...members,
		"</ipset>",
	].join("\n")}\n`;
}

function xmlMember(member: IpSetMember, type: TypeSyntax): string {
	const { timeout, packets, bytes, comment, skbmark, skbprio, skbqueue } = member;
	const tag = (name: string, value: string | number | undefined): string =>
		value === undefined ? "" : `<${name}>${value}</${name}>`;
	return (
		`<member>${tag("elem", formatElement(member.parts, type))}${tag("timeout", timeout)}` +
		`${member.nomatch === true ? "<nomatch/>" : ""}${member.wildcard === true ? "<wildcard/>" : ""}` +
		`${tag("packets", packets)}${tag("bytes", bytes)}` +
		tag("comment", comment === undefined || comment === "" ? undefined : `"${comment}"`) +
		tag("skbmark", skbmark === undefined ? undefined : formatSkbmark(skbmark)) +
		tag("skbprio", skbprio === undefined ? undefined : `${skbprio.major.toString(16)}:${skbprio.minor.toString(16)}`) +
		`${tag("skbqueue", skbqueue)}</member>`
	);
}

function shown({ entries = [] }: IpSet, { sorted }: ListingOptions): readonly IpSetMember[] {
	if (sorted !== true) return entries;
	return entries.toSorted((a, b) => compareMembers(a, b));
}

/** By component; addresses and ports as numbers. Lists of sets keep their order. */
function compareMembers(a: IpSetMember, b: IpSetMember): number {
	for (const [at, part] of a.parts.entries()) {
		const other = b.parts[at];
		if (other === undefined) return 1;
		const difference = compareKeys(keysOf(part), keysOf(other));
		if (difference !== 0) return difference;
	}
	return 0;
}

function keysOf(part: IpSetMember["parts"][number]): readonly (number | bigint | string)[] {
	switch (part.kind) {
		case "ip":
			// More exact networks come first.
			return [ipNum(part.addr), -(part.prefix ?? 129)];
		case "port":
			return [part.proto, part.port];
		case "mac":
			return [part.mac];
		case "mark":
			return [part.mark];
		case "iface":
			return [part.physdev === true ? 1 : 0, part.iface];
		case "set":
			return [];
	}
}

function compareKeys(a: readonly (number | bigint | string)[], b: readonly (number | bigint | string)[]): number {
	for (const [at, key] of a.entries()) {
		const other = b[at];
		if (other === undefined || key === other) continue;
		return key < other ? -1 : 1;
	}
	return 0;
}
