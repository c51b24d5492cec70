/**
 * The runtime's side (libcni): runs the plugins of a list, each with the result of the one before, and keeps the result for
 * CHECK and DEL. How a plugin is run and where results are kept is given.
 */
import { err, ok, type Result } from "../base/result.ts";
import { isName } from "./conf.ts";
import { type ConfError, JsonReader } from "./json-reader.ts";
import type { NetworkList } from "./network-list.ts";
import { parseResult } from "./parse-result.ts";
import { type CniCommand, interfaceNameFault } from "./plugin-main.ts";
import { formatResult, type JsonObject } from "./result.ts";
import type { CniResult } from "./types.ts";
import { isAtLeast, versionOf } from "./versions.ts";

/** Whom to attach, and what the runtime has for the plugins' capabilities. */
export interface RuntimeConf {
	readonly containerId: string;
	readonly netns: string;
	readonly ifName: string;
	readonly args: readonly (readonly [string, string])[];
	/** By capability; a plugin gets those that it declares, as `runtimeConfig`. */
	readonly capabilityArgs: JsonObject;
}

export type Attachment = Pick<RuntimeConf, "containerId" | "ifName">;

/** What ADD gave, with all that DEL needs. */
export interface CachedAttachment {
	readonly network: string;
	readonly runtime: RuntimeConf;
	readonly result: CniResult;
}

export interface AttachmentCache {
	get(network: string, attachment: Attachment): CachedAttachment | undefined;
	set(entry: CachedAttachment): void;
	delete(network: string, attachment: Attachment): void;
	list(): readonly CachedAttachment[];
}

export interface PluginExecution {
	readonly plugin: string;
	/** CNI_*. */
	readonly env: Readonly<Record<string, string>>;
	readonly config: JsonObject;
}

export interface CniLibrary {
	/** Directories that plugins are looked for in. */
	readonly path: readonly string[];
	/** Whether there is such a plugin. */
	readonly has: (plugin: string) => boolean;
	/** What the plugin printed; an error is its message. */
	readonly exec: (execution: PluginExecution) => Promise<Result<JsonObject | undefined, string>>;
	readonly cache: AttachmentCache;
}

/** One plugin of a network. */
export interface PluginOf {
	readonly network: string;
	readonly cniVersion: string;
	readonly config: JsonObject;
}

/** ADD of all plugins in order; the last one's result is kept and returned. */
export async function addNetworkList(
	library: CniLibrary,
	list: NetworkList,
	runtime: RuntimeConf,
): Promise<Result<CniResult | undefined, string>> {
	let result: CniResult | undefined;
	for (const plugin of pluginsOf(list)) {
		const added = await addNetwork(library, plugin, {
			runtime,
			...(result === undefined ? {} : { prevResult: result }),
		});
		if (!added.ok) return err(`plugin ${describe(plugin)} failed (add): ${added.error}`);
		result = added.value;
	}
	if (result !== undefined) library.cache.set({ network: list.name, runtime, result });
	return ok(result);
}

/** CHECK of all plugins in order, each with the result kept. */
export async function checkNetworkList(
	library: CniLibrary,
	list: NetworkList,
	runtime: RuntimeConf,
): Promise<Result<void, string>> {
	if (isAtLeast(versionOf(list.cniVersion), "0.4.0") !== true) {
		return err(`configuration version "${list.cniVersion}" does not support the CHECK command`);
	}
	if (list.disableCheck) return ok(undefined);
	for (const plugin of pluginsOf(list)) {
		const checked = await runWithCached(library, plugin, { command: "CHECK", runtime });
		if (!checked.ok) return checked;
	}
	return ok(undefined);
}

