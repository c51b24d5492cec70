/** Nothing of the CNI corpus is left out without a word: every operation of every file is in the table, and nothing else is. */
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { corpusCases, corpusFiles } from "../../test/corpus/cni-corpus.ts";
import { CNI_TABLE } from "../../test/corpus/cni-table.ts";

test("the table has the corpus's files", () => {
	expect(Object.keys(CNI_TABLE).sort()).toEqual(corpusFiles());
});

test.each(corpusFiles())("every operation of %s is tested, or it is said why not", (file) => {
	const operations = new Set(corpusCases(file).flatMap(({ events }) => events.map(({ op }) => op)));
	expect(Object.keys(CNI_TABLE[file] ?? {}).sort()).toEqual([...operations].sort());
});

test.each(
	Object.entries(CNI_TABLE).flatMap(([file, fates]) =>
		Object.entries(fates).flatMap(([op, fate]) => ("test" in fate ? [{ file, op, name: fate.test }] : [])),
	),
)("$name runs $op of $file", ({ op, name }) => {
	const path = new URL(name, import.meta.url);
	expect(existsSync(path)).toBe(true);
	const text = readFileSync(path, "utf8");
	// ADD and others are played by their case, as is what a case's first event tells.
	const isPlayed =
		/^(ADD|DEL|CHECK|exec|connectivity|(add|del)NetworkList|libcni\.end|pluginMain\.unreadableStdin|chain\.teardown)$/.test(
			op,
		);
	expect(text).toContain(isPlayed ? "events" : op);
});
