/**
 * What every plugin does around its own work (the reference library's pkg/skel): the environment, the configuration on
 * standard input, the version, and the answer on standard output.
 */
import { err, ok, type Result } from "../base/result.ts";
import { isName } from "./conf.ts";
import { type ConfError, JsonReader } from "./json-reader.ts";
import type { JsonObject } from "./result.ts";
import type { CniError } from "./types.ts";
import { checkVersion, isAtLeast, parseVersion, versionOf } from "./versions.ts";

export const CNI_COMMANDS = ["ADD", "DEL", "CHECK", "GC", "STATUS"] as const;

/** Spec §Parameters: the operations besides VERSION. */
export type CniCommand = (typeof CNI_COMMANDS)[number];

/** What the environment and the configuration say. */
export interface PluginCall {
	readonly command: CniCommand;
	readonly containerId: string;
	/** Absent: the container's namespace is gone (DEL). */
	readonly netns?: string;
	readonly ifName: string;
	/** CNI_ARGS, `K=V;K=V`. */
	readonly args: string;
	/** The network's name. */
	readonly network: string;
	readonly cniVersion: string;
	/** The configuration, a JSON object. */
	readonly config: JsonObject;
}

/** A plugin's work: the JSON to print, if any. */
export type PluginWork = (call: PluginCall) => Promise<Result<JsonObject | undefined, CniError>>;

export interface PluginRun {
	/** CNI_*. */
	readonly env: Readonly<Record<string, string | undefined>>;
	/** Reads standard input; an error is the system's word. VERSION does not ask. */
	readonly stdin: () => Promise<Result<string, string>>;
	readonly supportedVersions: readonly string[];
	readonly work: PluginWork;
	/** Whether a namespace is the plugin's own; such a container is refused. */
	readonly isOwnNetns?: (netns: string) => Promise<boolean>;
}

export interface PluginAnswer {
	/** Of the process: 0, or 1 with an error on standard output. */
	readonly exitCode: 0 | 1;
	readonly stdout: string;
	readonly error?: CniError;
}

/** The version that this side speaks when it answers VERSION or an error. */
const OWN_VERSION = "1.1.0";
const IF_NAME_MAX = 15;

/** In the order in which missing ones are listed. */
const REQUIRED: readonly { readonly name: string; readonly by: readonly CniCommand[] }[] = [
	{ name: "CNI_COMMAND", by: CNI_COMMANDS },
	{ name: "CNI_CONTAINERID", by: ["ADD", "CHECK", "DEL"] },
	{ name: "CNI_NETNS", by: ["ADD", "CHECK"] },
	{ name: "CNI_IFNAME", by: ["ADD", "CHECK", "DEL"] },
	{ name: "CNI_PATH", by: CNI_COMMANDS },
];
/** Since when the specification has them. */
const SINCE: Readonly<Record<CniCommand, string>> = {
	ADD: "0.1.0",
	DEL: "0.1.0",
	CHECK: "0.4.0",
	GC: "1.1.0",
	STATUS: "1.1.0",
};

/** One run of a plugin. */
export async function pluginMain(run: PluginRun): Promise<PluginAnswer> {
	const command = run.env["CNI_COMMAND"] ?? "";
	if (command === "VERSION") return answer({ cniVersion: OWN_VERSION, supportedVersions: run.supportedVersions });
	const known = CNI_COMMANDS.find((one) => one === command);
	const missing = missingVariables(known, run.env);
	if (missing !== undefined) return failure(missing);
	if (known === undefined) return failure({ code: 4, message: `unknown CNI_COMMAND: ${command}` });
	const stdin = await run.stdin();
	if (!stdin.ok) return failure({ code: 5, message: `error reading from stdin: ${stdin.error}` });
	const call = readCall(known, run.env, stdin.value);
	if (!call.ok) return failure(call.error);
	const { cniVersion } = call.value;
	const refused = await refusal(run, call.value);
	if (refused !== undefined) return failure(refused, cniVersion);
	const done = await run.work(call.value);
	if (!done.ok) return failure(done.error, cniVersion);
	return done.value === undefined ? { exitCode: 0, stdout: "" } : answer(done.value);
}

/** Error JSON, spec §Error. */
export function formatError(error: CniError, cniVersion: string = OWN_VERSION): JsonObject {
	const details = error.details === undefined ? {} : { details: error.details };
	return { cniVersion, code: error.code, msg: error.message, ...details };
}

