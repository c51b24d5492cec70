/** From `-f PATH…` to a running cluster on the simulated kernel; everything wrong with the input ends here, with exit code 2. */

import { buildCluster } from "../cluster/build.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { formatClusterError } from "../cluster/errors.ts";
import { formatManifestError } from "../kube/manifest-error.ts";
import { parseManifests } from "../kube/parse-manifests.ts";
import { SimKernel } from "../sim/sim-kernel.ts";
import { type Io, UsageError } from "./io.ts";
import { readManifestFiles } from "./manifest-files.ts";
import type { ClusterInputOptions } from "./options.ts";

export interface Session {
	readonly kernel: SimKernel;
	readonly cluster: Cluster;
}

export async function openSession(io: Io, options: ClusterInputOptions): Promise<Session> {
	const parsed = parseManifests(readManifestFiles(options.paths));
	if (!parsed.ok) throw new UsageError(parsed.error.map(formatManifestError));
	for (const note of parsed.value.notes) io.err(`podwire: ${note}\n`);
	const kernel = new SimKernel({ seed: options.seed });
	const built = await buildCluster(kernel, { snapshot: parsed.value.snapshot });
	if (!built.ok) throw new UsageError([formatClusterError(built.error)]);
	return { kernel, cluster: built.value };
}
