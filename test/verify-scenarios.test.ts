/** The scenarios by hand: what comes of them on the simulated kernel, on one that is kept, and on one that is broken. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { SimKernel } from "../src/sim/sim-kernel.ts";
import { PLAIN } from "../src/trace/paint.ts";
import { compareOutcomes } from "../src/verify/compare.ts";
import { differenceText, traceText } from "../src/verify/difference-text.ts";
import { parseScenario } from "../src/verify/file/parse-scenario.ts";
import type { Outcome } from "../src/verify/outcome.ts";
import { runScenario } from "../src/verify/run-scenario.ts";
import type { Scenario } from "../src/verify/scenario.ts";
import { PortHost } from "../src/verify/scenario-host.ts";
import { StagePool } from "../src/verify/stage-pool.ts";
import { verifyScenario } from "../src/verify/verify-scenario.ts";
import { simHost } from "./scenario-samples.ts";

const DIRECTORY = new URL("scenarios/verify/", import.meta.url);
const NAMES: readonly string[] = readdirSync(DIRECTORY).map((name) => name.replace(".yaml", ""));

function example(name: string): Scenario {
	const path = `${name}.yaml`;
	const parsed = parseScenario({ path, text: readFileSync(new URL(path, DIRECTORY), "utf8") });
	if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
	return parsed.value;
}

function sights(outcome: Outcome): readonly string[] {
	return outcome.sockets.map(({ step, netns, what }) => `${step + 1} ${netns}: ${what}`);
}

test.each(NAMES)("%s: simulated kernels of different seeds agree", async (name) => {
	const scenario = example(name);
	const [a, b] = [await runScenario(simHost(1), scenario), await runScenario(simHost(2), scenario)];
	expect(a.refused).toBeUndefined();
	expect(a.frames.length).toBeGreaterThan(4);
	expect(compareOutcomes(scenario, a, b)).toMatchObject({ agrees: true });
});

test("a topology that others have used gives what a new one gives", async () => {
	const pool = new StagePool(simHost(3), { limit: 3 });
	const reused: boolean[] = [];
	for (const round of [1, 2, 3]) {
		for (const name of NAMES) {
			const scenario = example(name);
			const played = await pool.play(scenario);
			const fresh = await runScenario(simHost(round), scenario);
			reused.push(played.reused);
			const comparison = compareOutcomes(scenario, fresh, played.outcome);
			expect(comparison, `${name}, round ${round}`).toMatchObject({ agrees: true });
		}
	}
	expect(reused).toContain(true);
	expect(reused).toContain(false);
});

test("a pool leaves no namespace behind", async () => {
	const host = simHost(3);
	const pool = new StagePool(host);
	for (const name of NAMES) await pool.play(example(name));
	expect(await host.kernel.listNetns()).not.toEqual([]);
	await pool.close();
	expect(await host.kernel.listNetns()).toEqual([]);
});

const SIGHTS: readonly (readonly [string, readonly string[]])[] = [
	[
		"same-bridge-hairpin",
		[
			"1 pod2: datagram from 10.244.1.2:5000: 66726f6d20746865206e65696768626f7572",
			"1 pod1: datagram from 10.96.0.10:53: 66726f6d20746865206e65696768626f7572",
			"2 pod2: datagram from 10.244.1.1:5000: 66726f6d206d7973656c66",
			"2 pod2: datagram from 10.96.0.10:53: 66726f6d206d7973656c66",
		],
	],
	[
		"reject",
		[
			"1 client: error ECONNREFUSED",
			"2 client: ICMP 3/3 from 10.0.0.2 about 10.0.1.1:53",
			"3 client: ICMP 3/10 from 10.0.0.2 about seq 1",
			"4 client: ICMP 3/13 from 10.0.0.2 about 10.0.0.2:1",
		],
	],
	[
		"port-unreachable-through-nat",
		[
			"1 client: ICMP 3/3 from 203.0.113.9 about 203.0.113.9:53",
			// The error comes from the address that the datagram went to.
			"2 client: ICMP 3/3 from 192.168.7.1 about 192.168.7.1:53",
		],
	],
	[
		"tcp-through-dnat",
		[
			"1 pod: accepted from 10.211.55.123:41000",
			"1 client: connected",
			"1 pod: data: 68656c6c6f",
			"1 client: data: 68656c6c6f",
			"1 pod: end",
			"1 client: end",
			"1 client: closed",
			"1 pod: closed",
		],
	],
];

test.each(SIGHTS)("%s: the sockets see what the scenario is about", async (name, expected) => {
	expect(sights(await runScenario(simHost(1), example(name)))).toEqual(expected);
});

/** A simulated kernel that takes no notice of rp_filter, or only for so many kernels. */
function brokenHost(): PortHost {
	const kernel = new SimKernel({ seed: 7 });
	const apply = kernel.apply.bind(kernel);
	kernel.apply = (netns, tx) =>
		apply(
			netns,
			tx.filter(({ object }) => object.kind !== "sysctl" || !object.key.endsWith("rp_filter")),
		);
	return new PortHost(kernel, async () => kernel.runBacklog());
}

test("a kernel without reverse path filtering is caught at the first packet that it lets through", async () => {
	const scenario = example("martian-source");
	const { comparison, trace } = await verifyScenario(
		{ sim: () => simHost(1), real: new StagePool(brokenHost()) },
		scenario,
	);
	if (comparison.agrees) throw new Error("it agrees");
	expect(comparison.first).toMatchObject({ kind: "frame", step: 1, netns: "router", dev: "wan", number: 1 });
	const text = differenceText(scenario, comparison.first, PLAIN);
	expect(text.split("\n").slice(0, 3)).toEqual([
		"differs step 2 (client eth0: 02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype IPv4 (0x0800), length 49: 10.0.1.7.1000 > 10.0.1.1.2000: UDP, length 7): frame 1 on wan of router",
		"  sim   nothing",
		"  real  router wan out outgoing  02:00:00:00:00:03 > 02:00:00:00:00:04, ethertype IPv4 (0x0800), length 49: 10.0.1.7.1000 > 10.0.1.1.2000: UDP, length 7",
	]);
	expect(traceText(trace ?? [], PLAIN)).toContain("reverse path filtering");
});

test("a difference that does not show again is kept apart", async () => {
	const scenario = example("reject");
	const pool = new StagePool(simHost(2));
	const play = pool.play.bind(pool);
	pool.play = async (played) => {
		const { outcome, reused } = await play(played);
		return { outcome: { ...outcome, frames: outcome.frames.slice(1) }, reused };
	};
	const verdict = await verifyScenario({ sim: () => simHost(1), real: pool }, scenario);
	expect(verdict).toMatchObject({ comparison: { agrees: true }, unconfirmed: { kind: "frame", step: 0, number: 1 } });
});
