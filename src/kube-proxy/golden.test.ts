/** Every golden of the real kube-proxy 1.36.2, both families, compared chain for chain and rule for rule. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { formatRule, parseIptablesSave } from "../formats/iptables-save.ts";
import type { KernelObject } from "../kernel/objects.ts";
import { parseManifests } from "../kube/parse-manifests.ts";
import type { NodeFacts } from "../kube/snapshot.ts";
import { cidr, type IpFamily } from "../wire/addr.ts";
import type { KubeProxyConfig } from "./config.ts";
import { desiredIptables } from "./iptables.ts";

const GOLDEN = new URL("../../../shared/golden/", import.meta.url);

interface GoldenConfig {
	readonly clusterCIDR: string;
	readonly masqueradeAll: boolean;
	readonly nodePortAddresses: string;
	readonly hostname: string;
	readonly masqueradeBit: number;
}

function read(golden: string, file: string): string {
	return readFileSync(new URL(`${golden}/${file}`, GOLDEN), "utf8");
}

function list(text: string): readonly string[] {
	return text === "" ? [] : text.split(",");
}

function desired(golden: string, family: IpFamily): readonly KernelObject[] {
	const path = `${golden}/objects.json`;
	const parsed = parseManifests([{ path, text: read(golden, "objects.json") }]);
	if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
	const { snapshot } = parsed.value;
	const config: GoldenConfig = JSON.parse(read(golden, "config.json"));
	const node = snapshot.nodes.find((candidate) => candidate.name === config.hostname);
	const facts: NodeFacts = { name: config.hostname, nodeIPs: node?.internalIPs ?? [] };
	const proxy: KubeProxyConfig = {
		families: [family],
		clusterCIDRs: list(config.clusterCIDR).map(cidr),
		masqueradeAll: config.masqueradeAll,
		masqueradeBit: config.masqueradeBit,
		nodePortAddresses: config.nodePortAddresses === "primary" ? "primary" : list(config.nodePortAddresses).map(cidr),
	};
	return desiredIptables(snapshot, facts, proxy);
}

/** Chain → its rules as text. Jumps in built-in chains are put where `position: 1` puts them. */
function chainsOf(objects: readonly KernelObject[]): Map<string, readonly string[]> {
	const chains = new Map<string, readonly string[]>();
	for (const object of objects) {
		if (object.kind === "xt-chain") {
			expect(chains.has(`${object.table} ${object.chain}`)).toBe(false);
			chains.set(
				`${object.table} ${object.chain}`,
				object.rules.map((rule) => formatRule(rule)),
			);
		}
		if (object.kind === "xt-rule") {
			const key = `${object.table} ${object.chain}`;
			chains.set(key, [formatRule(object.rule), ...(chains.get(key) ?? [])]);
		}
	}
	return chains;
}

function goldenChains(text: string, family: IpFamily): Map<string, readonly string[]> {
	const parsed = parseIptablesSave(text, { family });
	if (!parsed.ok) throw new Error(parsed.error.message);
	const chains = new Map<string, readonly string[]>();
	for (const table of parsed.value.tables) {
		for (const chain of table.chains) {
			if (chain.policy !== undefined && chain.rules.length === 0) continue;
			chains.set(
				`${table.name} ${chain.name}`,
				chain.rules.map((rule) => formatRule(rule)),
			);
		}
	}
	return chains;
}

/** Upstream walks over the Services in a random order: within a shared chain only each Service's own order counts. */
function byService(rules: readonly string[]): readonly string[] {
	const key = (rule: string): string => /--comment "([^ "]*)/.exec(rule)?.[1] ?? "";
	return rules
		.map((rule, at) => ({ rule, at, key: key(rule).includes("/") ? key(rule) : "~" }))
		.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.at - b.at))
		.map(({ rule }) => rule);
}

const SHARED = /KUBE-(SERVICES|NODEPORTS|EXTERNAL-SERVICES|PROXY-FIREWALL)$/;

function normal(chains: ReadonlyMap<string, readonly string[]>): Readonly<Record<string, readonly string[]>> {
	const sorted = [...chains].sort(([a], [b]) => (a < b ? -1 : 1));
	return Object.fromEntries(sorted.map(([name, rules]) => [name, SHARED.test(name) ? byService(rules) : rules]));
}

const goldens = existsSync(GOLDEN) ? readdirSync(GOLDEN).filter((name) => /^\d+$/.test(name)) : [];

describe.skipIf(goldens.length === 0)("the shared goldens of kube-proxy 1.36.2 (../shared/golden)", () => {
	test("all twenty are there", () => {
		expect(goldens.length).toBe(20);
	});

	test.each(goldens)("%s: iptables-save is the same, rule for rule", (golden) => {
		const text = read(golden, "iptables-save.txt");
		expect(normal(chainsOf(desired(golden, "ipv4")))).toEqual(normal(goldenChains(text, "ipv4")));
	});

	test.each(goldens)("%s: ip6tables-save is the same, rule for rule", (golden) => {
		const text = read(golden, "ip6tables-save.txt");
		expect(normal(chainsOf(desired(golden, "ipv6")))).toEqual(normal(goldenChains(text, "ipv6")));
	});

	test.each(goldens)("%s: rules are in the form in which the parser gives back what the kernel lists", (golden) => {
		const families = [
			{ family: "ipv4", file: "iptables-save.txt" },
			{ family: "ipv6", file: "ip6tables-save.txt" },
		] as const;
		for (const { family, file } of families) {
			const parsed = parseIptablesSave(read(golden, file), { family });
			if (!parsed.ok) throw new Error(parsed.error.message);
			const known = new Map<string, unknown>();
			for (const rule of parsed.value.tables.flatMap((table) => table.chains.flatMap((chain) => chain.rules))) {
				known.set(formatRule(rule), { matches: rule.matches, target: rule.target });
			}
			const chains = desired(golden, family).filter((object) => object.kind === "xt-chain");
			const rules = chains.flatMap((chain) => chain.rules.map(({ matches, target }) => ({ matches, target })));
			expect(rules).toEqual(rules.map((rule) => known.get(formatRule(rule))));
		}
	});
});
