import { describe, expect, it } from "vitest";
import { readGolden, replay } from "./ipvs-lab.ts";

describe("IPVS does what Linux 6.1 did, event by event", () => {
	it.each(readGolden("random.json"))("scenario $n ($kind)", async (scenario) => {
		expect(await replay(scenario)).toEqual([]);
	});

	it.each(readGolden("special.json"))("special scenario $n ($kind)", async (scenario) => {
		expect(await replay(scenario)).toEqual([]);
	});
});
