#!/usr/bin/env node
/** The command line's entry: runs the program and turns its ending into an exit code. */
import { runProgram } from "./program.ts";
import { outputFailure, processIo } from "./terminal.ts";

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
	const { code, line } = outputFailure(error);
	process.stderr.write(line);
	process.exit(code);
});

process.exitCode = await runProgram(process.argv.slice(2), processIo());
