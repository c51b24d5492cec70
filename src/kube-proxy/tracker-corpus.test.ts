/** Upstream's change trackers (../shared/corpus): what it knows of Services and endpoints after each change, we know from the objects. */
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
	CORPUS,
	casesOf,
	type EndpointRow,
	endpointRow,
	plainEndpointRow,
	rowsOf,
} from "../../test/proxy-corpus-rows.ts";
import { type ApiService, type ApiSlice, looseService, looseSlice } from "../../test/proxy-loose.ts";
import { namespacedName } from "../kube/snapshot.ts";
import { formatCidr, type IpFamily } from "../wire/addr.ts";
import { endpointsOfPort, slicesByService } from "./endpoints.ts";
import { servicePortInfos } from "./service-port.ts";

type ApiObject = ApiService | ApiSlice;

interface Key {
	readonly namespace: string;
	readonly name: string;
	readonly Port: string;
	readonly Protocol: string;
}

interface Step {
	readonly kind: string;
	readonly changes?: readonly {
		readonly op: string;
		readonly object?: ApiObject;
		readonly ipFamily?: string;
		readonly nodeName?: string;
	}[];
	readonly config?: { readonly ipFamily: string; readonly nodeName: string };
	readonly observed?: {
		readonly servicePortMap?: MapText<PortRow>;
		readonly endpointsMap?: MapText<readonly EndpointRow[]>;
	};
}

type MapText<T> = readonly { readonly key: Key; readonly value: T }[] | Readonly<Record<string, never>>;

interface PortRow {
	readonly clusterIP: string;
	readonly port: number;
	readonly protocol: string;
	readonly nodePort: number;
	readonly externalIPs: readonly string[] | null;
	readonly loadBalancerVIPs: readonly string[] | null;
	readonly loadBalancerSourceRanges: readonly string[] | null;
	readonly externalPolicyLocal: boolean;
	readonly internalPolicyLocal: boolean;
	readonly healthCheckNodePort: number;
	readonly stickyMaxAgeSeconds: number;
}

function isSlice(object: ApiObject): object is ApiSlice {
	return object.kind === "EndpointSlice";
}

const keyText = ({ namespace, name, Port, Protocol }: Key): string => `${namespace}/${name}:${Port}/${Protocol}`;

function asMap<T>(map: MapText<T> | null | undefined): Readonly<Record<string, T>> {
	const list = Array.isArray(map) ? (map as readonly { readonly key: Key; readonly value: T }[]) : [];
	return Object.fromEntries(list.map(({ key, value }) => [keyText(key), value]));
}

function portRow(info: ReturnType<typeof servicePortInfos>[number]): PortRow {
	return {
		clusterIP: info.clusterIP,
		port: info.port,
		protocol: info.protocol.toUpperCase(),
		nodePort: info.nodePort,
		externalIPs: info.externalIPs,
		loadBalancerVIPs: info.loadBalancerVIPs,
		loadBalancerSourceRanges: info.sourceRanges.map(formatCidr),
		externalPolicyLocal: info.externalPolicyLocal,
		internalPolicyLocal: info.internalPolicyLocal,
		healthCheckNodePort: info.healthCheckNodePort,
		stickyMaxAgeSeconds: info.affinitySeconds ?? 0,
	};
}

function serviceMap(services: readonly ApiService[], family: IpFamily): Readonly<Record<string, PortRow>> {
	const rows = services.map(looseService).flatMap((service) =>
		servicePortInfos(service, family).map((info) => {
			const key = `${namespacedName(service)}:${info.portName}/${info.protocol.toUpperCase()}`;
			return [key, portRow(info)] as const;
		}),
	);
	return Object.fromEntries(rows);
}

function endpointsMap(
	slices: readonly ApiSlice[],
	family: IpFamily,
	node: string,
): Readonly<Record<string, readonly EndpointRow[]>> {
	const map: Record<string, readonly EndpointRow[]> = {};
	const own = slices.flatMap(looseSlice).filter((slice) => slice.family === family);
	for (const [service, list] of slicesByService(own)) {
		for (const { name, protocol } of list.flatMap((slice) => slice.ports)) {
			const lower = protocol === "TCP" ? "tcp" : protocol === "UDP" ? "udp" : "sctp";
			const endpoints = endpointsOfPort(list, { portName: name, protocol: lower }, node);
			if (endpoints.length > 0) map[`${service}:${name}/${protocol}`] = endpoints.map(endpointRow);
		}
	}
	return map;
}

