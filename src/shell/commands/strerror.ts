/** strerror(3) of what the kernel's port refuses with. */
import type { Errno } from "../../kernel/kernel.ts";

export const STRERROR: Readonly<Record<Errno, string>> = {
	EEXIST: "File exists",
	ENOENT: "No such file or directory",
	ESRCH: "No such process",
	ENODEV: "No such device",
	EINVAL: "Invalid argument",
	EBUSY: "Device or resource busy",
	EADDRNOTAVAIL: "Cannot assign requested address",
	ENETUNREACH: "Network is unreachable",
	EHOSTUNREACH: "No route to host",
	EOPNOTSUPP: "Operation not supported",
	EPERM: "Operation not permitted",
	ELOOP: "Too many levels of symbolic links",
	EMLINK: "Too many links",
	ENAMETOOLONG: "File name too long",
	ERANGE: "Numerical result out of range",
	ENETDOWN: "Network is down",
	EIO: "Input/output error",
	ENOMEM: "Cannot allocate memory",
	EACCES: "Permission denied",
	ENOBUFS: "No buffer space available",
	ENOSPC: "No space left on device",
	EADDRINUSE: "Address already in use",
	EAFNOSUPPORT: "Address family not supported by protocol",
	EPROTONOSUPPORT: "Protocol not supported",
};
