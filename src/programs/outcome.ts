/** How a program's attempt ended, from the errno its socket reported. */
import type { SocketErrno, SocketError } from "../kernel/socket.ts";

/** An attempt that the network or the far end answered with an error, or that this host did not even let out. */
export interface Failure {
	/**
	 * `refused`: nobody listens there (RST or ICMP port unreachable). `unreachable`: no way to the host (ICMP error, ARP
	 * failure or no route). `reset`: the connection broke. `forbidden`: a local OUTPUT rule dropped it. `error`: the rest.
	 */
	readonly outcome: "refused" | "unreachable" | "reset" | "forbidden" | "error";
	readonly errno: SocketErrno;
	readonly message: string;
	/** From the start of the attempt until it was known to have failed. */
	readonly elapsedNs: number;
}

/** Time ran out; `phase` says what was being waited for. */
export interface TimedOut {
	readonly outcome: "timeout";
	readonly phase: "connect" | "response";
	readonly elapsedNs: number;
}

/** Sorts a socket error into an outcome; ETIMEDOUT is a time-out of the kernel's own. */
export function failureOf(error: SocketError, elapsedNs: number): Failure | TimedOut {
	if (error.errno === "ETIMEDOUT") return { outcome: "timeout", phase: "connect", elapsedNs };
	return { outcome: OUTCOMES[error.errno], errno: error.errno, message: error.message, elapsedNs };
}

const OUTCOMES: Readonly<Record<SocketErrno, Failure["outcome"]>> = {
	ECONNREFUSED: "refused",
	EHOSTUNREACH: "unreachable",
	ENETUNREACH: "unreachable",
	ENOPROTOOPT: "unreachable",
	ECONNRESET: "reset",
	EPIPE: "reset",
	EPERM: "forbidden",
	EACCES: "forbidden",
	EADDRINUSE: "error",
	EADDRNOTAVAIL: "error",
	EINVAL: "error",
	ETIMEDOUT: "error",
	EMSGSIZE: "error",
	ENOTCONN: "error",
	EOPNOTSUPP: "error",
	ENOENT: "error",
	ENODEV: "error",
	ENETDOWN: "error",
};
