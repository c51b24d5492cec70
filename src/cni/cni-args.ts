/** CNI_ARGS: `KEY=VALUE;KEY=VALUE`. */
import { err, ok, type Result } from "../base/result.ts";

/** What the bridge plugin and the IPAM plugins know; one list for all, because one CNI_ARGS goes to the plugin and its IPAM plugin. */
export const PLUGIN_ARGS: readonly string[] = ["GATEWAY", "IP", "MAC"];

/** Reads the arguments that a plugin knows; others are a mistake unless `IgnoreUnknown` is true. */
export function parseCniArgs(text: string, known: readonly string[]): Result<ReadonlyMap<string, string>, string> {
	const values = new Map<string, string>();
	const unknown: string[] = [];
	if (text === "") return ok(values);
	for (const pair of text.split(";")) {
		const [key = "", value, ...rest] = pair.split("=");
		if (value === undefined || rest.length > 0) return err(`ARGS: invalid pair "${pair}"`);
		if (key === IGNORE_UNKNOWN || known.includes(key)) values.set(key, value);
		else unknown.push(pair);
	}
	const ignore = values.get(IGNORE_UNKNOWN);
	const isIgnored = ignore === undefined ? false : readBoolean(ignore);
	if (isIgnored === undefined) return err(`ARGS: error parsing value of pair "${IGNORE_UNKNOWN}=${ignore ?? ""}"`);
	if (unknown.length > 0 && !isIgnored) {
		return err(`ARGS: unknown args [${unknown.map((pair) => JSON.stringify(pair)).join(" ")}]`);
	}
	return ok(values);
}

const IGNORE_UNKNOWN = "IgnoreUnknown";

function readBoolean(text: string): boolean | undefined {
	if (/^(1|true)$/i.test(text)) return true;
	return /^(0|false)$/i.test(text) ? false : undefined;
}
