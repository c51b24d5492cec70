/** which: where a program is. */
import { type Builtin, stderr, stdout } from "../frame.ts";

export const which: Builtin = {
	names: ["which", "whereis"],
	summary: "where a program is",
	async run(args, frame) {
		let status = 0;
		for (const name of args.filter((arg) => !arg.startsWith("-"))) {
			const found = await frame.interpreter.find(name, frame.level);
			if (found !== undefined && "path" in found) stdout(frame).write(`${found.path}\n`);
			else if (found?.kind === "builtin") stdout(frame).write(`/usr/bin/${name}\n`);
			else {
				const path = frame.level.variables.get("PATH") ?? "";
				stderr(frame).write(`/usr/bin/which: no ${name} in (${path})\n`);
				status = 1;
			}
		}
		return status;
	},
};
