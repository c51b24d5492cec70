/** Network configurations as the runtime's side reads them (libcni): lists, single configurations, directories of files. */
import { err, ok, type Result } from "../base/result.ts";
import { type ConfError, JsonReader } from "./json-reader.ts";
import type { JsonObject } from "./result.ts";
import { CNI_VERSIONS, checkVersion, isAtLeast, parseVersion, versionOf } from "./versions.ts";

export interface NetworkList {
	readonly cniVersion: string;
	readonly name: string;
	readonly disableCheck: boolean;
	readonly disableGc: boolean;
	/** Plugins of the directory named after the network are not taken. */
	readonly loadOnlyInlinedPlugins: boolean;
	/** Each plugin's configuration, as it stands there. */
	readonly plugins: readonly JsonObject[];
}

/** Reads a list. Errors are the reference library's sentences. */
export function parseNetworkList(text: string): Result<NetworkList, string> {
	const json = parseJson(text);
	if (!json.ok) return err(`error parsing configuration list: ${json.error}`);
	const errors: ConfError[] = [];
	const root = new JsonReader(json.value, "$", errors);
	const name = root.at("name").string() ?? "";
	if (name === "") return err("error parsing configuration list: no name");
	const version = readVersion(root);
	if (!version.ok) return err(`error parsing configuration list: ${version.error}`);
	const flags: Record<string, boolean> = {};
	for (const key of ["disableCheck", "disableGC", "loadOnlyInlinedPlugins"]) {
		const value = readFlag(root.at(key));
		if (value === undefined)
			return err(`error parsing configuration list: invalid value "${root.at(key).string() ?? ""}" for ${key}`);
		flags[key] = value;
	}
	const plugins = readPlugins(root);
	if (!plugins.ok) return plugins;
	const loadOnlyInlinedPlugins = flags["loadOnlyInlinedPlugins"] === true;
	if (plugins.value.length === 0 && loadOnlyInlinedPlugins) {
		return err("error parsing configuration list: no plugins in list");
	}
	return ok({
		cniVersion: version.value,
		name,
		disableCheck: flags["disableCheck"] === true,
		disableGc: flags["disableGC"] === true,
		loadOnlyInlinedPlugins,
		plugins: plugins.value,
	});
}

/** Reads one plugin's configuration. */
export function parsePluginConf(text: string): Result<JsonObject, string> {
	const json = parseJson(text);
	if (!json.ok) return err(`error parsing configuration: ${json.error}`);
	const root = new JsonReader(json.value, "$", []);
	const conf = root.record();
	if (conf === undefined) return err("error parsing configuration: want an object");
	return (root.at("type").string() ?? "") === "" ? err("error parsing configuration: missing 'type'") : ok(conf);
}

/** A single configuration as a list of one plugin. */
export function listOfOne(conf: JsonObject): Result<NetworkList, string> {
	const { name, cniVersion } = conf;
	return parseNetworkList(JSON.stringify({ name, cniVersion, plugins: [conf] }));
}

/** Puts members into a configuration, or others in their place. */
export function injectConf(conf: JsonObject, values: JsonObject): Result<JsonObject, string> {
	for (const [key, value] of Object.entries(values)) {
		if (key === "") return err("keys cannot be empty");
		if (value === undefined) return err(`key '${key}' value must not be nil`);
	}
	return ok({ ...conf, ...values });
}

/** A configuration directory: text by path below it. */
export type ConfDirectory = ReadonlyMap<string, string>;

/** The plugin configuration of that network in a directory, files in order of their names. */
export function findPluginConf(files: ConfDirectory, name: string, dirPath: string): Result<JsonObject, string> {
	const paths = topLevel(files, [".conf", ".json"]);
	if (paths.length === 0) return err(`no net configurations found in ${dirPath}`);
	for (const path of paths) {
		const conf = parsePluginConf(files.get(path) ?? "");
		if (!conf.ok || conf.value["name"] === name) return conf;
	}
	return err(`no net configuration with name "${name}" in ${dirPath}`);
}

/** The list of that network in a directory; a single configuration will do. */
export function findNetworkList(files: ConfDirectory, name: string, dirPath: string): Result<NetworkList, string> {
	const paths = topLevel(files, [".conflist"]);
	for (const path of paths) {
		const list = parseNetworkList(files.get(path) ?? "");
		if (!list.ok) return list;
		if (list.value.name === name) return withFolder(list.value, files);
	}
	if (paths.length > 0 && topLevel(files, [".conf", ".json"]).length === 0) {
		return err(`no net configuration with name "${name}" in ${dirPath}`);
	}
	const single = findPluginConf(files, name, dirPath);
	return single.ok ? listOfOne(single.value) : single;
}

/** The plugins of the folder that is named after the network come behind the list's own. */
function withFolder(list: NetworkList, files: ConfDirectory): Result<NetworkList, string> {
	const plugins = [...list.plugins];
	if (!list.loadOnlyInlinedPlugins) {
		const own = [...files.keys()].filter((path) => new RegExp(`^${list.name}/[^/]+\\.conf$`).test(path)).sort();
		for (const path of own) {
			const conf = parsePluginConf(files.get(path) ?? "");
			if (!conf.ok) return conf;
			plugins.push(conf.value);
		}
	}
	return plugins.length === 0 ? err(`no plugin configs found for ${list.name}`) : ok({ ...list, plugins });
}

function topLevel(files: ConfDirectory, extensions: readonly string[]): readonly string[] {
	return [...files.keys()].filter((path) => !path.includes("/") && extensions.some((end) => path.endsWith(end))).sort();
}

/** The newest of `cniVersions` that is known here, else `cniVersion`. */
function readVersion(root: JsonReader): Result<string, string> {
	const offered = [...root.at("cniVersions").strings()];
	const own = root.at("cniVersion").string() ?? "";
	if (offered.length === 0) return ok(own);
	for (const version of offered) {
		const parsed = parseVersion(version);
		if (!parsed.ok) return err(parsed.error);
	}
	if (own !== "") offered.push(own);
	const known = offered.filter((version) => CNI_VERSIONS.includes(version));
	known.sort((a, b) => (isAtLeast(a, b) === true ? 1 : -1));
	const newest = known.at(-1);
	if (newest !== undefined) return ok(newest);
	const refused = checkVersion(versionOf(own), CNI_VERSIONS);
	return err(refused.ok ? "no version" : `${refused.error.message}; ${refused.error.details ?? ""}`);
}

/** Also "true" and "false" as texts; undefined: neither. */
function readFlag(at: JsonReader): boolean | undefined {
	const errors: ConfError[] = [];
	const value = at.reportingTo(errors).boolean(false, "lenient");
	return errors.length === 0 ? value : undefined;
}

function readPlugins(root: JsonReader): Result<readonly JsonObject[], string> {
	const plugins: JsonObject[] = [];
	for (const [k, item] of root.at("plugins").items().entries()) {
		const conf = item.record();
		if (conf === undefined) return err(`error parsing configuration list: invalid plugin index ${k}`);
		if ((item.at("type").string() ?? "") === "")
			return err(`error parsing configuration list: missing 'type' of plugin ${k}`);
		plugins.push(conf);
	}
	return ok(plugins);
}

function parseJson(text: string): Result<unknown, string> {
	try {
		return ok(JSON.parse(text));
	} catch (error) {
		return err(error instanceof Error ? error.message : "not JSON");
	}
}
