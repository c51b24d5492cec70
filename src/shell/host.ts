/** A machine of the tutorial shell: its namespaces by name, its files, its processes, its log daemon. */
import type { FileTree } from "./file-tree.ts";

export interface Process {
	readonly pid: number;
	readonly argv: readonly string[];
	/** As the port names it. */
	readonly netns: string;
	readonly startedNs: number;
	/** Asks it to stop, as SIGINT does. */
	interrupt(): void;
}

export interface Host {
	readonly name: string;
	/** The namespace the machine boots in, as the port names it. */
	readonly rootNetns: string;
	/** `ip netns` names on this machine → the port's names, in order of creation. */
	readonly namedNetns: Map<string, string>;
	readonly files: FileTree;
	readonly processes: Map<number, Process>;
	/** `dmesg -C` was called when the kernel's log had so many lines. */
	dmesgFrom: number;
	/** Packages that `yum`/`apt-get` said are there, services that `systemctl` started. */
	readonly services: Map<string, { active: boolean; startedNs: number }>;
	/** For `uname`, `/etc/os-release`, `/etc/hostname`. */
	readonly os: { readonly name: string; readonly version: string; readonly kernelRelease: string };
	nextPid(): number;
}
