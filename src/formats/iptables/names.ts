/** Protocols by name, as Debian's /etc/protocols has them. */

const PROTOCOL_NAMES: Readonly<Record<number, string>> = {
	1: "icmp",
	2: "igmp",
	3: "ggp",
	4: "ipencap",
	5: "st",
	6: "tcp",
	8: "egp",
	9: "igp",
	12: "pup",
	17: "udp",
	27: "rdp",
	33: "dccp",
	41: "ipv6",
	43: "ipv6-route",
	44: "ipv6-frag",
	46: "rsvp",
	47: "gre",
	50: "esp",
	51: "ah",
	57: "skip",
	58: "ipv6-icmp",
	59: "ipv6-nonxt",
	60: "ipv6-opts",
	88: "eigrp",
	89: "ospf",
	94: "ipip",
	97: "etherip",
	98: "encap",
	103: "pim",
	108: "ipcomp",
	112: "vrrp",
	115: "l2tp",
	124: "isis",
	132: "sctp",
	135: "mobility-header",
	136: "udplite",
	137: "mpls-in-ip",
};

const PROTOCOL_NUMBERS: ReadonlyMap<string, number> = new Map([
	...Object.entries(PROTOCOL_NAMES).map(([number, name]) => [name, Number(number)] as const),
	["all", 0],
	["ip", 0],
	["icmpv6", 58],
	["mh", 135],
]);

/** `tcp`, or the number as text when the protocol has no name. */
export function protocolName(proto: number): string {
	return PROTOCOL_NAMES[proto] ?? String(proto);
}

/** The protocol's number, from a name in any case or a number; 0 is every protocol. */
export function protocolNumber(text: string): number | undefined {
	if (/^(0x[0-9a-f]+|\d+)$/i.test(text)) return Number(text) <= 255 ? Number(text) : undefined;
	return PROTOCOL_NUMBERS.get(text.toLowerCase());
}
