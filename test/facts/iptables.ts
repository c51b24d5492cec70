/** Facts 50–55: iptables and nft. */
import { expect } from "vitest";
import { type Fact, port } from "./fact.ts";
import type { Seen } from "./seen.ts";

function logged(seen: Seen, prefix: string): readonly number[] {
	const lines = seen.log().filter((line) => line.startsWith(`${prefix} `));
	return lines.map((line) => Number(/ ID=(\d+)/.exec(line)?.[1]));
}

export const IPTABLES_FACTS: readonly Fact[] = [
	{
		id: "50",
		says: "a chain's name has at most 28 characters, a LOG prefix is cut to 29, a comment may have 255",
		tests: [
			...port("50: a chain's name has at most 28 characters"),
			{ file: "test/facts-shell.test.ts", title: "50: lengths of names, prefixes and comments" },
		],
	},
	{
		id: "51",
		says: "jumps: 15 deep in the nft backend, 40 and more in the legacy one; circles are refused when a hook reaches them",
		tests: port(
			"51: chains may jump 40 deep, and not in a circle that a hook reaches",
			"51: of the nft backend a jump goes 15 chains deep",
		),
		unproved: "The simulator is the legacy backend in this: any depth, ELOOP for a circle.",
	},
	{
		id: "52",
		says: "-C and -D compare parsed rules: other words match, another order of matches or a comment does not",
		tests: [{ file: "test/facts-shell.test.ts", title: "52: rules are compared as parsed" }],
	},
	{
		id: "53",
		says: "a probability is a number of 2^31sts; nth counts from its --packet",
		scenarios: {
			"53-nth": (seen) => {
				expect(logged(seen, "p0")).toEqual([1, 4, 7]);
				expect(logged(seen, "p2")).toEqual([3, 6]);
			},
		},
		tests: [
			...port("53: a probability of one half is met about half the time"),
			{ file: "test/facts-shell.test.ts", title: "53: probabilities are rounded, and refused beyond one" },
		],
	},
	{
		id: "54",
		says: "nft: numgen inc mod 3 vmap gives 3, 2, 2 of seven packets",
		unproved: "The port has no nftables objects yet.",
	},
	{
		id: "55",
		says: "LOG of namespaces other than the first is silent unless nf_log_all_netns=1",
		tests: [
			{
				file: "test/linux-kernel-log.test.ts",
				title: "the sysctl is held until the last one closes, and a killed holder does not hold it",
			},
		],
		unproved:
			"Every namespace of the simulator logs, as with nf_log_all_netns=1, and on the real kernel the sysctl is held at 1 while others' tests run, so silence cannot be shown.",
	},
];
