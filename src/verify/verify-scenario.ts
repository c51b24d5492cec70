/** One scenario on the simulated kernel and another one: do they agree? A difference is only told when it shows again. */
import type { TraceEvent } from "../kernel/trace-event.ts";
import { type Comparison, compareOutcomes } from "./compare.ts";
import type { Difference } from "./difference.ts";
import type { Outcome } from "./outcome.ts";
import { runScenario } from "./run-scenario.ts";
import type { Scenario } from "./scenario.ts";
import type { ScenarioHost } from "./scenario-host.ts";
import type { StagePool } from "./stage-pool.ts";

export interface Kernels {
	/** A simulated kernel, as new as it comes. */
	sim(): ScenarioHost;
	/** The other one. */
	readonly real: StagePool;
}

export interface Verdict {
	readonly comparison: Comparison;
	readonly sim: Outcome;
	readonly real: Outcome;
	/** A difference that did not show again on a fresh topology. */
	readonly unconfirmed?: Difference;
	/** The simulated kernel's steps on the packets of the step that differs. */
	readonly trace?: readonly TraceEvent[];
}

export async function verifyScenario(kernels: Kernels, scenario: Scenario): Promise<Verdict> {
	const sim = await runScenario(kernels.sim(), scenario);
	const { outcome: real } = await kernels.real.play(scenario);
	const comparison = compareOutcomes(scenario, sim, real);
	if (comparison.agrees) return { comparison, sim, real };
	return confirmed(kernels, scenario, comparison.first);
}

async function confirmed(kernels: Kernels, scenario: Scenario, seen: Difference): Promise<Verdict> {
	const sim = await runScenario(kernels.sim(), scenario, { trace: true });
	const real = await kernels.real.playFresh(scenario);
	const comparison = compareOutcomes(scenario, sim, real);
	if (comparison.agrees) return { comparison, sim, real, unconfirmed: seen };
	const { step } = comparison.first;
	const trace = (sim.trace ?? []).filter((traced) => traced.step === step).map(({ event }) => event);
	return { comparison, sim, real, trace };
}
