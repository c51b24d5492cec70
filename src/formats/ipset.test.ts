/** What the real ipset 7.17 printed (test/golden/ipset-commands.json), read and printed again. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { wordsOfLine } from "./ipset/command.ts";
import { formatIpSetList, formatIpSetSave } from "./ipset/listing.ts";
import { parseIpSetList, parseIpSetSave } from "./ipset/parse-listing.ts";
import { formatRule, parseRule } from "./iptables-save.ts";

const RECORDED: Readonly<Record<string, readonly (readonly [code: number, out: string, err: string])[]>> = JSON.parse(
	readFileSync(new URL("../../test/golden/ipset-commands.json", import.meta.url).pathname, "utf8"),
);
const OUTPUTS = Object.values(RECORDED).flatMap((group) => group.map(([, out]) => out));

test("every listing that the real tool printed is read, and printed the same", () => {
	// A listing of headers only says how many elements there are, and shows none.
	const lists = OUTPUTS.filter((out) => out.startsWith("Name: ") && out.includes("\nMembers:\n"));
	expect(lists.length).toBeGreaterThan(12);
	for (const list of lists) {
		const parsed = parseIpSetList(list);
		expect(parsed.ok ? formatIpSetList(parsed.value) : parsed.error).toBe(list);
	}
});

test("everything that the real tool saved is read, and saved the same", () => {
	const saves = OUTPUTS.filter((out) => /^(create \S+ [^\n]*\n(add [^\n]*\n)*)+$/.test(out));
	expect(saves.length).toBeGreaterThan(25);
	for (const save of saves) {
		const parsed = parseIpSetSave(save);
		expect(parsed.ok ? formatIpSetSave(parsed.value) : parsed.error).toBe(save);
	}
});

test("what is wrong is said with its line", () => {
	expect(parseIpSetSave("create A hash:ip\nadd A 10.0.0.1\nadd A nonsense\n")).toEqual({
		ok: false,
		error: { line: 3, message: "Syntax error: cannot parse nonsense: resolving to IPv4 address failed" },
	});
	expect(parseIpSetSave("add A 10.0.0.1\n")).toMatchObject({ ok: false, error: { line: 1 } });
	expect(parseIpSetList("Name: A\nnonsense\n")).toMatchObject({ ok: false, error: { line: 2 } });
	expect(parseIpSetList("Name: A\nType: hash:foo\nHeader: \n")).toMatchObject({ ok: false });
});

test("quotes of a restore file hold spaces; one that is not closed ends the line", () => {
	expect(wordsOfLine('  add A 1.1.1.1  comment "x  y" ')).toEqual(["add", "A", "1.1.1.1", "comment", "x  y"]);
	expect(wordsOfLine('add A 1.1.1.1 comment "x')).toEqual(["add", "A", "1.1.1.1", "comment"]);
	expect(wordsOfLine("")).toEqual([]);
});

test.each([
	"-m set --match-set H src",
	"-m set ! --match-set H src,dst,src,dst,src,dst --return-nomatch ! --update-counters ! --update-subcounters",
	"-m set --match-set H src --packets-eq 5 --bytes-lt 6",
	"-m set --match-set H src ! --packets-eq 5 ! --bytes-eq 6 -j DROP",
	"-j SET --add-set H src --exist --timeout 5 --del-set HP src,src",
	"-j SET --map-set H src --map-mark --map-prio --map-queue",
])("rule with a set: %s", (rule) => {
	const parsed = parseRule(rule, "ipv4");
	expect(parsed.ok ? formatRule(parsed.value, "INPUT") : parsed.error).toBe(`-A INPUT ${rule}`);
});
