/** The lines of a saved text, as iptables-restore 1.8.9 (nft) takes them. */
import type { AddressNames } from "../../../formats/iptables/list-rule.ts";
import type { XtChain } from "../../../kernel/objects.ts";
import { BUILTIN_CHAINS, type Counters, TABLE_NAMES, type TableName } from "../../../kernel/xtables.ts";
import type { CommandContext } from "../../command.ts";
import { ToolExit } from "../tool-exit.ts";
import { chainLengthComplaint, chainNameComplaint, parseRestoreLine } from "./command-line.ts";
import { commitTable, dumpChains } from "./commit.ts";
import { chainLines, execute } from "./execute.ts";
import { StagedTable } from "./staged-table.ts";
import { type Tool, usage } from "./tool.ts";

export interface RestoreOptions {
	/** `v1.8.9 (nf_tables)` */
	readonly version: string;
	readonly names: AddressNames;
	/** `-c`. */
	readonly counters: boolean;
	readonly noflush: boolean;
	/** `-t`: lines are read, and nothing is done. */
	readonly test: boolean;
	readonly verbose: boolean;
	/** `-T`. */
	readonly table?: string;
}

/** What a line asks for, to be carried out at `COMMIT`; the result is what it prints. */
type Task = (table: StagedTable) => string;

interface OpenTable {
	readonly name: TableName;
	/** Not one that `-T` names. */
	readonly skipped: boolean;
	readonly tasks: Task[];
}

export class Restore {
	readonly #context: CommandContext;
	readonly #options: RestoreOptions;
	#open: OpenTable | undefined;

	constructor(context: CommandContext, options: RestoreOptions) {
		this.#context = context;
		this.#options = options;
	}

	/** Throws a `ToolExit` at the first line that fails; tables committed before stay. */
	async run(text: string): Promise<void> {
		const lines = text.split("\n");
		const isEnded = lines.at(-1) === "";
		if (isEnded) lines.pop();
		for (const [index, line] of lines.entries()) {
			const hasEnd = index < lines.length - 1 || isEnded;
			await this.#line(line, this.#tool(index + 1), hasEnd ? "\n" : "");
		}
		if (this.#open === undefined) return;
		throw new ToolExit(1, `iptables-restore: COMMIT expected at line ${lines.length + 1}\n`);
	}

	async #line(line: string, tool: Tool, end: string): Promise<void> {
		if (line === "") return;
		if (line.startsWith("#")) {
			if (this.#options.verbose) this.#context.stdout.write(line + end);
			return;
		}
		const open = this.#open;
		if (open === undefined) {
			if (!line.startsWith("*")) throw new ToolExit(1, `iptables-restore: line ${tool.line} failed\n`);
			this.#open = this.#begin(line, tool);
		} else if (line === "COMMIT") {
			this.#open = undefined;
			await this.#commit(open, tool);
		} else if (!open.skipped) open.tasks.push(line.startsWith(":") ? this.#chain(line, tool) : this.#rule(line, tool));
	}

	#begin(line: string, tool: Tool): OpenTable {
		const [word] = words(line.slice(1));
		if (word === undefined) throw usage(tool, `iptables-restore: line ${tool.line} table name invalid`);
		const name = TABLE_NAMES.find((known) => known === word);
		if (name === undefined) throw usage(tool, `iptables-restore: line ${tool.line} table name '${word}' invalid`);
		const skipped = this.#options.table !== undefined && this.#options.table !== name;
		return { name, skipped, tasks: [] };
	}

	/** `:CHAIN POLICY [PACKETS:BYTES]` */
	#chain(line: string, tool: Tool): Task {
		const [name, policy, counted] = words(line.slice(1));
		if (name === undefined) throw usage(tool, `iptables-restore: line ${tool.line} chain name invalid`);
		const tooLong = chainLengthComplaint(name);
		if (tooLong !== undefined) throw usage(tool, tooLong);
		if (policy === undefined) throw usage(tool, `iptables-restore: line ${tool.line} policy invalid`);
		const isBuiltin = BUILTIN_CHAINS[this.#open?.name ?? "filter"].some((hook) => hook === name);
		if (!isBuiltin) {
			const complaint = chainNameComplaint(name);
			if (complaint !== undefined) throw usage(tool, complaint);
			return (table) => {
				table.tool = tool;
				table.declareChain(name);
				return "";
			};
		}
		const match = /^\[(\d+):(\d+)\]$/.exec(counted ?? "");
		if (this.#options.counters && match === null) {
			throw usage(tool, `invalid policy counters for chain '${name}'`);
		}
		const counters: Counters | undefined =
			this.#options.counters && match !== null ? { packets: Number(match[1]), bytes: Number(match[2]) } : undefined;
		return (table) => {
			table.tool = tool;
			if (policy !== "-") table.setPolicy(name, policy, counters);
			return "";
		};
	}

	/** `[PACKETS:BYTES] -A …`, or any other command of iptables. */
	#rule(line: string, tool: Tool): Task {
		const counted = /^\[([^\]:]*):([^\]]*)\]/.exec(line);
		if (line.startsWith("[") && counted === null) throw usage(tool, `Bad line ${tool.line}: need ]`);
		const text = counted === null ? line : line.slice(counted[0].length);
		const invocation = parseRestoreLine(text, tool, {
			table: this.#open?.name ?? "filter",
			verbose: this.#options.verbose,
			...(counted === null || !this.#options.counters ? {} : { counters: [counted[1] ?? "", counted[2] ?? ""] }),
		});
		return (table) => execute(invocation, table, { tool, names: this.#options.names });
	}

	async #commit(open: OpenTable, tool: Tool): Promise<void> {
		if (open.skipped || this.#options.test) return;
		const before: readonly XtChain[] = await dumpChains(this.#context);
		const table = new StagedTable(open.name, before, tool);
		let output = "";
		if (!this.#options.noflush) {
			const { flushed, deleted } = table.clear();
			if (this.#options.verbose) output += chainLines("Flushing", flushed) + chainLines("Deleting", deleted);
		}
		for (const task of open.tasks) {
			try {
				output += task(table);
			} catch (error) {
				// That a chain to jump to is missing is found out last, and said of the COMMIT line.
				throw error instanceof ToolExit && error.code === 2 ? atLine(error, tool) : error;
			}
		}
		await commitTable(this.#context, table, before);
		this.#context.stdout.write(output);
	}

	#tool(line: number): Tool {
		return { name: "iptables-restore", version: this.#options.version, line };
	}
}

function atLine(error: ToolExit, tool: Tool): ToolExit {
	const stderr = error.stderr.replace(/^Error occurred at line: \d+$/m, `Error occurred at line: ${tool.line}`);
	return new ToolExit(error.code, stderr);
}

function words(text: string): readonly string[] {
	return text.split(/[ \t]+/).filter((word) => word !== "");
}
