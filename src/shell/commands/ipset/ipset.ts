/** `ipset` 7.17 over the port. */

import { parseHosts } from "../../../formats/hosts-file.ts";
import { parseIpSetCommand } from "../../../formats/ipset/command.ts";
import { isFault } from "../../../formats/ipset/fault.ts";
import { familyOf, type IpAddr, type IpFamily } from "../../../wire/addr.ts";
import type { CommandContext, CommandEntry, Output } from "../../command.ts";
import { FileError } from "../../file-tree.ts";
import { runTool } from "../tool-exit.ts";
import { carryOut } from "./carry-out.ts";
import { restore } from "./restore.ts";
import { faulty, IpSetSession } from "./session.ts";

export const ipsetCommand: CommandEntry = {
	names: ["ipset"],
	summary: "sets of addresses, networks and ports for iptables: create, add, del, test, list, save, restore",
	run: (context) => {
		const isQuiet = context.args.some((word) => /^--?(q|quiet)$/.test(word));
		const quiet: CommandContext = isQuiet ? { ...context, stderr: NOWHERE } : context;
		return runTool(quiet, () => ipset(quiet));
	},
	complete: async (words) => (words.length <= 1 ? COMMAND_WORDS : []),
};

const NOWHERE: Output = { write: () => undefined, writeBytes: () => undefined };
const COMMAND_WORDS: readonly string[] = [
	"add",
	"create",
	"del",
	"destroy",
	"flush",
	"help",
	"list",
	"rename",
	"restore",
	"save",
	"swap",
	"test",
	"version",
];

async function ipset(context: CommandContext): Promise<number> {
	const command = parseIpSetCommand(context.args);
	if (isFault(command)) throw faulty(command);
	const session = new IpSetSession(context, await hostsFileOf(context));
	if (command.command === "restore") return restore(context, session, command);
	return carryOut(context, session, command);
}

/** Names of /etc/hosts. */
async function hostsFileOf({
	host,
	netns,
}: CommandContext): Promise<(name: string, family: IpFamily) => IpAddr | undefined> {
	let text = "";
	try {
		text = await host.files.read("/etc/hosts", { netns });
	} catch (error) {
		if (!(error instanceof FileError)) throw error;
	}
	const entries = parseHosts(text);
	return (name, family) => entries.find(({ addr, names }) => familyOf(addr) === family && names.includes(name))?.addr;
}
