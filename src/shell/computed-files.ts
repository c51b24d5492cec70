/** A computed tree made of a list of its files. */
import { utf8Encode } from "../base/bytes.ts";
import { FileError, type FileView } from "./file-tree.ts";
import type { ComputedFiles, FileStat } from "./memory-files.ts";

export interface ComputedFile {
	read(): string;
	/** Absent: not writable. Throws or rejects with a `FileError`. */
	write?(text: string): Promise<void>;
}

/** The files by absolute path; directories are what their paths say. */
export type FileTable = ReadonlyMap<string, ComputedFile>;

export class TableFiles implements ComputedFiles {
	readonly #table: (view: FileView) => Promise<FileTable>;

	constructor(table: (view: FileView) => Promise<FileTable>) {
		this.#table = table;
	}

	async read(path: string, view: FileView): Promise<string> {
		return find(await this.#table(view), path).read();
	}

	async write(path: string, text: string, view: FileView): Promise<void> {
		const file = find(await this.#table(view), path);
		if (file.write === undefined) throw new FileError("EACCES", path);
		await file.write(text);
	}

	async list(path: string, view: FileView): Promise<readonly string[]> {
		const table = await this.#table(view);
		if (table.has(path)) throw new FileError("ENOTDIR", path);
		const names = namesBelow(table, path);
		if (names.size === 0) throw new FileError("ENOENT", path);
		return [...names];
	}

	async stat(path: string, view: FileView): Promise<FileStat> {
		const table = await this.#table(view);
		const file = table.get(path);
		if (file !== undefined) return { type: "file", size: utf8Encode(file.read()).length, executable: false };
		if (namesBelow(table, path).size === 0) throw new FileError("ENOENT", path);
		return { type: "directory", size: 0, executable: true };
	}
}

function find(table: FileTable, path: string): ComputedFile {
	const file = table.get(path);
	if (file !== undefined) return file;
	throw new FileError(namesBelow(table, path).size > 0 ? "EISDIR" : "ENOENT", path);
}

function namesBelow(table: FileTable, path: string): ReadonlySet<string> {
	const start = `${path}/`;
	const names = new Set<string>();
	for (const at of table.keys()) {
		if (at.startsWith(start)) names.add(at.slice(start.length).split("/")[0] ?? "");
	}
	return names;
}