/** DEL of all plugins, the last first; then the result is forgotten. */
export async function delNetworkList(
	library: CniLibrary,
	list: NetworkList,
	runtime: RuntimeConf,
): Promise<Result<void, string>> {
	for (const plugin of [...pluginsOf(list)].reverse()) {
		const deleted = await runWithCached(library, plugin, { command: "DEL", runtime });
		if (!deleted.ok) return err(`plugin ${describe(plugin)} failed (delete): ${deleted.error}`);
	}
	library.cache.delete(list.name, runtime);
	return ok(undefined);
}

/** STATUS of all plugins; the first that is not ready ends it. Versions before 1.1.0 have no STATUS. */
export async function statusNetworkList(library: CniLibrary, list: NetworkList): Promise<Result<void, string>> {
	if (isAtLeast(versionOf(list.cniVersion), "1.1.0") !== true) return ok(undefined);
	for (const plugin of pluginsOf(list)) {
		const asked = await runBare(library, plugin, { command: "STATUS", inject: {} });
		if (!asked.ok) return asked;
	}
	return ok(undefined);
}

/** DEL of every kept attachment that is not valid, then GC of all plugins. Goes on after errors, which come together. */
export async function gcNetworkList(
	library: CniLibrary,
	list: NetworkList,
	valid: readonly Attachment[],
): Promise<Result<void, string>> {
	if (list.disableGc) return ok(undefined);
	const errors: string[] = [];
	for (const { network, runtime } of library.cache.list()) {
		const isValid = valid.some((one) => one.containerId === runtime.containerId && one.ifName === runtime.ifName);
		if (network !== list.name || isValid) continue;
		const deleted = await delNetworkList(library, list, runtime);
		if (!deleted.ok) errors.push(deleted.error);
	}
	if (isAtLeast(versionOf(list.cniVersion), "1.1.0") === true) {
		const attachments = valid.map(({ containerId, ifName }) => ({ containerID: containerId, ifname: ifName }));
		// The second name is one that the specification once had by mistake.
		const inject = { "cni.dev/valid-attachments": attachments, "cni.dev/attachments": attachments };
		for (const plugin of pluginsOf(list)) {
			const collected = await runBare(library, plugin, { command: "GC", inject });
			if (!collected.ok) errors.push(collected.error);
		}
	}
	return errors.length === 0 ? ok(undefined) : err(errors.join("; "));
}

/** The plugins that are not there. */
export function validateNetworkList(library: CniLibrary, list: NetworkList): Result<void, string> {
	const missing = pluginsOf(list).flatMap((plugin) => notFound(library, typeOf(plugin)) ?? []);
	return missing.length === 0 ? ok(undefined) : err(`[${missing.join(", ")}]`);
}

/** ADD of one plugin. */
export async function addNetwork(
	library: CniLibrary,
	plugin: PluginOf,
	{ runtime, prevResult }: { readonly runtime: RuntimeConf; readonly prevResult?: CniResult },
): Promise<Result<CniResult, string>> {
	const type = typeOf(plugin);
	const fault = notFound(library, type) ?? runtimeFault(runtime, plugin.network);
	if (fault !== undefined) return err(fault);
	const config = pluginConfig(plugin, runtime, prevResult);
	if (!config.ok) return config;
	const ran = await library.exec({ plugin: type, env: environment(library, "ADD", runtime), config: config.value });
	if (!ran.ok) return ran;
	const errors: ConfError[] = [];
	const printed = new JsonReader(ran.value ?? {}, "$", errors);
	const result = parseResult(printed, printed.at("cniVersion").string() ?? plugin.cniVersion);
	const [first] = errors;
	return result === undefined || first !== undefined ? err(first?.message ?? "no result") : ok(result);
}

