/**
 * Upstream's cases of portmap: its chains rule for rule, its configuration, and a container behind ptp whose port is reached
 * through the simulated kernel.
 */
import { describe, expect, test } from "vitest";
import { type CorpusCall, callsOf, corpusCases } from "../../test/corpus/cni-corpus.ts";
import { CniStage, comparable, HOST, recordedState } from "../../test/corpus/cni-stage.ts";
import { formatRule, parseRule } from "../formats/iptables-save.ts";
import type { Match, Rule } from "../kernel/xtables.ts";
import { httpGet } from "../programs/http-get.ts";
import { httpServer } from "../programs/http-server.ts";
import { cidr, familyOf, type IpFamily, ip } from "../wire/addr.ts";
import { type ConfError, JsonReader } from "./json-reader.ts";
import { parseNetworkList } from "./network-list.ts";
import { parseResult } from "./parse-result.ts";
import {
	containerAddress,
	dnatChain,
	dnatChainName,
	markChains,
	type PortmapRequest,
	topLevelChain,
} from "./plugins/portmap.ts";
import { type PortmapConf, parsePortmapConf } from "./plugins/portmap-conf.ts";
import { type RuleChain, setUpChain, tearDownChain } from "./plugins/rule-chain.ts";
import type { JsonObject } from "./result.ts";
import { addNetworkList, type CachedAttachment, delNetworkList } from "./runtime.ts";

const ORIGIN = { by: "cni", for: "container test" } as const;
/** Upstream's test has conditions that are no options of iptables; these stand in their place. */
const STAND_INS: Readonly<Record<string, readonly string[]>> = {
	"-a b": ["-s", "198.51.100.1"],
	"-c d": ["-s", "2001:db8:99::1"],
};

function readPortmap(config: JsonObject): PortmapConf | string {
	const errors: ConfError[] = [];
	const conf = parsePortmapConf(new JsonReader(config, "$", errors));
	return errors[0]?.message ?? conf ?? "nothing";
}

function lines(rules: readonly Rule[], chain: string): readonly string[] {
	return rules.map((rule) => formatRule(rule, chain));
}

/** Upstream's words as iptables would keep them. */
function keptLines(
	words: readonly (readonly string[])[],
	{ chain, family }: { chain: string; family: IpFamily },
): readonly string[] {
	return words.map((rule) => {
		const tail = rule.slice(-2).join(" ");
		const standIn = STAND_INS[tail];
		const parsed = parseRule(standIn === undefined ? rule : [...rule.slice(0, -2), ...standIn], family);
		if (!parsed.ok) throw new Error(`${rule.join(" ")}: ${parsed.error.message}`);
		return formatRule(parsed.value, chain);
	});
}

function requestOf(config: CorpusCall["config"]): PortmapRequest {
	const conf = readPortmap({
		snat: config.SNAT,
		masqAll: config.MasqAll,
		conditionsV4: STAND_INS["-a b"],
		conditionsV6: STAND_INS["-c d"],
		runtimeConfig: {
			portMappings: config.RuntimeConfig.PortMaps.map((mapping: CorpusCall["mapping"]) => ({
				hostPort: mapping.HostPort,
				containerPort: mapping.ContainerPort,
				protocol: mapping.Protocol,
				hostIP: mapping.HostIP,
			})),
		},
	});
	if (typeof conf === "string") throw new Error(conf);
	const runtime = { containerId: config.ContainerID, netns: "c", ifName: "eth0", hostNetns: HOST };
	return { network: config.Name, conf, runtime };
}

