/** Where a plugin runs: a kernel, the node's namespace, files. And what all plugins ask of it. */
import { err, ok, type Result } from "../../base/result.ts";
import type { Kernel, KernelError } from "../../kernel/kernel.ts";
import type { KernelObject, KernelObjectKind, Link } from "../../kernel/objects.ts";
import { type ConfError, JsonReader } from "../json-reader.ts";
import { parseResult } from "../parse-result.ts";
import type { PluginCall } from "../plugin-main.ts";
import { formatResult, type JsonObject } from "../result.ts";
import { type CniError, type CniResult, type CniRuntime, type Plan, type PlanPart, pluginError } from "../types.ts";

/** 5 seconds. */
const SETTLE_TRIES = 100;
const SETTLE_POLL_NS = 50_000_000;

/** Directories of small files, as the plugins keep them. */
export interface CniDisk {
	/** The files of a directory by name; none when it is not there. */
	list(dir: string): Promise<Result<ReadonlyMap<string, string>, string>>;
	/** Makes these the files of a directory, which is made if need be. */
	replace(dir: string, files: ReadonlyMap<string, string>): Promise<Result<void, string>>;
	read(path: string): Promise<Result<string, string>>;
	/** Whoever else works on that directory waits until `work` is done. */
	exclusive<T>(dir: string, work: () => Promise<T>): Promise<T>;
}

export interface PluginHost {
	readonly kernel: Kernel;
	/** The port's name of the namespace that the plugin runs in. */
	readonly hostNetns: string;
	/** The port's name of a container's namespace, by CNI_NETNS; undefined: there is none (any more). */
	readonly netnsName: (path: string) => string | undefined;
	readonly disk: CniDisk;
	/** 32 random bits, for the names of devices. */
	readonly random32: () => number;
}

/** One operation of one plugin: JSON to print, if any. */
export type PluginStep = (host: PluginHost, call: PluginCall) => Promise<Result<JsonObject | undefined, CniError>>;

/** What a plugin does. */
export interface CniPlugin {
	readonly add: PluginStep;
	readonly del: PluginStep;
	readonly check: PluginStep;
	readonly status: PluginStep;
	readonly gc: PluginStep;
}

/** Of an operation that prints nothing when it succeeds. */
export function nothingToPrint(result: Result<unknown, CniError>): Result<undefined, CniError> {
	return result.ok ? ok(undefined) : result;
}

/** Reads the configuration; the first mistake is the error. */
export function readConf<T>(call: PluginCall, read: (root: JsonReader) => T | undefined): Result<T, CniError> {
	const errors: ConfError[] = [];
	const conf = read(new JsonReader(call.config, "$", errors));
	const [first] = errors;
	if (first !== undefined) return err(pluginError(first.message));
	return conf === undefined ? err(pluginError("no configuration")) : ok(conf);
}

/** `prevResult` of the configuration; undefined when there is none. */
export function readPrevResult(call: PluginCall): Result<CniResult | undefined, CniError> {
	const errors: ConfError[] = [];
	const at = new JsonReader(call.config, "$", errors).at("prevResult");
	const result = at.present ? parseResult(at, call.cniVersion) : undefined;
	const [first] = errors;
	return first === undefined ? ok(result) : err(pluginError(`could not parse prevResult: ${first.message}`));
}

/** The result as the configuration's version has it, the container's namespace by its path. */
export function printResult(call: PluginCall, runtime: CniRuntime, result: CniResult): Result<JsonObject, CniError> {
	const interfaces = result.interfaces.map((entry) => {
		if (entry.sandbox !== runtime.netns || call.netns === undefined) return entry;
		return { ...entry, sandbox: call.netns };
	});
	const printed = formatResult({ ...result, interfaces }, call.cniVersion);
	return printed.ok ? printed : err(pluginError(printed.error));
}

/** The runtime's arguments at the port; an error when the container's namespace is not there. */
export function runtimeOf(host: PluginHost, call: PluginCall): Result<CniRuntime, CniError> {
	const path = call.netns ?? "";
	const netns = host.netnsName(path);
	if (netns === undefined) {
		return err(pluginError(`failed to open netns "${path}": failed to Statfs "${path}": no such file or directory`));
	}
	const { containerId, ifName } = call;
	return ok({ containerId, ifName, netns, hostNetns: host.hostNetns });
}

export async function applyParts(host: PluginHost, plan: Plan): Promise<Result<void, CniError>> {
	for (const part of plan) {
		if (part.ops.length === 0) continue;
		const applied = await applyPart(host, part);
		if (!applied.ok) return err(kernelError(applied.error.errno, applied.error.message));
	}
	return ok(undefined);
}

/** A part that needs settled addresses is tried again, for as long as the reference plugins wait. */
async function applyPart(
	{ kernel }: PluginHost,
	{ netns, ops, settled }: PlanPart,
): Promise<Result<void, KernelError>> {
	for (let triesLeft = settled === true ? SETTLE_TRIES : 0; ; triesLeft -= 1) {
		const applied = await kernel.apply(netns, ops);
		if (applied.ok || applied.error.errno !== "EINVAL" || triesLeft <= 0) return applied;
		await kernel.run(() => false, SETTLE_POLL_NS);
	}
}

export async function dumped(
	host: PluginHost,
	netns: string,
	kinds: readonly KernelObjectKind[],
): Promise<Result<readonly KernelObject[], CniError>> {
	const found = await host.kernel.dump(netns, kinds);
	return found.ok ? found : err(kernelError(found.error.errno, found.error.message));
}

export function linksOf(objects: readonly KernelObject[]): readonly Link[] {
	return objects.filter((object) => object.kind === "link");
}

function kernelError(errno: string, message: string): CniError {
	return pluginError(`${errno}: ${message}`);
}
