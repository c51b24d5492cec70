/** The shell's machines in a cluster: its nodes, its pods with the files that kubelet writes, and the world outside. */
import type { Cluster } from "../cluster/cluster.ts";
import { podFiles } from "../cluster/pod-files.ts";
import { type ExistingHost, worldOf } from "../shell/existing-hosts.ts";
import type { ShellWorld, WorldOptions } from "../shell/world.ts";

/** Nodes bear their names, pods `pod/NAMESPACE/NAME`. */
export function openClusterShell(cluster: Cluster, options: WorldOptions): Promise<ShellWorld> {
	return worldOf(cluster.kernel, machinesOf(cluster), options);
}

function machinesOf(cluster: Cluster): readonly ExistingHost[] {
	const { fabric, nodes, pods } = cluster;
	return [
		...nodes.map(({ name, netns }) => ({ name, netns })),
		...pods.map((pod) => ({
			name: `pod/${pod.namespace}/${pod.name}`,
			netns: pod.netns,
			files: podFiles(cluster, pod),
		})),
		{ name: "outside", netns: fabric.outside.netns },
	];
}
