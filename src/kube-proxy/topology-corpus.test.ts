/** Upstream's tables for what no proxy mode owns: node port addresses, endpoints out of slices (../shared/corpus/topology). */
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CORPUS, type EndpointRow, endpointRow, plainEndpointRow, rowsOf } from "../../test/proxy-corpus-rows.ts";
import { parseManifests } from "../kube/parse-manifests.ts";
import type { NodeFacts } from "../kube/snapshot.ts";
import { cidr, ip } from "../wire/addr.ts";
import { endpointsOfPort, slicesByService } from "./endpoints.ts";
import { containsIpv4Loopback, nodePortAddresses } from "./node-port-addresses.ts";

interface NodeIPsRow {
	readonly name: string;
	readonly cidrs: readonly string[];
	readonly itfAddrsPairs: readonly { readonly addrs: readonly string[] }[];
	readonly expected: Readonly<Record<string, { readonly ips: readonly string[] | null; readonly matchAll: boolean }>>;
}

interface LoopbackRow {
	readonly name: string;
	readonly cidrStrings: readonly string[] | null;
	readonly want: boolean;
}

interface SlicesRow {
	readonly name: string;
	readonly hostname: string;
	readonly namespacedName: string;
	readonly endpointSlices: readonly { readonly metadata: { readonly name: string } }[];
	readonly expectedMap:
		| readonly {
				readonly key: { readonly Port: string; readonly Protocol: string };
				readonly value: readonly EndpointRow[];
		  }[]
		| Readonly<Record<string, never>>;
}

describe.skipIf(!existsSync(CORPUS))("upstream's tables", () => {
	test.each(rowsOf<NodeIPsRow>("topology/util.TestGetNodeIPs.json"))(
		"node port addresses: $name",
		({ cidrs, itfAddrsPairs, expected }) => {
			const interfaceAddresses = itfAddrsPairs.flatMap(({ addrs }) => addrs.map((text) => cidr(text).addr));
			const facts: NodeFacts = { name: "n", nodeIPs: [], interfaceAddresses };
			const config = { nodePortAddresses: cidrs.map(cidr) };
			for (const [name, { ips, matchAll }] of Object.entries(expected)) {
				const result = nodePortAddresses(config, facts, name === "IPv4" ? "ipv4" : "ipv6");
				expect(result.all).toBe(matchAll);
				if (!result.all) expect([...result.addresses]).toEqual(ips);
			}
		},
	);

	test.each(rowsOf<LoopbackRow>("topology/util.TestContainsIPv4Loopback.json"))(
		"loopback: $name",
		({ cidrStrings, want }) => {
			const facts: NodeFacts = { name: "n", nodeIPs: [ip("192.168.0.1")] };
			expect(containsIpv4Loopback({ nodePortAddresses: (cidrStrings ?? []).map(cidr) }, facts)).toBe(want);
		},
	);

	test.each(rowsOf<SlicesRow>("topology/TestEndpointsMapFromESC.json"))("endpoints of slices: $name", (row) => {
		// Upstream's cache keeps the last slice of a name.
		const items = [...new Map(row.endpointSlices.map((slice) => [slice.metadata.name, slice])).values()];
		const parsed = parseManifests([{ path: "row", text: JSON.stringify({ apiVersion: "v1", kind: "List", items }) }]);
		if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
		const slices = slicesByService(parsed.value.snapshot.endpointSlices).get(row.namespacedName) ?? [];
		const wanted = Array.isArray(row.expectedMap) ? row.expectedMap : [];
		const ports = new Set(slices.flatMap((slice) => slice.ports.map(({ name }) => name)));
		expect(ports).toEqual(new Set(wanted.map(({ key }: { key: { Port: string } }) => key.Port)));
		for (const { key, value } of wanted) {
			const endpoints = endpointsOfPort(slices, { portName: key.Port, protocol: "tcp" }, row.hostname);
			expect(endpoints.map(endpointRow).map(plainEndpointRow)).toEqual(value.map(plainEndpointRow));
		}
	});
});
