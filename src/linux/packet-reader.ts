/**
 * Reading AF_PACKET sockets many frames at a time, each made whole: what offloading left undone is done here (the L4
 * checksum that the device was to fill in, the VLAN tag that was taken off), so that a frame looks as on a cable.
 */
import { foldChecksum, sumBytes } from "../wire/checksum.ts";
import { ETH_P_8021Q } from "../wire/ethernet.ts";
import { lastErrno, libc, NativeMemory } from "./libc.ts";
import { SOL_SOCKET } from "./socket-option.ts";

export type PktType = "host" | "broadcast" | "multicast" | "otherhost" | "outgoing";

/** A frame as the kernel handed it over. */
export interface PacketFrame {
	/** CLOCK_REALTIME, whole seconds and the nanoseconds beyond them. */
	readonly seconds: number;
	readonly nanoseconds: number;
	readonly ifindex: number;
	readonly pktType: PktType;
	/** Of a device without a link layer: `bytes` is an IP packet. */
	readonly isIp: boolean;
	/** A copy, from the Ethernet header. */
	readonly bytes: Uint8Array;
}

export const SOL_PACKET = 263;
export const PACKET_AUXDATA = 8;
export const SO_TIMESTAMPNS = 35;
export const SO_RXQ_OVFL = 40;
/** Of the `struct virtio_net_hdr` before each frame. */
export const VNET_BYTES = 10;
const MSG_DONTWAIT = 0x40;
/** sll_hatype of ipip. */
const ARPHRD_TUNNEL = 768;

const BATCH = 32;
/** Longer than any frame: 64 KiB of an offloading device, its headers, and the virtio header. */
const FRAME_BYTES = 0x11000;
const NAME_BYTES = 32;
const CONTROL_BYTES = 128;
const HEADER_BYTES = 64;
const IOV_BYTES = 16;
const VLAN_BYTES = 4;
const MACS_BYTES = 12;

/** Within `struct mmsghdr`. */
const MSG_NAMELEN = 8;
const MSG_IOV = 16;
const MSG_IOVLEN = 24;
const MSG_CONTROL = 32;
const MSG_CONTROLLEN = 40;
const MSG_LEN = 56;

const CMSG_BYTES = 16;
const VIRTIO_NET_HDR_F_NEEDS_CSUM = 1;
const TP_STATUS_VLAN_VALID = 0x10;
const TP_STATUS_VLAN_TPID_VALID = 0x40;
const PKT_TYPES: readonly PktType[] = ["host", "broadcast", "multicast", "otherhost", "outgoing"];

export class PacketReader {
	readonly #memory = new NativeMemory(BATCH * (HEADER_BYTES + IOV_BYTES + NAME_BYTES + CONTROL_BYTES + FRAME_BYTES));
	readonly #names: number = BATCH * (HEADER_BYTES + IOV_BYTES);
	readonly #controls: number = this.#names + BATCH * NAME_BYTES;
	readonly #frames: number = this.#controls + BATCH * CONTROL_BYTES;
	/** Frames that sockets had no room for, by descriptor, as the kernel last counted them. */
	readonly #lost = new Map<number, number>();

