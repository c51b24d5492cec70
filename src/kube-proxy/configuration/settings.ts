/** A checked configuration → what this proxy is run with. */
import { type Cidr, cidr, networkOf } from "../../wire/addr.ts";
import type { DetectLocal } from "../config.ts";
import type { IpvsProxyConfig, IpvsSettings } from "../ipvs-config.ts";
import type { ConfigurationValues } from "./values.ts";

export type ProxyMode = "iptables" | "ipvs" | "nftables";

export interface ProxySettings {
	readonly mode: ProxyMode;
	/** "": the node's own name. */
	readonly hostnameOverride: string;
	readonly bindAddress: string;
	readonly config: IpvsProxyConfig;
}

/** `values` have been validated. */
export function proxySettings(values: ConfigurationValues): ProxySettings {
	const mode = values.text("mode");
	const nodePorts = values.texts("nodePortAddresses");
	return {
		mode: mode === "ipvs" || mode === "nftables" ? mode : "iptables",
		hostnameOverride: values.text("hostnameOverride").trim().toLowerCase(),
		bindAddress: values.text("bindAddress"),
		config: {
			clusterCIDRs: nets(values.text("clusterCIDR").split(",")),
			detectLocal: detectLocal(values),
			masqueradeAll: values.boolean(mode === "nftables" ? "nftables.masqueradeAll" : "iptables.masqueradeAll"),
			masqueradeBit: values.number(mode === "nftables" ? "nftables.masqueradeBit" : "iptables.masqueradeBit"),
			nodePortAddresses: nodePorts[0] === "primary" ? "primary" : nets(nodePorts),
			localhostNodePorts: values.boolean("iptables.localhostNodePorts"),
			conntrackTCPLiberal: values.boolean("conntrack.tcpBeLiberal"),
			ipvs: ipvsSettings(values),
		},
	};
}

function ipvsSettings(values: ConfigurationValues): IpvsSettings {
	const seconds = (path: string): number => values.number(path) / 1e9;
	const scheduler = values.text("ipvs.scheduler");
	return {
		...(scheduler === "" ? {} : { scheduler }),
		excludeCIDRs: nets(values.texts("ipvs.excludeCIDRs")),
		strictARP: values.boolean("ipvs.strictARP"),
		tcpTimeoutSeconds: seconds("ipvs.tcpTimeout"),
		tcpFinTimeoutSeconds: seconds("ipvs.tcpFinTimeout"),
		udpTimeoutSeconds: seconds("ipvs.udpTimeout"),
		syncPeriodSeconds: seconds("ipvs.syncPeriod"),
		minSyncPeriodSeconds: seconds("ipvs.minSyncPeriod"),
	};
}

function detectLocal(values: ConfigurationValues): DetectLocal {
	switch (values.text("detectLocalMode")) {
		case "NodeCIDR":
			return { mode: "NodeCIDR" };
		case "BridgeInterface":
			return { mode: "BridgeInterface", bridge: values.text("detectLocal.bridgeInterface") };
		case "InterfaceNamePrefix":
			return { mode: "InterfaceNamePrefix", prefix: values.text("detectLocal.interfaceNamePrefix") };
		default:
			return { mode: "ClusterCIDR" };
	}
}

function nets(texts: readonly string[]): readonly Cidr[] {
	return texts.filter((text) => text !== "").map((text) => networkOf(cidr(text)));
}
