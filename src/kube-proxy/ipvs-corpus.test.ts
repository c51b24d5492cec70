/** Upstream's own test cases of IPVS mode (kube-proxy 1.36.2, ../shared/corpus/kube-proxy-ipvs): every file, or why not. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { formatElement } from "../formats/ipset/element.ts";
import { parseIpSetList } from "../formats/ipset/parse-listing.ts";
import { formatRule, parseRule } from "../formats/iptables-save.ts";
import type { IpSet } from "../kernel/ipset.ts";
import type { IpvsDestination, IpvsService } from "../kernel/ipvs.ts";
import type { KernelObject } from "../kernel/objects.ts";
import { parseManifests } from "../kube/parse-manifests.ts";
import type { KubeSnapshot, Service } from "../kube/snapshot.ts";
import { diff } from "../reconcile/diff.ts";
import { keyOf, satisfies } from "../reconcile/identity.ts";
import { cidr, familyOf, type IpFamily, ip } from "../wire/addr.ts";
import { endpointsOfPort, slicesByService } from "./endpoints.ts";
import { desiredIpvs, IPVS_DEV, isNodeAddress, nodesOwnAddresses, ownsInIpvsMode } from "./ipvs.ts";
import type { IpvsProxyConfig } from "./ipvs-config.ts";
import { destinationKey, gracefulTermination, NOTHING_DRAINS } from "./ipvs-graceful.ts";
import { addressPart, bitmapPart, isKubeProxysSet, isSetName, netPart, portPart, setName } from "./ipvs-sets.ts";
import { servicePortInfos } from "./service-port.ts";

const FOLDER = new URL("../../../shared/corpus/kube-proxy-ipvs/", import.meta.url);
const files = existsSync(FOLDER) ? readdirSync(FOLDER).sort() : [];
const BUILTIN = /^(PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING)$/;
const MARK = "0x4000";
/** Stands for a Service's port that a test leaves out, while the Service is parsed. */
const UNSAID_PORT = 65_535;
/** What the test of the clean-up puts there: others' chains and rules. */
const OTHERS = /KUBE-FIREWALL|KUBE-KUBELET-CANARY|KUBE-IPTABLES-HINT|someone else/;

/** Files of which nothing is about what is on a node: internals of the Go program. */
const NOT_APPLICABLE: Readonly<Record<string, string>> = {
	"TestCanUseIPVSProxier.json":
		"asks the ipset program for its version and makes a virtual service on trial: podwire's kernels refuse by name",
	"TestCheckIPSetVersion.json": "compares the ipset program's version: no program is run",
	"ipset.TestCheckIPSetVersion.json": "reads the ipset program's version out of its output: no program is run",
	"ipset.TestValidateEntry.json":
		"checks an entry's Go struct before it becomes a command's words; entries here are typed parts",
	"ipset.TestValidateIPSet.json": "checks a set's Go struct; the 17 sets are constants here",
	"ipset.Test_checkIPandProtocol.json": "checks fields of the entry's Go struct",
	"ipset.Test_parsePortRange.json": "parses the Go struct's PortRange text, which is always 0-65535",
	"ipset.Test_setIPSetDefaults.json": "fills in fields of the Go struct that are left at zero",
	"ipset.Test_validIPSetType.json": "checks the Go struct's type name; a closed union here",
	"ipset.Test_validateFamily.json": "checks the Go struct's family name; a closed union here",
	"ipset.Test_validatePortRange.json": "checks the Go struct's PortRange text",
	"ipset.Test_validateProtocol.json": "checks the Go struct's protocol name; a closed union here",
	"ipvsutil.TestFrontendDestinationString.json": "a Go value's text for logs",
	"ipvsutil.TestFrontendServiceString.json": "a Go value's text for logs",
	"ipvsutil.Test_protocolToString.json": "numbers of the Go netlink library",
	"ipvsutil.Test_stringToProtocol.json": "numbers of the Go netlink library",
	"ipvsutil.Test_toIPVSService.json": "a Go value into the netlink library's struct",
	"ipvsutil.Test_toVirtualServer.json": "the netlink library's struct into a Go value",
};

