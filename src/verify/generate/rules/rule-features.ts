/** The features that rules have, read from the rules themselves. */
import type { Match, Rule, Table, TableName, Target } from "../../../kernel/xtables.ts";
import type { Feature } from "../features.ts";
import { MATCH_MAKERS } from "./matches.ts";
import { TARGET_MAKERS } from "./targets.ts";

export const TABLE_FEATURES: Readonly<Record<TableName, Feature>> = {
	raw: "table raw",
	mangle: "table mangle",
	nat: "table nat",
	filter: "table filter",
	security: "table security",
};

/** Tables without rules count as absent. */
export function featuresOfTables(tables: readonly Table[]): ReadonlySet<Feature> {
	const found = new Set<Feature>();
	for (const { name, chains } of tables) {
		for (const { rules } of chains) {
			if (rules.length > 0) found.add(TABLE_FEATURES[name]);
			for (const rule of rules) for (const feature of featuresOfRule(rule)) found.add(feature);
		}
	}
	return found;
}

/** Of its matches and its target. */
export function featuresOfRule({ matches, target }: Rule): readonly Feature[] {
	return [...matches.flatMap(featureOfMatch), ...featureOfTarget(target)];
}

function featureOfMatch({ kind }: Match): readonly Feature[] {
	const maker = MATCH_MAKERS[kind];
	return "why" in maker ? [] : [maker.feature];
}

function featureOfTarget({ kind }: Target): readonly Feature[] {
	const maker = TARGET_MAKERS[kind];
	if (!("why" in maker)) return [maker.feature];
	return kind === "jump" ? ["chain jump"] : kind === "goto" ? ["chain goto"] : [];
}
