/** This program in a virtual machine with Debian's kernel, by the script vm-run, which is not part of this repository. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { err, ok, type Result } from "../base/result.ts";
import { UsageError } from "./io.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MAIN = join(ROOT, "dist/cli/main.js");
const VARIABLE = "PODWIRE_VM_RUN";
/** Without the first there is no net.bridge.bridge-nf-call-iptables; with the second tunl0 is in every namespace from its beginning. */
const MODULES = "br_netfilter,ipip";
/** vm-run's own failures: time was up, the machine died or could not start. */
const TIMEOUT = 124;
const DIED = 125;

export interface VmOptions {
	/** How long the machine may take. */
	readonly timeoutSeconds: number;
	/** Standard input; absent: empty. */
	readonly input?: string;
	/** Text as it comes, cut anywhere. */
	readonly onOut: (text: string) => void;
	readonly onErr: (text: string) => void;
}

/** A command line of this program in the machine, which sees this one's files; the program's exit code. */
export async function runInVm(args: readonly string[], options: VmOptions): Promise<number> {
	const vmRun = findVmRun(process.env[VARIABLE]);
	if (!vmRun.ok) throw new UsageError(vmRun.error);
	if (!existsSync(MAIN)) throw new UsageError([`--vm: ${MAIN} is not there: npm run build`]);
	const limits = ["--timeout", String(options.timeoutSeconds), "--modules", MODULES];
	const child = spawn(vmRun.value, [...limits, "--stdin", "--", process.execPath, MAIN, ...args]);
	const told: string[] = [];
	child.stdout.setEncoding("utf8").on("data", options.onOut);
	child.stderr.setEncoding("utf8").on("data", (text: string) => {
		told.push(text);
		options.onErr(text);
	});
	// A machine that does not start reads nothing.
	child.stdin.on("error", () => {});
	child.stdin.end(options.input ?? "");
	const code = await endOf(child);
	if (code === DIED) throw new UsageError([`--vm: the virtual machine does not work: ${lastLine(told)}`]);
	if (code === TIMEOUT) throw new UsageError([`--vm: no end after ${options.timeoutSeconds} s`]);
	return code;
}

/** What the variable names, or the nearest directory `shared` above; the error says what is missing. */
export function findVmRun(named: string | undefined, from: string = ROOT): Result<string, readonly string[]> {
	if (named !== undefined) {
		return existsSync(named) ? ok(named) : err([`--vm: ${VARIABLE} names ${named}, which is not there`]);
	}
	for (let at = resolve(from); at !== dirname(at); at = dirname(at)) {
		const path = join(dirname(at), "shared/tools/vm-run");
		if (existsSync(path)) return ok(path);
	}
	return err([`--vm: the script vm-run is not at ${resolve(from, "../shared/tools/vm-run")}; ${VARIABLE} may name it`]);
}

function endOf(child: ChildProcess): Promise<number> {
	return new Promise((resolveEnd, reject) => {
		child.on("error", reject);
		child.on("close", (code) => resolveEnd(code ?? DIED));
	});
}

function lastLine(told: readonly string[]): string {
	return told.join("").trimEnd().split("\n").at(-1) ?? "";
}
