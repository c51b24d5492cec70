/** What tcpdump remembers of TCP connections, to print relative numbers. */
import { TCP_ACK, TCP_SYN } from "./tcp.ts";

export interface Segment {
	readonly flags: number;
	readonly seq: number;
	readonly ack: number;
}

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
