/** CoreDNS's own cases for its kubernetes plugin (../shared/corpus/dns): every one is played or named with its reason. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { kubePod } from "../../test/kube-objects.ts";
import { dnsTypeOf, formatDnsValue } from "../formats/dns-record.ts";
import { parseManifests } from "../kube/parse-manifests.ts";
import type { KubeSnapshot, Pod, Service } from "../kube/snapshot.ts";
import { ip } from "../wire/addr.ts";
import type { DnsRecord } from "../wire/dns.ts";
import { type ClusterDnsConfig, PLUGIN_DEFAULTS, POD_RECORDS } from "./config.ts";
import { parseCorefile } from "./corefile.ts";
import { DnsIndex } from "./dns-index.ts";
import { endpointLabel } from "./endpoint-name.ts";
import { type DnsView, isExposed } from "./find.ts";
import { readKubernetesStanza } from "./kubernetes-stanza.ts";
import { lookup } from "./lookup.ts";
import { nameServerAddresses } from "./name-servers.ts";
import { parseName } from "./parse-name.ts";
import { transferZone } from "./transfer.ts";

const CORPUS = new URL("../../../shared/corpus/dns/", import.meta.url);
const there = existsSync(CORPUS);

const MULTICLUSTER = "multicluster: podwire reads no ServiceImports";
const GO = "internals of the Go program";

/** Whole files, and single cases by their name. */
const OUT_OF_SCOPE: Readonly<Record<string, string>> = {
	TestMultiClusterServeDNS: MULTICLUSTER,
	TestKubernetesMultiClusterAXFR: MULTICLUSTER,
	TestBoundIPs: `${GO}: which addresses a listener of its own is bound to`,
	TestPodModified: `${GO}: which watch events renew the serial number`,
	TestServiceModified: `${GO}: which watch events renew the serial number`,
	TestSubsetsEquivalent: `${GO}: which watch events renew the serial number`,
	TestSanitizeLabelValue: `${GO}: labels of its metrics`,
	TestExternal: "k8s_external is another plugin, not in the DNS specification",
	TestNsAddrsExternal: "k8s_external is another plugin, not in the DNS specification",
};

interface Answer {
	readonly rcode: string;
	readonly answer: readonly string[];
	readonly ns: readonly string[];
	readonly extra: readonly string[];
	readonly authoritative: boolean;
}

interface Case {
	readonly name: string;
	readonly call?: string;
	readonly config?: {
		readonly zones: readonly string[];
		readonly multiclusterZones: readonly string[] | null;
		readonly namespaces: readonly string[] | null;
		readonly podMode: string;
		readonly ttl: number;
		readonly endpointNameMode: boolean;
		readonly ignoreEmptyService: boolean;
		readonly zonal: boolean;
		readonly localIPs: readonly string[] | null;
	} | null;
	readonly query?: { readonly name: string; readonly type: string };
	readonly response?: Answer;
	readonly row?: Readonly<Record<string, unknown>>;
	readonly result?: unknown;
	readonly records?: readonly (readonly string[])[];
	readonly labels?: Readonly<Record<string, string>>;
	readonly error?: string | null;
	readonly arg_zone?: string;
	readonly arg_name?: string;
	readonly arg_serial?: number;
	readonly arg_multicluster?: boolean;
	readonly arg_zonal?: boolean;
}

interface KubeJson {
	readonly metadata: { readonly namespace?: string; readonly name: string };
	readonly spec?: { readonly ports?: readonly { readonly port: number }[] };
	readonly status?: { readonly podIP?: string };
}

interface CorpusFile {
	readonly fixture?: { readonly namespaces: Readonly<Record<string, boolean>> };
	readonly kubernetesObjects?: {
		readonly services?: readonly KubeJson[];
		readonly endpointSlices?: readonly KubeJson[];
		readonly pods?: readonly KubeJson[];
	};
	readonly cases: readonly Case[];
}

const files = there ? readdirSync(CORPUS).filter((name) => name.endsWith(".json")) : [];
let played = 0;
/** How many cases each reason leaves out. */
const left = new Map<string, number>();