	constructor() {
		const { view, address } = this.#memory;
		const at = (offset: number): bigint => address + BigInt(offset);
		for (let k = 0; k < BATCH; k += 1) {
			const header = k * HEADER_BYTES;
			const iov = BATCH * HEADER_BYTES + k * IOV_BYTES;
			view.setBigUint64(header, at(this.#names + k * NAME_BYTES), true);
			view.setBigUint64(header + MSG_IOV, at(iov), true);
			view.setBigUint64(header + MSG_IOVLEN, 1n, true);
			view.setBigUint64(header + MSG_CONTROL, at(this.#controls + k * CONTROL_BYTES), true);
			view.setBigUint64(iov, at(this.#frames + k * FRAME_BYTES), true);
			view.setBigUint64(iov + 8, BigInt(FRAME_BYTES), true);
			this.#prepare(k);
		}
	}

	/** Hands over every frame that waits at a socket, oldest first. */
	read(fd: number, onFrame: (frame: PacketFrame) => void): void {
		for (;;) {
			const count = libc.recvmmsg(fd, this.#memory.address, BATCH, MSG_DONTWAIT, null);
			if (count < 0) {
				const errno = lastErrno();
				if (errno === "EAGAIN") return;
				// ENETDOWN tells of a device that went down, EINVAL of a frame that no virtio header can describe.
				if (errno === "ENETDOWN" || errno === "EINVAL" || errno === "EINTR") continue;
				throw new Error(`recvmmsg of a packet socket: ${errno}`);
			}
			for (let k = 0; k < count; k += 1) {
				const frame = this.#frame(fd, k);
				this.#prepare(k);
				if (frame !== undefined) onFrame(frame);
			}
			if (count < BATCH) return;
		}
	}

	/** How many frames this socket lost because nobody read them in time. */
	lost(fd: number): number {
		return this.#lost.get(fd) ?? 0;
	}

	/** Forgets a socket that is closed. */
	forget(fd: number): void {
		this.#lost.delete(fd);
	}

	/** The kernel wrote how much it used over how much there is. */
	#prepare(k: number): void {
		const { view } = this.#memory;
		view.setUint32(k * HEADER_BYTES + MSG_NAMELEN, NAME_BYTES, true);
		view.setUint32(k * HEADER_BYTES + MSG_CONTROLLEN, CONTROL_BYTES, true);
	}

	#frame(fd: number, k: number): PacketFrame | undefined {
		const { bytes, view } = this.#memory;
		const length = view.getUint32(k * HEADER_BYTES + MSG_LEN, true) - VNET_BYTES;
		if (length < 0) return undefined;
		const vnet = this.#frames + k * FRAME_BYTES;
		const start = vnet + VNET_BYTES;
		const end = start + length;
		if (((bytes[vnet] ?? 0) & VIRTIO_NET_HDR_F_NEEDS_CSUM) !== 0) {
			const from = start + view.getUint16(vnet + 6, true);
			completeChecksum(this.#memory, { from, check: from + view.getUint16(vnet + 8, true), end });
		}
		const name = this.#names + k * NAME_BYTES;
		const notes = this.#notes(fd, k);
		const frame = bytes.slice(start, end);
		return {
			seconds: notes.seconds,
			nanoseconds: notes.nanoseconds,
			ifindex: view.getInt32(name + 4, true),
			isIp: view.getUint16(name + 8, true) === ARPHRD_TUNNEL,
			pktType: PKT_TYPES[bytes[name + 10] ?? 0] ?? "otherhost",
			bytes: notes.vlan === undefined ? frame : tagged(frame, notes.vlan),
		};
	}

	/** What the control messages say. */
	#notes(fd: number, k: number): FrameNotes {
		const { view } = this.#memory;
		let at = this.#controls + k * CONTROL_BYTES;
		const end = at + view.getUint32(k * HEADER_BYTES + MSG_CONTROLLEN, true);
		let seconds = 0;
		let nanoseconds = 0;
		let vlan: VlanTag | undefined;
		while (at + CMSG_BYTES <= end) {
			const length = view.getUint32(at, true);
			if (length < CMSG_BYTES) break;
			const level = view.getInt32(at + 8, true);
			const type = view.getInt32(at + 12, true);
			const value = at + CMSG_BYTES;
			if (level === SOL_SOCKET && type === SO_TIMESTAMPNS) {
				seconds = view.getUint32(value, true) + view.getUint32(value + 4, true) * 0x1_0000_0000;
				nanoseconds = view.getUint32(value + 8, true);
			} else if (level === SOL_SOCKET && type === SO_RXQ_OVFL) {
				this.#lost.set(fd, view.getUint32(value, true));
			} else if (level === SOL_PACKET && type === PACKET_AUXDATA) {
				vlan = vlanTag(view, value);
			}
			at += (length + 7) & ~7;
		}
		return { seconds, nanoseconds, vlan };
	}
}

interface FrameNotes {
	readonly seconds: number;
	readonly nanoseconds: number;
	/** Taken off the frame. */
	readonly vlan: VlanTag | undefined;
}

interface VlanTag {
	readonly tpid: number;
	readonly tci: number;
}

/** From `struct tpacket_auxdata`. */
function vlanTag(view: DataView, at: number): VlanTag | undefined {
	const status = view.getUint32(at, true);
	if ((status & TP_STATUS_VLAN_VALID) === 0) return undefined;
	const tpid = (status & TP_STATUS_VLAN_TPID_VALID) === 0 ? ETH_P_8021Q : view.getUint16(at + 18, true);
	return { tpid, tci: view.getUint16(at + 16, true) };
}

/** `skb_checksum_help`: the field holds the pseudo-header's sum. */
function completeChecksum(memory: NativeMemory, at: { from: number; check: number; end: number }): void {
	if (at.check + 2 > at.end) return;
	const sum = foldChecksum(sumBytes(memory.bytes, at.from, at.end));
	memory.view.setUint16(at.check, sum === 0 ? 0xffff : sum);
}

function tagged(frame: Uint8Array, vlan: VlanTag): Uint8Array {
	const whole = new Uint8Array(frame.length + VLAN_BYTES);
	whole.set(frame.subarray(0, MACS_BYTES));
	const view = new DataView(whole.buffer);
	view.setUint16(MACS_BYTES, vlan.tpid);
	view.setUint16(MACS_BYTES + 2, vlan.tci);
	whole.set(frame.subarray(MACS_BYTES), MACS_BYTES + VLAN_BYTES);
	return whole;
}
