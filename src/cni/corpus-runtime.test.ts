/** Upstream's cases of libcni: which plugins a runtime's operation runs, in what order, with which environment and input. */
import { describe, expect, test } from "vitest";
import { type CorpusCall, corpusCases } from "../../test/corpus/cni-corpus.ts";
import { ok, type Result } from "../base/result.ts";
import { JsonReader } from "./json-reader.ts";
import type { NetworkList } from "./network-list.ts";
import { parseResult } from "./parse-result.ts";
import { formatResult, type JsonObject } from "./result.ts";
import {
	type AttachmentCache,
	addNetwork,
	addNetworkList,
	type CachedAttachment,
	type CniLibrary,
	checkNetworkList,
	delNetworkList,
	gcNetworkList,
	type PluginExecution,
	type PluginOf,
	type RuntimeConf,
	runWithCached,
	statusNetworkList,
	validateNetworkList,
} from "./runtime.ts";
import type { CniResult } from "./types.ts";

/** One operation: what went in, the executions it made, what came out. */
interface Operation {
	readonly begin: CorpusCall;
	readonly execs: readonly CorpusCall[];
	readonly created: readonly CorpusCall[];
	readonly end: CorpusCall;
}

/** An operation that another makes (DEL by GC) is part of that one. */
function operationsOf(events: readonly CorpusCall[]): readonly Operation[] {
	const operations: Operation[] = [];
	let depth = 0;
	let from = 0;
	for (const [k, event] of events.entries()) {
		if (event.op === "libcni.begin") {
			if (depth === 0) from = k;
			depth += 1;
		}
		if (event.op !== "libcni.end") continue;
		depth -= 1;
		const begin = events[from];
		if (depth > 0 || begin === undefined) continue;
		const inside = events.slice(from + 1, k);
		operations.push({
			begin,
			execs: inside.filter(({ op }) => op === "exec"),
			created: inside.filter(({ op }) => op === "result.create"),
			end: event,
		});
	}
	return operations;
}

class MapCache implements AttachmentCache {
	readonly #entries = new Map<string, CachedAttachment>();

	get(network: string, { containerId, ifName }: { containerId: string; ifName: string }): CachedAttachment | undefined {
		return this.#entries.get(`${network}-${containerId}-${ifName}`);
	}

	set(entry: CachedAttachment): void {
		this.#entries.set(`${entry.network}-${entry.runtime.containerId}-${entry.runtime.ifName}`, entry);
	}

	delete(network: string, { containerId, ifName }: { containerId: string; ifName: string }): void {
		this.#entries.delete(`${network}-${containerId}-${ifName}`);
	}

	list(): readonly CachedAttachment[] {
		return [...this.#entries.values()];
	}
}

const MISSING = ["does-not-exist", "nope"];

/** A library that plays the recorded executions, and compares what it is asked for with them. */
function player({ execs, end }: Operation, cache: AttachmentCache): { library: CniLibrary; left: () => number } {
	const queue = [...execs];
	const named = /in path \[([^\]]+)\]/.exec(end["error"] ?? "")?.[1];
	const path =
		named ?? execs[0]?.["env"].find((line: string) => line.startsWith("CNI_PATH=")).slice("CNI_PATH=".length);
	const exec = async ({ plugin, env, config }: PluginExecution): Promise<Result<JsonObject | undefined, string>> => {
		const next = queue.shift();
		if (next === undefined) throw new Error(`nobody was to run ${plugin}`);
		expect(plugin).toBe(next["plugin"]);
		expect(
			Object.entries(env)
				.map(([key, value]) => `${key}=${value}`)
				.sort(),
		).toEqual(sorted(next["env"]));
		expect(config).toEqual(withoutNulls(JSON.parse(next["stdin"])));
		if (next["error"] !== null) return { ok: false, error: next["error"] };
		return { ok: true, value: next["result"] ?? undefined };
	};
	const library = { path: [path ?? ""], has: (type: string) => !MISSING.includes(type), exec, cache };
	return { library, left: () => queue.length };
}

function sorted(texts: readonly string[]): readonly string[] {
	return [...texts].sort();
}

/** Go writes a list of nobody as null. */
function withoutNulls(config: JsonObject): JsonObject {
	return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, value ?? []]));
}

