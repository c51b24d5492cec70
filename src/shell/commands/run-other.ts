/** sudo, su, env, nohup, time-limited and repeated runs: commands that run other commands. */
import type { CommandContext, CommandEntry } from "../command.ts";
import { getopt } from "../getopt.ts";
import { Inputs, usageError } from "../inputs.ts";
import { Signal } from "../interrupt.ts";

export const sudoCommand: CommandEntry = {
	names: ["sudo", "doas"],
	summary: "run a command as root, which one is already",
	async run(context) {
		const parsed = getopt(context.args, {
			short: "bEHiknsSu:g:",
			long: { "user=": "u", login: "i" },
			stopAtWord: true,
		});
		if (!parsed.ok) return usageError(context, parsed.error);
		const { words, has } = parsed.value;
		const [program] = words;
		if (program === undefined) return has("i") || has("s") ? context.exec(["bash"]) : 0;
		if (await context.canRun(program)) return context.exec(words);
		context.stderr.write(`sudo: ${program}: command not found\n`);
		return 1;
	},
};

export const suCommand: CommandEntry = {
	names: ["su"],
	summary: "a shell as root (-, -c COMMAND)",
	async run(context) {
		const at = context.args.indexOf("-c");
		return at < 0 ? context.exec(["bash"]) : context.exec(["bash", "-c", context.args[at + 1] ?? ""]);
	},
};

export const envCommand: CommandEntry = {
	names: ["env", "printenv"],
	summary: "run a command with other variables, or print them",
	async run(context) {
		if (context.name.endsWith("printenv")) return printenv(context);
		const parsed = getopt(context.args, {
			short: "iu:0",
			long: { "ignore-environment": "i", "unset=": "u" },
			stopAtWord: true,
		});
		if (!parsed.ok) return usageError(context, parsed.error, 125);
		const env = new Map(parsed.value.has("i") ? [] : context.env);
		for (const { name, value } of parsed.value.options) if (name === "u") env.delete(value);
		const words = [...parsed.value.words];
		for (let word = words[0]; word?.includes("=") === true; word = words[0]) {
			const at = word.indexOf("=");
			env.set(word.slice(0, at), word.slice(at + 1));
			words.shift();
		}
		const [program] = words;
		if (program === undefined) {
			context.stdout.write([...env].map(([name, value]) => `${name}=${value}\n`).join(""));
			return 0;
		}
		if (await context.canRun(program)) return context.exec(words, { env });
		context.stderr.write(`env: ‘${program}’: No such file or directory\n`);
		return 127;
	},
};

function printenv(context: CommandContext): number {
	if (context.args.length === 0) {
		context.stdout.write([...context.env].map(([name, value]) => `${name}=${value}\n`).join(""));
		return 0;
	}
	const values = context.args.flatMap((name) => context.env.get(name) ?? []);
	context.stdout.write(values.map((value) => `${value}\n`).join(""));
	return values.length === context.args.length ? 0 : 1;
}

export const nohupCommand: CommandEntry = {
	names: ["nohup", "setsid", "nice", "stdbuf"],
	summary: "run a command (nothing hangs up here)",
	async run(context) {
		const at = context.args.findIndex((arg) => !arg.startsWith("-") && !/^\d+$/.test(arg));
		const words = at < 0 ? [] : context.args.slice(at);
		if (words.length === 0) return usageError(context, "missing operand", 125);
		return context.exec(words);
	},
};

const UNITS: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3600, d: 86_400 };

export const timeoutCommand: CommandEntry = {
	names: ["timeout"],
	summary: "run a command for so many seconds at most",
	async run(context) {
		const long = { "signal=": "s", "kill-after=": "k", foreground: "f", "preserve-status": "p" };
		const parsed = getopt(context.args, { short: "k:s:v", long, stopAtWord: true });
		if (!parsed.ok) return usageError(context, parsed.error, 125);
		const [limit = "", ...words] = parsed.value.words;
		const [program] = words;
		if (program === undefined) {
			context.stderr.write("Try 'timeout --help' for more information.\n");
			return 125;
		}
		const duration = /^(\d+(?:\.\d*)?|\.\d+)([smhd]?)$/.exec(limit);
		if (duration === null) return usageError(context, `invalid time interval ‘${limit}’`, 125);
		if (!(await context.canRun(program))) {
			context.stderr.write(`timeout: failed to run command ‘${program}’: No such file or directory\n`);
			return 127;
		}
		const delayNs = Number(duration[1]) * (UNITS[duration[2] ?? ""] ?? 1) * 1e9;
		const { clock } = context.world.kernel;
		const signal = context.interrupt instanceof Signal ? new Signal(context.interrupt) : new Signal();
		if (delayNs > 0) signal.expireAt(clock.now() + delayNs);
		const cancel = delayNs > 0 ? clock.after(delayNs, () => signal.raise()) : (): void => {};
		const status = await context.exec(words, { interrupt: signal });
		cancel();
		signal.release();
		return signal.raised && !context.interrupt.raised && !parsed.value.has("p") ? 124 : status;
	},
};

export const xargsCommand: CommandEntry = {
	names: ["xargs"],
	summary: "run a command with words from standard input (-n N, -I X)",
	async run(context) {
		const long = { "max-args=": "n", "no-run-if-empty": "r", null: "0", "replace=?": "I", verbose: "t" };
		const parsed = getopt(context.args, { short: "0d:I:L:n:P:rt", long, stopAtWord: true });
		if (!parsed.ok) return usageError(context, parsed.error);
		const { has, value, words } = parsed.value;
		const command = words.length === 0 ? ["echo"] : words;
		const text = await new Inputs(context, []).text();
		const replaced = value("I");
		const separator = has("0") ? "\0" : replaced === undefined ? /\s+/ : "\n";
		const items = text.split(value("d") ?? separator).filter((item) => item.trim() !== "");
		if (items.length === 0 && (has("r") || replaced !== undefined)) return 0;
		const perRun = replaced === undefined ? Number(value("n") ?? value("L") ?? items.length) || 1 : 1;
		let status = 0;
		for (let at = 0; at < Math.max(1, items.length); at += perRun) {
			const some = items.slice(at, at + perRun);
			const argv =
				replaced === undefined
					? [...command, ...some]
					: command.map((word) => word.replaceAll(replaced, some[0] ?? ""));
			if (has("t")) context.stderr.write(`${argv.join(" ")}\n`);
			if (!(await context.canRun(argv[0] ?? ""))) {
				context.stderr.write(`xargs: ${argv[0]}: No such file or directory\n`);
				return 127;
			}
			if ((await context.exec(argv)) !== 0) status = 123;
			if (context.interrupt.raised) return 130;
		}
		return status;
	},
};
