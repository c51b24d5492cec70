import { expect, test } from "vitest";
import { getopt, type OptionSpec } from "./getopt.ts";

const SPEC: OptionSpec = {
	short: "vc:i:n::",
	long: { "count=": "c", verbose: "v", version: "version", "count-all": "a", "color=?": "color" },
};

function words(line: string, spec: OptionSpec = SPEC): string {
	const given = getopt(line.split(" "), spec);
	if (!given.ok) return given.error;
	const options = given.value.options.map(({ name, value }) => (value === "" ? name : `${name}=${value}`));
	return `${options.join(",")} | ${given.value.words.join(",")}`;
}

test.each([
	["-v host", "v | host"],
	["host -v", "v | host"],
	["-vc3 host", "v,c=3 | host"],
	["-c 3 -i0.2 host", "c=3,i=0.2 | host"],
	["-n host", "n | host"],
	["-n5 host", "n=5 | host"],
	["--count 3 host", "c=3 | host"],
	["--count=3 host", "c=3 | host"],
	["--color host", "color | host"],
	["--color=never host", "color=never | host"],
	["--verb host", "v | host"],
	["--count-a host", "a | host"],
	["-v -- -c 3", "v | -c,3"],
	["- x", " | -,x"],
	["-vz host", "invalid option -- 'z'"],
	["-v:", "invalid option -- ':'"],
	["-c", "option requires an argument -- 'c'"],
	["--count", "option '--count' requires an argument"],
	["--verbose=1", "option '--verbose' doesn't allow an argument"],
	["--ver", "option '--ver' is ambiguous; possibilities: '--verbose' '--version'"],
	["--foo=1", "unrecognized option '--foo=1'"],
])("%s", (line, expected) => {
	expect(words(line)).toBe(expected);
});

test("options after the first word are words where POSIX is kept to", () => {
	expect(words("-v ls -c 3", { ...SPEC, stopAtWord: true })).toBe("v | ls,-c,3");
});

test("a program without long options takes the second hyphen for a letter", () => {
	expect(getopt(["--help"], { short: "h" })).toEqual({ ok: false, error: "invalid option -- '-'" });
	expect(getopt(["-h", "--", "--x"], { short: "h" })).toMatchObject({ ok: true, value: { words: ["--x"] } });
});
