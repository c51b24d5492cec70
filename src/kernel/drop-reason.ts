/** Why a packet ended without being delivered: Linux's `enum skb_drop_reason`, by the names the kernel gives them. */

export type DropReason =
	| "NETFILTER_DROP"
	| "NO_SOCKET"
	| "PKT_TOO_SMALL"
	| "TCP_CSUM"
	| "UDP_CSUM"
	| "ICMP_CSUM"
	| "IP_CSUM"
	| "IP_INHDR"
	| "OTHERHOST"
	| "IP_RPFILTER"
	| "IP_INNOROUTES"
	| "IP_INADDRERRORS"
	| "IP_OUTNOROUTES"
	| "IP_LOCAL_SOURCE"
	| "IP_INVALID_SOURCE"
	| "IP_LOCALNET"
	| "IP_INVALID_DEST"
	| "IP_NOPROTO"
	| "ROUTE_BLACKHOLE"
	| "ROUTE_UNREACHABLE"
	| "ROUTE_PROHIBIT"
	| "TTL_EXPIRED"
	| "PKT_TOO_BIG"
	| "FRAG_REASM_TIMEOUT"
	| "DUP_FRAG"
	| "NEIGH_FAILED"
	| "NEIGH_QUEUEFULL"
	| "NEIGH_DEAD"
	| "DEV_READY"
	| "UNHANDLED_PROTO"
	| "BRIDGE_NO_EGRESS_PORT"
	| "BRIDGE_INGRESS_STATE"
	| "BRIDGE_INVALID_SOURCE"
	| "BRIDGE_LINK_LOCAL"
	| "CONFIRM_CLASH"
	| "CONNTRACK_FULL"
	| "NAT_OIF_CHANGED"
	| "TCP_INVALID_SEQUENCE"
	| "TCP_RESET"
	| "TCP_OLD_DATA"
	| "TCP_INVALID_SYN"
	| "TCP_FLAGS"
	| "TCP_OLD_SEQUENCE"
	| "TCP_OVERWINDOW"
	| "TCP_ZEROWINDOW"
	| "TCP_INVALID_ACK_SEQUENCE"
	| "TCP_ACK_UNSENT_DATA"
	| "TCP_TOO_OLD_ACK"
	| "TCP_RFC7323_PAWS"
	| "TCP_RFC7323_TW_PAWS"
	| "ICMP_IGNORED"
	| "ARP_IGNORED"
	| "MULTICAST_IGNORED"
	| "VLAN_FILTER"
	| "RECURSION_LIMIT"
	| "NO_TX_TARGET"
	| "IP_TUNNEL_ECN"
	| "VXLAN_INVALID_HDR"
	| "VXLAN_VNI_NOT_FOUND"
	| "VXLAN_ENTRY_EXISTS"
	| "MAC_INVALID_SOURCE"
	| "LOCAL_MAC"
	| "NOT_SPECIFIED";

