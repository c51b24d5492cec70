/** `conntrack` 1.4.7 over the port: the entries of connection tracking, listed, deleted, counted and watched. */
import { type ConntrackFormat, formatConntrack, formatConntrackEvent } from "../../../formats/conntrack.ts";
import type { ConntrackEntry, ConntrackEvent } from "../../../kernel/conntrack.ts";
import type { CommandContext, CommandEntry } from "../../command.ts";
import { baseName } from "../../inputs.ts";
import { wallSeconds } from "../../wall-clock.ts";
import { notModelled, runTool, ToolExit } from "../tool-exit.ts";
import { failed, type Invocation, parseCommandLine, TOOL, usage } from "./command-line.ts";
import { conntrackFilter } from "./filter.ts";
import { beginningWith } from "./options.ts";

export const conntrackCommand: CommandEntry = {
	names: ["conntrack"],
	summary: "entries of connection tracking: list, delete, count, watch",
	run: (context) => runTool(context, () => conntrack(context, parseCommandLine(context.args))),
};

const HELP = `Command line interface for the connection tracking system. Version 1.4.7
Usage: conntrack [commands] [options]

Commands: -L list, -G get, -D delete, -E show events, -F flush, -C count, -S statistics (each with [table]);
  -I, -U, -A and -R are not modelled
Tables: conntrack, expect, dying, unconfirmed
Options: -s -d -r -q ADDR[/LENGTH], -p PROTO, --sport --dport --reply-port-src --reply-port-dst PORT,
  --icmp-type --icmp-code --icmp-id N, --state STATE, -u STATUS, -n -g -j [ADDR], -m MARK[/MASK], -f FAMILY, -w ZONE,
  -e NEW,UPDATES,DESTROY, -o extended,id,timestamp
`;

async function conntrack(context: CommandContext, invocation: Invocation): Promise<number> {
	const { command, table } = invocation;
	switch (command) {
		case "V":
			context.stdout.write(`${TOOL}\n`);
			return 0;
		case "h":
			context.stdout.write(HELP);
			return 0;
		case "I":
		case "U":
		case "A":
		case "R":
			throw notModelled(`conntrack -${command}`);
		case "C":
			context.stdout.write(`${table === "conntrack" ? (await entriesOf(context)).length : 0}\n`);
			return 0;
		case "S":
			return statistics(context);
		case "F":
			return flush(context, invocation);
		case "L":
			return list(context, invocation);
		case "G":
			return get(context, invocation);
		case "D":
			return remove(context, invocation);
		case "E":
			return watch(context, invocation);
	}
}

async function list(context: CommandContext, invocation: Invocation): Promise<number> {
	if (invocation.table === "expect") return say(context, "0 expectations have been shown.");
	const { format } = outputOf(context, invocation);
	const matches = conntrackFilter(invocation);
	const entries = invocation.table === "conntrack" ? (await entriesOf(context)).filter(matches) : [];
	for (const entry of entries) context.stdout.write(`${formatConntrack(entry, format)}\n`);
	return say(context, `${entries.length} flow entries have been shown.`);
}

async function get(context: CommandContext, invocation: Invocation): Promise<number> {
	const { given, proto } = invocation;
	if (invocation.table === "expect") throw notModelled("conntrack -G expect");
	if (proto === undefined) throw usage("You need to supply the `--protonum' option for this command");
	const isReply = given.has("reply-src") && given.has("reply-dst");
	if (!isReply && !(given.has("src") && given.has("dst"))) throw usage("you have to specify `--src' and `--dst'");
	if (proto === 1 && !given.has("icmp-type")) {
		throw usage("You need to supply the `--icmp-type' option for this command");
	}
	const hasPorts = given.has("orig-port-src") && given.has("orig-port-dst");
	if (PROTOCOLS_WITH_PORTS.includes(proto) && !hasPorts && !(isReply && given.has("reply-port-src"))) {
		throw usage("you have to specify `--sport' and `--dport'");
	}
	if (!given.has("src")) throw failed("invalid parameters");
	const { format } = outputOf(context, invocation);
	const found = (await entriesOf(context)).find(conntrackFilter(invocation));
	if (found === undefined) throw failed("such conntrack doesn't exist");
	context.stdout.write(`${formatConntrack(found, { ...format, use: 2 })}\n`);
	return say(context, "1 flow entries have been shown.");
}

async function remove(context: CommandContext, invocation: Invocation): Promise<number> {
	if (invocation.table !== "conntrack") throw notModelled(`conntrack -D ${invocation.table}`);
	const { format } = outputOf(context, invocation);
	const entries = (await entriesOf(context)).filter(conntrackFilter(invocation));
	await deleteEntries(context, entries);
	for (const entry of entries) context.stdout.write(`${formatConntrack(entry, format)}\n`);
	say(context, `${entries.length} flow entries have been deleted.`);
	return entries.length === 0 ? 1 : 0;
}

async function flush(context: CommandContext, { table }: Invocation): Promise<number> {
	if (table === "expect") return say(context, "expectation table has been emptied.");
	await deleteEntries(context, await entriesOf(context));
	return say(context, "connection tracking table has been emptied.");
}

