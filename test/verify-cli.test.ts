/** `podwire verify` as a user meets it: what it prints, its exit codes, its bad inputs. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { type PodwireRun, podwireWith } from "./run-podwire.ts";

const EXAMPLES = fileURLToPath(new URL("scenarios/verify", import.meta.url));
const SCRATCH = mkdtempSync(join(tmpdir(), "podwire-verify-"));

afterAll(() => rmSync(SCRATCH, { recursive: true }));

interface Run extends PodwireRun {
	readonly progress: readonly string[];
}

async function verify(...args: readonly string[]): Promise<Run> {
	const progress: string[] = [];
	const run = await podwireWith({ progress: (text) => progress.push(text) }, "verify", ...args);
	return { ...run, progress };
}

function file(name: string, text: string): string {
	const path = join(SCRATCH, name);
	writeFileSync(path, text);
	return path;
}

const PING = `schema: podwire.scenario/v1
name: a ping
netns: [a, b]
devices:
  - { in: a, name: eth0, mac: 02:00:00:00:00:01, veth: { in: b, peer: eth0, mac: 02:00:00:00:00:02 }, up: true }
  - { in: b, name: eth0, up: true }
config:
  a: { addresses: [{ dev: eth0, address: 10.0.0.1/24 }] }
  b: { addresses: [{ dev: eth0, address: 10.0.0.2/24 }], iptables: "*filter\\n-A INPUT -p icmp\\nCOMMIT\\n" }
steps:
  - ping: { in: a, to: 10.0.0.2, id: 7, seq: 1, bytes: 0 }
`;

test("on the simulated kernel it prints what is to be seen, step by step, and what is left", async () => {
	const { code, out, err } = await verify("--kernel", "sim", file("ping.yaml", PING));
	expect([code, err]).toEqual([0, ""]);
	const [a, b] = ["02:00:00:00:00:01", "02:00:00:00:00:02"];
	expect(out.split("\n")).toEqual([
		`${SCRATCH}/ping.yaml: a ping`,
		"step 1 (ping in a to 10.0.0.2)",
		`  a eth0 out outgoing  ${a} > ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806), length 42: Request who-has 10.0.0.2 tell 10.0.0.1, length 28`,
		`  b eth0 in  broadcast ${a} > ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806), length 42: Request who-has 10.0.0.2 tell 10.0.0.1, length 28`,
		`  b eth0 out outgoing  ${b} > ${a}, ethertype ARP (0x0806), length 42: Reply 10.0.0.2 is-at ${b}, length 28`,
		`  a eth0 in  host      ${b} > ${a}, ethertype ARP (0x0806), length 42: Reply 10.0.0.2 is-at ${b}, length 28`,
		`  a eth0 out outgoing  ${a} > ${b}, ethertype IPv4 (0x0800), length 42: 10.0.0.1 > 10.0.0.2: ICMP echo request, id 7, seq 1, length 8`,
		`  b eth0 in  host      ${a} > ${b}, ethertype IPv4 (0x0800), length 42: 10.0.0.1 > 10.0.0.2: ICMP echo request, id 7, seq 1, length 8`,
		`  b eth0 out outgoing  ${b} > ${a}, ethertype IPv4 (0x0800), length 42: 10.0.0.2 > 10.0.0.1: ICMP echo reply, id 7, seq 1, length 8`,
		`  a eth0 in  host      ${b} > ${a}, ethertype IPv4 (0x0800), length 42: 10.0.0.2 > 10.0.0.1: ICMP echo reply, id 7, seq 1, length 8`,
		"  a ping step 1: reply from 10.0.0.2 id 7 seq 1 ttl 64 with 0 bytes",
		"left in a",
		`  10.0.0.2 dev eth0 lladdr ${b} REACHABLE`,
		"left in b",
		"  filter [1:28] -A INPUT -p icmp",
		`  10.0.0.1 dev eth0 lladdr ${a} DELAY`,
		"",
	]);
});

test("JSON holds the same, and a directory's files are run in order of their names", async () => {
	const { code, out, progress } = await verify("--kernel", "sim", "--json", EXAMPLES);
	expect(code).toBe(0);
	const parsed: unknown = JSON.parse(out);
	expect(parsed).toMatchObject({
		schema: "podwire.verify/v1",
		kernel: "sim",
		seed: 1,
		refused: 0,
		scenarios: expect.arrayContaining([
			expect.objectContaining({
				path: join(EXAMPLES, "reject.yaml"),
				outcome: expect.objectContaining({
					sockets: expect.arrayContaining([
						{ step: 0, netns: "client", socket: "tcp step 1", what: "error ECONNREFUSED" },
					]),
				}),
			}),
		]),
	});
	const names = readdirSync(EXAMPLES).sort();
	const lines = names.map((name, k) => `${k + 1}/${names.length} ${join(EXAMPLES, name)}`);
	expect(progress.slice(0, -1)).toEqual(lines);
	expect(progress.at(-1)).toBe("");
});

test("the seed decides what chance decides", async () => {
	const path = join(EXAMPLES, "masquerade-clash.yaml");
	const [one, again, two] = await Promise.all(
		["1", "1", "2"].map((seed) => verify("--kernel", "sim", "--seed", seed, path)),
	);
	expect(again?.out).toBe(one?.out);
	expect(two?.out).not.toBe(one?.out);
});

test("what the kernel refuses is told, and the answer is no", async () => {
	const text = PING.replace("10.0.0.1/24 }] }", "10.0.0.1/24 }], routes: [{ to: default, via: 10.9.9.9 }] }");
	const { code, out } = await verify("--kernel", "sim", file("refused.yaml", text));
	expect(code).toBe(1);
	expect(out).toContain("refused in a: ENETUNREACH: ");
});

const WRONG: readonly (readonly [string, readonly string[], string])[] = [
	["no file", [], "podwire: verify: expected scenario files or directories\n"],
	[
		"a file that is not there",
		["/nonexistent.yaml"],
		"podwire: /nonexistent.yaml: ENOENT: no such file or directory, stat '/nonexistent.yaml'\n",
	],
	[
		"a directory without scenarios",
		[fileURLToPath(new URL("../src/verify", import.meta.url))],
		"no file ends in .yaml, .yml or .json\n",
	],
	["another kernel", ["--kernel", "windows", "x"], "Allowed choices are sim, linux, both"],
	["another seed", ["--seed", "x", "y"], "podwire: --seed x: expected a whole number\n"],
	[
		"mistakes in several files",
		[file("a.yaml", "steps: 3"), file("b.yaml", PING.replace("in: a, to", "in: c, to"))],
		"a.yaml:1:8: steps: expected a sequence, found 3\n",
	],
];

test.each(WRONG)("%s exits 2 and says what is wrong", async (_, args, message) => {
	const { code, out, err } = await verify(...args);
	expect([code, out]).toEqual([2, ""]);
	expect(err).toContain(message);
});

test("every mistake of every file is told at once", async () => {
	const { err } = await verify(file("a.yaml", "steps: 3"), file("b.yaml", PING.replace("in: a, to", "in: c, to")));
	expect(err).toContain("a.yaml:1:1: schema: missing");
	expect(err).toContain('b.yaml:11:17: steps[0].ping.in: expected a namespace, found "c"; did you mean a or b?');
});
