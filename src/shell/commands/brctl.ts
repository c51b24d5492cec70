/** `brctl` of bridge-utils 1.7. */
import { formatBrctlShow, formatBrctlShowmacs } from "../../formats/brctl.ts";
import { formatBrctlShowstp } from "../../formats/brctl-stp.ts";
import type { KernelError, Op } from "../../kernel/kernel.ts";
import type { Fdb, Link } from "../../kernel/objects.ts";
import type { CommandContext, CommandEntry } from "../command.ts";
import { notModelled, runTool, ToolExit } from "./tool-exit.ts";

export const brctlCommand: CommandEntry = {
	names: ["brctl"],
	summary: "make bridges and show them",
	run: (context) => runTool(context, () => brctl(context)),
	async complete(words) {
		return words.length < 2 ? COMMANDS.map(({ name }) => name) : [];
	},
};

interface BrctlCommand {
	readonly name: string;
	/** How many arguments it must have. */
	readonly least: number;
	readonly help: string;
	run(context: CommandContext, args: readonly string[]): Promise<number>;
}

const COMMANDS: readonly BrctlCommand[] = [
	{ name: "addbr", least: 1, help: "<bridge>\t\tadd bridge", run: addBridge },
	{ name: "delbr", least: 1, help: "<bridge>\t\tdelete bridge", run: deleteBridge },
	{ name: "addif", least: 2, help: "<bridge> <device>\tadd interface to bridge", run: addInterfaces },
	{ name: "delif", least: 2, help: "<bridge> <device>\tdelete interface from bridge", run: deleteInterfaces },
	{ name: "hairpin", least: 3, help: "<bridge> <port> {on|off}\tturn hairpin on/off", run: setHairpin },
	{ name: "setageing", least: 2, help: "<bridge> <time>\t\tset ageing time", run: setAgeing },
	{ name: "setbridgeprio", least: 2, help: "<bridge> <prio>\t\tset bridge priority", run: unmodelled },
	{ name: "setfd", least: 2, help: "<bridge> <time>\t\tset bridge forward delay", run: unmodelled },
	{ name: "sethello", least: 2, help: "<bridge> <time>\t\tset hello time", run: unmodelled },
	{ name: "setmaxage", least: 2, help: "<bridge> <time>\t\tset max message age", run: unmodelled },
	{ name: "setpathcost", least: 3, help: "<bridge> <port> <cost>\tset path cost", run: unmodelled },
	{ name: "setportprio", least: 3, help: "<bridge> <port> <prio>\tset port priority", run: unmodelled },
	{ name: "show", least: 0, help: "[ <bridge> ]\t\tshow a list of bridges", run: show },
	{ name: "showmacs", least: 1, help: "<bridge>\t\tshow a list of mac addrs", run: showMacs },
	{ name: "showstp", least: 1, help: "<bridge>\t\tshow bridge stp info", run: showStp },
	{ name: "stp", least: 2, help: "<bridge> {on|off}\tturn stp on/off", run: setStp },
];

async function brctl(context: CommandContext): Promise<number> {
	const [name, ...args] = context.args;
	if (name === "-V" || name === "--version") throw new ToolExit(0, "", "bridge-utils, 1.7\n");
	if (name === "-h" || name === "--help") throw new ToolExit(0, "", usage());
	if (name === undefined) throw new ToolExit(1, "", usage());
	if (name.startsWith("-")) {
		const why = name.startsWith("--") ? `unrecognized option '${name}'` : `invalid option -- '${name.charAt(1)}'`;
		throw new ToolExit(1, `brctl: ${why}\nUnknown option '?'\n`, usage());
	}
	const command = COMMANDS.find((each) => each.name === name);
	if (command === undefined) throw new ToolExit(1, `never heard of command [${name}]\n`, usage());
	if (args.length >= command.least) return command.run(context, args);
	throw new ToolExit(1, "", `Incorrect number of arguments for command\nUsage: brctl ${name} ${command.help}\n`);
}

