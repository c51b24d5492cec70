/** One ipset command carried out: what it asks of the kernel and what it prints. */
import type { IpSetCommand } from "../../../formats/ipset/command.ts";
import { formatElement } from "../../../formats/ipset/element.ts";
import { formatIpSetList, formatIpSetNames, formatIpSetSave, formatIpSetXml } from "../../../formats/ipset/listing.ts";
import { typeSyntax } from "../../../formats/ipset/types.ts";
import type { IpSet } from "../../../kernel/ipset.ts";
import type { Op } from "../../../kernel/kernel.ts";
import type { CommandContext } from "../../command.ts";
import { FileError } from "../../file-tree.ts";
import { resolvePath } from "../../memory-files.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";
import { helpText } from "./help.ts";
import { faulty, type IpSetSession, TOOL } from "./session.ts";

/** Anything but a restore. `line`: of the file being restored. */
export async function carryOut(
	context: CommandContext,
	session: IpSetSession,
	command: IpSetCommand,
	line?: number,
): Promise<number> {
	const { args, options } = command;
	const [name] = args;
	switch (command.command) {
		case "create":
			await session.create(args, options.exist, line);
			return 0;
		case "add":
		case "del": {
			const op = await session.elementOp({ command: command.command, args, line, exist: options.exist });
			const refused = await session.applyElements([op]);
			if (refused !== undefined) throw faulty({ code: 1, message: refused.error.message }, line);
			return 0;
		}
		case "test":
			return testElement(context, session, args, line);
		case "destroy":
			await session.apply(await destruction(session, name), line);
			return 0;
		case "flush": {
			const names = name === undefined ? (await session.sets(undefined)).map((set) => set.name) : [name];
			await session.apply(
				names.map((each): Op => ({ verb: "replace", object: { kind: "ipset", name: each, entries: [] } })),
				line,
			);
			return 0;
		}
		case "rename":
		case "swap": {
			const other = args[1] ?? "";
			const change = command.command === "rename" ? { newName: other } : { swapWith: other };
			await session.apply([{ verb: "replace", object: { kind: "ipset", name: name ?? "", ...change } }], line);
			return 0;
		}
		case "list":
		case "save":
			return list(context, await session.sets(name, line), command);
		case "help": {
			const type = name === undefined ? undefined : typeSyntax(name);
			context.stdout.write(helpText(type));
			if (name !== undefined && type === undefined) throw faulty({ code: 2, message: `Unknown settype: \`${name}'` });
			return 0;
		}
		case "version":
			context.stdout.write(`${TOOL}, protocol version: 7\n`);
			return 0;
		case "quit":
			return 0;
		case "restore":
		case "-":
			throw notModelled(`ipset ${command.command}`);
	}
}

/** All sets go, or none when something refers to one of them. */
async function destruction(session: IpSetSession, name: string | undefined): Promise<readonly Op[]> {
	if (name !== undefined) return [{ verb: "delete", object: { kind: "ipset", name } }];
	const sets = await session.sets(undefined);
	if (sets.some(({ header }) => header !== undefined && header.references > 0)) {
		throw faulty({ code: 1, message: "Set cannot be destroyed: it is in use by a kernel component" });
	}
	return sets.map(({ name: each }): Op => ({ verb: "delete", object: { kind: "ipset", name: each } }));
}

async function testElement(
	{ world, netns, stderr }: CommandContext,
	session: IpSetSession,
	args: readonly string[],
	line: number | undefined,
): Promise<number> {
	const [name = ""] = args;
	const member = await session.member({ command: "test", args, line });
	const tested = await world.kernel.testIpSet(netns, name, member);
	if (!tested.ok) throw faulty({ code: 1, message: tested.error.message }, line);
	const { type } = await session.known(name, line);
	// The tool says "after" for "before" as well.
	const beside = member.before ?? member.after;
	const element = `${formatElement(member.parts, type)}${beside === undefined ? "" : ` after ${beside}`}`;
	stderr.write(tested.value ? `Warning: ${element} is in set ${name}.\n` : `${element} is NOT in set ${name}.\n`);
	return tested.value ? 0 : 1;
}

async function list(
	context: CommandContext,
	sets: readonly IpSet[],
	{ command, options }: IpSetCommand,
): Promise<number> {
	if (options.resolve) throw notModelled("ipset -r");
	const how = options.output ?? (command === "save" ? "save" : "plain");
	const format = { plain: formatIpSetList, save: formatIpSetSave, xml: formatIpSetXml }[how];
	const text = options.names && options.output !== "save" ? formatIpSetNames(sets, how) : format(sets, options);
	if (options.file === undefined) context.stdout.write(text);
	else await writeFile(context, options.file, text);
	return 0;
}

async function writeFile({ host, cwd, netns }: CommandContext, file: string, text: string): Promise<void> {
	try {
		await host.files.write(resolvePath(cwd, file), text, { netns });
	} catch (error) {
		if (!(error instanceof FileError)) throw error;
		throw new ToolExit(255, "");
	}
}
