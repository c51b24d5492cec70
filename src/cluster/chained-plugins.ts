/** CNI ADD of the plugins chained behind the one that gave a pod its address: portmap (host ports) and firewall. */
import { err, ok, type Result } from "../base/result.ts";
import { firewallAdd } from "../cni/plugins/firewall.ts";
import { portmapAdd } from "../cni/plugins/portmap.ts";
import type { PortMapping, PortmapConf, PortProtocol } from "../cni/plugins/portmap-conf.ts";
import type { CniError, CniRuntime, Plan } from "../cni/types.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { namespacedName, type Pod, type Protocol } from "../kube/snapshot.ts";
import { applyPlan, dumpObjects } from "./apply-plan.ts";
import type { NodePlace } from "./cluster.ts";
import type { NodeCniConf } from "./cni-conf.ts";
import type { ClusterError } from "./errors.ts";
import type { PlannedAttachment } from "./pod-plugin.ts";

/** A pod that has its address. */
export interface AddressedPod {
	readonly pod: Pod;
	readonly runtime: CniRuntime;
	readonly conf: NodeCniConf;
	/** What the plugin before did. */
	readonly planned: PlannedAttachment;
}

const PROTOCOLS: Readonly<Record<Protocol, PortProtocol>> = { TCP: "tcp", UDP: "udp", SCTP: "sctp" };

export async function runChainedPlugins(
	kernel: Kernel,
	node: NodePlace,
	it: AddressedPod,
): Promise<Result<void, ClusterError>> {
	for (const conf of it.conf.chained) {
		const { runtime, planned } = it;
		const added =
			conf.type === "firewall"
				? ok(firewallAdd({ conf, runtime, prevResult: planned.result }))
				: await addPortmap(kernel, node, { ...it, portmap: conf });
		if (!added.ok) return added;
		const plan = added.value;
		if (!plan.ok)
			return err({ kind: "cni", node: node.name, pod: namespacedName(it.pod), message: plan.error.message });
		const applied = await applyPlan(kernel, plan.value.plan);
		if (!applied.ok) return applied;
	}
	return ok(undefined);
}

/** Nothing to do for a pod without host ports, or where the configuration does not ask the runtime for them. */
async function addPortmap(
	kernel: Kernel,
	{ netns }: NodePlace,
	{ pod, runtime, conf, planned, portmap }: AddressedPod & { readonly portmap: PortmapConf },
): Promise<Result<Result<{ readonly plan: Plan }, CniError>, ClusterError>> {
	const portMappings = portmap.takesMappings ? portMappingsOf(pod) : [];
	if (portMappings.length === 0) return ok(ok({ plan: [] }));
	const tracked = await dumpObjects(kernel, netns, ["conntrack"]);
	if (!tracked.ok) return tracked;
	const conntrack = tracked.value.filter((object) => object.kind === "conntrack");
	const request = { network: conf.network, conf: { ...portmap, portMappings }, runtime, prevResult: planned.result };
	return ok(portmapAdd(request, { routeDev: planned.routeDev, conntrack }));
}

/** As the kubelet hands them to the runtime, `runtimeConfig.portMappings`. */
function portMappingsOf(pod: Pod): readonly PortMapping[] {
	return pod.ports.flatMap(({ port, protocol, hostPort, hostIP }) => {
		if (hostPort === undefined) return [];
		const mapping = { hostPort, containerPort: port, protocol: PROTOCOLS[protocol] };
		return [hostIP === undefined ? mapping : { ...mapping, hostIP }];
	});
}
