/**
 * The fields of `kubeproxy.config.k8s.io/v1alpha1 KubeProxyConfiguration`, their defaults, and the flags of kube-proxy
 * that set them. What no rule depends on is here too: it is read, checked and otherwise not used.
 */

export const API_VERSION = "kubeproxy.config.k8s.io/v1alpha1";
export const KIND = "KubeProxyConfiguration";

/** `integer`: of 32 bits. `duration`: as Go writes it, kept as nanoseconds. `anything`: not looked into. */
export type FieldType = "text" | "integer" | "number" | "boolean" | "duration" | "texts" | "anything";

export type FieldValue = string | number | boolean | readonly string[];

export interface ConfigurationField {
	/** e.g. `iptables.masqueradeBit`. */
	readonly path: string;
	readonly type: FieldType;
	/** When it is missing. */
	readonly default?: FieldValue;
	/** Zero or empty text is as good as missing. */
	readonly zeroIsMissing?: true;
	/** Without the dashes. */
	readonly flag?: string;
	readonly help?: string;
}

const SECOND = 1e9;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export const FIELDS: readonly ConfigurationField[] = [
	{ path: "featureGates", type: "anything" },
	{ path: "clientConnection.kubeconfig", type: "text" },
	{ path: "clientConnection.acceptContentTypes", type: "text" },
	{ path: "clientConnection.contentType", type: "text" },
	{ path: "clientConnection.qps", type: "number", default: 5, zeroIsMissing: true },
	{ path: "clientConnection.burst", type: "integer", default: 10, zeroIsMissing: true },
	{ path: "logging", type: "anything" },
	{ path: "hostnameOverride", type: "text", flag: "hostname-override", help: "the name of the Node it runs on" },
	{
		path: "bindAddress",
		type: "text",
		default: "0.0.0.0",
		zeroIsMissing: true,
		flag: "bind-address",
		help: "the node's primary IP; 0.0.0.0 and ::: the Node object's",
	},
	{
		path: "healthzBindAddress",
		type: "text",
		flag: "healthz-bind-address",
		help: "IP:port of the health check server",
	},
	{ path: "metricsBindAddress", type: "text", flag: "metrics-bind-address", help: "IP:port of the metrics server" },
	{ path: "bindAddressHardFail", type: "boolean" },
	{ path: "enableProfiling", type: "boolean" },
	{ path: "showHiddenMetricsForVersion", type: "text" },
	{ path: "mode", type: "text", flag: "proxy-mode", help: "iptables (default), ipvs or nftables" },
	{
		path: "iptables.masqueradeBit",
		type: "integer",
		default: 14,
		flag: "iptables-masquerade-bit",
		help: "the bit of the packet mark that asks for masquerading (0-31)",
	},
	{
		path: "iptables.masqueradeAll",
		type: "boolean",
		flag: "masquerade-all",
		help: "masquerade all traffic to cluster IPs",
	},
	{
		path: "iptables.localhostNodePorts",
		type: "boolean",
		default: true,
		flag: "iptables-localhost-nodeports",
		help: "node ports on 127.0.0.1, IPv4 only (default true)",
	},
	...period("iptables", "iptables", SECOND),
	...period("ipvs", "ipvs", 0),
	{ path: "ipvs.scheduler", type: "text", flag: "ipvs-scheduler", help: "the scheduler of all virtual servers" },
	{
		path: "ipvs.excludeCIDRs",
		type: "texts",
		flag: "ipvs-exclude-cidrs",
		help: "virtual servers that are left alone",
	},
	{ path: "ipvs.strictARP", type: "boolean", flag: "ipvs-strict-arp", help: "set arp_ignore and arp_announce" },
	{ path: "ipvs.tcpTimeout", type: "duration", flag: "ipvs-tcp-timeout", help: "of idle TCP connections" },
	{ path: "ipvs.tcpFinTimeout", type: "duration", flag: "ipvs-tcpfin-timeout", help: "of TCP connections after a FIN" },
	{ path: "ipvs.udpTimeout", type: "duration", flag: "ipvs-udp-timeout", help: "of UDP packets" },
	{ path: "nftables.masqueradeBit", type: "integer", default: 14 },
	{ path: "nftables.masqueradeAll", type: "boolean" },
	...period("nftables", undefined, SECOND),
	{ path: "winkernel", type: "anything" },
	{ path: "windowsRunAsService", type: "boolean" },
	{
		path: "detectLocalMode",
		type: "text",
		default: "ClusterCIDR",
		zeroIsMissing: true,
		flag: "detect-local-mode",
		help: "ClusterCIDR (default), NodeCIDR, BridgeInterface or InterfaceNamePrefix",
	},
	{
		path: "detectLocal.bridgeInterface",
		type: "text",
		flag: "pod-bridge-interface",
		help: "the bridge of --detect-local-mode BridgeInterface",
	},
	{
		path: "detectLocal.interfaceNamePrefix",
		type: "text",
		flag: "pod-interface-name-prefix",
		help: "of --detect-local-mode InterfaceNamePrefix",
	},
	{
		path: "clusterCIDR",
		type: "text",
		flag: "cluster-cidr",
		help: "the network of all pods; two, with a comma, for dual stack",
	},
	{
		path: "nodePortAddresses",
		type: "texts",
		flag: "nodeport-addresses",
		help: "CIDRs of the addresses on which node ports answer, with commas, or primary; default: all",
	},
	{ path: "oomScoreAdj", type: "integer", default: -999 },
	{ path: "conntrack.maxPerCore", type: "integer", default: 32_768, flag: "conntrack-max-per-core" },
	{ path: "conntrack.min", type: "integer", default: 131_072, flag: "conntrack-min" },
	{
		path: "conntrack.tcpEstablishedTimeout",
		type: "duration",
		default: 24 * HOUR,
		flag: "conntrack-tcp-timeout-established",
	},
	{ path: "conntrack.tcpCloseWaitTimeout", type: "duration", default: HOUR, flag: "conntrack-tcp-timeout-close-wait" },
	{
		path: "conntrack.tcpBeLiberal",
		type: "boolean",
		flag: "conntrack-tcp-be-liberal",
		help: "then packets of state INVALID are not dropped",
	},
	{ path: "conntrack.udpTimeout", type: "duration", flag: "conntrack-udp-timeout" },
	{ path: "conntrack.udpStreamTimeout", type: "duration", flag: "conntrack-udp-timeout-stream" },
	{ path: "configSyncPeriod", type: "duration", default: 15 * MINUTE, zeroIsMissing: true },
	{ path: "portRange", type: "text" },
];

/** The fields that have a flag. */
export const FLAGS: readonly (ConfigurationField & { readonly flag: string })[] = FIELDS.flatMap((field) =>
	field.flag === undefined ? [] : [{ ...field, flag: field.flag }],
);

const BY_PATH: ReadonlyMap<string, ConfigurationField> = new Map(FIELDS.map((field) => [field.path, field]));

/** Undefined: there is none of this path, or it holds others. */
export function fieldOf(path: string): ConfigurationField | undefined {
	return BY_PATH.get(path);
}

function period(section: string, flag: string | undefined, minimum: number): readonly ConfigurationField[] {
	const flagOf = (name: string): { readonly flag?: string } => (flag === undefined ? {} : { flag: `${flag}-${name}` });
	return [
		{
			path: `${section}.syncPeriod`,
			type: "duration",
			default: 30 * SECOND,
			zeroIsMissing: true,
			...flagOf("sync-period"),
		},
		{
			path: `${section}.minSyncPeriod`,
			type: "duration",
			default: minimum,
			zeroIsMissing: true,
			...flagOf("min-sync-period"),
		},
	];
}
