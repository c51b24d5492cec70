/**
 * The facts of ../shared/reference/kernel-lab.md §1 and §3, numbered as there (`facts/table.ts`). Both kernels play a fact's
 * scenarios, must agree on everything that is to be seen, and of each of the two outcomes the fact's claim must hold. Needs
 * root, with the packages that .ci/run names: where they are missing these fail and are not skipped.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LinuxHost, openLinuxHost, simHost } from "../src/cli/scenario-hosts.ts";
import { PLAIN } from "../src/trace/paint.ts";
import { differenceText } from "../src/verify/difference-text.ts";
import { parseScenario } from "../src/verify/file/parse-scenario.ts";
import type { Scenario } from "../src/verify/scenario.ts";
import { StagePool } from "../src/verify/stage-pool.ts";
import { verifyScenario } from "../src/verify/verify-scenario.ts";
import { Seen } from "./facts/seen.ts";
import { FACTS } from "./facts/table.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FILES = join(ROOT, "test/facts");
/** §1a–c, and the numbers of §3. */
const IDS: readonly string[] = ["1a", "1b", "1c", ...Array.from({ length: 55 }, (_, index) => `${index + 1}`)];
let host: LinuxHost;
let pool: StagePool;

beforeAll(async () => {
	const opened = await openLinuxHost();
	if (!opened.ok) throw new Error(opened.error.join("\n"));
	host = opened.value;
	pool = new StagePool(host);
});

afterAll(() => host.close());

describe.each(FACTS)("fact $id: $says", ({ scenarios = {}, tests = [], unproved }) => {
	test.each(Object.entries(scenarios))("%s", async (name, claim) => {
		const scenario = scenarioOf(name);
		const { comparison, unconfirmed, sim, real } = await verifyScenario(
			{ sim: () => simHost(1), real: pool },
			scenario,
		);
		const first = comparison.agrees ? unconfirmed : comparison.first;
		expect(first === undefined ? "" : differenceText(scenario, first, PLAIN)).toBe("");
		for (const outcome of [sim, real]) {
			const seen = new Seen(outcome);
			expect(seen.refused).toBe(undefined);
			claim(seen);
		}
	});

	test.each(tests)("proved by $file: $title", ({ file, title }) => {
		expect(readFileSync(join(ROOT, file), "utf8")).toContain(`"${title}"`);
	});

	if (unproved !== undefined) test(`not proved: ${unproved}`, () => expect(unproved).toMatch(/^[^.]+\.( [^.]+\.)*$/));
});

describe("the table of facts", () => {
	test("has every fact once, in order, and each is proved or says why not", () => {
		expect(FACTS.map(({ id }) => id)).toEqual(IDS);
		const empty = FACTS.filter(({ scenarios, tests, unproved }) => !scenarios && !tests && !unproved);
		expect(empty).toEqual([]);
	});

	test("has every scenario of test/facts, under its number", () => {
		const claimed = FACTS.flatMap(({ id, scenarios = {} }) =>
			Object.keys(scenarios).map((name) => [id.padStart(2, "0"), name] as const),
		);
		expect(claimed.filter(([id, name]) => !name.startsWith(`${id}-`))).toEqual([]);
		const files = readdirSync(FILES).flatMap((file) =>
			file.endsWith(".yaml") ? [file.slice(0, -".yaml".length)] : [],
		);
		expect(claimed.map(([, name]) => name).sort()).toEqual(files.sort());
	});
});

function scenarioOf(name: string): Scenario {
	const path = join(FILES, `${name}.yaml`);
	const parsed = parseScenario({ path, text: readFileSync(path, "utf8") });
	if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
	return parsed.value;
}
