/** Protocols and services by name, as Debian's /etc/protocols and /etc/services have them. */

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

const SERVICE_PORTS: ReadonlyMap<string, number> = new Map([
	["ftp-data", 20],
	["ftp", 21],
	["ssh", 22],
	["telnet", 23],
	["smtp", 25],
	["mail", 25],
	["domain", 53],
	["bootps", 67],
	["bootpc", 68],
	["tftp", 69],
	["http", 80],
	["www", 80],
	["kerberos", 88],
	["pop3", 110],
	["sunrpc", 111],
	["portmapper", 111],
	["ntp", 123],
	["netbios-ns", 137],
	["imap2", 143],
	["imap", 143],
	["snmp", 161],
	["snmp-trap", 162],
	["bgp", 179],
	["ldap", 389],
	["https", 443],
	["isakmp", 500],
	["syslog", 514],
	["ipp", 631],
	["submission", 587],
	["ldaps", 636],
	["rsync", 873],
	["imaps", 993],
	["pop3s", 995],
	["openvpn", 1194],
	["radius", 1812],
	["nfs", 2049],
	["mysql", 3306],
	["ipsec-nat-t", 4500],
	["sip", 5060],
	["mdns", 5353],
	["postgresql", 5432],
	["amqp", 5672],
	["x11", 6000],
	["redis", 6379],
	["http-alt", 8080],
	["webcache", 8080],
	["git", 9418],
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

/** The port of a well-known service. */
export function servicePort(name: string): number | undefined {
	return SERVICE_PORTS.get(name);
}
