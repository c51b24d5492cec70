/** What a packet carries of the socket that sent it. */

/** Numbers of a user and a group (`f_cred->fsuid`, `fsgid`). */
export interface SocketOwner {
	readonly uid: number;
	readonly gid: number;
}

/** The socket by which the kernel itself sends (`ipv4_icmp_sk`, `ipv4_tcp_sk`). */
export const KERNEL_SOCKET: SkbSocket = { describe: "the kernel", owner: undefined };

/** What a packet needs to know of the socket that sent it. */
export interface SkbSocket {
	readonly describe: string;
	/** Of the process that has it open; undefined: none has, it is the kernel's own (ICMP, RST to nobody's segment). */
	readonly owner: SocketOwner | undefined;
	/** A send failed on the way down (EPERM from netfilter, no route after rewriting). */
	error?(errno: "EPERM" | "EHOSTUNREACH" | "ENETUNREACH" | "EMSGSIZE"): void;
}
