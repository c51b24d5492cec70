/** The kernels that scenarios run on. */
import { err, type Result } from "../base/result.ts";
import { SimKernel } from "../sim/sim-kernel.ts";
import { PortHost, type ScenarioHost } from "../verify/scenario-host.ts";

/** A fresh simulated kernel. */
export function simHost(): ScenarioHost {
	const kernel = new SimKernel();
	return new PortHost(kernel, async () => kernel.runBacklog());
}

/** This machine's own kernel; the error is lines for the user. */
export async function openRealHost(): Promise<Result<ScenarioHost, readonly string[]>> {
	return err(["the real kernel is not there yet"]);
}
