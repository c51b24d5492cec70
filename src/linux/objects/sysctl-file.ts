/** The files below /proc/sys of the namespace that the calling thread is in. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const ROOT = "/proc/sys";

/** The errno's name when it failed. */
export type FileResult = { readonly value: string } | { readonly errno: string };

/** The path of a key below /proc/sys: dots separate, a slash in the key is a dot in a device name. Undefined: not one of a namespace's. */
export function sysctlPath(key: string): string | undefined {
	const parts = key.split(".").map((part) => part.replaceAll("/", "."));
	const isPlain = parts.every((part) => part !== "" && part !== "." && part !== ".." && !part.includes("\0"));
	return isPlain && parts[0] === "net" && parts.length > 1 ? parts.join("/") : undefined;
}

/** Without the line end. */
export function readSysctl(path: string): FileResult {
	try {
		return { value: readFileSync(`${ROOT}/${path}`, "utf8").trimEnd() };
	} catch (error) {
		return { errno: errnoOf(error) };
	}
}

export function writeSysctl(path: string, value: string): FileResult {
	try {
		writeFileSync(`${ROOT}/${path}`, `${value}\n`);
		return { value };
	} catch (error) {
		return { errno: errnoOf(error) };
	}
}

/** The names in a directory of keys, `[]` when there is none. */
export function listSysctls(path: string): readonly string[] {
	try {
		return readdirSync(`${ROOT}/${path}`);
	} catch {
		return [];
	}
}

function errnoOf(error: unknown): string {
	const code = error instanceof Error && "code" in error ? error.code : undefined;
	if (typeof code !== "string") throw error;
	return code;
}
