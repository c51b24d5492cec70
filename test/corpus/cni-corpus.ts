/** Files of the CNI corpus (../shared/corpus/cni) and what its calls look like. */
import { existsSync, readFileSync } from "node:fs";

const CORPUS = new URL("../../../shared/corpus/cni/", import.meta.url);

export const HAS_CORPUS: boolean = existsSync(CORPUS);

/** One recorded call; which members there are depends on `op`. */
export type CorpusCall = Readonly<Record<string, unknown>> & { readonly op: string };

export interface CorpusCase {
	readonly name: string;
	readonly events: readonly CorpusCall[];
}

export interface NamedCall {
	/** Case and place. */
	readonly name: string;
	readonly call: CorpusCall;
}

export function corpusCases(file: string): readonly CorpusCase[] {
	const text = readFileSync(new URL(`${file}.json`, CORPUS), "utf8");
	return JSON.parse(text).cases;
}

/** The calls of one operation in all cases. */
export function callsOf(file: string, op: string): readonly NamedCall[] {
	return corpusCases(file).flatMap((one) =>
		one.events.flatMap((call, k) => (call.op === op ? [{ name: `${one.name} #${k}`, call }] : [])),
	);
}

/** A member as text; an error of the test when it is none. */
export function textOf(call: CorpusCall, key: string): string {
	const value = call[key];
	if (typeof value !== "string") throw new Error(`${key} is no text`);
	return value;
}
