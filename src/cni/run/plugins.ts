/** The plugins by name, and one run of one of them. */
import { err, type Result } from "../../base/result.ts";
import type { PluginWork } from "../plugin-main.ts";
import type { JsonObject } from "../result.ts";
import type { CniError } from "../types.ts";
import { FIREWALL, LOOPBACK, PORTMAP } from "./chained.ts";
import type { CniPlugin, PluginHost, PluginStep } from "./host.ts";
import { HOST_LOCAL, STATIC } from "./ipam.ts";
import { BRIDGE, PTP } from "./veth-plugins.ts";

export const CNI_PLUGINS: ReadonlyMap<string, CniPlugin> = new Map([
	["bridge", BRIDGE],
	["firewall", FIREWALL],
	["host-local", HOST_LOCAL],
	["loopback", LOOPBACK],
	["portmap", PORTMAP],
	["ptp", PTP],
	["static", STATIC],
]);

/** What `pluginMain` runs; `name` is that of the plugin's file. */
export function pluginWork(name: string, host: PluginHost): PluginWork {
	return async (call): Promise<Result<JsonObject | undefined, CniError>> => {
		const plugin = CNI_PLUGINS.get(name);
		if (plugin === undefined) {
			const known = [...CNI_PLUGINS.keys()].join(", ");
			return err({ code: 7, message: `plugin ${name} is not modelled (${known} are)` });
		}
		const steps: Readonly<Record<typeof call.command, PluginStep>> = {
			ADD: plugin.add,
			DEL: plugin.del,
			CHECK: plugin.check,
			STATUS: plugin.status,
			GC: plugin.gc,
		};
		return steps[call.command](host, call);
	};
}