interface StepConfig {
	readonly ipFamily: "IPv4" | "IPv6";
	readonly nodeName: string;
	readonly masqueradeAll: boolean;
	readonly localDetector: { readonly cidr?: string };
	readonly nodePortAddresses: readonly string[] | null;
	readonly networkInterfaces: Readonly<Record<string, readonly string[]>> | null;
	readonly localAddresses: Readonly<Record<string, readonly string[]>>;
	readonly iptablesHasRandomFully: boolean;
	readonly scheduler: string;
	readonly excludeCIDRs: readonly string[] | null;
}

interface VirtualServer {
	readonly address: string;
	readonly port: number;
	readonly protocol: string;
	readonly scheduler: string;
	readonly flags: number;
	readonly timeout: number;
	readonly realServers: readonly { readonly address: string; readonly port: number; readonly weight: number }[];
}

interface GoServer {
	readonly Address: string;
	readonly Port: number;
	readonly Protocol: string;
	readonly Scheduler: string;
	readonly Flags: number;
	readonly Timeout: number;
}

interface GoReal {
	readonly Address: string;
	readonly Port: number;
	readonly Weight: number;
	readonly ActiveConn: number;
	readonly InactiveConn: number;
}

interface LooseService {
	readonly spec: {
		readonly type?: string;
		readonly ports?: readonly {
			readonly port: number;
			readonly nodePort?: number;
			readonly targetPort?: number | string;
		}[];
		readonly healthCheckNodePort?: number;
	};
}

interface Step {
	readonly index: number;
	readonly kind: string;
	readonly config: StepConfig;
	readonly objects: { readonly services: readonly LooseService[]; readonly endpointSlices: readonly unknown[] };
	readonly dump: Readonly<Record<string, string>>;
	readonly virtualServers: readonly VirtualServer[];
	readonly ipsets: Readonly<Record<string, { readonly type: string; readonly entries: readonly string[] }>>;
	readonly kubeIPVS0Addresses: readonly string[];
	readonly syncError: string | null;
}

function cases(
	file: string,
): readonly { readonly name: string; readonly row: never; readonly steps?: readonly Step[] }[] {
	return files.includes(file) ? JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")).cases : [];
}

function rows<T>(file: string): readonly T[] {
	return cases(file).map(({ row }) => row);
}

/** Upstream's tests make Services that the API server would not take: a target port 0, a ClusterIP with node ports. */
function acceptable(service: LooseService): unknown {
	const { spec } = service;
	const ports = (spec.ports ?? []).map(({ targetPort, nodePort, ...port }) => ({
		...port,
		...(targetPort === 0 ? {} : { targetPort }),
		...(spec.type === "ExternalName" ? {} : { nodePort }),
		...(port.port === 0 ? { port: UNSAID_PORT } : {}),
	}));
	const hasNodePort = ports.some((port) => (port.nodePort ?? 0) > 0);
	const type = hasNodePort && (spec.type ?? "ClusterIP") === "ClusterIP" ? { type: "NodePort" } : {};
	return { ...service, spec: { ...spec, ports, ...type, allocateLoadBalancerNodePorts: false } };
}

function snapshotOf(step: Step): KubeSnapshot {
	const node = {
		apiVersion: "v1",
		kind: "Node",
		metadata: { name: step.config?.nodeName ?? "test-node" },
		spec: { podCIDR: "100.64.0.0/24" },
		status: { addresses: [{ type: "InternalIP", address: "192.0.2.250" }] },
	};
	const parse = (items: readonly unknown[]): KubeSnapshot => {
		const text = JSON.stringify({ apiVersion: "v1", kind: "List", items: [...items, node] });
		const parsed = parseManifests([{ path: "step", text }], { nodePorts: { from: 1, to: 65535 } });
		if (!parsed.ok) throw new Error(JSON.stringify(parsed.error, undefined, 1));
		return parsed.value.snapshot;
	};
	// One by one: some have the same addresses.
	const services = step.objects.services.flatMap((service) => {
		return parse([acceptable(service)]).services.map((made) => asGiven(made, service));
	});
	return { ...parse(step.objects.endpointSlices), services };
}

