/** flock(2): one process at a time. */
import { closeSync, openSync } from "node:fs";
import { lastErrno, libc } from "./libc.ts";

const LOCK_EX = 2;

/** Waits until nobody else holds the file's lock; the result lets go of it. The file is made if need be. */
export function lockFile(path: string): () => void {
	const fd = openSync(path, "a", 0o600);
	for (;;) {
		if (libc.flock(fd, LOCK_EX) === 0) return () => closeSync(fd);
		const errno = lastErrno();
		if (errno === "EINTR") continue;
		closeSync(fd);
		throw new Error(`flock ${path}: ${errno}`);
	}
}
