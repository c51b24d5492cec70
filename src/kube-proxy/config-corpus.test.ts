/** Upstream's cases for its configuration and what the node adds to it (../shared/corpus/topology/config.*, util.*). */
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CORPUS, rowsOf } from "../../test/proxy-corpus-rows.ts";
import { formatRule } from "../formats/iptables-save.ts";
import { cidr, type IpFamily, ip } from "../wire/addr.ts";
import type { DetectLocal } from "./config.ts";
import { formatDuration } from "./configuration/duration.ts";
import { configurationOfFlags, type GivenFlag } from "./configuration/flags.ts";
import { withPort } from "./configuration/host-port.ts";
import { readConfiguration } from "./configuration/read.ts";
import { proxySettings } from "./configuration/settings.ts";
import { ConfigurationValues } from "./configuration/values.ts";
import { localDetector } from "./local-detector.ts";
import { detectNodeIPs } from "./node-ips.ts";
import { checkFamilies, checkNodePortAddresses, type StartUpState } from "./start-up-check.ts";

/** `--flag=value` and `--flag value`. */
function flagsOf(words: readonly string[]): readonly GivenFlag[] {
	return words.map((word) => {
		const [flag = "", value] = word.replace(/^--/, "").split("=");
		return { flag, value };
	});
}

function valuesOf(text: string): ConfigurationValues {
	const read = readConfiguration({ path: "config.yaml", text });
	if (!read.ok) throw new Error(JSON.stringify(read.error));
	return read.value.values;
}

const FAMILIES = { IPv4: "ipv4", IPv6: "ipv6" } as const;

