/** Scenarios that once differed, shrunk by `podwire fidelity`: both kernels agree on them; some only since a newer one than Linux 6.1. Needs root. */
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LinuxHost, openLinuxHost, simHost } from "../src/cli/scenario-hosts.ts";
import { LinuxKernel } from "../src/linux/linux-kernel.ts";
import { PLAIN } from "../src/trace/paint.ts";
import { differenceText } from "../src/verify/difference-text.ts";
import { parseScenario } from "../src/verify/file/parse-scenario.ts";
import { StagePool } from "../src/verify/stage-pool.ts";
import { verifyScenario } from "../src/verify/verify-scenario.ts";

const FILES = ["regressions", "regressions-since-6.2"].flatMap((name) => {
	const directory = new URL(`scenarios/${name}/`, import.meta.url);
	return readdirSync(directory).map((path) => ({ path, url: new URL(path, directory) }));
});
const missing = LinuxKernel.missing();

let host: LinuxHost | undefined;
let real: StagePool | undefined;

beforeAll(async () => {
	if (missing.length > 0) return;
	const opened = await openLinuxHost();
	if (!opened.ok) throw new Error(opened.error.join("\n"));
	host = opened.value;
	real = new StagePool(host);
});

afterAll(async () => {
	await real?.close();
	host?.close();
});

test.skipIf(missing.length > 0).each(FILES)("$path no longer differs", async ({ path, url }) => {
	const parsed = parseScenario({ path, text: readFileSync(url, "utf8") });
	if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
	if (real === undefined) throw new Error("no real kernel");
	const { comparison } = await verifyScenario({ sim: () => simHost(1), real }, parsed.value);
	expect(comparison.agrees ? "" : differenceText(parsed.value, comparison.first, PLAIN)).toBe("");
});
