/** What a shell remembers: variables, working directory, where it runs. A subshell has a copy. */
import type { CompoundCommand, CompoundList, Redirected } from "unbash";
import type { Host } from "../host.ts";

export type FunctionBody = CompoundCommand | Redirected | CompoundList;

export class Level {
	readonly host: Host;
	/** As the port names it. */
	readonly netns: string;
	readonly pid: number;
	cwd: string;
	lastStatus = 0;
	lastBackgroundPid: number | undefined;
	/** `$0`, `$1`, … */
	positional: readonly string[];
	readonly variables: Map<string, string>;
	readonly exported: Set<string>;
	readonly functions: Map<string, FunctionBody>;
	/** Of the functions that run: what their `local` variables hid, the innermost last. */
	readonly hidden: Map<string, string | undefined>[] = [];
	/** `set -e`, `set -x`. */
	readonly options: Set<string>;

	constructor(host: Host, netns: string, from?: Level) {
		this.host = host;
		this.netns = netns;
		this.pid = from?.pid ?? host.nextPid();
		this.cwd = from?.cwd ?? "/root";
		this.lastStatus = from?.lastStatus ?? 0;
		this.lastBackgroundPid = from?.lastBackgroundPid;
		this.positional = from?.positional ?? ["bash"];
		this.variables = new Map(from?.variables ?? standardVariables(host));
		this.exported = new Set(from?.exported ?? ["HOME", "HOSTNAME", "LOGNAME", "PATH", "SHELL", "TERM", "USER"]);
		this.functions = new Map(from?.functions);
		this.options = new Set(from?.options);
	}

	/** A copy, as `( … )`, a pipeline's member or a background job has. */
	fork(): Level {
		return new Level(this.host, this.netns, this);
	}

	/** A new process image elsewhere: exported variables only. */
	elsewhere(host: Host, netns: string): Level {
		const level = new Level(host, netns);
		if (host === this.host) {
			level.cwd = this.cwd;
			for (const name of this.exported) level.setVariable(name, this.variables.get(name) ?? "");
			for (const name of this.exported) level.exported.add(name);
		}
		return level;
	}

	setVariable(name: string, value: string): void {
		this.variables.set(name, value);
	}

	/** `local`: the variable gets its old value back when the function ends. */
	hide(name: string): void {
		const scope = this.hidden.at(-1);
		if (scope !== undefined && !scope.has(name)) scope.set(name, this.variables.get(name));
	}

	/** The end of a function: its local variables are what they were. */
	unhide(): void {
		for (const [name, value] of this.hidden.pop() ?? []) {
			if (value === undefined) this.variables.delete(name);
			else this.variables.set(name, value);
		}
	}

	environment(): Map<string, string> {
		return new Map([...this.variables].filter(([name]) => this.exported.has(name)));
	}
}

function standardVariables(host: Host): readonly (readonly [string, string])[] {
	return [
		["HOME", "/root"],
		["HOSTNAME", host.name],
		["IFS", " \t\n"],
		["LOGNAME", "root"],
		["PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"],
		["SHELL", "/bin/bash"],
		["TERM", "dumb"],
		["USER", "root"],
	];
}
