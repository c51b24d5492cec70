/**
 * Facts of ../shared/reference/kernel-lab.md about the text of tools: the same commands of iptables 1.8.9 (nf_tables) on the
 * real kernel and of the shell say the same; the number in front is the fact's (`facts/table.ts`). Needs root, with the
 * packages that .ci/run names.
 */
import { expect, test } from "vitest";
import type { CommandEntry } from "../src/shell/command.ts";
import { iptablesCommand } from "../src/shell/commands/iptables/iptables.ts";
import { NamedNetns, type Printed, ShellMachine } from "./command-pair.ts";

const ENTRIES: readonly CommandEntry[] = [iptablesCommand];

/** What the real tools said to each command, the shell having said the same. */
async function both(name: string, commands: readonly string[]): Promise<readonly Printed[]> {
	const real = await NamedNetns.make(`pwfact-${process.pid}-${name}`);
	try {
		const shell = await ShellMachine.make(ENTRIES);
		const said: Printed[] = [];
		for (const command of commands) {
			const [there, here] = [await real.run(command), await shell.run(command)];
			expect({ command, ...here }).toEqual({ command, ...there });
			said.push(there);
		}
		return said;
	} finally {
		await real.remove();
	}
}

test("50: lengths of names, prefixes and comments", async () => {
	const comment = "c".repeat(255);
	const said = await both("50", [
		`iptables -N ${"A".repeat(28)}`,
		`iptables -N ${"A".repeat(29)}`,
		`iptables -A INPUT -j LOG --log-prefix ${"p".repeat(40)}`,
		`iptables -A INPUT -m comment --comment ${comment}`,
		"iptables -S INPUT",
	]);
	expect(said.map(({ code }) => code)).toEqual([0, 2, 0, 0, 0]);
	expect(said[1]?.err).toContain(`chain name \`${"A".repeat(29)}' too long (must be under 29 chars)`);
	expect(said[4]?.out).toContain(`--log-prefix ${"p".repeat(29)}\n`);
	expect(said[4]?.out).toContain(`--comment ${comment}\n`);
});

test("52: rules are compared as parsed", async () => {
	const rule = "-p tcp -m tcp --dport 80 -m mark --mark 1 -j ACCEPT";
	const same = [
		"iptables -C INPUT -p 6 --dport http -m mark --mark 1 -j ACCEPT",
		"iptables -C INPUT -p tcp --dport 80:80 -m mark --mark 0x1 -j ACCEPT",
		"iptables -C INPUT -s 0/0 -p tcp --dport 80 -m mark --mark 1 -j ACCEPT",
		"iptables -C INPUT -i + -p tcp --dport 80 -m mark --mark 1 -j ACCEPT",
		"iptables -C FORWARD -s 10.9.9.9/8 -j DROP",
	];
	const other = [
		"iptables -C INPUT -p tcp -m mark --mark 1 -m tcp --dport 80 -j ACCEPT",
		"iptables -C INPUT -p tcp --dport 80 -m mark --mark 1 -m comment --comment x -j ACCEPT",
	];
	const said = await both("52", [
		`iptables -A INPUT ${rule}`,
		"iptables -A FORWARD -s 10.0.0.0/8 -j DROP",
		...same,
		...other,
		`iptables -A INPUT ${rule}`,
		"iptables -A INPUT -p udp -j DROP",
		`iptables -D INPUT ${rule}`,
		"iptables -S INPUT",
		"iptables -A OUTPUT -s 10.0.0.1,10.0.0.2 -j DROP",
		"iptables -S OUTPUT",
		"iptables -t mangle -I INPUT 3 -j ACCEPT",
	]);
	const codes = said.map(({ code }) => code);
	expect(codes.slice(2, 2 + same.length)).toEqual(same.map(() => 0));
	expect(codes.slice(2 + same.length, 2 + same.length + other.length)).toEqual(other.map(() => 1));
	expect(said.at(-4)?.out).toBe(
		`-P INPUT ACCEPT\n-A INPUT ${rule.replace("1 -j", "0x1 -j")}\n-A INPUT -p udp -j DROP\n`,
	);
	expect(said.at(-2)?.out).toBe(
		"-P OUTPUT ACCEPT\n-A OUTPUT -s 10.0.0.1/32 -j DROP\n-A OUTPUT -s 10.0.0.2/32 -j DROP\n",
	);
	expect(said.at(-1)?.err).toBe("iptables: Index of insertion too big.\n");
});

test("53: probabilities are rounded, and refused beyond one", async () => {
	const rounded = {
		"0.1": "0.10000000009",
		"0.2": "0.20000000019",
		"0.33333333349": "0.33333333349",
		"0.0000000001": "0.00000000000",
		"0.9999999999": "1.00000000000",
	};
	const add = "iptables -A INPUT -m statistic --mode";
	const said = await both("53", [
		...Object.keys(rounded).map((given) => `${add} random --probability ${given}`),
		`${add} random --probability 1.1`,
		`${add} nth --every 3 --packet 0`,
		"iptables -S INPUT",
		"iptables -nL INPUT",
	]);
	for (const stored of Object.values(rounded)) expect(said.at(-2)?.out).toContain(` --probability ${stored}\n`);
	expect(said.at(-4)?.err).toContain('statistic: bad value for option "--probability", or out of range (0-1).');
	expect(said.at(-1)?.out).toMatch(/statistic mode nth every 3\s*$/);
});
