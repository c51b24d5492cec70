/**
 * Makes a failing scenario smaller, greedily: whatever can be left out without the failure going away is left out, until
 * nothing more can. A candidate that a kernel refuses simply does not fail in the same way.
 */
import type { Scenario } from "../scenario.ts";
import { configPasses } from "./config.ts";
import { withoutUnused } from "./features.ts";
import { shorter } from "./list.ts";
import { smallerSteps } from "./steps.ts";
import { tablesPass } from "./tables.ts";
import { smallerTopology } from "./topology.ts";

export interface ShrinkOptions {
	/** How often `stillFails` may be asked. Default 500. */
	readonly maxTries?: number;
	/** Called with each smaller scenario that still fails. */
	readonly onSmaller?: (scenario: Scenario, tries: number) => void;
}

export interface Shrunk {
	readonly scenario: Scenario;
	readonly tries: number;
	/** Nothing more can be left out; false: `maxTries` came first. */
	readonly isMinimal: boolean;
}

/** Ways to make a scenario smaller, the most hopeful first. */
type Pass = (scenario: Scenario) => Iterable<Scenario>;

function passesFor(scenario: Scenario): readonly Pass[] {
	const names = scenario.topology.netns;
	return [
		fewerSteps,
		...names.map(tablesPass),
		...names.flatMap(configPasses),
		fewerListeners,
		smallerTopology,
		smallerSteps,
	];
}

/** `stillFails` must hold for `scenario`; the result is the smallest one found for which it holds. */
export async function shrinkScenario(
	scenario: Scenario,
	stillFails: (candidate: Scenario) => Promise<boolean>,
	options: ShrinkOptions = {},
): Promise<Shrunk> {
	const { maxTries = 500, onSmaller } = options;
	let best = scenario;
	let tries = 0;
	/** The first candidate of the pass that still fails becomes the best one, and the pass begins anew. */
	const improve = async (pass: Pass): Promise<boolean> => {
		for (const candidate of pass(best)) {
			if (tries >= maxTries) return false;
			tries += 1;
			if (!(await stillFails(candidate))) continue;
			best = candidate;
			onSmaller?.(best, tries);
			return true;
		}
		return false;
	};
	let improved = true;
	while (improved && tries < maxTries) {
		improved = false;
		for (const pass of passesFor(best)) while (await improve(pass)) improved = true;
	}
	return { scenario: withoutUnused(best), tries, isMinimal: tries < maxTries };
}

function* fewerSteps(scenario: Scenario): Generator<Scenario> {
	for (const steps of shorter(scenario.steps)) yield { ...scenario, steps };
}

function* fewerListeners(scenario: Scenario): Generator<Scenario> {
	for (const listen of shorter(scenario.listen)) yield { ...scenario, listen };
}
