/** Errors of the real kernel's sockets in the words of the port. */
import { err } from "../base/result.ts";
import type { SocketErrno, SocketError } from "../kernel/socket.ts";
import type { IpAddr } from "../wire/addr.ts";
import { errorText } from "./libc.ts";

/** An error with the words of strerror(3). Throws for an errno that no socket call of ours should give (EMFILE, EBADF). */
export function socketError(errno: string, about?: string): SocketError {
	const known = ERRNOS.find((name) => name === errno) ?? RENAMED.get(errno);
	const text = errorText(errno);
	const message = about === undefined ? text : `${about}: ${text}`;
	if (known === undefined) throw new Error(`socket: ${message}`);
	return { errno: known, message };
}

/** The same as a failed `Result`. */
export function socketErr(errno: string, about?: string): { readonly ok: false; readonly error: SocketError } {
	return err(socketError(errno, about));
}

/** As on the simulated kernel, the sockets are IPv4's. */
export function noIpv6(addr: IpAddr): { readonly ok: false; readonly error: SocketError } {
	return err({ errno: "EOPNOTSUPP", message: `IPv6 sockets are not modelled: ${addr}` });
}

/** Whether an ICMP error is a hard one, which a connected UDP socket reports (net/ipv4/icmp.c: icmp_err_convert). */
export function icmpErrorIsFatal(type: number, code: number): boolean {
	return type === ICMP_PARAMETERPROB || (type === ICMP_DEST_UNREACH && !SOFT_UNREACH.includes(code));
}

const ICMP_DEST_UNREACH = 3;
const ICMP_PARAMETERPROB = 12;
/** Network, host, source route failed, and the two for a type of service; "fragmentation needed" is no error of its own. */
const SOFT_UNREACH: readonly number[] = [0, 1, 4, 5, 11, 12];

const ERRNOS: readonly SocketErrno[] = [
	"EADDRINUSE",
	"EADDRNOTAVAIL",
	"ECONNREFUSED",
	"ECONNRESET",
	"EHOSTUNREACH",
	"ENETUNREACH",
	"EACCES",
	"EINVAL",
	"EPERM",
	"ETIMEDOUT",
	"EMSGSIZE",
	"ENOPROTOOPT",
	"EPIPE",
	"ENOTCONN",
	"EOPNOTSUPP",
	"ENOENT",
	"ENETDOWN",
	"ENODEV",
];

/** What the port has no word for, by the nearest that it has; the simulated kernel does the same. */
const RENAMED: ReadonlyMap<string, SocketErrno> = new Map([
	["EHOSTDOWN", "EHOSTUNREACH"],
	["ENONET", "EHOSTUNREACH"],
	["EPROTO", "EINVAL"],
	["ECONNABORTED", "ECONNRESET"],
	["ENXIO", "ENODEV"],
]);
