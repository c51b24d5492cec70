import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type Recorded, recordedOutcome, simulatedOutcome } from "../../../test/recorded-lab.ts";

const GOLDEN = new URL("../../../test/golden/br-netfilter.json", import.meta.url);
const { scenarios } = JSON.parse(readFileSync(GOLDEN, "utf8")) as { scenarios: readonly Recorded[] };

test.each(scenarios)("as on the real kernel: $name", async (scenario) => {
	expect(await simulatedOutcome(scenario)).toEqual(recordedOutcome(scenario));
});
