/** A pod's host ports: CNI ADD of the portmap plugin, chained behind the one that gave the pod its address. */
import { err, ok, type Result } from "../base/result.ts";
import { portmapAdd } from "../cni/plugins/portmap.ts";
import type { PortMapping, PortProtocol } from "../cni/plugins/portmap-conf.ts";
import type { CniRuntime } from "../cni/types.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { namespacedName, type Pod, type Protocol } from "../kube/snapshot.ts";
import { applyPlan, dumpObjects } from "./apply-plan.ts";
import type { NodePlace } from "./cluster.ts";
import type { NodeCniConf } from "./cni-conf.ts";
import type { ClusterError } from "./errors.ts";
import type { PlannedAttachment } from "./pod-plugin.ts";

export interface PodToForward {
	readonly pod: Pod;
	readonly runtime: CniRuntime;
	readonly conf: NodeCniConf;
	/** What the plugin before did. */
	readonly planned: PlannedAttachment;
}

const PROTOCOLS: Readonly<Record<Protocol, PortProtocol>> = { TCP: "tcp", UDP: "udp", SCTP: "sctp" };

/** Nothing to do for a pod without host ports, or in a network without portmap. */
export async function forwardHostPorts(
	kernel: Kernel,
	{ name, netns }: NodePlace,
	{ pod, runtime, conf, planned }: PodToForward,
): Promise<Result<void, ClusterError>> {
	const { network, portmap } = conf;
	const portMappings = portMappingsOf(pod);
	if (portmap === undefined || portMappings.length === 0) return ok(undefined);
	const tracked = await dumpObjects(kernel, netns, ["conntrack"]);
	if (!tracked.ok) return tracked;
	const added = portmapAdd(
		{ network, conf: { ...portmap, portMappings }, runtime, prevResult: planned.result },
		{ routeDev: planned.routeDev, conntrack: tracked.value.filter((object) => object.kind === "conntrack") },
	);
	if (!added.ok) return err({ kind: "cni", node: name, pod: namespacedName(pod), message: added.error.message });
	return applyPlan(kernel, added.value.plan);
}

/** As the kubelet hands them to the runtime, `runtimeConfig.portMappings`. */
export function portMappingsOf(pod: Pod): readonly PortMapping[] {
	return pod.ports.flatMap(({ port, protocol, hostPort, hostIP }) => {
		if (hostPort === undefined) return [];
		const mapping = { hostPort, containerPort: port, protocol: PROTOCOLS[protocol] };
		return [hostIP === undefined ? mapping : { ...mapping, hostIP }];
	});
}