function missingVariables(
	command: CniCommand | undefined,
	env: Readonly<Record<string, string | undefined>>,
): CniError | undefined {
	const missing = REQUIRED.filter(({ name, by }) => {
		const isRequired = name === "CNI_COMMAND" || (command !== undefined && by.includes(command));
		return isRequired && (env[name] ?? "") === "";
	});
	if (missing.length === 0) return undefined;
	return { code: 4, message: `required env variables [${missing.map(({ name }) => name).join(",")}] missing` };
}

function readCall(
	command: CniCommand,
	env: Readonly<Record<string, string | undefined>>,
	stdin: string,
): Result<PluginCall, CniError> {
	const containerId = env["CNI_CONTAINERID"] ?? "";
	const ifName = env["CNI_IFNAME"] ?? "";
	const netns = env["CNI_NETNS"] ?? "";
	if (command !== "GC" && command !== "STATUS") {
		if (!isName(containerId)) {
			return err({ code: 4, message: "invalid characters in containerID", details: containerId });
		}
		const badName = interfaceNameFault(ifName);
		if (badName !== undefined) return err({ code: 4, ...badName });
	}
	const config = readConfig(stdin);
	if (!config.ok) return config;
	const { network, cniVersion, json } = config.value;
	return ok({
		command,
		containerId,
		...(netns === "" ? {} : { netns }),
		ifName,
		args: env["CNI_ARGS"] ?? "",
		network,
		cniVersion,
		config: json,
	});
}

/** What the kernel takes as a device's name. */
export function interfaceNameFault(name: string): Pick<CniError, "message" | "details"> | undefined {
	if (name === "") return { message: "interface name is empty" };
	if (name.length > IF_NAME_MAX) {
		return { message: "interface name is too long", details: `interface name should be less than 16 characters` };
	}
	if (name === "." || name === "..") return { message: "interface name is . or .." };
	if (/[/:\s]/.test(name)) return { message: "interface name contains / or : or whitespace characters" };
	return undefined;
}

function readConfig(
	stdin: string,
): Result<{ readonly network: string; readonly cniVersion: string; readonly json: JsonObject }, CniError> {
	let value: unknown;
	try {
		value = JSON.parse(stdin);
	} catch (error) {
		const why = error instanceof Error ? error.message : "not JSON";
		return err({ code: 6, message: `error unmarshall network config: ${why}` });
	}
	const errors: ConfError[] = [];
	const root = new JsonReader(value, "$", errors);
	const json = root.record();
	const network = root.at("name").string() ?? "";
	const cniVersion = versionOf(root.at("cniVersion").string());
	const [first] = errors;
	if (json === undefined || first !== undefined) {
		const why = first === undefined ? "want an object" : `${first.path}: ${first.message}`;
		return err({ code: 6, message: `error unmarshall network config: ${why}` });
	}
	if (network === "") return err({ code: 7, message: "missing network name" });
	if (!isName(network)) {
		return err({ code: 7, message: "invalid characters found in network name", details: network });
	}
	return ok({ network, cniVersion, json });
}

async function refusal(run: PluginRun, call: PluginCall): Promise<CniError | undefined> {
	const { command, cniVersion, netns } = call;
	const fault = versionFault(command, cniVersion, run.supportedVersions);
	if (fault !== undefined) return fault;
	if ((command !== "ADD" && command !== "DEL") || netns === undefined) return undefined;
	if ((await run.isOwnNetns?.(netns)) !== true) return undefined;
	return { code: 8, message: "plugin's netns and netns from CNI_NETNS should not be the same" };
}

function versionFault(command: CniCommand, cniVersion: string, supported: readonly string[]): CniError | undefined {
	const least = SINCE[command];
	if (command === "ADD" || command === "DEL") {
		const agreed = checkVersion(cniVersion, supported);
		return agreed.ok ? undefined : agreed.error;
	}
	const own = parseVersion(cniVersion);
	if (!own.ok) return { code: 6, message: own.error };
	if (isAtLeast(cniVersion, least) === false) {
		return { code: 1, message: `config version does not allow ${command}` };
	}
	for (const version of supported) {
		const parsed = parseVersion(version);
		if (!parsed.ok) return { code: 6, message: parsed.error };
		if (isAtLeast(version, least) !== true) continue;
		const agreed = checkVersion(cniVersion, supported);
		return agreed.ok ? undefined : agreed.error;
	}
	return { code: 1, message: `plugin version does not allow ${command}` };
}

function answer(value: JsonObject): PluginAnswer {
	return { exitCode: 0, stdout: `${JSON.stringify(value)}\n` };
}

function failure(error: CniError, cniVersion: string = OWN_VERSION): PluginAnswer {
	return { exitCode: 1, stdout: `${JSON.stringify(formatError(error, cniVersion))}\n`, error };
}
