/** Making ARP packets (net/ipv4/arp.c): requests for a neighbour, answers, announcements. */
import { type IpNum, ipText, MAC_BROADCAST } from "../../wire/addr.ts";
import { ARP_LEN, ARP_REQUEST, type ArpPacket, putArp } from "../../wire/arp.ts";
import { ETH_HLEN, ETH_P_ARP, putEthernet } from "../../wire/ethernet.ts";
import { ipv4Src } from "../../wire/ipv4.ts";
import { devQueueXmit } from "../core/dev.ts";
import { neighParm } from "../core/neigh-parms.ts";
import type { Neighbour, NeighOps } from "../core/neigh-table.ts";
import { allocSkb } from "../skb.ts";
import { originSkb } from "../trace.ts";
import type { Fate, NetDevice, Skb } from "../types.ts";
import { ifaContains, inDev, inetSelectAddr } from "./devinet.ts";
import { inetAddrType } from "./route.ts";

/** How ARP answers for the neighbour tables of IPv4. */
export const arpNeighOps: NeighOps = {
	/** `arp_constructor`. */
	fixedMac(dev, addr) {
		const n = ipv4(addr);
		if (n >= 0xe0000000 && n < 0xf0000000) return 0x01005e000000 + (n & 0x7fffff);
		if (dev.noArp) return dev.mac;
		if (n === 0xffffffff || inetAddrType(dev.netns, n) === "broadcast") return MAC_BROADCAST;
		return undefined;
	},
	solicit: arpSolicit,
};

/** Sends one ARP packet out of `dev`, to `dstMac` (`arp_send_dst`). `parent` is the packet that made it necessary. */
export function arpSend(dev: NetDevice, dstMac: number, packet: ArpPacket, parent?: Skb): Fate {
	const skb = allocSkb(dev.netns.machine, ETH_HLEN + ARP_LEN);
	skb.dev = dev;
	skb.protocol = ETH_P_ARP;
	skb.mac = skb.data;
	putEthernet(skb.bytes, skb.data, { dst: dstMac, src: dev.mac, type: ETH_P_ARP });
	putArp(skb.bytes, skb.data + ETH_HLEN, packet);
	if (skb.machine.tracer !== undefined) originSkb(skb, dev.netns, "arp_send_dst", describe(packet), parent);
	return devQueueXmit(skb);
}

/** Announces each address of the device (`inetdev_send_gratuitous_arp`). */
export function sendGratuitousArp(dev: NetDevice): void {
	for (const { local } of inDev(dev).addrs) {
		const packet = { op: ARP_REQUEST, senderMac: dev.mac, senderIp: local, targetMac: 0, targetIp: local };
		arpSend(dev, MAC_BROADCAST, packet);
	}
}

/** `arp_solicit`: by unicast to the known address first, then by broadcast. */
function arpSolicit(neigh: Neighbour, skb: Skb | undefined): void {
	const { dev } = neigh;
	const target = ipv4(neigh.addr);
	// The probe being sent is already counted.
	const unicast = neigh.probes <= neighParm(dev, "ucast_solicit");
	const senderIp = sourceFor(dev, target, skb);
	const packet = { op: ARP_REQUEST, senderMac: dev.mac, senderIp, targetMac: 0, targetIp: target };
	arpSend(dev, unicast ? neigh.mac : MAC_BROADCAST, packet, skb);
}

/** The sender address of a request, by `arp_announce`; what is neither 1 nor 2 counts as 0. */
function sourceFor(dev: NetDevice, target: number, skb: Skb | undefined): number {
	const { arpAnnounce, addrs } = inDev(dev);
	if (skb !== undefined && skb.network >= 0 && arpAnnounce !== 2) {
		const src = ipv4Src(skb.bytes, skb.network);
		const sameSubnet = arpAnnounce !== 1 || addrs.some((ifa) => ifaContains(ifa, src) && ifaContains(ifa, target));
		if (sameSubnet && inetAddrType(dev.netns, src) === "local") return src;
	}
	return ipv4(inetSelectAddr(dev, target, "link") ?? 0);
}

function ipv4(addr: IpNum): number {
	if (typeof addr !== "number") throw new Error(`not an IPv4 address: ${ipText(addr)}`);
	return addr;
}

function describe(packet: ArpPacket): string {
	if (packet.op !== ARP_REQUEST) return `ARP reply: ${ipText(packet.senderIp)}`;
	if (packet.senderIp === packet.targetIp) return `gratuitous ARP for ${ipText(packet.targetIp)}`;
	return `ARP request: who has ${ipText(packet.targetIp)}`;
}
