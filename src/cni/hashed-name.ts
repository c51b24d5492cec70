/** Names made of hashes, where the kernel allows fewer characters than what they stand for has (pkg/utils). */
import { sha512 } from "@noble/hashes/sha2.js";
import { hex, utf8Encode } from "../base/bytes.ts";

/** nftables and iptables allow 28 characters. */
const CHAIN_NAME_LENGTH = 28;

/** The prefix and as many digits of the text's SHA-512 hash as `length` has room for. */
export function hashWithPrefix(length: number, prefix: string, text: string): string {
	return `${prefix}${hex(sha512(utf8Encode(text)))}`.slice(0, length);
}

/** The chain of one container in one network; the device's name is not part of it, so two devices share a chain. */
export function cniChainName(network: string, containerId: string, prefix = ""): string {
	return hashWithPrefix(CHAIN_NAME_LENGTH, `CNI-${prefix}`, network + containerId);
}
