/** A TCP segment that came in, read out of its packet. */
import { get16, get32 } from "../../wire/read-write.ts";
import {
	TCP_ACK,
	TCP_FIN,
	TCP_MIN_HLEN,
	TCP_PSH,
	TCP_RST,
	TCP_SYN,
	TCP_URG,
	tcpAck,
	tcpFlags,
	tcpHeaderLength,
	tcpOptions,
	tcpSeq,
	tcpWindow,
} from "../../wire/tcp.ts";
import type { Skb } from "../types.ts";
import { seqAdd } from "./tcp-seq.ts";

export interface TcpArrival {
	readonly skb: Skb;
	readonly seq: number;
	/** One past its last sequence number; SYN and FIN take one. */
	readonly endSeq: number;
	readonly ack: number;
	readonly flags: number;
	/** As on the wire, not scaled. */
	readonly window: number;
	/** A part of the packet's bytes. */
	readonly payload: Uint8Array;
	readonly hasTimestamp: boolean;
	readonly tsval: number;
	readonly tsecr: number;
}

export const NO_BYTES: Uint8Array = new Uint8Array(0);

/** Reads the segment at `skb.data`; undefined: its header is cut short or does not fit. */
export function readTcpArrival(skb: Skb): TcpArrival | undefined {
	const { bytes, data, end } = skb;
	if (end - data < TCP_MIN_HLEN) return undefined;
	const headerLength = tcpHeaderLength(bytes, data);
	if (headerLength < TCP_MIN_HLEN || headerLength > end - data) return undefined;
	const flags = tcpFlags(bytes, data);
	const payloadAt = data + headerLength;
	const length = end - payloadAt;
	const seq = tcpSeq(bytes, data);
	const stamps = timestamps(bytes, data, headerLength);
	return {
		skb,
		seq,
		endSeq: seqAdd(seq, length + ((flags & TCP_SYN) === 0 ? 0 : 1) + (flags & TCP_FIN)),
		ack: tcpAck(bytes, data),
		flags,
		window: tcpWindow(bytes, data),
		payload: length === 0 ? NO_BYTES : bytes.subarray(payloadAt, end),
		hasTimestamp: stamps !== undefined,
		tsval: stamps?.value ?? 0,
		tsecr: stamps?.echo ?? 0,
	};
}

/** `SYN,ACK`, as traces name segments; `none` without flags. */
export function tcpFlagNames(flags: number): string {
	const names: string[] = [];
	for (const [bit, name] of FLAG_NAMES) if ((flags & bit) !== 0) names.push(name);
	return names.length === 0 ? "none" : names.join(",");
}

const FLAG_NAMES = [
	[TCP_SYN, "SYN"],
	[TCP_FIN, "FIN"],
	[TCP_RST, "RST"],
	[TCP_PSH, "PSH"],
	[TCP_ACK, "ACK"],
	[TCP_URG, "URG"],
] as const;

/** The usual place first: `nop, nop, TS` and nothing else (`tcp_parse_aligned_timestamp`). */
function timestamps(b: Uint8Array, at: number, headerLength: number): { value: number; echo: number } | undefined {
	if (headerLength === TCP_MIN_HLEN) return undefined;
	const first = at + TCP_MIN_HLEN;
	if (headerLength === TCP_MIN_HLEN + 12 && get16(b, first) === 0x0101 && get16(b, first + 2) === 0x080a) {
		return { value: get32(b, first + 4), echo: get32(b, first + 8) };
	}
	return tcpOptions(b, at).timestamps;
}