/** Without what the API server would have given it. */
function asGiven({ healthCheckNodePort, ...made }: Service, { spec }: LooseService): Service {
	const ports = made.ports.map((port) => (port.port === UNSAID_PORT ? { ...port, port: 0 } : port));
	const given = healthCheckNodePort !== undefined && spec.healthCheckNodePort === healthCheckNodePort;
	return { ...made, ports, ...(given ? { healthCheckNodePort } : {}) };
}

function desired(step: Step): readonly KernelObject[] {
	const { config } = step;
	const family = familyName(config.ipFamily);
	const own = Object.entries(config.localAddresses).flatMap(([dev, addresses]) => (dev === IPVS_DEV ? [] : addresses));
	const interfaces = Object.values(config.networkInterfaces ?? {}).flat();
	const proxy: IpvsProxyConfig = {
		families: [family],
		clusterCIDRs: config.localDetector.cidr === undefined ? [] : [cidr(config.localDetector.cidr)],
		masqueradeAll: config.masqueradeAll,
		nodePortAddresses: (config.nodePortAddresses ?? []).map(cidr),
		randomFully: config.iptablesHasRandomFully,
		ipvs: { scheduler: config.scheduler, excludeCIDRs: (config.excludeCIDRs ?? []).map(cidr) },
	};
	const facts = {
		name: config.nodeName,
		nodeIPs: [],
		interfaceAddresses: [...own.map(ip), ...interfaces.map((text) => cidr(text).addr)],
	};
	return desiredIpvs(snapshotOf(step), facts, proxy);
}

/** The tests' proxier gives the sets of both families one name, which the real one does not. */
function ofFamily(set: string, { config }: Step): string {
	return isSetName(set) ? setName(set, familyName(config.ipFamily)) : set;
}

function familyName(name: "IPv4" | "IPv6"): IpFamily {
	return name === "IPv4" ? "ipv4" : "ipv6";
}