function runtimeOf(rt: CorpusCall["rt"]): RuntimeConf {
	const { portMappings, ...others } = rt?.CapabilityArgs ?? {};
	const lower = (mapping: JsonObject): JsonObject =>
		Object.fromEntries(
			Object.entries(mapping).map(([key, value]) => [key.charAt(0).toLowerCase() + key.slice(1), value]),
		);
	return {
		containerId: rt?.ContainerID ?? "",
		netns: rt?.NetNS ?? "",
		ifName: rt?.IfName ?? "",
		args: rt?.Args ?? [],
		capabilityArgs: { ...others, ...(portMappings === undefined ? {} : { portMappings: portMappings.map(lower) }) },
	};
}

function listOf({ list }: CorpusCall): NetworkList {
	return {
		cniVersion: list.cniVersion,
		name: list.name,
		disableCheck: list.disableCheck,
		disableGc: list.disableGC,
		loadOnlyInlinedPlugins: list.loadOnlyInlinedPlugins,
		plugins: list.plugins.map(({ bytes, type }: { bytes: string; type: string }) => ({ ...JSON.parse(bytes), type })),
	};
}

function pluginOf({ config }: CorpusCall): PluginOf {
	const { Name: network, CNIVersion: cniVersion, Type: type } = config.network;
	return { network, cniVersion, config: { ...JSON.parse(config.bytes), type } };
}

/** The result that the cache of the recorded operation held. */
function keepRecorded({ begin, created }: Operation, cache: AttachmentCache): void {
	const network = begin["list"]?.name ?? begin["config"]?.network.Name;
	const runtime = runtimeOf(begin["rt"]);
	const [first] = created;
	if (first === undefined || cache.get(network, runtime) !== undefined) return;
	const result = parseResult(new JsonReader(JSON.parse(first["input"]), "$", []), first["version"]);
	if (result !== undefined) cache.set({ network, runtime, result });
}

async function play(operation: Operation, library: CniLibrary): Promise<Result<CniResult | undefined, string>> {
	const { begin } = operation;
	const runtime = runtimeOf(begin["rt"]);
	const name: string = begin["operation"];
	if (/^(Check|Del)Network/.test(name)) keepRecorded(operation, library.cache);
	switch (name) {
		case "AddNetwork":
			return addNetwork(library, pluginOf(begin), { runtime });
		case "AddNetworkList":
			return addNetworkList(library, listOf(begin), runtime);
		case "CheckNetwork":
			return nothing(runWithCached(library, pluginOf(begin), { command: "CHECK", runtime }));
		case "CheckNetworkList":
			return nothing(checkNetworkList(library, listOf(begin), runtime));
		case "DelNetwork": {
			const done = await runWithCached(library, pluginOf(begin), { command: "DEL", runtime });
			if (done.ok) library.cache.delete(pluginOf(begin).network, runtime);
			return nothing(done);
		}
		case "DelNetworkList":
			return nothing(delNetworkList(library, listOf(begin), runtime));
		case "GetStatusNetworkList":
			return nothing(statusNetworkList(library, listOf(begin)));
		case "GCNetworkList": {
			const valid: readonly { ContainerID: string; IfName: string }[] = begin["rt"].ValidAttachments ?? [];
			const attachments = valid.map(({ ContainerID, IfName }) => ({ containerId: ContainerID, ifName: IfName }));
			return nothing(gcNetworkList(library, listOf(begin), attachments));
		}
		case "ValidateNetworkList":
			return nothing(validateNetworkList(library, listOf(begin)));
		default:
			throw new Error(`nobody plays ${name}`);
	}
}

const cases = corpusCases("lib.libcni").filter(({ events }) => events.some(({ op }) => op === "libcni.begin"));

describe("what a runtime's operation runs", () => {
	test.each(cases)("$name", async ({ events }) => {
		const cache = new MapCache();
		for (const operation of operationsOf(events)) {
			const { library, left } = player(operation, cache);
			const done = await play(operation, library);
			expect(done.ok ? null : done.error).toBe(operation.end["error"]);
			expect(left()).toBe(0);
			const want = operation.end["result"];
			if (!done.ok || want === undefined || want === null || Array.isArray(want)) continue;
			if (done.value === undefined) throw new Error("no result");
			const printed = formatResult(done.value, want.cniVersion);
			expect(printed).toEqual({ ok: true, value: want });
		}
	});
});

async function nothing(done: Promise<Result<void, string>> | Result<void, string>): Promise<Result<undefined, string>> {
	const result = await done;
	return result.ok ? ok(undefined) : result;
}
