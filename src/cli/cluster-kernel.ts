/** The kernel that a cluster is built on: the simulated one, or this machine's own. */
import { forceByRules } from "../cluster/force-by-rules.ts";
import { forceByWeights } from "../cluster/force-by-weights.ts";
import type { ProxyModeName } from "../cluster/proxy-mode-name.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { SimKernel } from "../sim/sim-kernel.ts";
import { forceEndpoint } from "./force-endpoint.ts";
import { UsageError } from "./io.ts";

export type KernelChoice = "sim" | "linux";

export interface ClusterKernel {
	readonly choice: KernelChoice;
	readonly kernel: Kernel;
	/** Makes kube-proxy's or IPVS's choice in these namespaces fall on one endpoint, `IP:PORT`; the result undoes it. */
	forceEndpoint(namespaces: readonly string[], endpoint: string): (() => void) | Promise<() => Promise<void>>;
	/** Ends everything that was made, unless it was to be kept. */
	close(): Promise<void>;
}

export interface ClusterKernelOptions {
	readonly choice: KernelChoice;
	/** Of the simulated kernel. */
	readonly seed: number;
	/** Of the real kernel: namespaces get these names in /run/netns and stay. */
	readonly persistPrefix?: string;
	readonly proxyMode: ProxyModeName;
}

/** Throws a `UsageError` that says what is missing when the real kernel cannot be used. */
export async function openClusterKernel(options: ClusterKernelOptions): Promise<ClusterKernel> {
	return options.choice === "sim" ? simulated(options) : real(options);
}

function simulated({ seed, proxyMode }: ClusterKernelOptions): ClusterKernel {
	const kernel = new SimKernel({ seed });
	return {
		choice: "sim",
		kernel,
		forceEndpoint: (namespaces, endpoint) =>
			proxyMode === "ipvs" ? byWeights(kernel, namespaces, endpoint) : forceEndpoint(kernel, endpoint),
		close: async () => {},
	};
}

async function byWeights(
	kernel: Kernel,
	namespaces: readonly string[],
	endpoint: string,
): Promise<() => Promise<void>> {
	const forced = await forceByWeights(kernel, namespaces, endpoint);
	if (!forced.ok) throw new Error(forced.error.message);
	return forced.value;
}

async function real({ persistPrefix, proxyMode }: ClusterKernelOptions): Promise<ClusterKernel> {
	const { missingOnThisMachine } = await import("../linux/missing.ts");
	const missing = missingOnThisMachine();
	if (missing.length > 0) throw new UsageError(missing.map((what) => `--kernel linux: ${what}`));
	const { openLinuxKernel } = await import("../linux/open-linux-kernel.ts");
	const { kernel } = openLinuxKernel(persistPrefix === undefined ? {} : { persistPrefix });
	return {
		choice: "linux",
		kernel,
		forceEndpoint: async (namespaces, endpoint) => {
			if (proxyMode === "ipvs") return byWeights(kernel, namespaces, endpoint);
			const forced = await forceByRules(kernel, namespaces, endpoint);
			if (!forced.ok) throw new Error(forced.error.message);
			return forced.value;
		},
		close: async () => kernel.close(),
	};
}
