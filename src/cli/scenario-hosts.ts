/** The kernels that scenarios can run on. */
import { err, type Result } from "../base/result.ts";
import { SimKernel } from "../sim/sim-kernel.ts";
import { PortHost, type ScenarioHost } from "../verify/scenario-host.ts";

/** A simulated kernel, as new as it comes. */
export function simHost(seed: number): ScenarioHost {
	const kernel = new SimKernel({ seed });
	return new PortHost(kernel, async () => kernel.runBacklog());
}

export interface LinuxHost extends ScenarioHost {
	/** Ends everything that was made. */
	close(): void;
}

/** The machine's own kernel; the error says what is missing, a sentence each. */
export async function openLinuxHost(): Promise<Result<LinuxHost, readonly string[]>> {
	return err(["The real kernel is not in this version of podwire."]);
}

/** Removes what runs that were killed left behind; the value names it. */
export async function cleanUpLinux(): Promise<Result<readonly string[], readonly string[]>> {
	const host = await openLinuxHost();
	if (!host.ok) return host;
	host.value.close();
	return { ok: true, value: [] };
}
