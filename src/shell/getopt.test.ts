import { expect, test } from "vitest";
import { getopt } from "./getopt.ts";

const TABLE = { short: "vc:i:", long: { count: "c=", verbose: "v", version: "version", "count-all": "a" } };

function words(given: ReturnType<typeof getopt>): string {
	const options = given.options.map(({ name, value }) => (value === "" ? name : `${name}=${value}`));
	return `${options.join(",")} | ${given.operands.join(",")}${given.error === undefined ? "" : ` | ${given.error}`}`;
}

test.each([
	["-v host", "v | host"],
	["host -v", "v | host"],
	["-vc3 host", "v,c=3 | host"],
	["-c 3 -i0.2 host", "c=3,i=0.2 | host"],
	["--count 3 host", "c=3 | host"],
	["--count=3 host", "c=3 | host"],
	["--verb host", "v | host"],
	["--count-a host", "a | host"],
	["-v -- -c 3", "v | -c,3"],
	["- x", " | -,x"],
	["-vz host", "v | host | invalid option -- 'z'"],
	["-v:", "v |  | invalid option -- ':'"],
	["-c", " |  | option requires an argument -- 'c'"],
	["--count", " |  | option '--count' requires an argument"],
	["--verbose=1", " |  | option '--verbose' doesn't allow an argument"],
	["--ver", " |  | option '--ver' is ambiguous; possibilities: '--verbose' '--version'"],
	["--foo=1", " |  | unrecognized option '--foo'"],
])("%s", (line, expected) => {
	expect(words(getopt(line.split(" "), TABLE))).toBe(expected);
});

test("options after the first operand are operands where POSIX is kept to", () => {
	expect(words(getopt(["-v", "ls", "-c", "3"], { ...TABLE, operandsLast: true }))).toBe("v | ls,-c,3");
});
