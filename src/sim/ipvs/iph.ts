/** Reading a packet's headers as IPVS looks at them (`ip_vs_fill_iph_skb`), and looking up its connection by them. */
import {
	IP_OFFSET,
	IPPROTO_SCTP,
	IPPROTO_TCP,
	IPPROTO_UDP,
	IPV4_MIN_HLEN,
	ipv4Dst,
	ipv4Frag,
	ipv4HeaderLength,
	ipv4Proto,
	ipv4Src,
} from "../../wire/ipv4.ts";
import { get16 } from "../../wire/read-write.ts";
import type { Skb } from "../types.ts";
import type { ConnParam } from "./conn-table.ts";
import type { IpvsIph } from "./types.ts";

/** TCP, UDP and SCTP are the protocols that can be balanced. */
export function ipVsProtoGet(proto: number): boolean {
	return proto === IPPROTO_TCP || proto === IPPROTO_UDP || proto === IPPROTO_SCTP;
}

/** The packet's own header. */
export function ipVsFillIph(skb: Skb): IpvsIph {
	return fill(skb, skb.network, { icmp: false, inverse: false });
}

/** The header at `at`, which an ICMP error quotes; `inverse`: of a packet to a client. Undefined: it is not whole. */
export function ipVsFillIphIcmp(skb: Skb, at: number, inverse: boolean): IpvsIph | undefined {
	return at + IPV4_MIN_HLEN > skb.end ? undefined : fill(skb, at, { icmp: true, inverse });
}

/** The same header, read the other way round. */
export function inverted(iph: IpvsIph): IpvsIph {
	return { ...iph, inverse: !iph.inverse };
}

/** `ip_vs_conn_fill_param_proto`. */
export function connParam(iph: IpvsIph): ConnParam {
	const { proto, saddr, daddr, sport, dport } = iph;
	return iph.inverse
		? { proto, caddr: daddr, cport: dport, vaddr: saddr, vport: sport }
		: { proto, caddr: saddr, cport: sport, vaddr: daddr, vport: dport };
}

function fill(skb: Skb, at: number, how: { readonly icmp: boolean; readonly inverse: boolean }): IpvsIph {
	const b = skb.bytes;
	const transport = at + ipv4HeaderLength(b, at);
	const proto = ipv4Proto(b, at);
	const hasPorts = ipVsProtoGet(proto) && (ipv4Frag(b, at) & IP_OFFSET) === 0 && transport + 4 <= skb.end;
	return {
		proto,
		saddr: ipv4Src(b, at),
		daddr: ipv4Dst(b, at),
		sport: hasPorts ? get16(b, transport) : 0,
		dport: hasPorts ? get16(b, transport + 2) : 0,
		hasPorts,
		network: at,
		transport,
		...how,
	};
}
