/**
 * Network namespaces that this process made. They have no name outside and are held by a file descriptor, so they end with
 * the process, however it ends; `persist` gives them a name in /run/netns and lets them stay.
 */
import { closeSync, constants, mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import { err, ok, type Result } from "../base/result.ts";
import { CLONE_NEWNET, lastErrno, libc } from "./libc.ts";

/** Where `ip netns` looks. */
const NETNS_DIRECTORY = "/run/netns";
const MS_BIND = 4096;
const MNT_DETACH = 2;

export class LinuxNetns {
	/** As given to `addNetns`. */
	readonly name: string;
	/** Open on the namespace: what `setns` and netlink's IFLA_NET_NS_FD take. */
	readonly fd: number;
	/** Its file name in /run/netns. Absent: it has none. */
	readonly file: string | undefined;
	/** Directories of /proc/sys/net that are open, by name. */
	readonly #sysctls = new Map<string, number>();

	constructor(name: string, fd: number, file: string | undefined) {
		this.name = name;
		this.fd = fd;
		this.file = file;
	}

	/** Runs `fn` inside the namespace; sockets opened, files below /proc/sys/net and programs started by it belong there. Not for async functions. */
	run<T>(fn: () => T): T {
		enter(this.fd);
		try {
			return fn();
		} finally {
			enter(home());
		}
	}

	/**
	 * A directory of /proc/sys/net (`ipv4`, `netfilter`, …), open, so that files in it are found at once: from the root on
	 * Linux looks through the directories of that name of all namespaces (a tenth of a millisecond where there are 1,600). To
	 * be called inside the namespace. Undefined: there is none.
	 */
	sysctlDirectory(name: string): number | undefined {
		const known = this.#sysctls.get(name);
		if (known !== undefined) return known;
		try {
			const fd = openSync(`/proc/sys/net/${name}`, constants.O_RDONLY | constants.O_DIRECTORY);
			this.#sysctls.set(name, fd);
			return fd;
		} catch (error) {
			if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
			throw error;
		}
	}

	/** Lets go of the namespace. */
	close(): void {
		for (const fd of this.#sysctls.values()) closeSync(fd);
		this.#sysctls.clear();
		closeSync(this.fd);
	}
}

/** A new namespace, empty but for `lo`. The error is the errno's name: EPERM without root. */
export function createNetns(name: string, file: string | undefined): Result<LinuxNetns, string> {
	const back = home();
	if (libc.unshare(CLONE_NEWNET) !== 0) return err(lastErrno());
	try {
		const fd = openSync("/proc/thread-self/ns/net", "r");
		if (file !== undefined) {
			const failed = nameNetns(file);
			if (failed !== undefined) {
				closeSync(fd);
				return err(failed);
			}
		}
		return ok(new LinuxNetns(name, fd, file));
	} finally {
		enter(back);
	}
}

/** The namespace lives on as long as somebody else holds it (a process in it, a named file). */
export function closeNetns(netns: LinuxNetns): void {
	netns.close();
	if (netns.file !== undefined) removeNetnsFile(netns.file);
}

/** Takes a name out of /run/netns, as `ip netns delete`. */
export function removeNetnsFile(file: string): void {
	const path = `${NETNS_DIRECTORY}/${file}`;
	libc.umount2(path, MNT_DETACH);
	rmSync(path, { force: true });
}

function nameNetns(file: string): string | undefined {
	const path = `${NETNS_DIRECTORY}/${file}`;
	mkdirSync(NETNS_DIRECTORY, { recursive: true });
	try {
		writeFileSync(path, "", { flag: "wx", mode: 0o000 });
	} catch {
		return "EEXIST";
	}
	if (libc.mount("/proc/thread-self/ns/net", path, "none", MS_BIND, null) === 0) return undefined;
	const errno = lastErrno();
	rmSync(path, { force: true });
	return errno;
}

/** The namespace that the process was started in. */
let homeFd: number | undefined;

function home(): number {
	homeFd ??= openSync("/proc/thread-self/ns/net", "r");
	return homeFd;
}

function enter(fd: number): void {
	if (libc.setns(fd, CLONE_NEWNET) !== 0) throw new Error(`setns: ${lastErrno()}`);
}