describe.skipIf(!there)("CoreDNS's cases", () => {
	for (const name of files) {
		const stem = name.replace(/\.json$/, "");
		const file: CorpusFile = JSON.parse(readFileSync(new URL(name, CORPUS), "utf8"));
		describe(stem, () => {
			// A file without a case to play has one test all the same, which is why.
			if (OUT_OF_SCOPE[stem] !== undefined) {
				test(`left out: ${OUT_OF_SCOPE[stem]}`, () => expect(file.cases.length).toBeGreaterThan(0));
			}
			for (const each of file.cases) {
				const reason = OUT_OF_SCOPE[stem] ?? multicluster(each);
				if (reason !== undefined) {
					left.set(reason, (left.get(reason) ?? 0) + 1);
					continue;
				}
				played += 1;
				test(each.name, () => play(stem, file, each));
			}
		});
	}

	test("all cases are played but those that are left out with a reason", () => {
		const all = files.map((name) => JSON.parse(readFileSync(new URL(name, CORPUS), "utf8")).cases.length);
		const leftOut = [...left.values()].reduce((sum, count) => sum + count, 0);
		expect(played + leftOut).toBe(all.reduce((sum, count) => sum + count, 0));
		expect([...left.keys()].sort()).toEqual([...new Set(Object.values(OUT_OF_SCOPE))].sort());
		process.stdout.write(`${played} cases of CoreDNS played; left out: ${JSON.stringify(Object.fromEntries(left))}\n`);
	});
});

/** A case whose name is in a multicluster zone. */
function multicluster({ config, query, arg_multicluster }: Case): string | undefined {
	const zones = config?.multiclusterZones ?? [];
	const asked = zones.some((zone) => query?.name.endsWith(zone));
	return asked || arg_multicluster === true ? MULTICLUSTER : undefined;
}

function play(stem: string, file: CorpusFile, each: Case): void {
	switch (each.call) {
		case undefined:
			if (each.query === undefined) playRow(stem, each);
			else playQuery(file, each);
			return;
		case "Services":
			playServices(file, each);
			return;
		case "Transfer": {
			const zone = bare(each.arg_zone ?? "");
			const serial = each.arg_serial === 0 ? undefined : each.arg_serial;
			const records = transferZone(viewOf(file, each, 3), zone, serial) ?? [];
			expect(records.map(text).sort()).toEqual([...new Set(each.records?.flat())].concat(soaTwice(each)).sort());
			return;
		}
		case "nsAddrs": {
			const records = nameServerAddresses(viewOf(file, each, 0), bare(each.arg_zone ?? ""));
			expect(records.map(text).sort()).toEqual([...strings(each.result)].sort());
			return;
		}
		case "Metadata":
			playMetadata(each);
			return;
		case "parseRequest":
			playParse(each);
			return;
		default:
			throw new Error(`no player for ${each.call}`);
	}
}

/** A transfer begins and ends with the same record. */
function soaTwice({ records = [] }: Case): readonly string[] {
	const soas = records.flat().filter((line) => line.includes("\tSOA\t"));
	return soas.slice(1);
}

function playQuery(file: CorpusFile, each: Case): void {
	const { query, response } = each;
	if (query === undefined || response === undefined) throw new Error("a query without a response");
	const serial = serialOf(response);
	const found = lookup(viewOf(file, each, serial), { ...query, name: bare(query.name) });
	expect(found?.rcode).toBe(response.rcode);
	expect(response.authoritative).toBe(true);
	const sections = {
		answer: found?.answers.map(text).sort(),
		ns: found?.authorities.map(text).sort(),
		extra: found?.additionals.map(text).sort(),
	};
	const { answer, ns, extra } = response;
	expect(sections).toEqual({ answer: [...answer].sort(), ns: [...ns].sort(), extra: [...extra].sort() });
}

/** The addresses of upstream's inner structure; null: none. */
function playServices(file: CorpusFile, each: Case): void {
	const { query, result } = each;
	if (query === undefined) throw new Error("no query");
	const found = lookup(viewOf(file, each, 0), { ...query, name: bare(query.name) });
	const hosts = Array.isArray(result) ? result.map((host: { readonly Host: string }) => host.Host) : [];
	expect(found?.answers.map(({ value }) => formatDnsValue(value))).toEqual(hosts);
}

