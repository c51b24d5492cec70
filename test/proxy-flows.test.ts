/**
 * Upstream's packet flows (../shared/corpus/kube-proxy-iptables), run through the simulated kernel: our rules are loaded on a
 * node, and each packet, sent from where its source is, must come out where upstream's tracer says.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseRule } from "../src/formats/iptables-save.ts";
import type { KernelObject } from "../src/kernel/objects.ts";
import type { Rule, TableName } from "../src/kernel/xtables.ts";
import { jumpRules } from "../src/kube-proxy/static-rules.ts";
import { type IpAddr, ip } from "../src/wire/addr.ts";
import { type Objects, objectsOf, proxierOf, type Step, snapshotOf } from "./proxy-corpus.ts";
import { ProxyNode } from "./proxy-node.ts";

const FOLDER = new URL("../../shared/corpus/kube-proxy-iptables/", import.meta.url);
/** So often is each packet sent, from different ports: every endpoint of three is met (but once in 10^9 times). */
const TRIES = 60;

interface Flow {
	readonly name: string;
	readonly sourceIP: string;
	readonly protocol: string;
	readonly destIP: string;
	readonly destPort: number;
	readonly expect: { readonly outputs: readonly string[]; readonly masq: boolean };
}

interface FlowStep extends Step {
	readonly flowGroups?: readonly { readonly localIPs: readonly string[] | null; readonly flows: readonly Flow[] }[];
}

interface Case {
	readonly name: string;
	readonly steps?: readonly FlowStep[];
}

/** A packet with rules to meet. */
interface Played {
	readonly title: string;
	readonly flow: Flow;
	readonly locals: readonly IpAddr[];
	readonly objects: readonly KernelObject[];
}

function cases(file: string): readonly Case[] {
	return JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")).cases;
}

function playedOf({ name, steps = [] }: Case): readonly Played[] {
	const result: Played[] = [];
	let objects: Objects = { services: [], endpointSlices: [] };
	for (const step of steps) {
		if (step.kind === "sync") objects = objectsOf(step, objects);
		if (step.flowGroups === undefined) continue;
		const rules = step.kind === "static" ? staticObjects(step) : proxierOf(step).desired(snapshotOf(step, objects));
		for (const { localIPs, flows } of step.flowGroups) {
			const locals = (localIPs ?? []).filter((text) => !text.includes(":")).map(ip);
			for (const flow of flows) {
				result.push({ title: `${name} ${step.index}: ${flow.name}`, flow, locals, objects: rules });
			}
		}
	}
	return result;
}

/** The rules that are given as a dump, whose jumps have comments without quotes: kube-proxy's own jumps stand for them. */
function staticObjects({ dump }: FlowStep): readonly KernelObject[] {
	const chains = new Map<string, { readonly table: TableName; readonly chain: string; readonly rules: Rule[] }>();
	for (const [name, text] of Object.entries(dump ?? {})) {
		const table = name === "nat" || name === "filter" ? name : "mangle";
		for (const line of text.split("\n")) {
			const chain = /^(?::|-A )(KUBE-\S+)/.exec(line)?.[1];
			if (chain === undefined) continue;
			const made = chains.get(`${table} ${chain}`) ?? { table, chain, rules: [] };
			chains.set(`${table} ${chain}`, made);
			if (line.startsWith(":")) continue;
			const rule = parseRule(line.slice(`-A ${chain} `.length), "ipv4");
			if (!rule.ok) throw new Error(`${line}: ${rule.error.message}`);
			made.rules.push(rule.value);
		}
	}
	const jumps = jumpRules("ipv4");
	return [
		// All chains first, then their rules, as iptables-restore makes them.
		...[...chains.values()].map((chain): KernelObject => ({ kind: "xt-chain", family: "ipv4", ...chain, rules: [] })),
		...[...chains.values()].map((chain): KernelObject => ({ kind: "xt-chain", family: "ipv4", ...chain })),
		...jumps,
	];
}

const files = existsSync(FOLDER) ? readdirSync(FOLDER) : [];
const played = files.flatMap((file) => cases(file).flatMap(playedOf));

describe.skipIf(files.length === 0)("upstream's flows", () => {
	test("there are 161 of them", () => {
		expect(played.length).toBe(161);
	});

	test.each(played)("$title", async ({ flow, locals, objects }) => {
		expect(flow.protocol).toBe("tcp");
		const node = await ProxyNode.create(locals, objects);
		const reached = new Set<string>();
		const masquerades = new Set<boolean>();
		for (let k = 0; k < TRIES; k += 1) {
			const ends = { src: ip(flow.sourceIP), sport: 20_000 + k, dst: ip(flow.destIP), dport: flow.destPort };
			const { to, masquerade } = await node.send(ends);
			if (to !== undefined) reached.add(to);
			masquerades.add(masquerade);
		}
		expect([...reached].sort()).toEqual([...flow.expect.outputs].sort());
		expect([...masquerades]).toEqual([flow.expect.masq]);
	});
});
