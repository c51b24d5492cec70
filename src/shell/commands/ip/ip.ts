/** `ip` of iproute2 6.1: link, address, route, neighbour, rule, netns over the port. */
import type { CommandContext, CommandEntry } from "../../command.ts";
import { FileError } from "../../file-tree.ts";
import { resolvePath } from "../../memory-files.ts";
import { notModelled, runTool, ToolExit } from "../tool-exit.ts";
import { ipAddress } from "./addr.ts";
import { ipLink } from "./link.ts";
import { ipNeigh } from "./neigh.ts";
import { ipNetns } from "./netns.ts";
import { openNetns } from "./netns-words.ts";
import { parseOptions } from "./options.ts";
import { ipRoute } from "./route.ts";
import { ipRule } from "./rule.ts";
import { IpRun } from "./run.ts";
import { ipTunnel } from "./tunnel.ts";
import { IP_USAGE } from "./usage.ts";
import { matches, Words } from "./words.ts";

export const ipCommand: CommandEntry = {
	names: ["ip"],
	summary: "show and change devices, addresses, routes, neighbours, rules, namespaces",
	run: (context) => runTool(context, () => runIp(context)),
	async complete(words, { host }) {
		const [, object, command] = words;
		if (words.length < 2) return OBJECTS.map(([name]) => name);
		if (object === "netns" && command !== undefined && words.length < 4) return [...host.namedNetns.keys()];
		const meant = OBJECTS.find(([name]) => name.startsWith(object ?? ""))?.[0];
		return words.length < 3 ? (COMMANDS[meant ?? ""] ?? []) : ["dev"];
	},
};

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
	link: ["add", "delete", "set", "show"],
	address: ["add", "delete", "flush", "show"],
	route: ["add", "append", "change", "delete", "flush", "get", "replace", "show"],
	rule: ["add", "delete", "flush", "show"],
	neighbor: ["add", "change", "delete", "flush", "get", "replace", "show"],
	tunnel: ["add", "change", "delete", "show"],
	netns: ["add", "attach", "delete", "exec", "identify", "list", "list-id", "pids"],
};

type ObjectFunction = (run: IpRun, words: Words) => Promise<number>;

const usage: ObjectFunction = async () => {
	throw new ToolExit(255, IP_USAGE);
};

function missing(name: string): readonly [string, ObjectFunction] {
	return [
		name,
		async () => {
			throw notModelled(`ip ${name}`);
		},
	];
}

/** In iproute2's order: of two that an abbreviation fits, the first is meant. */
const OBJECTS: readonly (readonly [name: string, run: ObjectFunction])[] = [
	["address", ipAddress],
	missing("addrlabel"),
	missing("maddress"),
	["route", ipRoute],
	["rule", ipRule],
	["neighbor", ipNeigh],
	["neighbour", ipNeigh],
	missing("ntable"),
	missing("ntbl"),
	["link", ipLink],
	...["l2tp", "fou", "ila", "macsec"].map(missing),
	["tunnel", ipTunnel],
	["tunl", ipTunnel],
	...["tuntap", "tap", "token", "tcpmetrics"].map(missing),
	...["tcp_metrics", "monitor", "xfrm", "mroute", "mrule"].map(missing),
	["netns", ipNetns],
	...["netconf", "vrf", "sr", "nexthop", "mptcp", "ioam"].map(missing),
	["help", usage],
	missing("stats"),
];

async function runIp(context: CommandContext): Promise<number> {
	const words = new Words(context.args);
	const options = parseOptions(words);
	if (options.version) {
		context.stdout.write("ip utility, iproute2-6.1.0\n");
		return 0;
	}
	if (options.help) throw new ToolExit(255, IP_USAGE);
	const netns = options.netns === undefined ? context.netns : openNetns(context.host, options.netns);
	const run = new IpRun(context, options, netns);
	if (options.batch !== undefined) return runBatch(run, options.batch);
	return runObject(run, words);
}

async function runObject(run: IpRun, words: Words): Promise<number> {
	const typed = words.take();
	if (typed === undefined) throw new ToolExit(255, IP_USAGE);
	const object = OBJECTS.find(([name]) => matches(typed, name));
	if (object === undefined) throw new ToolExit(1, `Object "${typed}" is unknown, try "ip help".\n`);
	return object[1](run, words);
}

/** A file of commands without `ip` in front; `-` is standard input. */
async function runBatch(run: IpRun, file: string): Promise<number> {
	const { context } = run;
	let failed = false;
	let number = 0;
	for (const { line, last } of logicalLines(await readBatch(context, file))) {
		number = last;
		const words = splitWords(line);
		if (words.length === 0) continue;
		if ((await runTool(context, () => runObject(run, new Words(words)))) === 0) continue;
		context.stderr.write(`Command failed ${file}:${number}\n`);
		failed = true;
		if (!run.options.force) break;
	}
	return failed ? 1 : 0;
}

async function readBatch(context: CommandContext, file: string): Promise<string> {
	if (file === "-") return context.stdin.readAll();
	const path = resolvePath(context.cwd, file);
	try {
		return await context.host.files.read(path, { netns: context.netns });
	} catch (error) {
		if (!(error instanceof FileError)) throw error;
		throw new ToolExit(1, `Cannot open file "${file}" for reading: ${error.message.slice(error.path.length + 2)}\n`);
	}
}

/** Lines joined where a backslash ends them, with the number of their last one. */
function logicalLines(text: string): readonly { readonly line: string; readonly last: number }[] {
	const lines: { line: string; last: number }[] = [];
	let open = "";
	for (const [index, raw] of text.split("\n").entries()) {
		const line = open + raw;
		open = "";
		if (line.endsWith("\\")) open = line.slice(0, -1);
		else lines.push({ line, last: index + 1 });
	}
	return lines;
}

/** Words of a line; quotes keep spaces, `#` begins a comment. */
function splitWords(line: string): readonly string[] {
	const bare = line.replace(/(^|\s)#.*$/, "");
	return [...bare.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}
