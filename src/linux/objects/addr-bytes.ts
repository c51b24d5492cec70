/** IP and MAC addresses as netlink carries them: bytes in network order. */
import { type IpAddr, ipNum, ipText, type MacAddr } from "../../wire/addr.ts";
import { AF_INET, AF_INET6 } from "../libc.ts";

/** 4 or 16 bytes. */
export function addrBytes(addr: IpAddr): Uint8Array {
	const n = ipNum(addr);
	if (typeof n === "number") return Uint8Array.of(n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255);
	return Uint8Array.from({ length: 16 }, (_, k) => Number((n >> BigInt(120 - 8 * k)) & 255n));
}

/** Undefined for another number of bytes than 4 and 16. */
export function addrText(bytes: Uint8Array | undefined): IpAddr | undefined {
	if (bytes?.length === 4) return ipText(bytes.reduce((sum, byte) => sum * 256 + byte, 0));
	if (bytes?.length === 16) return ipText(bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n));
	return undefined;
}

export function macBytes(mac: MacAddr): Uint8Array {
	return Uint8Array.from(mac.split(":"), (part) => Number.parseInt(part, 16));
}

/** AF_INET or AF_INET6. */
export function familyNumber(addr: IpAddr): number {
	return addr.includes(":") ? AF_INET6 : AF_INET;
}

/** `0.0.0.0` or `::`. */
export function anyAddr(family: number): IpAddr {
	return ipText(family === AF_INET6 ? 0n : 0);
}
