/** CNI ADD of Calico on one node. */
import { err, ok, type Result } from "../base/result.ts";
import { CALICO_GATEWAY, calicoAdd, calicoVethName } from "../cni/plugins/calico.ts";
import type { CalicoConf } from "../cni/plugins/calico-conf.ts";
import { calicoIpamAdd } from "../cni/plugins/calico-ipam.ts";
import { EMPTY_IPAM_STORE, type IpamStore } from "../cni/plugins/host-local.ts";
import { namespacedName } from "../kube/snapshot.ts";
import type { NodePlace } from "./cluster.ts";
import type { ClusterError } from "./errors.ts";
import type { PlannedAttachment, PodPlugin, PodToAttach } from "./pod-plugin.ts";

export class CalicoPlugin implements PodPlugin {
	readonly #node: NodePlace;
	readonly #conf: CalicoConf;
	#store: IpamStore = EMPTY_IPAM_STORE;

	constructor(node: NodePlace, conf: CalicoConf) {
		this.#node = node;
		this.#conf = conf;
	}

	async add({ pod, runtime, asked }: PodToAttach): Promise<Result<PlannedAttachment, ClusterError>> {
		const { name: node, podCidr: podNet } = this.#node;
		const { containerId, ifName } = runtime;
		const [first] = asked;
		const wish = first === undefined ? {} : { asked: first };
		const { result, store } = calicoIpamAdd({ podNet, containerId, ifName, ...wish }, this.#store);
		this.#store = store;
		const who = namespacedName(pod);
		if (!result.ok) {
			const { message: why } = result.error;
			return err(
				first === undefined
					? { kind: "cni", node, pod: who, message: why }
					: { kind: "pod-address", pod: who, node, addr: first, why },
			);
		}
		const hostDevice = calicoVethName(pod.namespace, pod.name);
		const address = result.value;
		const added = calicoAdd({ conf: this.#conf, runtime, address, hostDevice });
		const attachment = { containerId, hostDevice, ifName, address, gateway: CALICO_GATEWAY };
		return ok({ ...added, attachment, routeDev: hostDevice });
	}
}