describe("chains", () => {
	test.each(callsOf("portmap", "genDnatChain"))("$name", ({ call }) => {
		expect(dnatChainName(call["netName"], call["containerID"])).toBe(call["chain"].name);
	});

	test.each(callsOf("portmap", "fillDnatRules"))("$name", ({ call }) => {
		const address = cidr(call["containerNet"]);
		const family = familyOf(address.addr);
		const chain = dnatChain(requestOf(call["config"]), address);
		const want = call["chainAfter"];
		expect(chain).toMatchObject({ name: want.name, table: want.table, entryChains: want.entryChains });
		expect(lines(chain.rules, chain.name)).toEqual(keptLines(want.rules, { chain: want.name, family }));
		const entries = chain.entries.map((matches): Rule => ({ matches, target: { kind: "jump", chain: chain.name } }));
		const wantEntries = want.entryRules.map((rule: readonly string[]) => rule);
		expect(lines(entries, "E").map((line) => line.replace(/ -j \S+$/, ""))).toEqual(
			keptLines(wantEntries, { chain: "E", family }),
		);
	});

	const base: PortmapRequest = {
		network: "n",
		conf: withBit(13),
		runtime: { containerId: "c", netns: "c", ifName: "eth0", hostNetns: HOST },
	};

	function expectChain(chain: RuleChain | undefined, want: CorpusCall["chain"]): void {
		if (chain === undefined) throw new Error("no chain");
		const { family } = chain;
		expect(chain).toMatchObject({ name: want.name, table: want.table, entryChains: want.entryChains ?? [] });
		expect(chain.prependEntries ?? false).toBe(want.prependEntry);
		expect(lines(chain.rules, want.name)).toEqual(keptLines(want.rules ?? [], { chain: want.name, family }));
		const entries = chain.entries.map((matches): Rule => ({ matches, target: { kind: "none" } }));
		expect(lines(entries, "E")).toEqual(keptLines(want.entryRules ?? [], { chain: "E", family }));
	}

	test.each(callsOf("portmap", "genToplevelDnatChain"))("$name", ({ call }) => {
		expectChain(topLevelChain(base, "ipv4"), call["chain"]);
	});

	test.each(callsOf("portmap", "genSetMarkChain"))("$name: the mark", ({ call }) => {
		expectChain(markChains({ ...base, conf: withBit(call["markBit"]) }, "ipv4")[0], call["chain"]);
	});

	test.each(callsOf("portmap", "genMarkMasqChain"))("$name: the masquerading", ({ call }) => {
		expectChain(markChains({ ...base, conf: withBit(call["markBit"]) }, "ipv4")[1], call["chain"]);
	});
});

function withBit(markMasqBit: number): PortmapConf {
	const conf = readPortmap({ markMasqBit });
	if (typeof conf === "string") throw new Error(conf);
	return conf;
}

describe("chains are made and removed", () => {
	const cases = corpusCases("portmap").filter(({ events }) => events.some(({ op }) => op === "chain.setup"));
	test.each(cases)("$name", async ({ name, events }) => {
		const stage = await CniStage.open([]);
		const [entry] = events[0]?.["chain"].entryChains ?? [];
		const canary: Rule = { matches: [{ kind: "comment", text: "canary value" }], target: { kind: "accept" } };
		const rules = name.includes("creates and destroys") ? [canary] : [];
		const before = await stage.kernel.apply(HOST, [
			{ verb: "add", object: { kind: "xt-chain", family: "ipv4", table: "filter", chain: entry, rules } },
		]);
		expect(before.ok).toBe(true);
		for (const { op, chain, kernelStateAfter, error } of events) {
			const own = ruleChain(chain);
			const dumped = await stage.kernel.dump(HOST, ["xt-chain"]);
			const chains = dumped.ok ? dumped.value.filter((object) => object.kind === "xt-chain") : [];
			const ops = op === "chain.setup" ? setUpChain(own) : tearDownChain(own, chains);
			const applied = await stage.kernel.apply(HOST, ops);
			expect(applied.ok).toBe(error === null);
			expect(await stage.state(HOST)).toEqual(recordedState(kernelStateAfter.host));
		}
	});

	function ruleChain({ name, entryChains, entryRules, rules, table }: CorpusCall["chain"]): RuleChain {
		const parsed = (words: readonly string[]): Rule => {
			const rule = parseRule(words, "ipv4");
			if (!rule.ok) throw new Error(rule.error.message);
			return rule.value;
		};
		const entries: readonly (readonly Match[])[] = entryRules.map((words: readonly string[]) => parsed(words).matches);
		return { family: "ipv4", table, name, entryChains, entries, rules: rules.map(parsed), origin: ORIGIN };
	}
});

describe("configuration", () => {
	test.each(callsOf("portmap", "parseConfig"))("$name", ({ call }) => {
		const { config, parsedConfig: want } = call;
		const conf = readPortmap(config);
		if (call["error"] !== null) {
			expect(conf).toBe(call["error"]);
			return;
		}
		if (config.backend === "nftables") {
			expect(conf).toBe("portmap backend nftables is not modelled (iptables is)");
			return;
		}
		// Those that are no options of iptables are refused by name.
		if (config.conditionsV4?.[0] === "-a") {
			expect(conf).toBe("condition -a is not modelled (-s, -d, -i and -o are)");
			return;
		}
		if (typeof conf === "string") throw new Error(conf);
		expect(conf).toMatchObject({ snat: want.SNAT, masqAll: want.MasqAll, markMasqBit: want.MarkMasqBit });
		expect(conf.portMappings).toMatchObject(
			(want.RuntimeConfig.PortMaps ?? []).map((mapping: CorpusCall["mapping"]) => ({
				hostPort: mapping.HostPort,
				containerPort: mapping.ContainerPort,
				protocol: mapping.Protocol,
			})),
		);
		for (const [family, words] of [
			["ipv4", config.conditionsV4],
			["ipv6", config.conditionsV6],
		] as const) {
			const kept = lines([{ matches: conf.conditions[family], target: { kind: "none" } }], "C");
			expect(kept).toEqual(keptLines([words ?? []], { chain: "C", family }));
		}
		const prev = parseResult(new JsonReader(config.prevResult ?? {}, "$", []), config.cniVersion);
		if (prev === undefined) throw new Error("no result");
		const own = (family: IpFamily): string | null => {
			const found = containerAddress(prev, call["ifName"], family);
			return found === undefined ? null : `${found.addr}/${found.prefix}`;
		};
		expect([own("ipv4"), own("ipv6")]).toEqual([want.ContIPv4, want.ContIPv6]);
	});
});

