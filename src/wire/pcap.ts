/** The classic pcap format, and the reading of a capture file of either format. */
import { err, ok, type Result } from "../base/result.ts";
import { type Capture, type CapturedPacket, type CaptureError, parsePcapng } from "./pcapng.ts";

const FILE_HEADER = 24;
const PACKET_HEADER = 16;
const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;
const PCAPNG = 0x0a0d0d0a;
const SNAPLEN = 262_144;
const SECOND_NS = 1_000_000_000n;

/** The file's bytes: one link type, nanoseconds; interfaces, directions and comments are lost. */
export function buildPcap(packets: readonly Pick<CapturedPacket, "atNs" | "frame">[], linkType: number): Uint8Array {
	const out = new Uint8Array(packets.reduce((size, { frame }) => size + PACKET_HEADER + frame.length, FILE_HEADER));
	const view = new DataView(out.buffer);
	view.setUint32(0, NANOSECONDS, true);
	view.setUint16(4, 2, true);
	view.setUint16(6, 4, true);
	view.setUint32(16, SNAPLEN, true);
	view.setUint32(20, linkType, true);
	let at = FILE_HEADER;
	for (const { atNs, frame } of packets) {
		view.setUint32(at, Number(atNs / SECOND_NS), true);
		view.setUint32(at + 4, Number(atNs % SECOND_NS), true);
		view.setUint32(at + 8, frame.length, true);
		view.setUint32(at + 12, frame.length, true);
		out.set(frame, at + PACKET_HEADER);
		at += PACKET_HEADER + frame.length;
	}
	return out;
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
	for (let at = FILE_HEADER; at < bytes.length; ) {
		if (bytes.length - at < PACKET_HEADER) return err({ offset: at, message: "the last packet is cut off" });
		const seconds = BigInt(view.getUint32(at, little));
		const atNs = seconds * SECOND_NS + BigInt(view.getUint32(at + 4, little)) * unitNs;
		const length = view.getUint32(at + 8, little);
		if (at + PACKET_HEADER + length > bytes.length) return err({ offset: at, message: "the last packet is cut off" });
		packets.push({ interface: 0, atNs, frame: bytes.slice(at + PACKET_HEADER, at + PACKET_HEADER + length) });
		at += PACKET_HEADER + length;
	}
	return ok({ interfaces: [{ linkType: view.getUint32(20, little) & 0x0fffffff }], packets });
}
