/** What every command that builds a cluster reads. */
export interface ClusterInputOptions {
	/** Manifest files and directories, in order. */
	readonly paths: readonly string[];
	/** Seed of every random choice of the simulated kernel. */
	readonly seed: number;
}
