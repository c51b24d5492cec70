/** Reading manifests from files and directories (`-f PATH`, `-` for standard input). */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { UsageError } from "./io.ts";

export interface ManifestFile {
	readonly path: string;
	readonly text: string;
}

const SUFFIXES = [".yaml", ".yml", ".json"];

/** The files named, and those with a manifest's suffix inside the directories named, in order; each once. */
export function readManifestFiles(paths: readonly string[]): readonly ManifestFile[] {
	if (paths.length === 0)
		throw new UsageError(["no manifests: give at least one -f PATH (a file, a directory, or - for standard input)"]);
	const problems: string[] = [];
	const seen = new Set<string>();
	const files = paths.flatMap((path) => {
		try {
			if (/^https?:\/\//i.test(path))
				throw new Error("URLs are not read: save the manifest to a file, or pipe it into -f -");
			if (!isNew(path === "-" ? "-" : resolve(path), seen)) return [];
			return path === "-" ? [{ path: "<stdin>", text: readFileSync(0, "utf8") }] : readPath(path, seen);
		} catch (cause) {
			problems.push(`${path}: ${reasonOf(cause)}`);
			return [];
		}
	});
	if (problems.length > 0) throw new UsageError(problems);
	return files;
}

function readPath(path: string, seen: Set<string>): readonly ManifestFile[] {
	if (!statSync(path).isDirectory()) return [{ path, text: readFileSync(path, "utf8") }];
	const names = readdirSync(path)
		.filter((name) => SUFFIXES.some((suffix) => name.endsWith(suffix)))
		.sort();
	if (names.length === 0) throw new Error(`no ${SUFFIXES.join(", ")} file in this directory`);
	return names
		.filter((name) => isNew(resolve(path, name), seen))
		.map((name) => ({ path: join(path, name), text: readFileSync(join(path, name), "utf8") }));
}

function isNew(key: string, seen: Set<string>): boolean {
	if (seen.has(key)) return false;
	seen.add(key);
	return true;
}

function reasonOf(cause: unknown): string {
	if (!(cause instanceof Error)) return String(cause);
	const code = "code" in cause ? cause.code : undefined;
	if (code === "ENOENT") return "no such file or directory";
	if (code === "EACCES") return "permission denied";
	return cause.message;
}
