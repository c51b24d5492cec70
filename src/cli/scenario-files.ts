/** Scenario files: given one by one, as directories, or on standard input. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { formatTextError } from "../base/text-error.ts";
import { parseScenario, type ScenarioFile } from "../verify/file/parse-scenario.ts";
import type { Scenario } from "../verify/scenario.ts";
import { UsageError } from "./io.ts";

export interface ReadScenario {
	/** As it was given. */
	readonly path: string;
	readonly scenario: Scenario;
}

/** All, or every mistake in all of them. */
export function readScenarios(paths: readonly string[]): readonly ReadScenario[] {
	const files = paths.flatMap(filesOf);
	const parsed = files.map((file) => ({ path: file.path, result: parseScenario(file) }));
	const errors = parsed.flatMap(({ result }) => (result.ok ? [] : result.error.map(formatTextError)));
	if (errors.length > 0) throw new UsageError(errors);
	return parsed.flatMap(({ path, result }) => (result.ok ? [{ path, scenario: result.value }] : []));
}

function filesOf(path: string): readonly ScenarioFile[] {
	try {
		if (path === "-") return [{ path: "<stdin>", text: readFileSync(0, "utf8") }];
		if (!statSync(path).isDirectory()) return [{ path, text: readFileSync(path, "utf8") }];
		const names = readdirSync(path).filter((name) => /\.(ya?ml|json)$/.test(name));
		if (names.length === 0) throw new Error("no file ends in .yaml, .yml or .json");
		return names.sort().map((name) => ({ path: join(path, name), text: readFileSync(join(path, name), "utf8") }));
	} catch (cause) {
		throw new UsageError([`${path}: ${cause instanceof Error ? cause.message : String(cause)}`]);
	}
}
