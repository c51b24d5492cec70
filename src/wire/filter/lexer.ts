/** The words of a capture filter (pcap-filter(7)): keywords, numbers, addresses, names. The longest reading of the text wins. */
import { parseIp } from "../addr.ts";
import { FilterFailure, syntaxError } from "./failure.ts";

/** Reserved words that are not numbers; several spellings of one word are already one. */
export type Token =
	/** A reserved word or an operator, as `KEYWORDS` and `OPERATORS` spell it. */
	| { readonly kind: "word"; readonly text: string }
	| { readonly kind: "number"; readonly n: number }
	| { readonly kind: "name"; readonly text: string }
	/** Two to four numbers with dots: an IPv4 address or the beginning of one. */
	| { readonly kind: "ipv4"; readonly text: string }
	| { readonly kind: "ipv6"; readonly text: string }
	| { readonly kind: "mac"; readonly text: string };

const SYNONYMS: Readonly<Record<string, string>> = {
	ether: "link",
	ppp: "link",
	slip: "link",
	fddi: "link",
	tr: "link",
	wlan: "link",
	"es-is": "esis",
	"is-is": "isis",
	length: "len",
	not: "!",
};

const KEYWORDS: ReadonlySet<string> = new Set(
	(
		"dst src link arp rarp ip sctp tcp udp icmp igmp igrp pim vrrp carp radio ip6 icmp6 ah esp atalk aarp decnet lat sca moprc mopdl " +
		"iso esis isis l1 l2 iih lsp snp csnp psnp clnp stp ipx netbeui host net mask port portrange proto protochain gateway " +
		"type subtype direction dir address1 addr1 address2 addr2 address3 addr3 address4 addr4 ra ta less greater byte broadcast multicast " +
		"and or len inbound outbound ifindex vlan mpls pppoed pppoes geneve lane llc metac bcc oam oamf4 oamf4ec oamf4sc sc ilmic vpi vci " +
		"connectmsg metaconnect on ifname rset ruleset rnr rulenum srnr subrulenum reason action fisu lssu lsu msu hfisu hlssu hmsu " +
		"sio opc dpc sls hsio hopc hdpc hsls"
	).split(" "),
);

/** Names of numbers: offsets, ICMP types, TCP flags. */
const NUMBERS: Readonly<Record<string, number>> = {
	icmptype: 0,
	icmpcode: 1,
	"icmp-echoreply": 0,
	"icmp-unreach": 3,
	"icmp-sourcequench": 4,
	"icmp-redirect": 5,
	"icmp-echo": 8,
	"icmp-routeradvert": 9,
	"icmp-routersolicit": 10,
	"icmp-timxceed": 11,
	"icmp-paramprob": 12,
	"icmp-tstamp": 13,
	"icmp-tstampreply": 14,
	"icmp-ireq": 15,
	"icmp-ireqreply": 16,
	"icmp-maskreq": 17,
	"icmp-maskreply": 18,
	icmp6type: 0,
	icmp6code: 1,
	"icmp6-destinationunreach": 1,
	"icmp6-packettoobig": 2,
	"icmp6-timeexceeded": 3,
	"icmp6-parameterproblem": 4,
	"icmp6-echo": 128,
	"icmp6-echoreply": 129,
	"icmp6-multicastlistenerquery": 130,
	"icmp6-multicastlistenerreportv1": 131,
	"icmp6-multicastlistenerdone": 132,
	"icmp6-routersolicit": 133,
	"icmp6-routeradvert": 134,
	"icmp6-neighborsolicit": 135,
	"icmp6-neighboradvert": 136,
	"icmp6-redirect": 137,
	"icmp6-multicastlistenerreportv2": 143,
	tcpflags: 13,
	"tcp-fin": 0x01,
	"tcp-syn": 0x02,
	"tcp-rst": 0x04,
	"tcp-push": 0x08,
	"tcp-ack": 0x10,
	"tcp-urg": 0x20,
	"tcp-ece": 0x40,
	"tcp-cwr": 0x80,
};

