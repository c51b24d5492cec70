import { expect, test } from "vitest";
import { readRecorded, recordedOutcome, simulatedOutcome } from "../../../../test/recorded-lab.ts";

test.each([...readRecorded("ipset-random.jsonl"), ...readRecorded("ipset-random-other.jsonl")])(
	"counters of rules and sets as on the real kernel: $name",
	async (scenario) => {
		expect(await simulatedOutcome(scenario)).toEqual(recordedOutcome(scenario));
	},
);
