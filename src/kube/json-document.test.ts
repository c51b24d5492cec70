/** JSON is read in two ways, of which one is quick: they must not be told apart. A comment at the end makes the slow one read. */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { LineCounter } from "yaml";
import { jsonDocument } from "./json-document.ts";
import { formatManifestError } from "./manifest-error.ts";
import { parseManifests } from "./parse-manifests.ts";

const GOLDEN = new URL("../../../shared/golden/", import.meta.url);

/** Snapshot and notes, or errors with their places. */
function outcome(text: string): unknown {
	const parsed = parseManifests([{ path: "m.json", text }]);
	return parsed.ok ? parsed.value : parsed.error.map(formatManifestError);
}

const slowly = (text: string): unknown => outcome(`${text}\n# not JSON`);

function goldens(): readonly string[] {
	try {
		return readdirSync(GOLDEN).filter((name) => /^\d+$/.test(name));
	} catch {
		return [];
	}
}

const names = goldens();

test.skipIf(names.length === 0)("what kubectl writes gives the same objects and notes", () => {
	for (const name of names.slice(0, 6)) {
		const text = readFileSync(new URL(`${name}/objects.json`, GOLDEN), "utf8");
		expect(jsonDocument(text, new LineCounter())).toBeDefined();
		expect(outcome(text)).toEqual(slowly(text));
	}
});

const field = fc.constantFrom(
	"clusterIP",
	"ports",
	"type",
	"externalIPs",
	"selector",
	"port",
	"name",
	"x",
	"sessionAffinity",
);
const value: fc.Arbitrary<unknown> = fc.oneof(
	fc.jsonValue({ maxDepth: 2 }),
	fc.constantFrom("10.96.0.1", "NodePort", "None", 'a "b"\n\\ ü', -0, 1e21, 80, "80"),
	fc.array(fc.dictionary(field, fc.constantFrom<unknown>(80, "http", "TCP", true, null), { maxKeys: 4 }), {
		maxLength: 3,
	}),
);
const manifest = fc
	.record({ spec: fc.dictionary(field, value, { maxKeys: 5 }), indent: fc.constantFrom(undefined, 1, "\t") })
	.map(({ spec, indent }) => {
		const service = {
			apiVersion: "v1",
			kind: "Service",
			metadata: { name: "a" },
			spec: { ports: [{ port: 80 }], ...spec },
		};
		return JSON.stringify({ apiVersion: "v1", kind: "List", items: [service] }, undefined, indent);
	})
	// YAML wants no tabs before what continues a line.
	.map((text) => text.replaceAll("\t", "  "));

test("whatever is in a Service: the same object, or the same errors at the same places", () => {
	fc.assert(
		fc.property(manifest, (text) => {
			fc.pre(jsonDocument(text, new LineCounter()) !== undefined);
			expect(outcome(text)).toEqual(slowly(text));
		}),
		{ numRuns: 300 },
	);
});

test.each([
	"",
	"[]",
	"{",
	"{}x",
	'{"a":1,}',
	'{"a":1 "b":2}',
	'{"a":01}',
	'{"a":.5}',
	'{"a":"\u0001"}',
	'{"a":"\\x"}',
	'{"a":"b',
	'{"a":[1,]}',
	'{"a":nul}',
	'{"a":1,"a":2}',
	'{"<<":{}}',
	"{'a':1}",
	`{"a":${"[".repeat(600)}${"]".repeat(600)}}`,
])("left to the yaml package: %j", (text) => {
	expect(jsonDocument(text, new LineCounter())).toBeUndefined();
});
