/** TCP (RFC 9293): a view over bytes at an offset, options, and a builder. */
import { foldChecksum, pseudoHeaderSum, sumBytes } from "./checksum.ts";
import { get16, get32, put16, put32 } from "./read-write.ts";

export const TCP_MIN_HLEN = 20;
export const TCP_FIN = 0x01;
export const TCP_SYN = 0x02;
export const TCP_RST = 0x04;
export const TCP_PSH = 0x08;
export const TCP_ACK = 0x10;
export const TCP_URG = 0x20;
export const TCP_ECE = 0x40;
export const TCP_CWR = 0x80;
export const TCP_CHECK = 16;

export function tcpSport(b: Uint8Array, at: number): number {
	return get16(b, at);
}

export function tcpDport(b: Uint8Array, at: number): number {
	return get16(b, at + 2);
}

export function tcpSeq(b: Uint8Array, at: number): number {
	return get32(b, at + 4);
}

export function tcpAck(b: Uint8Array, at: number): number {
	return get32(b, at + 8);
}

/** Header length in bytes, options included. */
export function tcpHeaderLength(b: Uint8Array, at: number): number {
	return ((b[at + 12] ?? 0) >> 4) * 4;
}

/** The eight flag bits, TCP_FIN … TCP_CWR. */
export function tcpFlags(b: Uint8Array, at: number): number {
	return b[at + 13] ?? 0;
}

/** As on the wire, not scaled. */
export function tcpWindow(b: Uint8Array, at: number): number {
	return get16(b, at + 14);
}

export interface TcpOptions {
	readonly mss?: number;
	readonly windowScale?: number;
	readonly sackPermitted?: true;
	readonly timestamps?: { readonly value: number; readonly echo: number };
}

/** Reads the options that the simulated stack knows; unknown ones are passed over, a malformed list ends the reading. */
export function tcpOptions(b: Uint8Array, at: number): TcpOptions {
	const options: { -readonly [K in keyof TcpOptions]: TcpOptions[K] } = {};
	const end = at + tcpHeaderLength(b, at);
	let pos = at + TCP_MIN_HLEN;
	while (pos < end) {
		const kind = b[pos] ?? 0;
		if (kind === 0) break;
		if (kind === 1) {
			pos += 1;
			continue;
		}
		const length = b[pos + 1] ?? 0;
		if (length < 2 || pos + length > end) break;
		if (kind === 2 && length === 4) options.mss = get16(b, pos + 2);
		else if (kind === 3 && length === 3) options.windowScale = b[pos + 2] ?? 0;
		else if (kind === 4 && length === 2) options.sackPermitted = true;
		else if (kind === 8 && length === 10) options.timestamps = { value: get32(b, pos + 2), echo: get32(b, pos + 6) };
		pos += length;
	}
	return options;
}

/** Option bytes in the order Linux writes them: `mss, sackOK, TS, nop, wscale` with MSS, else `nop, nop, TS`. A multiple of four. */
export function buildTcpOptions(options: TcpOptions): Uint8Array {
	const out: number[] = [];
	const word = (n: number): number[] => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
	if (options.mss !== undefined) out.push(2, 4, options.mss >>> 8, options.mss & 255);
	if (options.timestamps !== undefined) {
		out.push(...(options.sackPermitted === true ? [4, 2] : [1, 1]), 8, 10);
		out.push(...word(options.timestamps.value), ...word(options.timestamps.echo));
	} else if (options.sackPermitted === true) out.push(1, 1, 4, 2);
	if (options.windowScale !== undefined) out.push(1, 3, 3, options.windowScale);
	return Uint8Array.from(out);
}

export interface TcpHeader {
	readonly src: number;
	readonly dst: number;
	readonly sport: number;
	readonly dport: number;
	readonly seq: number;
	readonly ack: number;
	readonly flags: number;
	readonly window: number;
	/** Bytes from `buildTcpOptions`; a multiple of four long. */
	readonly options: Uint8Array;
}

/** Writes header and options at `at` for a segment that ends at `end`, checksum for IPv4 included. */
export function putTcp(b: Uint8Array, at: number, end: number, header: TcpHeader): void {
	put16(b, at, header.sport);
	put16(b, at + 2, header.dport);
	put32(b, at + 4, header.seq);
	put32(b, at + 8, header.ack);
	b[at + 12] = ((TCP_MIN_HLEN + header.options.length) / 4) << 4;
	b[at + 13] = header.flags;
	put16(b, at + 14, header.window);
	put16(b, at + 18, 0);
	b.set(header.options, at + TCP_MIN_HLEN);
	fillTcpChecksum(b, at, end, header);
}

export function fillTcpChecksum(
	b: Uint8Array,
	at: number,
	end: number,
	addrs: { readonly src: number; readonly dst: number },
): void {
	put16(b, at + TCP_CHECK, 0);
	put16(b, at + TCP_CHECK, foldChecksum(sumBytes(b, at, end) + pseudoHeaderSum(addrs.src, addrs.dst, 6, end - at)));
}

export function tcpChecksumIsValid(
	b: Uint8Array,
	at: number,
	end: number,
	addrs: { readonly src: number; readonly dst: number },
): boolean {
	return foldChecksum(sumBytes(b, at, end) + pseudoHeaderSum(addrs.src, addrs.dst, 6, end - at)) === 0;
}