function endpointRows(map: Readonly<Record<string, readonly EndpointRow[]>>): unknown {
	const rows = Object.entries(map).map(([key, list]) => [key, list.map(plainEndpointRow)] as const);
	return Object.fromEntries(rows.filter(([, list]) => list.length > 0));
}

/** These members alone; a list that is null is an empty one. */
function portRows(map: Readonly<Record<string, PortRow>>, members: readonly (keyof PortRow)[] = PORT_MEMBERS): unknown {
	const rows = Object.entries(map).map(([key, row]) => {
		const plain = members.map((member) => [member, row[member] ?? []] as const);
		return [key, Object.fromEntries(plain)] as const;
	});
	return Object.fromEntries(rows);
}

const PORT_MEMBERS = [
	"clusterIP",
	"port",
	"protocol",
	"nodePort",
	"externalIPs",
	"loadBalancerVIPs",
	"loadBalancerSourceRanges",
	"externalPolicyLocal",
	"internalPolicyLocal",
	"healthCheckNodePort",
	"stickyMaxAgeSeconds",
] as const;

const TRACKERS = [
	"topology/TestBuildServiceMapAddRemove.json",
	"topology/TestServiceMapUpdateHeadless.json",
	"topology/TestUpdateEndpointsMap.json",
	"topology/TestEndpointSliceCacheClearedCorrectly.json",
	"topology/TestServiceCacheLeaks.json",
	"topology/TestLastChangeTriggerTime.json",
	"kube-proxy-iptables/TestBuildServiceMapAddRemove.json",
	"kube-proxy-iptables/TestBuildServiceMapServiceHeadless.json",
	"kube-proxy-iptables/TestBuildServiceMapServiceTypeExternalName.json",
	"kube-proxy-iptables/TestUpdateEndpointsMap.json",
];

describe.skipIf(!existsSync(CORPUS))("after each change", () => {
	let compared = 0;

	test.each(TRACKERS)("%s: the maps are those of upstream", (file) => {
		for (const { name, steps } of casesOf<{ readonly name: string; readonly steps: readonly Step[] }>(file)) {
			const objects = new Map<string, ApiObject>();
			let [family, node]: readonly [IpFamily, string] = [
				"ipv4",
				file.startsWith("topology/") ? "test-hostname" : "test-node",
			];
			for (const { changes = [], config, observed } of steps) {
				for (const { op, object, ipFamily, nodeName } of changes) {
					if (op === "newTracker") [family, node] = [ipFamily === "IPv6" ? "ipv6" : "ipv4", nodeName ?? node];
					if (object === undefined) continue;
					const key = `${object.kind} ${object.metadata.namespace}/${object.metadata.name}`;
					if (op === "delete") objects.delete(key);
					else objects.set(key, object);
				}
				if (config !== undefined) node = config.nodeName;
				const all = [...objects.values()];
				if (observed?.servicePortMap !== undefined) {
					const services = all.filter((object): object is ApiService => !isSlice(object));
					expect(portRows(serviceMap(services, family)), name).toEqual(portRows(asMap(observed.servicePortMap)));
					compared += 1;
				}
				if (observed?.endpointsMap !== undefined) {
					const found = endpointsMap(all.filter(isSlice), family, node);
					expect(endpointRows(found), name).toEqual(endpointRows(asMap(observed.endpointsMap)));
					compared += 1;
				}
			}
		}
	});

	test("these were many", () => {
		expect(compared).toBeGreaterThan(40);
	});

	test("a Service that came and went leaves nothing (TestServiceCacheLeaks)", () => {
		const [one] = casesOf<{ readonly steps: readonly Step[] }>("topology/TestServiceCacheLeaks.json");
		const kinds = one?.steps.flatMap(({ changes = [] }) => changes.map(({ op }) => op));
		expect(kinds).toEqual(["newTracker", "add", "delete"]);
		expect(serviceMap([], "ipv4")).toEqual({});
	});

	test.each(
		rowsOf<{
			readonly desc: string;
			readonly ipFamily: string;
			readonly service: ApiService | null;
			readonly expected: MapText<PortRow>;
		}>("topology/TestServiceToServiceMap.json"),
	)("ports of a Service: $desc", ({ ipFamily, service, expected }) => {
		const found = service === null ? {} : serviceMap([service], ipFamily === "IPv6" ? "ipv6" : "ipv4");
		// Upstream compares these fields and no others.
		const members = [
			"clusterIP",
			"port",
			"protocol",
			"healthCheckNodePort",
			"externalIPs",
			"loadBalancerSourceRanges",
		] as const;
		expect(portRows(found, members)).toEqual(portRows(asMap(expected), members));
	});

	test("a Service of a load balancer with a cluster IP is served (util.TestShouldSkipService)", () => {
		for (const row of rowsOf<{ readonly service: ApiService; readonly shouldSkip: boolean }>(
			"topology/util.TestShouldSkipService.json",
		)) {
			const ports = [{ port: 80 }];
			const service = looseService({ ...row.service, spec: { ...row.service.spec, ports } });
			expect(servicePortInfos(service, "ipv4").length === 0).toBe(row.shouldSkip);
		}
	});

	test.each(
		rowsOf<{
			readonly name: string;
			readonly requestFamily: string;
			readonly service: ApiService;
			readonly expectedResult: string;
		}>("topology/util.TestGetClusterIPByFamily.json"),
	)("the cluster IP of a family: $name", ({ requestFamily, service, expectedResult }) => {
		const loose = looseService({ ...service, spec: { ...service.spec, ports: [{ port: 80 }] } });
		const [info] = servicePortInfos(loose, requestFamily === "IPv6" ? "ipv6" : "ipv4");
		expect(info?.clusterIP ?? "").toBe(expectedResult);
	});
});

