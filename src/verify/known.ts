/** What a scenario itself chose: of these numbers a kernel has no choice, so they are never normalised. */
import { readTables } from "../formats/known-tables.ts";
import type { NatRange, Target } from "../kernel/xtables.ts";
import { ETH_HLEN, ETH_P_IP, ethType } from "../wire/ethernet.ts";
import { ICMP_ECHO, ICMP_ECHOREPLY, icmpId, icmpIsError, icmpType } from "../wire/icmpv4.ts";
import {
	IP_MF,
	IP_OFFSET,
	IPPROTO_ICMP,
	IPPROTO_TCP,
	IPPROTO_UDP,
	IPV4_MIN_HLEN,
	ipv4Frag,
	ipv4HeaderLength,
	ipv4Id,
	ipv4IsFragment,
	ipv4Proto,
	ipv4TotalLength,
} from "../wire/ipv4.ts";
import { get16, get32 } from "../wire/read-write.ts";
import { tcpFlags } from "../wire/tcp.ts";
import type { Scenario } from "./scenario.ts";

export interface Known {
	/** `packetKey` and `fragmentKey` of every IPv4 packet that a step sends as a frame, quoted ones included. */
	readonly packets: ReadonlySet<string>;
	readonly ipIds: ReadonlySet<number>;
	/** TCP sequence and acknowledgement numbers. */
	readonly seqs: ReadonlySet<number>;
	readonly ports: ReadonlySet<number>;
	readonly icmpIds: ReadonlySet<number>;
	/** Ports that NAT rules let the kernel choose among. */
	readonly natRanges: readonly { readonly from: number; readonly to: number }[];
}

export function knownOf(scenario: Scenario): Known {
	const known = { packets: new Set<string>(), ipIds: new Set<number>(), seqs: new Set<number>() };
	const numbers = { ports: new Set<number>(), icmpIds: new Set<number>() };
	const all = { ...known, ...numbers };
	for (const { port } of scenario.listen) all.ports.add(port);
	for (const step of scenario.steps) {
		if (step.kind === "tcp" || step.kind === "udp") all.ports.add(step.from.port).add(step.to.port);
		else if (step.kind === "ping") all.icmpIds.add(step.id);
		else if (step.kind === "frame" && ethType(step.bytes, 0) === ETH_P_IP) addPacket(all, step.bytes, ETH_HLEN);
	}
	const natRanges: { from: number; to: number }[] = [];
	for (const { iptables } of Object.values(scenario.config)) {
		for (const { from, to } of natPorts(iptables ?? "")) {
			if (from === to) all.ports.add(from);
			else natRanges.push({ from, to });
		}
	}
	return { ...all, natRanges };
}

/** What stays of a packet on its way, whatever translates its addresses and ports; of the packet at `at`. */
export function packetKey(b: Uint8Array, at: number): string {
	const proto = ipv4Proto(b, at);
	if (ipv4IsFragment(b, at)) return fragmentKey(b, at);
	const hlen = ipv4HeaderLength(b, at);
	const more = proto === IPPROTO_ICMP ? icmpType(b, at + hlen) : proto === IPPROTO_TCP ? tcpFlags(b, at + hlen) : "";
	return `${ipv4Id(b, at)}/${proto}/${ipv4TotalLength(b, at) - hlen}/${more}`;
}

function fragmentKey(b: Uint8Array, at: number): string {
	return `${ipv4Id(b, at)}/${ipv4Proto(b, at)}/fragment`;
}

/** True where a fragment's packet was sent, too: what fragments are put together to is known by its length. */
export function isKnownPacket(known: Known, b: Uint8Array, at: number): boolean {
	return known.packets.has(packetKey(b, at)) || known.packets.has(wholeKey(b, at, 0));
}

/** Of the packet that ends with what is at `at`, `offset` bytes of its payload after the beginning. */
function wholeKey(b: Uint8Array, at: number, offset: number): string {
	const length = offset + ipv4TotalLength(b, at) - ipv4HeaderLength(b, at);
	return `whole ${ipv4Id(b, at)}/${ipv4Proto(b, at)}/${length}`;
}

type Draft = { readonly [K in "ipIds" | "seqs" | "ports" | "icmpIds"]: Set<number> } & {
	readonly packets: Set<string>;
};

function addPacket(known: Draft, b: Uint8Array, at: number): void {
	if (b.length < at + IPV4_MIN_HLEN) return;
	const l4 = at + ipv4HeaderLength(b, at);
	const proto = ipv4Proto(b, at);
	known.ipIds.add(ipv4Id(b, at));
	known.packets.add(packetKey(b, at)).add(fragmentKey(b, at));
	const frag = ipv4Frag(b, at);
	if (ipv4IsFragment(b, at) && (frag & IP_MF) === 0) known.packets.add(wholeKey(b, at, (frag & IP_OFFSET) * 8));
	if ((ipv4Frag(b, at) & IP_OFFSET) !== 0 || b.length < l4 + 8) return;
	if (proto === IPPROTO_TCP || proto === IPPROTO_UDP) known.ports.add(get16(b, l4)).add(get16(b, l4 + 2));
	if (proto === IPPROTO_TCP) known.seqs.add(get32(b, l4 + 4)).add(get32(b, l4 + 8));
	if (proto !== IPPROTO_ICMP) return;
	const type = icmpType(b, l4);
	if (type === ICMP_ECHO || type === ICMP_ECHOREPLY) known.icmpIds.add(icmpId(b, l4));
	else if (icmpIsError(type)) addPacket(known, b, l4 + 8);
}

function natPorts(text: string): readonly { readonly from: number; readonly to: number }[] {
	const tables = readTables(text.endsWith("\n") ? text : `${text}\n`);
	if (!tables.ok) return [];
	const rules = tables.value.flatMap((table) => table.chains).flatMap((chain) => chain.rules);
	return rules.flatMap(({ target }) => portsOf(target));
}

function portsOf(target: Target): readonly { readonly from: number; readonly to: number }[] {
	switch (target.kind) {
		case "dnat":
		case "snat":
			return rangeOf(target.to);
		case "masquerade":
		case "redirect":
			return target.toPorts === undefined ? [] : [target.toPorts];
		default:
			return [];
	}
}

function rangeOf({ minPort, maxPort }: NatRange): readonly { readonly from: number; readonly to: number }[] {
	return minPort === undefined ? [] : [{ from: minPort, to: maxPort ?? minPort }];
}
