/** Connection tracking's place in the machine. */
import { registerSysctls } from "../../sysctl.ts";
import type { Machine } from "../../types.ts";
import { CONNTRACK_SYSCTLS } from "./settings.ts";

/** Gives every namespace the sysctls; the hooks come with the first user (enable.ts). */
export function initConntrack(machine: Machine): void {
	registerSysctls(machine, CONNTRACK_SYSCTLS);
}
