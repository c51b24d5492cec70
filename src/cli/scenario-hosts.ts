/** The kernels that scenarios can run on. */
import { setImmediate } from "node:timers/promises";
import { err, ok, type Result } from "../base/result.ts";
import type { Turns } from "../base/turns.ts";
import type { KernelError } from "../kernel/kernel.ts";
import type { OpenLinuxKernel } from "../linux/open-linux-kernel.ts";
import { SimKernel } from "../sim/sim-kernel.ts";
import { PortHost, type ScenarioHost } from "../verify/scenario-host.ts";
import { allTables } from "../verify/stage.ts";

/**
 * For V8, of a process that plays many scenarios: objects that once lived long are not made in the old generation, where a
 * dead one keeps the simulated kernel it belonged to alive, and with it the garbage collector busy (a tenth of all time).
 */
export const NO_PRETENURING = "--no-allocation-site-pretenuring";

/** A simulated kernel, as new as it comes. */
export function simHost(seed: number): ScenarioHost {
	const kernel = new SimKernel({ seed });
	return new PortHost(
		kernel,
		async () => kernel.runBacklog(),
		(netns, tx) => kernel.apply(netns, tx, { keepsParts: true }),
	);
}

export interface LinuxHost extends ScenarioHost {
	/** Ends everything that was made. */
	close(): void;
}

export interface LinuxHostOptions {
	/** Whose rules are loaded. Default: legacy where there is one, for it loads in an eighth of the time. */
	readonly iptables?: "nft" | "legacy";
	/** Shared with other hosts of this thread: each is used by who has the turn, and leaves it to the others while it waits. */
	readonly turns?: Turns;
}

/** The machine's own kernel; the error says what is missing, a sentence each. */
export async function openLinuxHost(options: LinuxHostOptions = {}): Promise<Result<LinuxHost, readonly string[]>> {
	const { turns } = options;
	const { LinuxKernel } = await import("../linux/linux-kernel.ts");
	const missing = LinuxKernel.missing();
	if (missing.length > 0) return err(missing);
	const { openLinuxKernel } = await import("../linux/open-linux-kernel.ts");
	const open = openLinuxKernel({
		iptables: options.iptables ?? "legacy",
		...(turns === undefined ? {} : { turns }),
	});
	const loads = await canLoad(open);
	if (!loads.ok) {
		open.close();
		if (options.iptables === undefined) return openLinuxHost({ ...options, iptables: "nft" });
		return err([`The ${options.iptables} backend of iptables does not load rules: ${loads.error.message}`]);
	}
	if (open.logProblem !== undefined) {
		open.close();
		return err([`LOG lines of namespaces cannot be read: ${open.logProblem}.`]);
	}
	return ok({
		kernel: open.kernel,
		settle: async () => open.drain(),
		...(turns === undefined ? {} : { breathe: () => breathe(turns) }),
		loadTables: async (netns, text) => open.replaceTables(netns, text),
		loadSets: (netns, text) => open.replaceIpSets(netns, text),
		saveTables: async (netns) => open.saveTables(netns),
		readSysctls: async (netns, keys) => open.readSysctls(netns, keys),
		prepare: async (netns, devs) => {
			const set = open.setReceiveBuffers(netns);
			return set.ok ? open.turnOffloadOff(netns, devs) : set;
		},
		set: (netns, tx) => open.kernel.apply(netns, tx, { keepsParts: true }),
		flush: async (netns, left) => open.flush(netns, left),
		close: () => open.close(),
	});
}

/** For who has the turn: what waits elsewhere looks around, and goes on if it can. */
export async function breathe(turns: Turns): Promise<void> {
	await setImmediate();
	if (!turns.isWanted) return;
	turns.give();
	await turns.goOn();
}

async function canLoad(open: OpenLinuxKernel): Promise<Result<void, KernelError>> {
	const made = await open.kernel.addNetns("try");
	if (!made.ok) return made;
	const loaded = open.replaceTables("try", allTables(""));
	await open.kernel.deleteNetns("try");
	return loaded;
}

/** Removes what runs that were killed left behind; the value names it. Namespaces and devices end with their process. */
export async function cleanUpLinux(): Promise<Result<readonly string[], readonly string[]>> {
	const { cleanupKernelLog } = await import("../linux/kernel-log.ts");
	return ok(cleanupKernelLog() ? ["net.netfilter.nf_log_all_netns=1, which a run had set"] : []);
}
