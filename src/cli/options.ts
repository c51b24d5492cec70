/** Options that several commands have. */
import type { NetworkName } from "../cluster/network-name.ts";
import type { ProxyModeName } from "../cluster/proxy-mode-name.ts";
import type { KernelChoice } from "./cluster-kernel.ts";
import { UsageError } from "./io.ts";

/** What every command that builds a cluster reads. */
export interface ClusterInputOptions {
	/** Manifest files and directories, in order. */
	readonly paths: readonly string[];
	/** Seed of every random choice of the simulated kernel. */
	readonly seed: number;
	readonly kernel: KernelChoice;
	readonly network: NetworkName;
	readonly proxyMode: ProxyModeName;
	/** Leave it standing on the real kernel. */
	readonly keep?: boolean;
	/** A file; absent: pods are told apart by the cluster's pod network, and the rest has its defaults. */
	readonly proxyConfig?: string;
}

/** `option` is what an error calls it. */
export function wholeNumber(option: string, text: string): number {
	if (!/^\d{1,9}$/.test(text)) throw new UsageError([`${option} ${text}: expected a whole number`]);
	return Number(text);
}
