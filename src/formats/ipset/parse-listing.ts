/** Reading what `ipset list` and `ipset save` print. */
import { err, ok, type Result } from "../../base/result.ts";
import type { IpSet, IpSetMember } from "../../kernel/ipset.ts";
import type { IpFamily } from "../../wire/addr.ts";
import { wordsOfLine } from "./command.ts";
import { parseElement } from "./element.ts";
import { isFault } from "./fault.ts";
import { parseCreateOptions, parseMemberOptions } from "./options.ts";
import { type TypeSyntax, typeSyntax } from "./types.ts";

export interface IpSetTextError {
	/** From 1. */
	readonly line: number;
	readonly message: string;
}

/** `ipset save`: lines of `create` and `add`. */
export function parseIpSetSave(text: string): Result<readonly IpSet[], IpSetTextError> {
	const sets = new Map<string, OpenSet>();
	for (const [index, line] of text.split("\n").entries()) {
		const failed = (message: string) => err({ line: index + 1, message });
		const [command, name = "", third = "", ...rest] = wordsOfLine(line);
		if (command === undefined || command.startsWith("#") || command === "COMMIT") continue;
		if (command === "create") {
			const made = openSet(name, third, rest);
			if (typeof made === "string") return failed(made);
			sets.set(name, made);
			continue;
		}
		if (command !== "add") return failed(`unknown command ${command}`);
		const set = sets.get(name);
		if (set === undefined) return failed("The set with the given name does not exist");
		const member = parseMember(third, rest, set);
		if (typeof member === "string") return failed(member);
		set.entries.push(member);
	}
	return ok([...sets.values()].map(({ set, entries }) => ({ ...set, entries })));
}

/** `ipset list` with elements, in the plain form. */
export function parseIpSetList(text: string): Result<readonly IpSet[], IpSetTextError> {
	const sets: IpSet[] = [];
	const lines = text.split("\n");
	for (let at = 0; at < lines.length; ) {
		if (lines[at] === "") {
			at += 1;
			continue;
		}
		const failed = (message: string) => err({ line: at + 1, message });
		const fields = new Map<string, string>();
		for (; at < lines.length && lines[at] !== "" && lines[at] !== "Members:"; at += 1) {
			const line = lines[at] ?? "";
			const colon = line.indexOf(": ");
			if (colon < 0) return failed("Name, Type, Header and so on expected");
			fields.set(line.slice(0, colon), line.slice(colon + 2));
		}
		const made = openSet(fields.get("Name") ?? "", fields.get("Type") ?? "", (fields.get("Header") ?? "").split(" "));
		if (typeof made === "string") return failed(made);
		if (lines[at] === "Members:") at += 1;
		for (; at < lines.length && lines[at] !== ""; at += 1) {
			const [element = "", ...rest] = wordsOfLine(lines[at] ?? "");
			const member = parseMember(element, rest, made);
			if (typeof member === "string") return failed(member);
			made.entries.push(member);
		}
		const number = (name: string): number => Number(fields.get(name) ?? 0);
		const header = {
			revision: number("Revision"),
			memoryBytes: number("Size in memory"),
			references: number("References"),
			entries: number("Number of entries"),
		};
		sets.push({ ...made.set, entries: made.entries, header });
	}
	return ok(sets);
}

interface OpenSet {
	readonly set: IpSet;
	readonly type: TypeSyntax;
	readonly family: IpFamily;
	readonly entries: IpSetMember[];
}

function openSet(name: string, typeName: string, words: readonly string[]): OpenSet | string {
	const type = typeSyntax(typeName);
	if (type === undefined) return `Syntax error: typename '${typeName}' is unknown`;
	const parsed = parseCreateOptions(
		words.filter((word) => word !== ""),
		type,
	);
	if (isFault(parsed)) return parsed.message;
	const family = parsed.family ?? (type.name.startsWith("bitmap:ip") ? "ipv4" : undefined);
	const set: IpSet = {
		kind: "ipset",
		name,
		type: type.name,
		...(family === undefined ? {} : { family }),
		options: parsed.options,
	};
	return { set, type, family: family ?? "ipv4", entries: [] };
}

function parseMember(
	element: string,
	rest: readonly string[],
	{ type, family }: { readonly type: TypeSyntax; readonly family: IpFamily },
): IpSetMember | string {
	const parts = parseElement(element, { type, family, command: "add" });
	if (isFault(parts)) return parts.message;
	const said = parseMemberOptions(rest, type, "add");
	return isFault(said) ? said.message : { parts, ...said };
}