/** CHECK or DEL of one plugin, with the result kept, which the specification has since 0.4.0. */
export async function runWithCached(
	library: CniLibrary,
	plugin: PluginOf,
	{ command, runtime }: { readonly command: "CHECK" | "DEL"; readonly runtime: RuntimeConf },
): Promise<Result<void, string>> {
	const type = typeOf(plugin);
	const hasPrev = isAtLeast(versionOf(plugin.cniVersion), "0.4.0") === true;
	if (command === "CHECK" && !hasPrev) {
		return err(`configuration version "${plugin.cniVersion}" does not support the CHECK command`);
	}
	const missing = notFound(library, type);
	if (missing !== undefined) return err(missing);
	const cached = hasPrev ? library.cache.get(plugin.network, runtime) : undefined;
	const config = pluginConfig(plugin, runtime, cached?.result);
	if (!config.ok) return config;
	const env = environment(library, command, runtime);
	const ran = await library.exec({ plugin: type, env, config: config.value });
	return ran.ok ? ok(undefined) : ran;
}

async function runBare(
	library: CniLibrary,
	plugin: PluginOf,
	{ command, inject }: { readonly command: "STATUS" | "GC"; readonly inject: JsonObject },
): Promise<Result<void, string>> {
	const type = typeOf(plugin);
	const missing = notFound(library, type);
	if (missing !== undefined) return err(missing);
	const { network: name, cniVersion } = plugin;
	const config = { ...plugin.config, name, cniVersion, ...inject };
	const ran = await library.exec({ plugin: type, env: environment(library, command), config });
	return ran.ok ? ok(undefined) : ran;
}

/** The plugin's own, with name, version, the result before and `runtimeConfig`. */
function pluginConfig(
	{ network, cniVersion, config }: PluginOf,
	{ capabilityArgs }: RuntimeConf,
	prevResult: CniResult | undefined,
): Result<JsonObject, string> {
	const prev = prevResult === undefined ? ok(undefined) : formatResult(prevResult, versionOf(cniVersion));
	if (!prev.ok) return prev;
	const capabilities = new JsonReader(config, "$", []).at("capabilities");
	const wanted = Object.entries(capabilityArgs).filter(([key]) => capabilities.at(key).boolean(false));
	return ok({
		...config,
		name: network,
		...(cniVersion === "" ? {} : { cniVersion }),
		...(prev.value === undefined ? {} : { prevResult: prev.value }),
		...(wanted.length === 0 ? {} : { runtimeConfig: Object.fromEntries(wanted) }),
	});
}

function environment(
	library: CniLibrary,
	command: CniCommand,
	runtime?: RuntimeConf,
): Readonly<Record<string, string>> {
	return {
		CNI_COMMAND: command,
		CNI_CONTAINERID: runtime?.containerId ?? "",
		CNI_NETNS: runtime?.netns ?? "",
		CNI_ARGS: (runtime?.args ?? []).map(([key, value]) => `${key}=${value}`).join(";"),
		CNI_IFNAME: runtime?.ifName ?? "",
		CNI_PATH: library.path.join(":"),
	};
}

function pluginsOf({ name: network, cniVersion, plugins }: NetworkList): readonly PluginOf[] {
	return plugins.map((config) => ({ network, cniVersion, config }));
}

function typeOf({ config }: PluginOf): string {
	return typeof config["type"] === "string" ? config["type"] : "";
}

/** As errors name it; the name stands there when the plugin's own configuration has one. */
function describe(plugin: PluginOf): string {
	const name = plugin.config["name"];
	return `type="${typeOf(plugin)}"${typeof name === "string" && name !== "" ? ` name="${name}"` : ""}`;
}

function notFound(library: CniLibrary, type: string): string | undefined {
	if (library.has(type)) return undefined;
	return `failed to find plugin "${type}" in path [${library.path.join(" ")}]`;
}

function runtimeFault({ containerId, ifName }: RuntimeConf, network: string): string | undefined {
	if (containerId === "") return "missing containerID";
	if (!isName(containerId)) return `invalid characters in containerID; ${containerId}`;
	if (!isName(network)) return `invalid characters found in network name; ${network}`;
	const fault = interfaceNameFault(ifName);
	if (fault === undefined) return undefined;
	return fault.details === undefined ? fault.message : `${fault.message}; ${fault.details}`;
}
