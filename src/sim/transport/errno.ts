/** Socket errors and their sentences; what an ICMP error means to a socket. */
import { err } from "../../base/result.ts";
import type { SocketErrno, SocketError } from "../../kernel/socket.ts";
import { ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, ICMP_PARAMETERPROB, ICMP_TIME_EXCEEDED } from "../../wire/icmpv4.ts";

/** An error with the words of strerror(3). */
export function socketError(errno: SocketErrno, about?: string): SocketError {
	return { errno, message: about === undefined ? STRERROR[errno] : `${about}: ${STRERROR[errno]}` };
}

/** The same as a failed `Result`. */
export function socketErr(errno: SocketErrno, about?: string): { readonly ok: false; readonly error: SocketError } {
	return err(socketError(errno, about));
}

/** EMSGSIZE of a packet that may not be fragmented. */
export function tooLongErr(mtu: number): { readonly ok: false; readonly error: SocketError } {
	return err({ ...socketError("EMSGSIZE", `mtu=${mtu}`), mtu });
}

export interface IcmpMeaning {
	readonly errno: SocketErrno;
	/** Hard: reported to a connected UDP socket. TCP takes any while connecting and keeps the rest as a soft error. */
	readonly fatal: boolean;
}

/** What an ICMP error other than fragmentation-needed means (`icmp_err_convert`); undefined: nothing to a socket. */
export function icmpErrConvert(type: number, code: number): IcmpMeaning | undefined {
	switch (type) {
		case ICMP_DEST_UNREACH:
			return code === ICMP_FRAG_NEEDED ? undefined : UNREACH[code];
		case ICMP_TIME_EXCEEDED:
			return { errno: "EHOSTUNREACH", fatal: false };
		case ICMP_PARAMETERPROB:
			return { errno: "EINVAL", fatal: true };
		default:
			return undefined;
	}
}

const STRERROR: Readonly<Record<SocketErrno, string>> = {
	EADDRINUSE: "Address already in use",
	EADDRNOTAVAIL: "Cannot assign requested address",
	ECONNREFUSED: "Connection refused",
	ECONNRESET: "Connection reset by peer",
	EHOSTUNREACH: "No route to host",
	ENETUNREACH: "Network is unreachable",
	EACCES: "Permission denied",
	EINVAL: "Invalid argument",
	EPERM: "Operation not permitted",
	ETIMEDOUT: "Connection timed out",
	EMSGSIZE: "Message too long",
	ENOPROTOOPT: "Protocol not available",
	EPIPE: "Broken pipe",
	ENOTCONN: "Transport endpoint is not connected",
	EOPNOTSUPP: "Operation not supported",
	ENOENT: "No such file or directory",
	ENODEV: "No such device",
	ENETDOWN: "Network is down",
};

/**
 * By code, as `icmp_err_convert` (net/ipv4/icmp.c) has it. EHOSTDOWN (7) and ENONET (8) are not errnos of the port and
 * nothing here sends these codes; they are given as EHOSTUNREACH.
 */
const UNREACH: readonly IcmpMeaning[] = [
	{ errno: "ENETUNREACH", fatal: false },
	{ errno: "EHOSTUNREACH", fatal: false },
	{ errno: "ENOPROTOOPT", fatal: true },
	{ errno: "ECONNREFUSED", fatal: true },
	{ errno: "EMSGSIZE", fatal: false },
	{ errno: "EOPNOTSUPP", fatal: false },
	{ errno: "ENETUNREACH", fatal: true },
	{ errno: "EHOSTUNREACH", fatal: true },
	{ errno: "EHOSTUNREACH", fatal: true },
	{ errno: "ENETUNREACH", fatal: true },
	{ errno: "EHOSTUNREACH", fatal: true },
	{ errno: "ENETUNREACH", fatal: false },
	{ errno: "EHOSTUNREACH", fatal: false },
	{ errno: "EHOSTUNREACH", fatal: true },
	{ errno: "EHOSTUNREACH", fatal: true },
	{ errno: "EHOSTUNREACH", fatal: true },
];
