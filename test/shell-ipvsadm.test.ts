/**
 * `ipvsadm` of the shell beside the real one (1.31, Linux 6.1): the same commands print the same and return the same. What the
 * real tool said is recorded in golden/ipvs/commands.json by record-commands.py, in a virtual machine: this machine's kernel has
 * no IPVS.
 *
 * Where podwire differs on purpose: its help is shorter; services of IPv6, the persistence engine sip and tunnels of GUE and GRE
 * are refused; synchronisation daemons cannot be started.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ipvsadmCommand } from "../src/shell/commands/ipvsadm/ipvsadm.ts";
import { ShellMachine } from "./command-pair.ts";

interface RecordedCommand {
	readonly command: string;
	readonly stdin?: string;
	readonly code: number;
	readonly out: string;
	readonly err: string;
}

interface RecordedGroup {
	readonly name: string;
	readonly commands: readonly RecordedCommand[];
}

const RECORDED: { readonly groups: readonly RecordedGroup[] } = JSON.parse(
	readFileSync(new URL("./golden/ipvs/commands.json", import.meta.url), "utf8"),
);
const REFUSED = "what the simulated kernel has not";

test.each(RECORDED.groups.filter(({ name }) => name !== REFUSED))(
	"$name: the shell says what the real ipvsadm said",
	async ({ commands }) => {
		const shell = await ShellMachine.make([ipvsadmCommand]);
		for (const [index, { command, stdin = "", ...recorded }] of commands.entries()) {
			const printed = await shell.run([command, stdin]);
			expect({ index, command, ...printed }).toEqual({ index, command, ...recorded });
		}
	},
);
