/**
 * libc by FFI: the few calls that Node has no word for (setns, unshare, raw sockets). All of them act at once and on the
 * calling thread; nothing here blocks unless its caller asks for it.
 */
import { constants } from "node:os";
import koffi from "koffi";

export const CLONE_NEWNET = 0x4000_0000;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;

type Call = (...args: readonly unknown[]) => number;
type CallName =
	| "unshare"
	| "setns"
	| "socket"
	| "bind"
	| "connect"
	| "listen"
	| "accept4"
	| "getsockname"
	| "getpeername"
	| "setsockopt"
	| "getsockopt"
	| "send"
	| "sendto"
	| "recv"
	| "shutdown"
	| "close"
	| "mount"
	| "umount2";

const lib = koffi.load("libc.so.6");

/** Every call gives -1 and sets errno on failure; ask `lastErrno()` before the next call. Pointers are byte arrays. */
export const libc: Readonly<Record<CallName, Call>> = {
	unshare: bind("int unshare(int flags)"),
	setns: bind("int setns(int fd, int nstype)"),
	socket: bind("int socket(int domain, int type, int protocol)"),
	bind: bind("int bind(int fd, const uint8_t *addr, uint32_t length)"),
	connect: bind("int connect(int fd, const uint8_t *addr, uint32_t length)"),
	listen: bind("int listen(int fd, int backlog)"),
	/** `addr` and `length` may be null. */
	accept4: bind("int accept4(int fd, _Out_ uint8_t *addr, _Inout_ uint32_t *length, int flags)"),
	getsockname: bind("int getsockname(int fd, _Out_ uint8_t *addr, _Inout_ uint32_t *length)"),
	getpeername: bind("int getpeername(int fd, _Out_ uint8_t *addr, _Inout_ uint32_t *length)"),
	setsockopt: bind("int setsockopt(int fd, int level, int name, const uint8_t *value, uint32_t length)"),
	getsockopt: bind("int getsockopt(int fd, int level, int name, _Out_ uint8_t *value, _Inout_ uint32_t *length)"),
	send: bind("long send(int fd, const uint8_t *bytes, size_t length, int flags)"),
	sendto: bind(
		"long sendto(int fd, const uint8_t *bytes, size_t length, int flags, const uint8_t *addr, uint32_t addrlen)",
	),
	recv: bind("long recv(int fd, _Out_ uint8_t *bytes, size_t length, int flags)"),
	shutdown: bind("int shutdown(int fd, int how)"),
	close: bind("int close(int fd)"),
	mount: bind(
		"int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data)",
	),
	umount2: bind("int umount2(const char *target, int flags)"),
};

/** A C function by its prototype. */
export function bind(prototype: string): Call {
	const call = lib.func(prototype);
	return (...args) => Number(call(...args));
}

const NAMES = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** The name of the errno that the last failed call set, e.g. `EEXIST`. */
export function lastErrno(): string {
	return errnoName(koffi.errno());
}

/** `17` is `EEXIST`; an unknown number is itself. */
export function errnoName(errno: number): string {
	return NAMES.get(errno) ?? String(errno);
}
