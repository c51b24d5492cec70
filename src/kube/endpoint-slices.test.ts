import { expect, test } from "vitest";
import { type IpAddr, ip } from "../wire/addr.ts";
import { deriveEndpointSlices, withPodIPs } from "./endpoint-slices.ts";
import { parseManifests } from "./parse-manifests.ts";
import type { EndpointSlice, KubeSnapshot } from "./snapshot.ts";

const NODE = `apiVersion: v1
kind: Node
metadata: {name: n1, labels: {topology.kubernetes.io/zone: zone-a}}
spec: {podCIDR: 10.1.0.0/16}
status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}
`;

function pod(name: string, { port = 80, status = "", meta = "" } = {}): string {
	return `---
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: web}${meta}}
spec: {containers: [{name: c, ports: [{name: http, containerPort: ${port}}]}]}
status: {${status}}
`;
}

function service(spec: string): string {
	return `---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {${spec}}
`;
}

function snapshotOf(...parts: readonly string[]): KubeSnapshot {
	const parsed = parseManifests([{ path: "a.yaml", text: NODE + parts.join("") }]);
	if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
	return parsed.value.snapshot;
}

function ips(...names: readonly string[]): ReadonlyMap<string, readonly IpAddr[]> {
	return new Map(names.map((name, k) => [`default/${name}`, [ip(`10.1.0.${k + 2}`)]]));
}

function addresses(slices: readonly EndpointSlice[]): readonly string[] {
	return slices.flatMap((slice) => slice.endpoints.flatMap((endpoint) => endpoint.addresses));
}

const WEB = service("selector: {app: web}, ports: [{port: 80, targetPort: http}]");

test("a Service's slice has the pods that it selects, with the port that the name stands for in each", () => {
	const snapshot = withPodIPs(snapshotOf(pod("a"), pod("b"), WEB), ips("a", "b"));
	expect(snapshot.endpointSlices).toHaveLength(1);
	expect(snapshot.endpointSlices[0]).toMatchObject({
		service: "web",
		family: "ipv4",
		ports: [{ name: "", protocol: "TCP", port: 80 }],
	});
	expect(snapshot.endpointSlices[0]?.name).toMatch(/^web-[a-z0-9]{5}$/);
	expect(snapshot.endpointSlices[0]?.endpoints[0]).toEqual({
		addresses: ["10.1.0.2"],
		ready: true,
		serving: true,
		terminating: false,
		nodeName: "n1",
		zone: "zone-a",
		targetRef: "Pod default/a",
	});
	expect(snapshot.pods[1]?.podIPs).toEqual(["10.1.0.3"]);
});

test("pods that give the name to different numbers are in different slices", () => {
	const slices = deriveEndpointSlices(snapshotOf(pod("a"), pod("b", { port: 8080 }), WEB), ips("a", "b"));
	expect(slices.map(({ ports }) => ports[0]?.port)).toEqual([80, 8080]);
});

test("a pod without an address is in no slice", () => {
	expect(addresses(deriveEndpointSlices(snapshotOf(pod("a"), pod("b"), WEB), ips("a")))).toEqual(["10.1.0.2"]);
});

test("a Service that selects no pods has one empty slice", () => {
	const slices = deriveEndpointSlices(snapshotOf(WEB));
	expect(slices.map(({ ports, endpoints }) => ({ ports, endpoints }))).toEqual([{ ports: [], endpoints: [] }]);
});

test("an unready pod is listed as not ready, unless the Service publishes such addresses", () => {
	const unready = pod("a", { status: 'conditions: [{type: Ready, status: "False"}]' });
	const [slice] = deriveEndpointSlices(snapshotOf(unready, WEB), ips("a"));
	expect(slice?.endpoints[0]).toMatchObject({ ready: false, serving: false, terminating: false });
	const all = service("selector: {app: web}, publishNotReadyAddresses: true, ports: [{port: 80}]");
	const [published] = deriveEndpointSlices(snapshotOf(unready, all), ips("a"));
	expect(published?.endpoints[0]).toMatchObject({ ready: true, serving: false });
});

test("a terminating pod serves but is not ready", () => {
	const going = pod("a", { meta: ", deletionTimestamp: 2026-01-01T00:00:00Z" });
	const [slice] = deriveEndpointSlices(snapshotOf(going, WEB), ips("a"));
	expect(slice?.endpoints[0]).toMatchObject({ ready: false, serving: true, terminating: true });
});

test("a slice has at most 100 endpoints", () => {
	const names = Array.from({ length: 250 }, (_, k) => `p${k}`);
	const slices = deriveEndpointSlices(snapshotOf(...names.map((name) => pod(name)), WEB), ips(...names));
	expect(slices.map(({ endpoints }) => endpoints.length)).toEqual([100, 100, 50]);
	expect(new Set(slices.map(({ name }) => name)).size).toBe(3);
});

test("slices that the manifests give stand in place of derived ones", () => {
	const given = `---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-abc, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{port: 8080}]
endpoints: [{addresses: [10.9.9.9], conditions: {ready: false}, nodeName: n1, hints: {forZones: [{name: zone-a}]}}]
`;
	const slices = deriveEndpointSlices(snapshotOf(pod("a"), WEB, given), ips("a"));
	expect(slices).toHaveLength(1);
	expect(slices[0]?.endpoints).toEqual([
		{ addresses: ["10.9.9.9"], ready: false, serving: false, terminating: false, nodeName: "n1", forZones: ["zone-a"] },
	]);
});
