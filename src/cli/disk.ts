/** The real disk, as the commands of the shell see it: captures are written and read there. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Disk } from "../shell/command.ts";

/** Relative paths are in `directory`. */
export function diskIn(directory: string): Disk {
	const at = (path: string): string => resolve(directory, path);
	return {
		write: (path, bytes) => writeFileSync(at(path), bytes),
		read: (path) => readFileSync(at(path)),
		exists: (path) => existsSync(at(path)),
	};
}
