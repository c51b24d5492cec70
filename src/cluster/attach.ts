/** What container runtime and kubelet do for pods on one node: a namespace, `lo`, CNI ADD of the node's network. */
import { sha256 } from "@noble/hashes/sha2.js";
import { hex, utf8Encode } from "../base/bytes.ts";
import { err, ok, type Result } from "../base/result.ts";
import { type BridgeHost, bridgeAdd, bridgeEnsure, vethName } from "../cni/plugins/bridge.ts";
import { EMPTY_IPAM_STORE, hostLocalAdd, type IpamResult, type IpamStore } from "../cni/plugins/host-local.ts";
import { loopbackAdd } from "../cni/plugins/loopback.ts";
import { rangeContains, rangeSetSize } from "../cni/plugins/range.ts";
import type { CniRuntime } from "../cni/types.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { namespacedName, type Pod } from "../kube/snapshot.ts";
import { familyOf } from "../wire/addr.ts";
import { addNetns, applyPlan, dumpObjects } from "./apply-plan.ts";
import type { Attachment, ClusterNode } from "./cluster.ts";
import type { NodeCniConf } from "./cni-conf.ts";
import type { ClusterError } from "./errors.ts";

export interface AttachedPod {
	readonly netns: string;
	readonly attachment: Attachment;
}

const IF_NAME = "eth0";

/** Attaches the pods of one node, one after another; keeps what the IPAM plugin keeps on disk. */
export class NodeAttacher {
	readonly #kernel: Kernel;
	readonly #node: Omit<ClusterNode, "bridge">;
	readonly #conf: NodeCniConf;
	/** The kernel has IPv6 sysctls. */
	readonly #ipv6: boolean;
	readonly #hostDevices = new Set<string>();
	#store: IpamStore = EMPTY_IPAM_STORE;
	/** The bridge with its gateway address; nothing of it changes once the first pod is attached. */
	#host: BridgeHost | undefined;

	constructor(
		kernel: Kernel,
		node: Omit<ClusterNode, "bridge">,
		{ conf, ipv6 }: { readonly conf: NodeCniConf; readonly ipv6: boolean },
	) {
		this.#kernel = kernel;
		this.#node = node;
		this.#conf = conf;
		this.#ipv6 = ipv6;
	}

	async attach(pod: Pod): Promise<Result<AttachedPod, ClusterError>> {
		const runtime = runtimeOf(pod, this.#node.netns);
		const ipam = this.#allocate(pod, runtime);
		if (!ipam.ok) return ipam;
		const made = await addNetns(this.#kernel, runtime.netns);
		if (!made.ok) return made;
		const host = await this.#bridge(pod);
		if (!host.ok) return host;
		const hostDevice = this.#newHostDevice(runtime.containerId);
		const request = { network: this.#conf.network, conf: this.#conf.bridge, runtime, ipam: ipam.value, hostDevice };
		const added = bridgeAdd(request, host.value);
		if (!added.ok) return err(this.#failure(pod, added.error.message));
		const applied = await applyPlan(this.#kernel, [...loopbackAdd(runtime).plan, ...added.value.plan]);
		if (!applied.ok) return applied;
		if (this.#host === undefined) {
			const seen = await this.#dumpHost();
			if (!seen.ok) return seen;
			this.#host = seen.value;
		}
		const container = await dumpObjects(this.#kernel, runtime.netns, ["link"]);
		if (!container.ok) return container;
		const mac = container.value.flatMap((link) => (link.kind === "link" && link.name === IF_NAME ? [link.mac] : []))[0];
		const own = added.value.result.ips[0];
		if (own === undefined) return err(this.#failure(pod, "no address was allocated"));
		return ok({
			netns: runtime.netns,
			attachment: {
				containerId: runtime.containerId,
				hostDevice,
				ifName: IF_NAME,
				address: own.address,
				...(own.gateway === undefined ? {} : { gateway: own.gateway }),
				...(mac === undefined ? {} : { mac }),
			},
		});
	}

	/** The node's bridge, made when the first pod comes. */
	async #bridge(pod: Pod): Promise<Result<BridgeHost, ClusterError>> {
		if (this.#host !== undefined) return ok(this.#host);
		const before = await this.#dumpHost();
		if (!before.ok) return before;
		const plan = bridgeEnsure(this.#conf.bridge, this.#node.netns, before.value);
		if (!plan.ok) return err(this.#failure(pod, plan.error.message));
		const applied = await applyPlan(this.#kernel, plan.value);
		return applied.ok ? this.#dumpHost() : applied;
	}

	async #dumpHost(): Promise<Result<BridgeHost, ClusterError>> {
		const objects = await dumpObjects(this.#kernel, this.#node.netns, ["link", "addr"]);
		if (!objects.ok) return objects;
		const links = objects.value.filter((object) => object.kind === "link");
		const addrs = objects.value.filter((object) => object.kind === "addr");
		for (const link of links) this.#hostDevices.add(link.name);
		// `nodePlan` turned forwarding on.
		return ok({ links, addrs, ipv6: this.#ipv6, forwarding: ["ipv4"] });
	}

	#allocate(pod: Pod, runtime: CniRuntime): Result<IpamResult, ClusterError> {
		const asked = pod.podIPs.filter((addr) => familyOf(addr) === "ipv4");
		const { result, store } = hostLocalAdd(this.#conf.ipam, { ...runtime, ips: asked }, this.#store);
		this.#store = store;
		if (result.ok) return result;
		const [first] = asked;
		if (first === undefined) return err(this.#failure(pod, result.error.message));
		const inRange = this.#conf.ipam.ranges.some((set) => set.some((range) => rangeContains(range, first)));
		const why = inRange ? result.error.message : "it is not in the node's pod network";
		return err({ kind: "pod-address", pod: namespacedName(pod), node: this.#node.name, addr: first, why });
	}

	/** A free name; the runtime's random digits come from the container's id, so that the same pod gets the same name. */
	#newHostDevice(containerId: string): string {
		let digits = Number.parseInt(hex(sha256(utf8Encode(containerId))).slice(0, 8), 16);
		while (this.#hostDevices.has(vethName(digits))) digits += 1;
		this.#hostDevices.add(vethName(digits));
		return vethName(digits);
	}

	#failure(pod: Pod, message: string): ClusterError {
		return { kind: "cni", node: this.#node.name, pod: namespacedName(pod), message };
	}
}

/** Those that ask for an address come first, so that nobody else gets it; otherwise in the snapshot's order. */
export function attachOrder(pods: readonly Pod[]): readonly Pod[] {
	const own = pods.filter((pod) => !pod.hostNetwork);
	return [...own.filter((pod) => pod.podIPs.length > 0), ...own.filter((pod) => pod.podIPs.length === 0)];
}

/** How many pods the node's addresses are enough for. */
export function roomFor(conf: NodeCniConf): number {
	return Math.min(...conf.ipam.ranges.map(rangeSetSize));
}

function runtimeOf(pod: Pod, hostNetns: string): CniRuntime {
	const name = namespacedName(pod);
	// A real id is random; one made of the name keeps chains and devices the same from run to run.
	const containerId = hex(sha256(utf8Encode(`sandbox ${name}`)));
	return { containerId, netns: `pod/${name}`, ifName: IF_NAME, hostNetns, pod: name };
}
