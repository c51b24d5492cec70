/** The ICMP part of a tcpdump line. */
import { foldChecksum, sumBytes } from "./checksum.ts";
import { ETH_P_IP } from "./ethernet.ts";
import {
	ICMP_DEST_UNREACH,
	ICMP_ECHO,
	ICMP_ECHOREPLY,
	ICMP_FRAG_NEEDED,
	ICMP_HLEN,
	ICMP_PARAMETERPROB,
	ICMP_PORT_UNREACH,
	ICMP_PROT_UNREACH,
	ICMP_REDIRECT,
	ICMP_TIME_EXCEEDED,
	ICMP_TIMESTAMP,
	ICMP_TIMESTAMPREPLY,
	icmpIsError,
} from "./icmpv4.ts";
import { IPPROTO_TCP, IPPROTO_UDP } from "./ipv4.ts";
import type { SummaryPrinter } from "./summary-printer.ts";
import { type Carrier, shouldBe } from "./summary-transport.ts";

/** By code; `%` stands for the destination of the packet that the message is about. */
const UNREACHABLE: Readonly<Record<number, string>> = {
	0: "net % unreachable",
	1: "host % unreachable",
	5: "% unreachable - source route failed",
	6: "net % unreachable - unknown",
	7: "host % unreachable - unknown",
	8: "% unreachable - source host isolated",
	9: "net % unreachable - admin prohibited",
	10: "host % unreachable - admin prohibited",
	11: "net % unreachable - tos prohibited",
	12: "host % unreachable - tos prohibited",
	13: "host % unreachable - admin prohibited filter",
	14: "host % unreachable - host precedence violation",
	15: "host % unreachable - precedence cutoff",
};
const REDIRECT: Readonly<Record<number, string>> = {
	0: "redirect % to net",
	1: "redirect % to host",
	2: "redirect-tos % to net",
	3: "redirect-tos % to host",
};
const MASK_REPLY = 18;
const ROUTER_ADVERTISEMENT = 9;
const OTHERS: Readonly<Record<number, string>> = {
	4: "source quench",
	10: "router solicitation",
	15: "information request",
	16: "information reply",
	17: "address mask request",
};

/** `ICMP echo request, id 1, seq 1, length 64` */
export function printIcmp(printer: SummaryPrinter, carrier: Carrier, at: number, length: number): void {
	printer.enter("icmp", { forgetsPlace: true });
	const type = printer.u8(at);
	printer.put(`ICMP ${icmpText(printer, at, type)}, length ${length}`);
	if (printer.verbosity === 0) return;
	if (!carrier.isFragment && printer.has(at, length)) {
		const sum = foldChecksum(sumBytes(printer.bytes, at, at + length));
		const check = printer.u16(at + 2);
		if (sum !== 0) {
			printer.put(` (wrong icmp cksum ${check.toString(16)} (->${shouldBe(check, sum).toString(16)})!)`);
		}
	}
	if (!icmpIsError(type)) return;
	printer.put("\n\t");
	const quoted = at + ICMP_HLEN;
	const quotedLength = printer.u16(quoted + 2);
	printer.within(quoted + quotedLength, () => {
		printer.need(quoted, 1);
		printer.printNetwork(printer, ETH_P_IP, quoted, quotedLength);
	});
}

