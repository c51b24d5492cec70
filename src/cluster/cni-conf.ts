/** The CNI configuration of the nodes: one template for all, with what differs from node to node put in. */
import { err, ok, type Result } from "../base/result.ts";
import { parseNetworkConf } from "../cni/conf.ts";
import type { BridgeConf } from "../cni/plugins/bridge-conf.ts";
import type { CalicoConf } from "../cni/plugins/calico-conf.ts";
import { calicoIpamRoom } from "../cni/plugins/calico-ipam.ts";
import type { FirewallConf } from "../cni/plugins/firewall.ts";
import type { HostLocalConf } from "../cni/plugins/host-local.ts";
import type { PortmapConf } from "../cni/plugins/portmap-conf.ts";
import { rangeSetSize } from "../cni/plugins/range.ts";
import { addrPlus, type Cidr, formatCidr } from "../wire/addr.ts";
import type { NodePlace } from "./cluster.ts";
import type { ClusterError } from "./errors.ts";

/**
 * The configuration of "Kubernetes The Hard Way", with the portmap plugin behind it for host ports, and `hairpinMode`. Without it a pod cannot reach itself by its own
 * Service: with br_netfilter the translated packet is bridged, and a bridge does not send a frame out of the port it came
 * in by unless that port is in hairpin mode. (kubelet once set it, `--hairpin-mode`; today it is the plugin's matter.)
 */
export const BRIDGE_CNI_CONF: string = `{
	"cniVersion": "0.3.1",
	"name": "bridge",
	"plugins": [
		{
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
		},
		{"type": "portmap", "capabilities": {"portMappings": true}}
	]
}`;

/** As in kube-flannel.yml. */
export const FLANNEL_CNI_CONF: string = `{
	"name": "cbr0",
	"cniVersion": "0.3.1",
	"plugins": [
		{"type": "flannel", "delegate": {"hairpinMode": true, "isDefaultGateway": true}},
		{"type": "portmap", "capabilities": {"portMappings": true}}
	]
}`;

/** As Calico's installer writes it, without what does not matter to devices and routes. */
export const CALICO_CNI_CONF: string = `{
	"name": "k8s-pod-network",
	"cniVersion": "0.3.1",
	"plugins": [
		{"type": "calico", "mtu": \${CNI_MTU}, "ipam": {"type": "calico-ipam"}},
		{"type": "portmap", "snat": true, "capabilities": {"portMappings": true}}
	]
}`;

/** What the cluster needs of a network's configuration. */
export type NodeCniConf = NodeNetworkConf & {
	/** Chained behind, in order. */
	readonly chained: readonly (FirewallConf | PortmapConf)[];
};

type NodeNetworkConf =
	/** One bridge with addresses. */
	| {
			readonly plugin: "bridge";
			readonly network: string;
			readonly bridge: BridgeConf;
			readonly ipam: HostLocalConf;
	  }
	| { readonly plugin: "calico"; readonly network: string; readonly calico: CalicoConf };

export interface CniSettings {
	/** `${POD_CIDR}` stands for the node's, `${CNI_MTU}` for `podMtu`. */
	readonly template: string;
	readonly podMtu: number;
	/** Of all pods; the flannel plugin needs it. */
	readonly podNetwork?: Cidr;
}

export function nodeCniConf(settings: CniSettings, node: NodePlace): Result<NodeCniConf, ClusterError> {
	const { template, podMtu, podNetwork } = settings;
	const text = template.replaceAll(`\${POD_CIDR}`, formatCidr(node.podCidr)).replaceAll(`\${CNI_MTU}`, String(podMtu));
	const subnet = { addr: addrPlus(node.podCidr.addr, 1), prefix: node.podCidr.prefix };
	const env = podNetwork === undefined ? undefined : { network: podNetwork, subnet, mtu: podMtu, ipMasq: true };
	const parsed = parseNetworkConf(text, env);
	if (!parsed.ok) {
		const first = parsed.error[0];
		return err({ kind: "cni", node: node.name, ...(first ?? { message: "not a network configuration" }) });
	}
	const { name: network, plugins } = parsed.value;
	const chained = plugins.filter((plugin) => plugin.type === "portmap" || plugin.type === "firewall");
	const calico = plugins.find((plugin) => plugin.type === "calico");
	if (calico !== undefined) return ok({ plugin: "calico", network, calico, chained });
	const bridge = plugins.find((plugin) => plugin.type === "bridge");
	if (bridge === undefined) {
		const message = "podwire's clusters need the bridge, flannel or calico plugin";
		return err({ kind: "cni", node: node.name, path: "$", message });
	}
	if (bridge.ipam === undefined) {
		return err({ kind: "cni", node: node.name, path: "$.ipam", message: "pods need addresses: IPAM is missing" });
	}
	if (bridge.ipam.type !== "host-local") {
		const message = `${bridge.ipam.type} gives every pod the same address (host-local does not)`;
		return err({ kind: "cni", node: node.name, path: "$.ipam.type", message });
	}
	if (bridge.ipam.resolvConf !== undefined) {
		const message = "a cluster's nodes have no files";
		return err({ kind: "cni", node: node.name, path: "$.ipam.resolvConf", message });
	}
	return ok({ plugin: "bridge", network, bridge, ipam: bridge.ipam, chained });
}

/** How many pods the node's addresses are enough for. */
export function roomFor(conf: NodeCniConf, node: NodePlace): number {
	return conf.plugin === "calico" ? calicoIpamRoom(node.podCidr) : Math.min(...conf.ipam.ranges.map(rangeSetSize));
}
