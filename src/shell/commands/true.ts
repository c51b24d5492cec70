/** true, false. */
import type { CommandEntry } from "../command.ts";

export const trueCommand: CommandEntry = {
	names: ["true"],
	summary: "do nothing, successfully",
	run: async () => 0,
};

export const falseCommand: CommandEntry = {
	names: ["false"],
	summary: "do nothing, unsuccessfully",
	run: async () => 1,
};
