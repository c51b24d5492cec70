/** `sysctl` output. */
import type { Sysctl } from "../kernel/objects.ts";

/** `net.ipv4.ip_forward = 1` */
export function formatSysctl(sysctl: Sysctl): string {
	return `${sysctl.key} = ${sysctl.value}`;
}
