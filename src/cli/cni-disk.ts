/** The files of CNI plugins on this machine, as the reference plugins keep them: directories 0755, files 0600, `lock` locked. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { err, ok, type Result } from "../base/result.ts";
import type { CniDisk } from "../cni/run/host.ts";
import { lockFile } from "../linux/file-lock.ts";

export class NodeCniDisk implements CniDisk {
	async list(dir: string): Promise<Result<ReadonlyMap<string, string>, string>> {
		return attempt(
			() => new Map(readdirSync(dir).map((name) => [name, readFileSync(`${dir}/${name}`, "utf8")])),
			new Map(),
		);
	}

	/** Only what changed is written; a file is there whole or not at all. */
	async replace(dir: string, files: ReadonlyMap<string, string>): Promise<Result<void, string>> {
		const before = await this.list(dir);
		if (!before.ok) return before;
		return attempt(() => {
			mkdirSync(dir, { recursive: true, mode: 0o755 });
			for (const [name, text] of files) {
				if (before.value.get(name) === text) continue;
				const fresh = `${dir}/.${name}.new`;
				writeFileSync(fresh, text, { mode: 0o600 });
				renameSync(fresh, `${dir}/${name}`);
			}
			for (const name of before.value.keys()) if (!files.has(name)) rmSync(`${dir}/${name}`, { force: true });
		});
	}

	async read(path: string): Promise<Result<string, string>> {
		return attempt(() => readFileSync(path, "utf8"));
	}

	async exclusive<T>(dir: string, work: () => Promise<T>): Promise<T> {
		mkdirSync(dir, { recursive: true, mode: 0o755 });
		const unlock = lockFile(`${dir}/lock`);
		try {
			return await work();
		} finally {
			unlock();
		}
	}
}

/** The system's word for what fails; `missing` when there is no such file. */
function attempt<T>(work: () => T, missing?: T): Result<T, string> {
	try {
		return ok(work());
	} catch (error) {
		if (!(error instanceof Error)) throw error;
		if (missing !== undefined && "code" in error && error.code === "ENOENT") return ok(missing);
		return err(error.message);
	}
}
