/** `iptables-save`: the tables that something was loaded in, or one table as it is. */
import { formatIptablesSave } from "../../../formats/iptables-save.ts";
import { TABLE_NAMES, type Table, type TableName } from "../../../kernel/xtables.ts";
import type { CommandContext, CommandEntry } from "../../command.ts";
import { FILE_ERROR_TEXT, FileError } from "../../file-tree.ts";
import { getopt } from "../../getopt.ts";
import { baseName } from "../../inputs.ts";
import { resolvePath } from "../../memory-files.ts";
import { asctime } from "../../wall-clock.ts";
import { runTool, ToolExit } from "../tool-exit.ts";
import { dumpChains } from "./commit.ts";
import { StagedTable } from "./staged-table.ts";
import { type Tool, versionText } from "./tool.ts";

export const iptablesSaveCommand: CommandEntry = {
	names: ["iptables-save", "iptables-nft-save", "iptables-legacy-save"],
	summary: "all rules as text",
	run: (context) => runTool(context, () => iptablesSave(context)),
};

/** In the order of the nft backend. */
const SAVE_ORDER: readonly TableName[] = ["mangle", "security", "raw", "filter", "nat"];

async function iptablesSave(context: CommandContext): Promise<number> {
	const called = baseName(context.name);
	const name = called === "iptables-nft-save" ? called : "iptables-save";
	const options = getopt(context.args, {
		short: "bcdt:M:f:V",
		long: { binary: "b", counters: "c", version: "V", dump: "d", "table=": "t", "modprobe=": "M", "file=": "f" },
	});
	if (!options.ok) {
		throw new ToolExit(
			1,
			`${called}: ${options.error}\nLook at manual page \`iptables-save.8' for more information.\n`,
		);
	}
	const { value: given } = options;
	if (given.has("V")) {
		context.stdout.write(`${name} ${versionText(called)}\n`);
		return 0;
	}
	if (given.words.length > 0) throw new ToolExit(1, "Unknown arguments found on commandline\n");
	const generated = { by: `${name} ${versionText(called)}`, at: asctime(context.world.kernel.clock) };
	const tables = await tablesOf(context, given.value("t"));
	const text = formatIptablesSave(tables, { counters: given.has("c"), generated });
	const file = given.value("f");
	if (file === undefined) context.stdout.write(text);
	else await writeFile(context, file, text);
	return 0;
}

async function writeFile({ host, cwd, netns }: CommandContext, file: string, text: string): Promise<void> {
	try {
		await host.files.write(resolvePath(cwd, file), text, { netns });
	} catch (error) {
		if (!(error instanceof FileError)) throw error;
		throw new ToolExit(1, `Failed to open file, error: ${FILE_ERROR_TEXT[error.errno]}\n`);
	}
}

async function tablesOf(context: CommandContext, only: string | undefined): Promise<readonly Table[]> {
	const tool: Tool = { name: "iptables", version: versionText(context.name), line: undefined };
	const dumped = await dumpChains(context);
	if (only !== undefined) {
		const name = TABLE_NAMES.find((table) => table === only);
		if (name === undefined) throw new ToolExit(1, `Table \`${only}' does not exist\n`);
		return [new StagedTable(name, dumped, tool).table];
	}
	const touched = SAVE_ORDER.map((name) => new StagedTable(name, dumped, tool)).filter((table) => table.touched);
	return touched.map(({ table }) => table);
}
