/** Namespaces as iproute2's arguments name them: an `ip netns` name, a file, or a process. */
import type { Host } from "../../host.ts";
import { ToolExit } from "../tool-exit.ts";

/** The namespace of an `ip netns` name, as the port calls it; undefined: there is none. */
export function namedNetns(host: Host, name: string): string | undefined {
	const direct = host.namedNetns.get(name);
	if (direct !== undefined) return direct;
	const file = /^(?:\/var)?\/run\/netns\/([^/]+)$/.exec(name)?.[1];
	if (file !== undefined) return host.namedNetns.get(file);
	const pid = /^\/proc\/(\d+|self)\/ns\/net$/.exec(name)?.[1];
	return pid === undefined ? undefined : host.processes.get(Number(pid))?.netns;
}

/** For `ip -n NAME` and `ip netns exec NAME`. */
export function openNetns(host: Host, name: string): string {
	const netns = namedNetns(host, name);
	if (netns !== undefined) return netns;
	throw new ToolExit(255, `Cannot open network namespace "${name}": No such file or directory\n`);
}

/** For `ip link set DEV netns …`: a name or a process; the value is undefined where there is no such process. */
export function netnsArgument(host: Host, word: string): { readonly netns: string | undefined } | undefined {
	const netns = namedNetns(host, word);
	if (netns !== undefined) return { netns };
	if (!/^\d+$/.test(word)) return undefined;
	return { netns: host.processes.get(Number(word))?.netns };
}
