/** What a packet carries of the socket that sent it. */

/** Numbers of a user and a group (`f_cred->fsuid`, `fsgid`). */
export interface SocketOwner {
	readonly uid: number;
	readonly gid: number;
}

/** The socket by which the kernel itself sends (`ipv4_icmp_sk`, `ipv4_tcp_sk`). */
export const KERNEL_SOCKET: SkbSocket = { describe: "the kernel", owner: undefined };

/** EPERM: netfilter dropped the packet; the others but EMSGSIZE: there is no route where rules turned it to (`NF_DROP_ERR`). */
export type SendErrno = "EPERM" | "EHOSTUNREACH" | "ENETUNREACH" | "EACCES" | "EINVAL" | "EMSGSIZE";

/** What a packet needs to know of the socket that sent it. */
export interface SkbSocket {
	readonly describe: string;
	/** Of the process that has it open; undefined: none has, it is the kernel's own (ICMP, RST to nobody's segment). */
	readonly owner: SocketOwner | undefined;
	/** A half-open connection: not a full socket, so LOG prints no user (`sk_fullsock`); `-m owner` looks at its listener. */
	readonly isRequest?: true;
	/** A send failed on the way down. */
	error?(errno: SendErrno): void;
}
