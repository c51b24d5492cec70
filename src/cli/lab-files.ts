/** Labs by name (those that come with podwire, in `labs/`) or by file. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { distance } from "fastest-levenshtein";
import { formatTextError } from "../base/text-error.ts";
import { type LabFile, type ParsedLab, parseLab } from "../shell/lab/parse-lab.ts";
import { UsageError } from "./io.ts";

/** The same from the sources and from the built file. */
const LABS = fileURLToPath(new URL("../../labs/", import.meta.url));

export interface BundledLab extends ParsedLab {
	readonly name: string;
}

/** The labs that come with podwire, by name. */
export function bundledLabs(): readonly BundledLab[] {
	return bundledNames().map((name) => ({ name, ...parsed(bundledFile(name)) }));
}

/** A bundled lab's name, a file (anything with a slash or the suffix of a YAML file), or `-` for standard input. */
export function readLab(which: string): ParsedLab {
	return parsed(which === "-" || /[/\\]|\.ya?ml$/.test(which) ? userFile(which) : bundledFile(which));
}

function parsed(file: LabFile): ParsedLab {
	const lab = parseLab(file);
	if (!lab.ok) throw new UsageError(lab.error.map(formatTextError));
	return lab.value;
}

function bundledNames(): readonly string[] {
	return readdirSync(LABS)
		.filter((name) => name.endsWith(".yaml"))
		.map((name) => name.slice(0, -".yaml".length))
		.sort();
}

function bundledFile(name: string): LabFile {
	const names = bundledNames();
	if (!names.includes(name)) {
		const near = names.filter((other) => other.startsWith(name) || distance(name, other) <= name.length / 3);
		const hint = near.length > 0 ? `did you mean ${near.join(" or ")}?` : `there is ${names.join(", ")}`;
		throw new UsageError([`there is no lab "${name}"; ${hint} (a file is given with its path: ./${name}.yaml)`]);
	}
	return { path: `labs/${name}.yaml`, text: readFileSync(join(LABS, `${name}.yaml`), "utf8") };
}

function userFile(path: string): LabFile {
	try {
		return { path: path === "-" ? "<stdin>" : path, text: readFileSync(path === "-" ? 0 : path, "utf8") };
	} catch (cause) {
		throw new UsageError([`${path}: ${cause instanceof Error ? cause.message : String(cause)}`]);
	}
}
