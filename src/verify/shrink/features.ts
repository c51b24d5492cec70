/** The features of a scenario that became smaller: those of its rules are looked up again, the others are kept. */
import { isFeature } from "../generate/features.ts";
import { featuresOfTables } from "../generate/rules/rule-features.ts";
import type { Scenario } from "../scenario.ts";
import { tablesIn } from "./tables.ts";

export function withoutUnused(scenario: Scenario): Scenario {
	const tables = Object.values(scenario.config).flatMap(({ iptables }) => tablesIn(iptables ?? ""));
	const present = featuresOfTables(tables);
	const features = scenario.features.filter(
		(feature) => !isFeature(feature) || !/^(match|target|table) /.test(feature) || present.has(feature),
	);
	return { ...scenario, features };
}
