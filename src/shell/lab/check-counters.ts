/** Counters of rules and policies. */
import { err, ok, type Result } from "../../base/result.ts";
import type { FieldPath } from "../../base/yaml-text.ts";
import { formatRule } from "../../formats/iptables-save.ts";
import type { XtChain } from "../../kernel/objects.ts";
import type { Counters } from "../../kernel/xtables.ts";
import type { World } from "../command.ts";
import { type Check, countCheck, fails, quoted } from "./check.ts";
import { valueDiff } from "./diff.ts";
import type { CounterExpectation, LabStep } from "./lab.ts";
import { type Observation, objectsAt, placeWords } from "./observation.ts";

const NONE: Counters = { packets: 0, bytes: 0 };

/** What the rules in question have counted so far; 0 for one that is not there yet. */
export async function countedNow(world: World, step: LabStep): Promise<readonly number[]> {
	const counted: number[] = [];
	for (const wanted of step.expect.counters) {
		const found = await counterOf({ world, step }, wanted);
		counted.push(found.ok ? found.value.packets : 0);
	}
	return counted;
}

export async function counterChecks(
	seen: Observation,
	at: number,
	wanted: CounterExpectation,
): Promise<readonly Check[]> {
	const path: FieldPath = ["steps", seen.index, "expect", "counters", at];
	const subject = `${wanted.table} ${wanted.chain} ${ruleWords(wanted.rule)}${placeWords(seen.step, wanted)}`;
	const counter = await counterOf(seen, wanted);
	if (!counter.ok) return [fails(subject, path, valueDiff("a rule", counter.error))];
	const { packets, bytes } = counter.value;
	const checks: Check[] = [];
	if (wanted.packets !== undefined) {
		checks.push(countCheck(`packets of ${subject}`, wanted.packets, { found: packets, path: [...path, "packets"] }));
	}
	if (wanted.bytes !== undefined) {
		checks.push(countCheck(`bytes of ${subject}`, wanted.bytes, { found: bytes, path: [...path, "bytes"] }));
	}
	if (wanted.newPackets !== undefined) {
		const found = packets - (seen.countedBefore[at] ?? 0);
		checks.push(countCheck(`new packets of ${subject}`, wanted.newPackets, { found, path: [...path, "newPackets"] }));
	}
	return checks;
}

async function counterOf(
	seen: { readonly world: World; readonly step: LabStep },
	wanted: CounterExpectation,
): Promise<Result<Counters, string>> {
	const chains = await objectsAt(seen, wanted, "xt-chain");
	if (!chains.ok) return chains;
	const chain = chains.value.find((each) => each.table === wanted.table && each.chain === wanted.chain);
	if (chain === undefined) return err(`there is no chain ${wanted.chain} in table ${wanted.table}`);
	return ruleCounters(chain, wanted.rule);
}

function ruleCounters(chain: XtChain, which: number | string): Result<Counters, string> {
	if (which === "policy") return ok(chain.counters ?? NONE);
	const texts = chain.rules.map((rule) => formatRule(rule, chain.chain));
	const at = typeof which === "number" ? which - 1 : texts.findIndex((text) => text.includes(which));
	const rule = chain.rules[at];
	return rule === undefined
		? err(texts.length === 0 ? "the chain is empty" : texts.join("\n"))
		: ok(rule.counters ?? NONE);
}

function ruleWords(rule: number | string): string {
	if (rule === "policy") return "policy";
	return typeof rule === "number" ? `rule ${rule}` : quoted(rule);
}
