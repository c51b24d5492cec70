/** A cluster of two nodes on the simulated kernel, for scenarios. */
import { buildCluster, type ClusterOptions } from "../../src/cluster/build.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { formatClusterError } from "../../src/cluster/errors.ts";
import { type FlowOutcome, type FlowRequest, formatFlowError, traceFlow } from "../../src/cluster/flow.ts";
import type { Kernel } from "../../src/kernel/kernel.ts";
import type { KubeSnapshot } from "../../src/kube/snapshot.ts";
import { SimKernel } from "../../src/sim/sim-kernel.ts";
import { containerPort, kubeNode, kubePod, kubeService, kubeSnapshot, servicePort } from "../kube-objects.ts";

/**
 * Nodes n1 (172.16.1.50, pods 10.151.51.0/24) and n2 (172.16.1.88, pods 10.151.49.0/24); pods `client` and `here` on n1,
 * `there` on n2; Services `here` (node port 30080) and `there` with that one pod each, `nobody` without endpoints.
 */
export function labSnapshot(more: Partial<KubeSnapshot> = {}): KubeSnapshot {
	const ports = [containerPort(80), containerPort(53, "UDP")];
	return kubeSnapshot({
		nodes: [kubeNode("n1", "172.16.1.50", "10.151.51.0/24"), kubeNode("n2", "172.16.1.88", "10.151.49.0/24")],
		pods: [
			kubePod("client", "n1"),
			kubePod("here", "n1", { ports }),
			kubePod("there", "n2", { ports }),
			...(more.pods ?? []),
		],
		services: [
			kubeService("here", "10.150.0.1", {
				type: "NodePort",
				ports: [
					servicePort(80, { name: "http", nodePort: 30080 }),
					servicePort(53, { name: "dns", protocol: "UDP", nodePort: 30053 }),
				],
			}),
			kubeService("there", "10.150.0.2", {
				ports: [servicePort(8000, { name: "http", targetPort: 80 }), servicePort(53, { name: "dns", protocol: "UDP" })],
			}),
			kubeService("nobody", "10.150.0.3"),
			...(more.services ?? []),
		],
	});
}

export async function buildLab(
	snapshot: KubeSnapshot = labSnapshot(),
	options: ClusterOptions = {},
	kernel: Kernel = new SimKernel({ seed: 1 }),
): Promise<Cluster> {
	const built = await buildCluster(kernel, { snapshot, options });
	if (!built.ok) throw new Error(formatClusterError(built.error));
	return built.value;
}

export async function flow(cluster: Cluster, request: FlowRequest): Promise<FlowOutcome> {
	const outcome = await traceFlow(cluster, request);
	if (!outcome.ok) throw new Error(formatFlowError(outcome.error));
	return outcome.value;
}
