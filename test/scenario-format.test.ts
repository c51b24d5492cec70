/** The scenario format: what is printed is read back, the published schema is the reader's, mistakes are named with their place. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { Ajv } from "ajv";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { formatTextError } from "../src/base/text-error.ts";
import { parseScenario } from "../src/verify/file/parse-scenario.ts";
import { printScenario } from "../src/verify/file/print-scenario.ts";
import { SCENARIO_SHAPE } from "../src/verify/file/scenario-shape.ts";
import { anyScenario } from "./scenario-arbitrary.ts";

const SCHEMA = new URL("../docs/scenario-v1.schema.json", import.meta.url);
const EXAMPLES = new URL("scenarios/verify/", import.meta.url);
const FORMAT = new URL("../docs/scenario-format.md", import.meta.url);

function ajvValidator(): (data: unknown) => boolean {
	const schema: unknown = JSON.parse(readFileSync(SCHEMA, "utf8"));
	if (typeof schema !== "object" || schema === null) throw new Error("no schema");
	return new Ajv({ strict: true, allowUnionTypes: true }).compile(schema);
}

function errorsOf(text: string): readonly string[] {
	const scenario = parseScenario({ path: "my.yaml", text });
	return scenario.ok ? [] : scenario.error.map(formatTextError);
}

test("what is printed is read back as the same scenario", () => {
	const valid = ajvValidator();
	fc.assert(
		fc.property(
			anyScenario,
			fc.option(fc.constant("a comment\nof two lines"), { nil: undefined }),
			(scenario, comment) => {
				const text = printScenario(scenario, comment);
				expect(parseScenario({ path: "printed", text })).toEqual({ ok: true, value: scenario });
				expect(valid(parse(text))).toBe(true);
			},
		),
		{ numRuns: 300 },
	);
});

test("the published JSON schema is made from the shape that reads the files", () => {
	const made: unknown = {
		$id: "podwire.scenario/v1",
		...z.toJSONSchema(SCENARIO_SHAPE, { io: "input", target: "draft-7" }),
	};
	if (process.env["UPDATE_SCHEMA"] !== undefined) writeFileSync(SCHEMA, `${JSON.stringify(made, undefined, "\t")}\n`);
	const published: unknown = JSON.parse(readFileSync(SCHEMA, "utf8"));
	// After a change of the shape: UPDATE_SCHEMA=1 npx vitest run test/scenario-format.test.ts, then biome check --write docs.
	expect(published).toEqual(JSON.parse(JSON.stringify(made)));
});

test.each(readdirSync(EXAMPLES))("test/scenarios/verify/%s keeps to the schema and is read", (name) => {
	const text = readFileSync(new URL(name, EXAMPLES), "utf8");
	expect(errorsOf(text)).toEqual([]);
	expect(ajvValidator()(parse(text))).toBe(true);
});

test("the smallest scenario of the documentation is one", () => {
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

const HEAD = `schema: podwire.scenario/v1
name: n
netns: [client, router]
devices:
  - { in: router, name: eth0, veth: { peer: eth0, in: client } }
`;

const MISTAKES: readonly (readonly [string, string, readonly string[]])[] = [
	[
		"no YAML",
		"netns: [",
		["my.yaml:1:9: Flow sequence in block collection must be sufficiently indented and end with a ]"],
	],
	[
		"nothing at all",
		"",
		[
			"my.yaml:1:1: schema: missing; expected podwire.scenario/v1",
			"my.yaml:1:1: name: missing; expected a text",
			"my.yaml:1:1: netns: missing; expected a sequence",
			"my.yaml:1:1: steps: missing; expected a sequence",
		],
	],
	[
		"JSON",
		'{ "schema": "podwire.scenario/v1", "name": "n",\n  "netns": ["a", 5], "steps": [] }',
		["my.yaml:2:18: netns[1]: expected a text, found 5"],
	],
	[
		"wrong words",
		`${HEAD}config:
  router:
    sysctl: {}
    addresses: [{ dev: eth0, address: 10.0.0.1 }]
    routes: [{ to: deflaut, via: 10.0.0.300 }]
    rules: [{ priority: 1, table: 5, fwmark: x }]
    neighbours: [{ dev: eth0, address: 10.0.0.1, mac: 02:00, state: DEAD }]
    iptables: |
      *filter
      -A INPUT -p tpc -j ACCEPT
      COMMIT
    ipset: |
      create s hash:ip
      add t 10.0.0.1
    nfacct: [two words]
steps: []
`,
		[
			"my.yaml:8:5: config.router.sysctl: unknown field",
			'my.yaml:9:39: config.router.addresses[0].address: expected an address with its prefix length, as 10.0.0.1/24, found "10.0.0.1"',
			'my.yaml:10:20: config.router.routes[0].to: expected default, or a network as 10.244.0.0/16, found "deflaut"',
			'my.yaml:10:34: config.router.routes[0].via: expected an IP address, found "10.0.0.300"',
			'my.yaml:11:46: config.router.rules[0].fwmark: expected a mark as 0x1 or 0x1/0xff, found "x"',
			'my.yaml:12:55: config.router.neighbours[0].mac: expected a MAC address as 02:00:00:00:00:01, found "02:00"',
			'my.yaml:12:69: config.router.neighbours[0].state: expected NONE, INCOMPLETE, REACHABLE, STALE, DELAY, PROBE, FAILED, NOARP or PERMANENT, found "DEAD"',
			'my.yaml:15:19: config.router.iptables: no iptables-save text: unknown protocol "tpc" specified',
			"my.yaml:19:7: config.router.ipset: no ipset save text: The set with the given name does not exist",
			'my.yaml:20:14: config.router.nfacct[0]: expected a name: at most 31 characters, no space, found "two words"',
		],
	],
	[
		"names of nothing",
		`${HEAD}  - { in: roter, name: br0, bridge: {} }
  - { in: client, name: eth0, veth: { peer: eth1, in: pod } }
  - { in: client, name: eth1, up: true, master: br0 }
config: { rooter: {} }
listen: [{ in: pod, program: udp-echo, at: 10.0.0.1:53 }]
steps:
  - ping: { in: clent, to: 10.0.0.1, id: 1, seq: 1 }
  - frame: { in: client, dev: eht0, hex: "${"00".repeat(14)}" }
`,
		[
			'my.yaml:6:11: devices[1].in: expected a namespace, found "roter"; did you mean router?',
			"my.yaml:7:25: devices[2].name: eth0 is in client already",
			'my.yaml:7:55: devices[2].veth.in: expected a namespace, found "pod" (there is client and router)',
			'my.yaml:8:49: devices[3].master: expected a device of client, found "br0" (there is lo and eth0)',
			'my.yaml:8:25: devices[3].name: expected a device of client, found "eth1"; did you mean eth0?',
			'my.yaml:9:11: config.rooter: expected a namespace, found "rooter"; did you mean router?',
			'my.yaml:10:16: listen[0].in: expected a namespace, found "pod" (there is client and router)',
			'my.yaml:12:17: steps[0].ping.in: expected a namespace, found "clent"; did you mean client?',
			'my.yaml:13:31: steps[1].frame.dev: expected a device of client, found "eht0"; did you mean eth0?',
		],
	],
	[
		"steps that are none",
		`${HEAD}steps:
  - {}
  - wait: 3
  - { wait: 3s, ping: { in: client, to: 10.0.0.1, id: 1, seq: 1 } }
  - tcp: { in: client, from: 4000, to: 10.0.0.1, payload: x }
  - change: { in: client, verb: add }
  - frame: { in: client, dev: eth0 }
  - frame: { in: client, dev: eth0, hex: abc }
  - frame: { in: client, dev: eth0, eth: { src: 02:00:00:00:00:01, dst: 02:00:00:00:00:02 }, udp: { sport: 1, dport: 70000 } }
  - frame: { in: client, dev: eth0, eth: { src: 02:00:00:00:00:01, dst: 02:00:00:00:00:02 }, udp: { sport: 1, dport: 7 } }
`,
		[
			"my.yaml:7:5: steps[0]: expected one of frame, tcp, udp, ping, change and wait, found a mapping",
			"my.yaml:8:11: steps[1].wait: expected a time as 500ms, 3s or 2m, found 3",
			"my.yaml:9:5: steps[2]: expected one of frame, tcp, udp, ping, change and wait, found a mapping",
			"my.yaml:10:30: steps[3].tcp.from: expected an address and a port as 10.0.0.1:4000, or :4000, found 4000",
			'my.yaml:10:40: steps[3].tcp.to: expected an address and a port as 10.0.0.1:80, found "10.0.0.1"',
			"my.yaml:11:13: steps[4].change: expected one of device, address, route, rule, neighbour, fdb, vlan, sysctl and iptables, found a mapping",
			"my.yaml:12:12: steps[5].frame: expected hex, or a packet in words that begins with eth, found a mapping",
			'my.yaml:13:42: steps[6].frame.hex: expected bytes as pairs of hexadecimal digits, found "abc"',
			"my.yaml:14:118: steps[7].frame.udp.dport: expected a whole number from 0 to 65535, found 70000",
			"my.yaml:15:12: steps[8].frame: expected ipv4 beside udp, tcp or icmp, found a mapping",
		],
	],
];

test.each(MISTAKES)("%s: every mistake is named with its place", (_, text, errors) => {
	expect(errorsOf(text).toSorted()).toEqual(errors.toSorted());
});
