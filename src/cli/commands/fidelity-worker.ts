/** A worker of `podwire fidelity`: judges the scenarios that its parent names. */
import { ok, type Result } from "../../base/result.ts";
import { differenceLine } from "../../verify/fidelity/difference-line.ts";
import { Judge } from "../../verify/fidelity/judge.ts";
import { printScenario } from "../../verify/file/print-scenario.ts";
import { type FromWorker, isToWorker, type WorkerStart } from "../fidelity-messages.ts";
import type { ExitCode } from "../io.ts";
import { openRealHost, simHost } from "../scenario-hosts.ts";

/** Ends when the parent says so, or when the parent is gone. */
export async function fidelityWorker(): Promise<ExitCode> {
	let work: Promise<void> = Promise.resolve();
	let judge: Judge | undefined;
	let seed = 0;
	await new Promise<void>((resolve) => {
		process.on("disconnect", resolve);
		process.on("message", (message: unknown) => {
			if (!isToWorker(message)) return;
			if (message.kind === "end") {
				work.then(resolve, resolve);
				return;
			}
			work = work.then(async () => {
				if (message.kind === "start") {
					seed = message.seed;
					const made = await makeJudge(message);
					if (made.ok) judge = made.value;
					else say({ kind: "unable", lines: made.error });
				} else if (judge !== undefined) {
					for (let index = message.from; index < message.to; index += 1) {
						say({ kind: "verdict", verdict: await judge.judge(seed, index) });
					}
				}
				say({ kind: "idle" });
			});
		});
	});
	await work;
	await judge?.close();
	if (judge !== undefined) say({ kind: "times", simMs: judge.simMs, realMs: judge.realMs });
	if (process.connected) process.disconnect();
	return 0;
}

async function makeJudge(start: WorkerStart): Promise<Result<Judge, readonly string[]>> {
	const real = start.kernel === "sim" ? ok(undefined) : await openRealHost();
	if (!real.ok) return real;
	const judge = new Judge({
		sim: simHost,
		...(real.value === undefined ? {} : { real: real.value }),
		nowMs: () => performance.now(),
		printScenario,
		printDifference: differenceLine,
		shrinkTries: start.shrinkTries,
	});
	return ok(judge);
}

function say(message: FromWorker): void {
	if (process.connected) process.send?.(message);
}
