/** The checksum of SCTP: CRC32c over the whole packet, sent with its lowest byte first (RFC 9260 §6.8, appendix A). */
const SCTP_CHECK = 8;
/** Common header, in bytes. */
export const SCTP_HLEN = 12;

/** Computes the checksum of the SCTP packet in `b[at, end)` anew. */
export function fillSctpChecksum(b: Uint8Array, at: number, end: number): void {
	b.fill(0, at + SCTP_CHECK, at + SCTP_HLEN);
	let crc = 0xffffffff;
	for (let k = at; k < end; k += 1) crc = (CRC32C[(crc ^ (b[k] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8);
	crc = ~crc;
	for (let k = 0; k < 4; k += 1) b[at + SCTP_CHECK + k] = crc >>> (8 * k);
}

const CRC32C: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
	let crc = byte;
	for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ 0x82f63b78;
	return crc;
});
