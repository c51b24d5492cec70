/** Services and destinations from the text of `ipvsadm -S`. */
import { err, ok, type Result } from "../../base/result.ts";
import type { IpvsDestination, IpvsService } from "../../kernel/ipvs.ts";
import { parseIpvsadmCommand, wordsOfLine } from "./command.ts";
import { isFault } from "./fault.ts";

export interface IpvsSaveError {
	/** From 1. */
	readonly line: number;
	readonly message: string;
}

/** In the order of the text. The error names the first line that is no `-A` or `-a` command. */
export function parseIpvsSave(text: string): Result<readonly (IpvsService | IpvsDestination)[], IpvsSaveError> {
	const objects: (IpvsService | IpvsDestination)[] = [];
	for (const [at, line] of text.split("\n").entries()) {
		const words = wordsOfLine(line);
		if (words === undefined) continue;
		const command = parseIpvsadmCommand(words, { restoring: true });
		if (isFault(command)) return err({ line: at + 1, message: command.message.trimEnd() });
		if (command.command === "add-service") objects.push(command.service);
		else if (command.command === "add-server") objects.push(command.destination);
		else return err({ line: at + 1, message: `expected -A or -a, found ${words[0] ?? ""}` });
	}
	return ok(objects);
}
