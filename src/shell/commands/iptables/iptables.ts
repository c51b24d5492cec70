/**
 * `iptables` 1.8.9 over the port. Rules are always counted, policies too: as the legacy backend does, and the nft one once
 * `-Z` or a restore made the base chain (the nft backend leaves the policy of a chain made by `-A` at zero).
 */
import type { CommandContext, CommandEntry } from "../../command.ts";
import { baseName } from "../../inputs.ts";
import { lookupHost } from "../../name-service.ts";
import { notModelled, runTool, ToolExit } from "../tool-exit.ts";
import { type Invocation, parseCommandLine } from "./command-line.ts";
import { commitTable, dumpChains } from "./commit.ts";
import { completeIptables } from "./complete.ts";
import { execute } from "./execute.ts";
import { addressNames } from "./names.ts";
import { StagedTable } from "./staged-table.ts";
import { type Tool, versionText } from "./tool.ts";

export const iptablesCommand: CommandEntry = {
	names: ["iptables", "iptables-nft", "iptables-legacy"],
	summary: "rules of the IPv4 packet filter and NAT",
	run: (context) => runTool(context, () => iptables(context)),
	complete: completeIptables,
};

export const ip6tablesCommand: CommandEntry = {
	names: ["ip6tables", "ip6tables-nft", "ip6tables-legacy", "ip6tables-save", "ip6tables-restore"],
	summary: "rules of the IPv6 packet filter (not modelled yet)",
	run: (context) =>
		runTool(context, async () => {
			const name = baseName(context.name);
			const [first = ""] = context.args;
			if (first !== "-V" && first !== "--version") throw notModelled(`${name}: IPv6 packet filtering`);
			context.stdout.write(`${name} ${versionText(name)}\n`);
			return 0;
		}),
};

async function iptables(context: CommandContext): Promise<number> {
	const version = versionText(baseName(context.name));
	const tool: Tool = { name: "iptables", version, line: undefined };
	const invocation = await parsed(context, tool);
	context.stderr.write(invocation.warning);
	const before = await dumpChains(context);
	const table = new StagedTable(invocation.table, before, tool);
	const output = execute(invocation, table, { tool, names: await addressNames(context) });
	// A listing is printed even if what follows it fails.
	if (invocation.command === "L" || invocation.command === "S") context.stdout.write(output);
	await commitTable(context, table, before);
	if (invocation.command !== "L" && invocation.command !== "S") context.stdout.write(output);
	return 0;
}

/** Host names in `-s` and `-d` are looked up. */
async function parsed(context: CommandContext, tool: Tool): Promise<Invocation> {
	let args = context.args;
	for (;;) {
		try {
			return parseCommandLine(args, tool);
		} catch (error) {
			const name = error instanceof ToolExit ? /host\/network `(.+)' not found$/m.exec(error.stderr)?.[1] : undefined;
			const found = name === undefined ? undefined : await lookupHost(context, name, "ipv4");
			if (name === undefined || found?.ok !== true || found.value.numeric) throw error;
			const { addr } = found.value;
			args = args.map((arg) =>
				arg === name ? addr : arg.replaceAll(`${name},`, `${addr},`).replaceAll(`,${name}`, `,${addr}`),
			);
			if (args.every((arg, index) => arg === context.args[index])) throw error;
		}
	}
}
