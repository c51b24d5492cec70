/** uname, hostname, date, uptime, id, whoami, clear: facts about the machine and its user. */
import type { CommandEntry } from "../command.ts";
import { getopt } from "../getopt.ts";
import { usageError } from "../inputs.ts";
import { dateLine, formatTime } from "../wall-clock.ts";

export const unameCommand: CommandEntry = {
	names: ["uname", "arch"],
	summary: "the kernel's name and release (-a -r)",
	async run(context) {
		const parsed = getopt(context.args, {
			short: "asnrvmpio",
			long: { all: "a", "kernel-name": "s", nodename: "n", "kernel-release": "r", machine: "m" },
		});
		if (!parsed.ok) return usageError(context, parsed.error);
		const { has } = parsed.value;
		if (context.name.endsWith("arch")) {
			context.stdout.write("x86_64\n");
			return 0;
		}
		const { host } = context;
		const fields: readonly (readonly [string, string])[] = [
			["s", "Linux"],
			["n", host.name],
			["r", host.os.kernelRelease],
			["v", "#1 SMP PREEMPT_DYNAMIC Thu Jan 1 00:00:00 UTC 2026"],
			["m", "x86_64"],
			["p", "x86_64"],
			["i", "x86_64"],
			["o", "GNU/Linux"],
		];
		const any = parsed.value.options.length > 0;
		const shown = fields.filter(([letter]) => has("a") || has(letter) || (!any && letter === "s"));
		context.stdout.write(`${shown.map(([, value]) => value).join(" ")}\n`);
		return 0;
	},
};

export const hostnameCommand: CommandEntry = {
	names: ["hostname", "hostnamectl", "nproc", "tty"],
	summary: "the machine's name (-I: its addresses)",
	async run(context) {
		const { stdout, stderr, host, args } = context;
		if (context.name.endsWith("nproc")) stdout.write("2\n");
		else if (context.name.endsWith("tty")) stdout.write("/dev/pts/0\n");
		else if (context.name.endsWith("hostnamectl")) {
			stdout.write(
				` Static hostname: ${host.name}\nOperating System: ${host.os.name} ${host.os.version}\n          Kernel: Linux ${host.os.kernelRelease}\n    Architecture: x86-64\n`,
			);
		} else if (args[0] === "-I" || args[0] === "-i" || args[0] === "--all-ip-addresses") {
			const dumped = await context.world.kernel.dump(context.netns, ["addr"]);
			const addrs = dumped.ok
				? dumped.value.flatMap((object) => (object.kind === "addr" ? [object.addr.addr] : []))
				: [];
			stdout.write(
				`${addrs
					.filter((addr) => !addr.startsWith("127."))
					.map((addr) => `${addr} `)
					.join("")}\n`,
			);
		} else if (args[0] !== undefined && !args[0].startsWith("-")) {
			stderr.write("podwire: renaming a machine is not modelled\n");
			return 95;
		} else stdout.write(`${host.name}\n`);
		return 0;
	},
};

export const dateCommand: CommandEntry = {
	names: ["date"],
	summary: "the machines' (virtual) time; +FORMAT",
	async run(context) {
		const parsed = getopt(context.args, { short: "d:IRs:u", long: { utc: "u", "date=": "d", "set=": "s" } });
		if (!parsed.ok) return usageError(context, parsed.error);
		if (parsed.value.has("d") || parsed.value.has("s")) {
			context.stderr.write("podwire: date --date and --set are not modelled\n");
			return 95;
		}
		const now = context.world.kernel.clock.now();
		const format = parsed.value.words[0];
		if (format !== undefined && !format.startsWith("+")) {
			context.stderr.write(`date: invalid date ‘${format}’\n`);
			return 1;
		}
		const text = parsed.value.has("I") ? formatTime(now, "%F") : dateLine(now);
		context.stdout.write(`${format === undefined ? text : formatTime(now, format.slice(1))}\n`);
		return 0;
	},
};

export const uptimeCommand: CommandEntry = {
	names: ["uptime"],
	summary: "how long the machine has been up",
	async run({ stdout, world }) {
		const now = world.kernel.clock.now();
		const minutes = Math.floor(now / 60e9);
		const up = minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
		stdout.write(` ${formatTime(now, "%T")} up ${up},  1 user,  load average: 0.00, 0.00, 0.00\n`);
		return 0;
	},
};

export const idCommand: CommandEntry = {
	names: ["id", "whoami", "who", "groups"],
	summary: "who the user is: root",
	async run({ name, args, stdout }) {
		if (name.endsWith("whoami") || name.endsWith("groups")) stdout.write("root\n");
		else if (name.endsWith("who")) stdout.write("root     pts/0        2026-01-01 00:00\n");
		else if (args[0]?.includes("u") === true) stdout.write(args[0].includes("n") ? "root\n" : "0\n");
		else stdout.write("uid=0(root) gid=0(root) groups=0(root)\n");
		return 0;
	},
};

export const clearCommand: CommandEntry = {
	names: ["clear", "reset"],
	summary: "clear the screen",
	async run({ stdout, isTerminal }) {
		if (isTerminal) stdout.write("\x1b[H\x1b[2J\x1b[3J");
		return 0;
	},
};
