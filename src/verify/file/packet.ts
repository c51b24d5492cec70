/** A frame in words: what a scenario file says instead of hexadecimal digits. What is left out is what a sane sender writes. */
import type { IpAddr, MacAddr } from "../../wire/addr.ts";
import type { TcpOptions } from "../../wire/tcp.ts";

/** `payload` is what follows the innermost header that is given. */
export interface Packet {
	readonly eth: EthernetWords;
	readonly arp?: ArpWords;
	readonly ipv4?: Ipv4Words;
	readonly udp?: UdpWords;
	readonly tcp?: TcpWords;
	readonly icmp?: IcmpWords;
	readonly payload?: Uint8Array;
	/** What follows the end that the IPv4 header gives. */
	readonly padding?: Uint8Array;
}

export interface EthernetWords {
	readonly src: MacAddr;
	readonly dst: MacAddr;
	/** Default: what follows. */
	readonly type?: number;
}

export interface ArpWords {
	readonly op: "request" | "reply";
	readonly sender: { readonly mac: MacAddr; readonly ip: IpAddr };
	readonly target: { readonly mac: MacAddr; readonly ip: IpAddr };
}

export interface Ipv4Words {
	readonly src: IpAddr;
	readonly dst: IpAddr;
	/** Default 64. */
	readonly ttl?: number;
	/** Default 0. */
	readonly id?: number;
	/** Default 0. */
	readonly tos?: number;
	/** Don't fragment. */
	readonly df?: boolean;
	/** More fragments. */
	readonly mf?: boolean;
	/** Of a fragment, in bytes; a multiple of eight. */
	readonly offset?: number;
	/** Default: what follows. */
	readonly proto?: number;
	/** A multiple of four bytes. */
	readonly options?: Uint8Array;
	/** Default: the right one. */
	readonly length?: number;
	readonly checksum?: number;
}

export interface UdpWords {
	readonly sport: number;
	readonly dport: number;
	/** Default: the right one. */
	readonly length?: number;
	/** Default: the right one; 0: none. */
	readonly checksum?: number;
}

export interface TcpWords {
	readonly sport: number;
	readonly dport: number;
	/** Default 0. */
	readonly seq?: number;
	/** Default 0. */
	readonly ack?: number;
	/** Bits as in `wire/tcp.ts`. */
	readonly flags: number;
	/** Default 65535. */
	readonly window?: number;
	readonly options?: TcpOptions | Uint8Array;
	readonly checksum?: number;
}

export interface IcmpWords {
	readonly type: number;
	/** Default 0. */
	readonly code?: number;
	/** Of echo. */
	readonly id?: number;
	/** Of echo. */
	readonly seq?: number;
	/** Instead of `id` and `seq`: the second word of the header. */
	readonly rest?: number;
	readonly checksum?: number;
}

export const DEFAULT_TTL = 64;
export const DEFAULT_WINDOW = 65535;