function playMetadata({ query, config, labels = {} }: Case): void {
	const name = bare(query?.name ?? "");
	const zone = config?.zones.map(bare).find((each) => name.endsWith(each));
	if (zone === undefined) {
		expect(labels).toEqual({});
		return;
	}
	const parsed = parseName(name, zone, { zonal: false });
	const said = parsed.ok
		? {
				"kubernetes/endpoint": parsed.value.endpoint,
				"kubernetes/kind": parsed.value.kind,
				"kubernetes/namespace": parsed.value.namespace,
				"kubernetes/port-name": parsed.value.port,
				"kubernetes/protocol": parsed.value.protocol,
				"kubernetes/service": parsed.value.service,
			}
		: { "kubernetes/parse-error": parsed.error };
	expect(said).toEqual(labels);
}

interface UpstreamRequest {
	readonly endpoint: string;
	readonly namespace: string;
	readonly podOrSvc: string;
	readonly port: string;
	readonly protocol: string;
	readonly service: string;
	readonly zone: string;
	readonly zonePrefer: boolean;
}

function isUpstreamRequest(value: unknown): value is UpstreamRequest {
	return typeof value === "object" && value !== null && "podOrSvc" in value && "zonePrefer" in value;
}

function playParse({ arg_name = "", arg_zone = "", arg_zonal = false, result, error }: Case): void {
	const parsed = parseName(bare(arg_name), bare(arg_zone), { zonal: arg_zonal });
	if (!parsed.ok) {
		expect(parsed.error).toBe(error);
		return;
	}
	expect(error).toBeNull();
	if (!isUpstreamRequest(result)) throw new Error("no request in the corpus");
	const { endpoint, namespace, port, protocol, service, kind = "", topology } = parsed.value;
	const flat = { endpoint, namespace, port, protocol, service, podOrSvc: kind };
	const zones = { zone: topology?.zone ?? "", zonePrefer: topology?.prefer ?? false };
	expect({ ...flat, ...zones, cluster: "" }).toEqual(result);
}

function playRow(stem: string, { row = {} }: Case): void {
	switch (stem) {
		case "TestEndpointHostname": {
			const { ip: addr, hostname, podName, endpointNameMode, expected } = row;
			const endpoint = { addr: ip(String(addr)), hostname: String(hostname), pod: String(podName) };
			expect(endpointLabel(endpoint, { endpointPodNames: endpointNameMode === true })).toBe(expected);
			return;
		}
		case "TestNamespaceExposed":
		case "TestNamespaceValid": {
			// Upstream's fake API knows this one namespace.
			const index = new DnsIndex({ snapshot: EMPTY, namespaces: ["foobar"], serial: 0 });
			const namespaces = Object.keys(row["kubernetesNamespaces"] ?? {});
			const view = { index, config: { ...PLUGIN_DEFAULTS, namespaces } };
			expect(isExposed(view, String(row["testNamespace"]))).toBe(row["expected"]);
			return;
		}
		default:
			playStanza(row);
	}
}

