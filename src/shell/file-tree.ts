/** The files of one machine: a tree in memory, with computed files (`/proc/sys/…`, `/sys/class/net/…`) mounted in it. */

/** errno of a failed file operation. */
export type FileErrno = "ENOENT" | "EACCES" | "EISDIR" | "ENOTDIR" | "EEXIST" | "EINVAL" | "ENOTEMPTY";

export class FileError extends Error {
	readonly errno: FileErrno;
	readonly path: string;

	constructor(errno: FileErrno, path: string) {
		super(`${path}: ${FILE_ERROR_TEXT[errno]}`);
		this.errno = errno;
		this.path = path;
	}
}

/** As strerror(3) says it. */
export const FILE_ERROR_TEXT: Readonly<Record<FileErrno, string>> = {
	ENOENT: "No such file or directory",
	EACCES: "Permission denied",
	EISDIR: "Is a directory",
	ENOTDIR: "Not a directory",
	EEXIST: "File exists",
	EINVAL: "Invalid argument",
	ENOTEMPTY: "Directory not empty",
};

/** Where a file is looked at from: `/proc/sys/net` shows the namespace of whoever reads it. */
export interface FileView {
	/** As the port names it. */
	readonly netns: string;
}

/** All methods take absolute paths without `.` and `..`, and reject with a `FileError`. */
export interface FileTree {
	read(path: string, view: FileView): Promise<string>;
	write(path: string, text: string, view: FileView): Promise<void>;
	append(path: string, text: string, view: FileView): Promise<void>;
	remove(path: string): Promise<void>;
	makeDirectory(path: string, options: { readonly parents: boolean }): Promise<void>;
	/** Names in a directory, sorted. */
	list(path: string, view: FileView): Promise<readonly string[]>;
	stat(
		path: string,
		view: FileView,
	): Promise<{ readonly type: "file" | "directory"; readonly size: number; readonly executable: boolean }>;
	/** `chmod +x`, `chmod -x`. */
	setExecutable(path: string, executable: boolean): Promise<void>;
	/** Calls `fn` with what is appended to a file from now on (`tail -f`); the result stops it. */
	watch(path: string, fn: (appended: string) => void): () => void;
}
