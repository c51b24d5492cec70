/** Socket options as bytes, addresses as bytes. */
import type { SocketAddr } from "../kernel/socket.ts";
import { ipNum, ipText } from "../wire/addr.ts";
import { AF_INET, errnoName, libc } from "./libc.ts";

export const SOL_SOCKET = 1;
const SO_ERROR = 4;
const SOCKADDR_IN_BYTES = 16;

/** Sets an option that is an int; false: refused, and errno says why. */
export function setIntOption(fd: number, level: number, name: number, value: number): boolean {
	INT_VIEW.setInt32(0, value, true);
	return libc.setsockopt(fd, level, name, INT, INT.length) === 0;
}

/** The first bytes of an option's value, as many as `value` holds; false: refused. */
export function getOption(fd: number, option: { level: number; name: number }, value: Uint8Array): boolean {
	const length = new Uint32Array([value.length]);
	return libc.getsockopt(fd, option.level, option.name, value, length) === 0;
}

/** Takes the pending error off a socket; undefined: there is none. */
export function takeSocketError(fd: number): string | undefined {
	const value = new Uint8Array(4);
	getOption(fd, { level: SOL_SOCKET, name: SO_ERROR }, value);
	const errno = new DataView(value.buffer).getInt32(0, true);
	return errno === 0 ? undefined : errnoName(errno);
}

/** `struct sockaddr_in` of an IPv4 end. */
export function sockaddrIn(addr: number, port: number): Uint8Array {
	const bytes = new Uint8Array(SOCKADDR_IN_BYTES);
	const view = new DataView(bytes.buffer);
	view.setUint16(0, AF_INET, true);
	view.setUint16(2, port);
	view.setUint32(4, addr);
	return bytes;
}

/** The same from an end of the port; undefined: not IPv4. */
export function sockaddrOf(end: SocketAddr): Uint8Array | undefined {
	const addr = ipNum(end.addr);
	return typeof addr === "number" ? sockaddrIn(addr, end.port) : undefined;
}

/** The end in a `struct sockaddr_in` at `at`. */
export function endAt(view: DataView, at: number): SocketAddr {
	return { addr: ipText(view.getUint32(at + 4)), port: view.getUint16(at + 2) };
}

/** Where a socket is bound; 0.0.0.0:0: nowhere. */
export function localEnd(fd: number): SocketAddr {
	const bytes = new Uint8Array(SOCKADDR_IN_BYTES);
	const length = new Uint32Array([bytes.length]);
	libc.getsockname(fd, bytes, length);
	return endAt(new DataView(bytes.buffer), 0);
}

const INT = new Uint8Array(4);
const INT_VIEW = new DataView(INT.buffer);
