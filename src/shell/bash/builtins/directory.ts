/** cd, pwd. */
import { resolvePath } from "../../memory-files.ts";
import { type Builtin, stderr, stdout } from "../frame.ts";

export const cd: Builtin = {
	names: ["cd"],
	summary: "change the working directory",
	async run(args, frame) {
		const { level } = frame;
		const wanted = args[0] ?? level.variables.get("HOME") ?? "/root";
		const target = wanted === "-" ? (level.variables.get("OLDPWD") ?? level.cwd) : wanted;
		const path = resolvePath(level.cwd, target);
		const stat = await level.host.files.stat(path, { netns: level.netns }).catch(() => undefined);
		if (stat?.type !== "directory") {
			const why = stat === undefined ? "No such file or directory" : "Not a directory";
			stderr(frame).write(`bash: cd: ${wanted}: ${why}\n`);
			return 1;
		}
		if (wanted === "-") stdout(frame).write(`${path}\n`);
		level.setVariable("OLDPWD", level.cwd);
		level.cwd = path;
		return 0;
	},
};

export const pwd: Builtin = {
	names: ["pwd"],
	summary: "print the working directory",
	async run(_args, frame) {
		stdout(frame).write(`${frame.level.cwd}\n`);
		return 0;
	},
};
