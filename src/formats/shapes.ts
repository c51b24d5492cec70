/** Shapes (zod) of the words that files about networks are made of: addresses, names, times, rules. Messages say what is expected. */
import * as z from "zod";
import type { InnerPlace } from "../base/yaml-text.ts";
import { type Cidr, type IpAddr, type MacAddr, parseCidr, parseIp, parseMac } from "../wire/addr.ts";
import { parseIpSetSave } from "./ipset/parse-listing.ts";
import { parseIptablesSave } from "./iptables-save.ts";

type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false };

/** A text that a parser reads. */
export function parsedText<T>(expected: string, read: (text: string) => Read<T>): z.ZodType<T, string> {
	return z.string({ error: expected }).transform((text, context): T => {
		const result = read(text);
		if (result.ok) return result.value;
		context.issues.push({ code: "custom", message: expected, input: text });
		return z.NEVER;
	});
}

export const deviceName: z.ZodType<string, string> = z
	.string()
	.regex(/^[^\s/:]{1,15}$/, { error: "a device's name: at most 15 characters, no space, / or :" });

export const wholeNumber: z.ZodType<number, number> = z
	.int({ error: "a whole number" })
	.min(0, { error: "a whole number from 0" });

export const addressShape: z.ZodType<IpAddr, string> = parsedText("an IP address", parseIp);

export const macShape: z.ZodType<MacAddr, string> = parsedText("a MAC address as 02:00:00:00:00:01", parseMac);

/** As it is written. */
export const addressWithPrefix: z.ZodType<string, string> = z
	.string()
	.refine((text) => text.includes("/") && parseCidr(text).ok, {
		error: "an address with its prefix length, as 10.0.0.1/24",
	});

export const destinationShape: z.ZodType<Cidr, string> = parsedText("default, or a network as 10.244.0.0/16", (text) =>
	parseCidr(text === "default" ? "0.0.0.0/0" : text),
);

/** In nanoseconds. */
export const durationShape: z.ZodType<number, string> = parsedText("a time as 500ms, 3s or 2m", durationNs);

/** What iptables-save prints, of IPv4; an error points inside the text. */
export const iptablesText: z.ZodType<string, string> = z.string().superRefine(checkRules);

/** What `ipset save` prints; an error points inside the text. */
export const ipsetText: z.ZodType<string, string> = z.string().superRefine(checkSets);

const UNIT_NS: ReadonlyMap<string, number> = new Map([
	["ms", 1e6],
	["s", 1e9],
	["m", 60e9],
]);

function durationNs(text: string): Read<number> {
	const found = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text);
	const unit = UNIT_NS.get(found?.[2] ?? "");
	return unit === undefined ? { ok: false } : { ok: true, value: Number(found?.[1]) * unit };
}

function checkSets(text: string, context: z.RefinementCtx): void {
	const sets = parseIpSetSave(text);
	if (sets.ok) return;
	const { line, message } = sets.error;
	const inner: InnerPlace = { line, column: 1 };
	context.addIssue({ code: "custom", message: `no ipset save text: ${message}`, params: { inner } });
}

function checkRules(text: string, context: z.RefinementCtx): void {
	const rules = parseIptablesSave(text.endsWith("\n") ? text : `${text}\n`, { family: "ipv4" });
	if (rules.ok) return;
	const { line, column, message } = rules.error;
	const inner: InnerPlace = { line, column };
	context.addIssue({ code: "custom", message: `no iptables-save text: ${message}`, params: { inner } });
}
