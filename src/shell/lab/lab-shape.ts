/** The shape of a lab file, once: it reads the text, and docs/lab-v1.schema.json is made from it. Messages say what is expected. */
import { parse } from "unbash";
import * as z from "zod";
import type { InnerPlace } from "../../base/yaml-text.ts";
import {
	addressShape as address,
	destinationShape as destination,
	deviceName as device,
	durationShape as duration,
	iptablesText,
	macShape as macAddress,
	parsedText,
	wholeNumber as whole,
	addressWithPrefix as withPrefix,
} from "../../formats/shapes.ts";
import {
	type Count,
	LAB_SCHEMA,
	type Lab,
	type LabCluster,
	type LabExpectation,
	type LabLink,
	type LabStep,
} from "./lab.ts";

/** As written: a step's machine may be missing where there is only one. */
export type LabText = Omit<Lab, "steps"> & { readonly steps: readonly StepText[] };

type StepText = Omit<LabStep, "on" | "interruptAfterNs"> & {
	readonly on?: string | undefined;
	/** In nanoseconds. */
	readonly interruptAfter?: number | undefined;
};

const name = z
	.string()
	.regex(/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/, { error: "a name: letters, digits, -, _ and ." });
const prose = z.string();
const pattern = parsedText<RegExp>("a regular expression", regExp);

const count = z.union(
	[
		whole.transform((n): Count => ({ atLeast: n, atMost: n })),
		z
			.strictObject({ atLeast: whole.optional(), atMost: whole.optional() })
			.transform((of): Count => ({ atLeast: of.atLeast ?? 0, atMost: of.atMost ?? Infinity })),
	],
	{ error: "a number, or a mapping with atLeast and atMost" },
);

/** One or several. */
function some<T extends z.ZodType>(item: T, what: string) {
	return z.union([item.transform((one) => [one]), z.array(item)], { error: what }).default([]);
}

const texts = some(z.string(), "a text, or a sequence of texts");

const textExpectation = z.strictObject({
	contains: texts,
	lacks: texts,
	matches: some(pattern, "a regular expression, or a sequence of them"),
	equals: z.string().optional(),
	lines: count.optional(),
});

const place = { on: name.optional(), in: name.optional() };

const expectation: z.ZodType<LabExpectation> = z.strictObject({
	exit: z.union([whole, z.literal("any")], { error: "an exit code, or any" }).optional(),
	stdout: textExpectation.optional(),
	stderr: textExpectation.optional(),
	terminals: z.record(name, textExpectation).default({}),
	captures: z
		.array(
			z.strictObject({
				terminal: name.optional(),
				file: z.string().optional(),
				matches: pattern.optional(),
				packets: count,
			}),
		)
		.default([]),
	counters: z
		.array(
			z.strictObject({
				...place,
				table: z.enum(["raw", "mangle", "nat", "filter", "security"]),
				chain: z.string(),
				rule: z.union([z.int().min(1), z.string()], { error: "a rule's number, a piece of its text, or policy" }),
				packets: count.optional(),
				bytes: count.optional(),
				newPackets: count.optional(),
			}),
		)
		.default([]),
	log: z.array(z.strictObject({ on: name.optional(), prefix: z.string(), contains: texts, lines: count })).default([]),
	arp: z
		.array(
			z.strictObject({
				...place,
				address: address.optional(),
				mac: macAddress.optional(),
				entries: count.default({ atLeast: 1, atMost: 1 }),
			}),
		)
		.default([]),
	conntrack: z.array(z.strictObject({ ...place, matches: pattern.optional(), entries: count })).default([]),
});

const nothing: LabExpectation = { terminals: {}, captures: [], counters: [], log: [], arp: [], conntrack: [] };

const step = z.strictObject({
	title: z.string().optional(),
	on: name.optional(),
	in: name.optional(),
	run: z.string().superRefine(checkCommands).optional(),
	terminal: name.optional(),
	interrupt: some(name, "a terminal's name, or a sequence of them"),
	interruptAfter: duration.optional(),
	explain: prose.optional(),
	expect: expectation.default(nothing),
});

const end = z
	.string()
	.regex(/^[^\s:]+:[^\s:]+$/, { error: "an interface as HOST:DEVICE" })
	.transform((text) => {
		const [host = "", dev = ""] = text.split(":");
		return { host, dev };
	});

const link: z.ZodType<LabLink> = z
	.strictObject({
		cable: z.array(end).length(2, { error: "two ends" }).optional(),
		switch: z.array(end).min(1, { error: "at least one end" }).optional(),
	})
	.transform((of, context): LabLink => {
		if ((of.cable === undefined) === (of.switch === undefined)) {
			context.issues.push({ code: "custom", message: "either cable or switch", input: of });
		}
		return of.cable === undefined ? { type: "switch", ends: of.switch ?? [] } : { type: "cable", ends: of.cable };
	});

const host = z.strictObject({
	os: z.strictObject({ name: z.string(), version: z.string(), kernel: z.string() }).optional(),
	interfaces: z
		.record(
			device,
			z.strictObject({
				mac: macAddress.optional(),
				mtu: z.int({ error: "an MTU from 68 to 65535" }).min(68).max(65535).optional(),
				up: z.boolean().default(true),
				addresses: some(withPrefix, "an address with its prefix length, or a sequence of them"),
			}),
		)
		.default({}),
	routes: z
		.array(
			z.strictObject({
				to: destination,
				via: address.optional(),
				dev: device.optional(),
				src: address.optional(),
				metric: whole.optional(),
			}),
		)
		.default([]),
	sysctls: z
		.record(z.string(), z.union([z.string(), z.number()], { error: "a number or a text" }).transform(String))
		.default({}),
	files: z.record(z.string().regex(/^\//, { error: "an absolute path" }), z.string()).default({}),
	iptables: iptablesText.optional(),
});

const cluster: z.ZodType<LabCluster> = z.strictObject({
	manifests: z.string(),
	network: z.string().optional(),
	proxyMode: z.string().optional(),
});

export const LAB_SHAPE: z.ZodType<LabText> = z
	.strictObject({
		schema: z.literal(LAB_SCHEMA),
		title: z.string(),
		about: prose.optional(),
		source: z.string().optional(),
		seed: whole.optional(),
		cluster: cluster.optional(),
		hosts: z.record(name, host).default({}),
		links: z.array(link).default([]),
		steps: z.array(step),
	})
	.meta({ title: "A podwire lab" });

/** Multi-line: ^ and $ are the ends of lines. */
function regExp(text: string): { readonly ok: true; readonly value: RegExp } | { readonly ok: false } {
	try {
		return { ok: true, value: new RegExp(text, "m") };
	} catch {
		return { ok: false };
	}
}

function checkCommands(text: string, context: z.RefinementCtx): void {
	const fault = parse(text).errors?.[0];
	if (fault === undefined) return;
	const before = text.trimEnd().slice(0, fault.pos).split("\n");
	const inner: InnerPlace = { line: before.length, column: (before.at(-1) ?? "").length + 1 };
	context.addIssue({ code: "custom", message: `no shell command: ${fault.message}`, params: { inner } });
}