describe("a container with a mapped port behind ptp", () => {
	const cases = corpusCases("portmap").filter(({ events }) => events.some(({ op }) => op === "addNetworkList"));
	test.each(cases)("$name", async ({ events }) => {
		const [add, reached, del] = ["addNetworkList", "connectivity", "delNetworkList"].map((op) =>
			events.find((event) => event.op === op),
		);
		if (add === undefined || reached === undefined || del === undefined) throw new Error("not recorded");
		const { runtimeConfig: rt, hostPort, containerPort } = add;
		const stage = await CniStage.open([rt.NetNS]);
		await stage.kernel.apply(HOST, [{ verb: "replace", object: { kind: "link", name: "lo", up: true } }]);
		const list = parseNetworkList(add["configList"]);
		if (!list.ok) throw new Error(list.error);
		const kept = new Map<string, CachedAttachment>();
		const library = {
			path: ["/opt/cni/bin"],
			has: () => true,
			cache: {
				get: () => kept.get("it"),
				set: (entry: CachedAttachment) => void kept.set("it", entry),
				delete: () => void kept.delete("it"),
				list: () => [...kept.values()],
			},
			exec: async ({
				plugin,
				env,
				config,
			}: {
				plugin: string;
				env: Readonly<Record<string, string>>;
				config: JsonObject;
			}) => {
				const ran = await stage.exec(plugin, { env, config });
				return ran.error === null
					? { ok: true as const, value: ran.printed }
					: { ok: false as const, error: ran.error };
			},
		};
		// The address is up to what upstream's machine had given before.
		const asked = ip(reached["containerIP"]);
		stage.disk.directories.set(
			"/var/lib/cni/networks/cni-portmap-unit-test",
			new Map([["last_reserved_ip.0", previous(asked)]]),
		);
		const runtime = {
			containerId: rt.ContainerID,
			netns: rt.NetNS,
			ifName: rt.IfName,
			args: [],
			capabilityArgs: rt.CapabilityArgs,
		};
		const added = await addNetworkList(library, list.value, runtime);
		if (!added.ok) throw new Error(added.error);
		expect(added.value?.ips[0]?.address.addr).toBe(asked);
		expect(await stage.state(rt.NetNS)).toEqual(recordedState(add["kernelStateAfter"].container));
		expect(await stage.state(HOST)).toEqual(recordedState(add["kernelStateAfter"].host));
		expect(comparable(added.value === undefined ? null : { interfaces: added.value.interfaces })).toMatchObject({
			interfaces: [
				{ name: "VETH", hasMac: true },
				{ name: "eth0", hasMac: true, sandbox: rt.NetNS },
			],
		});

		const server = httpServer(stage.kernel, rt.NetNS, { port: containerPort });
		expect(server.ok).toBe(true);
		const ask = async (netns: string, addr: string, port: number): Promise<boolean> => {
			const answer = await httpGet(stage.kernel, netns, { to: { addr: ip(addr), port }, timeoutNs: 3_000_000_000 });
			return answer.outcome === "answered";
		};
		expect({
			direct: await ask(HOST, reached["containerIP"], containerPort),
			viaHostIP: await ask(HOST, reached["hostIP"], hostPort),
			viaLocalhost: await ask(HOST, "127.0.0.1", hostPort),
			hairpin: await ask(rt.NetNS, reached["hostIP"], hostPort),
		}).toEqual({
			direct: reached["direct"],
			viaHostIP: reached["viaHostIP"],
			viaLocalhost: reached["viaLocalhost"],
			hairpin: reached["hairpin"],
		});

		const deleted = await delNetworkList(library, list.value, runtime);
		expect(deleted.ok ? null : deleted.error).toBe(del["error"]);
		expect(await stage.state(HOST)).toEqual(recordedState(del["kernelStateAfter"].host));
		expect(await ask(HOST, "127.0.0.1", hostPort)).toBe(false);
	});

	function previous(addr: string): string {
		const [a, b, c, d] = addr.split(".").map(Number);
		return [a, b, c, (d ?? 0) - 1].join(".");
	}
});
