/** ipsets: named sets of addresses, networks, ports, devices and other sets, which `-m set` and `-j SET` refer to. */
import type { IpAddr, IpFamily, MacAddr } from "../wire/addr.ts";
import type { PortRange } from "./xtables.ts";

export type HashSetType =
	| "hash:ip"
	| "hash:mac"
	| "hash:ip,mac"
	| "hash:net,iface"
	| "hash:net,port"
	| "hash:net,port,net"
	| "hash:net,net"
	| "hash:net"
	| "hash:ip,port,net"
	| "hash:ip,port,ip"
	| "hash:ip,mark"
	| "hash:ip,port";

export type BitmapSetType = "bitmap:port" | "bitmap:ip,mac" | "bitmap:ip";

export type IpSetType = HashSetType | BitmapSetType | "list:set";

/** What a set is created with; absent fields take the kernel's defaults. */
export interface IpSetOptions {
	/** Hash types: how many buckets to begin with (64 or more, rounded up to a power of two). Default 1024. */
	readonly hashsize?: number;
	/** Hash types: how many elements it may have. Default 65536. */
	readonly maxelem?: number;
	/** Hash types: how many elements a bucket may have before the table grows: 2 to 12, even. */
	readonly bucketsize?: number;
	/** Hash types: where the hash function begins; it decides the order of the elements. Default: random. */
	readonly initval?: number;
	/** Elements are stored and looked up with only so many leading bits of their addresses. */
	readonly netmask?: number;
	/** Elements are stored and looked up with their addresses masked by this one. */
	readonly bitmask?: IpAddr;
	/** hash:ip,mark. */
	readonly markmask?: number;
	/** bitmap:ip and bitmap:ip,mac. */
	readonly range?: { readonly from: IpAddr; readonly to: IpAddr };
	/** bitmap:port. */
	readonly portRange?: PortRange;
	/** list:set. */
	readonly size?: number;
	/** Seconds until an element leaves by itself where it says nothing else; 0: never. Absent: elements have no timeout. */
	readonly timeout?: number;
	readonly counters?: true;
	readonly comment?: true;
	readonly skbinfo?: true;
	/** Hash types: a new element takes the place of another when the set is full. */
	readonly forceadd?: true;
}

/** One component of an element. Which ones it has, the set's type says: `hash:ip,port` has an `ip` and a `port`. */
export type IpSetPart =
	/** Address or network (`prefix`; absent: a host) or the addresses up to `to`. */
	| { readonly kind: "ip"; readonly addr: IpAddr; readonly prefix?: number; readonly to?: IpAddr }
	/** IP protocol and port (ICMP: type × 256 + code; protocols without ports: 0), or the ports up to `to`. */
	| { readonly kind: "port"; readonly proto: number; readonly port: number; readonly to?: number }
	| { readonly kind: "mac"; readonly mac: MacAddr }
	| { readonly kind: "mark"; readonly mark: number }
	| { readonly kind: "iface"; readonly iface: string; readonly physdev?: true }
	| { readonly kind: "set"; readonly set: string };

/** An element with what is said about it. */
export interface IpSetMember {
	readonly parts: readonly IpSetPart[];
	/** Seconds; 0: it stays. In a dump: the seconds left. */
	readonly timeout?: number;
	readonly packets?: number;
	readonly bytes?: number;
	readonly comment?: string;
	readonly skbmark?: { readonly mark: number; readonly mask: number };
	readonly skbprio?: { readonly major: number; readonly minor: number };
	readonly skbqueue?: number;
	/** An exception: what it covers is not in the set. */
	readonly nomatch?: true;
	/** hash:net,iface: the device's name need only begin so. */
	readonly wildcard?: true;
	/** list:set: next to which other set. */
	readonly before?: string;
	readonly after?: string;
}

/**
 * A set. `add` creates it; `replace` creates it or makes it hold exactly `entries` at once (its type and options must be the
 * same, or nothing may refer to it), and with `newName` or `swapWith` renames it or exchanges its contents with another's;
 * `delete` destroys it, unless a rule or a list refers to it (EBUSY).
 */
export interface IpSet {
	readonly kind: "ipset";
	readonly name: string;
	/** Needed by `add`; absent in a `replace`: the set must be there. */
	readonly type?: IpSetType;
	/** Default ipv4; hash:mac, bitmap:port and list:set have none. */
	readonly family?: IpFamily;
	readonly options?: IpSetOptions;
	/** Absent in a `replace`: they stay as they are; empty: it is flushed. */
	readonly entries?: readonly IpSetMember[];
	readonly newName?: string;
	readonly swapWith?: string;
	/** In a dump only. */
	readonly header?: IpSetHeader;
}

export interface IpSetHeader {
	readonly revision: number;
	readonly memoryBytes: number;
	readonly references: number;
	readonly entries: number;
}

/**
 * One element of a set, or the elements of a range. `replace` of an element that is there overwrites what is said about it.
 * Listed with its set, not by itself.
 */
export interface IpSetEntry extends IpSetMember {
	readonly kind: "ipset-entry";
	readonly set: string;
	/** `delete`: elements that are not there are no error. */
	readonly ifPresent?: true;
}

/** The most bytes of a set's name. */
export const IPSET_NAME_LENGTH = 31;
