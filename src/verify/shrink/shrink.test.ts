/** Shrinking: what the failure needs is left, and nothing else. */
import { expect, test } from "vitest";
import { ETH_HLEN } from "../../wire/ethernet.ts";
import { IPPROTO_UDP, ipv4Proto } from "../../wire/ipv4.ts";
import { generateScenario } from "../generate/generate.ts";
import type { Scenario } from "../scenario.ts";
import { shrinkScenario } from "./shrink.ts";
import { tablesIn } from "./tables.ts";

/** A comparison that is broken for UDP frames as soon as there is a MARK rule anywhere. */
async function markBreaksUdp({ config, steps }: Scenario): Promise<boolean> {
	const marks = Object.values(config).some(({ iptables }) => (iptables ?? "").includes("-j MARK"));
	return marks && steps.some((step) => step.kind === "frame" && ipv4Proto(step.bytes, ETH_HLEN) === IPPROTO_UDP);
}

async function failing(seed: number): Promise<Scenario> {
	for (let index = 0; index < 1000; index += 1) {
		const scenario = generateScenario(seed, index);
		if (await markBreaksUdp(scenario)) return scenario;
	}
	throw new Error("no scenario fails");
}

test.each([1, 2, 3])("a failure that needs one rule and one packet shrinks to them (seed %i)", async (seed) => {
	const { scenario, isMinimal } = await shrinkScenario(await failing(seed), markBreaksUdp, { maxTries: 5000 });
	expect(isMinimal).toBe(true);
	expect(scenario.steps).toHaveLength(1);
	const tables = Object.values(scenario.config).flatMap(({ iptables }) => tablesIn(iptables ?? ""));
	const rules = tables.flatMap(({ chains }) => chains.flatMap((chain) => chain.rules));
	expect(rules.map(({ matches, target }) => ({ matches, target: target.kind }))).toEqual([
		{ matches: [], target: "mark" },
	]);
	// The packet's sender and who has the rule, and at most one cable between them.
	expect(scenario.topology.netns.length).toBeLessThanOrEqual(3);
	expect(
		Object.values(scenario.config).flatMap(({ routes, addrs, neighs, sysctls }) =>
			[routes, addrs, neighs, sysctls].flatMap((part) => Object.keys(part ?? {})),
		),
	).toEqual([]);
	expect(scenario.features.filter((feature) => /^(match|target) /.test(feature))).toEqual(["target MARK"]);
});

test("a limit on tries ends it early with what it has", async () => {
	const before = await failing(4);
	const { scenario, tries, isMinimal } = await shrinkScenario(before, markBreaksUdp, { maxTries: 3 });
	expect({ tries, isMinimal, fails: await markBreaksUdp(scenario) }).toEqual({
		tries: 3,
		isMinimal: false,
		fails: true,
	});
});

test("a failure that nothing can be left out of stays as it is", async () => {
	const before = generateScenario(5, 0);
	const { scenario } = await shrinkScenario(before, async (candidate) => candidate === before);
	expect(scenario.steps).toEqual(before.steps);
	expect(scenario.config).toEqual(before.config);
});
