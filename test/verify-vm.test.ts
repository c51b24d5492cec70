/**
 * The simulated kernel beside Debian's, in one start of a virtual machine: the scenarios by hand, those that need what this
 * machine's kernel lacks, those that once differed, and some that nobody has seen. Needs what .ci/run installs.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import * as z from "zod";
import { findVmRun } from "../src/cli/vm.ts";
import { podwireProcess } from "./run-podwire.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DIRECTORIES = ["verify", "verify-vm", "regressions"].map((name) => `test/scenarios/${name}`);
/** Shrunk scenarios are in the message too. */
const SCRATCH = mkdtempSync(join(tmpdir(), "podwire-verify-vm-"));
const GENERATED = 24;
const TIMEOUT_MS = 600_000;

const REPORT = z.object({
	kernel: z.string(),
	scenarios: z.int(),
	agreements: z.int(),
	differences: z.int(),
	refused: z.int(),
	known: z.record(z.string(), z.int()),
});

afterAll(() => rmSync(SCRATCH, { recursive: true }));

test(
	"Linux 6.1 agrees on every scenario by hand, on every regression, and on some of a fresh seed",
	async () => {
		const count = String(GENERATED);
		const { code, out, err } = await podwireProcess(
			"fidelity",
			"--vm",
			"--json",
			"--count",
			count,
			"--shrink",
			"20",
			"--regressions",
			SCRATCH,
			...DIRECTORIES,
		);
		expect(code, err).toBe(0);
		const report = REPORT.parse(JSON.parse(out));
		const files = DIRECTORIES.flatMap((path) => readdirSync(`${ROOT}/${path}`));
		const known = Object.values(report.known).reduce((sum, times) => sum + times, 0);
		expect(report.kernel).toMatch(/^Linux 6\.1\./);
		expect(report.scenarios, err).toBe(files.length + GENERATED);
		expect(report.agreements + known, err).toBe(report.scenarios);
	},
	TIMEOUT_MS,
);

test("without vm-run it says where it was looked for", () => {
	expect(findVmRun("/nowhere/vm-run")).toEqual({
		ok: false,
		error: ["--vm: PODWIRE_VM_RUN names /nowhere/vm-run, which is not there"],
	});
	expect(findVmRun(undefined, "/sys/somewhere")).toEqual({
		ok: false,
		error: ["--vm: the script vm-run is not at /sys/shared/tools/vm-run; PODWIRE_VM_RUN may name it"],
	});
});
