/** A worker of `podwire fidelity`: judges the scenarios that its parent names. */
import { ok, type Result } from "../../base/result.ts";
import { differenceLine } from "../../verify/fidelity/difference-line.ts";
import { Judge } from "../../verify/fidelity/judge.ts";
import { printScenario } from "../../verify/file/print-scenario.ts";
import { StagePool } from "../../verify/stage-pool.ts";
import { type FromWorker, isToWorker, type WorkerStart } from "../fidelity-messages.ts";
import type { ExitCode } from "../io.ts";
import { openLinuxHost, simHost } from "../scenario-hosts.ts";

/** Ends when the parent says so, or when the parent is gone. */
export async function fidelityWorker(): Promise<ExitCode> {
	let work: Promise<void> = Promise.resolve();
	let worker: Worker | undefined;
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
					const made = await makeWorker(message);
					if (made.ok) worker = made.value;
					else say({ kind: "unable", lines: made.error });
				} else if (worker !== undefined) {
					for (let index = message.from; index < message.to; index += 1) {
						say({ kind: "verdict", verdict: await worker.judge.judge(seed, index) });
					}
				}
				say({ kind: "idle" });
			});
		});
	});
	await work;
	await worker?.close();
	if (worker !== undefined) {
		const { simMs, realMs } = worker.judge;
		say({ kind: "times", simMs, realMs });
	}
	if (process.connected) process.disconnect();
	return 0;
}

/** So many topologies are kept: all there are. */
const STAGES = 16;

interface Worker {
	readonly judge: Judge;
	close(): Promise<void>;
}

async function makeWorker(start: WorkerStart): Promise<Result<Worker, readonly string[]>> {
	const host = start.kernel === "sim" ? ok(undefined) : await openLinuxHost();
	if (!host.ok) return host;
	const linux = host.value;
	const real = linux === undefined ? undefined : new StagePool(linux, { limit: STAGES });
	const judge = new Judge({
		sim: () => simHost(SIM_SEED),
		...(real === undefined ? {} : { real }),
		nowMs: () => performance.now(),
		printScenario,
		printDifference: differenceLine,
		shrinkTries: start.shrinkTries,
	});
	const close = async (): Promise<void> => {
		await real?.close();
		linux?.close();
	};
	return ok({ judge, close });
}

/** Of what the simulated kernel draws. */
const SIM_SEED = 1;

function say(message: FromWorker): void {
	if (process.connected) process.send?.(message);
}
