/** The label that an endpoint has below its Service's name. */
import type { IpAddr } from "../wire/addr.ts";

/** A label has at most 63 bytes. */
const MAX_LABEL = 63;

/** Its hostname; else, if wanted, its pod's name; else its address with dashes. */
export function endpointLabel(
	endpoint: { readonly addr: IpAddr; readonly hostname?: string; readonly pod?: string },
	{ endpointPodNames }: { readonly endpointPodNames: boolean },
): string {
	const { addr, hostname, pod } = endpoint;
	if (hostname !== undefined && hostname !== "") return hostname;
	if (endpointPodNames && pod !== undefined && pod !== "" && pod.length <= MAX_LABEL) return pod;
	const dashed = addr.replaceAll(/[.:]/g, "-");
	// `fd00::` would end with a dash, which no label may.
	return dashed.endsWith("-") ? `${dashed}0` : dashed;
}

/** `10-0-0-1` or `fd00--1` → the address. */
export function addrTextOfLabel(label: string): string {
	const isV4 = label.split("-").length === 4 && !label.includes("--");
	return label.replaceAll("-", isV4 ? "." : ":");
}
