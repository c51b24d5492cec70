import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type Recorded, recordedOutcome, simulatedOutcome } from "../../../test/recorded-lab.ts";
const { scenarios } = JSON.parse(readFileSync("/tmp/xt/gen/fuzz.json", "utf8")) as { scenarios: readonly Recorded[] };
test.each(scenarios)("as on the real kernel: $name", async (scenario) => {
	expect(await simulatedOutcome(scenario)).toEqual(recordedOutcome(scenario));
});
