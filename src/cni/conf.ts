/**
 * Network configuration of CNI 1.1: a single plugin's configuration or a list, read into typed values. What podwire's
 * plugins do not model is refused here, with the JSON path.
 */
import { err, ok, type Result } from "../base/result.ts";
import { type ConfError, JsonReader } from "./json-reader.ts";
import { type BridgeConf, parseBridgeConf } from "./plugins/bridge-conf.ts";
import { type CalicoConf, parseCalicoConf } from "./plugins/calico-conf.ts";
import { type FirewallConf, parseFirewallConf } from "./plugins/firewall.ts";
import { type FlannelEnv, parseFlannelConf } from "./plugins/flannel.ts";
import type { LoopbackConf } from "./plugins/loopback.ts";
import { type PortmapConf, parsePortmapConf } from "./plugins/portmap-conf.ts";
import { type PtpConf, parsePtpConf } from "./plugins/ptp-conf.ts";
import { CNI_VERSIONS, versionOf } from "./versions.ts";

/** The flannel plugin is read as the bridge plugin that it calls. */
export type PluginConf = BridgeConf | CalicoConf | FirewallConf | LoopbackConf | PortmapConf | PtpConf;

/** A network; a single configuration is a list of one plugin. */
export interface NetworkConf {
	readonly cniVersion: string;
	readonly name: string;
	readonly disableCheck: boolean;
	readonly plugins: readonly PluginConf[];
}

/**
 * Reads the text of a `.conf` or `.conflist` file; all mistakes at once, in order of appearance. The flannel plugin also
 * needs what flanneld wrote on the node.
 */
export function parseNetworkConf(text: string, flannel?: FlannelEnv): Result<NetworkConf, readonly ConfError[]> {
	const json = parseJson(text);
	if (!json.ok) return err([{ path: "$", message: `error parsing configuration: ${json.error}` }]);
	const errors: ConfError[] = [];
	const root = new JsonReader(json.value, "$", errors);
	if (!root.requireObject()) return err(errors);
	const name = readName(root);
	const cniVersion = readVersion(root);
	const plugins: PluginConf[] = [];
	for (const plugin of pluginReaders(root)) {
		const conf = parsePlugin(plugin, flannel);
		if (conf !== undefined) plugins.push(conf);
	}
	const disableCheck = root.at("disableCheck").boolean(false, "lenient");
	return errors.length > 0 ? err(errors) : ok({ cniVersion, name, disableCheck, plugins });
}

function pluginReaders(root: JsonReader): readonly JsonReader[] {
	if (!root.at("plugins").present)
		return root.at("type").present ? [root] : fail(root, "neither a plugin's type nor a list of plugins");
	const plugins = root.at("plugins").items();
	return plugins.length > 0 ? plugins : fail(root.at("plugins"), "no plugins in list");
}

function fail(at: JsonReader, message: string): readonly JsonReader[] {
	at.fail(message);
	return [];
}

function parsePlugin(at: JsonReader, flannel: FlannelEnv | undefined): PluginConf | undefined {
	if (!at.requireObject()) return undefined;
	const type = at.at("type").string();
	switch (type) {
		case "bridge":
			return parseBridgeConf(at);
		case "calico":
			return parseCalicoConf(at);
		case "firewall":
			return parseFirewallConf(at);
		case "flannel":
			return parseFlannelConf(at, flannel);
		case "loopback":
			return { type };
		case "portmap":
			return parsePortmapConf(at);
		case "ptp":
			return parsePtpConf(at);
		case undefined:
			return at.at("type").fail("missing 'type'");
		default:
			return at
				.at("type")
				.fail(`plugin ${type} is not modelled (bridge, calico, firewall, flannel, loopback, portmap and ptp are)`);
	}
}

function readName(root: JsonReader): string {
	const name = root.at("name").string();
	if (name === undefined || name === "") root.at("name").fail("missing network name");
	else if (!isName(name)) root.at("name").fail(`invalid characters found in network name: ${name}`);
	return name ?? "";
}

function readVersion(root: JsonReader): string {
	const offered = root.at("cniVersions").strings();
	const known = CNI_VERSIONS.filter((version) => offered.includes(version));
	if (offered.length > 0 && known.length === 0)
		root.at("cniVersions").fail(`no supported version in ${offered.join(", ")}`);
	const version = known.at(-1) ?? versionOf(root.at("cniVersion").string());
	if (!CNI_VERSIONS.includes(version)) root.at("cniVersion").fail(`unsupported CNI version ${version}`);
	return version;
}

/** What the specification allows as a network name or container id. */
export function isName(text: string): boolean {
	return /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(text);
}

function parseJson(text: string): Result<unknown, string> {
	try {
		return ok(JSON.parse(text));
	} catch (error) {
		return err(error instanceof Error ? error.message : "not JSON");
	}
}
