/** The classic pcap format, and the reading of a capture file of either format. */
import { err, ok, type Result } from "../base/result.ts";
import { type Capture, type CapturedPacket, type CaptureError, DEFAULT_SNAPLEN, parsePcapng } from "./pcapng.ts";

const FILE_HEADER = 24;
const PACKET_HEADER = 16;
const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;
const PCAPNG = 0x0a0d0d0a;
const SECOND_NS = 1_000_000_000n;

export interface PcapOptions {
	/** What a tick of the time stamps is. Default: nanoseconds; tcpdump writes microseconds. */
	readonly resolution?: "microseconds" | "nanoseconds";
	/** So many bytes of a frame are kept at most; only said, not done. */
	readonly snaplen?: number;
}

export type PcapPacket = Pick<CapturedPacket, "atNs" | "frame" | "originalLength">;

/** The file's bytes: one link type; interfaces, directions and comments are lost. */
export function buildPcap(packets: readonly PcapPacket[], linkType: number, options: PcapOptions = {}): Uint8Array {
	const { resolution = "nanoseconds", snaplen = DEFAULT_SNAPLEN } = options;
	const out = new Uint8Array(packets.reduce((size, { frame }) => size + PACKET_HEADER + frame.length, FILE_HEADER));
	const view = new DataView(out.buffer);
	view.setUint32(0, resolution === "nanoseconds" ? NANOSECONDS : MICROSECONDS, true);
	view.setUint16(4, 2, true);
	view.setUint16(6, 4, true);
	view.setUint32(16, snaplen, true);
	view.setUint32(20, linkType, true);
	let at = FILE_HEADER;
	for (const packet of packets) at = putPcapPacket(out, at, packet, resolution);
	return out;
}

/** The bytes of one packet behind the file's header, for a capture that is written as it comes. */
export function buildPcapPacket(packet: PcapPacket, options: PcapOptions = {}): Uint8Array {
	const out = new Uint8Array(PACKET_HEADER + packet.frame.length);
	putPcapPacket(out, 0, packet, options.resolution ?? "nanoseconds");
	return out;
}

function putPcapPacket(
	out: Uint8Array,
	at: number,
	{ atNs, frame, originalLength }: PcapPacket,
	resolution: "microseconds" | "nanoseconds",
): number {
	const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
	const rest = Number(atNs % SECOND_NS);
	view.setUint32(at, Number(atNs / SECOND_NS), true);
	view.setUint32(at + 4, resolution === "nanoseconds" ? rest : Math.floor(rest / 1000), true);
	view.setUint32(at + 8, frame.length, true);
	view.setUint32(at + 12, originalLength ?? frame.length, true);
	out.set(frame, at + PACKET_HEADER);
	return at + PACKET_HEADER + frame.length;
}

/** Reads a pcap or pcapng file of either byte order. */
export function parseCapture(bytes: Uint8Array): Result<Capture, CaptureError> {
	if (bytes.length < FILE_HEADER) return err({ offset: 0, message: "too short for a capture file" });
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	for (const little of [true, false]) {
		const magic = view.getUint32(0, little);
		if (magic === PCAPNG) return parsePcapng(bytes);
		if (magic === NANOSECONDS) return parsePcap(bytes, view, { little, unitNs: 1n });
		if (magic === MICROSECONDS) return parsePcap(bytes, view, { little, unitNs: 1000n });
	}
	return err({ offset: 0, message: "neither pcap nor pcapng" });
}

function parsePcap(
	bytes: Uint8Array,
	view: DataView,
	format: { readonly little: boolean; readonly unitNs: bigint },
): Result<Capture, CaptureError> {
	const { little, unitNs } = format;
	const packets: CapturedPacket[] = [];
	const snaplen = view.getUint32(16, little);
	const capture: Capture = {
		interfaces: [{ linkType: view.getUint32(20, little) & 0x0fffffff }],
		packets,
		...(snaplen === DEFAULT_SNAPLEN ? {} : { snaplen }),
	};
	const cutOff = (at: number, wanted: string, there: number): Result<Capture, CaptureError> =>
		err({
			offset: at,
			message: `truncated dump file; tried to read ${wanted} bytes, only got ${there}`,
			before: capture,
		});
	for (let at = FILE_HEADER; at < bytes.length; ) {
		if (bytes.length - at < PACKET_HEADER) return cutOff(at, `${PACKET_HEADER} header`, bytes.length - at);
		const seconds = BigInt(view.getUint32(at, little));
		const atNs = seconds * SECOND_NS + BigInt(view.getUint32(at + 4, little)) * unitNs;
		const length = view.getUint32(at + 8, little);
		const originalLength = view.getUint32(at + 12, little);
		const frame = at + PACKET_HEADER;
		if (frame + length > bytes.length) return cutOff(at, `${length} captured`, bytes.length - frame);
		packets.push({
			interface: 0,
			atNs,
			frame: bytes.slice(frame, frame + length),
			...(originalLength === length ? {} : { originalLength }),
		});
		at = frame + length;
	}
	return ok(capture);
}