function usage(): string {
	const lines = COMMANDS.map(({ name, help }) => `\t${name.padEnd(10)}\t${help}\n`);
	return `Usage: brctl [commands]\ncommands:\n${lines.join("")}`;
}

async function links(context: CommandContext): Promise<readonly Link[]> {
	const dumped = await context.world.kernel.dump(context.netns, ["link"]);
	if (!dumped.ok) throw new ToolExit(1, `${dumped.error.message}\n`);
	return dumped.value.filter((object) => object.kind === "link");
}

async function apply(context: CommandContext, op: Op, complaint: (error: KernelError) => string): Promise<void> {
	const done = await context.world.kernel.apply(context.netns, [op]);
	if (!done.ok) throw new ToolExit(1, `${complaint(done.error)}\n`);
}

async function addBridge(context: CommandContext, args: readonly string[]): Promise<number> {
	const name = (args[0] ?? "").slice(0, 15);
	const object = { kind: "link", name, link: { type: "bridge" } } as const;
	await apply(context, { verb: "add", object }, (error) =>
		error.errno === "EEXIST"
			? `device ${name} already exists; can't create bridge with the same name`
			: `add bridge failed: ${error.errno === "EINVAL" ? "Invalid argument" : error.message}`,
	);
	return 0;
}

async function deleteBridge(context: CommandContext, args: readonly string[]): Promise<number> {
	const [name = ""] = args;
	const found = (await links(context)).find((link) => link.name === name);
	if (found === undefined) throw new ToolExit(1, `bridge ${name} doesn't exist; can't delete it\n`);
	if (found.link?.type !== "bridge") throw new ToolExit(1, `can't delete bridge ${name}: Operation not permitted\n`);
	if (found.up === true) throw new ToolExit(1, `bridge ${name} is still up; can't delete it\n`);
	const op = { verb: "delete", object: { kind: "link", name } } as const;
	await apply(context, op, (error) => `can't delete bridge ${name}: ${error.message}`);
	return 0;
}

async function addInterfaces(context: CommandContext, args: readonly string[]): Promise<number> {
	const [bridge = "", ...devices] = args;
	for (const device of devices) {
		const all = await links(context);
		const master = all.find((link) => link.name === bridge);
		const found = all.find((link) => link.name === device);
		if (found === undefined) throw new ToolExit(1, `interface ${device} does not exist!\n`);
		if (master === undefined) throw new ToolExit(1, `bridge ${bridge} does not exist!\n`);
		if (master.link?.type !== "bridge") {
			throw new ToolExit(1, `can't add ${device} to bridge ${bridge}: Operation not supported\n`);
		}
		if (found.master !== undefined) {
			throw new ToolExit(1, `device ${device} is already a member of a bridge; can't add it to bridge ${bridge}.\n`);
		}
		const op = { verb: "replace", object: { kind: "link", name: device, master: bridge } } as const;
		await apply(context, op, (error) =>
			error.errno === "ELOOP"
				? `device ${device} is a bridge device itself; can't add a bridge device to a bridge device.`
				: `can't add ${device} to bridge ${bridge}: ${error.message}`,
		);
	}
	return 0;
}

async function deleteInterfaces(context: CommandContext, args: readonly string[]): Promise<number> {
	const [bridge = "", ...devices] = args;
	for (const device of devices) {
		const all = await links(context);
		const found = all.find((link) => link.name === device);
		if (found === undefined) throw new ToolExit(1, `interface ${device} does not exist!\n`);
		if (!all.some((link) => link.name === bridge)) throw new ToolExit(1, `bridge ${bridge} does not exist!\n`);
		if (found.master !== bridge) throw new ToolExit(1, `device ${device} is not a port of ${bridge}\n`);
		const op = { verb: "replace", object: { kind: "link", name: device, master: "" } } as const;
		await apply(context, op, (error) => `can't delete ${device} from ${bridge}: ${error.message}`);
	}
	return 0;
}

