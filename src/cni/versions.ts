/** Versions of the CNI specification: which there are, which is newer, and what a plugin and a configuration agree on. */
import { err, ok, type Result } from "../base/result.ts";
import { type ConfError, JsonReader } from "./json-reader.ts";
import type { CniError } from "./types.ts";

/** The versions of the specification, oldest first. */
export const CNI_VERSIONS: readonly string[] = ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"];

/** What a plugin supports that says nothing of it, and the version of a configuration that has none. */
const OLDEST_VERSIONS: readonly string[] = ["0.1.0", "0.2.0"];
const DEFAULT_VERSION = "0.1.0";

const PARTS = ["major", "minor", "micro"] as const;

/** Three numbers; an error is the reference library's words. */
export function parseVersion(text: string): Result<readonly [number, number, number], string> {
	if (text === "") return err(`invalid version ""`);
	const parts = text.split(".");
	if (parts.length > PARTS.length) return err(`invalid version "${text}": too many parts`);
	const numbers = [0, 0, 0];
	for (const [k, part] of parts.entries()) {
		if (!/^[+-]?\d+$/.test(part)) return err(`failed to convert ${PARTS[k] ?? ""} version part "${part}"`);
		numbers[k] = Number(part);
	}
	const [major = 0, minor = 0, micro = 0] = numbers;
	return ok([major, minor, micro]);
}

/** Whether a version is as new as another; undefined when one of them is none. */
export function isAtLeast(version: string, least: string): boolean | undefined {
	const a = parseVersion(version);
	const b = parseVersion(least);
	if (!a.ok || !b.ok) return undefined;
	for (const k of [0, 1, 2] as const) {
		if (a.value[k] !== b.value[k]) return a.value[k] > b.value[k];
	}
	return true;
}

/** The specification's versions from one on. */
export function versionsFrom(least: string): readonly string[] {
	return CNI_VERSIONS.filter((version) => isAtLeast(version, least) === true);
}

/** The version of a configuration: its `cniVersion`, else the oldest. */
export function versionOf(cniVersion: string | undefined): string {
	return cniVersion === undefined || cniVersion === "" ? DEFAULT_VERSION : cniVersion;
}

/** What a plugin answers to VERSION: the versions that it supports. */
export function parsePluginVersions(text: string): Result<readonly string[], string> {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (error) {
		return err(`decoding version info: ${error instanceof Error ? error.message : "not JSON"}`);
	}
	const errors: ConfError[] = [];
	const root = new JsonReader(value, "$", errors);
	const own = root.at("cniVersion").string() ?? "";
	const supported = root.at("supportedVersions").strings();
	const [first] = errors;
	if (first !== undefined) return err(`decoding version info: ${first.path}: ${first.message}`);
	if (own === "") return err("decoding version info: missing field cniVersion");
	if (supported.length > 0) return ok(supported);
	if (own === "0.2.0") return ok(OLDEST_VERSIONS);
	return err("decoding version info: missing field supportedVersions");
}

/** Spec §Error 1: the plugin does not support the configuration's version. */
export function checkVersion(version: string, supported: readonly string[]): Result<void, CniError> {
	if (supported.includes(version)) return ok(undefined);
	const list = supported.map((one) => `"${one}"`).join(" ");
	return err({
		code: 1,
		message: "incompatible CNI versions",
		details: `config is "${version}", plugin supports [${list}]`,
	});
}
