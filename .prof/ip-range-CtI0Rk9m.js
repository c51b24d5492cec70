// src/base/result.ts
function ok(value) {
	return {
		ok: true,
		value
	};
}
function err(error) {
	return {
		ok: false,
		error
	};
}
// src/wire/addr.ts
function parseIp(text) {
	const n = text.includes(":") ? ipv6FromText(text) : ipv4FromText(text);
	return n === void 0 ? err({
		text,
		expected: "IP address"
	}) : ok(ipText(n));
}
/** An address literal; throws when the text is none. */
function ip(text) {
	const parsed = parseIp(text);
	if (!parsed.ok) throw new Error(`not an IP address: ${text}`);
	return parsed.value;
}
/** Parses `ADDR/PREFIX`, keeping host bits; a bare address gets the full prefix. */
function parseCidr(text) {
	const slash = text.indexOf("/");
	const addr = parseIp(slash < 0 ? text : text.slice(0, slash));
	if (!addr.ok) return err({
		text,
		expected: "CIDR"
	});
	const bits = addrBits(addr.value);
	if (slash < 0) return ok({
		addr: addr.value,
		prefix: bits
	});
	const length = text.slice(slash + 1);
	const prefix = Number(length);
	if (!/^\d{1,3}$/.test(length) || prefix > bits) return err({
		text,
		expected: "CIDR"
	});
	return ok({
		addr: addr.value,
		prefix
	});
}
/** A CIDR literal; throws when the text is none. */
function cidr(text) {
	const parsed = parseCidr(text);
	if (!parsed.ok) throw new Error(`not a CIDR: ${text}`);
	return parsed.value;
}
function formatCidr(net) {
	return `${net.addr}/${net.prefix}`;
}
function familyOf(addr) {
	return addr.includes(":") ? "ipv6" : "ipv4";
}
function familyOfNum(n) {
	return typeof n === "number" ? "ipv4" : "ipv6";
}
/** 32 or 128. */
function addrBits(addr) {
	return addr.includes(":") ? 128 : 32;
}
function ipNum(addr) {
	const n = addr.includes(":") ? ipv6FromText(addr) : ipv4FromText(addr);
	if (n === void 0) throw new Error(`not an IP address: ${addr}`);
	return n;
}
function ipText(n) {
	if (typeof n === "number") return `${n >>> 24}.${n >>> 16 & 255}.${n >>> 8 & 255}.${n & 255}`;
	return ipv6ToText(n);
}
/** The network mask of a prefix length, of the family of `like`. */
function maskNum(prefix, like) {
	if (typeof like === "number") return prefix === 0 ? 0 : 4294967295 << 32 - prefix >>> 0;
	return (1n << BigInt(prefix)) - 1n << BigInt(128 - prefix);
}
/** `a` with all but its first `prefix` bits cleared. */
function maskedNum(a, prefix) {
	if (typeof a === "number") return prefix === 0 ? 0 : (a & 4294967295 << 32 - prefix) >>> 0;
	return a >> BigInt(128 - prefix) << BigInt(128 - prefix);
}
function networkOf(net) {
	return {
		addr: ipText(maskedNum(ipNum(net.addr), net.prefix)),
		prefix: net.prefix
	};
}
function parseMac(text) {
	if (!/^[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2}){5}$/.test(text)) return err({
		text,
		expected: "MAC address"
	});
	return ok(macText(Number.parseInt(text.split(":").map((part) => part.padStart(2, "0")).join(""), 16)));
}
function macNum(address) {
	return Number.parseInt(address.replaceAll(":", ""), 16);
}
function macText(n) {
	return (n.toString(16).padStart(12, "0").match(/../g) ?? []).join(":");
}
const MAC_BROADCAST = 0xffffffffffff;
/** The group bit: multicast and broadcast addresses have it. */
function macIsGroup(n) {
	return (Math.floor(n / 1099511627776) & 1) === 1;
}
function ipv4FromText(text) {
	const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
	if (match === null) return void 0;
	let n = 0;
	for (let k = 1; k <= 4; k += 1) {
		const part = match[k] ?? "";
		const octet = Number(part);
		if (octet > 255 || part.length > 1 && part.startsWith("0")) return void 0;
		n = n * 256 + octet;
	}
	return n;
}
function ipv6FromText(text) {
	let source = text;
	const lastColon = source.lastIndexOf(":");
	if (source.slice(lastColon + 1).includes(".")) {
		const tail = ipv4FromText(source.slice(lastColon + 1));
		if (tail === void 0) return void 0;
		source = `${source.slice(0, lastColon + 1)}${(tail >>> 16).toString(16)}:${(tail & 65535).toString(16)}`;
	}
	const halves = source.split("::");
	if (halves.length > 2) return void 0;
	const head = halves[0] === "" || halves[0] === void 0 ? [] : halves[0].split(":");
	const tail = halves[1] === void 0 || halves[1] === "" ? [] : halves[1].split(":");
	const missing = 8 - head.length - tail.length;
	if (halves.length === 2 ? missing < 1 : missing !== 0) return void 0;
	let n = 0n;
	for (const group of [
		...head,
		...Array.from({ length: missing }, () => "0"),
		...tail
	]) {
		if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return void 0;
		n = n << 16n | BigInt(Number.parseInt(group, 16));
	}
	return n;
}
/**
* RFC 5952: lower case, the longest run of two or more zero groups as `::`, the first of equals; as `inet_ntop`, an
* IPv4-mapped or IPv4-compatible address ends in dotted decimal.
*/
function ipv6ToText(n) {
	const groups = Array.from({ length: 8 }, (_, k) => Number(n >> BigInt(112 - 16 * k) & 65535n));
	let best = -1;
	let bestLength = 1;
	for (let start = 0; start < 8; start += 1) {
		let length = 0;
		while (start + length < 8 && groups[start + length] === 0) length += 1;
		if (length > bestLength) {
			best = start;
			bestLength = length;
		}
	}
	const text = (part) => part.map((group) => group.toString(16)).join(":");
	if (best === 0 && (bestLength === 6 || bestLength === 5 && groups[5] === 65535)) return `${bestLength === 6 ? "::" : "::ffff:"}${ipText(Number(n & 4294967295n))}`;
	if (best < 0) return text(groups);
	return `${text(groups.slice(0, best))}::${text(groups.slice(best + bestLength))}`;
}
// src/base/bytes.ts
/** Bytes without Node or DOM: UTF-8, hexadecimal, concatenation. */
const HEX = "0123456789abcdef";
function utf8Encode(text) {
	const out = [];
	for (const char of text) {
		const code = char.codePointAt(0) ?? 0;
		if (code < 128) out.push(code);
		else if (code < 2048) out.push(192 | code >> 6, 128 | code & 63);
		else if (code < 65536) out.push(224 | code >> 12, 128 | code >> 6 & 63, 128 | code & 63);
		else out.push(240 | code >> 18, 128 | code >> 12 & 63, 128 | code >> 6 & 63, 128 | code & 63);
	}
	return Uint8Array.from(out);
}
function hex(bytes) {
	let text = "";
	for (const byte of bytes) text += `${HEX[byte >> 4]}${HEX[byte & 15]}`;
	return text;
}
function concatBytes(...parts) {
	const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let at = 0;
	for (const part of parts) {
		out.set(part, at);
		at += part.length;
	}
	return out;
}
// src/formats/services.ts
/** Name, port with the first letters of its protocols, other names. */
const SERVICES = `
tcpmux 1t; echo 7tu; discard 9tu sink null; systat 11t users; daytime 13tu; netstat 15t; qotd 17t quote;
chargen 19tu ttytst source; ftp-data 20t; ftp 21t; fsp 21u fspd; ssh 22t; telnet 23t; smtp 25t mail;
time 37tu timserver; whois 43t nicname; tacacs 49tu; domain 53tu; bootps 67u; bootpc 68u; tftp 69u; gopher 70t;
finger 79t; http 80t www; kerberos 88tu kerberos5 krb5 kerberos-sec; iso-tsap 102t tsap; acr-nema 104t dicom;
pop3 110t pop-3; sunrpc 111tu portmapper; auth 113t authentication tap ident; nntp 119t readnews untp; ntp 123u;
epmap 135t loc-srv; netbios-ns 137u; netbios-dgm 138u; netbios-ssn 139t; imap2 143t imap; snmp 161tu;
snmp-trap 162tu snmptrap; cmip-man 163tu; cmip-agent 164tu; mailq 174t; xdmcp 177u; bgp 179t; smux 199t;
qmtp 209t; z3950 210t wais; ipx 213u; ptp-event 319u; ptp-general 320u; pawserv 345t; zserv 346t;
rpc2portmap 369tu; codaauth2 370tu; clearcase 371u Clearcase; ldap 389tu; svrloc 427tu; https 443tu; snpp 444t;
microsoft-ds 445t; kpasswd 464tu; submissions 465t ssmtp smtps urd; saft 487t; isakmp 500u; rtsp 554tu; nqs 607t;
asf-rmcp 623u; qmqp 628t; ipp 631t; ldp 646tu; exec 512t; biff 512u comsat; login 513t; who 513u whod;
shell 514t cmd syslog; syslog 514u; printer 515t spooler; talk 517u; ntalk 518u; route 520u router routed;
gdomap 538tu; uucp 540t uucpd; klogin 543t; kshell 544t krcmd; dhcpv6-client 546u; dhcpv6-server 547u;
afpovertcp 548t; nntps 563t snntp; submission 587t; ldaps 636tu; tinc 655tu; silc 706t; kerberos-adm 749t;
domain-s 853tu; rsync 873t; ftps-data 989t; ftps 990t; telnets 992t; imaps 993t; pop3s 995t; socks 1080t;
proofd 1093t; rootd 1094t; openvpn 1194tu; rmiregistry 1099t; lotusnote 1352t lotusnotes; ms-sql-s 1433t;
ms-sql-m 1434u; ingreslock 1524t; datametrics 1645tu old-radius; sa-msg-port 1646tu old-radacct; kermit 1649t;
groupwise 1677t; l2f 1701u l2tp; radius 1812tu; radius-acct 1813tu radacct; cisco-sccp 2000t; nfs 2049tu;
gnunet 2086tu; rtcm-sc104 2101tu; gsigatekeeper 2119t; gris 2135t; cvspserver 2401t; venus 2430tu;
venus-se 2431tu; codasrv 2432tu; codasrv-se 2433tu; mon 2583tu; dict 2628t; f5-globalsite 2792t; gsiftp 2811t;
gpsd 2947t; gds-db 3050t gds_db; icpv2 3130u icp; isns 3205tu; iscsi-target 3260t; mysql 3306t;
ms-wbt-server 3389t; nut 3493tu; distcc 3632t; daap 3689t; svn 3690t subversion; suucp 4031t; sysrqd 4094t;
sieve 4190t; epmd 4369t; remctl 4373t; f5-iquery 4353t; ntske 4460t; ipsec-nat-t 4500u; iax 4569u; mtn 4691t;
radmin-port 4899t; sip 5060tu; sip-tls 5061tu; xmpp-client 5222t jabber-client; xmpp-server 5269t jabber-server;
cfengine 5308t; mdns 5353u; postgresql 5432t postgres; freeciv 5556t rptp; amqps 5671t; amqp 5672st;
x11 6000t x11-0; x11-1 6001t; x11-2 6002t; x11-3 6003t; x11-4 6004t; x11-5 6005t; x11-6 6006t; x11-7 6007t;
gnutella-svc 6346tu; gnutella-rtr 6347tu; redis 6379t; sge-qmaster 6444t sge_qmaster; sge-execd 6445t sge_execd;
mysql-proxy 6446t; babel 6696u; ircs-u 6697t; bbs 7000t; afs3-fileserver 7000u; afs3-callback 7001u;
afs3-prserver 7002u; afs3-vlserver 7003u; afs3-kaserver 7004u; afs3-volser 7005u; afs3-bos 7007u;
afs3-update 7008u; afs3-rmtsys 7009u; font-service 7100t xfs; http-alt 8080t webcache; puppet 8140t;
bacula-dir 9101t; bacula-fd 9102t; bacula-sd 9103t; xmms2 9667t; nbd 10809t; zabbix-agent 10050t;
zabbix-trapper 10051t; amanda 10080t; dicom 11112t; hkp 11371t; db-lsp 17500t; dcap 22125t; gsidcap 22128t;
wnn6 22273t; kerberos4 750tu kerberos-iv kdc; kerberos-master 751tu kerberos_master;
passwd-server 752u passwd_server; krb-prop 754t krb_prop krb5_prop hprop; zephyr-srv 2102u; zephyr-clt 2103u;
zephyr-hm 2104u; iprop 2121t; supfilesrv 871t; supfiledbg 1127t; poppassd 106t; moira-db 775t moira_db;
moira-update 777t moira_update; moira-ureg 779u moira_ureg; spamd 783t; skkserv 1178t; predict 1210u;
rmtcfg 1236t; xtel 1313t; xtelw 1314t; zebrasrv 2600t; zebra 2601t; ripd 2602t; ripngd 2603t; ospfd 2604t;
bgpd 2605t; ospf6d 2606t; ospfapi 2607t; isisd 2608t; fax 4557t; hylafax 4559t; munin 4949t lrrd; rplay 5555u;
nrpe 5666t; nsca 5667t; canna 5680t; syslog-tls 6514t; sane-port 6566t sane saned; ircd 6667t; zope-ftp 8021t;
tproxy 8081t; omniorb 8088t; clc-build-daemon 8990t; xinetd 9098t; git 9418t; zope 9673t; webmin 10000t;
kamanda 10081t; amandaidx 10082t; amidxtape 10083t; sgi-cmsd 17001u; sgi-crsd 17002u; sgi-gcd 17003u;
sgi-cad 17004t; binkp 24554t; asp 27374tu; csync2 30865t; dircproxy 57000t; tfido 60177t; fido 60179t
`;
const TABLES = readTables();
/** The port of a service by its name or another name; undefined: there is none. */
function servicePort(name) {
	return TABLES.ports.get(name);
}
function readTables() {
	const ports = /* @__PURE__ */ new Map();
	const names = /* @__PURE__ */ new Map();
	const protocols = /* @__PURE__ */ new Map();
	for (const entry of SERVICES.split(";")) {
		const [name = "", place = "", ...others] = entry.trim().split(" ");
		const port = Number.parseInt(place, 10);
		for (const known of [name, ...others]) {
			if (!ports.has(known)) ports.set(known, port);
			const key = `${port} ${known}`;
			protocols.set(key, (protocols.get(key) ?? "") + place.replace(/^\d+/, ""));
		}
		for (const letter of place.replace(/^\d+/, "")) {
			const key = `${port}${letter}`;
			if (!names.has(key)) names.set(key, name);
		}
	}
	return {
		ports,
		names,
		protocols
	};
}
// src/formats/iptables/names.ts
/** Protocols by name, as Debian's /etc/protocols has them. */
const PROTOCOL_NAMES = {
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
	137: "mpls-in-ip"
};
const PROTOCOL_NUMBERS = new Map([
	...Object.entries(PROTOCOL_NAMES).map(([number, name]) => [name, Number(number)]),
	["all", 0],
	["ip", 0],
	["icmpv6", 58],
	["mh", 135]
]);
/** `tcp`, or the number as text when the protocol has no name. */
function protocolName(proto) {
	return PROTOCOL_NAMES[proto] ?? String(proto);
}
/** The protocol's number, from a name in any case or a number; 0 is every protocol. */
function protocolNumber(text) {
	if (/^(0x[0-9a-f]+|\d+)$/i.test(text)) return Number(text) <= 255 ? Number(text) : void 0;
	return PROTOCOL_NUMBERS.get(text.toLowerCase());
}
// src/formats/iptables/icmp-names.ts
const ICMP_TYPES = [
	["any", 255],
	["echo-reply", 0],
	["pong", 0],
	["destination-unreachable", 3],
	[
		"network-unreachable",
		3,
		0
	],
	[
		"host-unreachable",
		3,
		1
	],
	[
		"protocol-unreachable",
		3,
		2
	],
	[
		"port-unreachable",
		3,
		3
	],
	[
		"fragmentation-needed",
		3,
		4
	],
	[
		"source-route-failed",
		3,
		5
	],
	[
		"network-unknown",
		3,
		6
	],
	[
		"host-unknown",
		3,
		7
	],
	[
		"network-prohibited",
		3,
		9
	],
	[
		"host-prohibited",
		3,
		10
	],
	[
		"tos-network-unreachable",
		3,
		11
	],
	[
		"tos-host-unreachable",
		3,
		12
	],
	[
		"communication-prohibited",
		3,
		13
	],
	[
		"host-precedence-violation",
		3,
		14
	],
	[
		"precedence-cutoff",
		3,
		15
	],
	["source-quench", 4],
	["redirect", 5],
	[
		"network-redirect",
		5,
		0
	],
	[
		"host-redirect",
		5,
		1
	],
	[
		"tos-network-redirect",
		5,
		2
	],
	[
		"tos-host-redirect",
		5,
		3
	],
	["echo-request", 8],
	["ping", 8],
	["router-advertisement", 9],
	["router-solicitation", 10],
	["time-exceeded", 11],
	["ttl-exceeded", 11],
	[
		"ttl-zero-during-transit",
		11,
		0
	],
	[
		"ttl-zero-during-reassembly",
		11,
		1
	],
	["parameter-problem", 12],
	[
		"ip-header-bad",
		12,
		0
	],
	[
		"required-option-missing",
		12,
		1
	],
	["timestamp-request", 13],
	["timestamp-reply", 14],
	["address-mask-request", 17],
	["address-mask-reply", 18]
];
const ICMPV6_TYPES = [
	["destination-unreachable", 1],
	[
		"no-route",
		1,
		0
	],
	[
		"communication-prohibited",
		1,
		1
	],
	[
		"beyond-scope",
		1,
		2
	],
	[
		"address-unreachable",
		1,
		3
	],
	[
		"port-unreachable",
		1,
		4
	],
	[
		"failed-policy",
		1,
		5
	],
	[
		"reject-route",
		1,
		6
	],
	["packet-too-big", 2],
	["time-exceeded", 3],
	["ttl-exceeded", 3],
	[
		"ttl-zero-during-transit",
		3,
		0
	],
	[
		"ttl-zero-during-reassembly",
		3,
		1
	],
	["parameter-problem", 4],
	[
		"bad-header",
		4,
		0
	],
	[
		"unknown-header-type",
		4,
		1
	],
	[
		"unknown-option",
		4,
		2
	],
	["echo-request", 128],
	["ping", 128],
	["echo-reply", 129],
	["pong", 129],
	["router-solicitation", 133],
	["router-advertisement", 134],
	["neighbour-solicitation", 135],
	["neighbor-solicitation", 135],
	["neighbour-advertisement", 136],
	["neighbor-advertisement", 136],
	["redirect", 137]
];
// src/wire/ip-range.ts
/** The fewest networks that together are the addresses `from` to `to` (inclusive), in order. */
function* netsOfRange(from, to) {
	for (let addr = from; addr <= to;) {
		let size = 1;
		let prefix = 32;
		while (prefix > 0 && addr % (size * 2) === 0 && addr + size * 2 - 1 <= to) {
			size *= 2;
			prefix -= 1;
		}
		yield {
			addr,
			prefix
		};
		addr += size;
	}
}
/** The last address of a network. */
function lastOfNet(addr, prefix) {
	return addr + 2 ** (32 - prefix) - 1;
}
export { maskNum as C, parseMac as D, parseIp as E, err as O, macText as S, networkOf as T, ip as _, protocolName as a, macIsGroup as b, concatBytes as c, MAC_BROADCAST as d, addrBits as f, formatCidr as g, familyOfNum as h, ICMP_TYPES as i, ok as k, hex as l, familyOf as m, netsOfRange as n, protocolNumber as o, cidr as p, ICMPV6_TYPES as r, servicePort as s, lastOfNet as t, utf8Encode as u, ipNum as v, maskedNum as w, macNum as x, ipText as y };
