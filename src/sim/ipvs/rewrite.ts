/** Rewriting packets of NAT connections: one end of them, checksums mended, and what ICMP errors quote. */
import { fillIcmpChecksum, ICMP_HLEN } from "../../wire/icmpv4.ts";
import { fillIpv4Checksum, ipv4HeaderLength, ipv4Proto, setIpv4Dst, setIpv4Src } from "../../wire/ipv4.ts";
import { put16 } from "../../wire/read-write.ts";
import { CtTuple, ORIGINAL } from "../netfilter/conntrack/types.ts";
import { manipIpv4 } from "../netfilter/nat/nat-proto.ts";
import type { Skb } from "../types.ts";
import { ipVsProtoGet } from "./iph.ts";
import type { IpvsConn } from "./types.ts";

/** The request goes to the real server. */
export function dnatPacket(skb: Skb, cp: IpvsConn): void {
	const target = targetOf(cp);
	target.dst = cp.daddr;
	target.dport = cp.dport;
	manipIpv4(skb, skb.network, target, "dst");
}

/** The answer comes from the virtual address. */
export function snatPacket(skb: Skb, cp: IpvsConn): void {
	const target = targetOf(cp);
	target.src = cp.vaddr;
	target.sport = cp.vport;
	manipIpv4(skb, skb.network, target, "src");
}

/** What packets of the connection are rewritten to; the end that changes is still to be filled in. */
function targetOf({ proto }: IpvsConn): CtTuple {
	const target = new CtTuple(undefined, ORIGINAL);
	target.proto = proto;
	return target;
}

/** An ICMP error and the packet it quotes; the quoted transport checksum stays as it was, as in Linux (`ip_vs_nat_icmp`). */
export function ipVsNatIcmp(skb: Skb, cp: IpvsConn, towards: "server" | "client"): void {
	const b = skb.bytes;
	const icmp = skb.network + ipv4HeaderLength(b, skb.network);
	const quoted = icmp + ICMP_HLEN;
	const ports = quoted + ipv4HeaderLength(b, quoted);
	if (towards === "client") {
		setIpv4Src(b, skb.network, cp.vaddr);
		setIpv4Dst(b, quoted, cp.vaddr);
	} else {
		setIpv4Dst(b, skb.network, cp.daddr);
		setIpv4Src(b, quoted, cp.daddr);
	}
	fillIpv4Checksum(b, quoted);
	if (ipVsProtoGet(ipv4Proto(b, quoted)) && ports + 4 <= skb.end) {
		if (towards === "client") put16(b, ports + 2, cp.vport);
		else put16(b, ports, cp.dport);
	}
	fillIcmpChecksum(b, icmp, skb.end);
}
