/** Label selectors: a Service's map, a workload's `matchLabels` and `matchExpressions`. */
import type { Field } from "./field.ts";
import { readLabels, readList, required } from "./field-values.ts";
import type { Labels } from "./snapshot.ts";

const OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist"] as const;

export interface LabelRequirement {
	readonly key: string;
	readonly operator: (typeof OPERATORS)[number];
	readonly values: readonly string[];
}

export interface LabelSelector {
	readonly matchLabels: Labels;
	readonly matchExpressions: readonly LabelRequirement[];
}

export function readSelector(field: Field): LabelSelector {
	field.allow(new Set(["matchLabels", "matchExpressions"]));
	return {
		matchLabels: readLabels(field.get("matchLabels")),
		matchExpressions: readList(field.get("matchExpressions"), readRequirement),
	};
}

/** Whether every label of `wanted` is among `labels`; an empty `wanted` is. */
export function labelsMatch(wanted: Labels, labels: Labels): boolean {
	for (const key of Object.keys(wanted)) if (labels[key] !== wanted[key]) return false;
	return true;
}

export function selectorMatches(selector: LabelSelector, labels: Labels): boolean {
	if (!labelsMatch(selector.matchLabels, labels)) return false;
	return selector.matchExpressions.every((requirement) => requirementHolds(requirement, labels));
}

/** `app=myapp,release=canary`, sorted by key; `<none>` for an empty one. */
export function formatLabels(labels: Labels): string {
	const keys = Object.keys(labels).sort();
	return keys.length === 0 ? "<none>" : keys.map((key) => `${key}=${labels[key]}`).join(",");
}

function requirementHolds({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
	const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
	switch (operator) {
		case "In":
			return value !== undefined && values.includes(value);
		case "NotIn":
			return value === undefined || !values.includes(value);
		case "Exists":
			return value !== undefined;
		case "DoesNotExist":
			return value === undefined;
	}
}

function readRequirement(field: Field): LabelRequirement | undefined {
	const key = required(field.get("key"), (item) => item.string(), "a label key");
	const operator = required(field.get("operator"), (item) => item.oneOf(OPERATORS), OPERATORS.join(", "));
	const values = readList(field.get("values"), (item) => item.string());
	return key === undefined || operator === undefined ? undefined : { key, operator, values };
}
