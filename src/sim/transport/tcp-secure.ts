/** Initial sequence numbers and time stamp offsets that an outsider cannot guess (net/core/secure_seq.c). */
import type { IpNum } from "../../wire/addr.ts";
import { type Netns, pernet } from "../types.ts";
import { flowHash } from "./flow-table.ts";

const secrets: (netns: Netns) => { readonly seq: number; readonly ts: number } = pernet((netns) => ({
	seq: netns.machine.rng.uint32(),
	ts: netns.machine.rng.uint32(),
}));

/** A hash of the four-tuple plus a clock of 64 ns, so that a later connection of the same ends begins later. */
export function secureTcpSeq(netns: Netns, ends: TcpEnds): number {
	const { seq } = secrets(netns);
	const hash = flowHash(ends.laddr, ends.lport ^ (seq & 0xffff), ends.raddr, ends.rport ^ (seq >>> 16));
	return (Math.imul(hash ^ seq, 0x9e3779b1) + Math.floor(netns.machine.loop.now() / 64)) >>> 0;
}

/** Like it a hash of the four-tuple, so that time stamps go on growing when a port is used again. */
export function secureTcpTsOffset(netns: Netns, ends: TcpEnds): number {
	const { ts } = secrets(netns);
	const hash = flowHash(ends.laddr, ends.lport ^ (ts & 0xffff), ends.raddr, ends.rport ^ (ts >>> 16));
	return Math.imul(hash ^ ts, 0x9e3779b1) >>> 0;
}

/** Where the search for a local port begins (`secure_ipv4_port_ephemeral`). */
export function secureTcpPortOffset(netns: Netns, far: Omit<TcpEnds, "lport">): number {
	const { seq, ts } = secrets(netns);
	return Math.imul(flowHash(far.laddr, seq & 0xffff, far.raddr, far.rport ^ (ts >>> 16)) ^ ts, 0x9e3779b1) >>> 0;
}

export interface TcpEnds {
	readonly laddr: IpNum;
	readonly lport: number;
	readonly raddr: IpNum;
	readonly rport: number;
}
