/** `iptables-restore`: each table of a saved text is read whole, then handed to the kernel at its `COMMIT`. */
import type { CommandContext, CommandEntry } from "../../command.ts";
import { FILE_ERROR_TEXT, FileError } from "../../file-tree.ts";
import { getopt, type ParsedOptions } from "../../getopt.ts";
import { baseName } from "../../inputs.ts";
import { resolvePath } from "../../memory-files.ts";
import { runTool, ToolExit } from "../tool-exit.ts";
import { addressNames } from "./names.ts";
import { Restore } from "./restore-lines.ts";
import { versionText } from "./tool.ts";

export const iptablesRestoreCommand: CommandEntry = {
	names: ["iptables-restore", "iptables-nft-restore", "iptables-legacy-restore"],
	summary: "loads rules from text",
	run: (context) => runTool(context, () => iptablesRestore(context)),
};

const USAGE = `Usage: iptables-restore [-c] [-v] [-V] [-t] [-h] [-n] [-T table] [-M command] [-4] [-6] [file]
	   [ --counters ]
	   [ --verbose ]
	   [ --version]
	   [ --test ]
	   [ --help ]
	   [ --noflush ]
	   [ --table=<TABLE> ]
	   [ --modprobe=<command> ]
	   [ --ipv4 ]
	   [ --ipv6 ]
`;

async function iptablesRestore(context: CommandContext): Promise<number> {
	const called = baseName(context.name);
	const options = getopt(context.args, {
		short: "bcvVthnwWT:M:46",
		long: {
			counters: "c",
			verbose: "v",
			version: "V",
			test: "t",
			help: "h",
			noflush: "n",
			"table=": "T",
			"modprobe=": "M",
			"wait=?": "w",
			"wait-interval=?": "W",
			ipv4: "4",
			ipv6: "6",
		},
	});
	if (!options.ok) {
		throw new ToolExit(1, `${called}: ${options.error}\nTry \`iptables-restore -h' for more information.\n`);
	}
	const { value: given } = options;
	const version = versionText(called);
	if (given.has("V")) {
		context.stdout.write(`iptables-restore ${version}\n`);
		return 0;
	}
	if (given.has("h")) throw new ToolExit(0, USAGE);
	const text = await textOf(context, given);
	const table = given.value("T");
	const restore = new Restore(context, {
		version,
		names: await addressNames(context),
		counters: given.has("c"),
		noflush: given.has("n"),
		test: given.has("t"),
		verbose: given.has("v"),
		...(table === undefined ? {} : { table }),
	});
	await restore.run(text);
	return 0;
}

/** `-w SECONDS` is a word like the file's name: a number right after `-w` is not one. */
async function textOf({ args, stdin, host, cwd, netns }: CommandContext, given: ParsedOptions): Promise<string> {
	const words = given.words.filter((word) => !isWaitValue(args, word));
	const [file, ...more] = words;
	if (more.length > 0) throw new ToolExit(1, "Unknown arguments found on commandline\n");
	if (file === undefined) return stdin.readAll();
	try {
		return await host.files.read(resolvePath(cwd, file), { netns });
	} catch (error) {
		if (!(error instanceof FileError)) throw error;
		throw new ToolExit(1, `Can't open ${file}: ${FILE_ERROR_TEXT[error.errno]}\n`);
	}
}

function isWaitValue(args: readonly string[], word: string): boolean {
	return /^\d+$/.test(word) && /^(-\w*[wW]|--wait|--wait-interval)$/.test(args[args.indexOf(word) - 1] ?? "");
}
