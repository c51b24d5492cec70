/** What container runtime and kubelet do for pods on one node: a namespace, `lo`, CNI ADD of the node's network. */
import { sha256 } from "@noble/hashes/sha2.js";
import { hex, utf8Encode } from "../base/bytes.ts";
import { ok, type Result } from "../base/result.ts";
import { loopbackAdd } from "../cni/plugins/loopback.ts";
import type { CniRuntime } from "../cni/types.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { namespacedName, type Pod } from "../kube/snapshot.ts";
import { familyOf } from "../wire/addr.ts";
import { addNetns, applyPlan, dumpObjects } from "./apply-plan.ts";
import { BridgePlugin } from "./attach-bridge.ts";
import { CalicoPlugin } from "./attach-calico.ts";
import { runChainedPlugins } from "./chained-plugins.ts";
import type { Attachment, NodePlace } from "./cluster.ts";
import type { NodeCniConf } from "./cni-conf.ts";
import type { ClusterError } from "./errors.ts";
import type { PodPlugin } from "./pod-plugin.ts";

export interface AttachedPod {
	readonly netns: string;
	readonly attachment: Attachment;
}

const IF_NAME = "eth0";

/** Attaches the pods of one node, one after another. */
export class NodeAttacher {
	readonly #kernel: Kernel;
	readonly #node: NodePlace;
	readonly #conf: NodeCniConf;
	readonly #plugin: PodPlugin;

	constructor(
		kernel: Kernel,
		node: NodePlace,
		{ conf, ipv6 }: { readonly conf: NodeCniConf /** The kernel has IPv6 sysctls. */; readonly ipv6: boolean },
	) {
		this.#kernel = kernel;
		this.#node = node;
		this.#conf = conf;
		this.#plugin =
			conf.plugin === "calico" ? new CalicoPlugin(node, conf.calico) : new BridgePlugin(kernel, node, { conf, ipv6 });
	}

	async attach(pod: Pod): Promise<Result<AttachedPod, ClusterError>> {
		const runtime = runtimeOf(pod, this.#node.netns);
		const { netns } = runtime;
		const made = await addNetns(this.#kernel, netns);
		if (!made.ok) return made;
		const asked = pod.podIPs.filter((addr) => familyOf(addr) === "ipv4");
		const planned = await this.#plugin.add({ pod, runtime, asked });
		if (!planned.ok) return planned;
		const { plan, attachment } = planned.value;
		const applied = await applyPlan(this.#kernel, [...loopbackAdd(runtime).plan, ...plan]);
		if (!applied.ok) return applied;
		const added = await this.#plugin.added?.();
		if (added?.ok === false) return added;
		const chained = await runChainedPlugins(this.#kernel, this.#node, {
			pod,
			runtime,
			conf: this.#conf,
			planned: planned.value,
		});
		if (!chained.ok) return chained;
		const container = await dumpObjects(this.#kernel, netns, ["link"]);
		if (!container.ok) return container;
		const mac = container.value.flatMap((link) => (link.kind === "link" && link.name === IF_NAME ? [link.mac] : []))[0];
		return ok({ netns, attachment: { ...attachment, ...(mac === undefined ? {} : { mac }) } });
	}
}

/** Those that ask for an address come first, so that nobody else gets it; otherwise in the snapshot's order. */
export function attachOrder(pods: readonly Pod[]): readonly Pod[] {
	const own = pods.filter((pod) => !pod.hostNetwork);
	return [...own.filter((pod) => pod.podIPs.length > 0), ...own.filter((pod) => pod.podIPs.length === 0)];
}

function runtimeOf(pod: Pod, hostNetns: string): CniRuntime {
	const name = namespacedName(pod);
	// A real id is random; one made of the name keeps chains and devices the same from run to run.
	const containerId = hex(sha256(utf8Encode(`sandbox ${name}`)));
	return { containerId, netns: `pod/${name}`, ifName: IF_NAME, hostNetns, pod: name };
}
