import { expect, test } from "vitest";
import { parseSyslogConf } from "./syslog-conf.ts";

/** Levels 0 (emerg) … 7 (debug) of the kernel that a selector takes. */
function levels(selector: string): string {
	const [rule] = parseSyslogConf(`${selector} /var/log/x\n`);
	return [0, 1, 2, 3, 4, 5, 6, 7].filter((level) => rule?.matches("kern", level, "")).join("");
}

test.each([
	["kern.*", "01234567"],
	["*.*", "01234567"],
	["kern.notice", "012345"],
	["kern.warn", "01234"],
	["kern.=notice", "5"],
	["kern.none", ""],
	["mail.*", ""],
	["mail,kern.err", "0123"],
	["*.info;mail.none", "0123456"],
	["*.info;kern.none", ""],
	// `!` takes away, so alone it leaves nothing (the article hopes for "all but").
	["kern.!warning", ""],
	["kern.*;kern.!warning", "567"],
	["kern.*;kern.!=warning", "0123567"],
	["kern.info;kern.!err", "456"],
	["kern.=info;kern.=err", "36"],
])("%s takes the levels %s", (selector, expected) => {
	expect(levels(selector)).toBe(expected);
});

test("filters by message, continued rules, and what is no file", () => {
	const rules = parseSyslogConf(
		[
			"# comment",
			"$ModLoad imklog",
			'module(load="imuxsock")',
			':msg, contains, "Test-" -/var/log/test.log',
			"& stop",
			':msg, !startswith, "IN" /var/log/other.log',
			"*.emerg :omusrmsg:*",
			"kern.* @10.0.0.1",
		].join("\n"),
	);
	expect(rules.map(({ action }) => action)).toEqual([
		{ kind: "file", path: "/var/log/test.log" },
		{ kind: "stop" },
		{ kind: "file", path: "/var/log/other.log" },
		{ kind: "other", text: ":omusrmsg:*" },
		{ kind: "other", text: "@10.0.0.1" },
	]);
	expect(rules.slice(0, 3).map(({ matches }) => matches("kern", 4, "Test-1 IN="))).toEqual([true, true, true]);
	expect(rules.slice(0, 3).map(({ matches }) => matches("kern", 4, "IN= "))).toEqual([false, false, false]);
});