/** What upstream's tables say of a stanza, as far as a row says it. */
function playStanza(row: Readonly<Record<string, unknown>>): void {
	const directives = parseCorefile(String(row["input"]));
	const stanza = directives.ok ? readKubernetesStanza(directives.value, []) : directives;
	if (row["shouldErr"] === true) {
		expect(stanza.ok ? "" : stanza.error.message).toContain(row["expectedErrContent"] ?? "");
		expect(stanza.ok).toBe(false);
		return;
	}
	if (!stanza.ok) throw new Error(stanza.error.message);
	const { config, api, labels, namespaceLabels, multicluster: multi, startupTimeoutSeconds } = stanza.value;
	const dotted = (zones: readonly string[]): readonly string[] => zones.map((zone) => `${zone}.`);
	const said: Readonly<Record<string, unknown>> = {
		expectedZoneCount: config.zones.length,
		expectedNSCount: config.namespaces.length,
		expectedPodMode: config.pods,
		expectedFallthrough: { Zones: dotted(config.fallthrough) },
		expectedLabelSelector: labels,
		expectedNamespaceLabelSelector: namespaceLabels,
		expectedStartupTimeout: `${startupTimeoutSeconds}s`,
		expectedTTL: config.ttlSeconds,
		expectedZonal: config.zonal,
		expectedEndpointMode: config.endpointPodNames,
		// Upstream starts with the watch of endpoints, and only noendpoints takes it away.
		expectedEndpointsInit: config.endpoints,
		expectedMulticlusterZones: dotted(multi),
		expectedQPS: api.qps,
		expectedBurst: api.burst,
		expectedMaxInf: api.maxInflight,
	};
	const expected = Object.entries(row).filter(([key]) => key.startsWith("expected") && key !== "expectedErrContent");
	expect(expected.length).toBeGreaterThan(0);
	expect(Object.fromEntries(expected.map(([key]) => [key, said[key]]))).toEqual(Object.fromEntries(expected));
}

const EMPTY: KubeSnapshot = { nodes: [], pods: [], services: [], endpointSlices: [] };

function viewOf(file: CorpusFile, { config }: Case, serial: number): DnsView {
	if (config === undefined || config === null) throw new Error("no configuration");
	const { fixture } = file;
	const namespaces = Object.entries(fixture?.namespaces ?? {}).flatMap(([name, exists]) => (exists ? [name] : []));
	const localIPs = (config.localIPs ?? []).map(ip);
	const index = new DnsIndex({ snapshot: snapshotOf(file), namespaces, serial, localIPs });
	return { index, config: configOf(config) };
}

function configOf(config: NonNullable<Case["config"]>): ClusterDnsConfig {
	const multi = config.multiclusterZones ?? [];
	return {
		...PLUGIN_DEFAULTS,
		zones: config.zones.filter((zone) => !multi.includes(zone)).map(bare),
		pods: POD_RECORDS.find((mode) => mode === config.podMode) ?? "disabled",
		ttlSeconds: config.ttl,
		namespaces: config.namespaces ?? [],
		endpointPodNames: config.endpointNameMode,
		ignoreEmptyService: config.ignoreEmptyService,
		zonal: config.zonal,
	};
}

/** Each object is read alone: together the API server would refuse some, for one address in two Services. */
function snapshotOf({ kubernetesObjects = {} }: CorpusFile): KubeSnapshot {
	const { services = [], endpointSlices = [], pods = [] } = kubernetesObjects;
	return {
		nodes: [],
		pods: pods.map(podOf),
		services: services.flatMap((object) => readService(object)),
		endpointSlices: endpointSlices.flatMap((object) => readAlone(object).endpointSlices),
	};
}

/** The API server would ask for a port that some of these lack (upstream's fake writes -1). */
function readService(object: KubeJson): readonly Service[] {
	if (object.spec?.ports?.every(({ port }) => port > 0) === true) return readAlone(object).services;
	const { services } = readAlone({ ...object, spec: { ...object.spec, ports: [{ port: 1 }] } });
	return services.map((service) => ({ ...service, ports: [] }));
}

function podOf({ metadata, status }: KubeJson): Pod {
	const { namespace = "", name } = metadata;
	return kubePod(name, "node", { namespace, podIPs: [ip(status?.podIP ?? "")] });
}

function readAlone(object: KubeJson): KubeSnapshot {
	const parsed = parseManifests([{ path: "object.json", text: JSON.stringify(object) }]);
	if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
	return parsed.value.snapshot;
}

function serialOf({ ns }: Answer): number {
	return Number(/\tSOA\t\S+ \S+ (\d+) /.exec(ns[0] ?? "")?.[1] ?? 0);
}

function text({ name, ttl, value }: DnsRecord): string {
	return `${name}.\t${ttl}\tIN\t${dnsTypeOf(value)}\t${formatDnsValue(value)}`;
}

function bare(name: string): string {
	return name.replace(/\.$/, "");
}

function strings(value: unknown): readonly string[] {
	return Array.isArray(value) ? value.map(String) : [];
}
