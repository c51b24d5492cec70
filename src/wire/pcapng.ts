/** The pcapng capture format (draft-ietf-opsawg-pcapng): little-endian, nanoseconds, one interface for each device. */
import { utf8Decode, utf8Encode } from "../base/bytes.ts";
import { err, ok, type Result } from "../base/result.ts";

export const LINKTYPE_ETHERNET = 1;
/** Packets begin with an IPv4 or IPv6 header. */
export const LINKTYPE_RAW = 101;

export interface CaptureInterface {
	/** Absent: the format does not say. */
	readonly name?: string;
	readonly linkType: number;
}

export interface CapturedPacket {
	/** Index into the capture's interfaces. */
	readonly interface: number;
	/** Nanoseconds since 1970. */
	readonly atNs: bigint;
	readonly frame: Uint8Array;
	readonly direction?: "in" | "out";
	readonly comment?: string;
	/** Length on the wire, when the capture kept only the beginning of the frame. */
	readonly originalLength?: number;
}

export interface Capture {
	readonly interfaces: readonly CaptureInterface[];
	readonly packets: readonly CapturedPacket[];
	/** So many bytes of a frame are kept at most. Absent: 262144, or without limit. */
	readonly snaplen?: number;
}

export interface CaptureError {
	/** Byte offset of what is wrong. */
	readonly offset: number;
	readonly message: string;
	/** What comes before it, when that can be read. */
	readonly before?: Capture;
}

/** The limit that tcpdump sets when it is told none. */
export const DEFAULT_SNAPLEN = 262_144;

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

const OPT_END = 0;
const OPT_COMMENT = 1;
const SHB_USERAPPL = 4;
const IF_NAME = 2;
const IF_TSRESOL = 9;
const EPB_FLAGS = 2;
const NANOSECONDS = 9;
const INBOUND = 1;
const OUTBOUND = 2;

/** The file's bytes: a section header, the interfaces, the packets in the order given. */
export function buildPcapng(
	capture: Capture,
	options: { readonly application?: string; readonly comment?: string } = {},
): Uint8Array {
	const out = new BlockWriter();
	out.block(SECTION_HEADER, () => {
		out.u32(BYTE_ORDER_MAGIC);
		out.u16(1);
		out.u16(0);
		out.u32(0xffffffff);
		out.u32(0xffffffff);
		if (options.comment !== undefined) out.option(OPT_COMMENT, utf8Encode(options.comment));
		if (options.application !== undefined) out.option(SHB_USERAPPL, utf8Encode(options.application));
		out.option(OPT_END, new Uint8Array());
	});
	for (const device of capture.interfaces) {
		out.block(INTERFACE_DESCRIPTION, () => {
			out.u16(device.linkType);
			out.u16(0);
			out.u32(0);
			if (device.name !== undefined) out.option(IF_NAME, utf8Encode(device.name));
			out.option(IF_TSRESOL, Uint8Array.of(NANOSECONDS));
			out.option(OPT_END, new Uint8Array());
		});
	}
	for (const packet of capture.packets) out.block(ENHANCED_PACKET, () => writePacket(out, packet));
	return out.bytes();
}

/** Reads a pcapng file of either byte order. Blocks of other kinds are passed over; a second section starts anew with its interfaces. */
export function parsePcapng(bytes: Uint8Array): Result<Capture, CaptureError> {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const interfaces: InterfaceEntry[] = [];
	const packets: CapturedPacket[] = [];
	let little = true;
	let sectionStart = 0;
	for (let at = 0; at < bytes.length; ) {
		if (bytes.length - at < 12) return err({ offset: at, message: "the last block is cut off" });
		if (view.getUint32(at, true) === SECTION_HEADER) {
			little = view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC;
			if (!little && view.getUint32(at + 8, false) !== BYTE_ORDER_MAGIC)
				return err({ offset: at, message: "not a pcapng file" });
			sectionStart = interfaces.length;
		} else if (at === 0) return err({ offset: 0, message: "not a pcapng file" });
		const length = view.getUint32(at + 4, little);
		if (length < 12 || length % 4 !== 0 || at + length > bytes.length) {
			return err({ offset: at, message: `a block of ${length} bytes does not fit` });
		}
		const block: Block = { bytes, view, little, from: at + 8, to: at + length - 4 };
		switch (view.getUint32(at, little)) {
			case INTERFACE_DESCRIPTION:
				interfaces.push(readInterface(block));
				break;
			case ENHANCED_PACKET: {
				const packet = readPacket(block, interfaces, sectionStart);
				if (packet === undefined) return err({ offset: at, message: "a packet block contradicts itself" });
				packets.push(packet);
				break;
			}
			case SIMPLE_PACKET: {
				const original = view.getUint32(block.from, little);
				const length = Math.min(original, block.to - block.from - 4);
				packets.push({
					interface: sectionStart,
					atNs: 0n,
					frame: bytes.slice(block.from + 4, block.from + 4 + length),
					...(length === original ? {} : { originalLength: original }),
				});
				break;
			}
		}
		at += length;
	}
	const snaplen = interfaces[0]?.snaplen ?? 0;
	return ok({
		interfaces: interfaces.map(({ device }) => device),
		packets,
		...(snaplen === 0 || snaplen === DEFAULT_SNAPLEN ? {} : { snaplen }),
	});
}

