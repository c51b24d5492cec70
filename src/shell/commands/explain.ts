/** `explain`: what the packets of the latest command did, hop by hop, and what there is to learn from it. */
import { PLAIN } from "../../trace/paint.ts";
import type { CommandContext, CommandEntry } from "../command.ts";
import {
	type ExplainDetail,
	explainCommand,
	explanationJson,
	explanationText,
	notesText,
	packetNumbers,
} from "../explain.ts";

const USAGE = `Usage: explain [PACKET | --all | --notes] [--json]
  explain          the first request and its reply in full, the other packets in a line each
  explain PACKET   that packet in full (its number after the #)
  explain --all    every packet in full
  explain --notes  only what there is to learn
  explain --json   as data (schema podwire.explain/v1)
`;

export const explainCommandEntry: CommandEntry = {
	names: ["explain"],
	summary: "what the packets of the latest command did: explain [PACKET | --all | --notes] [--json]",
	run: explain,
};

async function explain(context: CommandContext): Promise<number> {
	const { stdout, stderr, world } = context;
	const asked = readArguments(context.args);
	if (asked === "help") {
		stdout.write(USAGE);
		return 0;
	}
	if (typeof asked === "string") {
		stderr.write(`explain: ${asked}\n${USAGE}`);
		return 2;
	}
	if (world.packets?.works !== true) {
		stderr.write("explain: packets are not recorded here\n");
		return 1;
	}
	const packets = world.packets.last();
	if (packets === undefined) {
		stderr.write("explain: no command has sent a packet yet\n");
		return 1;
	}
	const explained = await explainCommand(world, packets);
	if (asked.json) {
		stdout.write(`${JSON.stringify(explanationJson(explained), undefined, 2)}\n`);
		return 0;
	}
	const paint = PLAIN;
	if (asked.detail === "notes") {
		stdout.write(`${notesText(explained.notes, paint)}\n`);
		return 0;
	}
	const text = explanationText(explained, asked.detail, paint);
	if (text === undefined) {
		const numbers = packetNumbers(packets.events);
		stderr.write(
			`explain: "${packets.command}" has no packet ${asked.detail}; it has ${numbers[0]} to ${numbers.at(-1)}\n`,
		);
		return 1;
	}
	stdout.write(`${text}\n`);
	return 0;
}

interface Asked {
	readonly detail: ExplainDetail | "notes";
	readonly json: boolean;
}

/** A string: the arguments make no sense, and why. */
function readArguments(args: readonly string[]): Asked | string {
	let detail: Asked["detail"] = "first";
	let json = false;
	for (const arg of args) {
		if (arg === "--help" || arg === "-h") return "help";
		if (arg === "--json") json = true;
		else if (arg === "--all" || arg === "-a") detail = "all";
		else if (arg === "--notes") detail = "notes";
		else if (/^#?\d+$/.test(arg)) detail = Number(arg.replace("#", ""));
		else return `unknown argument ${arg}`;
	}
	return { detail, json };
}
