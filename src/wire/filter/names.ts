/** Protocols by name, as libpcap and /etc/protocols (Debian 12) have them. */
import type { IpAddr } from "../addr.ts";

/** For `ether proto \NAME`. */
export const ETHER_PROTOCOLS: ReadonlyMap<string, number> = new Map(
	Object.entries({
		aarp: 0x80f3,
		arp: 0x0806,
		atalk: 0x809b,
		decnet: 0x6003,
		ip: 0x0800,
		ip6: 0x86dd,
		lat: 0x6004,
		loopback: 0x9000,
		mopdl: 0x6001,
		moprc: 0x6002,
		rarp: 0x8035,
		sca: 0x6007,
	}),
);

/** For `ip proto \NAME`: `NUMBER NAME [NAME]`. */
const IP_PROTOCOL_LIST = `
0 ip IP; 0 hopopt HOPOPT; 1 icmp ICMP; 2 igmp IGMP; 3 ggp GGP; 4 ipencap IP-ENCAP; 5 st ST; 6 tcp TCP; 8 egp EGP;
9 igp IGP; 12 pup PUP; 17 udp UDP; 20 hmp HMP; 22 xns-idp XNS-IDP; 27 rdp RDP; 29 iso-tp4 ISO-TP4; 33 dccp DCCP;
36 xtp XTP; 37 ddp DDP; 38 idpr-cmtp IDPR-CMTP; 41 ipv6 IPv6; 43 ipv6-route IPv6-Route; 44 ipv6-frag IPv6-Frag;
45 idrp IDRP; 46 rsvp RSVP; 47 gre GRE; 50 esp IPSEC-ESP; 51 ah IPSEC-AH; 57 skip SKIP; 58 ipv6-icmp IPv6-ICMP;
59 ipv6-nonxt IPv6-NoNxt; 60 ipv6-opts IPv6-Opts; 73 rspf RSPF CPHB; 81 vmtp VMTP; 88 eigrp EIGRP; 89 ospf OSPFIGP;
93 ax.25 AX.25; 94 ipip IPIP; 97 etherip ETHERIP; 98 encap ENCAP; 103 pim PIM; 108 ipcomp IPCOMP; 112 vrrp VRRP;
115 l2tp L2TP; 124 isis ISIS; 132 sctp SCTP; 133 fc FC; 135 mobility-header Mobility-Header; 136 udplite UDPLite;
137 mpls-in-ip MPLS-in-IP; 138 manet; 139 hip HIP; 140 shim6 Shim6; 141 wesp WESP; 142 rohc ROHC; 143 ethernet Ethernet;
262 mptcp MPTCP
`;

export const IP_PROTOCOLS: ReadonlyMap<string, number> = new Map(
	IP_PROTOCOL_LIST.split(";").flatMap((entry) => {
		const [number = "", ...names] = entry.trim().split(" ");
		return names.map((name) => [name, Number(number)] as const);
	}),
);

/** For `net NAME`: /etc/networks. */
export const NETWORKS: ReadonlyMap<string, number> = new Map([
	["loopback", 0x7f000000],
	["link-local", 0xa9fe0000],
]);

/** Names that the machine knows. */
export interface FilterNames {
	/** All addresses of a host; undefined: nobody knows it. */
	hosts(name: string): readonly IpAddr[] | undefined;
	/** A service's port and its protocol's number, undefined when several protocols have it. */
	port(name: string): { readonly port: number; readonly protocol: number | undefined } | undefined;
}
