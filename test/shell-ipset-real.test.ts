/**
 * `ipset` of the shell beside the real one (7.17): the same commands print the same and return the same, down to the order
 * of elements and `Size in memory`. What the real tool said is recorded in golden/ipset-commands.json; as root it is asked
 * again.
 *
 * Where podwire differs on purpose: `-r` and the interactive mode are refused; help is shorter; `--map-prio` and
 * `--map-queue` of the SET target are refused, for there is no queueing.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { CommandEntry } from "../src/shell/command.ts";
import { ipsetCommand } from "../src/shell/commands/ipset/ipset.ts";
import { iptablesCommand } from "../src/shell/commands/iptables/iptables.ts";
import { iptablesSaveCommand } from "../src/shell/commands/iptables/save.ts";
import { type CommandText, NamedNetns, type Printed, ShellMachine } from "./command-pair.ts";
import { IPSET_GROUPS, OTHER_TYPES } from "./ipset-commands.ts";
import type { CommandGroup } from "./iptables-commands.ts";
import { canRunReal } from "./real-netns.ts";

const ENTRIES: readonly CommandEntry[] = [ipsetCommand, iptablesCommand, iptablesSaveCommand];
const canRun = await canRunReal("ip", "ipset", "iptables", "iptables-save");

/** Exit code, standard output, standard error. */
type Recorded = Readonly<Record<string, readonly (readonly [code: number, out: string, err: string])[]>>;
const RECORDED: Recorded = JSON.parse(
	readFileSync(new URL("./golden/ipset-commands.json", import.meta.url).pathname, "utf8"),
);

/** Timeouts that a set may give, in seconds; what is left of one some moments later counts as it. */
const TIMEOUTS: readonly number[] = [70, 90, 300, 2_147_483];
const MOMENTS_SECONDS = 25;

/** Dates are blanked, what is left of timeouts is rounded up, and the newer hash:net,net has another revision and size. */
function normal({ code, out, err }: Printed): Printed {
	const text = out
		.replaceAll(/( on )\w{3} \w{3} [ \d]\d [\d:]{8} \d{4}$/gm, "$1DATE")
		.replaceAll(/ timeout (\d+)/g, (_all, seconds: string) => {
			const left = Number(seconds);
			return ` timeout ${TIMEOUTS.find((given) => left <= given && left > given - MOMENTS_SECONDS) ?? left}`;
		})
		.replaceAll(/(?<=<timeout>)(\d+)/g, (seconds) => String(Math.min(Number(seconds), 100)))
		.replaceAll(/(Type: hash:net,(?:port,)?net\n)Revision: \d\n(Header: .*\n)Size in memory: \d+\n/g, "$1$2");
	return { code, out: text, err };
}

async function expectRecorded({ name, commands }: CommandGroup, run: (command: CommandText) => Promise<Printed>) {
	for (const [index, command] of commands.entries()) {
		const [code, out, err] = RECORDED[name]?.[index] ?? [-1, "not recorded", ""];
		expect({ index, command, ...normal(await run(command)) }).toEqual({
			index,
			command,
			...normal({ code, out, err }),
		});
	}
}

test.each([...IPSET_GROUPS, OTHER_TYPES])("$name: the shell says what the real ipset said", async (group) => {
	const shell = await ShellMachine.make(ENTRIES);
	await expectRecorded(group, (command) => shell.run(command));
});

test.skipIf(!canRun).each(IPSET_GROUPS)("$name: the real ipset still says it", async (group) => {
	const netns = await NamedNetns.make(`pwsh-ips-${process.pid}`);
	try {
		await expectRecorded(group, (command) => netns.run(command));
	} finally {
		await netns.remove();
	}
});

test("what is not modelled is refused by name", async () => {
	const shell = await ShellMachine.make(ENTRIES);
	await shell.run("ipset create A hash:ip");
	const refusals: readonly (readonly [CommandText, string])[] = [
		["ipset -r list", "podwire: ipset -r is not modelled\n"],
		["ipset -", "podwire: ipset - is not modelled\n"],
		[
			"iptables -t mangle -A FORWARD -j SET --map-set A src --map-prio",
			'podwire: iptables: target "SET --map-prio, --map-queue" in chain FORWARD is not modelled\n',
		],
	];
	for (const [command, err] of refusals)
		expect({ command, ...(await shell.run(command)) }).toEqual({ command, code: 2, out: "", err });
});
