/** recvmsg: one datagram or one entry of a socket's error queue, with its control messages. */
import type { SocketAddr } from "../kernel/socket.ts";
import { type IpAddr, ipText } from "../wire/addr.ts";
import { lastErrno, libc, NativeMemory } from "./libc.ts";
import { endAt } from "./socket-option.ts";

/** SO_EE_ORIGIN_LOCAL: the kernel itself refused to send, as too long; SO_EE_ORIGIN_ICMP: somebody's ICMP error. */
export interface QueuedError {
	readonly origin: "local" | "icmp";
	readonly errno: number;
	readonly type: number;
	readonly code: number;
	/** The MTU, where it is about one. */
	readonly info: number;
	/** Who says so; of a local error, 0.0.0.0. */
	readonly from: IpAddr;
	/** Where the packet was going. */
	readonly to: SocketAddr;
	/** What the error quotes, from the transport payload (UDP) or the ICMP header on. */
	readonly quoted: Uint8Array;
}

export interface Datagram {
	/** A copy. */
	readonly bytes: Uint8Array;
	readonly from: SocketAddr;
	/** The destination address in its header; absent without IP_PKTINFO. */
	readonly to: IpAddr | undefined;
}

const DATA_BYTES = 0x10000;
const NAME_AT = 64;
const IOV_AT = 96;
const CONTROL_AT = 128;
const CONTROL_BYTES = 384;
const DATA_AT = 512;
/** Within `struct msghdr`. */
const NAMELEN_AT = 8;
const CONTROLLEN_AT = 40;
const CMSG_BYTES = 16;
const MSG_DONTWAIT = 0x40;
const MSG_ERRQUEUE = 0x2000;
const SOL_IP = 0;
const IP_PKTINFO = 8;
const IP_RECVERR = 11;
const SO_EE_ORIGIN_LOCAL = 1;
const SO_EE_ORIGIN_ICMP = 2;
const EXTENDED_ERR_BYTES = 16;

export class MessageReader {
	readonly #memory = new NativeMemory(DATA_AT + DATA_BYTES);

	constructor() {
		const { view, address } = this.#memory;
		view.setBigUint64(0, address + BigInt(NAME_AT), true);
		view.setBigUint64(16, address + BigInt(IOV_AT), true);
		view.setBigUint64(24, 1n, true);
		view.setBigUint64(32, address + BigInt(CONTROL_AT), true);
		view.setBigUint64(IOV_AT, address + BigInt(DATA_AT), true);
		view.setBigUint64(IOV_AT + 8, BigInt(DATA_BYTES), true);
	}

	/** The next datagram, or the errno's name: EAGAIN when there is none. */
	datagram(fd: number): Datagram | string {
		const length = this.#receive(fd, MSG_DONTWAIT);
		if (length < 0) return lastErrno();
		const { bytes, view } = this.#memory;
		const info = this.#control(IP_PKTINFO);
		return {
			bytes: bytes.slice(DATA_AT, DATA_AT + length),
			from: endAt(view, NAME_AT),
			// `struct in_pktinfo`: ifindex, the local address that took it, the address in the header.
			to: info === undefined ? undefined : ipText(view.getUint32(info + 8)),
		};
	}

	/** The next entry of the error queue; undefined: it is empty. */
	queuedError(fd: number): QueuedError | undefined {
		for (;;) {
			const length = this.#receive(fd, MSG_DONTWAIT | MSG_ERRQUEUE);
			if (length < 0) return undefined;
			const { bytes, view } = this.#memory;
			const at = this.#control(IP_RECVERR);
			if (at === undefined) continue;
			const origin = view.getUint8(at + 4);
			if (origin !== SO_EE_ORIGIN_LOCAL && origin !== SO_EE_ORIGIN_ICMP) continue;
			return {
				origin: origin === SO_EE_ORIGIN_LOCAL ? "local" : "icmp",
				errno: view.getUint32(at, true),
				type: view.getUint8(at + 5),
				code: view.getUint8(at + 6),
				info: view.getUint32(at + 8, true),
				from: endAt(view, at + EXTENDED_ERR_BYTES).addr,
				to: endAt(view, NAME_AT),
				quoted: bytes.slice(DATA_AT, DATA_AT + length),
			};
		}
	}

	#receive(fd: number, flags: number): number {
		const { view, address } = this.#memory;
		view.setUint32(NAMELEN_AT, IOV_AT - NAME_AT, true);
		view.setUint32(CONTROLLEN_AT, CONTROL_BYTES, true);
		view.setBigUint64(NAME_AT, 0n, true);
		return libc.recvmsg(fd, address, flags);
	}

	/** Where the value of IP's control message of this type is. */
	#control(wanted: number): number | undefined {
		const { view } = this.#memory;
		let at = CONTROL_AT;
		const end = at + view.getUint32(CONTROLLEN_AT, true);
		while (at + CMSG_BYTES <= end) {
			const length = view.getUint32(at, true);
			if (length < CMSG_BYTES) return undefined;
			if (view.getInt32(at + 8, true) === SOL_IP && view.getInt32(at + 12, true) === wanted) return at + CMSG_BYTES;
			at += (length + 7) & ~7;
		}
		return undefined;
	}
}