/** Upstream's tests set no mark: its rules lack what the option should have. A fake keeps jumps' comments unquoted. */
function readable(line: string, step: Step): string {
	return line
		.replace(/(?<=--match-set )\S+/, (name) => ofFamily(name, step))
		.replace(/--(or|xor)-mark ?(?=$)/, `--$1-mark ${MARK}`)
		.replace("--mark /", `--mark ${MARK}/${MARK}`)
		.replace(/--comment (?!")(.*) -j/, '--comment "$1" -j');
}

/** `table chain` → rules as iptables-save would print them. */
function dumpedChains(step: Step): Map<string, string[]> {
	const chains = new Map<string, string[]>();
	for (const [table, text] of Object.entries(step.dump)) {
		for (const line of text.split("\n")) {
			const chain = /^(?::|-A )(\S+)/.exec(line)?.[1];
			if (chain === undefined || OTHERS.test(line)) continue;
			const rules = chains.get(`${table} ${chain}`) ?? [];
			chains.set(`${table} ${chain}`, rules);
			if (line.startsWith(":")) continue;
			const rule = parseRule(readable(line, step).slice(`-A ${chain} `.length), familyName(step.config.ipFamily));
			if (!rule.ok) throw new Error(`${line}: ${rule.error.message}`);
			rules.push(formatRule(rule.value));
		}
	}
	return chains;
}

function desiredChains(objects: readonly KernelObject[], dumped: ReadonlyMap<string, unknown>): Map<string, string[]> {
	const builtin = [...dumped.keys()].filter((name) => BUILTIN.test(name.split(" ")[1] ?? ""));
	const chains = new Map<string, string[]>(builtin.map((name) => [name, []]));
	for (const object of objects) {
		if (object.kind === "xt-chain") {
			chains.set(
				`${object.table} ${object.chain}`,
				object.rules.map((rule) => formatRule(rule)),
			);
		}
		if (object.kind === "xt-rule") chains.get(`${object.table} ${object.chain}`)?.unshift(formatRule(object.rule));
	}
	return chains;
}

function serversOf(objects: readonly KernelObject[]): readonly VirtualServer[] {
	const servers = objects.flatMap((object): readonly VirtualServer[] => {
		if (object.kind !== "ipvs-service" || "fwmark" in object.service) return [];
		const { service, scheduler = "", persistence, schedFlags = [] } = object;
		const own = objects.filter(
			(other): other is IpvsDestination =>
				other.kind === "ipvs-destination" && JSON.stringify(other.service) === JSON.stringify(service),
		);
		return [
			{
				address: service.addr,
				port: service.port,
				protocol: service.proto.toUpperCase(),
				scheduler,
				flags: (persistence === undefined ? 0 : 1) + (schedFlags.includes("flag-2") ? 16 : 0),
				timeout: persistence?.timeoutSeconds ?? 0,
				realServers: own.map(({ addr, port, weight = 1 }) => ({ address: addr, port, weight })),
			},
		];
	});
	return sortedServers(servers);
}

function sortedServers(servers: readonly VirtualServer[]): readonly VirtualServer[] {
	const key = (value: unknown): string => JSON.stringify(value);
	return servers
		.map((server) => ({
			...server,
			realServers: server.realServers
				.map(({ address, port, weight }) => ({ address: ip(address), port, weight }))
				.sort((a, b) => (key(a) < key(b) ? -1 : 1)),
		}))
		.sort((a, b) => (key([a.address, a.port, a.protocol]) < key([b.address, b.port, b.protocol]) ? -1 : 1));
}

function setsOf(objects: readonly KernelObject[]): unknown {
	const sets = objects.filter((object): object is IpSet => object.kind === "ipset");
	return Object.fromEntries(
		sets.map(({ name, type = "hash:ip", entries = [] }) => [
			name,
			{ type, entries: entries.map(({ parts }) => formatElement(parts, { name: type })).sort() },
		]),
	);
}

function checkSync(step: Step): void {
	const objects = desired(step);
	const dumped = dumpedChains(step);
	expect(Object.fromEntries(desiredChains(objects, dumped)), `chains, step ${step.index}`).toEqual(
		Object.fromEntries(dumped),
	);
	expect(serversOf(objects)).toEqual(sortedServers(step.virtualServers));
	expect(setsOf(objects)).toEqual(
		Object.fromEntries(
			Object.entries(step.ipsets).map(([name, { type, entries }]) => [
				ofFamily(name, step),
				{ type, entries: [...entries].sort() },
			]),
		),
	);
	const bound = objects.flatMap((object) => (object.kind === "addr" ? [object.addr.addr] : []));
	expect([...bound].sort()).toEqual([...step.kubeIPVS0Addresses].sort());
	expect(objects.some((object) => object.kind === "link" && object.name === IPVS_DEV)).toBe(true);
}

interface PortValue {
	readonly clusterIP: string;
	readonly port: number;
	readonly nodePort: number;
	readonly protocol: string;
	readonly externalIPs: readonly string[] | null;
	readonly loadBalancerVIPs: readonly string[] | null;
	readonly externalPolicyLocal: boolean;
	readonly internalPolicyLocal: boolean;
	readonly healthCheckNodePort: number;
	readonly nameString: string;
}

function checkServicePorts(step: Step): void {
	const { observed } = step as unknown as {
		readonly observed: { readonly servicePortMap: readonly { value: PortValue }[] | object };
	};
	const infos = snapshotOf(step).services.flatMap((service) => servicePortInfos(service, "ipv4"));
	const ours = infos.map((info) => ({
		nameString: info.name,
		clusterIP: info.clusterIP,
		port: info.port,
		nodePort: info.nodePort,
		protocol: info.protocol.toUpperCase(),
		externalIPs: info.externalIPs,
		loadBalancerVIPs: info.loadBalancerVIPs,
		externalPolicyLocal: info.externalPolicyLocal,
		internalPolicyLocal: info.internalPolicyLocal,
		healthCheckNodePort: info.healthCheckNodePort,
	}));
	const { servicePortMap } = observed;
	const entries = Array.isArray(servicePortMap) ? (servicePortMap as readonly { value: PortValue }[]) : [];
	const theirs = entries.map(({ value }) => ({
		nameString: value.nameString,
		clusterIP: value.clusterIP,
		port: value.port,
		nodePort: value.nodePort,
		protocol: value.protocol,
		externalIPs: value.externalIPs ?? [],
		loadBalancerVIPs: value.loadBalancerVIPs ?? [],
		externalPolicyLocal: value.externalPolicyLocal,
		internalPolicyLocal: value.internalPolicyLocal,
		healthCheckNodePort: value.healthCheckNodePort,
	}));
	const byName = (a: { nameString: string }, b: { nameString: string }): number =>
		a.nameString < b.nameString ? -1 : 1;
	expect(ours.sort(byName)).toEqual(theirs.sort(byName));
}

interface EndpointsEntry {
	readonly key: { readonly name: string; readonly namespace: string; readonly Port: string; readonly Protocol: string };
	readonly value: readonly { readonly endpoint: string; readonly isLocal: boolean; readonly ready: boolean }[] | null;
}

function checkEndpoints(step: Step): number {
	const { observed } = step as unknown as {
		readonly observed: { readonly endpointsMap: readonly EndpointsEntry[] | object };
	};
	const wanted = Array.isArray(observed.endpointsMap) ? (observed.endpointsMap as readonly EndpointsEntry[]) : [];
	const slices = step.objects === undefined ? new Map() : slicesByService(snapshotOf(step).endpointSlices);
	for (const { key, value } of wanted) {
		const port = { portName: key.Port, protocol: key.Protocol.toLowerCase() as "tcp" | "udp" | "sctp" };
		const own = slices.get(`${key.namespace}/${key.name}`) ?? [];
		// Upstream's tests are on a node named `nodeName`.
		const ours = endpointsOfPort(own, port, "test-node");
		expect(ours.map(({ text, isLocal, ready }) => ({ endpoint: text, isLocal, ready }))).toEqual(
			(value ?? []).map(({ endpoint, isLocal, ready }) => ({ endpoint, isLocal, ready })),
		);
	}
	return wanted.length;
}

function serviceOf(server: {
	address: string;
	port: number;
	protocol: string;
	scheduler: string;
	flags: number;
	timeout: number;
}): IpvsService {
	const { address, port, protocol, scheduler, flags, timeout } = server;
	return {
		kind: "ipvs-service",
		family: familyOf(ip(address)),
		service: {
			proto: (protocol === "" ? "tcp" : protocol.toLowerCase()) as "tcp" | "udp" | "sctp",
			addr: ip(address),
			port,
		},
		scheduler,
		...((flags & 1) !== 0 ? { persistence: { timeoutSeconds: timeout } } : {}),
	};
}

function ofGo({ Address, Port, Protocol, Scheduler, Flags, Timeout }: GoServer): IpvsService {
	const fields = {
		address: Address,
		port: Port,
		protocol: Protocol,
		scheduler: Scheduler,
		flags: Flags,
		timeout: Timeout,
	};
	return serviceOf(fields);
}

function realOf(service: IpvsService, real: GoReal): IpvsDestination {
	return {
		kind: "ipvs-destination",
		family: service.family,
		service: service.service,
		addr: ip(real.Address),
		port: real.Port,
		forward: "masq",
		weight: real.Weight,
		connections: { active: real.ActiveConn, inactive: real.InactiveConn, persistent: 0 },
	};
}

/** The objects after the operations that lead from `actual` to `desired`. */
function synced(
	actual: readonly KernelObject[],
	wanted: readonly KernelObject[],
	owns: (object: KernelObject) => boolean,
): readonly KernelObject[] {
	const state = new Map(actual.map((object) => [keyOf(object), object]));
	for (const { verb, object } of diff(actual, wanted, owns)) {
		if (verb === "delete") state.delete(keyOf(object));
		else state.set(keyOf(object), object);
	}
	return [...state.values()];
}

/** How each kind of file is checked; the number of things that were compared. */
const CHECKS: Readonly<Record<string, (file: string) => number>> = {
	"TestBuildServiceMapAddRemove.json": checkTrackers,
	"TestBuildServiceMapServiceHeadless.json": checkTrackers,
	"TestBuildServiceMapServiceTypeExternalName.json": checkTrackers,
	"Test_updateEndpointsMap.json": checkTrackers,
	"TestCleanLegacyRealServersExcludeCIDRs.json": checkCleanUp,
	"TestCleanLegacyService6.json": checkCleanUp,
	"TestCleanLegacyServiceWithRealServers.json": checkCleanUp,
	"TestCleanupLeftovers.json": checkSyncs,
	"TestDismissLocalhostRuleExist.json": checkSyncs,
	"TestHealthCheckNodePort.json": checkSyncs,
	"TestIPv4Proxier.json": checkSyncs,
	"TestIPv6Proxier.json": checkSyncs,
	"TestLoadBalancer.json": checkSyncs,
	"TestLoadBalancerIngressRouteTypeProxy.json": checkSyncs,
	"TestMasqueradeRule.json": checkSyncs,
	"TestMultiPortServiceBindAddr.json": checkSyncs,
	"TestNoEndpointsMetric.json": checkSyncs,
	"TestNodePortIPv4.json": checkSyncs,
	"TestNodePortIPv6.json": checkSyncs,
	"TestOnlyLocalExternalIPs.json": checkSyncs,
	"TestOnlyLocalLoadBalancing.json": checkSyncs,
	"TestSessionAffinity.json": checkSyncs,
	"TestTestInternalTrafficPolicyE2E.json": checkSyncs,
	"Test_EndpointSliceOnlyReadyAndTerminatingLocal.json": checkSyncs,
	"TestGetNodeIPs.json": checkNodeIPs,
	"TestIpIsValidForSet.json": checkValidAddresses,
	"TestSyncIPSetEntries.json": checkSetSyncs,
	"Test_GracefulDeleteRS.json": checkGraceful,
	"Test_syncService.json": checkServiceSyncs,
	"ipset.TestAddEntry.json": checkEntryWords,
	"ipset.TestDelEntry.json": checkEntryWords,
	"ipset.TestEntryString.json": checkEntryWords,
	"ipset.TestListEntries.json": checkListings,
	"ipvsutil.TestRealServerEqual.json": checkRealEqual,
	"ipvsutil.TestVirtualServerEqual.json": checkServerEqual,
};

function checkSyncs(file: string): number {
	const steps = cases(file).flatMap((one) => one.steps ?? []);
	const synced = steps.filter((step) => step.kind === "sync" && step.syncError === null);
	for (const step of synced) checkSync(step);
	return synced.length;
}

function checkTrackers(file: string): number {
	let checked = 0;
	for (const step of cases(file).flatMap((one) => one.steps ?? [])) {
		if (step.kind === "endpointsMap.update") checked += checkEndpoints(step);
		else {
			expect(step.kind).toBe("servicePortMap.update");
			checkServicePorts(step);
			checked += 1;
		}
	}
	return checked;
}

function checkCleanUp(file: string): number {
	const steps = cases(file).flatMap((one) => one.steps ?? []);
	for (const step of steps) {
		const { input } = step as unknown as {
			readonly input: {
				readonly activeServices: readonly string[] | null;
				readonly before: readonly VirtualServer[];
				readonly currentServices: Readonly<Record<string, GoServer>>;
				readonly excludeCIDRs: readonly string[] | null;
				readonly ipFamily: "IPv4" | "IPv6";
			};
		};
		const config: IpvsProxyConfig = {
			families: [familyName(input.ipFamily)],
			ipvs: { excludeCIDRs: (input.excludeCIDRs ?? []).map(cidr) },
		};
		const actual = input.before.flatMap((server): readonly KernelObject[] => {
			const service = serviceOf(server);
			const reals = server.realServers.map(({ address, port, weight }) =>
				realOf(service, { Address: address, Port: port, Weight: weight, ActiveConn: 0, InactiveConn: 0 }),
			);
			return [service, ...reals];
		});
		const active = (input.activeServices ?? []).flatMap((name) => {
			const server = input.currentServices[name];
			return server === undefined ? [] : [ofGo(server)];
		});
		const after = synced(actual, active, (object) => ownsInIpvsMode(object, config));
		const names = (servers: readonly VirtualServer[]): unknown =>
			servers.map(({ address, port, protocol, realServers }) => ({ address, port, protocol, realServers }));
		expect(names(serversOf(after))).toEqual(names(sortedServers(step.virtualServers)));
	}
	return steps.length;
}

function checkNodeIPs(file: string): number {
	const all = rows<{
		devAddresses: Readonly<Record<string, readonly string[]>>;
		expectIPs: readonly string[];
		isIPv6: boolean;
	}>(file);
	for (const { devAddresses, expectIPs, isIPv6 } of all) {
		const addresses = nodesOwnAddresses(
			Object.entries(devAddresses).flatMap(([dev, own]) =>
				own.map((text) => ({ kind: "addr", dev, addr: cidr(`${text}/${text.includes(":") ? 128 : 32}`) }) as const),
			),
		);
		const family = isIPv6 ? "ipv6" : "ipv4";
		expect(addresses.filter((address) => isNodeAddress(address, family)).sort()).toEqual([...expectIPs].sort());
	}
	return all.length;
}

function checkValidAddresses(file: string): number {
	const all = rows<{ ip: string; isIPv6: boolean; res: boolean }>(file);
	for (const row of all) expect(isNodeAddress(ip(row.ip), row.isIPv6 ? "ipv6" : "ipv4"), row.ip).toBe(row.res);
	return all.length;
}

/** Entries are words here, well-formed or not: what counts is which ones stay. */
function checkSetSyncs(file: string): number {
	interface Row {
		readonly activeEntries: readonly string[] | null;
		readonly currentEntries: readonly string[] | null;
		readonly expectedEntries: readonly string[] | null;
	}
	const all = rows<Row>(file);
	const set = (entries: readonly string[] | null): IpSet => ({
		kind: "ipset",
		name: "KUBE-CLUSTER-IP",
		entries: (entries ?? []).map((word) => ({ parts: [{ kind: "set", set: word }] })),
	});
	for (const { activeEntries, currentEntries, expectedEntries } of all) {
		const after = synced([set(currentEntries)], [set(activeEntries)], ({ kind }) => kind === "ipset");
		expect(after.length).toBe(1);
		for (const object of after) expect(satisfies(object, set(expectedEntries))).toBe(true);
	}
	expect(isKubeProxysSet("KUBE-CLUSTER-IP")).toBe(true);
	return all.length;
}

interface GoState {
	readonly Services: readonly { readonly value: GoServer }[];
	readonly Destinations: readonly { readonly key: { readonly IP: string }; readonly value: readonly GoReal[] }[];
}

function checkGraceful(file: string): number {
	const all = rows<{ vs: GoServer; rs: GoReal; existingIPVS: GoState; expectedIPVS: GoState }>(file);
	const state = ({ Services, Destinations }: GoState): readonly KernelObject[] =>
		Services.flatMap(({ value }) => {
			const service = ofGo(value);
			const own = Destinations.filter(({ key }) => key.IP === value.Address).flatMap((entry) => entry.value);
			return [service, ...own.map((real) => realOf(service, real))];
		});
	for (const { vs, rs, existingIPVS, expectedIPVS } of all) {
		const actual = state(existingIPVS);
		const gone = destinationKey(realOf(ofGo(vs), rs));
		const wanted = actual.filter((object) => object.kind !== "ipvs-destination" || destinationKey(object) !== gone);
		const { kept } = gracefulTermination({
			actual,
			desired: wanted,
			before: NOTHING_DRAINS,
			nowNs: 0,
			owns: () => true,
		});
		const after = synced(actual, [...wanted, ...kept], () => true);
		expect(serversOf(after)).toEqual(serversOf(state(expectedIPVS)));
	}
	return all.length;
}

function checkServiceSyncs(file: string): number {
	const all = rows<{ oldVirtualServer: GoServer | null; newVirtualServer: GoServer }>(file);
	for (const { oldVirtualServer, newVirtualServer } of all) {
		const before = oldVirtualServer === null ? [] : [ofGo(oldVirtualServer)];
		const after = synced(before, [ofGo(newVirtualServer)], (object) => ownsInIpvsMode(object, {}));
		expect(serversOf(after)).toEqual(serversOf([ofGo(newVirtualServer)]));
	}
	return all.length;
}

function checkEntryWords(file: string): number {
	interface Row {
		readonly entry: {
			readonly IP: string;
			readonly IP2: string;
			readonly Net: string;
			readonly Port: number;
			readonly Protocol: string;
			readonly SetType: string;
		};
		readonly expect?: string;
		readonly delCombinedOutputLog?: readonly string[];
	}
	const all = rows<Row>(file);
	for (const { entry, expect: wanted, delCombinedOutputLog } of all) {
		const { IP, IP2, Net, Port, Protocol, SetType } = entry;
		const parts =
			SetType === "bitmap:port"
				? [bitmapPart(Port)]
				: [
						addressPart(ip(IP)),
						portPart(Protocol as "tcp" | "udp" | "sctp", Port),
						...(IP2 === "" ? [] : [addressPart(ip(IP2))]),
						...(Net === "" ? [] : [netPart(cidr(Net))]),
					];
		const name = SetType as "bitmap:port" | "hash:ip,port";
		expect(formatElement(parts, { name })).toBe(wanted ?? delCombinedOutputLog?.at(-1));
	}
	return all.length;
}

function checkListings(file: string): number {
	const all = rows<{ output: string; expected: readonly string[] }>(file);
	for (const { output, expected } of all) {
		const parsed = parseIpSetList(output);
		if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
		const entries = parsed.value.flatMap(({ type = "hash:ip", entries: own = [] }) =>
			own.map(({ parts }) => formatElement(parts, { name: type })),
		);
		expect(entries).toEqual(expected);
	}
	return all.length;
}

function checkServerEqual(file: string): number {
	const all = rows<{ svcA: GoServer; svcB: GoServer; equal: boolean }>(file);
	for (const { svcA, svcB, equal } of all) {
		const [a, b] = [ofGo(svcA), ofGo(svcB)];
		expect(keyOf(a) === keyOf(b) && satisfies(a, b)).toBe(equal);
	}
	return all.length;
}

function checkRealEqual(file: string): number {
	const all = rows<{ rsA: GoReal; rsB: GoReal; equal: boolean }>(file);
	for (const { rsA, rsB, equal } of all) {
		const service = ofGo({ Address: "192.0.2.1", Port: 80, Protocol: "TCP", Scheduler: "rr", Flags: 0, Timeout: 0 });
		expect(keyOf(realOf(service, rsA)) === keyOf(realOf(service, rsB))).toBe(equal);
	}
	return all.length;
}

describe.skipIf(files.length === 0)("upstream's cases of IPVS mode (../shared/corpus/kube-proxy-ipvs)", () => {
	test("every file is checked or has its reason, and none twice", () => {
		const known = [...Object.keys(CHECKS), ...Object.keys(NOT_APPLICABLE)];
		expect(known.sort()).toEqual(files);
	});

	let compared = 0;

	test.each(Object.keys(CHECKS))("%s", (file) => {
		const count = CHECKS[file]?.(file) ?? 0;
		compared += count;
		expect(count).toBeGreaterThan(0);
	});

	test("these were many", () => {
		expect(compared).toBeGreaterThan(90);
	});
});
