/** kubelet's resolv.conf for pods, policy by policy, and what does not fit. */
import { describe, expect, test } from "vitest";
import { formatManifestError } from "../kube/manifest-error.ts";
import { parseManifests } from "../kube/parse-manifests.ts";
import type { Pod } from "../kube/snapshot.ts";
import { ip } from "../wire/addr.ts";
import { type KubeletDns, podResolver } from "./pod-resolv-conf.ts";

const KUBELET: KubeletDns = {
	clusterDNS: [ip("10.96.0.10")],
	clusterDomain: "cluster.local",
	host: { nameservers: [ip("192.0.2.53")], searches: ["corp.example"], options: ["timeout:1"] },
};
const OWN = ["shop.svc.cluster.local", "svc.cluster.local", "cluster.local", "corp.example"];
const POD = { namespace: "shop", hostNetwork: false };

describe("a pod's resolv.conf", () => {
	test("by ClusterFirst, and when nothing is said, asks the cluster's server with the search path and ndots:5", () => {
		const wanted = { nameservers: ["10.96.0.10"], searches: OWN, options: ["ndots:5"], events: [] };
		expect(podResolver(POD, KUBELET)).toEqual(wanted);
		expect(podResolver({ ...POD, dnsPolicy: "ClusterFirst" }, KUBELET)).toEqual(wanted);
		expect(podResolver({ ...POD, hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" }, KUBELET)).toEqual(wanted);
	});

	test("in the host's network, and by Default, is the node's", () => {
		const wanted = { ...KUBELET.host, events: [] };
		expect(podResolver({ ...POD, hostNetwork: true }, KUBELET)).toEqual(wanted);
		expect(podResolver({ ...POD, dnsPolicy: "Default" }, KUBELET)).toEqual(wanted);
	});

	test("by None is what the pod says and nothing else", () => {
		const dnsConfig = { nameservers: [ip("192.0.2.1")], searches: ["a.example"], options: [{ name: "edns0" }] };
		expect(podResolver({ ...POD, dnsPolicy: "None", dnsConfig }, KUBELET)).toEqual({
			nameservers: ["192.0.2.1"],
			searches: ["a.example"],
			options: ["edns0"],
			events: [],
		});
	});

	test("adds dnsConfig to the policy's, once each, and its options win", () => {
		const options = [{ name: "ndots", value: "2" }, { name: "edns0" }];
		const dnsConfig = {
			nameservers: [ip("10.96.0.10"), ip("192.0.2.1")],
			searches: ["cluster.local", "x.example"],
			options,
		};
		expect(podResolver({ ...POD, dnsConfig }, KUBELET)).toMatchObject({
			nameservers: ["10.96.0.10", "192.0.2.1"],
			searches: [...OWN, "x.example"],
			options: ["ndots:2", "edns0"],
		});
	});

	test("falls back to the node's without cluster DNS, and says so", () => {
		const { events, ...settings } = podResolver(POD, { ...KUBELET, clusterDNS: [] });
		expect(settings).toEqual(KUBELET.host);
		expect(events).toEqual([expect.stringContaining("MissingClusterDNS")]);
	});

	test("keeps three servers, 32 search domains and 2048 characters, and says what it left out", () => {
		const nameservers = [1, 2, 3].map((k) => ip(`192.0.2.${k}`));
		const searches = Array.from({ length: 32 }, (_, k) => `${"a".repeat(60)}.${"b".repeat(10)}.s${k}`);
		const fitted = podResolver({ ...POD, dnsConfig: { nameservers, searches, options: [] } }, KUBELET);
		expect(fitted.nameservers).toEqual(["10.96.0.10", "192.0.2.1", "192.0.2.2"]);
		expect(fitted.searches.join(" ").length).toBeLessThanOrEqual(2048);
		expect(fitted.searches.length).toBeLessThan(32);
		expect(fitted.events.map((event) => event.slice(0, 37))).toEqual([
			"DNSConfigForming: Nameserver limits w",
			"DNSConfigForming: Search Line limits ",
		]);
	});
});

const NODE = `apiVersion: v1
kind: Node
metadata: {name: n}
spec: {podCIDR: 10.1.0.0/24}
status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}
---
`;

function read(dns: string): readonly Pod[] | readonly string[] {
	const text = `${NODE}apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {containers: [{name: c}], ${dns}}
`;
	const parsed = parseManifests([{ path: "p.yaml", text }]);
	return parsed.ok ? parsed.value.snapshot.pods : parsed.error.map(formatManifestError);
}

describe("dnsPolicy and dnsConfig in a manifest", () => {
	test("are read", () => {
		const dns =
			"dnsPolicy: None, dnsConfig: {nameservers: [10.0.0.1], searches: [a.b., .], options: [{name: ndots, value: '3'}]}";
		expect(read(dns)).toMatchObject([
			{
				dnsPolicy: "None",
				dnsConfig: { nameservers: ["10.0.0.1"], searches: ["a.b.", "."], options: [{ name: "ndots", value: "3" }] },
			},
		]);
	});

	test.each([
		["dnsPolicy: Cluster", "spec.dnsPolicy: expected ClusterFirstWithHostNet, ClusterFirst, Default or None"],
		["dnsPolicy: None", "spec.dnsConfig: must provide at least one DNS nameserver when `dnsPolicy` is None"],
		["dnsConfig: {nameservers: [a]}", "spec.dnsConfig.nameservers[0]: expected an IP address"],
		["dnsConfig: {nameservers: [1.1.1.1, 1.1.1.2, 1.1.1.3, 1.1.1.4]}", "expected at most 3 nameservers"],
		["dnsConfig: {searches: ['a b']}", "spec.dnsConfig.searches[0]: expected a domain name"],
		[`dnsConfig: {searches: [${"x.example, ".repeat(33)}]}`, "expected at most 32 search domains"],
		["dnsConfig: {options: [{value: '1'}]}", "spec.dnsConfig.options[0].name: missing; expected the option's name"],
		["dnsConfig: {server: [1.1.1.1]}", "spec.dnsConfig.server: unknown field"],
	])("are refused as the API server refuses them: %s", (dns, message) => {
		expect(read(dns)).toEqual([expect.stringContaining(message)]);
	});
});
