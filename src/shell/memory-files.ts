/** A machine's files in memory, with computed trees (`/proc`, `/sys`) mounted in them. */
import { utf8Encode } from "../base/bytes.ts";
import { FileError, type FileTree, type FileView } from "./file-tree.ts";

export interface FileStat {
	readonly type: "file" | "directory";
	readonly size: number;
	readonly executable: boolean;
}

/** Files that are made when they are looked at. Paths are absolute; a path that is none rejects with ENOENT. */
export interface ComputedFiles {
	read(path: string, view: FileView): Promise<string>;
	write(path: string, text: string, view: FileView): Promise<void>;
	list(path: string, view: FileView): Promise<readonly string[]>;
	stat(path: string, view: FileView): Promise<FileStat>;
}

type Directory = { readonly type: "directory"; readonly entries: Map<string, Node> };
type Node = Directory | { readonly type: "file"; text: string; executable: boolean };

export class MemoryFiles implements FileTree {
	readonly #root: Directory = { type: "directory", entries: new Map() };
	readonly #mounts = new Map<string, ComputedFiles>();
	readonly #watchers = new Map<string, Set<(appended: string) => void>>();

	/** Makes `path` and everything below it computed. */
	mount(path: string, files: ComputedFiles): void {
		this.#makeParents(path);
		this.#mounts.set(path, files);
	}

	/** Puts a file there, with the directories above it; for setting a machine up. */
	put(path: string, text: string, options: { readonly executable?: boolean } = {}): void {
		const parent = this.#makeParents(dirname(path));
		parent.entries.set(basename(path), { type: "file", text, executable: options.executable === true });
	}

	/** A file's text at once; undefined: there is none. For daemons of the machine itself. */
	peek(path: string): string | undefined {
		try {
			const node = this.#find(path);
			return node.type === "file" ? node.text : undefined;
		} catch {
			return undefined;
		}
	}

	/** The files in a directory and below, sorted. */
	pathsBelow(path: string): readonly string[] {
		const walk = (node: Node, at: string): readonly string[] =>
			node.type === "file" ? [at] : [...node.entries].flatMap(([name, child]) => walk(child, `${at}/${name}`));
		try {
			return [...walk(this.#find(path), path)].sort((a, b) => (a < b ? -1 : 1));
		} catch {
			return [];
		}
	}

	/** Appends at once, making the file if need be; for daemons of the machine itself. */
	appendNow(path: string, text: string): void {
		this.#makeParents(dirname(path));
		const node = this.#open(path);
		node.text += text;
		this.#tell(path, text);
	}

	async read(path: string, view: FileView): Promise<string> {
		const mounted = this.#mounted(path);
		if (mounted !== undefined) return mounted.read(path, view);
		const node = this.#find(path);
		if (node.type === "directory") throw new FileError("EISDIR", path);
		return node.text;
	}

	async write(path: string, text: string, view: FileView): Promise<void> {
		const mounted = this.#mounted(path);
		if (mounted !== undefined) return mounted.write(path, text, view);
		const node = this.#open(path);
		node.text = text;
		this.#tell(path, text);
	}

	async append(path: string, text: string, view: FileView): Promise<void> {
		const mounted = this.#mounted(path);
		if (mounted !== undefined) return mounted.write(path, text, view);
		const node = this.#open(path);
		node.text += text;
		this.#tell(path, text);
	}

	async remove(path: string): Promise<void> {
		if (this.#mounted(path) !== undefined) throw new FileError("EACCES", path);
		const node = this.#find(path);
		if (node.type === "directory" && node.entries.size > 0) throw new FileError("ENOTEMPTY", path);
		this.#directory(dirname(path)).entries.delete(basename(path));
	}

	async makeDirectory(path: string, options: { readonly parents: boolean }): Promise<void> {
		if (this.#mounted(path) !== undefined) throw new FileError("EACCES", path);
		if (options.parents) {
			this.#makeParents(path);
			return;
		}
		const parent = this.#directory(dirname(path));
		if (parent.entries.has(basename(path)) || path === "/") throw new FileError("EEXIST", path);
		parent.entries.set(basename(path), { type: "directory", entries: new Map() });
	}

	async list(path: string, view: FileView): Promise<readonly string[]> {
		const mounted = this.#mounted(path);
		const names = mounted === undefined ? this.#directory(path).entries.keys() : await mounted.list(path, view);
		return [...names].sort((a, b) => (a < b ? -1 : 1));
	}

	async stat(path: string, view: FileView): Promise<FileStat> {
		const mounted = this.#mounted(path);
		if (mounted !== undefined) return mounted.stat(path, view);
		const node = this.#find(path);
		if (node.type === "directory") return { type: "directory", size: 4096, executable: true };
		return { type: "file", size: utf8Encode(node.text).length, executable: node.executable };
	}

	async setExecutable(path: string, executable: boolean): Promise<void> {
		const node = this.#find(path);
		if (node.type === "file") node.executable = executable;
	}

	watch(path: string, fn: (appended: string) => void): () => void {
		const watchers = this.#watchers.get(path) ?? new Set();
		this.#watchers.set(path, watchers);
		watchers.add(fn);
		return () => void watchers.delete(fn);
	}

	#tell(path: string, appended: string): void {
		if (appended === "") return;
		for (const watcher of this.#watchers.get(path) ?? []) watcher(appended);
	}

	#mounted(path: string): ComputedFiles | undefined {
		for (const [at, files] of this.#mounts) if (path === at || path.startsWith(`${at}/`)) return files;
		return undefined;
	}

	#find(path: string): Node {
		let node: Node = this.#root;
		for (const name of namesOf(path)) {
			if (node.type === "file") throw new FileError("ENOTDIR", path);
			const next: Node | undefined = node.entries.get(name);
			if (next === undefined) throw new FileError("ENOENT", path);
			node = next;
		}
		return node;
	}

	#directory(path: string): Directory {
		const node = this.#find(path);
		if (node.type === "file") throw new FileError("ENOTDIR", path);
		return node;
	}

	/** The file to write to, made if it is not there. */
	#open(path: string): Exclude<Node, Directory> {
		const parent = this.#directory(dirname(path));
		const found = basename(path) === "" ? parent : parent.entries.get(basename(path));
		if (found?.type === "directory") throw new FileError("EISDIR", path);
		if (found !== undefined) return found;
		const made = { type: "file", text: "", executable: false } as const;
		const node: Exclude<Node, Directory> = { ...made };
		parent.entries.set(basename(path), node);
		return node;
	}

	#makeParents(path: string): Directory {
		let node = this.#root;
		for (const name of namesOf(path)) {
			const next: Node = node.entries.get(name) ?? { type: "directory", entries: new Map() };
			if (next.type === "file") throw new FileError("ENOTDIR", path);
			node.entries.set(name, next);
			node = next;
		}
		return node;
	}
}

/** The absolute path without `.`, `..` and double slashes. */
export function resolvePath(cwd: string, path: string): string {
	const names: string[] = [];
	for (const name of namesOf(path.startsWith("/") ? path : `${cwd}/${path}`)) {
		if (name === "..") names.pop();
		else if (name !== ".") names.push(name);
	}
	return `/${names.join("/")}`;
}

export function dirname(path: string): string {
	return path.slice(0, path.lastIndexOf("/")) || "/";
}

export function basename(path: string): string {
	return path.slice(path.lastIndexOf("/") + 1);
}

function namesOf(path: string): readonly string[] {
	return path.split("/").filter((name) => name !== "");
}
