/** lsns, nsenter, unshare: namespaces without names. */
import type { CommandContext, CommandEntry } from "../command.ts";
import { getopt } from "../getopt.ts";
import type { Process } from "../host.ts";
import { usageError } from "../inputs.ts";
import { netnsInode } from "../netns-inode.ts";

export const lsnsCommand: CommandEntry = {
	names: ["lsns"],
	summary: "namespaces with their processes (-t net)",
	async run(context) {
		const parsed = getopt(context.args, {
			short: "lnNo:p:rt:uW",
			long: { "type=": "t", "task=": "p", noheadings: "n" },
		});
		if (!parsed.ok) return usageError(context, parsed.error);
		const type = parsed.value.value("t") ?? "net";
		if (type !== "net") {
			context.stderr.write(`podwire: lsns: only network namespaces are modelled, not ${type}\n`);
			return 95;
		}
		const groups = new Map<string, Process[]>();
		for (const process of context.host.processes.values()) {
			groups.set(process.netns, [...(groups.get(process.netns) ?? []), process]);
		}
		const rows = [];
		for (const [netns, processes] of groups) rows.push(await rowOf(context, netns, processes));
		rows.sort((a, b) => Number(a[0]) - Number(b[0]));
		const head = ["NS", "TYPE", "NPROCS", "PID", "USER", "NETNSID", "NSFS", "COMMAND"];
		context.stdout.write(columns(parsed.value.has("n") ? rows : [head, ...rows]));
		return 0;
	},
};

async function rowOf(
	context: CommandContext,
	netns: string,
	processes: readonly Process[],
): Promise<readonly string[]> {
	const oldest = processes.toSorted((a, b) => a.pid - b.pid)[0];
	const name = nameOf(context, netns);
	return [
		String(await netnsInode(context.world, netns)),
		"net",
		String(processes.length),
		String(oldest?.pid ?? 0),
		"root",
		"unassigned",
		name === undefined ? "" : `/run/netns/${name}`,
		oldest?.argv.join(" ") ?? "",
	];
}

function nameOf(context: CommandContext, netns: string): string | undefined {
	return [...context.host.namedNetns].find(([, port]) => port === netns)?.[0];
}

/** Numbers to the right, words to the left, as wide as the widest. */
function columns(rows: readonly (readonly string[])[]): string {
	const right = new Set([0, 2, 3, 5]);
	const widths = (rows[0] ?? []).map((_, k) => Math.max(...rows.map((row) => row[k]?.length ?? 0), k === 0 ? 10 : 0));
	return rows
		.map((row) => {
			const cells = row.map((cell, k) => {
				if (k === row.length - 1) return cell;
				return right.has(k) ? cell.padStart(widths[k] ?? 0) : cell.padEnd(widths[k] ?? 0);
			});
			return `${cells.join(" ")}\n`;
		})
		.join("");
}

const NSENTER_LONG = {
	"target=": "t",
	"net=?": "n",
	"mount=?": "m",
	"uts=?": "u",
	"ipc=?": "i",
	"pid=?": "p",
	all: "a",
};

export const nsenterCommand: CommandEntry = {
	names: ["nsenter"],
	summary: "run a command in another process's namespaces (-t PID -n, --net=FILE)",
	async run(context) {
		// -n takes its file attached only, as the others do.
		const spec = { short: "aCe:Fi::m::n::p::rS:t:Tu::UwW", long: NSENTER_LONG, stopAtWord: true };
		const parsed = getopt(context.args, spec);
		if (!parsed.ok) return usageError(context, parsed.error);
		const { has, value, words } = parsed.value;
		const wantsNet = has("n") || has("a");
		const netns = wantsNet ? targetNetns(context, value("n") ?? "", value("t")) : context.netns;
		if (typeof netns !== "string") {
			context.stderr.write(`nsenter: ${netns.error}\n`);
			return 1;
		}
		return enter(context, netns, words);
	},
};

function targetNetns(
	context: CommandContext,
	file: string,
	target: string | undefined,
): string | { readonly error: string } {
	const { host } = context;
	if (file !== "") {
		const pid = /^\/proc\/(\d+|self)\/ns\/net$/.exec(file)?.[1];
		const name = /^\/(?:var\/)?run\/netns\/([^/]+)$/.exec(file)?.[1];
		const netns =
			pid === undefined
				? host.namedNetns.get(name ?? "")
				: pid === "self"
					? context.netns
					: host.processes.get(Number(pid))?.netns;
		return netns ?? { error: `cannot open ${file}: No such file or directory` };
	}
	if (target === undefined) return { error: "neither filename nor target pid supplied for ns/net" };
	const process = host.processes.get(Number(target));
	return process?.netns ?? { error: `cannot open /proc/${target}/ns/net: No such file or directory` };
}

async function enter(context: CommandContext, netns: string, words: readonly string[]): Promise<number> {
	const [program] = words;
	if (program === undefined) return context.exec(["bash"], { netns });
	if (await context.canRun(program)) return context.exec(words, { netns });
	context.stderr.write(`${context.name}: failed to execute ${program}: No such file or directory\n`);
	return 127;
}

export const unshareCommand: CommandEntry = {
	names: ["unshare"],
	summary: "run a command in a new network namespace (-n)",
	async run(context) {
		const long = { net: "n", mount: "m", uts: "u", ipc: "i", pid: "p", fork: "f", "map-root-user": "r" };
		const parsed = getopt(context.args, { short: "CfimnprUu", long, stopAtWord: true });
		if (!parsed.ok) return usageError(context, parsed.error);
		const { has, words } = parsed.value;
		if (!has("n")) return enter(context, context.netns, words);
		const { kernel } = context.world;
		const netns = `${context.host.rootNetns}/unshare-${context.host.nextPid()}`;
		const added = await kernel.addNetns(netns);
		if (!added.ok) {
			context.stderr.write(`unshare: unshare failed: ${added.error.message}\n`);
			return 1;
		}
		const status = await enter(context, netns, words);
		// A namespace without a name ends with its last process; a shell for the lines to come still lives there.
		const isUsed = [...context.host.processes.values()].some((process) => process.netns === netns);
		if (!isUsed) await kernel.deleteNetns(netns);
		return status;
	},
};
