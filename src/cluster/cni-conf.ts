/** The CNI configuration of the nodes: one template for all, with each node's own pod network put in. */
import { err, ok, type Result } from "../base/result.ts";
import { parseNetworkConf } from "../cni/conf.ts";
import type { BridgeConf } from "../cni/plugins/bridge-conf.ts";
import type { HostLocalConf } from "../cni/plugins/host-local.ts";
import { formatCidr } from "../wire/addr.ts";
import type { ClusterNode } from "./cluster.ts";
import type { ClusterError } from "./errors.ts";

/**
 * The configuration of "Kubernetes The Hard Way", and `hairpinMode`. Without it a pod cannot reach itself by its own
 * Service: with br_netfilter the translated packet is bridged, and a bridge does not send a frame out of the port it came
 * in by unless that port is in hairpin mode. (kubelet once set it, `--hairpin-mode`; today it is the plugin's matter.)
 */
export const DEFAULT_CNI_CONF: string = `{
	"cniVersion": "0.3.1",
	"name": "bridge",
	"type": "bridge",
	"bridge": "cnio0",
	"isGateway": true,
	"ipMasq": true,
	"hairpinMode": true,
	"ipam": {
		"type": "host-local",
		"ranges": [[{"subnet": "\${POD_CIDR}"}]],
		"routes": [{"dst": "0.0.0.0/0"}]
	}
}`;

/** What the cluster needs of a network's configuration: one bridge with addresses. */
export interface NodeCniConf {
	readonly network: string;
	readonly bridge: BridgeConf;
	readonly ipam: HostLocalConf;
}

export function nodeCniConf(template: string, node: Omit<ClusterNode, "bridge">): Result<NodeCniConf, ClusterError> {
	const parsed = parseNetworkConf(template.replaceAll(`\${POD_CIDR}`, formatCidr(node.podCidr)));
	if (!parsed.ok) {
		const first = parsed.error[0];
		return err({ kind: "cni", node: node.name, ...(first ?? { message: "not a network configuration" }) });
	}
	const bridge = parsed.value.plugins.find((plugin) => plugin.type === "bridge");
	if (bridge === undefined) {
		return err({ kind: "cni", node: node.name, path: "$", message: "podwire's clusters need the bridge plugin" });
	}
	if (bridge.ipam === undefined) {
		return err({ kind: "cni", node: node.name, path: "$.ipam", message: "pods need addresses: IPAM is missing" });
	}
	return ok({ network: parsed.value.name, bridge, ipam: bridge.ipam });
}
