/** The loopback plugin: brings `lo` of the container up. */

import { cidr, mac } from "../../wire/addr.ts";
import type { CniResult, CniRuntime, Plan } from "../types.ts";

export interface LoopbackConf {
	readonly type: "loopback";
}

export function loopbackAdd(runtime: CniRuntime): { readonly plan: Plan; readonly result: CniResult } {
	return {
		plan: [{ netns: runtime.netns, ops: [{ verb: "replace", object: { kind: "link", name: "lo", up: true } }] }],
		result: {
			cniVersion: "1.1.0",
			interfaces: [{ name: "lo", mac: mac("00:00:00:00:00:00"), sandbox: runtime.netns }],
			ips: [{ address: cidr("127.0.0.1/8"), interface: 0 }],
			routes: [],
			dns: {},
		},
	};
}

export function loopbackDel(runtime: CniRuntime): Plan {
	return [{ netns: runtime.netns, ops: [{ verb: "replace", object: { kind: "link", name: "lo", up: false } }] }];
}
