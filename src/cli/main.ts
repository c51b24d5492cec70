#!/usr/bin/env node
/** The command line's entry: runs the program and turns its ending into an exit code. */
import { runProgram } from "./program.ts";
import { processIo } from "./terminal.ts";

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
	if (error.code === "EPIPE") process.exit(0);
	throw error;
});

process.exitCode = await runProgram(process.argv.slice(2), processIo());
