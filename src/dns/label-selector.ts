/** Label selectors as text (`app=web,tier in (a,b)`), in the order and spelling that Kubernetes prints. */
import { err, ok, type Result } from "../base/result.ts";

const KEY = "[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?";
const VALUE = "[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?|";
const SET = new RegExp(`^(${KEY})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const EQUALITY = new RegExp(`^(${KEY})\\s*(==|=|!=)\\s*(${VALUE})$`);
const EXISTENCE = new RegExp(`^(!?)\\s*(${KEY})$`);
const VALUE_ONLY = new RegExp(`^(?:${VALUE})$`);

/** The normal form; the error says which requirement is none. */
export function formatLabelSelector(text: string): Result<string, string> {
	const requirements = text
		.trim()
		.split(/,(?![^()]*\))/)
		.map((part) => part.trim());
	const formatted: { readonly key: string; readonly text: string }[] = [];
	for (const requirement of requirements) {
		const read = readRequirement(requirement);
		if (read === undefined) return err(`found '${requirement}', expected KEY=VALUE, KEY!=VALUE, KEY in (…) or KEY`);
		formatted.push(read);
	}
	const sorted = formatted.sort((a, b) => (a.key < b.key ? -1 : 1));
	return ok(sorted.map((each) => each.text).join(","));
}

function readRequirement(text: string): { readonly key: string; readonly text: string } | undefined {
	const set = SET.exec(text);
	if (set !== null) {
		const [, key = "", operator = "", list = ""] = set;
		const values = list.split(",").map((value) => value.trim());
		if (!values.every((value) => VALUE_ONLY.test(value))) return undefined;
		return { key, text: `${key} ${operator} (${values.sort().join(",")})` };
	}
	const equality = EQUALITY.exec(text);
	if (equality !== null) {
		const [, key = "", operator = "", value = ""] = equality;
		return { key, text: `${key}${operator === "!=" ? "!=" : "="}${value}` };
	}
	const existence = EXISTENCE.exec(text);
	return existence === null ? undefined : { key: existence[2] ?? "", text: `${existence[1]}${existence[2]}` };
}
