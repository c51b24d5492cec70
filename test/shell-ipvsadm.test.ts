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

test("what is not modelled is refused by name", async () => {
	const shell = await ShellMachine.make([ipvsadmCommand]);
	await shell.run("ipvsadm -A -t 10.0.0.1:80 -s rr");
	const refusals: readonly (readonly [command: string, what: string])[] = [
		["ipvsadm -A -t [2001:db8::1]:80 -s rr", "ipvsadm: ipvs: IPv6 services are not modelled"],
		["ipvsadm -A -f 1 -6 -s rr", "ipvsadm: ipvs: IPv6 services are not modelled"],
		["ipvsadm -A -u 10.0.0.1:5060 -p --pe sip", "ipvsadm: ipvs: the persistence engine sip is not modelled"],
		[
			"ipvsadm -a -t 10.0.0.1:80 -r 10.1.0.1 -i --tun-type gue --tun-port 5555",
			"ipvsadm: ipvs: tunnels of type gue are not modelled",
		],
		["ipvsadm --start-daemon master", "ipvsadm --start-daemon is not modelled"],
	];
	for (const [command, what] of refusals) {
		expect({ command, ...(await shell.run(command)) }).toEqual({
			command,
			code: 2,
			out: "",
			err: `podwire: ${what}\n`,
		});
	}
});

test("a table saved by one machine is restored by another", async () => {
	const [one, other] = [await ShellMachine.make([ipvsadmCommand]), await ShellMachine.make([ipvsadmCommand])];
	await one.run("ipvsadm -A -t 10.0.0.1:80 -s sh -b sh-port -p 600 -M 255.255.0.0");
	await one.run("ipvsadm -a -t 10.0.0.1:80 -r 10.1.0.1:8080 -m -w 3");
	await one.run("ipvsadm -A -u 10.0.0.1:53 -o");
	const saved = await one.run("ipvsadm -Sn");
	expect(saved.out.split("\n")).toHaveLength(4);
	expect(await other.run(["ipvsadm -R", saved.out])).toEqual({ code: 0, out: "", err: "" });
	expect(await other.run("ipvsadm -Sn")).toEqual(saved);
});
