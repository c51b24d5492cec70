/** The offload features that `ethtool -k` lists. A simulated device has them as its kind has them on a real kernel. */
import type { LinkKind } from "../../../kernel/objects.ts";

/** `on`, `off`, and with `!` fixed. */
type FeatureState = "on" | "off" | "on!" | "off!";

/** Name, then the state on a veth, a bridge and the loopback device; a name that begins with a tab belongs to the one above. */
const FEATURES: readonly (readonly [name: string, veth: FeatureState, bridge: FeatureState, lo: FeatureState])[] = [
	["rx-checksumming", "on", "off!", "on!"],
	["tx-checksumming", "on", "on", "on"],
	["\ttx-checksum-ipv4", "off!", "off!", "off!"],
	["\ttx-checksum-ip-generic", "on", "on", "on!"],
	["\ttx-checksum-ipv6", "off!", "off!", "off!"],
	["\ttx-checksum-fcoe-crc", "off!", "off!", "off!"],
	["\ttx-checksum-sctp", "on", "off!", "on!"],
	["scatter-gather", "on", "on", "on"],
	["\ttx-scatter-gather", "on", "on", "on!"],
	["\ttx-scatter-gather-fraglist", "on", "on", "on!"],
	["tcp-segmentation-offload", "on", "on", "on"],
	["\ttx-tcp-segmentation", "on", "on", "on"],
	["\ttx-tcp-ecn-segmentation", "on", "on", "on"],
	["\ttx-tcp-mangleid-segmentation", "on", "on", "on"],
	["\ttx-tcp6-segmentation", "on", "on", "on"],
	["\ttx-tcp-accecn-segmentation", "on", "on", "on"],
	["generic-segmentation-offload", "on", "on", "on"],
	["generic-receive-offload", "off", "on", "on"],
	["large-receive-offload", "off!", "off!", "off!"],
	["rx-vlan-offload", "on", "off!", "off!"],
	["tx-vlan-offload", "on", "on", "off!"],
	["ntuple-filters", "off!", "off!", "off!"],
	["receive-hashing", "off!", "off!", "off!"],
	["highdma", "on", "on", "on!"],
	["rx-vlan-filter", "off!", "off!", "off!"],
	["vlan-challenged", "off!", "off!", "on!"],
	["tx-gso-robust", "off!", "on", "off!"],
	["tx-fcoe-segmentation", "off!", "on", "off!"],
	["tx-gre-segmentation", "on", "on", "off!"],
	["tx-gre-csum-segmentation", "on", "on", "off!"],
	["tx-ipxip4-segmentation", "on", "on", "off!"],
	["tx-ipxip6-segmentation", "on", "on", "off!"],
	["tx-udp_tnl-segmentation", "on", "on", "off!"],
	["tx-udp_tnl-csum-segmentation", "on", "on", "off!"],
	["tx-gso-partial", "off!", "on", "off!"],
	["tx-tunnel-remcsum-segmentation", "off!", "on", "off!"],
	["tx-sctp-segmentation", "on", "on", "on"],
	["tx-esp-segmentation", "off!", "on", "off!"],
	["tx-udp-segmentation", "on", "on", "on"],
	["tx-gso-list", "on", "on", "on"],
	["tx-nocache-copy", "off", "off", "off!"],
	["loopback", "off!", "off!", "on!"],
	["rx-fcs", "off!", "off!", "off!"],
	["rx-all", "off!", "off!", "off!"],
	["tx-vlan-stag-hw-insert", "on", "on", "off!"],
	["rx-vlan-stag-hw-parse", "on", "off!", "off!"],
	["rx-vlan-stag-filter", "off!", "off!", "off!"],
	["l2-fwd-offload", "off!", "off!", "off!"],
	["hw-tc-offload", "off!", "off!", "off!"],
	["esp-hw-offload", "off!", "off!", "off!"],
	["esp-tx-csum-hw-offload", "off!", "off!", "off!"],
	["rx-udp_tunnel-port-offload", "off!", "off!", "off!"],
	["tls-hw-tx-offload", "off!", "off!", "off!"],
	["tls-hw-rx-offload", "off!", "off!", "off!"],
	["rx-gro-hw", "off!", "off!", "off!"],
	["tls-hw-record", "off!", "off!", "off!"],
	["rx-gro-list", "off", "off", "off"],
	["macsec-hw-offload", "off!", "off!", "off!"],
	["rx-udp-gro-forwarding", "off", "off", "off"],
	["hsr-tag-ins-offload", "off!", "off!", "off!"],
	["hsr-tag-rm-offload", "off!", "off!", "off!"],
	["hsr-fwd-offload", "off!", "off!", "off!"],
	["hsr-dup-offload", "off!", "off!", "off!"],
];

/** The short names that `ethtool -K` takes beside the long ones. */
const SHORT_NAMES = ["rx", "tx", "sg", "tso", "ufo", "gso", "gro", "lro", "rxvlan", "txvlan", "ntuple", "rxhash"];

/** The list, with line ends. */
export function featureLines(kind: LinkKind["type"]): string {
	return FEATURES.map(([name, veth, bridge, lo]) => {
		const state = kind === "bridge" ? bridge : kind === "loopback" ? lo : veth;
		return `${name}: ${state.endsWith("!") ? `${state.slice(0, -1)} [fixed]` : state}\n`;
	}).join("");
}

export function isFeature(name: string): boolean {
	return SHORT_NAMES.includes(name) || FEATURES.some(([known]) => known.trim() === name);
}
