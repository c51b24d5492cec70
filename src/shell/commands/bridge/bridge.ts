/** `bridge` of iproute2 6.1: ports, forwarding database, VLANs. */
import type { CommandContext, CommandEntry } from "../../command.ts";
import { openNetns } from "../ip/netns-words.ts";
import { defaultOptions, type IpOptions } from "../ip/options.ts";
import { IpRun } from "../ip/run.ts";
import { matches, Words } from "../ip/words.ts";
import { notModelled, runTool, ToolExit } from "../tool-exit.ts";
import { bridgeFdb } from "./fdb.ts";
import { bridgeLink } from "./link.ts";
import { bridgeVlan } from "./vlan.ts";

export const bridgeCommand: CommandEntry = {
	names: ["bridge"],
	summary: "show and change bridge ports and forwarding entries",
	run: (context) => runTool(context, () => runBridge(context)),
	async complete(words) {
		if (words.length < 2) return ["fdb", "link", "vlan"];
		return words[1] === "fdb"
			? ["add", "append", "del", "get", "replace", "show"]
			: words[1] === "vlan"
				? ["add", "del", "show"]
				: ["set", "show"];
	},
};

const USAGE = `Usage: bridge [ OPTIONS ] OBJECT { COMMAND | help }
where  OBJECT := { link | fdb | vlan }
       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] | -o[neline] | -n[etns] name | -p[retty] -j[son] }
`;

async function runBridge(context: CommandContext): Promise<number> {
	const words = new Words(context.args);
	const options = parseOptions(words);
	if (options.version) {
		context.stdout.write("bridge utility, 6.1.0\n");
		return 0;
	}
	if (options.help) throw new ToolExit(255, USAGE);
	if (options.batch !== undefined) throw notModelled("bridge -batch");
	const netns = options.netns === undefined ? context.netns : openNetns(context.host, options.netns);
	const run = new IpRun(context, options, netns);
	const object = words.take();
	if (object === undefined || matches(object, "help")) throw new ToolExit(255, USAGE);
	if (matches(object, "link")) return bridgeLink(run, words);
	if (matches(object, "fdb")) return bridgeFdb(run, words);
	if (matches(object, "vlan")) return bridgeVlan(run, words);
	const other = ["mdb", "monitor"].find((name) => matches(object, name));
	if (other !== undefined) throw notModelled(`bridge ${other}`);
	throw new ToolExit(255, `Object "${object}" is unknown, try "bridge help".\n`);
}

function parseOptions(words: Words): IpOptions {
	const options = defaultOptions();
	while (words.word?.startsWith("-") === true) {
		const typed = words.argument();
		if (typed === "--") break;
		const option = typed.startsWith("--") ? typed.slice(1) : typed;
		if (matches(option, "-help")) options.help = true;
		else if (matches(option, "-Version")) options.version = true;
		else if (matches(option, "-stats") || matches(option, "-statistics")) options.stats += 1;
		else if (matches(option, "-details")) options.details += 1;
		else if (matches(option, "-oneline")) options.oneline = true;
		else if (matches(option, "-timestamp") || option === "-4" || option === "-6") continue;
		else if (matches(option, "-family")) words.argument();
		else if (matches(option, "-netns")) options.netns = words.take() ?? "(null)";
		else if (/^-c(o|ol|olo|olor)?(=\w+)?$/.test(option) || matches(option, "-compressvlans")) continue;
		else if (matches(option, "-force")) options.force = true;
		else if (matches(option, "-json")) options.json = true;
		else if (matches(option, "-pretty")) options.pretty = true;
		else if (matches(option, "-batch")) options.batch = words.argument();
		else throw new ToolExit(255, `Option "${option}" is unknown, try "bridge help".\n`);
	}
	return options;
}