/** The last slice of a name counts. */
function overlaid(before: readonly ApiSlice[], after: readonly ApiSlice[]): readonly ApiSlice[] {
	return [...new Map([...before, ...after].map((slice) => [slice.metadata.name, slice])).values()];
}

describe.skipIf(!existsSync(CORPUS))("slices applied and pending", () => {
	interface Checkout {
		readonly appliedSlices: readonly ApiSlice[];
		readonly pendingSlices: readonly ApiSlice[];
		readonly expectedChanges: readonly {
			readonly previous: MapText<readonly EndpointRow[]>;
			readonly current: MapText<readonly EndpointRow[]>;
		}[];
	}

	test("a change is what was applied, and what is with the pending ones (TestCheckoutChanges)", () => {
		const rows = rowsOf<Checkout>("topology/TestCheckoutChanges.json");
		expect(rows.length).toBe(2);
		for (const row of rows) {
			const [change] = row.expectedChanges;
			const all = overlaid(row.appliedSlices, row.pendingSlices);
			expect(endpointRows(endpointsMap(row.appliedSlices, "ipv4", ""))).toEqual(endpointRows(asMap(change?.previous)));
			expect(endpointRows(endpointsMap(all, "ipv4", ""))).toEqual(endpointRows(asMap(change?.current)));
		}
	});

	interface Update {
		readonly startingSlices: readonly ApiSlice[];
		readonly paramEndpointSlice: ApiSlice;
		readonly paramRemoveSlice: boolean;
		readonly expectedReturnVal: boolean;
		readonly expectedCurrentChange: MapText<readonly EndpointRow[]> | null;
		readonly endpointsChangeTracker: { readonly nodeName: string };
	}

	test("a slice comes, or changes nothing (TestEndpointSliceUpdate)", () => {
		const rows = rowsOf<Update>("topology/TestEndpointSliceUpdate.json");
		expect(rows.length).toBe(3);
		for (const row of rows) {
			const { nodeName } = row.endpointsChangeTracker;
			const before = endpointRows(endpointsMap(row.startingSlices, "ipv4", nodeName));
			const after = endpointRows(
				endpointsMap(overlaid(row.startingSlices, [row.paramEndpointSlice]), "ipv4", nodeName),
			);
			expect(row.paramRemoveSlice).toBe(false);
			if (row.expectedReturnVal) expect(after).toEqual(endpointRows(asMap(row.expectedCurrentChange)));
			else expect(after).toEqual(before);
		}
	});

	test("a slice that says the same changes no endpoints (TestEsDataChanged)", () => {
		interface Changed {
			readonly initialSlice: ApiSlice;
			readonly updatedSlice: ApiSlice;
			readonly expectChanged: boolean;
		}
		for (const row of rowsOf<Changed>("topology/TestEsDataChanged.json")) {
			const [before, after] = [row.initialSlice, row.updatedSlice].map((slice) => endpointsMap([slice], "ipv4", ""));
			// Upstream also takes another order of ports for a change.
			if (!row.expectChanged) expect(after).toEqual(before);
		}
	});
});
