/** The sockets of a namespace as `ss` reads them: netlink's sock_diag (linux/inet_diag.h). */
import { type IpAddr, ipText } from "../wire/addr.ts";
import { AF_INET, AF_NETLINK, errnoName, lastErrno, libc, SOCK_CLOEXEC, SOCK_RAW } from "./libc.ts";
import type { LinuxNetns } from "./netns.ts";

/** `struct inet_diag_msg`, what of it is needed. */
export interface DiagSocket {
	/** TCP_ESTABLISHED is 1 and so on, for UDP too. */
	readonly state: number;
	readonly local: { readonly addr: IpAddr; readonly port: number };
	readonly remote: { readonly addr: IpAddr; readonly port: number };
	/** SO_BINDTODEVICE; 0: none. */
	readonly ifindex: number;
	readonly recvQueue: number;
	readonly sendQueue: number;
	/** 0: no program has it any more. */
	readonly inode: number;
	/** `struct inet_diag_sockid`: what the kernel knows it by. */
	readonly id: Uint8Array;
}

const NETLINK_SOCK_DIAG = 4;
const SOCK_DIAG_BY_FAMILY = 20;
const SOCK_DESTROY = 21;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const NLM_F_DUMP = 0x300;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLMSG_BYTES = 16;
const REQUEST_BYTES = NLMSG_BYTES + 56;
const DIAG_MSG_BYTES = 72;
const ID_BYTES = 48;
/** In the request behind family, protocol and states; in the answer behind family, state, timer and retransmissions. */
const REQUEST_ID = NLMSG_BYTES + 8;
const ANSWER_ID = 4;
const ENOENT = 2;
const ALL_STATES = 0xffff_ffff;
const BUFFER_BYTES = 1 << 16;

/** IPv4 sockets of a protocol, in the kernel's order. The error is the errno's name. */
export function diagSockets(netns: LinuxNetns, protocol: number): readonly DiagSocket[] | string {
	return withDiag(netns, (fd) => {
		const request = diagRequest(protocol, { type: SOCK_DIAG_BY_FAMILY, flags: NLM_F_DUMP });
		if (libc.send(fd, request, request.length, 0) < 0) return lastErrno();
		return readDump(fd);
	});
}

/** Ends sockets as `ss -K`, those in TIME-WAIT too, which no program has. The error is the errno's name. */
export function destroySockets(
	netns: LinuxNetns,
	protocol: number,
	sockets: readonly DiagSocket[],
): string | undefined {
	return withDiag(netns, (fd) => {
		const answer = new Uint8Array(BUFFER_BYTES);
		for (const { id } of sockets) {
			const request = diagRequest(protocol, { type: SOCK_DESTROY, flags: NLM_F_ACK });
			request.set(id, REQUEST_ID);
			if (libc.send(fd, request, request.length, 0) < 0) return lastErrno();
			const length = libc.recv(fd, answer, answer.length, 0);
			if (length < NLMSG_BYTES + 4) return length < 0 ? lastErrno() : "EIO";
			const errno = -new DataView(answer.buffer).getInt32(NLMSG_BYTES, true);
			if (errno !== 0 && errno !== ENOENT) return errnoName(errno);
		}
		return undefined;
	});
}

function withDiag<T>(netns: LinuxNetns, fn: (fd: number) => T): T | string {
	const fd = netns.run(() => libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
	if (fd < 0) return lastErrno();
	try {
		return fn(fd);
	} finally {
		libc.close(fd);
	}
}

/** `struct nlmsghdr` and `struct inet_diag_req_v2`. */
function diagRequest(protocol: number, { type, flags }: { readonly type: number; readonly flags: number }): Uint8Array {
	const bytes = new Uint8Array(REQUEST_BYTES);
	const view = new DataView(bytes.buffer);
	view.setUint32(0, bytes.length, true);
	view.setUint16(4, type, true);
	view.setUint16(6, NLM_F_REQUEST | flags, true);
	view.setUint8(NLMSG_BYTES, AF_INET);
	view.setUint8(NLMSG_BYTES + 1, protocol);
	view.setUint32(NLMSG_BYTES + 4, ALL_STATES, true);
	return bytes;
}

function readDump(fd: number): readonly DiagSocket[] | string {
	const buffer = new Uint8Array(BUFFER_BYTES);
	const view = new DataView(buffer.buffer);
	const found: DiagSocket[] = [];
	for (;;) {
		const length = libc.recv(fd, buffer, buffer.length, 0);
		if (length <= 0) return length < 0 ? lastErrno() : found;
		for (let at = 0; at + NLMSG_BYTES <= length; ) {
			const size = view.getUint32(at, true);
			const type = view.getUint16(at + 4, true);
			if (type === NLMSG_DONE) return found;
			if (type === NLMSG_ERROR || size < NLMSG_BYTES) return "EIO";
			if (size >= NLMSG_BYTES + DIAG_MSG_BYTES) found.push(diagSocket(view, at + NLMSG_BYTES));
			at += (size + 3) & ~3;
		}
	}
}

function diagSocket(view: DataView, at: number): DiagSocket {
	return {
		state: view.getUint8(at + 1),
		local: { port: view.getUint16(at + 4), addr: ipText(view.getUint32(at + 8)) },
		remote: { port: view.getUint16(at + 6), addr: ipText(view.getUint32(at + 24)) },
		ifindex: view.getUint32(at + 40, true),
		recvQueue: view.getUint32(at + 56, true),
		sendQueue: view.getUint32(at + 60, true),
		inode: view.getUint32(at + 68, true),
		id: new Uint8Array(view.buffer, at + ANSWER_ID, ID_BYTES).slice(),
	};
}
