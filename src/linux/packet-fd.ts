/** AF_PACKET descriptors: opened as `PacketReader` wants them, shut by a filter while nobody needs them. */
import { AF_PACKET, lastErrno, libc, NativeMemory, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW } from "./libc.ts";
import { PACKET_AUXDATA, SO_RXQ_OVFL, SO_TIMESTAMPNS, SOL_PACKET } from "./packet-reader.ts";
import { SOL_SOCKET, setIntOption } from "./socket-option.ts";

export const ETH_P_ALL = 3;

const PACKET_VNET_HDR = 15;
const SO_ATTACH_FILTER = 26;
const SO_DETACH_FILTER = 27;
const SO_RCVBUFFORCE = 33;
/** Of the kernel's memory: some ten thousand small frames. */
const RECEIVE_BUFFER_BYTES = 16 << 20;

/**
 * Opens a socket that `PacketReader` can read, in the namespace the thread is in, for `etherType` on the device with that
 * index (0: all). The error is the errno's name.
 */
export function openPacketFd(etherType: number, ifindex: number): number | string {
	const fd = libc.socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) return lastErrno();
	setIntOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES);
	setIntOption(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	setIntOption(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
	setIntOption(fd, SOL_PACKET, PACKET_AUXDATA, 1);
	setIntOption(fd, SOL_PACKET, PACKET_VNET_HDR, 1);
	const addr = new Uint8Array(20);
	const view = new DataView(addr.buffer);
	view.setUint16(0, AF_PACKET, true);
	view.setUint16(2, etherType);
	view.setInt32(4, ifindex, true);
	if (libc.bind(fd, addr, addr.length) === 0) return fd;
	const errno = lastErrno();
	libc.close(fd);
	return errno;
}

/** Lets no frame into the socket's queue any more. */
export function refuseAll(fd: number): void {
	const fprog = new Uint8Array(16);
	const view = new DataView(fprog.buffer);
	view.setUint16(0, 1, true);
	view.setBigUint64(8, RETURN_0.address, true);
	libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, fprog, fprog.length);
}

/** Takes the filter off. */
export function acceptAll(fd: number): void {
	setIntOption(fd, SOL_SOCKET, SO_DETACH_FILTER, 0);
}

/** A filter of one instruction: BPF_RET | BPF_K, 0. */
const RETURN_0 = new NativeMemory(8);
RETURN_0.view.setBigUint64(0, 0x06n, true);