function icmpText(printer: SummaryPrinter, at: number, type: number): string {
	const code = printer.u8(at + 1);
	const idSeq = (): string => `id ${printer.u16(at + 4)}, seq ${printer.u16(at + 6)}`;
	switch (type) {
		case ICMP_ECHO:
			return `echo request, ${idSeq()}`;
		case ICMP_ECHOREPLY:
			return `echo reply, ${idSeq()}`;
		case ICMP_DEST_UNREACH:
			return unreachableText(printer, at, code);
		case ICMP_REDIRECT: {
			const what = (REDIRECT[code] ?? `redirect-#${code} % to`).replace("%", quotedDst(printer, at));
			return `${what} ${printer.host(printer.u32(at + 4))}`;
		}
		case ICMP_TIME_EXCEEDED:
			quotedDst(printer, at);
			if (code > 1) return `time exceeded-#${code}`;
			return code === 0 ? "time exceeded in-transit" : "ip reassembly time exceeded";
		case ICMP_PARAMETERPROB:
			return code === 0 ? `parameter problem - octet ${printer.u8(at + 4)}` : `parameter problem - code ${code}`;
		case ICMP_TIMESTAMP:
			return `time stamp query id ${printer.u16(at + 4)} seq ${printer.u16(at + 6)}`;
		case ICMP_TIMESTAMPREPLY: {
			const [org, recv, xmit] = [8, 12, 16].map((offset) => dayTime(printer.u32(at + offset)));
			return `time stamp reply id ${printer.u16(at + 4)} seq ${printer.u16(at + 6)}: org ${org}, recv ${recv}, xmit ${xmit}`;
		}
		case MASK_REPLY:
			return `address mask is 0x${printer
				.u32(at + 8)
				.toString(16)
				.padStart(8, "0")}`;
		case ROUTER_ADVERTISEMENT:
			return routerText(printer, at);
		default:
			return OTHERS[type] ?? `type-#${type}`;
	}
}

/** The quoted packet names the destination, and for port unreachable the port. */
function unreachableText(printer: SummaryPrinter, at: number, code: number): string {
	const quoted = at + ICMP_HLEN;
	printer.keepPlace();
	const dst = quotedDst(printer, at);
	printer.enter("icmp", { forgetsPlace: true });
	const proto = printer.u8(quoted + 9);
	switch (code) {
		case ICMP_PROT_UNREACH:
			return `${dst} protocol ${proto} unreachable`;
		case ICMP_PORT_UNREACH: {
			const port = printer.u16(quoted + (printer.u8(quoted) & 15) * 4 + 2);
			if (proto === IPPROTO_TCP) return `${dst} tcp port ${printer.port(port, "tcp")} unreachable`;
			if (proto === IPPROTO_UDP) return `${dst} udp port ${printer.port(port, "udp")} unreachable`;
			return `${dst} protocol ${proto} port ${port} unreachable`;
		}
		case ICMP_FRAG_NEEDED: {
			const mtu = printer.u16(at + 6);
			return `${dst} unreachable - need to frag${mtu === 0 ? "" : ` (mtu ${mtu})`}`;
		}
		default:
			return (UNREACHABLE[code] ?? `% unreachable - #${code}`).replace("%", dst);
	}
}

function quotedDst(printer: SummaryPrinter, at: number): string {
	return printer.host(printer.u32(at + ICMP_HLEN + 16));
}

function routerText(printer: SummaryPrinter, at: number): string {
	const lifetime = printer.u16(at + 6);
	const [hours, minutes, seconds] = [Math.floor(lifetime / 3600), Math.floor((lifetime % 3600) / 60), lifetime % 60];
	const two = (n: number): string => String(n).padStart(2, "0");
	const time =
		lifetime < 60
			? `${lifetime}`
			: lifetime < 3600
				? `${minutes}:${two(seconds)}`
				: `${hours}:${two(minutes)}:${two(seconds)}`;
	const count = printer.u8(at + 4);
	let text = `router advertisement lifetime ${time} ${count}:`;
	if (printer.u8(at + 5) !== 2) return `${text} [size ${printer.u8(at + 5)}]`;
	for (let k = 0; k < count; k += 1) {
		text += ` {${printer.host(printer.u32(at + 8 + 8 * k))} ${printer.u32(at + 12 + 8 * k)}}`;
	}
	return text;
}

/** Milliseconds since midnight. */
function dayTime(ms: number): string {
	const part = (n: number, digits: number): string => String(Math.floor(n)).padStart(digits, "0");
	return `${part(ms / 3_600_000, 2)}:${part((ms / 60_000) % 60, 2)}:${part((ms / 1000) % 60, 2)}.${part(ms % 1000, 3)}`;
}
