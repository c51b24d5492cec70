/**
 * libc by FFI: the few calls that Node has no word for (setns, unshare, raw sockets). All of them act at once and on the
 * calling thread; nothing here blocks unless its caller asks for it.
 */
import { constants } from "node:os";
import koffi from "koffi";

export const CLONE_NEWNET = 0x4000_0000;
export const AF_UNSPEC = 0;
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
	| "epoll_create1"
	| "epoll_ctl"
	| "epoll_wait"
	| "recvmsg"
	| "recvmmsg"
	| "ioctl"
	| "flock"
	| "lseek"
	| "clock_gettime"
	| "if_nametoindex"
	| "if_indextoname"
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
	send: bind("int64_t send(int fd, const uint8_t *bytes, size_t length, int flags)"),
	sendto: bind(
		"int64_t sendto(int fd, const uint8_t *bytes, size_t length, int flags, const uint8_t *addr, uint32_t addrlen)",
	),
	recv: bind("int64_t recv(int fd, _Out_ uint8_t *bytes, size_t length, int flags)"),
	shutdown: bind("int shutdown(int fd, int how)"),
	close: bind("int close(int fd)"),
	epoll_create1: bind("int epoll_create1(int flags)"),
	epoll_ctl: bind("int epoll_ctl(int epfd, int op, int fd, const uint8_t *event)"),
	epoll_wait: bind("int epoll_wait(int epfd, _Out_ uint8_t *events, int count, int timeoutMs)"),
	/** `header` is the address of a msghdr in memory that stays where it is (`NativeMemory`). */
	recvmsg: bind("int64_t recvmsg(int fd, void *header, int flags)"),
	recvmmsg: bind("int recvmmsg(int fd, void *headers, uint32_t count, int flags, void *timeout)"),
	ioctl: bind("int ioctl(int fd, unsigned long request, _Inout_ uint8_t *arg)"),
	lseek: bind("int64_t lseek(int fd, int64_t offset, int whence)"),
	flock: bind("int flock(int fd, int operation)"),
	clock_gettime: bind("int clock_gettime(int clock, _Out_ uint8_t *timespec)"),
	/** 0: there is none in this namespace. */
	if_nametoindex: bind("uint32_t if_nametoindex(const char *name)"),
	/** 0: there is none. Else it is the address of `name`, which takes 16 bytes. */
	if_indextoname: bind("uintptr_t if_indextoname(uint32_t ifindex, _Out_ uint8_t *name)"),
	mount: bind(
		"int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data)",
	),
	umount2: bind("int umount2(const char *target, int flags)"),
};

/** How many closes may be under way; the pool has fewer threads, and FFI refuses more than some dozens. */
const CLOSES_AT_ONCE = 16;
let closing = 0;
const toClose: number[] = [];

/** Closes on a thread of libuv's pool: for sockets whose close waits (AF_PACKET: 10 to 20 ms). Those that must wait their turn stay open until then. */
export function closeLater(fd: number): void {
	if (closing >= CLOSES_AT_ONCE) {
		toClose.push(fd);
		return;
	}
	closing += 1;
	closeAsync.async(fd, () => {
		closing -= 1;
		const next = toClose.shift();
		if (next !== undefined) closeLater(next);
	});
}

const closeAsync = lib.func("int close(int fd)");

/** The sentence of strerror(3). */
export function errorText(errno: string): string {
	const number = NUMBERS.get(errno);
	return number === undefined ? errno : String(strerror(number));
}

const strerror = lib.func("const char *strerror(int errnum)");

/** Memory whose address the kernel may keep: for structures with pointers in them. It lives as long as the process. */
export class NativeMemory {
	readonly address: bigint;
	readonly bytes: Uint8Array;
	readonly view: DataView;

	constructor(lengthBytes: number) {
		this.address = BigInt(koffi.address(koffi.alloc("uint8_t", lengthBytes)));
		const buffer = koffi.view(this.address, lengthBytes);
		this.bytes = new Uint8Array(buffer);
		this.view = new DataView(buffer);
	}
}

/** A C function by its prototype. */
export function bind(prototype: string): Call {
	const call = lib.func(prototype);
	return (...args) => Number(call(...args));
}

/** Node lacks some. */
const NUMBERS: ReadonlyMap<string, number> = new Map([
	...Object.entries(constants.errno),
	["ENONET", 64],
	["EHOSTDOWN", 112],
]);
/** Of two names for a number the last one counts. */
const NAMES: ReadonlyMap<number, string> = new Map(
	[...NUMBERS, ["EAGAIN", constants.errno.EAGAIN] as const].map(([name, number]) => [number, name]),
);

/** The name of the errno that the last failed call set, e.g. `EEXIST`. */
export function lastErrno(): string {
	return errnoName(koffi.errno());
}

/** `17` is `EEXIST`; an unknown number is itself. */
export function errnoName(errno: number): string {
	return NAMES.get(errno) ?? String(errno);
}
