/** `route` of net-tools: the main routing table. */
import { type Route, RT_TABLE_MAIN } from "../../kernel/objects.ts";
import { type Cidr, ip, ipText, maskNum } from "../../wire/addr.ts";
import type { CommandContext, CommandEntry } from "../command.ts";
import { getopt, type ParsedOptions } from "../getopt.ts";
import { dumpHere, NET_TOOLS_VERSION, nameOf } from "./net-tools.ts";
import { changeRoute, INET_USAGE } from "./route-change.ts";
import { notModelled, runTool, ToolExit } from "./tool-exit.ts";

export const routeCommand: CommandEntry = {
	names: ["route"],
	summary: "show and change the routing table (-n, add, del)",
	run: (context) => runTool(context, () => route(context)),
};

const USAGE = `Usage: route [-nNvee] [-FC] [<AF>]           List kernel routing tables
       route [-v] [-FC] {add|del|flush} ...  Modify routing table for AF.
`;

const LONG = {
	extend: "e",
	verbose: "v",
	version: "V",
	numeric: "n",
	symbolic: "N",
	protocol: "A",
	cache: "C",
	fib: "F",
	help: "h",
};

async function route(context: CommandContext): Promise<number> {
	const parsed = getopt(context.args, { short: "A:eCFhnN64Vv", long: LONG, stopAtWord: true });
	if (!parsed.ok) throw new ToolExit(0, `route: ${parsed.error}\n`, USAGE);
	const options = parsed.value;
	const [command, ...words] = options.words;
	if (options.has("h")) throw new ToolExit(0, "", USAGE);
	if (options.has("V")) throw new ToolExit(0, "", NET_TOOLS_VERSION);
	if (options.has("6") || options.value("A") === "inet6") throw notModelled("IPv6");
	if (command === undefined) return list(context, options);
	if (command === "add" || command === "del" || command === "delete") {
		if (words.length === 0) throw new ToolExit(0, "", INET_USAGE);
		return changeRoute(context, command === "add" ? "add" : "del", words);
	}
	if (command === "flush") throw notModelled("route flush");
	throw new ToolExit(3, USAGE);
}

async function list(context: CommandContext, options: ParsedOptions): Promise<number> {
	if (options.has("C")) {
		context.stdout.write(
			"Kernel IP routing cache\nSource          Destination     Gateway         Flags Metric Ref    Use Iface\n",
		);
		return 0;
	}
	const extend = options.options.filter(({ name }) => name === "e").length;
	context.stdout.write(`Kernel IP routing table\n${heading(extend)}\n`);
	for (const each of await dumpHere(context, "route")) {
		if ((each.table ?? RT_TABLE_MAIN) !== RT_TABLE_MAIN || each.dst.addr.includes(":")) continue;
		context.stdout.write(`${await line(context, each, { extend, numeric: options.has("n") })}\n`);
	}
	return 0;
}

function heading(extend: number): string {
	const start = "Destination     Gateway         Genmask         Flags ";
	if (extend === 1) return `${start}  MSS Window  irtt Iface`;
	return `${start}Metric Ref    Use Iface${extend > 1 ? "    MSS   Window irtt" : ""}`;
}

async function line(
	context: CommandContext,
	each: Route,
	{ extend, numeric }: { readonly extend: number; readonly numeric: boolean },
): Promise<string> {
	const hop = each.nexthops?.[0] ?? each;
	const isRejected = each.type === "unreachable" || each.type === "prohibit";
	const via = hop.via ?? ip("0.0.0.0");
	const target = numeric || each.dst.prefix > 0 ? each.dst.addr : "default";
	const gateway = isRejected ? "-" : numeric || hop.via === undefined ? via : await nameOf(context, via);
	const name = !numeric && each.dst.prefix === 32 ? await nameOf(context, each.dst.addr) : target;
	const flags = isRejected
		? `!${each.dst.prefix === 32 ? "H" : ""}`
		: `U${hop.via === undefined ? "" : "G"}${each.dst.prefix === 32 ? "H" : ""}`;
	const device = isRejected ? "-" : (hop.dev ?? "*");
	const start = `${[name, gateway, maskOf(each.dst)].map((word) => word.slice(0, 15).padEnd(15)).join(" ")} ${flags.padEnd(6)}`;
	if (extend === 1) return `${start}${"0".padStart(5)} ${"0".padEnd(5)} ${"0".padStart(6)} ${device}`;
	const metric = String(each.metric ?? 0).padEnd(6);
	const use = `${metric} ${(isRejected ? "-" : "0").padEnd(2)} ${"0".padStart(7)}`;
	return extend > 1
		? `${start}${use} ${device.padEnd(8)} ${"0".padEnd(5)} ${"0".padEnd(6)} 0`
		: `${start}${use} ${device}`;
}

function maskOf(net: Cidr): string {
	return ipText(maskNum(net.prefix, 0));
}
