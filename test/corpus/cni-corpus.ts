/** Files of the CNI corpus (../shared/corpus/cni) and what its calls look like. */
import { readdirSync, readFileSync } from "node:fs";

const CORPUS = new URL("../../../shared/corpus/cni/", import.meta.url);

/** One recorded call; which members there are depends on `op`. */
export interface CorpusCall {
	readonly op: string;
	readonly [member: string]: ReturnType<typeof JSON.parse>;
}

export interface CorpusCase {
	readonly name: string;
	readonly events: readonly CorpusCall[];
}

/** Without `.json`. */
export function corpusFiles(): readonly string[] {
	return readdirSync(CORPUS)
		.map((file) => file.replace(/\.json$/, ""))
		.sort();
}

/** The specification's examples have a role in place of calls. */
export function corpusCases(file: string): readonly CorpusCase[] {
	const { cases } = JSON.parse(readFileSync(new URL(`${file}.json`, CORPUS), "utf8"));
	return cases.map((one: CorpusCase & { readonly role?: string }) => {
		return one.role === undefined ? one : { name: one.name, events: [{ ...one, op: one.role }] };
	});
}

/** The calls of one operation in all cases, each with a name of its own. */
export function callsOf(file: string, op: string): readonly { readonly name: string; readonly call: CorpusCall }[] {
	return corpusCases(file).flatMap((one) =>
		one.events.flatMap((call, k) => (call.op === op ? [{ name: `${one.name} #${k}`, call }] : [])),
	);
}
