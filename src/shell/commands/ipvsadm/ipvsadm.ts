/** `ipvsadm` 1.31 over the port. */
import { parseIpvsadmCommand, wordsOfLine } from "../../../formats/ipvsadm/command.ts";
import { type IpvsadmFault, isFault } from "../../../formats/ipvsadm/fault.ts";
import type { HostNames } from "../../../formats/ipvsadm/names.ts";
import { SPELLINGS } from "../../../formats/ipvsadm/option-words.ts";
import type { Resolve } from "../../../formats/ipvsadm/values.ts";
import { familyOf } from "../../../wire/addr.ts";
import type { CommandContext, CommandEntry } from "../../command.ts";
import { hostsOf } from "../../name-service.ts";
import { runTool, ToolExit } from "../tool-exit.ts";
import { carryOut } from "./carry-out.ts";

export const ipvsadmCommand: CommandEntry = {
	names: ["ipvsadm"],
	summary: "IPVS: virtual services, their real servers, connections, statistics, save and restore",
	run: (context) => runTool(context, () => ipvsadm(context)),
	complete: async () => SPELLINGS,
};

async function ipvsadm(context: CommandContext): Promise<number> {
	const hosts = await hostsOf(context);
	const names: HostNames = (addr) => hosts.find((entry) => entry.addr === addr)?.names[0];
	const resolve: Resolve = (name) =>
		hosts.find((entry) => entry.names.includes(name) && familyOf(entry.addr) === "ipv4")?.addr;
	const command = parseIpvsadmCommand(context.args, { resolve });
	if (isFault(command)) throw faulty(command);
	if (command.command !== "restore") return carryOut(context, command, names);
	let code = 0;
	for (const line of (await context.stdin.readAll()).split("\n")) {
		const words = wordsOfLine(line);
		if (words !== undefined) code = await restoreLine(words);
	}
	return code;

	/** What the kernel refuses does not end a restore; what cannot be understood does. */
	async function restoreLine(words: readonly string[]): Promise<number> {
		const typed = parseIpvsadmCommand(words, { resolve, restoring: true });
		if (!isFault(typed)) return carryOut(context, typed, names);
		if (typed.goesOn !== true) throw faulty(typed);
		context.stderr.write(typed.message);
		return typed.code;
	}
}

function faulty({ code, message }: IpvsadmFault): ToolExit {
	return new ToolExit(code, message);
}
