/** sysctls of the port: `sysctl -w`. A key always exists or never does, so `add` and `replace` both write. */
import { ok } from "../../base/result.ts";
import type { Sysctl } from "../../kernel/objects.ts";
import { hashPolicyFault, isForwardSysctl, keysOfForwarding } from "../ipv4/devinet-sysctl.ts";
import { ipvsSysctlFault } from "../ipvs/settings.ts";
import { setSysctl, sysctls } from "../sysctl.ts";
import type { Netns } from "../types.ts";
import { type ObjectHandler, refuse, type Undo } from "./handler.ts";

export const sysctlHandler: ObjectHandler<Sysctl> = {
	apply(netns, verb, { key, value }) {
		const before = sysctls(netns).values.get(key);
		if (before === undefined) {
			return refuse("ENOENT", `cannot stat /proc/sys/${pathOf(key)}: No such file or directory`);
		}
		if (verb === "delete") return refuse("EOPNOTSUPP", `Operation not supported: ${key} cannot be deleted`);
		if (value === before && !isForwardSysctl(key) && !PINS_DEVICES.test(key)) return ok(NOTHING);
		if (isNumbers(before) && !isNumbers(value)) {
			return refuse("EINVAL", `setting key "${key}": Invalid argument`);
		}
		const fault = ipvsSysctlFault(key, value) ?? hashPolicyFault(key, value);
		if (fault === "EOPNOTSUPP") return refuse(fault, `${key} = ${value} is not modelled`);
		if (fault !== undefined) return refuse(fault, `setting key "${key}": Invalid argument`);
		const saved = savedValues(netns, key, before);
		setSysctl(netns, key, value);
		return ok(undoTo(netns, key, saved));
	},
	dump(netns) {
		return [...sysctls(netns).values].map(([key, value]) => ({ kind: "sysctl", key, value }));
	},
};

const NOTHING: Undo = () => undefined;
/** Here also a value that was there before is one that was written. */
const PINS_DEVICES = /^net\.ipv4\.(conf|neigh)\.default\./;

/** Writing one key may have written others (`ip_forward` and `forwarding`): all go back, the written one first. */
function undoTo(netns: Netns, key: string, saved: ReadonlyMap<string, string>): Undo {
	return () => {
		const before = saved.get(key);
		if (before !== undefined) setSysctl(netns, key, before);
		for (const [other, value] of saved) {
			const now = sysctls(netns).values.get(other);
			if (now !== undefined && now !== value) setSysctl(netns, other, value);
		}
	};
}

/** The values of all keys that writing this one may change. */
function savedValues(netns: Netns, key: string, before: string): ReadonlyMap<string, string> {
	const saved = new Map([[key, before]]);
	if (!isForwardSysctl(key)) return saved;
	for (const other of keysOfForwarding(netns)) saved.set(other, sysctls(netns).values.get(other) ?? "");
	return saved;
}

function isNumbers(value: string): boolean {
	return /^\s*-?\d+(\s+-?\d+)*\s*$/.test(value);
}

/** The file of a key: dots separate, a slash in the key is a dot in a device name. */
function pathOf(key: string): string {
	return key.replaceAll(/[./]/g, (char) => (char === "." ? "/" : "."));
}
