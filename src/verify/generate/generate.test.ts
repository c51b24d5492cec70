/** The generator: the same number gives the same scenario, all it claims occurs, and the simulated kernel takes all of it. */
import { expect, test } from "vitest";
import { simHost } from "../../../test/scenario-samples.ts";
import { parseScenario } from "../file/parse-scenario.ts";
import { printScenario } from "../file/print-scenario.ts";
import { runScenario } from "../run-scenario.ts";
import { FEATURES } from "./features.ts";
import { generateScenario } from "./generate.ts";
import { PLACE_NAMES, placesNamed } from "./places/places.ts";
import { MATCH_MAKERS } from "./rules/matches.ts";
import { TARGET_MAKERS } from "./rules/targets.ts";

/** Those for kernels with ipip, too. */
const PLACES = placesNamed(PLACE_NAMES);

test("the same seed and index make the same scenario, others another", () => {
	for (const index of [0, 1, 77, 19_999]) {
		const made = generateScenario(7, index);
		expect(generateScenario(7, index)).toEqual(made);
		expect(JSON.stringify(generateScenario(8, index))).not.toBe(JSON.stringify(made));
		expect(JSON.stringify(generateScenario(7, index + 1))).not.toBe(JSON.stringify(made));
	}
});

test("in 2,000 scenarios every declared feature occurs, nothing is made without one, and few wait", () => {
	const counts = new Map<string, number>(FEATURES.map((feature) => [feature, 0]));
	for (let index = 0; index < 2000; index += 1) {
		const { features, steps, topology } = generateScenario(11, index, PLACES);
		expect(steps.length).toBeGreaterThan(0);
		expect(steps.length).toBeLessThanOrEqual(14);
		expect(PLACES.some(([, place]) => place.topology === topology)).toBe(true);
		for (const feature of features) counts.set(feature, (counts.get(feature) ?? 0) + 1);
	}
	const rare = [...counts].filter(([feature, count]) => count < (feature === "wait" ? 5 : 20));
	expect(rare).toEqual([]);
	expect([...counts.keys()].filter((feature) => !new Set<string>(FEATURES).has(feature))).toEqual([]);
	expect(counts.get("wait")).toBeLessThan(40);
	// The goal: every match and target at least 200 times in 20,000, with room for chance.
	const kinds = [...counts].filter(([feature]) => /^(match|target|device|topology) /.test(feature));
	expect(kinds.filter(([, count]) => count < 60)).toEqual([]);
}, 60_000);

test("a scenario written to a file and read back is the same", () => {
	for (let index = 0; index < 60; index += 1) {
		const scenario = generateScenario(13, index, PLACES);
		const read = parseScenario({ path: "x.yaml", text: printScenario(scenario) });
		expect(read).toEqual({ ok: true, value: scenario });
	}
}, 60_000);

test("what is not made says why", () => {
	const whys = [...Object.entries(MATCH_MAKERS), ...Object.entries(TARGET_MAKERS)].flatMap(([kind, maker]) =>
		"why" in maker ? [kind] : [],
	);
	expect(whys.sort()).toEqual(["goto", "icmp6", "ipvs", "jump", "unknown-match", "unknown-target"]);
});

test.each([1, 2, 3])(
	"the simulated kernel plays 100 scenarios of seed %i and refuses none",
	async (seed) => {
		for (let index = 0; index < 100; index += 1) {
			const scenario = generateScenario(seed, index, PLACES);
			const outcome = await runScenario(simHost(1), scenario);
			expect(outcome.refused, scenario.name).toBe(undefined);
			expect(outcome.sockets.filter(({ what }) => what.includes("EADDRINUSE"))).toEqual([]);
		}
	},
	60_000,
);
