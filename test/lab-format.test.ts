/** The lab format: the published schema is the reader's, the labs keep to it, and mistakes are named with their place. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { formatTextError } from "../src/base/text-error.ts";
import { LAB_SHAPE } from "../src/shell/lab/lab-shape.ts";
import { parseLab } from "../src/shell/lab/parse-lab.ts";

const SCHEMA = new URL("../docs/lab-v1.schema.json", import.meta.url);
const LABS = new URL("../labs/", import.meta.url);
const FORMAT = new URL("../docs/lab-format.md", import.meta.url);

function ajvValidator(): (data: unknown) => boolean {
	const schema: unknown = JSON.parse(readFileSync(SCHEMA, "utf8"));
	if (typeof schema !== "object" || schema === null) throw new Error("no schema");
	return new Ajv({ strict: true, allowUnionTypes: true }).compile(schema);
}

function errorsOf(text: string): readonly string[] {
	const lab = parseLab({ path: "my.yaml", text });
	return lab.ok ? [] : lab.error.map(formatTextError);
}

const MINIMAL = `schema: podwire.lab/v1
title: t
hosts: { a: {} }
`;

test("the published JSON schema is made from the shape that reads the files", () => {
	const made: unknown = { $id: "podwire.lab/v1", ...z.toJSONSchema(LAB_SHAPE, { io: "input", target: "draft-7" }) };
	if (process.env["UPDATE_SCHEMA"] !== undefined) writeFileSync(SCHEMA, `${JSON.stringify(made, undefined, "\t")}\n`);
	const published: unknown = JSON.parse(readFileSync(SCHEMA, "utf8"));
	// After a change of the shape: UPDATE_SCHEMA=1 npx vitest run test/lab-format.test.ts, then biome check --write docs.
	expect(published).toEqual(JSON.parse(JSON.stringify(made)));
});

test.each(readdirSync(LABS))("labs/%s keeps to the schema and is read", (name) => {
	const text = readFileSync(new URL(name, LABS), "utf8");
	expect(ajvValidator()(parse(text, { merge: true }))).toBe(true);
	expect(errorsOf(text)).toEqual([]);
});

test("the schema refuses what the reader refuses", () => {
	const valid = ajvValidator();
	expect(valid(parse(`${MINIMAL}steps: []`))).toBe(true);
	for (const wrong of [
		"steps: [{runn: ls}]",
		"steps: 3",
		"steps: [{run: ls, expect: {exit: -1}}]",
		"links: [{cable: [a]}]\nsteps: []",
	]) {
		expect(valid(parse(`${MINIMAL}${wrong}`)), wrong).toBe(false);
		expect(errorsOf(`${MINIMAL}${wrong}`), wrong).not.toEqual([]);
	}
});

test("the smallest lab of the documentation is a lab", () => {
	const [, example = ""] = /```yaml\n(schema:[\s\S]*?)```/.exec(readFileSync(FORMAT, "utf8")) ?? [];
	expect(errorsOf(example)).toEqual([]);
	expect(example).toContain("ping");
});

test("every field that the reader knows is documented", () => {
	const documented = readFileSync(FORMAT, "utf8");
	const schema: unknown = JSON.parse(readFileSync(SCHEMA, "utf8"));
	const names = new Set<string>();
	const collect = (value: unknown): void => {
		if (typeof value !== "object" || value === null) return;
		if ("properties" in value && typeof value.properties === "object" && value.properties !== null) {
			for (const name of Object.keys(value.properties)) names.add(name);
		}
		for (const inner of Object.values(value)) collect(inner);
	};
	collect(schema);
	expect(names.size).toBeGreaterThan(40);
	expect([...names].filter((name) => !new RegExp(`\`[^\`]*\\b${name}\\b[^\`]*\``).test(documented))).toEqual([]);
});

const MISTAKES: readonly (readonly [string, string, readonly string[]])[] = [
	[
		"no YAML",
		"hosts: [",
		["my.yaml:1:9: Flow sequence in block collection must be sufficiently indented and end with a ]"],
	],
	[
		"nothing at all",
		"",
		[
			"my.yaml:1:1: schema: missing; expected podwire.lab/v1",
			"my.yaml:1:1: title: missing; expected a text",
			"my.yaml:1:1: steps: missing; expected a sequence",
		],
	],
	[
		"wrong addresses, devices and rules",
		`schema: podwire.lab/v1
title: 5
hosts:
  a:
    interfaces:
      eth0:
        addresses: 10.0.0.300/24
        mac: 02:00
      "a very long name": {}
    iptables: |
      *filter
      -A INPUT -p tpc -j ACCEPT
      COMMIT
    foo: 1
steps: []
`,
		[
			"my.yaml:2:8: title: expected a text, found 5",
			'my.yaml:7:20: hosts.a.interfaces.eth0.addresses: expected an address with its prefix length, or a sequence of them, found "10.0.0.300/24"',
			'my.yaml:8:14: hosts.a.interfaces.eth0.mac: expected a MAC address as 02:00:00:00:00:01, found "02:00"',
			'my.yaml:9:7: hosts.a.interfaces.a very long name: expected a device\'s name: at most 15 characters, no space, / or :, found "a very long name"',
			'my.yaml:12:19: hosts.a.iptables: no iptables-save text: unknown protocol "tpc" specified',
			"my.yaml:14:5: hosts.a.foo: unknown field",
		],
	],
	[
		"links to nowhere",
		`schema: podwire.lab/v1
title: t
hosts: { master: { interfaces: { eth0: {} } }, slave: {} }
links:
  - cable: [master:eth0, mastr:eth0]
  - switch: [slave:eth0, master:eth0]
  - {}
steps: []
`,
		["my.yaml:7:5: links[2]: expected either cable or switch, found a mapping"],
	],
	[
		"links to unknown ends",
		`schema: podwire.lab/v1
title: t
hosts: { master: { interfaces: { eth0: {} } }, slave: {} }
links:
  - cable: [master:eth0, mastr:eth0]
  - switch: [slave:eth0, master:eth0]
steps: []
`,
		[
			'my.yaml:5:26: links[0].cable[1]: expected a machine, found "mastr"; did you mean master?',
			'my.yaml:6:14: links[1].switch[0]: expected an interface of slave, found "eth0"',
			"my.yaml:6:26: links[1].switch[1]: master:eth0 is in a link already",
		],
	],
	[
		"steps about nobody",
		`schema: podwire.lab/v1
title: t
hosts: { master: {}, slave: {} }
steps:
  - run: ls
  - on: slvae
    run: ls
  - on: slave
    terminal: log
    run: tail -f /var/log/messages
  - on: master
    terminal: log
    run: ls
  - on: slave
    interrupt: lok
    expect:
      counters: [{ table: nat, chain: POSTROUTING, rule: 1 }]
      captures: [{ packets: 1 }]
`,
		[
			"my.yaml:5:5: steps[0].on: missing; expected master or slave",
			'my.yaml:6:9: steps[1].on: expected a machine, found "slvae"; did you mean slave?',
			"my.yaml:12:15: steps[3].terminal: log is a terminal of slave already",
			'my.yaml:15:16: steps[4].interrupt: expected a terminal that a step opened, found "lok"; did you mean log?',
			"my.yaml:18:18: steps[4].expect.captures[0]: expected either terminal or file",
			"my.yaml:17:18: steps[4].expect.counters[0]: expected packets, bytes or newPackets",
		],
	],
	[
		"a command that bash cannot read, with its line in the block",
		`${MINIMAL}steps:
  - title: x
    run: |
      echo 1
      if true; then
`,
		["my.yaml:8:20: steps[0].run: no shell command: expected command after 'then'"],
	],
	[
		"expectations that are none",
		`${MINIMAL}steps:
  - run: ls
    interruptAfter: 3
    expect:
      exit: yes
      stdout: { matches: "(" , lines: -1 }
      log: [{ prefix: x, lines: { atLeats: 1 } }]
      counters: [{ table: nta, chain: X, rule: 0 }]
`,
		[
			"my.yaml:6:21: steps[0].interruptAfter: expected a time as 500ms, 3s or 2m, found 3",
			'my.yaml:8:13: steps[0].expect.exit: expected an exit code, or any, found "yes"',
			'my.yaml:9:26: steps[0].expect.stdout.matches: expected a regular expression, or a sequence of them, found "("',
			"my.yaml:9:39: steps[0].expect.stdout.lines: expected a number, or a mapping with atLeast and atMost, found -1",
			"my.yaml:10:35: steps[0].expect.log[0].lines.atLeats: unknown field",
			'my.yaml:11:27: steps[0].expect.counters[0].table: expected raw, mangle, nat, filter or security, found "nta"',
			"my.yaml:11:48: steps[0].expect.counters[0].rule: expected at least 1, found 0",
		],
	],
];

test.each(MISTAKES)("%s: every mistake is named with its place", (_, text, errors) => {
	expect(errorsOf(text).toSorted()).toEqual(errors.toSorted());
});
