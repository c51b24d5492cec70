/** Upstream's own test cases (kube-proxy 1.36.2): what its fake iptables holds after each sync, and endpoint categories. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Objects, objectsOf, proxierOf, type Step, snapshotOf } from "../../test/proxy-corpus.ts";
import { CORPUS, casesOf, type EndpointRow } from "../../test/proxy-corpus-rows.ts";
import { compareText } from "../base/compare-text.ts";
import { formatRule, parseRule } from "../formats/iptables-save.ts";
import { type IpFamily, ip } from "../wire/addr.ts";
import { categorizeEndpoints } from "./categorize-endpoints.ts";
import type { ProxyEndpoint } from "./endpoints.ts";
import type { IptablesProxier } from "./iptables.ts";
import { isServiceChainName } from "./names.ts";

const BUILTIN = /^(PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING)$/;

/** `table chain` → rules as iptables-save would print them; built-in chains left out. */
function dumpChains(dump: Readonly<Record<string, string>>, family: IpFamily): Map<string, string[]> {
	const chains = new Map<string, string[]>();
	for (const [table, text] of Object.entries(dump)) {
		for (const line of text.split("\n")) {
			const chain = /^(?::|-A )(\S+)/.exec(line)?.[1];
			if (chain === undefined || BUILTIN.test(chain)) continue;
			const rules = chains.get(`${table} ${chain}`) ?? [];
			chains.set(`${table} ${chain}`, rules);
			if (line.startsWith(":")) continue;
			const rule = parseRule(line.slice(`-A ${chain} `.length), family);
			if (!rule.ok) throw new Error(`${line}: ${rule.error.message}`);
			rules.push(formatRule(rule.value));
		}
	}
	return chains;
}

function byService(name: string, rules: readonly string[]): readonly string[] {
	if (!/KUBE-(SERVICES|NODEPORTS|EXTERNAL-SERVICES|PROXY-FIREWALL)$/.test(name)) return rules;
	const key = (rule: string): string => /--comment "([^ "]*\/[^ "]*)/.exec(rule)?.[1] ?? "~";
	return [...rules].sort((a, b) => compareText(key(a), key(b)));
}

function checkStep(step: Step, objects: Objects, proxier: IptablesProxier): void {
	const family: IpFamily = step.config.ipFamily === "IPv4" ? "ipv4" : "ipv6";
	const dumped = dumpChains(step.dump ?? {}, family);
	for (const object of proxier.desired(snapshotOf(step, objects))) {
		if (object.kind !== "xt-chain") continue;
		const name = `${object.table} ${object.chain}`;
		if (object.chain === "KUBE-PROXY-CANARY") continue;
		const wanted = dumped.get(name);
		dumped.delete(name);
		const rules = object.rules.map((rule) => formatRule(rule));
		expect(byService(name, rules), `${name}, step ${step.index}`).toEqual(byService(name, wanted ?? []));
	}
	// What is left are chains of Services that are gone, which upstream deletes later.
	for (const name of dumped.keys()) expect(isServiceChainName(name.split(" ")[1] ?? ""), name).toBe(true);
}

const FOLDER = new URL("kube-proxy-iptables/", CORPUS);
const files = existsSync(FOLDER) ? readdirSync(FOLDER) : [];

describe.skipIf(files.length === 0)("upstream's syncs (../shared/corpus/kube-proxy-iptables)", () => {
	let steps = 0;

	test.each(files)("%s: the chains are those that upstream wrote", (file) => {
		const { cases } = JSON.parse(readFileSync(new URL(file, FOLDER), "utf8"));
		for (const { steps: all } of cases) {
			let settings = "";
			let proxier: IptablesProxier | undefined;
			let objects: Objects = { services: [], endpointSlices: [] };
			for (const step of (all ?? []) as readonly Step[]) {
				if (step.kind !== "sync") continue;
				objects = objectsOf(step, objects);
				if (!step.dump || step.syncError) continue;
				const now = JSON.stringify(step.config);
				if (proxier === undefined || now !== settings) proxier = proxierOf(step);
				settings = now;
				checkStep(step, objects, proxier);
				steps += 1;
			}
		}
	});

	test("these were many", () => {
		expect(steps).toBeGreaterThan(55);
	});
});

function proxyEndpoint(row: EndpointRow): ProxyEndpoint {
	return {
		...row,
		ip: ip("192.0.2.1"),
		port: 80,
		text: row.endpoint,
		zoneHints: row.zoneHints ?? [],
		nodeHints: row.nodeHints ?? [],
	};
}

const CATEGORIES = casesOf<{ readonly name: string }>("topology/TestCategorizeEndpoints.json");

describe.skipIf(!existsSync(CORPUS))("upstream's endpoint categories (../shared/corpus/topology)", () => {
	test.each(CATEGORIES)("$name", (row) => {
		const { input, expect: wanted } = row as unknown as {
			input: {
				endpoints: readonly EndpointRow[] | null;
				nodeLabels: Readonly<Record<string, string>> | null;
				nodeName: string;
				serviceInfo: { internalPolicyLocal: boolean; externalPolicyLocal: boolean; nodePort: number };
			};
			expect: {
				clusterEndpoints: readonly string[] | null;
				localEndpoints: readonly string[] | null;
				allEndpoints: readonly string[] | null;
				onlyRemoteEndpoints: boolean;
			};
		};
		const zone = input.nodeLabels?.["topology.kubernetes.io/zone"];
		const info = { ...input.serviceInfo, loadBalancerVIPs: [], externalIPs: [] };
		const topology = { nodeName: input.nodeName, ...(zone === undefined ? {} : { zone }) };
		const result = categorizeEndpoints((input.endpoints ?? []).map(proxyEndpoint), info, topology);
		const names = (endpoints: readonly ProxyEndpoint[]): readonly string[] => endpoints.map(({ text }) => text).sort();
		expect(names(result.cluster)).toEqual([...(wanted.clusterEndpoints ?? [])].sort());
		expect(names(result.local)).toEqual([...(wanted.localEndpoints ?? [])].sort());
		const all = wanted.allEndpoints ?? [...(wanted.clusterEndpoints ?? wanted.localEndpoints ?? [])];
		expect(names(result.allReachable)).toEqual([...all].sort());
		expect(result.hasAny && result.allReachable.length === 0).toBe(wanted.onlyRemoteEndpoints);
	});
});
