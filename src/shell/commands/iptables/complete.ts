/** Candidates for the word after an option of iptables. */
import { MATCHES, TARGETS } from "../../../formats/iptables/registry.ts";
import { BUILTIN_CHAINS, HOOK_NAMES, TABLE_NAMES } from "../../../kernel/xtables.ts";
import { LONG_NAMES } from "./options.ts";

/** `words` are those before the one that is being typed. */
export async function completeIptables(words: readonly string[]): Promise<readonly string[]> {
	const last = words.at(-1) ?? "";
	if (last === "-t" || last === "--table") return TABLE_NAMES;
	if (last === "-j" || last === "--jump") return ["ACCEPT", "DROP", "RETURN", ...TARGETS.keys()];
	if (last === "-m" || last === "--match") return [...MATCHES.keys()];
	if (/^-\w*[ADILNRSFZP]$/.test(last)) {
		const table = TABLE_NAMES.find((name) => name === words[words.indexOf("-t") + 1]);
		return words.includes("-t") ? (table === undefined ? HOOK_NAMES : BUILTIN_CHAINS[table]) : BUILTIN_CHAINS.filter;
	}
	return [...LONG_NAMES.keys(), "--jump", "--match", "--source", "--destination", "--protocol"];
}
