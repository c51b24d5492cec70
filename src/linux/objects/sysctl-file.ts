/** The files below /proc/sys/net of a namespace. The calling thread must be in it. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { LinuxNetns } from "../netns.ts";

/** The errno's name when it failed. */
export type FileResult = { readonly value: string } | { readonly errno: string };

/** The path of a key below /proc/sys: dots separate, a slash in the key is a dot in a device name. Undefined: not one of a namespace's. */
export function sysctlPath(key: string): string | undefined {
	const parts = key.split(".").map((part) => part.replaceAll("/", "."));
	const isPlain = parts.every((part) => part !== "" && part !== "." && part !== ".." && !part.includes("\0"));
	return isPlain && parts[0] === "net" && parts.length > 1 ? parts.join("/") : undefined;
}

/** Without the line end. */
export function readSysctl(netns: LinuxNetns, path: string): FileResult {
	const file = fileOf(netns, path);
	if (file === undefined) return NO_FILE;
	try {
		return { value: readFileSync(file, "utf8").trimEnd() };
	} catch (error) {
		return { errno: errnoOf(error) };
	}
}

export function writeSysctl(netns: LinuxNetns, path: string, value: string): FileResult {
	const file = fileOf(netns, path);
	if (file === undefined) return NO_FILE;
	try {
		writeFileSync(file, `${value}\n`);
		return { value };
	} catch (error) {
		return { errno: errnoOf(error) };
	}
}

/** The names in a directory of keys, `[]` when there is none. */
export function listSysctls(netns: LinuxNetns, path: string): readonly string[] {
	const directory = fileOf(netns, path);
	if (directory === undefined) return [];
	try {
		return readdirSync(directory);
	} catch {
		return [];
	}
}

const NO_FILE = { errno: "ENOENT" };

/** Undefined: the namespace has no such directory. */
function fileOf(netns: LinuxNetns, path: string): string | undefined {
	const [, directory = "", ...rest] = path.split("/");
	if (rest.length === 0) return `/proc/sys/${path}`;
	const fd = netns.sysctlDirectory(directory);
	return fd === undefined ? undefined : `/proc/self/fd/${fd}/${rest.join("/")}`;
}

function errnoOf(error: unknown): string {
	const code = error instanceof Error && "code" in error ? error.code : undefined;
	if (typeof code !== "string") throw error;
	return code;
}
