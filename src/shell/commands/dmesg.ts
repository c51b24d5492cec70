/** dmesg: the kernel's log of this machine. */
import type { CommandEntry } from "../command.ts";
import { getopt } from "../getopt.ts";
import { usageError } from "../inputs.ts";
import { hostLog } from "../kernel-log.ts";
import { formatTime } from "../wall-clock.ts";

const LEVELS = ["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"];
const LONG = {
	clear: "C",
	ctime: "T",
	follow: "w",
	"follow-new": "W",
	human: "H",
	kernel: "k",
	"level=": "l",
	notime: "t",
	"read-clear": "c",
};

export const dmesgCommand: CommandEntry = {
	names: ["dmesg"],
	summary: "the kernel's log (-T: calendar time, -w: follow, -C: clear, -l LEVEL)",
	async run(context) {
		const parsed = getopt(context.args, { short: "cCeHkl:n:PTtuwWx", long: LONG });
		if (!parsed.ok) return usageError(context, parsed.error);
		const { has, value } = parsed.value;
		const { world, host, stdout } = context;
		const all = world.kernel.log();
		if (has("C")) {
			host.dmesgFrom = all.length;
			return 0;
		}
		const wanted = value("l")
			?.split(",")
			.map((name) => LEVELS.indexOf(name));
		if (wanted?.includes(-1) === true) {
			context.stderr.write(`dmesg: unknown level '${value("l")}'\n`);
			return 1;
		}
		const print = (from: number): number => {
			for (const line of hostLog(world, host, from)) {
				if (wanted?.includes(line.level) === false) continue;
				stdout.write(`${stamp(line.at, has)}${line.text}\n`);
			}
			return world.kernel.log().length;
		};
		let seen = print(has("W") ? all.length : host.dmesgFrom);
		if (has("c")) host.dmesgFrom = all.length;
		if (!has("w") && !has("W")) return 0;
		while (!context.interrupt.raised) {
			const more = (): boolean => world.kernel.log().length > seen;
			await world.wait(more, { timeoutNs: Infinity, interrupt: context.interrupt });
			seen = print(seen);
		}
		return 130;
	},
};

function stamp(at: number, has: (name: string) => boolean): string {
	if (has("t")) return "";
	if (has("T") || has("H")) return `[${formatTime(at, "%a %b %e %H:%M:%S %Y")}] `;
	const micros = Math.floor(at / 1e3);
	return `[${String(Math.floor(micros / 1e6)).padStart(5)}.${String(micros % 1e6).padStart(6, "0")}] `;
}
