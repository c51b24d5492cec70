/** `ip`, `bridge`, `brctl` and net-tools in the shell, beside the real tools: the same commands, text, errors, exit codes. */
import { afterAll, expect, test } from "vitest";
import { canRunReal, RealNetns, type RealRun, words } from "./real-netns.ts";
import { SCENARIOS } from "./shell-ip/scenarios.ts";
import { shown } from "./shell-ip/shown.ts";
import { type ShellLab, shellLab } from "./shell-lab.ts";

const canRun = await canRunReal("ip", "bridge", "brctl", "arp", "route", "ifconfig", "ethtool", "sysctl");
const open: RealNetns[] = [];

afterAll(() => {
	for (const netns of open) netns.close();
});

test.skipIf(!canRun).each(SCENARIOS.map(({ name, lines }) => [name, lines] as const))(
	"%s: as the real tools",
	async (_name, lines) => {
		const real = await RealNetns.open();
		open.push(real);
		const lab = await shellLab({ hosts: [{ name: "m" }] });
		await real.run(["ip", "link", "set", "lo", "up"]);
		const differences: string[] = [];
		let compared = 0;
		for (const written of lines) {
			const line = written.replace(/^~ /, "");
			const [theirs, ours] = await Promise.all([real.run(words(line)), inShell(lab, line)]);
			const [a, b] = [shown(line, theirs), shown(line, ours)];
			compared += 1;
			if (a !== b && line === written) differences.push(`# ${line}\n--- real\n${a}+++ podwire\n${b}`);
		}
		expect(compared).toBe(lines.length);
		expect(differences.join("\n")).toBe("");
	},
);

async function inShell(lab: ShellLab, line: string): Promise<RealRun> {
	const quoted = words(line).map((word) => `'${word}'`);
	return lab.sh(quoted.join(" "));
}
