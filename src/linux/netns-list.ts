/** The namespaces of a `LinuxKernel`: those that it made, and those that it was told to adopt. Their ends take nothing else along. */
import { openSync } from "node:fs";
import { err, ok, type Result } from "../base/result.ts";
import type { KernelError } from "../kernel/kernel.ts";
import type { NetnsTable } from "./driver.ts";
import { errnoNumber, kernelError, strerror } from "./netlink/errno.ts";
import { closeNetns, createNetns, LinuxNetns } from "./netns.ts";
import { writeSysctl } from "./objects/sysctl-file.ts";

export class NetnsList implements NetnsTable {
	readonly #persistPrefix: string | undefined;
	readonly #all = new Map<string, LinuxNetns>();

	constructor(persistPrefix: string | undefined) {
		this.#persistPrefix = persistPrefix;
	}

	find(name: string): LinuxNetns | undefined {
		return this.#all.get(name);
	}

	all(): readonly LinuxNetns[] {
		return [...this.#all.values()];
	}

	/** Makes a namespace without IPv6. */
	create(name: string): Result<LinuxNetns, KernelError> {
		// A slash is fine here (`node/slave1`): these names are the port's.
		if (name === "" || name === "." || name === "..") {
			return err({ errno: "EINVAL", op: -1, message: `Invalid netns name "${name}"` });
		}
		if (this.#all.has(name)) return err(isThere(name));
		const prefix = this.#persistPrefix;
		const file = prefix === undefined ? undefined : `${prefix}${name.replaceAll("/", "-")}`;
		const made = createNetns(name, file);
		if (!made.ok) {
			if (made.error === "EEXIST") return err(isThere(file ?? name));
			const errno = errnoNumber(made.error);
			return err(kernelError(-1, { errno, text: `Cannot make network namespace "${name}": ${strerror(errno)}` }));
		}
		made.value.run(() => disableIpv6(made.value));
		this.#all.set(name, made.value);
		return made;
	}

	/** Takes a namespace that is there already: a file of /run/netns, or an absolute path, which then is nobody's to remove. */
	adopt(name: string, file: string): Result<LinuxNetns, KernelError> {
		if (this.#all.has(name)) return err(isThere(name));
		try {
			const isPath = file.startsWith("/");
			const fd = openSync(isPath ? file : `/run/netns/${file}`, "r");
			const netns = new LinuxNetns(name, fd, isPath ? undefined : file);
			this.#all.set(name, netns);
			return ok(netns);
		} catch {
			return err({
				errno: "ENOENT",
				op: -1,
				message: `Cannot open network namespace "${file}": No such file or directory`,
			});
		}
	}

	/** The namespace is no longer listed, its name in /run/netns goes, and with the last descriptor it ends. */
	remove(netns: LinuxNetns): void {
		this.#all.delete(netns.name);
		closeNetns(netns);
	}

	/** Lets go of all; those with a name in /run/netns stay. */
	close(): void {
		for (const netns of this.#all.values()) netns.close();
		this.#all.clear();
	}
}

function isThere(name: string): KernelError {
	return { errno: "EEXIST", op: -1, message: `Cannot create namespace file "/run/netns/${name}": File exists` };
}

/** Nothing appears that nobody asked for: no link-local addresses, no router solicitations. */
function disableIpv6(netns: LinuxNetns): void {
	for (const name of ["all", "default", "lo"]) writeSysctl(netns, `net/ipv6/conf/${name}/disable_ipv6`, "1");
}
