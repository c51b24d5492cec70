/**
 * The text of LOG lines (net/netfilter/nf_log_syslog.c), byte for byte, with the space each ends in.
 *
 * Every namespace logs, as with `net.netfilter.nf_log_all_netns=1`; real kernels let only the first one by default.
 */
import { hex } from "../../base/bytes.ts";
import type { Target } from "../../kernel/xtables.ts";
import { ipText, macText } from "../../wire/addr.ts";
import { ETH_HLEN, ethDst, ethSrc, ethType } from "../../wire/ethernet.ts";
import {
	IP_DF,
	IP_MF,
	IP_OFFSET,
	IPV4_MIN_HLEN,
	ipv4Dst,
	ipv4Frag,
	ipv4HeaderLength,
	ipv4Id,
	ipv4Proto,
	ipv4Src,
	ipv4Tos,
	ipv4TotalLength,
	ipv4Ttl,
} from "../../wire/ipv4.ts";
import { traceStep } from "../trace.ts";
import type { HookState, NetDevice, Skb } from "../types.ts";
import { endsLine, type Transport, transportText } from "./log-transport.ts";

export type LogOptions = Omit<Extract<Target, { kind: "log" }>, "kind">;

const IP_CE = 0x8000;
const TOS_MASK = 0x1e;
const PRECEDENCE_MASK = 0xe0;

/** Writes the line about a packet at a hook to the machine's log. */
export function nfLogPacket(skb: Skb, state: HookState, options: LogOptions): void {
	const text = logLine(skb, state, options);
	const { machine } = state.netns;
	machine.log.push({ at: machine.loop.now(), netns: state.netns.name, level: options.level, text });
	if (machine.tracer === undefined) return;
	traceStep(skb, state.netns, "nf_log_packet", { step: "log", line: text, level: options.level });
}

function logLine(skb: Skb, state: HookState, options: LogOptions): string {
	const { indev, outdev } = state;
	let text = `${options.prefix ?? ""}IN=${indev?.name ?? ""} OUT=${outdev?.name ?? ""} `;
	const { physin, physout } = skb.nfBridge ?? {};
	if (physin !== undefined && physin !== indev) text += `PHYSIN=${physin.name} `;
	if (physout !== undefined && physout !== outdev) text += `PHYSOUT=${physout.name} `;
	if (indev !== undefined) text += macHeader(skb, { dev: skb.dev ?? indev, decode: options.macdecode === true });
	text += packetText(skb.bytes, skb.network, skb.end, { options, outermost: true });
	if (endsLine(transportOf(skb.bytes, skb.network, skb.end), options)) return text;
	const owner = options.uid === true && skb.sk?.isRequest !== true ? skb.sk?.owner : undefined;
	if (owner !== undefined) text += `UID=${owner.uid} GID=${owner.gid} `;
	if (skb.mark !== 0) text += `MARK=0x${skb.mark.toString(16)} `;
	return text;
}

/** How much of a packet to print: of one that an ICMP error quotes, no further quote. */
interface PacketTextMode {
	readonly options: LogOptions;
	readonly outermost: boolean;
}

/** Only Ethernet's header is taken apart, not lo's. Of a tunnel's outer packet it is what was at the front of the inner one. */
function macHeader(skb: Skb, { dev, decode }: { readonly dev: NetDevice; readonly decode: boolean }): string {
	const known = skb.mac >= 0 && skb.mac !== skb.network && dev.hardHeaderLength > 0;
	if (decode && dev.hardHeaderLength > 0 && !dev.isLoopback) {
		if (!known) return "";
		const { bytes, mac } = skb;
		const proto = ethType(bytes, mac).toString(16).padStart(4, "0");
		return `MACSRC=${macText(ethSrc(bytes, mac))} MACDST=${macText(ethDst(bytes, mac))} MACPROTO=${proto} `;
	}
	if (!known) return "MAC= ";
	const digits = hex(skb.bytes.subarray(skb.mac, skb.mac + ETH_HLEN));
	return `MAC=${(digits.match(/../g) ?? []).join(":")} `;
}

/** From `SRC=` on (`dump_ipv4_packet`); the packet is `b[at, end)`. */
function packetText(b: Uint8Array, at: number, end: number, mode: PacketTextMode): string {
	if (end - at < IPV4_MIN_HLEN) return "TRUNCATED";
	const tos = ipv4Tos(b, at);
	const frag = ipv4Frag(b, at);
	const fragOff = frag & IP_OFFSET;
	let text = `SRC=${ipText(ipv4Src(b, at))} DST=${ipText(ipv4Dst(b, at))} LEN=${ipv4TotalLength(b, at)} `;
	text += `TOS=0x${hex2(tos & TOS_MASK)} PREC=0x${hex2(tos & PRECEDENCE_MASK)} TTL=${ipv4Ttl(b, at)} ID=${ipv4Id(b, at)} `;
	if ((frag & IP_CE) !== 0) text += "CE ";
	if ((frag & IP_DF) !== 0) text += "DF ";
	if ((frag & IP_MF) !== 0) text += "MF ";
	if (fragOff !== 0) text += `FRAG:${fragOff} `;
	const headerLength = ipv4HeaderLength(b, at);
	if (mode.options.ipOptions === true && headerLength > IPV4_MIN_HLEN) {
		text += `OPT (${hex(b.subarray(at + IPV4_MIN_HLEN, at + headerLength)).toUpperCase()}) `;
	}
	const quote = mode.outermost ? (from: number): string => quoted(b, from, end, mode.options) : undefined;
	return text + transportText(transportOf(b, at, end), mode.options, quote);
}

function transportOf(b: Uint8Array, at: number, end: number): Transport {
	const isFragment = (ipv4Frag(b, at) & IP_OFFSET) !== 0;
	return { bytes: b, at: at + ipv4HeaderLength(b, at), end, proto: ipv4Proto(b, at), isFragment };
}

function quoted(b: Uint8Array, from: number, end: number, options: LogOptions): string {
	return `[${packetText(b, from, end, { options, outermost: false })}] `;
}

function hex2(n: number): string {
	return n.toString(16).toUpperCase().padStart(2, "0");
}
