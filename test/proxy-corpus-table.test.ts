/** Which of upstream's files about kube-proxy are tested where, and which cannot be: no file is forgotten, and no claim is empty. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const CORPUS = new URL("../../shared/corpus/", import.meta.url);
const ROOT = new URL("../", import.meta.url);

const UNIT = "src/kube-proxy/";
const CHAINS = `${UNIT}corpus.test.ts`;
const TRACKERS = `${UNIT}tracker-corpus.test.ts`;
const CONFIG = `${UNIT}config-corpus.test.ts`;
const TABLES = `${UNIT}topology-corpus.test.ts`;
const FLOWS = "test/proxy-flows.test.ts";

/** The test files in which a file of the corpus is, or why it is in none. */
type Coverage = readonly string[] | { readonly not: string };

const HELPERS = "it tests a helper of upstream's own tests";
const NO_NFTABLES = "podwire has no nftables mode";

const IPTABLES: Readonly<Record<string, Coverage>> = {
	TestBuildServiceMapAddRemove: [TRACKERS],
	TestBuildServiceMapServiceHeadless: [TRACKERS],
	TestBuildServiceMapServiceTypeExternalName: [TRACKERS],
	TestCheckIPTablesRuleJumps: { not: HELPERS },
	TestCleanupLeftovers: ["test/proxy-cleanup.test.ts"],
	TestDropInvalidRule: [CHAINS],
	TestHealthCheckNodePort: [CHAINS, FLOWS],
	TestInternalExternalMasquerade: [CHAINS, FLOWS],
	TestInternalTrafficPolicy: [CHAINS, FLOWS],
	TestLoadBalancer: [CHAINS, FLOWS],
	TestLoadBalancerIngressRouteTypeProxy: [CHAINS],
	TestMasqueradeRule: [CHAINS],
	TestNoEndpointsMetric: [CHAINS],
	TestNoEndpointsReject: [CHAINS, FLOWS],
	TestNodePorts: [CHAINS, FLOWS],
	TestNumberIptablesRules: [CHAINS],
	TestParseIPTablesData: { not: HELPERS },
	TestProxierMetricsIPTablesTotalRules: [CHAINS],
	TestSortIPTablesRules: { not: HELPERS },
	TestSyncProxyRulesLargeClusterMode: [CHAINS],
	TestTerminatingEndpointsTrafficPolicyCluster: [CHAINS, FLOWS],
	TestTerminatingEndpointsTrafficPolicyLocal: [CHAINS, FLOWS],
	TestTracePacket: [FLOWS],
	TestUpdateEndpointsMap: [TRACKERS],
	"iptablestesting.TestFakeIPTables": { not: HELPERS },
	"iptablestesting.TestParseIPTablesDump": { not: HELPERS },
	"iptablestesting.TestParseRule": { not: HELPERS },
	"utiliptables.TestGetIPTablesRestoreWaitFlag": { not: "it is about versions of iptables that podwire does not call" },
};

const TOPOLOGY: Readonly<Record<string, Coverage>> = {
	TestBuildServiceMapAddRemove: [TRACKERS],
	TestCategorizeEndpoints: [CHAINS],
	TestCheckoutChanges: [TRACKERS],
	TestEndpointSliceCacheClearedCorrectly: [TRACKERS],
	TestEndpointSliceUpdate: [TRACKERS],
	TestEndpointsMapFromESC: [TABLES],
	TestEsDataChanged: [TRACKERS],
	TestGetLocalEndpointIPs: {
		not: "only the health check server of a Service asks for it, which podwire does not have",
	},
	TestLastChangeTriggerTime: [TRACKERS],
	TestNewNodeManager: { not: "it is about waiting for the API server" },
	TestNodeManagerOnNodeChange: {
		not: "it is about the process ending when its Node changes; here a snapshot has the Node",
	},
	TestServiceCacheLeaks: [TRACKERS],
	TestServiceMapUpdateHeadless: [TRACKERS],
	TestServiceToServiceMap: [TRACKERS],
	TestUpdateEndpointsMap: [TRACKERS],
	"config.TestAddressFromDeprecatedFlags": [CONFIG],
	"config.TestLoadConfig": [CONFIG],
	"config.TestLoadConfigFailures": [CONFIG],
	"config.TestOptionsComplete": [CONFIG],
	"config.TestProcessHostnameOverrideFlag": [CONFIG],
	"config.TestProcessV1Alpha1Flags": [CONFIG],
	"config.Test_checkBadConfig": [CONFIG],
	"config.Test_checkBadIPConfig": [CONFIG],
	"config.Test_detectNodeIPs": [CONFIG],
	"config.Test_getLocalDetectors": [CONFIG],
	"config.Test_platformApplyDefaults": [CONFIG],
	"conntrack.TestCleanStaleEntries": ["test/conntrack-cleanup.test.ts"],
	"conntrack.TestConntracker_DeleteEntries": {
		not: "the port deletes entries by their tuple; both kernels are tested for it",
	},
	"conntrack.TestFlowFilter": { not: "the port deletes entries by their tuple, and has no filters" },
	"conntrack.TestFlowFilter_Exhaustive": { not: "the port deletes entries by their tuple, and has no filters" },
	"conntrack.TestGetConntrackMax": { not: "podwire leaves the size of the conntrack table alone" },
	"conntrack.TestSetupConntrack": { not: "podwire leaves conntrack's size and timeouts alone" },
	"util.TestAddressSet": { not: "it is about Go's kinds of addresses" },
	"util.TestAppendPortIfNeeded": [CONFIG],
	"util.TestContainsIPv4Loopback": [TABLES],
	"util.TestDetectLocalByCIDR": [CONFIG],
	"util.TestDetectLocalByInterfaceNamePrefix": [CONFIG],
	"util.TestDetectLocalNFTByInterfaceNamePrefix": { not: NO_NFTABLES },
	"util.TestGetClusterIPByFamily": [TRACKERS],
	"util.TestGetNodeIPs": [TABLES],
	"util.TestIPPart": { not: "endpoints are kept as addresses and ports, and no text is taken apart" },
	"util.TestIsZeroCIDR": { not: "networks are kept as values: the prefix length says it" },
	"util.TestMapCIDRsByIPFamily": {
		not: "networks are kept as values, whose family is asked where it matters (util.TestGetNodeIPs)",
	},
	"util.TestMapIPsByIPFamily": { not: "addresses are kept as values, whose family is asked where it matters" },
	"util.TestShouldSkipService": [TRACKERS],
};

/** These play every file of their folder. */
const WHOLE_FOLDER = new Set([CHAINS, FLOWS]);

describe.skipIf(!existsSync(CORPUS))("the corpus about kube-proxy", () => {
	test.each([
		["kube-proxy-iptables", IPTABLES],
		["topology", TOPOLOGY],
	] as const)("%s: every file is in the table, and the table has no others", (folder, table) => {
		const files = readdirSync(new URL(folder, CORPUS)).map((name) => name.replace(/\.json$/, ""));
		expect(Object.keys(table).sort()).toEqual(files.sort());
	});

	const claims = [...Object.entries(IPTABLES), ...Object.entries(TOPOLOGY)].flatMap(([file, coverage]) =>
		"not" in coverage ? [] : coverage.map((where) => ({ file, where })),
	);
	test.each(claims)("$file is in $where", ({ file, where }) => {
		const text = readFileSync(new URL(where, ROOT), "utf8");
		if (WHOLE_FOLDER.has(where) && file !== "TestCategorizeEndpoints") expect(text).toContain("readdirSync(FOLDER)");
		else expect(text).toContain(`${file}.json`);
	});
});