describe.skipIf(!existsSync(CORPUS))("upstream's cases", () => {
	interface LoadRow {
		readonly name: string;
		readonly bindAddress: string;
		readonly clusterCIDR: string;
		readonly extraConfig: string;
		readonly healthzBindAddress: string;
		readonly metricsBindAddress: string;
		readonly mode: string;
	}

	test.each(rowsOf<LoadRow>("topology/config.TestLoadConfig.json"))("config.TestLoadConfig: $name", (row) => {
		const lines = [
			"apiVersion: kubeproxy.config.k8s.io/v1alpha1",
			"kind: KubeProxyConfiguration",
			`bindAddress: ${row.bindAddress}`,
			`clusterCIDR: ${row.clusterCIDR}`,
			`healthzBindAddress: "${row.healthzBindAddress}"`,
			`metricsBindAddress: "${row.metricsBindAddress}"`,
			`mode: ${row.mode}`,
			row.extraConfig,
		];
		const read = readConfiguration({ path: "config.yaml", text: lines.join("\n") });
		if (row.bindAddress.includes("[")) {
			// Upstream loads it and refuses it when it validates; here both are one.
			expect(read).toMatchObject({ ok: false, error: [{ field: "bindAddress", line: 3 }] });
			return;
		}
		if (!read.ok) throw new Error(JSON.stringify(read.error));
		const { values } = read.value;
		const texts = ["bindAddress", "clusterCIDR", "healthzBindAddress", "metricsBindAddress", "mode"].map((path) =>
			values.text(path),
		);
		expect(texts).toEqual([row.bindAddress, row.clusterCIDR, row.healthzBindAddress, row.metricsBindAddress, row.mode]);
	});

	test.each(rowsOf<{ name: string; config: string; expErr: string }>("topology/config.TestLoadConfigFailures.json"))(
		"config.TestLoadConfigFailures: $name",
		({ config, expErr }) => {
			const read = readConfiguration({ path: "config.yaml", text: config });
			expect(read.ok ? "" : read.error[0]?.message).toContain(expErr);
		},
	);

	interface CompleteRow {
		readonly config: string;
		readonly flags: readonly string[] | null;
		readonly expected: {
			readonly BindAddress: string;
			readonly HealthzBindAddress: string;
			readonly MetricsBindAddress: string;
			readonly ConfigSyncPeriod: string;
			readonly SyncPeriod: string;
			readonly MinSyncPeriod: string;
			readonly DetectLocalMode: string;
			readonly ClientConnection: { readonly QPS: number; readonly Burst: number };
			readonly IPTables: { readonly LocalhostNodePorts: boolean; readonly MasqueradeBit: number };
			readonly NFTables: { readonly MasqueradeBit: number };
			readonly Linux: {
				readonly OOMScoreAdj: number;
				readonly Conntrack?: Readonly<Record<string, number | string>>;
			};
		};
	}

	test.each(rowsOf<CompleteRow>("topology/config.TestOptionsComplete.json"))(
		"config.TestOptionsComplete: $flags",
		(row) => {
			// Logging is none of podwire's business: its flags are not among those it knows.
			const flags = (row.flags ?? []).filter((flag) => flag.startsWith("--conntrack"));
			const of = (): ConfigurationValues => {
				const values = configurationOfFlags(flagsOf(flags));
				if (!values.ok) throw new Error(values.error.join());
				return values.value;
			};
			const values = row.config === "" ? of() : valuesOf(row.config);
			const { expected } = row;
			const period = (path: string): string => formatDuration(values.number(path));
			const conntrack = expected.Linux.Conntrack ?? {};
			expect({
				BindAddress: values.text("bindAddress"),
				HealthzBindAddress: values.text("healthzBindAddress"),
				MetricsBindAddress: values.text("metricsBindAddress"),
				ConfigSyncPeriod: period("configSyncPeriod"),
				SyncPeriod: period("iptables.syncPeriod"),
				MinSyncPeriod: period("iptables.minSyncPeriod"),
				DetectLocalMode: values.text("detectLocalMode"),
				QPS: values.number("clientConnection.qps"),
				Burst: values.number("clientConnection.burst"),
				LocalhostNodePorts: values.boolean("iptables.localhostNodePorts"),
				MasqueradeBit: values.number("iptables.masqueradeBit"),
				NFTables: values.number("nftables.masqueradeBit"),
				OOMScoreAdj: values.number("oomScoreAdj"),
				MaxPerCore: values.number("conntrack.maxPerCore"),
				Min: values.number("conntrack.min"),
				TCPEstablishedTimeout: period("conntrack.tcpEstablishedTimeout"),
				TCPCloseWaitTimeout: period("conntrack.tcpCloseWaitTimeout"),
			}).toEqual({
				BindAddress: expected.BindAddress,
				HealthzBindAddress: expected.HealthzBindAddress,
				MetricsBindAddress: expected.MetricsBindAddress,
				ConfigSyncPeriod: expected.ConfigSyncPeriod,
				SyncPeriod: expected.SyncPeriod,
				MinSyncPeriod: expected.MinSyncPeriod,
				DetectLocalMode: expected.DetectLocalMode,
				QPS: expected.ClientConnection.QPS,
				Burst: expected.ClientConnection.Burst,
				LocalhostNodePorts: expected.IPTables.LocalhostNodePorts,
				MasqueradeBit: expected.IPTables.MasqueradeBit,
				NFTables: expected.NFTables.MasqueradeBit,
				OOMScoreAdj: expected.Linux.OOMScoreAdj,
				MaxPerCore: conntrack["MaxPerCore"] ?? 0,
				Min: conntrack["Min"] ?? 0,
				TCPEstablishedTimeout: conntrack["TCPEstablishedTimeout"] ?? "0s",
				TCPCloseWaitTimeout: conntrack["TCPCloseWaitTimeout"] ?? "0s",
			});
		},
	);

	test("config.TestProcessV1Alpha1Flags: --cluster-cidr with two networks", () => {
		for (const { flags } of rowsOf<{ flags: readonly string[] }>("topology/config.TestProcessV1Alpha1Flags.json")) {
			const values = configurationOfFlags(flagsOf(flags));
			if (!values.ok) throw new Error(values.error.join());
			expect(proxySettings(values.value).config.clusterCIDRs).toEqual([
				cidr("2002:0:0:1234::/64"),
				cidr("10.0.0.0/14"),
			]);
		}
	});

	interface HostnameRow {
		readonly name: string;
		readonly hostnameOverrideFlag: string;
		readonly expectError: boolean;
		readonly expectedHostname: string;
	}

	test.each(rowsOf<HostnameRow>("topology/config.TestProcessHostnameOverrideFlag.json"))(
		"config.TestProcessHostnameOverrideFlag: $name",
		(row) => {
			const flag = row.hostnameOverrideFlag;
			if (flag === "") {
				const values = new ConfigurationValues(new Map([["hostnameOverride", "foo"]]));
				expect(proxySettings(values).hostnameOverride).toBe(row.expectedHostname);
				return;
			}
			const values = configurationOfFlags([{ flag: "hostname-override", value: flag }]);
			expect(values.ok).toBe(!row.expectError);
			if (values.ok) expect(proxySettings(values.value).hostnameOverride).toBe(row.expectedHostname);
		},
	);

	interface ModeRow {
		readonly name: string;
		readonly mode: string;
		readonly detectLocal: string;
		readonly expectedMode: string;
		readonly expectedDetectLocal: string;
	}

	test.each(rowsOf<ModeRow>("topology/config.Test_platformApplyDefaults.json"))(
		"config.Test_platformApplyDefaults: $name",
		(row) => {
			const settings = proxySettings(
				new ConfigurationValues(
					new Map([
						["mode", row.mode],
						["detectLocalMode", row.detectLocal],
					]),
				),
			);
			expect(settings.mode).toBe(row.expectedMode);
			expect(settings.config.detectLocal?.mode).toBe(row.expectedDetectLocal);
		},
	);

	interface AddressRow {
		readonly name: string;
		readonly healthzBindAddress: string;
		readonly healthzPort: number;
		readonly expHealthz: string;
		readonly metricsBindAddress: string;
		readonly metricsPort: number;
		readonly expMetrics: string;
	}

	test.each(rowsOf<AddressRow>("topology/config.TestAddressFromDeprecatedFlags.json"))(
		"config.TestAddressFromDeprecatedFlags: $name",
		(row) => {
			expect(withPort(row.healthzBindAddress, row.healthzPort)).toBe(row.expHealthz);
			expect(withPort(row.metricsBindAddress, row.metricsPort)).toBe(row.expMetrics);
		},
	);

	test.each(
		rowsOf<{ name: string; addr: string; port: number; expect: string }>("topology/util.TestAppendPortIfNeeded.json"),
	)("util.TestAppendPortIfNeeded: $name", (row) => expect(withPort(row.addr, row.port)).toBe(row.expect));

	interface NodeIPsRow {
		readonly name: string;
		readonly bindAddress: string;
		readonly rawNodeIPs: readonly string[] | null;
		readonly expectedFamily: "IPv4" | "IPv6";
		readonly expectedIPv4: string;
		readonly expectedIPv6: string;
	}

	test.each(rowsOf<NodeIPsRow>("topology/config.Test_detectNodeIPs.json"))(
		"config.Test_detectNodeIPs: $name",
		(row) => {
			expect(detectNodeIPs(row.bindAddress, (row.rawNodeIPs ?? []).map(ip))).toEqual({
				primary: FAMILIES[row.expectedFamily],
				ipv4: row.expectedIPv4,
				ipv6: row.expectedIPv6,
			});
		},
	);

	interface DetectorRow {
		readonly name: string;
		readonly config: {
			readonly DetectLocalMode: string;
			readonly DetectLocal: { readonly ClusterCIDRs?: readonly string[]; readonly InterfaceNamePrefix?: string };
		};
		readonly nodePodCIDRs: readonly string[] | null;
		readonly expected: Readonly<
			Record<string, { readonly ifLocal: readonly string[]; readonly ifNotLocal: readonly string[] }>
		>;
	}

	function words(
		detect: DetectLocal,
		nets: { cluster: readonly string[]; pods: readonly string[] },
		family: IpFamily,
	): unknown {
		const node = {
			name: "n",
			labels: {},
			internalIPs: [],
			externalIPs: [],
			podCIDRs: nets.pods.map(cidr),
			unschedulable: false,
			taints: [],
			ready: true,
		};
		const detector = localDetector({ detectLocal: detect, clusterCIDRs: nets.cluster.map(cidr) }, node, family);
		if (detector === undefined) return undefined;
		const text = (match: typeof detector.ifLocal): readonly string[] =>
			formatRule({ matches: [match], target: { kind: "none" } }).split(" ");
		return { ifLocal: text(detector.ifLocal), ifNotLocal: text(detector.ifNotLocal) };
	}

	test.each(rowsOf<DetectorRow>("topology/config.Test_getLocalDetectors.json"))(
		"config.Test_getLocalDetectors: $name",
		(row) => {
			const { DetectLocalMode, DetectLocal } = row.config;
			const settings = proxySettings(
				new ConfigurationValues(
					new Map([
						["detectLocalMode", DetectLocalMode],
						["detectLocal.interfaceNamePrefix", DetectLocal.InterfaceNamePrefix ?? ""],
					]),
				),
			);
			const nets = {
				cluster: (DetectLocal.ClusterCIDRs ?? []).filter((net) => net !== ""),
				pods: row.nodePodCIDRs ?? [],
			};
			for (const [name, family] of Object.entries(FAMILIES)) {
				const wanted = row.expected[name];
				expect(words(settings.config.detectLocal ?? { mode: "ClusterCIDR" }, nets, family)).toEqual(
					wanted === undefined ? undefined : { ifLocal: wanted.ifLocal, ifNotLocal: wanted.ifNotLocal },
				);
			}
		},
	);

	test("util.TestDetectLocalByCIDR", () => {
		for (const row of rowsOf<{
			cidr: string;
			expectedIfLocalOutput: readonly string[];
			expectedIfNotLocalOutput: readonly string[];
		}>("topology/util.TestDetectLocalByCIDR.json")) {
			expect(words({ mode: "ClusterCIDR" }, { cluster: [row.cidr], pods: [] }, "ipv4")).toEqual({
				ifLocal: row.expectedIfLocalOutput,
				ifNotLocal: row.expectedIfNotLocalOutput,
			});
		}
	});

	test("util.TestDetectLocalByInterfaceNamePrefix", () => {
		interface Row {
			readonly ifacePrefix: string;
			readonly expectedJumpIfOutput: readonly string[];
			readonly expectedJumpIfNotOutput: readonly string[];
		}
		for (const row of rowsOf<Row>("topology/util.TestDetectLocalByInterfaceNamePrefix.json")) {
			const detect = { mode: "InterfaceNamePrefix", prefix: row.ifacePrefix } as const;
			expect(words(detect, { cluster: [], pods: [] }, "ipv6")).toEqual({
				ifLocal: row.expectedJumpIfOutput,
				ifNotLocal: row.expectedJumpIfNotOutput,
			});
		}
	});

	interface ProxyRow {
		readonly name: string;
		readonly proxy: {
			readonly PrimaryIPFamily: "IPv4" | "IPv6";
			readonly podCIDRs?: readonly string[];
			readonly Config?: {
				readonly DetectLocalMode?: string;
				readonly DetectLocal?: { readonly ClusterCIDRs?: readonly string[] };
				readonly NodePortAddresses?: readonly string[];
				readonly HealthzBindAddress?: string;
				readonly MetricsBindAddress?: string;
			};
		};
	}

	function stateOf(proxy: ProxyRow["proxy"]): StartUpState {
		return {
			primary: FAMILIES[proxy.PrimaryIPFamily],
			detectLocalMode: proxy.Config?.DetectLocalMode ?? "",
			clusterCIDRs: proxy.Config?.DetectLocal?.ClusterCIDRs ?? [],
			nodePortAddresses: proxy.Config?.NodePortAddresses ?? [],
			podCIDRs: proxy.podCIDRs ?? [],
			excludeCIDRs: [],
			healthzBindAddress: proxy.Config?.HealthzBindAddress ?? "",
			metricsBindAddress: proxy.Config?.MetricsBindAddress ?? "",
		};
	}

	test.each(rowsOf<ProxyRow & { readonly err: boolean }>("topology/config.Test_checkBadConfig.json"))(
		"config.Test_checkBadConfig: $name",
		({ proxy, err }) => {
			const problems = checkNodePortAddresses(stateOf(proxy));
			expect(problems.length > 0).toBe(err);
		},
	);

	interface FamilyRow extends ProxyRow {
		readonly ssErr: boolean;
		readonly ssFatal: boolean;
		readonly dsErr: boolean;
		readonly dsFatal: boolean;
	}

	// The row about Windows' sourceVip has it left out.
	const families = rowsOf<FamilyRow>("topology/config.Test_checkBadIPConfig.json").filter(
		({ name }) => !name.includes("winkernel"),
	);
	test.each(families)("config.Test_checkBadIPConfig: $name", ({ proxy, ...row }) => {
		const state = stateOf(proxy);
		const single = checkFamilies(state, false);
		const dual = checkFamilies(state, true);
		expect({ err: single.problems.length > 0, fatal: single.fatal }).toEqual({ err: row.ssErr, fatal: row.ssFatal });
		expect({ err: dual.problems.length > 0, fatal: dual.fatal }).toEqual({ err: row.dsErr, fatal: row.dsFatal });
	});
});
