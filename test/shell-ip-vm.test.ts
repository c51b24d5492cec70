/**
 * Devices that this machine's kernel lacks (ipip, VLANs, dummies, VLAN-aware bridges) in the shell, beside what the real tools
 * printed on Debian's kernel 6.1 (`shell-ip/record-vm.py`).
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as z from "zod";
import { words } from "./real-netns.ts";
import { shown } from "./shell-ip/shown.ts";
import { shellLab } from "./shell-lab.ts";

const run = z.strictObject({ line: z.string(), code: z.number(), out: z.string(), err: z.string() });
const golden = z.array(z.strictObject({ name: z.string(), runs: z.array(run) }));
const RECORDED = golden.parse(JSON.parse(readFileSync(new URL("golden/shell-ip-vm.json", import.meta.url), "utf8")));

test.each(RECORDED.map(({ name, runs }) => [name, runs] as const))("%s: as the real tools", async (_name, runs) => {
	const lab = await shellLab({ hosts: [{ name: "m" }] });
	const differences: string[] = [];
	for (const { line, ...theirs } of runs) {
		const ours = await lab.sh(
			words(line)
				.map((word) => `'${word}'`)
				.join(" "),
		);
		const [a, b] = [shown(line, theirs), shown(line, ours)];
		// The module is loaded, which brings the device, and then the device is there already: here that is all there is to it.
		const loads = line === "ip link add tunl0 type ipip";
		if (a !== b && !loads) differences.push(`# ${line}\n--- real\n${a}+++ podwire\n${b}`);
	}
	expect(runs.length).toBeGreaterThan(30);
	expect(differences.join("\n")).toBe("");
});
