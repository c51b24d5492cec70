/** CNI ADD of the bridge plugin on one node. */
import { sha256 } from "@noble/hashes/sha2.js";
import { hex, utf8Encode } from "../base/bytes.ts";
import { err, ok, type Result } from "../base/result.ts";
import { type BridgeHost, bridgeAdd, bridgeEnsure, vethName } from "../cni/plugins/bridge.ts";
import { EMPTY_IPAM_STORE, hostLocalAdd, type IpamResult, type IpamStore } from "../cni/plugins/host-local.ts";
import { rangeContains } from "../cni/plugins/range.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { namespacedName, type Pod } from "../kube/snapshot.ts";
import { applyPlan, dumpObjects } from "./apply-plan.ts";
import type { NodePlace } from "./cluster.ts";
import type { NodeCniConf } from "./cni-conf.ts";
import type { ClusterError } from "./errors.ts";
import type { PlannedAttachment, PodPlugin, PodToAttach } from "./pod-plugin.ts";

type BridgeCniConf = Extract<NodeCniConf, { readonly plugin: "bridge" }>;

export class BridgePlugin implements PodPlugin {
	readonly #kernel: Kernel;
	readonly #node: NodePlace;
	readonly #conf: BridgeCniConf;
	/** The kernel has IPv6 sysctls. */
	readonly #ipv6: boolean;
	readonly #hostDevices = new Set<string>();
	#store: IpamStore = EMPTY_IPAM_STORE;
	/** The bridge with its gateway address; nothing of it changes once the first pod is attached. */
	#host: BridgeHost | undefined;

	constructor(
		kernel: Kernel,
		node: NodePlace,
		{ conf, ipv6 }: { readonly conf: BridgeCniConf; readonly ipv6: boolean },
	) {
		this.#kernel = kernel;
		this.#node = node;
		this.#conf = conf;
		this.#ipv6 = ipv6;
	}

	async add(request: PodToAttach): Promise<Result<PlannedAttachment, ClusterError>> {
		const { pod, runtime } = request;
		const { containerId, ifName } = runtime;
		const ipam = this.#allocate(request);
		if (!ipam.ok) return ipam;
		const host = await this.#bridge(pod);
		if (!host.ok) return host;
		const hostDevice = this.#newHostDevice(containerId);
		const { network, bridge: conf } = this.#conf;
		const added = bridgeAdd({ network, conf, runtime, ipam: ipam.value, hostDevice }, host.value);
		if (!added.ok) return err(this.#failure(pod, added.error.message));
		const own = added.value.result.ips[0];
		if (own === undefined) return err(this.#failure(pod, "no address was allocated"));
		const { address, gateway } = own;
		const attachment = { containerId, hostDevice, ifName, address, ...(gateway === undefined ? {} : { gateway }) };
		return ok({ ...added.value, attachment, routeDev: conf.bridge });
	}

	async added(): Promise<Result<void, ClusterError>> {
		if (this.#host !== undefined) return ok(undefined);
		const seen = await this.#dumpHost();
		if (!seen.ok) return seen;
		this.#host = seen.value;
		return ok(undefined);
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

	#allocate({ pod, runtime, asked }: PodToAttach): Result<IpamResult, ClusterError> {
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