/** Events until Control-C. */
async function watch(context: CommandContext, invocation: Invocation): Promise<number> {
	const { world, netns, interrupt, stdout } = context;
	const what = invocation.table === "expect" ? "expectation" : "flow";
	const { format, timestamp } = outputOf(context, invocation);
	const matches = conntrackFilter(invocation);
	const types = eventTypes(invocation.given.get("event-mask"));
	let shown = 0;
	const listening = world.kernel.conntrackEvents(netns, (event) => {
		if (what === "expectation" || !types.includes(event.type) || !matches(event.entry)) return;
		shown += 1;
		const at = timestamp ? `[${wallSeconds(event.atNs)}]\t` : "";
		stdout.write(`${at}${formatConntrackEvent(event, format)}${deletedBy(event, context)}\n`);
	});
	if (!listening.ok) throw failed(listening.error.message);
	await world.wait(() => false, { timeoutNs: Infinity, interrupt });
	listening.value();
	return say(context, `${shown} ${what} events have been shown.`);
}

const PROTOCOLS_WITH_PORTS: readonly number[] = [6, 17, 33, 132, 136];

/** ` [USERSPACE] portid=4365 progname=conntrack` for an entry that somebody deleted. */
function deletedBy({ byUser }: ConntrackEvent, { host, netns }: CommandContext): string {
	if (byUser !== true) return "";
	const deleter = [...host.processes.values()].find(
		({ argv, netns: where }) =>
			where === netns &&
			baseName(argv[0] ?? "") === "conntrack" &&
			argv.some((word) => /^(-[DF]|--delete$|--flush$)/.test(word)),
	);
	return deleter === undefined ? " [USERSPACE]" : ` [USERSPACE] portid=${deleter.pid} progname=conntrack`;
}

function eventTypes(mask: string | undefined): readonly ConntrackEvent["type"][] {
	const types: ConntrackEvent["type"][] = [];
	for (const word of mask?.split(",") ?? ["ALL"]) {
		const found = beginningWith(word, ["ALL", "NEW", "UPDATES", "DESTROY"] as const);
		if (found === undefined) throw usage(`Bad parameter \`${word}'`);
		if (found === "NEW" || found === "ALL") types.push("new");
		if (found === "UPDATES" || found === "ALL") types.push("update");
		if (found === "DESTROY" || found === "ALL") types.push("destroy");
	}
	return types;
}

const OUTPUTS = ["xml", "extended", "timestamp", "id", "ktimestamp", "labels", "userspace", "save"] as const;

function outputOf(
	context: CommandContext,
	{ given }: Invocation,
): { readonly format: ConntrackFormat; readonly timestamp: boolean } {
	const outputs = (given.get("output")?.split(",") ?? []).map((word) => {
		const found = beginningWith(word, OUTPUTS);
		if (found === undefined) throw usage(`Bad parameter \`${word}'`);
		return found;
	});
	if (outputs.includes("labels")) context.stderr.write("nfct_labelmap_new: No such file or directory\n");
	if (outputs.includes("save") && outputs.some((output) => output !== "save")) {
		throw new ToolExit(1, `${TOOL}: cannot combine save output with any other output type, use -o save only\n`);
	}
	for (const output of ["xml", "save"] as const) {
		if (outputs.includes(output)) throw notModelled(`conntrack -o ${output}`);
	}
	const format = { extended: outputs.includes("extended"), id: outputs.includes("id") };
	return { format, timestamp: outputs.includes("timestamp") };
}

/** One processor; what Linux no longer counts stays 0 there as well. */
function statistics({ world, netns, stdout }: CommandContext): number {
	const stats = world.kernel.conntrackStats(netns);
	if (!stats.ok) throw failed(stats.error.message);
	const { invalid, insertFailed, drop, earlyDrop, clashResolve } = stats.value;
	stdout.write(
		`cpu=0   \tfound=0 invalid=${invalid} insert=0 insert_failed=${insertFailed} drop=${drop} early_drop=${earlyDrop} ` +
			`error=0 search_restart=0 clash_resolve=${clashResolve} chaintoolong=0 \n`,
	);
	return 0;
}

async function entriesOf({ world, netns }: CommandContext): Promise<readonly ConntrackEntry[]> {
	const dumped = await world.kernel.dump(netns, ["conntrack"]);
	if (!dumped.ok) throw failed(dumped.error.message);
	return dumped.value.filter((object) => object.kind === "conntrack");
}

async function deleteEntries({ world, netns }: CommandContext, entries: readonly ConntrackEntry[]): Promise<void> {
	const ops = entries.map((object) => ({ verb: "delete", object }) as const);
	const applied = await world.kernel.apply(netns, ops);
	if (!applied.ok) throw failed(applied.error.message);
}

/** The closing line on standard error; exit code 0. */
function say({ stderr }: CommandContext, text: string): number {
	stderr.write(`${TOOL}: ${text}\n`);
	return 0;
}
