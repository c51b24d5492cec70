/** `ifconfig` of net-tools: devices with their first address, and changing them. */
import {
	formatIfconfig,
	formatIfconfigRow,
	IFCONFIG_TABLE_HEADING,
	type Interface,
	interfaceNamed,
	interfacesOf,
} from "../../../formats/ifconfig.ts";
import type { CommandContext, CommandEntry } from "../../command.ts";
import { dumpHere } from "../net-tools.ts";
import { runTool, ToolExit } from "../tool-exit.ts";
import { changeInterface } from "./change.ts";

export const ifconfigCommand: CommandEntry = {
	names: ["ifconfig"],
	summary: "show devices (-a, -s), bring them up and down, give them an address",
	run: (context) => runTool(context, () => ifconfig(context)),
	async complete() {
		return ["up", "down", "netmask", "broadcast", "mtu", "hw"];
	},
};

const USAGE = `Usage:
  ifconfig [-a] [-v] [-s] <interface> [[<AF>] <address>]
  [netmask <address>]  [[-]broadcast [<address>]]
  [hw ether <address>]  [mtu <NN>]  [[-]promisc]  [txqueuelen <NN>]
  [up|down] ...
`;

async function ifconfig(context: CommandContext): Promise<number> {
	const words = [...context.args];
	let [all, short]: (boolean | undefined)[] = [];
	while (words[0]?.startsWith("-") === true) {
		const option = words.shift() ?? "";
		if (option === "-a") all = true;
		else if (option === "-s") short = true;
		else if (option === "-V" || option === "--version") throw new ToolExit(0, "", "net-tools 2.10\n");
		else if (option === "-h" || option === "-?" || option === "--help") throw new ToolExit(0, "", USAGE);
		else if (option !== "-v") {
			const hint = "ifconfig: `--help' gives usage information.\n";
			throw new ToolExit(1, `ifconfig: option \`${option}' not recognised.\n${hint}`);
		}
	}
	const [name, ...changes] = words;
	if (name === undefined) {
		const shown = interfacesOf(await dumpHere(context, "link"), await dumpHere(context, "addr"), all === true);
		context.stdout.write(listing(shown, short === true));
		return 0;
	}
	if (changes.length > 0) return changeInterface(context, name, changes);
	context.stdout.write(listing([await named(context, name)], short === true));
	return 0;
}

async function named(context: CommandContext, name: string): Promise<Interface> {
	const device = name.split(":")[0] ?? name;
	const link = (await dumpHere(context, "link")).find((each) => each.name === device);
	if (link === undefined) {
		throw new ToolExit(1, `${name}: error fetching interface information: Device not found\n`);
	}
	return interfaceNamed(name, link, await dumpHere(context, "addr"));
}

function listing(shown: readonly Interface[], short: boolean): string {
	if (!short) return shown.map(formatIfconfig).join("");
	return `${IFCONFIG_TABLE_HEADING}${shown.map(formatIfconfigRow).join("")}`;
}
