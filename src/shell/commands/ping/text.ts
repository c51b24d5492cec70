/** The lines of ping: answers, ICMP errors, statistics. */
import type { IcmpErrorReport } from "../../../kernel/socket.ts";
import {
	ICMP_DEST_UNREACH,
	ICMP_FRAG_NEEDED,
	ICMP_PARAMETERPROB,
	ICMP_REDIRECT,
	ICMP_TIME_EXCEEDED,
} from "../../../wire/icmpv4.ts";

/** What an ICMP error means, in iputils' words. */
export function icmpErrorText({ type, code, mtu }: Pick<IcmpErrorReport, "type" | "code" | "mtu">): string {
	switch (type) {
		case ICMP_DEST_UNREACH:
			if (code === ICMP_FRAG_NEEDED) return `Frag needed and DF set (mtu = ${mtu ?? 0})`;
			return UNREACHABLE[code] ?? `Dest Unreachable, Bad Code: ${code}`;
		case ICMP_SOURCE_QUENCH:
			return "Source Quench";
		case ICMP_REDIRECT:
			return REDIRECT[code] ?? `Redirect, Bad Code: ${code}`;
		case ICMP_TIME_EXCEEDED:
			return EXCEEDED[code] ?? `Time exceeded, Bad Code: ${code}`;
		case ICMP_PARAMETERPROB:
			return "Parameter problem: pointer = 0";
		default:
			return `Bad ICMP type: ${type}`;
	}
}

/** ` time=0.070 ms`: the longer, the fewer digits. */
export function pingTimeText(rttNs: number): string {
	const us = Math.floor(rttNs / 1000);
	if (us >= 100_000 - 50) return `${Math.floor((us + 500) / 1000)} ms`;
	if (us >= 10_000 - 5) return `${(Math.floor((us + 50) / 100) / 10).toFixed(1)} ms`;
	if (us >= 1000) return `${(Math.floor((us + 5) / 10) / 100).toFixed(2)} ms`;
	return `${milliseconds(us)} ms`;
}

export interface PingTally {
	readonly host: string;
	readonly transmitted: number;
	readonly received: number;
	readonly duplicates: number;
	readonly errors: number;
	/** From the start to the last request. */
	readonly timeNs: number;
	/** Of every answer, duplicates too; empty when the payload is too short for a time stamp. */
	readonly rttsNs: readonly number[];
	/** The most requests that were under way at once. */
	readonly pipe: number;
	/** `-i 0`: the gap between packets and the moving average are told as well. */
	readonly flood: boolean;
}

/** From the blank line on. */
export function pingStatistics(tally: PingTally): string {
	const { transmitted, received, duplicates, errors } = tally;
	const counts = [`${transmitted} packets transmitted`, `${received} received`];
	if (duplicates > 0) counts.push(`+${duplicates} duplicates`);
	if (errors > 0) counts.push(`+${errors} errors`);
	if (transmitted > 0) {
		const loss = Number((((transmitted - received) * 100) / transmitted).toPrecision(6));
		counts.push(`${loss}% packet loss`, `time ${Math.floor((tally.timeNs + 500_000) / 1_000_000)}ms`);
	}
	const last: string[] = [];
	if (received > 0 && tally.rttsNs.length > 0) last.push(rttText(tally.rttsNs));
	if (tally.pipe > 1) last.push(`pipe ${tally.pipe}`);
	if (received > 0 && tally.flood && transmitted > 1) last.push(gapText(tally));
	return `\n--- ${tally.host} ping statistics ---\n${counts.join(", ")}\n${last.join(", ")}\n`;
}

function rttText(rttsNs: readonly number[]): string {
	const us = rttsNs.map((ns) => Math.floor(ns / 1000));
	const avg = Math.floor(us.reduce((sum, rtt) => sum + rtt, 0) / us.length);
	const squares = us.reduce((sum, rtt) => sum + rtt * rtt, 0);
	const sum = us.reduce((total, rtt) => total + rtt, 0);
	const mdev = Math.floor(Math.sqrt(Math.max(0, (squares - (sum * sum) / us.length) / us.length)));
	const parts = [Math.min(...us), avg, Math.max(...us), mdev].map(milliseconds);
	return `rtt min/avg/max/mdev = ${parts.join("/")} ms`;
}

function gapText({ timeNs, transmitted, rttsNs }: PingTally): string {
	let average = 0;
	for (const ns of rttsNs) {
		const rtt = Math.floor(ns / 1000);
		average = average === 0 ? rtt * 8 : average + rtt - Math.floor(average / 8);
	}
	const gap = Math.floor(timeNs / 1000 / (transmitted - 1));
	return `ipg/ewma ${milliseconds(gap)}/${milliseconds(Math.floor(average / 8))} ms`;
}

/** Microseconds as milliseconds with three digits after the point. */
function milliseconds(us: number): string {
	return `${Math.floor(us / 1000)}.${String(us % 1000).padStart(3, "0")}`;
}

const ICMP_SOURCE_QUENCH = 4;
const UNREACHABLE: readonly string[] = [
	"Destination Net Unreachable",
	"Destination Host Unreachable",
	"Destination Protocol Unreachable",
	"Destination Port Unreachable",
	"Frag needed and DF set",
	"Source Route Failed",
	"Destination Net Unknown",
	"Destination Host Unknown",
	"Source Host Isolated",
	"Destination Net Prohibited",
	"Destination Host Prohibited",
	"Destination Net Unreachable for Type of Service",
	"Destination Host Unreachable for Type of Service",
	"Packet filtered",
	"Precedence Violation",
	"Precedence Cutoff",
];
const REDIRECT: readonly string[] = [
	"Redirect Network",
	"Redirect Host",
	"Redirect Type of Service and Network",
	"Redirect Type of Service and Host",
];
const EXCEEDED: readonly string[] = ["Time to live exceeded", "Frag reassembly time exceeded"];
