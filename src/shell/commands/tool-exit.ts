/** Leaving a command early with what the real tool says and returns, as its exit(3) does. */
import type { CommandContext } from "../command.ts";

export class ToolExit extends Error {
	readonly code: number;
	readonly stderr: string;
	readonly stdout: string;

	constructor(code: number, stderr: string, stdout = "") {
		super(stderr);
		this.code = code;
		this.stderr = stderr;
		this.stdout = stdout;
	}
}

/** Carries out a command's work; a `ToolExit` thrown on the way is written out and becomes the exit code. */
export async function runTool(context: CommandContext, work: () => Promise<number>): Promise<number> {
	try {
		return await work();
	} catch (error) {
		if (!(error instanceof ToolExit)) throw error;
		context.stdout.write(error.stdout);
		context.stderr.write(error.stderr);
		return error.code;
	}
}

/** For what the real tool can do and podwire cannot. */
export function notModelled(what: string): ToolExit {
	return new ToolExit(2, `podwire: ${what} is not modelled\n`);
}
