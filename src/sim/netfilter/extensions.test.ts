import { expect, test } from "vitest";
import { readRecorded, recordedOutcome, simulatedOutcome } from "../../../test/recorded-lab.ts";

test.each(readRecorded("extensions.jsonl"))("as on the real kernel: $name", async (scenario) => {
	expect(await simulatedOutcome(scenario)).toEqual(recordedOutcome(scenario));
});
