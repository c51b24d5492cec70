/** Matches on what a packet is and carries besides addresses, ports and its place in a flow. */
import type { IpAddr, MacAddr } from "../wire/addr.ts";

interface Invertible {
	/** `!` before the option. */
	readonly invert?: true;
}

/** Both ends belong to it; with `from` above `to` nothing does. */
interface NumberRange extends Invertible {
	readonly from: number;
	readonly to: number;
}

/** `-m connmark --mark value/mask`: the flow's mark. */
export interface ConnmarkMatch extends Invertible {
	readonly kind: "connmark";
	readonly value: number;
	readonly mask: number;
}

/** `--mac-source`. */
export interface MacMatch extends Invertible {
	readonly kind: "mac";
	readonly mac: MacAddr;
}

export interface AddrRange extends Invertible {
	readonly from: IpAddr;
	readonly to: IpAddr;
}

/** `--src-range`, `--dst-range`. */
export interface IprangeMatch {
	readonly kind: "iprange";
	readonly src?: AddrRange;
	readonly dst?: AddrRange;
}

/** `--length`: the packet's length as its IP header has it, in bytes. */
export interface LengthMatch extends NumberRange {
	readonly kind: "length";
}

/** `--pkt-type`: whom the frame was for; `unicast` is this host. */
export interface PkttypeMatch extends Invertible {
	readonly kind: "pkttype";
	readonly type: "unicast" | "broadcast" | "multicast" | "otherhost";
}

/** `--ttl-eq` (which alone can be inverted), `--ttl-lt`, `--ttl-gt`. */
export interface TtlMatch extends Invertible {
	readonly kind: "ttl";
	readonly op: "eq" | "lt" | "gt";
	readonly value: number;
}

/** `--tos value/mask`. */
export interface TosMatch extends Invertible {
	readonly kind: "tos";
	readonly value: number;
	readonly mask: number;
}

/** `--dscp`: 0–63. */
export interface DscpMatch extends Invertible {
	readonly kind: "dscp";
	readonly value: number;
}

/** `--ecn-tcp-cwr`, `--ecn-tcp-ece`: the flag is set (true) or is not; `--ecn-ip-ect`: the two bits of the IP header. */
export interface EcnMatch {
	readonly kind: "ecn";
	readonly ece?: boolean;
	readonly cwr?: boolean;
	readonly ect?: { readonly value: number; readonly invert?: true };
}

/** `--mss`: the TCP option's value. */
export interface TcpmssMatch extends NumberRange {
	readonly kind: "tcpmss";
}

/** Whose socket sent the packet; numbers of users and groups. */
export interface OwnerMatch {
	readonly kind: "owner";
	/** `--socket-exists` (true), `! --socket-exists`. */
	readonly socketExists?: boolean;
	readonly uid?: NumberRange;
	readonly gid?: NumberRange;
	/** `--suppl-groups`: the process's other groups count too. */
	readonly supplGroups?: true;
}

/** Whether the way back to the packet's source leads over the device it came in on. `invert` has no `!` in front. */
export interface RpfilterMatch extends Invertible {
	readonly kind: "rpfilter";
	readonly loose?: true;
	readonly validmark?: true;
	readonly acceptLocal?: true;
}

/** Bytes in the packet, from the IP header on. */
export interface StringMatch extends Invertible {
	readonly kind: "string";
	readonly algo: "bm" | "kmp";
	/** The bytes in hexadecimal, at least one. */
	readonly hex: string;
	/** Where they may begin and where they must have ended, in bytes; 0 and 65535 when absent. */
	readonly from?: number;
	readonly to?: number;
	readonly icase?: true;
}

export type PacketMatch =
	| ConnmarkMatch
	| MacMatch
	| IprangeMatch
	| LengthMatch
	| PkttypeMatch
	| TtlMatch
	| TosMatch
	| DscpMatch
	| EcnMatch
	| TcpmssMatch
	| OwnerMatch
	| RpfilterMatch
	| StringMatch;
