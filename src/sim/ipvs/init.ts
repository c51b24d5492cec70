/** IPVS's place in the machine: its sysctls in every namespace, its hooks while there are services. */
import { NF_PRI, registerNetHook } from "../netfilter/hooks.ts";
import { registerSysctls } from "../sysctl.ts";
import type { HookEntry, Machine, Netns } from "../types.ts";
import { ipVsForwardIcmp, ipVsInHook, ipVsOutHook } from "./core.ts";
import { ipvsNet } from "./net.ts";
import { IPVS_SYSCTLS } from "./settings.ts";

/** Call once, before the machine's first namespace is made. */
export function initIpvs(machine: Machine): void {
	registerSysctls(machine, IPVS_SYSCTLS);
	// Its clock begins with the namespace.
	machine.onNetnsCreated.push((netns) => void ipvsNet(netns));
}

/** `ip_vs_register_hooks`; the result takes them away. */
export function ipVsRegisterHooks(netns: Netns): readonly (() => void)[] {
	return [
		registerNetHook(netns, "ipv4", "INPUT", IN_REPLY),
		registerNetHook(netns, "ipv4", "INPUT", IN_REQUEST),
		registerNetHook(netns, "ipv4", "OUTPUT", OUT_REPLY),
		registerNetHook(netns, "ipv4", "OUTPUT", OUT_REQUEST),
		registerNetHook(netns, "ipv4", "FORWARD", FORWARD_ICMP),
		registerNetHook(netns, "ipv4", "FORWARD", FORWARD_REPLY),
	];
}

const IN_REPLY: HookEntry = { priority: NF_PRI.NAT_SRC - 2, name: "ip_vs_out_hook", fn: ipVsOutHook };
const IN_REQUEST: HookEntry = { priority: NF_PRI.NAT_SRC - 1, name: "ip_vs_in_hook", fn: ipVsInHook };
const OUT_REPLY: HookEntry = { priority: NF_PRI.NAT_DST + 1, name: "ip_vs_out_hook", fn: ipVsOutHook };
const OUT_REQUEST: HookEntry = { priority: NF_PRI.NAT_DST + 2, name: "ip_vs_in_hook", fn: ipVsInHook };
const FORWARD_ICMP: HookEntry = { priority: 99, name: "ip_vs_forward_icmp", fn: ipVsForwardIcmp };
const FORWARD_REPLY: HookEntry = { priority: 100, name: "ip_vs_out_hook", fn: ipVsOutHook };
