/** What came of a scenario on one kernel, for people: step by step, then what is left. */
import { formatConntrack } from "../formats/conntrack.ts";
import { formatIpSetSave } from "../formats/ipset/listing.ts";
import { formatRule } from "../formats/iptables-save.ts";
import type { XtChain } from "../kernel/objects.ts";
import type { Paint } from "../trace/paint.ts";
import { accountLines } from "./compare-sets.ts";
import { refusalText } from "./difference-text.ts";
import type { NetnsOutcome, Outcome } from "./outcome.ts";
import type { Scenario } from "./scenario.ts";
import { seenText, stepPlace } from "./step-words.ts";

/** Several lines without a line end behind the last. */
export function outcomeText(scenario: Scenario, outcome: Outcome, paint: Paint): string {
	if (outcome.refused !== undefined) return `  ${refusalText(outcome.refused)}`;
	const lines: string[] = [];
	for (let step = -1; step <= scenario.steps.length; step += 1) {
		const seen = stepLines(outcome, step);
		if (seen.length === 0 && (step < 0 || step === scenario.steps.length)) continue;
		lines.push(paint.strong(stepPlace(scenario, step)), ...seen.map((line) => `  ${line}`));
	}
	for (const netns of scenario.topology.netns) {
		const left = leftLines(outcome.netns[netns]);
		if (left.length > 0) lines.push(paint.strong(`left in ${netns}`), ...left.map((line) => `  ${line}`));
	}
	return lines.join("\n");
}

function stepLines(outcome: Outcome, step: number): readonly string[] {
	return [
		...outcome.frames.filter((frame) => frame.step === step).map(seenText),
		...outcome.sockets
			.filter((sight) => sight.step === step)
			.map(({ netns, socket, what }) => `${netns} ${socket}: ${what}`),
		...outcome.log.filter((line) => line.step === step).map(({ level, text }) => `log <${level}> ${text}`),
	];
}

/** Rules that nothing met are left out. */
function leftLines(left: NetnsOutcome | undefined): readonly string[] {
	if (left === undefined) return [];
	return [
		...left.chains.flatMap(chainLines),
		...(left.sets.length === 0 ? [] : formatIpSetSave(left.sets).trimEnd().split("\n")),
		...accountLines(left.accounts).values(),
		...left.conntrack.map((entry) => formatConntrack(entry)),
		...left.neighs.map(({ addr, dev, mac, state }) => `${addr} dev ${dev} lladdr ${mac ?? "?"} ${state ?? ""}`),
		...left.fdb
			.filter(({ state }) => state !== "permanent")
			.map(({ mac, dev, state }) => `${mac} dev ${dev} ${state ?? "learnt"}`),
	];
}

function chainLines({ table, chain, rules }: XtChain): readonly string[] {
	return rules.flatMap((rule) => {
		const { packets, bytes } = rule.counters ?? { packets: 0, bytes: 0 };
		return packets === 0 ? [] : [`${table} [${packets}:${bytes}] ${formatRule(rule, chain)}`];
	});
}
