/** The TCP part of a tcpdump line. */
import { get16, get32 } from "./read-write.ts";
import {
	TCP_ACK,
	TCP_CWR,
	TCP_ECE,
	TCP_FIN,
	TCP_MIN_HLEN,
	TCP_PSH,
	TCP_RST,
	TCP_SYN,
	TCP_URG,
	tcpAck,
	tcpDport,
	tcpFlags,
	tcpHeaderLength,
	tcpSeq,
	tcpSport,
	tcpWindow,
} from "./tcp.ts";

interface Segment {
	readonly flags: number;
	readonly seq: number;
	readonly ack: number;
}

interface Place {
	readonly at: number;
	readonly end: number;
	readonly length: number;
	readonly src: string;
	readonly dst: string;
}

const FLAGS: readonly (readonly [number, string])[] = [
	[TCP_FIN, "F"],
	[TCP_SYN, "S"],
	[TCP_RST, "R"],
	[TCP_PSH, "P"],
	[TCP_ACK, "."],
	[TCP_URG, "U"],
	[TCP_ECE, "E"],
	[TCP_CWR, "W"],
];
const HTTP_PORTS: readonly number[] = [80, 8080];
const MAX_HTTP_LINE = 512;
const HTTP_START = /^((?:[A-Z]+ \S+ HTTP\/|HTTP\/\d\.\d \d{3})[\x20-\x7e]*)\r?\n/;

/**
 * Remembers where connections began, so that later segments are printed with relative numbers, as tcpdump does: not a
 * segment without ACK, a SYN, or the first one seen of a connection.
 */
export class TcpdumpFlows {
	readonly #starts: Map<string, { readonly from: string; readonly seq: number; readonly ack: number }> = new Map();

	/** What tcpdump prints for the segment; `sackBase` is subtracted from the edges of SACK blocks. */
	relative(from: string, to: string, segment: Segment): Segment & { readonly sackBase: number } {
		const { flags, seq, ack } = segment;
		if ((flags & TCP_ACK) === 0) return { ...segment, sackBase: 0 };
		const key = from < to ? `${from} ${to}` : `${to} ${from}`;
		const start = this.#starts.get(key);
		if (start === undefined || (flags & TCP_SYN) !== 0) {
			const base = (ack - 1) >>> 0;
			this.#starts.set(key, { from, seq, ack: base });
			return { ...segment, sackBase: base };
		}
		const [seqBase, ackBase] = start.from === from ? [start.seq, start.ack] : [start.ack, start.seq];
		return { flags, seq: (seq - seqBase) >>> 0, ack: (ack - ackBase) >>> 0, sackBase: ackBase };
	}
}

/** `SRC.PORT > DST.PORT: Flags […], …, length N` */
export function summarizeTcp(b: Uint8Array, place: Place, flows: TcpdumpFlows | undefined): string {
	const { at, end, src, dst } = place;
	if (end - at < TCP_MIN_HLEN) return `${src} > ${dst}: [|tcp]`;
	const from = `${src}.${tcpSport(b, at)}`;
	const to = `${dst}.${tcpDport(b, at)}`;
	const flags = tcpFlags(b, at);
	const hlen = tcpHeaderLength(b, at);
	if (hlen < TCP_MIN_HLEN)
		return `${from} > ${to}: Flags [${flagText(flags)}] [bad hdr length ${hlen} - too short, < 20]`;
	const absolute = { flags, seq: tcpSeq(b, at), ack: tcpAck(b, at) };
	const { seq, ack, sackBase } = flows?.relative(from, to, absolute) ?? { ...absolute, sackBase: 0 };
	const length = Math.max(place.length - hlen, 0);
	let text = `${from} > ${to}: Flags [${flagText(flags)}]`;
	if (length > 0 || (flags & (TCP_SYN | TCP_FIN | TCP_RST)) !== 0) {
		text += `, seq ${seq}${length > 0 ? `:${(seq + length) >>> 0}` : ""}`;
	}
	if ((flags & TCP_ACK) !== 0) text += `, ack ${ack}`;
	text += `, win ${tcpWindow(b, at)}`;
	if ((flags & TCP_URG) !== 0) text += `, urg ${get16(b, at + 18)}`;
	if (hlen > TCP_MIN_HLEN)
		text += `, options [${optionsText(b, { from: at + TCP_MIN_HLEN, end: Math.min(at + hlen, end), sackBase })}]`;
	return `${text}, length ${length}${httpText(b, { at, from: at + hlen, end })}`;
}

function flagText(flags: number): string {
	const text = FLAGS.filter(([bit]) => (flags & bit) !== 0)
		.map(([, letter]) => letter)
		.join("");
	return text === "" ? "none" : text;
}

interface OptionsPlace {
	readonly from: number;
	readonly end: number;
	readonly sackBase: number;
}

function optionsText(b: Uint8Array, place: OptionsPlace): string {
	const words: string[] = [];
	const end = place.end;
	let at = place.from;
	while (at < end) {
		const kind = b[at] ?? 0;
		if (kind < 2) {
			words.push(kind === 0 ? "eol" : "nop");
			at += 1;
			if (kind === 0) break;
			continue;
		}
		const length = b[at + 1] ?? 0;
		if (length < 2 || at + length > end) {
			words.push("[bad opt]");
			break;
		}
		words.push(optionText(b, at, length, place.sackBase));
		at += length;
	}
	return words.join(",");
}

function optionText(b: Uint8Array, at: number, length: number, sackBase: number): string {
	const kind = b[at] ?? 0;
	if (kind === 2 && length === 4) return `mss ${get16(b, at + 2)}`;
	if (kind === 3 && length === 3) return `wscale ${b[at + 2] ?? 0}`;
	if (kind === 4 && length === 2) return "sackOK";
	if (kind === 8 && length === 10) return `TS val ${get32(b, at + 2)} ecr ${get32(b, at + 6)}`;
	if (kind === 5 && (length - 2) % 8 === 0) {
		let text = `sack ${(length - 2) / 8} `;
		for (let pos = at + 2; pos < at + length; pos += 8) {
			text += `{${(get32(b, pos) - sackBase) >>> 0}:${(get32(b, pos + 4) - sackBase) >>> 0}}`;
		}
		return text;
	}
	const bytes = Array.from(b.subarray(at + 2, at + length), (byte) => byte.toString(16).padStart(2, "0")).join("");
	return bytes === "" ? `unknown-${kind}` : `unknown-${kind} 0x${bytes}`;
}

/** On an HTTP port: `: HTTP`, with the first line where the payload begins a request or an answer. */
function httpText(
	b: Uint8Array,
	segment: { readonly at: number; readonly from: number; readonly end: number },
): string {
	const isHttp = HTTP_PORTS.includes(tcpSport(b, segment.at)) || HTTP_PORTS.includes(tcpDport(b, segment.at));
	if (!isHttp || segment.from >= segment.end) return "";
	const start = String.fromCharCode(...b.subarray(segment.from, Math.min(segment.end, segment.from + MAX_HTTP_LINE)));
	const line = HTTP_START.exec(start)?.[1];
	return line === undefined ? ": HTTP" : `: HTTP: ${line}`;
}
