/** The shell's own commands by name. */
import type { Builtin } from "../frame.ts";
import { cd, pwd } from "./directory.ts";
import {
	bash,
	bracket,
	breakBuiltin,
	command,
	continueBuiltin,
	evalBuiltin,
	exec,
	exit,
	nothing,
	returnBuiltin,
	source,
	test,
} from "./flow.ts";
import { bg, fg, helpBuiltin, history, jobs, kill, on, ssh, type, wait } from "./jobs.ts";
import { declare, exportBuiltin, letBuiltin, local, read, set, shift, unset } from "./variables.ts";
import { which } from "./which.ts";

const ALL: readonly Builtin[] = [
	bash,
	bg,
	bracket,
	breakBuiltin,
	cd,
	command,
	continueBuiltin,
	declare,
	evalBuiltin,
	exec,
	exit,
	exportBuiltin,
	fg,
	history,
	jobs,
	kill,
	letBuiltin,
	local,
	nothing,
	on,
	ssh,
	pwd,
	read,
	returnBuiltin,
	set,
	shift,
	source,
	test,
	type,
	unset,
	wait,
	which,
	helpBuiltin(() => ALL),
];

export const BUILTINS: ReadonlyMap<string, Builtin> = new Map(
	ALL.flatMap((builtin) => builtin.names.map((name) => [name, builtin] as const)),
);
