/** What is kube-proxy's to take away from a node, and what it leaves: upstream's case (../shared/corpus). */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { PROXY_MODES } from "../src/cluster/proxy-mode.ts";
import { formatRule, parseRule } from "../src/formats/iptables-save.ts";
import type { XtChain } from "../src/kernel/objects.ts";
import { BUILTIN_CHAINS, type Rule, type TableName } from "../src/kernel/xtables.ts";
import { diff } from "../src/reconcile/diff.ts";
import { SimKernel } from "../src/sim/sim-kernel.ts";

const CASE = new URL("../../shared/corpus/kube-proxy-iptables/TestCleanupLeftovers.json", import.meta.url);
const TABLES: readonly TableName[] = ["filter", "nat", "mangle"];

/** The fake's dump, in which some comments stand without quotes. */
function chainsOf(dump: Readonly<Record<string, string>>): readonly XtChain[] {
	return TABLES.flatMap((table) => {
		const chains = new Map<string, Rule[]>();
		for (const line of (dump[table] ?? "").split("\n")) {
			const [, chain = "", words] = /^(?::|-A )(\S+) ?(.*)$/.exec(line) ?? [];
			if (chain === "" || words === undefined) continue;
			const rules = chains.get(chain) ?? [];
			chains.set(chain, rules);
			if (line.startsWith(":")) continue;
			const isJump = !chain.startsWith("KUBE-");
			const quoted = isJump ? words.replace(/--comment ([^"].*?) -j /, '--comment "$1" -j ') : words;
			const rule = parseRule(quoted, "ipv4");
			if (!rule.ok) throw new Error(`${line}: ${rule.error.message}`);
			rules.push(rule.value);
		}
		return [...chains].map(([chain, rules]): XtChain => ({ kind: "xt-chain", family: "ipv4", table, chain, rules }));
	});
}

function texts(chains: readonly XtChain[]): readonly string[] {
	const isEmptyBuiltin = ({ table, chain, rules }: XtChain): boolean =>
		rules.length === 0 && BUILTIN_CHAINS[table].some((hook) => hook === chain);
	const lines = chains
		.filter((chain) => !isEmptyBuiltin(chain))
		.flatMap(({ table, chain, rules }) => [
			`${table} ${chain}`,
			...rules.map(({ matches, target }) => `${table} ${formatRule({ matches, target }, chain)}`),
		]);
	return lines.sort();
}

describe.skipIf(!existsSync(CASE))("kube-proxy --cleanup", () => {
	test("all of kube-proxy's goes; the kubelet's chains, the one both have, and others' rules stay", async () => {
		const { cases } = JSON.parse(readFileSync(CASE, "utf8"));
		const [{ dumpBefore, dump }] = cases[0].steps;
		const kernel = new SimKernel({ seed: 1 });
		await kernel.addNetns("node");
		const chains = chainsOf(dumpBefore);
		const made = await kernel.apply("node", [
			...chains.map((object) => ({ verb: "replace", object: { ...object, rules: [] } }) as const),
			...chains.map((object) => ({ verb: "replace", object }) as const),
		]);
		if (!made.ok) throw new Error(made.error.message);
		const actual = await kernel.dump("node", ["xt-chain"]);
		if (!actual.ok) throw new Error(actual.error.message);
		const cleaned = await kernel.apply(
			"node",
			diff(actual.value, [], (object) => PROXY_MODES.iptables.owns(object, {})),
		);
		if (!cleaned.ok) throw new Error(cleaned.error.message);
		const after = await kernel.dump("node", ["xt-chain"]);
		if (!after.ok) throw new Error(after.error.message);
		expect(texts(after.value.filter((object) => object.kind === "xt-chain"))).toEqual(texts(chainsOf(dump)));
		expect(chains.length).toBeGreaterThan(20);
	});
});
