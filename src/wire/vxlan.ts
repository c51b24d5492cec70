/** VXLAN headers (RFC 7348): a view over bytes at an offset, and a builder. */
import { get32, put32 } from "./read-write.ts";

export const VXLAN_HLEN = 8;
/** The standard's port; Linux defaults to 8472. */
export const VXLAN_PORT = 4789;
export const VXLAN_LINUX_PORT = 8472;

/** The VNI is there. */
const FLAG_VNI = 0x0800_0000;

/** Whether the header is one of plain VXLAN: the VNI flag, and nothing else that is reserved. */
export function vxlanIsValid(b: Uint8Array, at: number): boolean {
	return get32(b, at) === FLAG_VNI && (b[at + 7] ?? 0) === 0;
}

export function vxlanVni(b: Uint8Array, at: number): number {
	return get32(b, at + 4) >>> 8;
}

export function putVxlan(b: Uint8Array, at: number, vni: number): void {
	put32(b, at, FLAG_VNI);
	put32(b, at + 4, vni * 256);
}
