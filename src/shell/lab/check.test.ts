import { expect, test } from "vitest";
import { countCheck, countWords, textChecks } from "./check.ts";
import { formatDiff, textDiff } from "./diff.ts";
import type { Count, TextExpectation } from "./lab.ts";
import { splitCommands } from "./terminal.ts";

const ANY: TextExpectation = { contains: [], lacks: [], matches: [] };

function failed(wanted: Partial<TextExpectation>, text: string): readonly string[] {
	return textChecks("stdout", { ...ANY, ...wanted }, { text, path: ["x"] })
		.filter((check) => !check.ok)
		.map((check) => `${check.what} @${check.path.join(".")}\n${formatDiff(check.diff)}`);
}

test("a text is asked for what it contains, lacks, matches, equals, and for its lines", () => {
	const text = "one\ntwo\n";
	const good = {
		contains: ["one", "two"],
		lacks: ["three"],
		matches: [/^two$/m],
		equals: text,
		lines: { atLeast: 2, atMost: 2 },
	};
	expect(failed(good, text)).toEqual([]);
	expect(textChecks("stdout", { ...ANY, ...good }, { text, path: [] })).toHaveLength(6);
});

test("what fails says where and how", () => {
	expect(failed({ contains: ["one", "three"] }, "one\ntwo\n")).toEqual([
		'stdout contains "three" @x.contains.1\n- three\n+ one\n+ two',
	]);
	expect(failed({ lacks: ["tw"] }, "one\ntwo\n")).toEqual(['stdout lacks "tw" @x.lacks.0\n+ two']);
	expect(failed({ matches: [/^o$/m] }, "")).toEqual(["stdout matches ^o$ @x.matches.0\n- ^o$\n+ (nothing)"]);
	expect(failed({ lines: { atLeast: 1, atMost: Infinity } }, "")).toEqual([
		"lines of stdout: at least 1 @x.lines\n- at least 1\n+ 0",
	]);
});

test("two texts that should be equal are shown as a diff, far equal lines left out", () => {
	const lines = Array.from({ length: 20 }, (_, k) => `line ${k}`);
	const found = lines.with(10, "another").join("\n");
	expect(failed({ equals: `${lines.join("\n")}\n` }, `${found}\n`)).toEqual([
		"stdout is as expected @x.equals\n  line 8\n  line 9\n- line 10\n+ another\n  line 11\n  line 12",
	]);
	expect(textDiff("a", "a\n")).toEqual([]);
	expect(failed({ equals: "a" }, "a\n")).toEqual([]);
	expect(failed({ equals: "a\nb" }, "a  \nb\n")).toEqual(["stdout is as expected @x.equals\n- a\n+ a··\n  b"]);
});

test.each<[Count, number, boolean, string]>([
	[{ atLeast: 2, atMost: 2 }, 2, true, "2"],
	[{ atLeast: 2, atMost: 2 }, 3, false, "2"],
	[{ atLeast: 2, atMost: Infinity }, 9, true, "at least 2"],
	[{ atLeast: 0, atMost: 3 }, 4, false, "at most 3"],
	[{ atLeast: 1, atMost: 3 }, 1, true, "1 to 3"],
])("a count of %o, found %d: %s", (wanted, found, ok, words) => {
	expect(countCheck("packets", wanted, { found, path: [] }).ok).toBe(ok);
	expect(countWords(wanted)).toBe(words);
});

test("a step's text is typed command by command, loops and here-documents whole, comments not", () => {
	const text =
		"# first\nip a\n# second\nfor i in 1 2; do\n  echo $i\ndone; echo x # y\ncat <<EOF\n# kept\nEOF\nls | wc -l\n";
	expect(splitCommands(text)).toEqual([
		"ip a",
		"for i in 1 2; do\n  echo $i\ndone;",
		"echo x # y",
		"cat <<EOF\n# kept\nEOF",
		"ls | wc -l",
	]);
	expect(splitCommands("")).toEqual([]);
});
