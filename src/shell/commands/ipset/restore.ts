/** `ipset restore`: commands line by line. Elements of one set are handed over together, as the real tool does. */
import {
	type IpSetCommand,
	type IpSetGlobals,
	parseIpSetCommand,
	wordsOfLine,
} from "../../../formats/ipset/command.ts";
import { isFault } from "../../../formats/ipset/fault.ts";
import type { Op } from "../../../kernel/kernel.ts";
import type { CommandContext } from "../../command.ts";
import { FileError } from "../../file-tree.ts";
import { resolvePath } from "../../memory-files.ts";
import { ToolExit } from "../tool-exit.ts";
import { carryOut } from "./carry-out.ts";
import { faulty, type IpSetSession } from "./session.ts";

export async function restore(
	context: CommandContext,
	session: IpSetSession,
	{ options }: IpSetCommand,
): Promise<number> {
	const text = await read(context, options.file);
	const batch = new Batch(session);
	let sticky = options;
	for (const [index, content] of text.split("\n").entries()) {
		const line = index + 1;
		const words = wordsOfLine(content);
		if (words.length === 0 || words[0]?.startsWith("#") === true) continue;
		if (words[0] === "COMMIT") {
			await batch.send();
			continue;
		}
		const command = parseIpSetCommand(words);
		if (isFault(command)) throw faulty(command, line);
		if (command.command === "quit") break;
		sticky = merged(sticky, command.options);
		const { exist } = sticky;
		if (command.command === "add" || command.command === "del") {
			await batch.take({ command: command.command, args: command.args, line, exist });
			continue;
		}
		await batch.send();
		const code = await carryOut(context, session, { ...command, options: sticky }, line);
		// A test ends it.
		if (code !== 0 || command.command === "test") return code;
	}
	await batch.send();
	return 0;
}

/** Once given, an option holds for the lines that follow. */
function merged(before: IpSetGlobals, { file: _file, ...now }: IpSetGlobals): IpSetGlobals {
	const { file: _read, ...rest } = before;
	return {
		...rest,
		...now,
		sorted: before.sorted || now.sorted,
		exist: before.exist || now.exist,
		names: before.names || now.names,
		terse: before.terse || now.terse,
	};
}

interface Line {
	readonly command: "add" | "del";
	readonly args: readonly string[];
	readonly line: number;
	readonly exist: boolean;
}

/** Elements that the kernel has not been given yet: lost when a later line cannot be read. */
class Batch {
	readonly #session: IpSetSession;
	#ops: Op[] = [];
	#lines: number[] = [];
	/** The command and set they are of. */
	#of = "";

	constructor(session: IpSetSession) {
		this.#session = session;
	}

	async take(line: Line): Promise<void> {
		const of = `${line.command} ${line.args[0] ?? ""}`;
		if (of !== this.#of) await this.send();
		this.#of = of;
		this.#ops.push(await this.#session.elementOp(line));
		this.#lines.push(line.line);
	}

	async send(): Promise<void> {
		const [ops, lines] = [this.#ops, this.#lines];
		this.#ops = [];
		this.#lines = [];
		if (ops.length === 0) return;
		const refused = await this.#session.applyElements(ops);
		if (refused !== undefined) throw faulty({ code: 1, message: refused.error.message }, lines[refused.index]);
	}
}

async function read({ stdin, host, cwd, netns }: CommandContext, file: string | undefined): Promise<string> {
	if (file === undefined) return stdin.readAll();
	try {
		return await host.files.read(resolvePath(cwd, file), { netns });
	} catch (error) {
		if (!(error instanceof FileError)) throw error;
		throw new ToolExit(255, "");
	}
}
