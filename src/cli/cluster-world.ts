/** The tutorial shell's machines when they are a cluster's: its nodes, its pods, and `outside`. */
import { formatTextError } from "../base/text-error.ts";
import { unknownName } from "../base/unknown-name.ts";
import { buildCluster } from "../cluster/build.ts";
import type { Cluster, ClusterPod } from "../cluster/cluster.ts";
import { formatClusterError } from "../cluster/errors.ts";
import { DEFAULT_NETWORK, NETWORK_NAMES } from "../cluster/network-name.ts";
import { DEFAULT_PROXY_MODE, PROXY_MODE_NAMES } from "../cluster/proxy-mode-name.ts";
import { formatManifestError } from "../kube/manifest-error.ts";
import { parseManifests } from "../kube/parse-manifests.ts";
import { createHost } from "../shell/host-setup.ts";
import { checkMachines } from "../shell/lab/check-lab.ts";
import type { ParsedLab } from "../shell/lab/parse-lab.ts";
import { ShellWorld, type WorldOptions } from "../shell/world.ts";
import { SimKernel } from "../sim/sim-kernel.ts";
import { UsageError } from "./io.ts";

const OUTSIDE = "outside";

/** One shell machine for each node, each pod with a network of its own, and the host outside. */
export function clusterWorld(cluster: Cluster, options: WorldOptions = {}): ShellWorld {
	const world = new ShellWorld(cluster.kernel, options);
	const add = (name: string, rootNetns: string): void => {
		world.hosts.set(name, createHost(world, name, { rootNetns }));
	};
	for (const { name, netns } of cluster.nodes) add(name, netns);
	const taken = new Set([OUTSIDE, ...world.hosts.keys()]);
	for (const pod of cluster.pods) if (!pod.hostNetwork) add(machineName(cluster, pod, taken), pod.netns);
	add(OUTSIDE, cluster.fabric.outside.netns);
	return world;
}

/** The machines of a lab that has a cluster, on a fresh simulated kernel; the pods' programs run. */
export async function openClusterLab({ lab, text }: ParsedLab, options: WorldOptions): Promise<ShellWorld> {
	const { manifests = "", network = DEFAULT_NETWORK, proxyMode = DEFAULT_PROXY_MODE } = lab.cluster ?? {};
	const fail = (field: string, message: string): never => {
		throw new UsageError([formatTextError(text.error(["cluster", field], message))]);
	};
	const networkName = NETWORK_NAMES.find((name) => name === network);
	if (networkName === undefined) {
		return fail("network", unknownName("a network", { found: network, known: NETWORK_NAMES }));
	}
	const mode = PROXY_MODE_NAMES.find((name) => name === proxyMode);
	if (mode === undefined) {
		return fail("proxyMode", unknownName("a mode of kube-proxy", { found: proxyMode, known: PROXY_MODE_NAMES }));
	}
	const parsed = parseManifests([{ path: "cluster.manifests", text: manifests }]);
	if (!parsed.ok) return fail("manifests", parsed.error.map(formatManifestError).join("; "));
	const kernel = new SimKernel(lab.seed === undefined ? {} : { seed: lab.seed });
	const { snapshot } = parsed.value;
	const built = await buildCluster(kernel, { snapshot, options: { network: networkName, proxyMode: mode } });
	if (!built.ok) return fail("manifests", formatClusterError(built.error));
	const world = clusterWorld(built.value, options);
	const errors = checkMachines(lab, text, [...world.hosts.keys()]);
	if (errors.length > 0) throw new UsageError(errors.map(formatTextError));
	return world;
}

/** The pod's name; `NAMESPACE.NAME` where that is another's as well. */
function machineName({ pods }: Cluster, { namespace, name }: ClusterPod, taken: ReadonlySet<string>): string {
	const isOnly = pods.filter((other) => other.name === name).length === 1;
	return isOnly && !taken.has(name) ? name : `${namespace}.${name}`;
}