function onOrOff(word: string | undefined): boolean {
	if (word === "on" || word === "yes" || word === "1") return true;
	if (word === "off" || word === "no" || word === "0") return false;
	throw new ToolExit(1, "expect on/off for argument\n");
}

async function setHairpin(context: CommandContext, args: readonly string[]): Promise<number> {
	const [bridge = "", port = "", word] = args;
	const hairpin = onOrOff(word);
	const all = await links(context);
	const found = all.find((link) => link.name === port);
	if (found === undefined) throw new ToolExit(1, `interface ${port} does not exist!\n`);
	if (!all.some((link) => link.name === bridge)) throw new ToolExit(1, `bridge ${bridge} does not exist!\n`);
	const complaint = `can't set ${port} to hairpin on bridge ${bridge}: Operation not supported`;
	if (found.master !== bridge) throw new ToolExit(1, `${complaint}\n`);
	await apply(context, { verb: "replace", object: { kind: "link", name: port, port: { hairpin } } }, () => complaint);
	return 0;
}

async function bridgeNamed(context: CommandContext, name: string, complaint: string): Promise<Link> {
	const found = (await links(context)).find((link) => link.name === name);
	if (found === undefined) throw new ToolExit(1, `${complaint}: No such device\n`);
	if (found.link?.type !== "bridge") throw new ToolExit(1, `${complaint}: Operation not supported\n`);
	return found;
}

async function setAgeing(context: CommandContext, args: readonly string[]): Promise<number> {
	const [name = "", text = ""] = args;
	if (!/^\d+(\.\d*)?$/.test(text)) throw new ToolExit(1, "bad ageing time value\n");
	await bridgeNamed(context, name, "set ageing time failed");
	const link = { type: "bridge", ageingTimeSeconds: Number(text) } as const;
	const op = { verb: "replace", object: { kind: "link", name, link } } as const;
	await apply(context, op, (error) => `set ageing time failed: ${error.message}`);
	return 0;
}

async function setStp(context: CommandContext, args: readonly string[]): Promise<number> {
	const [name = "", word] = args;
	const stp = onOrOff(word);
	await bridgeNamed(context, name, "set stp status failed");
	if (stp) throw notModelled("the spanning tree protocol");
	return 0;
}

async function unmodelled(context: CommandContext): Promise<number> {
	throw notModelled(`brctl ${context.args[0]}`);
}

async function show(context: CommandContext, args: readonly string[]): Promise<number> {
	const all = await links(context);
	if (args.length === 0) {
		context.stdout.write(formatBrctlShow(all));
		return 0;
	}
	const chosen: Link[] = [];
	let complaint = "";
	for (const name of args) {
		const found = all.find((link) => link.name === name);
		if (found?.link?.type === "bridge") chosen.push(found);
		else complaint += found === undefined ? `bridge ${name} does not exist!\n` : `device ${name} is not a bridge!\n`;
	}
	if (chosen.length > 0) context.stdout.write(formatBrctlShow(all, chosen));
	context.stderr.write(complaint);
	return complaint === "" ? 0 : 1;
}

async function showMacs(context: CommandContext, args: readonly string[]): Promise<number> {
	const bridge = await bridgeNamed(context, args[0] ?? "", "read of forward table failed");
	const dumped = await context.world.kernel.dump(context.netns, ["fdb"]);
	const fdb = dumped.ok ? dumped.value.filter((object): object is Fdb => object.kind === "fdb") : [];
	context.stdout.write(formatBrctlShowmacs(bridge, await links(context), fdb));
	return 0;
}

async function showStp(context: CommandContext, args: readonly string[]): Promise<number> {
	const [name = ""] = args;
	const all = await links(context);
	const found = all.find((link) => link.name === name);
	if (found === undefined) throw new ToolExit(1, `bridge ${name} does not exist!\n`);
	if (found.link?.type !== "bridge") throw new ToolExit(1, `device ${name} is not a bridge!\n`);
	context.stdout.write(formatBrctlShowstp(found, all));
	return 0;
}