/** Every reason the simulated kernel gives, with a sentence for a reader. `docs/drop-reasons.md` is made from this table. */
export const DROP_REASONS: Readonly<Record<DropReason, string>> = {
	NETFILTER_DROP: "netfilter ended it: a DROP, a chain's policy, or a REJECT, which has answered",
	NO_SOCKET: "no socket listens on the destination port",
	PKT_TOO_SMALL: "the packet is shorter than its headers say",
	TCP_CSUM: "the TCP checksum is wrong",
	UDP_CSUM: "the UDP checksum is wrong",
	ICMP_CSUM: "the ICMP checksum is wrong",
	IP_CSUM: "the IP header checksum is wrong",
	IP_INHDR: "the IP header is malformed",
	OTHERHOST: "the frame's destination MAC address is another host's",
	IP_RPFILTER: "reverse path filtering: the route back to the source does not leave by the device it came in on",
	IP_INNOROUTES: "no route to the destination for a packet that came in",
	IP_INADDRERRORS: "the packet is for another host and forwarding is off on the device it came in on",
	IP_OUTNOROUTES: "no route to the destination for a packet that was made here",
	IP_LOCAL_SOURCE: "the source address is this host's own (martian source)",
	IP_INVALID_SOURCE: "the source address is not one a packet may have (martian source)",
	IP_LOCALNET: "a loopback address on another device (martian; route_localnet is off)",
	IP_INVALID_DEST: "the destination address is not one a packet may have (martian destination)",
	IP_NOPROTO: "no protocol is registered for the packet's protocol number",
	ROUTE_BLACKHOLE: "a blackhole route matched",
	ROUTE_UNREACHABLE: "an unreachable route matched",
	ROUTE_PROHIBIT: "a prohibit route matched",
	TTL_EXPIRED: "the time to live ran out; the sender gets ICMP time exceeded",
	PKT_TOO_BIG: "longer than the MTU of the device it must leave by and may not be fragmented",
	FRAG_REASM_TIMEOUT: "not all fragments of the packet came in time",
	DUP_FRAG: "the fragment overlaps another one",
	NEIGH_FAILED: "no answer to ARP: the next hop's MAC address could not be found",
	NEIGH_QUEUEFULL: "too many packets wait for the same ARP answer",
	NEIGH_DEAD: "the neighbour entry was removed while the packet waited",
	DEV_READY: "the device is down or has no carrier",
	UNHANDLED_PROTO: "no protocol is registered for the frame's EtherType",
	BRIDGE_NO_EGRESS_PORT: "the bridge has no port to send the frame out by",
	BRIDGE_INGRESS_STATE: "the bridge port is not forwarding",
	BRIDGE_INVALID_SOURCE: "the frame's source MAC address is not a unicast address",
	BRIDGE_LINK_LOCAL: "a link-local group address (01:80:c2:00:00:0x) is not forwarded by a bridge",
	CONFIRM_CLASH: "another connection took the reply tuple first, so the conntrack entry could not be confirmed",
	CONNTRACK_FULL: "the connection tracking table is full",
	NAT_OIF_CHANGED: "a masqueraded connection now leaves by another device",
	TCP_INVALID_SEQUENCE: "the segment is outside the receive window",
	TCP_RESET: "the segment reset the connection",
	TCP_OLD_DATA: "the segment only repeats data that was already received",
	TCP_INVALID_SYN: "a SYN where none is allowed",
	TCP_FLAGS: "the combination of TCP flags is not valid",
	TCP_OLD_SEQUENCE: "the segment lies wholly before the receive window",
	TCP_OVERWINDOW: "the data begins beyond the receive window",
	TCP_ZEROWINDOW: "data came while the receive window was closed",
	TCP_INVALID_ACK_SEQUENCE: "the acknowledgement number is not one that can be right here",
	TCP_ACK_UNSENT_DATA: "the segment acknowledges data that was never sent",
	TCP_TOO_OLD_ACK: "the acknowledgement number is far too old",
	TCP_RFC7323_PAWS: "the TCP time stamp is older than the last one seen",
	TCP_RFC7323_TW_PAWS: "the TCP time stamp is older than the last one seen, for a connection in TIME_WAIT",
	ICMP_IGNORED: "the ICMP message asks for nothing and belongs to no socket",
	ARP_IGNORED: "the ARP packet is not for this host or needs no answer",
	MULTICAST_IGNORED: "a multicast packet for a group that nobody here joined",
	VLAN_FILTER: "the bridge tells VLANs apart, and the port (or the bridge itself) is not in the frame's",
	RECURSION_LIMIT: "devices that send through each other go round in circles",
	NO_TX_TARGET: "the VXLAN device has no forwarding entry for the destination MAC address, and no default",
	IP_TUNNEL_ECN: "congestion was noted outside, but the packet inside cannot carry the note",
	VXLAN_INVALID_HDR: "the VXLAN header is malformed",
	VXLAN_VNI_NOT_FOUND: "no VXLAN device that is up has the packet's VNI",
	VXLAN_ENTRY_EXISTS: "the inner source MAC address has a static forwarding entry to another host",
	MAC_INVALID_SOURCE: "the inner frame's source MAC address is not a unicast address",
	LOCAL_MAC: "the inner frame comes from this device's own MAC address: a loop",
	NOT_SPECIFIED: "the kernel gives no reason",
};
