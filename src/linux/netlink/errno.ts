/** errno of the real kernel as the port names it. */
import { constants } from "node:os";
import koffi from "koffi";
import type { Errno, KernelError } from "../../kernel/kernel.ts";
import { errnoName } from "../libc.ts";

const strerrorOf = koffi.load("libc.so.6").func("const char *strerror(int errnum)");

/** `17` is `File exists`. */
export function strerror(errno: number): string {
	return String(strerrorOf(errno));
}

/** `EEXIST` is 17; an unknown name is EIO. */
export function errnoNumber(name: string): number {
	return Object.entries(constants.errno).find(([each]) => each === name)?.[1] ?? constants.errno.EIO;
}

const ERRNOS: Readonly<Record<Errno, true>> = {
	EDOM: true,
	EEXIST: true,
	ENOENT: true,
	ESRCH: true,
	ENODEV: true,
	EINVAL: true,
	EBUSY: true,
	EADDRNOTAVAIL: true,
	ENETUNREACH: true,
	EHOSTUNREACH: true,
	EOPNOTSUPP: true,
	EPERM: true,
	ELOOP: true,
	EMLINK: true,
	ENAMETOOLONG: true,
	ERANGE: true,
	ENETDOWN: true,
	EIO: true,
	EACCES: true,
	ENOMEM: true,
	ENOBUFS: true,
	ENOSPC: true,
	EADDRINUSE: true,
	EAFNOSUPPORT: true,
	EPROTONOSUPPORT: true,
};

/** What the kernel answered to one message. `text` is its own words, else those of strerror(3). */
export interface NetlinkError {
	/** As Linux numbers it. */
	readonly errno: number;
	readonly text: string;
}

/** An errno that the port has no name for is EIO, and the message says its name. */
export function kernelError(op: number, error: NetlinkError): KernelError {
	const name = errnoName(error.errno);
	if (isErrno(name)) return { errno: name, op, message: error.text };
	return { errno: "EIO", op, message: `${error.text} (${name})` };
}

function isErrno(name: string): name is Errno {
	return Object.hasOwn(ERRNOS, name);
}
