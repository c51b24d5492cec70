import type { NetworkName } from "../cluster/network-name.ts";
import type { KernelChoice } from "./cluster-kernel.ts";

/** What every command that builds a cluster reads. */
export interface ClusterInputOptions {
	/** Manifest files and directories, in order. */
	readonly paths: readonly string[];
	/** Seed of every random choice of the simulated kernel. */
	readonly seed: number;
	readonly kernel: KernelChoice;
	readonly network: NetworkName;
	/** Leave it standing on the real kernel. */
	readonly keep?: boolean;
}