function writePacket(out: BlockWriter, packet: CapturedPacket): void {
	out.u32(packet.interface);
	out.u32(Number((packet.atNs >> 32n) & 0xffffffffn));
	out.u32(Number(packet.atNs & 0xffffffffn));
	out.u32(packet.frame.length);
	out.u32(packet.originalLength ?? packet.frame.length);
	out.padded(packet.frame);
	if (packet.comment !== undefined) out.option(OPT_COMMENT, utf8Encode(packet.comment));
	if (packet.direction !== undefined) {
		out.option(EPB_FLAGS, Uint8Array.of(packet.direction === "in" ? INBOUND : OUTBOUND, 0, 0, 0));
	}
	if (packet.comment !== undefined || packet.direction !== undefined) out.option(OPT_END, new Uint8Array());
}

/** Grows by doubling; a block's length is written after its content. */
class BlockWriter {
	#buffer: Uint8Array = new Uint8Array(4096);
	#view: DataView = new DataView(this.#buffer.buffer);
	#at = 0;

	block(type: number, content: () => void): void {
		const start = this.#at;
		this.u32(type);
		this.u32(0);
		content();
		this.u32(this.#at + 4 - start);
		this.#view.setUint32(start + 4, this.#at - start, true);
	}

	u16(value: number): void {
		this.#room(2);
		this.#view.setUint16(this.#at, value, true);
		this.#at += 2;
	}

	u32(value: number): void {
		this.#room(4);
		this.#view.setUint32(this.#at, value, true);
		this.#at += 4;
	}

	/** To a multiple of four bytes; the buffer is zero where nothing was written. */
	padded(value: Uint8Array): void {
		this.#room(value.length + 4);
		this.#buffer.set(value, this.#at);
		this.#at += (value.length + 3) & ~3;
	}

	option(code: number, value: Uint8Array): void {
		this.u16(code);
		this.u16(value.length);
		this.padded(value);
	}

	bytes(): Uint8Array {
		return this.#buffer.slice(0, this.#at);
	}

	#room(length: number): void {
		if (this.#at + length <= this.#buffer.length) return;
		const grown = new Uint8Array(Math.max(this.#buffer.length * 2, this.#at + length));
		grown.set(this.#buffer);
		this.#buffer = grown;
		this.#view = new DataView(grown.buffer);
	}
}

/** A block's content. */
interface Block {
	readonly bytes: Uint8Array;
	readonly view: DataView;
	readonly little: boolean;
	readonly from: number;
	readonly to: number;
}

interface InterfaceEntry {
	readonly device: CaptureInterface;
	/** Ticks per second. */
	readonly resolution: bigint;
	/** 0: no limit. */
	readonly snaplen: number;
}

function readInterface(block: Block): InterfaceEntry {
	const options = readOptions(block, block.from + 8);
	const name = options.get(IF_NAME);
	const power = options.get(IF_TSRESOL)?.[0] ?? 6;
	const linkType = block.view.getUint16(block.from, block.little);
	return {
		device: name === undefined ? { linkType } : { linkType, name: utf8Decode(name) },
		snaplen: block.to - block.from < 8 ? 0 : block.view.getUint32(block.from + 4, block.little),
		resolution: power < 128 ? 10n ** BigInt(power) : 2n ** BigInt(power - 128),
	};
}

function readPacket(
	block: Block,
	interfaces: readonly InterfaceEntry[],
	sectionStart: number,
): CapturedPacket | undefined {
	const { bytes, view, little, from, to } = block;
	if (to - from < 20) return undefined;
	const index = sectionStart + view.getUint32(from, little);
	const resolution = interfaces[index]?.resolution;
	const length = view.getUint32(from + 12, little);
	if (resolution === undefined || from + 20 + length > to) return undefined;
	const ticks = (BigInt(view.getUint32(from + 4, little)) << 32n) | BigInt(view.getUint32(from + 8, little));
	const options = readOptions(block, from + 20 + ((length + 3) & ~3));
	const comment = options.get(OPT_COMMENT);
	const flags = options.get(EPB_FLAGS);
	const original = view.getUint32(from + 16, little);
	const direction = flags === undefined ? 0 : (flags[little ? 0 : 3] ?? 0) & 3;
	return {
		interface: index,
		atNs: (ticks * 1_000_000_000n) / resolution,
		frame: bytes.slice(from + 20, from + 20 + length),
		...(original === length ? {} : { originalLength: original }),
		...(direction === INBOUND ? { direction: "in" } : direction === OUTBOUND ? { direction: "out" } : {}),
		...(comment === undefined ? {} : { comment: utf8Decode(comment) }),
	};
}

/** By code; of several equal ones the last. */
function readOptions(block: Block, from: number): ReadonlyMap<number, Uint8Array> {
	const options = new Map<number, Uint8Array>();
	for (let at = from; at + 4 <= block.to; ) {
		const code = block.view.getUint16(at, block.little);
		const length = block.view.getUint16(at + 2, block.little);
		if (code === OPT_END || at + 4 + length > block.to) break;
		options.set(code, block.bytes.subarray(at + 4, at + 4 + length));
		at += 4 + ((length + 3) & ~3);
	}
	return options;
}
