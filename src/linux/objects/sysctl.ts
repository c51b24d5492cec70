/** sysctls of the port on the real kernel: files below /proc/sys/net, written inside the namespace. A key always exists or never does. */
import { err, ok, type Result } from "../../base/result.ts";
import type { KernelError } from "../../kernel/kernel.ts";
import type { Sysctl } from "../../kernel/objects.ts";
import type { DriverOptions, IndexedOp, ObjectDriver, Undo } from "../driver.ts";
import { errnoNumber, kernelError, strerror } from "../netlink/errno.ts";
import type { LinuxNetns } from "../netns.ts";
import { listSysctls, readSysctl, sysctlPath, writeSysctl } from "./sysctl-file.ts";
import { CONF_LEAVES, NEIGH_LEAVES, SYSCTL_KEYS } from "./sysctl-keys.ts";

export class SysctlDriver implements ObjectDriver {
	readonly kinds = ["sysctl"] as const;

	apply(netns: LinuxNetns, ops: readonly IndexedOp[], options: DriverOptions): Result<Undo, KernelError> {
		const keeps = options.keepsParts !== true && (options.undoable || ops.length > 1);
		const saved: (readonly [path: string, value: string])[] = [];
		const undo = (): void => restore(netns, saved.splice(0).reverse());
		const failed = netns.run(() => {
			for (const { index, op } of ops) {
				const { verb, object } = op;
				if (object.kind !== "sysctl") continue;
				const error = writeOne(netns, { index, verb, object }, keeps ? saved : undefined);
				if (error !== undefined) return error;
			}
			return undefined;
		});
		if (failed === undefined) return ok(undo);
		undo();
		return err(failed);
	}

	/** Those that the simulated kernel has too, where this kernel has them. */
	dump(netns: LinuxNetns): Result<readonly Sysctl[], KernelError> {
		return ok(
			netns.run(() => {
				const conf = deviceKeys(netns, "net.ipv4.conf", CONF_LEAVES);
				const neigh = deviceKeys(netns, "net.ipv4.neigh", NEIGH_LEAVES);
				return [...SYSCTL_KEYS, ...conf, ...neigh].flatMap((key) => {
					const read = readSysctl(netns, sysctlPath(key) ?? "");
					return "value" in read ? [{ kind: "sysctl" as const, key, value: read.value }] : [];
				});
			}),
		);
	}
}

interface SysctlOp {
	readonly index: number;
	readonly verb: "add" | "replace" | "delete";
	readonly object: Sysctl;
}

function writeOne(
	netns: LinuxNetns,
	{ index: op, verb, object: { key, value } }: SysctlOp,
	saved: (readonly [path: string, value: string])[] | undefined,
): KernelError | undefined {
	const path = sysctlPath(key);
	if (saved === undefined && verb !== "delete" && path !== undefined && "value" in writeSysctl(netns, path, value)) {
		return undefined;
	}
	const before = path === undefined ? { errno: "ENOENT" } : readSysctl(netns, path);
	if (path === undefined || ("errno" in before && before.errno === "ENOENT")) {
		const file = key.replaceAll(/[./]/g, (char) => (char === "." ? "/" : "."));
		return { errno: "ENOENT", op, message: `cannot stat /proc/sys/${file}: No such file or directory` };
	}
	if (verb === "delete") {
		return { errno: "EOPNOTSUPP", op, message: `Operation not supported: ${key} cannot be deleted` };
	}
	saved?.push(...coupled(netns, path));
	if ("value" in before) saved?.push([path, before.value]);
	const written = writeSysctl(netns, path, value);
	if ("value" in written) return undefined;
	const errno = errnoNumber(written.errno);
	return kernelError(op, { errno, text: `setting key "${key}": ${strerror(errno)}` });
}

/**
 * What else may change with this key, with its values: what is written to `default` or `all` goes to devices too, and
 * forwarding takes redirects along (net/ipv4/devinet.c: devinet_conf_proc, inet_forward_change).
 */
function coupled(netns: LinuxNetns, path: string): readonly (readonly [path: string, value: string])[] {
	const shared = path === FORWARD ? ALL_FORWARDING : path;
	const match = /^(net\/ipv[46]\/(?:conf|neigh))\/(?:all|default)\/([^/]+)$/.exec(shared);
	if (match === null) return [];
	const [, directory = "", leaf = ""] = match;
	const also = shared === ALL_FORWARDING ? REDIRECTS : [];
	return [...listSysctls(netns, directory).map((dev) => `${directory}/${dev}/${leaf}`), ...also].flatMap((each) => {
		const read = readSysctl(netns, each);
		return "value" in read ? [[each, read.value] as const] : [];
	});
}

const FORWARD = "net/ipv4/ip_forward";
const ALL_FORWARDING = "net/ipv4/conf/all/forwarding";
const REDIRECTS = ["net/ipv4/conf/all/accept_redirects", "net/ipv4/conf/default/accept_redirects"] as const;

function restore(netns: LinuxNetns, saved: readonly (readonly [path: string, value: string])[]): void {
	netns.run(() => {
		for (const [path, value] of saved) {
			const now = readSysctl(netns, path);
			if (!("value" in now) || now.value !== value) writeSysctl(netns, path, value);
		}
	});
}

/** `all`, `default` and the devices, by name. */
function deviceKeys(netns: LinuxNetns, prefix: string, leaves: readonly string[]): readonly string[] {
	const devices = listSysctls(netns, prefix.replaceAll(".", "/"));
	return devices.flatMap((dev) => leaves.map((leaf) => `${prefix}.${dev.replaceAll(".", "/")}.${leaf}`));
}