const B = "[0-9A-Fa-f]{1,2}";
const N = "(?:0[xX][0-9A-Fa-f]+|[0-9]+)";
const SPACE = /[ \r\n\t]+/y;
const OPERATOR = /&&|\|\||>=|<=|!=|==|<<|>>|[-+*/%:[\]!<>()&|^=]/y;
const MAC = new RegExp(
	`${B}(?::${B}){5}|${B}(?:-${B}){5}|${B}(?:\\.${B}){5}|[0-9A-Fa-f]{4}(?:\\.[0-9A-Fa-f]{4}){2}|[0-9A-Fa-f]{12}`,
	"y",
);
const NUMBER = new RegExp(N, "y");
const IPV4 = new RegExp(`${N}(?:\\.${N}){1,3}`, "y");
const IPV6 = /[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*/y;
const BROKEN_MAC = new RegExp(`${B}:+(?:${B}:+)+`, "y");
const NAME = /[A-Za-z0-9](?:[-_.A-Za-z0-9]*[.A-Za-z0-9])?/y;
const ESCAPED = /\\([^ !()\n\t]+)/y;

/** Operators that are another one, spelled differently. */
const OPERATORS: Readonly<Record<string, string>> = { "&&": "and", "||": "or", "==": "=" };

/** Splits a filter into its words, one at a time: an unreadable one counts only when the parser gets there. */
export class Lexer {
	readonly #text: string;
	#at = 0;

	constructor(text: string) {
		this.#text = text;
	}

	/** Undefined at the end. Throws a `FilterFailure` for what is no word. */
	next(): Token | undefined {
		this.#at += this.#match(SPACE).length;
		if (this.#at >= this.#text.length) return undefined;
		const readings: readonly (readonly [string, (text: string) => Token])[] = [
			[this.#match(MAC), (text) => ({ kind: "mac", text })],
			[this.#match(NUMBER), (text) => ({ kind: "number", n: numberOf(text) })],
			[this.#match(IPV4), (text) => ({ kind: "ipv4", text })],
			[this.#matchIpv6(), (text) => ({ kind: "ipv6", text })],
			[this.#match(BROKEN_MAC), brokenMac],
			[this.#match(NAME), word],
			[this.#match(ESCAPED), (text) => ({ kind: "name", text: text.slice(1) })],
			[this.#match(OPERATOR), (text) => ({ kind: "word", text: OPERATORS[text] ?? text })],
		];
		const longest = Math.max(...readings.map(([text]) => text.length));
		const best = readings.find(([text]) => text.length === longest);
		if (best === undefined || longest === 0) throw syntaxError();
		this.#at += longest;
		return best[1](best[0]);
	}

	#match(pattern: RegExp): string {
		pattern.lastIndex = this.#at;
		return pattern.exec(this.#text)?.[0] ?? "";
	}

	/** The longest part of the text that is an IPv6 address. */
	#matchIpv6(): string {
		let text = this.#match(IPV6);
		while (text !== "" && !parseIp(text).ok) text = text.slice(0, -1);
		return text;
	}
}

function word(text: string): Token {
	const n = NUMBERS[text];
	if (n !== undefined && Object.hasOwn(NUMBERS, text)) return { kind: "number", n };
	const keyword = Object.hasOwn(SYNONYMS, text) ? (SYNONYMS[text] ?? text) : text;
	if (keyword !== text || KEYWORDS.has(text)) return { kind: "word", text: keyword };
	return { kind: "name", text };
}

function numberOf(text: string): number {
	const digits = /^0[xX]/.test(text) ? text.slice(2) : text;
	const isOctal = digits === text && text.length > 1 && text.startsWith("0");
	if (isOctal && /[89]/.test(text)) throw new FilterFailure("invalid", `number ${text} contains non-octal digit`);
	const n = Number.parseInt(digits, digits !== text ? 16 : isOctal ? 8 : 10);
	if (n > 0xffffffff) throw new FilterFailure("invalid", `number ${text} overflows 32 bits`);
	return n;
}

function brokenMac(text: string): Token {
	throw new FilterFailure("invalid", `bogus ethernet address ${text}`);
}
