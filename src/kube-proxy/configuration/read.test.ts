import fc from "fast-check";
import { expect, test } from "vitest";
import { API_VERSION, FIELDS, KIND } from "./fields.ts";
import { configurationOfFlags, type GivenFlag } from "./flags.ts";
import { readConfiguration } from "./read.ts";
import { proxySettings } from "./settings.ts";

const value = fc.oneof(
	fc.jsonValue({ maxDepth: 2 }),
	fc.constantFrom("30s", "-1s", "10.0.0.0/8", "fd00::/64,10.0.0.0/8", "primary", "ipvs", "NodeCIDR", "0.0.0.0:1", "::"),
	fc.array(fc.constantFrom("10.0.0.0/8", "primary", "x", "fd00::/64"), { maxLength: 3 }),
	fc.integer({ min: -5, max: 40 }),
);
const path = fc.constantFrom(...FIELDS.map((field) => field.path), "iptables", "unknown", "ipvs.unknown");

/** A configuration with a few fields of any content. */
const text = fc.array(fc.tuple(path, value), { maxLength: 5 }).map((fields) => {
	const data: Record<string, unknown> = { apiVersion: API_VERSION, kind: KIND };
	for (const [name, content] of fields) {
		const [section = "", inner] = name.split(".");
		const before = data[section];
		if (inner === undefined) data[section] = content;
		else data[section] = { ...(typeof before === "object" ? before : {}), [inner]: content };
	}
	return JSON.stringify(data, undefined, 1);
});

test("whatever the fields hold, it ends in settings or in errors that point into the file", () => {
	let good = 0;
	fc.assert(
		fc.property(text, (config) => {
			const lines = config.split("\n").length;
			const read = readConfiguration({ path: "config.json", text: config });
			if (read.ok) {
				good += 1;
				expect(["iptables", "ipvs", "nftables"]).toContain(proxySettings(read.value.values).mode);
				return;
			}
			expect(read.error.length).toBeGreaterThan(0);
			for (const { file, line, column, message } of read.error) {
				expect(file).toBe("config.json");
				expect(line >= 1 && line <= lines && column >= 1).toBe(true);
				expect(message).not.toBe("");
			}
		}),
		{ numRuns: 400 },
	);
	expect(good).toBeGreaterThan(10);
});

test("whatever text it is", () => {
	fc.assert(
		fc.property(fc.string({ maxLength: 60 }), (config) => {
			expect(readConfiguration({ path: "c", text: config }).ok).toBe(false);
		}),
	);
});

test("whatever the flags hold", () => {
	const flag = fc.record({
		flag: fc.constantFrom(...FIELDS.flatMap((field) => field.flag ?? [])),
		value: fc.oneof(
			fc.constant(undefined),
			fc.string({ maxLength: 8 }),
			fc.constantFrom("true", "7", "30s", "10.0.0.0/8"),
		),
	});
	fc.assert(
		fc.property(fc.array(flag, { maxLength: 4 }), (flags: readonly GivenFlag[]) => {
			const values = configurationOfFlags(flags);
			if (values.ok) proxySettings(values.value);
			else expect(values.error.every((line) => line !== "")).toBe(true);
		}),
		{ numRuns: 400 },
	);
});
