import { E as parseIp, O as err, S as macText, T as networkOf, _ as ip, a as protocolName, f as addrBits, g as formatCidr, i as ICMP_TYPES, k as ok, l as hex$1, m as familyOf, o as protocolNumber, r as ICMPV6_TYPES, s as servicePort, u as utf8Encode, v as ipNum } from "./ip-range-CtI0Rk9m.js";
// src/wire/checksum.ts
/** The Internet checksum, in full and by increment. */
/** Ones' complement sum of 16-bit words over `b[from, to)`, not folded; an odd last byte is padded with zero (RFC 1071). */
function sumBytes(b, from, to) {
	let sum = 0;
	let at = from;
	for (; at + 1 < to; at += 2) sum += (b[at] ?? 0) << 8 | (b[at + 1] ?? 0);
	if (at < to) sum += (b[at] ?? 0) << 8;
	return sum;
}
/** Folds a sum to 16 bits and complements it. */
function foldChecksum(sum) {
	while (sum > 65535) sum = (sum & 65535) + Math.floor(sum / 65536);
	return ~sum & 65535;
}
/** The sum of the TCP/UDP pseudo-header for IPv4 addresses as numbers (RFC 793 §3.1). */
function pseudoHeaderSum(src, dst, proto, lengthBytes) {
	return (src >>> 16) + (src & 65535) + (dst >>> 16) + (dst & 65535) + proto + lengthBytes;
}
/** The checksum after a 16-bit word changed from `before` to `after` (RFC 1624 §3, eqn. 3). */
function checksumReplace16(check, before, after) {
	let sum = (~check & 65535) + (~before & 65535) + after;
	sum = (sum & 65535) + (sum >>> 16);
	sum = (sum & 65535) + (sum >>> 16);
	return ~sum & 65535;
}
/** The checksum after a 32-bit word changed from `before` to `after`. */
function checksumReplace32(check, before, after) {
	return checksumReplace16(checksumReplace16(check, before >>> 16, after >>> 16), before & 65535, after & 65535);
}
// src/wire/read-write.ts
/** Big-endian reads and writes at an offset; the caller has checked the length. */
function get16(b, at) {
	return (b[at] ?? 0) << 8 | (b[at + 1] ?? 0);
}
function get32(b, at) {
	return ((b[at] ?? 0) << 24 | (b[at + 1] ?? 0) << 16 | (b[at + 2] ?? 0) << 8 | (b[at + 3] ?? 0)) >>> 0;
}
/** 48 bits: a MAC address as a number. */
function get48(b, at) {
	return get16(b, at) * 4294967296 + get32(b, at + 2);
}
function put16(b, at, value) {
	b[at] = value >>> 8;
	b[at + 1] = value;
}
function put32(b, at, value) {
	b[at] = value >>> 24;
	b[at + 1] = value >>> 16;
	b[at + 2] = value >>> 8;
	b[at + 3] = value;
}
function put48(b, at, value) {
	put16(b, at, Math.floor(value / 4294967296));
	put32(b, at + 2, value >>> 0);
}
/** The don't-fragment and more-fragments bits of the 16-bit fragment word, and its offset mask (in 8-byte units). */
const IP_DF = 16384;
const IP_MF = 8192;
const IP_OFFSET = 8191;
const TOS$1 = 1;
const TOTAL_LENGTH = 2;
const ID = 4;
const FRAG = 6;
const TTL$1 = 8;
const PROTO = 9;
const CHECK$1 = 10;
const SRC$1 = 12;
const DST$1 = 16;
/** Header length in bytes, options included. */
function ipv4HeaderLength(b, at) {
	return ((b[at] ?? 0) & 15) * 4;
}
function ipv4Version(b, at) {
	return (b[at] ?? 0) >> 4;
}
function ipv4Tos(b, at) {
	return b[at + TOS$1] ?? 0;
}
function ipv4TotalLength(b, at) {
	return get16(b, at + TOTAL_LENGTH);
}
function ipv4Id(b, at) {
	return get16(b, at + ID);
}
/** The fragment word: flags (IP_DF, IP_MF) and offset (IP_OFFSET). */
function ipv4Frag(b, at) {
	return get16(b, at + FRAG);
}
/** True for every piece of a fragmented packet, the first included. */
function ipv4IsFragment(b, at) {
	return (get16(b, at + FRAG) & 16383) !== 0;
}
function ipv4Ttl(b, at) {
	return b[at + TTL$1] ?? 0;
}
function ipv4Proto(b, at) {
	return b[at + PROTO] ?? 0;
}
function ipv4Src(b, at) {
	return get32(b, at + SRC$1);
}
function ipv4Dst(b, at) {
	return get32(b, at + DST$1);
}
/** What `ip_rcv_core` checks: version, lengths and header checksum of the packet in `b[at, end)`. */
function ipv4IsValid(b, at, end) {
	if (end - at < 20 || ipv4Version(b, at) !== 4) return false;
	const hlen = ipv4HeaderLength(b, at);
	const total = ipv4TotalLength(b, at);
	return hlen >= 20 && total >= hlen && total <= end - at && ipv4ChecksumIsValid(b, at);
}
function ipv4ChecksumIsValid(b, at) {
	return foldChecksum(sumBytes(b, at, at + ipv4HeaderLength(b, at))) === 0;
}
/** Sets the TTL and mends the header checksum. */
function setIpv4Ttl(b, at, ttl) {
	const before = get16(b, at + TTL$1);
	b[at + TTL$1] = ttl;
	put16(b, at + CHECK$1, checksumReplace16(get16(b, at + CHECK$1), before, get16(b, at + TTL$1)));
}
/** Sets the type-of-service byte and mends the header checksum. */
function setIpv4Tos(b, at, tos) {
	const before = get16(b, at);
	b[at + TOS$1] = tos;
	put16(b, at + CHECK$1, checksumReplace16(get16(b, at + CHECK$1), before, get16(b, at)));
}
/** Sets the total length and mends the header checksum. */
function setIpv4TotalLength(b, at, lengthBytes) {
	put16(b, at + CHECK$1, checksumReplace16(get16(b, at + CHECK$1), get16(b, at + TOTAL_LENGTH), lengthBytes));
	put16(b, at + TOTAL_LENGTH, lengthBytes);
}
/** Sets the source address and mends the header checksum (not the transport's). */
function setIpv4Src(b, at, src) {
	put16(b, at + CHECK$1, checksumReplace32(get16(b, at + CHECK$1), get32(b, at + SRC$1), src));
	put32(b, at + SRC$1, src);
}
/** Sets the destination address and mends the header checksum (not the transport's). */
function setIpv4Dst(b, at, dst) {
	put16(b, at + CHECK$1, checksumReplace32(get16(b, at + CHECK$1), get32(b, at + DST$1), dst));
	put32(b, at + DST$1, dst);
}
/** Recomputes the header checksum from scratch. */
function fillIpv4Checksum(b, at) {
	put16(b, at + CHECK$1, 0);
	put16(b, at + CHECK$1, foldChecksum(sumBytes(b, at, at + ipv4HeaderLength(b, at))));
}
/** Writes a 20-byte header without options at `at`, checksum included. */
function putIpv4(b, at, header) {
	b[at] = 69;
	b[at + TOS$1] = header.tos;
	put16(b, at + TOTAL_LENGTH, header.totalLength);
	put16(b, at + ID, header.id);
	put16(b, at + FRAG, header.frag);
	b[at + TTL$1] = header.ttl;
	b[at + PROTO] = header.proto;
	put32(b, at + SRC$1, header.src);
	put32(b, at + DST$1, header.dst);
	fillIpv4Checksum(b, at);
}
// src/wire/ethernet.ts
/** Ethernet II frames: a view over bytes at an offset, and a builder. */
const ETH_P_IP = 2048;
const ETH_P_ARP = 2054;
const ETH_P_8021Q = 33024;
const ETH_P_IPV6 = 34525;
const DST = 0;
const SRC = 6;
const TYPE = 12;
function ethDst(b, at) {
	return get48(b, at + DST);
}
function ethSrc(b, at) {
	return get48(b, at + SRC);
}
function ethType(b, at) {
	return get16(b, at + TYPE);
}
/** Writes the 14 header bytes at `at`. MAC addresses are numbers. */
function putEthernet(b, at, header) {
	put48(b, at + DST, header.dst);
	put48(b, at + SRC, header.src);
	put16(b, at + TYPE, header.type);
}
function setEthDst(b, at, dst) {
	put48(b, at + DST, dst);
}
function setEthSrc(b, at, src) {
	put48(b, at + SRC, src);
}
const CHECK = 2;
/** Identifier and sequence number of echo; "rest of header" (e.g. next-hop MTU) of errors. */
const REST = 4;
function icmpType(b, at) {
	return b[at] ?? 0;
}
function icmpCode(b, at) {
	return b[at + 1] ?? 0;
}
function icmpId(b, at) {
	return get16(b, at + REST);
}
function icmpSeq(b, at) {
	return get16(b, at + REST + 2);
}
/** The 32-bit rest of the header. */
function icmpRest(b, at) {
	return get32(b, at + REST);
}
/** True for the types that quote the packet they are about. */
function icmpIsError(type) {
	return type === 3 || type === 5 || type === 11 || type === 12 || type === 4;
}
/** Writes the header at `at` and the checksum over `b[at, end)`. */
function putIcmp(b, at, end, header) {
	b[at] = header.type;
	b[at + 1] = header.code;
	put32(b, at + REST, header.rest);
	fillIcmpChecksum(b, at, end);
}
function fillIcmpChecksum(b, at, end) {
	put16(b, at + CHECK, 0);
	put16(b, at + CHECK, foldChecksum(sumBytes(b, at, end)));
}
function icmpChecksumIsValid(b, at, end) {
	return foldChecksum(sumBytes(b, at, end)) === 0;
}
function tcpSport(b, at) {
	return get16(b, at);
}
function tcpDport(b, at) {
	return get16(b, at + 2);
}
function tcpSeq(b, at) {
	return get32(b, at + 4);
}
function tcpAck(b, at) {
	return get32(b, at + 8);
}
/** Header length in bytes, options included. */
function tcpHeaderLength(b, at) {
	return ((b[at + 12] ?? 0) >> 4) * 4;
}
/** The eight flag bits, TCP_FIN … TCP_CWR. */
function tcpFlags(b, at) {
	return b[at + 13] ?? 0;
}
/** As on the wire, not scaled. */
function tcpWindow(b, at) {
	return get16(b, at + 14);
}
/** Reads the options that the simulated stack knows; unknown ones are passed over, a malformed list ends the reading. */
function tcpOptions(b, at) {
	const options = {};
	const end = at + tcpHeaderLength(b, at);
	let pos = at + 20;
	while (pos < end) {
		const kind = b[pos] ?? 0;
		if (kind === 0) break;
		if (kind === 1) {
			pos += 1;
			continue;
		}
		const length = b[pos + 1] ?? 0;
		if (length < 2 || pos + length > end) break;
		if (kind === 2 && length === 4) options.mss = get16(b, pos + 2);
		else if (kind === 3 && length === 3) options.windowScale = b[pos + 2] ?? 0;
		else if (kind === 4 && length === 2) options.sackPermitted = true;
		else if (kind === 8 && length === 10) options.timestamps = {
			value: get32(b, pos + 2),
			echo: get32(b, pos + 6)
		};
		pos += length;
	}
	return options;
}
/** Option bytes in the order Linux writes them: `mss, sackOK, TS, nop, wscale` with MSS, else `nop, nop, TS`. A multiple of four. */
function buildTcpOptions(options) {
	const out = [];
	const word = (n) => [
		n >>> 24,
		n >>> 16 & 255,
		n >>> 8 & 255,
		n & 255
	];
	if (options.mss !== void 0) out.push(2, 4, options.mss >>> 8, options.mss & 255);
	if (options.timestamps !== void 0) {
		out.push(...options.sackPermitted === true ? [4, 2] : [1, 1], 8, 10);
		out.push(...word(options.timestamps.value), ...word(options.timestamps.echo));
	} else if (options.sackPermitted === true) out.push(1, 1, 4, 2);
	if (options.windowScale !== void 0) out.push(1, 3, 3, options.windowScale);
	return Uint8Array.from(out);
}
/** Writes header and options at `at` for a segment that ends at `end`, checksum for IPv4 included. */
function putTcp(b, at, end, header) {
	put16(b, at, header.sport);
	put16(b, at + 2, header.dport);
	put32(b, at + 4, header.seq);
	put32(b, at + 8, header.ack);
	b[at + 12] = (20 + header.options.length) / 4 << 4;
	b[at + 13] = header.flags;
	put16(b, at + 14, header.window);
	put16(b, at + 18, 0);
	b.set(header.options, at + 20);
	fillTcpChecksum(b, at, end, header);
}
function fillTcpChecksum(b, at, end, addrs) {
	put16(b, at + 16, 0);
	put16(b, at + 16, foldChecksum(sumBytes(b, at, end) + pseudoHeaderSum(addrs.src, addrs.dst, 6, end - at)));
}
function tcpChecksumIsValid(b, at, end, addrs) {
	return foldChecksum(sumBytes(b, at, end) + pseudoHeaderSum(addrs.src, addrs.dst, 6, end - at)) === 0;
}
// src/formats/iptables/lexer.ts
const SPACE = 32;
const TAB = 9;
const QUOTE = 34;
/** Splits at spaces and tabs; double quotes group words, a backslash inside them escapes; single quotes mean nothing. */
function splitWords(text) {
	if (text.includes("\"")) return splitQuoted(text);
	const words = [];
	const starts = [];
	let at = 0;
	while (at < text.length) {
		const code = text.charCodeAt(at);
		if (code === SPACE || code === TAB) {
			at += 1;
			continue;
		}
		const end = endOfWord(text, at);
		words.push(text.slice(at, end));
		starts.push(at);
		at = end;
	}
	return {
		text,
		words,
		starts,
		unterminated: false
	};
}
/** Words that a shell has split already. */
function wordsOf(args) {
	const starts = [];
	let text = "";
	for (const arg of args) {
		if (text !== "") text += " ";
		starts.push(text.length);
		text += arg === "" || arg.includes(" ") ? quoteWord(arg) : arg;
	}
	return {
		text,
		words: args,
		starts,
		unterminated: false
	};
}
function editableWords({ text, words, starts, quoted }) {
	return {
		text,
		words: [...words],
		starts: [...starts],
		quoted: quoted === void 0 ? [] : [...quoted]
	};
}
/** A word as iptables-save prints text: in quotes, with backslashes, unless it is only letters, digits, `_` and `-`. */
function quoteWord(word) {
	return /^[\w-]+$/.test(word) ? word : `"${word.replace(/["\\']/g, "\\$&")}"`;
}
function endOfWord(text, from) {
	let end = from;
	for (; end < text.length; end += 1) {
		const code = text.charCodeAt(end);
		if (code === SPACE || code === TAB) break;
	}
	return end;
}
/** The closing quote ends the word, whatever follows it; an opening quote inside a word goes on with that word. */
function splitQuoted(text) {
	const words = [];
	const starts = [];
	const quoted = [];
	let word = "";
	let start = -1;
	const push = (wasQuoted) => {
		words.push(word);
		starts.push(start);
		quoted.push(wasQuoted);
		word = "";
		start = -1;
	};
	let at = 0;
	while (at < text.length) {
		const code = text.charCodeAt(at);
		if (code === QUOTE) {
			if (start < 0) start = at;
			const inside = readQuoted(text, at + 1);
			word += inside.text;
			at = inside.end + 1;
			push(true);
			if (inside.end >= text.length) return {
				text,
				words,
				starts,
				quoted,
				unterminated: true
			};
		} else if (code === SPACE || code === TAB) {
			if (start >= 0) push(false);
			at += 1;
		} else {
			if (start < 0) start = at;
			word += text.charAt(at);
			at += 1;
		}
	}
	if (start >= 0) push(false);
	return {
		text,
		words,
		starts,
		quoted,
		unterminated: false
	};
}
function readQuoted(text, from) {
	let out = "";
	let at = from;
	for (; at < text.length && text.charCodeAt(at) !== QUOTE; at += 1) {
		if (text.charAt(at) === "\\") at += 1;
		out += text.charAt(at);
	}
	return {
		text: out,
		end: at
	};
}
// src/formats/iptables/extension.ts
/** The option (or its value) is real but not one podwire models: the words are kept as they are. */
const UNMODELLED = Symbol("unmodelled");
function extension(spec) {
	const optionNames = Object.keys(spec.options);
	return {
		name: spec.name,
		open: () => new Opened(spec, optionNames)
	};
}
var Opened = class {
	name;
	optionNames;
	#spec;
	#draft;
	#taken = [];
	/** The options given, by name. */
	#given = [];
	constructor(spec, optionNames) {
		this.name = spec.name;
		this.optionNames = optionNames;
		this.#spec = spec;
		this.#draft = spec.start();
	}
	argsOf(option) {
		const syntax = this.#spec.options[option];
		return syntax === UNMODELLED ? 0 : syntax?.args;
	}
	take(given) {
		const syntax = this.#spec.options[given.option];
		if (syntax === void 0 || syntax === UNMODELLED) return UNMODELLED;
		if (given.invert && syntax.invertible !== true) return `${this.name}: option "${given.option}" cannot be inverted.`;
		if (this.#taken.includes(syntax)) return syntax.again ?? `${this.name}: option "${given.option}" can only be used once.`;
		this.#taken.push(syntax);
		this.#given.push(given.option);
		return syntax.set(this.#draft, given);
	}
	finish(head) {
		for (const group of this.#spec.exclusive ?? []) {
			const [first, second] = group.filter((option) => this.#given.includes(option));
			if (second === void 0) continue;
			return `${this.name}: option "${first}" cannot be used together with "${second}".`;
		}
		return this.#spec.finish(this.#draft, head);
	}
};
// src/formats/iptables/values.ts
function inverted(value, invert) {
	return invert ? {
		value,
		invert: true
	} : { value };
}
/** `! ` before an inverted option, else nothing. */
function bang(invert) {
	return invert === true ? "! " : "";
}
/** A name that is printed without quotes: no space, no quote, not begun with `!` or `-`. */
function isPlainName(text) {
	return /^[^\s"!-][^\s"]*$/.test(text);
}
/** Decimal, hexadecimal (0x) or octal (0), as `strtoul` with base 0. */
function parseUint(text, max) {
	let n;
	if (/^(0|[1-9]\d*)$/.test(text)) n = Number(text);
	else if (/^0x[0-9a-f]+$/i.test(text)) n = Number.parseInt(text.slice(2), 16);
	else if (/^0[0-7]+$/.test(text)) n = Number.parseInt(text, 8);
	else return void 0;
	return n <= max ? n : void 0;
}
/** A number or the name of a service. */
function parsePort(text) {
	return parseUint(text, 65535) ?? servicePort(text);
}
/** `a`, `a:b`, `a:`, `:b`; a string is the complaint. */
function parsePortRange(text) {
	const colon = text.indexOf(":");
	const first = colon < 0 ? text : text.slice(0, colon);
	const last = colon < 0 ? text : text.slice(colon + 1);
	const from = first === "" && colon >= 0 ? 0 : parsePort(first);
	if (from === void 0) return `invalid port/service \`${first}' specified`;
	const to = last === "" && colon >= 0 ? 65535 : parsePort(last);
	if (to === void 0) return `invalid port/service \`${last}' specified`;
	return from > to ? "invalid portrange (min > max)" : {
		from,
		to
	};
}
function formatPortRange(range, separator = ":") {
	return range.from === range.to ? String(range.from) : `${range.from}${separator}${range.to}`;
}
/** `value[/mask]`; the mask is all ones when absent. */
function parseMark(text) {
	const slash = text.indexOf("/");
	const value = parseUint(slash < 0 ? text : text.slice(0, slash), 4294967295);
	const mask = slash < 0 ? 4294967295 : parseUint(text.slice(slash + 1), 4294967295);
	return value === void 0 || mask === void 0 ? void 0 : {
		value,
		mask
	};
}
/** Members of `all` in `text` (comma separated, any case), in the order of `all`; undefined when one is not in it. */
function parseNames(text, all) {
	const words = text.toUpperCase().split(",");
	const found = all.filter((name) => words.includes(name));
	return found.length === new Set(words).size ? found : void 0;
}
/** `ADDR`, `ADDR/PREFIX`, `ADDR/NETMASK`, with short IPv4 forms as `10.96/16`. Host bits are kept. */
function parseHostNet(text, family) {
	const slash = text.indexOf("/");
	const addr = parseAddr(slash < 0 ? text : text.slice(0, slash), family);
	if (addr === void 0) return "not found";
	if (slash < 0) return {
		addr,
		prefix: addrBits(addr)
	};
	const length = text.slice(slash + 1);
	if (/^\d+$/.test(length)) return Number(length) <= addrBits(addr) ? {
		addr,
		prefix: Number(length)
	} : "invalid mask";
	const mask = parseAddr(length, family);
	if (mask === void 0) return "invalid mask";
	const bits = BigInt(ipNum(mask)).toString(2).padStart(addrBits(mask), "0");
	return /^1*0*$/.test(bits) ? {
		addr,
		prefix: bits.lastIndexOf("1") + 1
	} : "not contiguous";
}
/** As `parseHostNet`, host bits cleared. */
function parseNet(text, family) {
	const net = parseHostNet(text, family);
	return typeof net === "string" ? net : networkOf(net);
}
function parseAddr(text, family) {
	const parsed = parseIp(text);
	if (parsed.ok) return familyOf(parsed.value) === family ? parsed.value : void 0;
	if (text === "localhost") return ip(family === "ipv4" ? "127.0.0.1" : "::1");
	if (family === "ipv6" || !/^\d+(\.\d+){0,2}$/.test(text)) return void 0;
	const padded = parseIp(`${text}${".0".repeat(4 - text.split(".").length)}`);
	return padded.ok ? padded.value : void 0;
}
/** `0x4000/0x4000`; the mask is left out when all ones. */
function formatMark(mark) {
	const mask = mark.mask === 4294967295 ? "" : `/0x${mark.mask.toString(16)}`;
	return `0x${mark.value.toString(16)}${mask}`;
}
// src/formats/iptables/match/addrtype.ts
const ADDR_TYPES = [
	"UNSPEC",
	"UNICAST",
	"LOCAL",
	"BROADCAST",
	"ANYCAST",
	"MULTICAST",
	"BLACKHOLE",
	"UNREACHABLE",
	"PROHIBIT"
];
/** Types that exist and no route has: kept as text. */
const OTHER_ADDR_TYPES = [
	"THROW",
	"NAT",
	"XRESOLVE"
];
const ADDRTYPE = extension({
	name: "addrtype",
	options: {
		"--src-type": addrTypeOption("srcType"),
		"--dst-type": addrTypeOption("dstType"),
		"--limit-iface-in": limitIface("in"),
		"--limit-iface-out": limitIface("out")
	},
	start: () => ({ kind: "addrtype" }),
	finish: (draft) => draft.srcType === void 0 && draft.dstType === void 0 ? "addrtype: you must specify --src-type or --dst-type" : draft
});
function formatAddrType(match) {
	let text = " -m addrtype";
	if (match.srcType !== void 0) text += ` ${bang(match.srcType.invert)}--src-type ${addrTypes(match.srcType.value)}`;
	if (match.dstType !== void 0) text += ` ${bang(match.dstType.invert)}--dst-type ${addrTypes(match.dstType.value)}`;
	return match.limitIface === void 0 ? text : `${text} --limit-iface-${match.limitIface}`;
}
/** `BROADCAST,MULTICAST` in the kernel's order. */
function addrTypes(types) {
	return ADDR_TYPES.filter((type) => types.includes(type)).join(",");
}
function addrTypeOption(key) {
	return {
		args: 1,
		invertible: true,
		set: (draft, { value, invert }) => {
			const types = parseNames(value, [...ADDR_TYPES, ...OTHER_ADDR_TYPES]);
			if (types === void 0) return `addrtype: bad type "${value}"`;
			const known = ADDR_TYPES.filter((type) => types.includes(type));
			if (known.length !== types.length) return UNMODELLED;
			draft[key] = inverted(known, invert);
		}
	};
}
function limitIface(side) {
	return {
		args: 0,
		set: (draft) => {
			if (draft.limitIface !== void 0) return "addrtype: option \"--limit-iface-in\" cannot be used together with \"--limit-iface-out\".";
			draft.limitIface = side;
		}
	};
}
// src/formats/iptables/match/comment.ts
const MAX_LENGTH = 255;
const COMMENT = extension({
	name: "comment",
	options: { "--comment": {
		args: 1,
		set: (draft, { value }) => {
			draft.text = value;
			return value.length > MAX_LENGTH ? "Comment must be shorter than 256 characters" : void 0;
		}
	} },
	start: () => ({}),
	finish: ({ text }) => text === void 0 ? `comment: option "--comment" must be specified` : {
		kind: "comment",
		text
	}
});
function formatComment(match) {
	return ` -m comment --comment ${quoteWord(match.text)}`;
}
// src/formats/iptables/match/connmark.ts
const CONNMARK_MATCH = extension({
	name: "connmark",
	options: { "--mark": {
		args: 1,
		invertible: true,
		set: (draft, { value, invert }) => {
			const mark = parseMark(value);
			if (mark === void 0) return `connmark: bad integer value for option "--mark", or out of range.`;
			draft.value = mark.value;
			draft.mask = mark.mask;
			if (invert) draft.invert = true;
		}
	} },
	start: () => ({}),
	finish: (draft) => draft.value === void 0 || draft.mask === void 0 ? `connmark: option "--mark" must be specified` : {
		...draft,
		kind: "connmark",
		value: draft.value,
		mask: draft.mask
	}
});
function formatConnmarkMatch(match) {
	return ` -m connmark ${bang(match.invert)}--mark ${formatMark(match)}`;
}
// src/formats/iptables/match/conntrack.ts
const STATES = [
	"INVALID",
	"NEW",
	"RELATED",
	"ESTABLISHED",
	"UNTRACKED",
	"SNAT",
	"DNAT"
];
const STATUSES = [
	"NONE",
	"EXPECTED",
	"SEEN_REPLY",
	"ASSURED",
	"CONFIRMED"
];
const PLAIN_STATES = STATES.slice(0, 5);
const CONNTRACK = extension({
	name: "conntrack",
	options: {
		"--ctstate": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				const states = parseNames(value, STATES);
				if (states === void 0) return `Bad ctstate "${unknownName(value, STATES)}"`;
				draft.state = inverted(states, invert);
			}
		},
		"--ctproto": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				const proto = protocolNumber(value);
				if (proto === void 0) return `unknown protocol "${value}" specified`;
				draft.proto = inverted(proto, invert);
			}
		},
		"--ctorigsrc": netOption("origSrc"),
		"--ctorigdst": netOption("origDst"),
		"--ctreplsrc": netOption("replSrc"),
		"--ctrepldst": netOption("replDst"),
		"--ctorigsrcport": portOption$1("origSport"),
		"--ctorigdstport": portOption$1("origDport"),
		"--ctreplsrcport": portOption$1("replSport"),
		"--ctrepldstport": portOption$1("replDport"),
		"--ctstatus": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				const statuses = parseNames(value, STATUSES);
				if (statuses === void 0) return `Bad ctstatus "${unknownName(value, STATUSES)}"`;
				const bits = statuses.filter((status) => status !== "NONE");
				draft.status = inverted(bits.length === 0 ? statuses : bits, invert);
			}
		},
		"--ctexpire": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				const range = parseExpire(value);
				if (range === void 0) return `conntrack: bad value for option "--ctexpire" near "${value}", or out of range (0-4294967295).`;
				draft.expireSeconds = inverted(range, invert);
			}
		},
		"--ctdir": {
			args: 1,
			set: (draft, { value }) => {
				const dir = parseNames(value, ["ORIGINAL", "REPLY"])?.[0];
				if (dir === void 0) return `conntrack: Bad value for "--ctdir" option: "${value}"`;
				draft.dir = dir;
			}
		}
	},
	start: () => ({ kind: "conntrack" }),
	finish: (draft) => Object.keys(draft).length === 1 ? "conntrack: At least one option is required" : draft
});
const STATE = extension({
	name: "state",
	options: { "--state": {
		args: 1,
		invertible: true,
		set: (draft, { value, invert }) => {
			const states = parseNames(value, PLAIN_STATES);
			if (value.endsWith(",")) return "\"--state\" requires a list of states with no spaces, e.g. ESTABLISHED,RELATED";
			if (states === void 0) return `Bad state "${unknownName(value, PLAIN_STATES)}"`;
			draft.states = states;
			if (invert) draft.invert = true;
		}
	} },
	start: () => ({}),
	finish: (draft) => draft.states === void 0 ? `state: option "--state" must be specified` : {
		...draft,
		kind: "state",
		states: draft.states
	}
});
/** `formatNet` says how addresses are written: `iptables -L` has names for them. */
function formatConntrackMatch(match, formatNet = formatHostNet) {
	return " -m conntrack" + part$1("--ctstate", match.state, formatList) + part$1("--ctproto", match.proto, String) + part$1("--ctorigsrc", match.origSrc, formatNet) + part$1("--ctorigdst", match.origDst, formatNet) + part$1("--ctreplsrc", match.replSrc, formatNet) + part$1("--ctrepldst", match.replDst, formatNet) + part$1("--ctorigsrcport", match.origSport, formatPortRange) + part$1("--ctorigdstport", match.origDport, formatPortRange) + part$1("--ctreplsrcport", match.replSport, formatPortRange) + part$1("--ctrepldstport", match.replDport, formatPortRange) + part$1("--ctstatus", match.status, formatList) + part$1("--ctexpire", match.expireSeconds, formatPortRange) + (match.dir === void 0 ? "" : ` --ctdir ${match.dir}`);
}
function formatState(match) {
	return ` -m state ${bang(match.invert)}--state ${sorted(match.states).join(",")}`;
}
/** States and statuses in the order in which the tools print them. */
function sorted(names) {
	return [...STATES, ...STATUSES].filter((name) => names.includes(name));
}
/** An address without a full prefix length. */
function formatHostNet(net) {
	return net.prefix === addrBits(net.addr) ? net.addr : `${net.addr}/${net.prefix}`;
}
function formatList(names) {
	return sorted(names).join(",");
}
function part$1(option, given, format) {
	return given === void 0 ? "" : ` ${bang(given.invert)}${option} ${format(given.value)}`;
}
function netOption(key) {
	return {
		args: 1,
		invertible: true,
		set: (draft, { value, invert, family }) => {
			const net = parseHostNet(value, family);
			if (typeof net === "string") return `host/network \`${value}' ${net}`;
			draft[key] = inverted(net, invert);
		}
	};
}
function portOption$1(key) {
	return {
		args: 1,
		invertible: true,
		set: (draft, { value, invert }) => {
			const range = parsePortRange(value);
			if (typeof range === "string") return unresolvedPort(value) ?? range;
			draft[key] = inverted(range, invert);
		}
	};
}
/** The first name that is none. */
function unknownName(text, all) {
	return text.split(",").find((word) => !all.includes(word.toUpperCase())) ?? text;
}
function unresolvedPort(text) {
	const word = text.split(":").find((part) => part !== "" && parsePort(part) === void 0);
	return word === void 0 ? void 0 : `Port "${word}" does not resolve to anything.`;
}
function parseExpire(text) {
	const colon = text.indexOf(":");
	const from = parseUint(colon < 0 ? text : text.slice(0, colon) || "0", 4294967295);
	const to = colon < 0 ? from : parseUint(text.slice(colon + 1) || "0xffffffff", 4294967295);
	return from === void 0 || to === void 0 ? void 0 : {
		from,
		to
	};
}
// src/formats/iptables/tos-names.ts
/** Values of the type-of-service byte as text: numbers with a mask, and the names of RFC 1349; DSCP classes. */
const NAMES$2 = [
	["Minimize-Delay", 16],
	["Maximize-Throughput", 8],
	["Maximize-Reliability", 4],
	["Minimize-Cost", 2],
	["Normal-Service", 0]
];
/** A name says nothing about the precedence bits. */
const NAME_MASK = 63;
/** `VALUE[/MASK]` or a name; a string is the complaint. */
function parseTos(text) {
	const slash = text.indexOf("/");
	const value = parseUint(slash < 0 ? text : text.slice(0, slash), 255);
	if (value !== void 0) {
		const mask = slash < 0 ? 255 : parseUint(text.slice(slash + 1), 255);
		return mask === void 0 ? `Illegal value: "${text}"` : {
			value,
			mask
		};
	}
	const named = NAMES$2.find(([name]) => name.toLowerCase() === text.toLowerCase());
	return named === void 0 ? `Symbolic name "${text}" is unknown` : {
		value: named[1],
		mask: NAME_MASK
	};
}
/** `0x10/0x3f`. */
function formatTos({ value, mask }) {
	return `${hexByte(value)}/${hexByte(mask)}`;
}
/** `CS1`, `AF11`, `EF`, `BE`, in any case. */
function dscpClass(text) {
	const name = text.toUpperCase();
	if (name === "BE") return 0;
	if (name === "EF") return 46;
	const selector = /^CS([0-7])$/.exec(name);
	if (selector !== null) return Number(selector[1]) * 8;
	const assured = /^AF([1-4])([1-3])$/.exec(name);
	return assured === null ? void 0 : Number(assured[1]) * 8 + Number(assured[2]) * 2;
}
/** `0x0a`. */
function hexByte(n) {
	return `0x${n.toString(16).padStart(2, "0")}`;
}
// src/formats/iptables/match/dscp.ts
const DSCP_MATCH = extension({
	name: "dscp",
	exclusive: [["--dscp", "--dscp-class"]],
	options: {
		"--dscp": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				const dscp = parseUint(value, 63);
				if (dscp === void 0) return `dscp: bad value for option "--dscp", or out of range (0-63).`;
				draft.value = dscp;
				if (invert) draft.invert = true;
			}
		},
		"--dscp-class": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				const dscp = dscpClass(value);
				if (dscp === void 0) return `Invalid DSCP value \`${value}'`;
				draft.value = dscp;
				if (invert) draft.invert = true;
			}
		}
	},
	start: () => ({}),
	finish: ({ value, ...rest }) => value === void 0 ? "DSCP match: Parameter --dscp is required" : {
		...rest,
		kind: "dscp",
		value
	}
});
function formatDscpMatch(match) {
	return ` -m dscp ${bang(match.invert)}--dscp ${hexByte(match.value)}`;
}
// src/formats/iptables/match/ecn.ts
const ECN = extension({
	name: "ecn",
	options: {
		"--ecn-tcp-cwr": flag$5("cwr"),
		"--ecn-tcp-ece": flag$5("ece"),
		"--ecn-ip-ect": {
			args: 1,
			invertible: true,
			set: (draft, { value: text, invert }) => {
				const value = parseUint(text, 3);
				if (value === void 0) return `ecn: bad value for option "--ecn-ip-ect", or out of range (0-3).`;
				draft.ect = invert ? {
					value,
					invert
				} : { value };
			}
		}
	},
	start: () => ({ kind: "ecn" }),
	finish: (draft) => Object.keys(draft).length === 1 ? "ECN match: some option required" : draft
});
function formatEcn(match) {
	return ` -m ecn${words$1(match, {
		not: "! ",
		ece: "--ecn-tcp-ece",
		cwr: "--ecn-tcp-cwr",
		ect: "--ecn-ip-ect "
	})}`;
}
function words$1({ ece, cwr, ect }, names) {
	const one = (wanted, name) => ` ${wanted ? "" : names.not}${name}`;
	return (ece === void 0 ? "" : one(ece, names.ece)) + (cwr === void 0 ? "" : one(cwr, names.cwr)) + (ect === void 0 ? "" : one(ect.invert !== true, `${names.ect}${ect.value}`));
}
function flag$5(key) {
	return {
		args: 0,
		invertible: true,
		set: (draft, { invert }) => {
			draft[key] = !invert;
		}
	};
}
// src/formats/iptables/match/icmp.ts
const ICMP = icmpExtension("icmp", "--icmp-type", ICMP_TYPES);
const ICMP6 = icmpExtension("icmp6", "--icmpv6-type", ICMPV6_TYPES);
function formatIcmp(match) {
	const option = match.kind === "icmp" ? "--icmp-type" : "--icmpv6-type";
	return ` -m ${match.kind} ${bang(match.invert)}${option} ${icmpTypeText(match)}`;
}
/** `8`, `3/1`, `any`. */
function icmpTypeText(match) {
	if (match.kind === "icmp" && match.type === 255 && match.code === void 0) return "any";
	return match.code === void 0 ? String(match.type) : `${match.type}/${match.code}`;
}
function icmpExtension(kind, optionName, types) {
	const option = {
		args: 1,
		invertible: true,
		set: (draft, { value, invert }) => {
			const found = parseIcmpType(value, kind, types);
			if (typeof found === "string") return found;
			draft.type = found.type;
			if (found.code !== void 0) draft.code = found.code;
			if (invert) draft.invert = true;
		}
	};
	return extension({
		name: kind,
		options: { [optionName]: option },
		start: () => ({}),
		finish: (draft, head) => {
			if (head.proto !== (kind === "icmp" ? 1 : 58) || head.protoInvert) return kind === "icmp" ? "icmp match requires '-p icmp'" : "icmp6 match requires '-p ipv6-icmp'";
			if (draft.type === void 0) return `${kind}: option "${optionName}" must be specified`;
			return {
				...draft,
				kind,
				type: draft.type
			};
		}
	});
}
/** A name or its unambiguous beginning, `type`, or `type/code`. A string is the complaint. */
function parseIcmpType(text, kind, types) {
	const label = kind === "icmp" ? "ICMP" : "ICMPv6";
	const wanted = text.toLowerCase();
	const exact = types.find(([name]) => name === wanted);
	const begun = exact === void 0 && wanted !== "" ? types.filter(([name]) => name.startsWith(wanted)) : [];
	if (begun.length > 1) return `Ambiguous ${label} type \`${text}': \`${begun[0]?.[0]}' or \`${begun[1]?.[0]}'?`;
	const named = exact ?? begun[0];
	if (named !== void 0) return named[2] === void 0 ? { type: named[1] } : {
		type: named[1],
		code: named[2]
	};
	const slash = text.indexOf("/");
	const type = parseUint(slash < 0 ? text : text.slice(0, slash), 255);
	if (type === void 0) return `Unknown ${label} type \`${text}'`;
	if (slash < 0 || kind === "icmp" && type === 255) return { type };
	const code = parseUint(text.slice(slash + 1), 255);
	return code === void 0 ? `Unknown ${label} code \`${text}'` : {
		type,
		code
	};
}
// src/formats/iptables/match/iprange.ts
const IPRANGE = extension({
	name: "iprange",
	options: {
		"--src-range": range$1("src"),
		"--dst-range": range$1("dst")
	},
	start: () => ({ kind: "iprange" }),
	finish: (draft) => draft.src === void 0 && draft.dst === void 0 ? "iprange match: You must specify `--src-range' or `--dst-range'" : draft
});
function formatIprange(match) {
	return ` -m iprange${part("--src-range", match.src)}${part("--dst-range", match.dst)}`;
}
function part(option, given) {
	return given === void 0 ? "" : ` ${bang(given.invert)}${option} ${given.from}-${given.to}`;
}
/** `FROM[-TO]`. */
function range$1(key) {
	return {
		args: 1,
		invertible: true,
		set: (draft, { option, value, invert, family }) => {
			const dash = value.indexOf("-");
			const ends = dash < 0 ? [value, value] : [value.slice(0, dash), value.slice(dash + 1)];
			const [from, to] = ends.map((end) => {
				const addr = parseIp(end);
				return addr.ok && familyOf(addr.value) === family ? addr.value : void 0;
			});
			if (from === void 0) return `iprange: Bad value for "${option}" option: "${ends[0]}"`;
			if (to === void 0) return `iprange: Bad value for "${option}" option: "${ends[1]}"`;
			draft[key] = invert ? {
				from,
				to,
				invert
			} : {
				from,
				to
			};
		}
	};
}
// src/formats/iptables/match/length.ts
const LENGTH = extension({
	name: "length",
	options: { "--length": range("length") },
	start: () => ({}),
	finish: ({ from, to, ...rest }) => from === void 0 || to === void 0 ? `length: option "--length" must be specified` : {
		kind: "length",
		from,
		to,
		...rest
	}
});
const TCPMSS_MATCH = extension({
	name: "tcpmss",
	options: { "--mss": range("tcpmss") },
	start: () => ({}),
	finish: ({ from, to, ...rest }) => {
		if (from === void 0 || to === void 0) return `tcpmss: option "--mss" must be specified`;
		return from > to ? "tcpmss: invalid range given" : {
			kind: "tcpmss",
			from,
			to,
			...rest
		};
	}
});
function formatLength(match) {
	return ` -m length ${bang(match.invert)}--length ${formatPortRange(match)}`;
}
function formatTcpmssMatch(match) {
	return ` -m tcpmss ${bang(match.invert)}--mss ${formatPortRange(match)}`;
}
/** `N`, `N:M`, `:M`, `N:`, up to 65535. */
function range(match) {
	return {
		args: 1,
		invertible: true,
		set: (draft, { option, value, invert }) => {
			const numbers = [];
			let rest = value;
			for (const text of value.split(":")) {
				if (numbers.length === 2) return `${match}: Too many components for option "${option}" (max: 2)`;
				const n = text === "" ? numbers.length * 65535 : parseUint(text, 65535);
				if (n === void 0) return `${match}: bad value for option "${option}" near "${rest}", or out of range (0-65535).`;
				numbers.push(n);
				rest = rest.slice(text.length + 1);
			}
			const [from = 0, to = from] = numbers;
			draft.from = from;
			draft.to = to;
			if (invert) draft.invert = true;
		}
	};
}
// src/formats/iptables/match/limit.ts
/** The kernel counts in 1/10000 s. */
const SECOND = 1e4;
const UNITS = [
	[
		"day",
		"day",
		SECOND * 86400
	],
	[
		"hour",
		"hour",
		SECOND * 3600
	],
	[
		"minute",
		"min",
		SECOND * 60
	],
	[
		"second",
		"sec",
		SECOND
	]
];
const DEFAULT_BURST = 5;
const DEFAULT_AVG = SECOND * 1200;
const LIMIT = extension({
	name: "limit",
	options: {
		"--limit": {
			args: 1,
			set: (draft, { value }) => {
				const avg = parseRate(value);
				if (typeof avg === "string") return avg;
				draft.avg = avg;
			}
		},
		"--limit-burst": {
			args: 1,
			set: (draft, { value }) => {
				const burst = parseUint(value, 1e4);
				if (burst === void 0) return `limit: bad value for option "--limit-burst", or out of range (0-10000).`;
				draft.burst = burst;
			}
		}
	},
	start: () => ({
		kind: "limit",
		avg: DEFAULT_AVG,
		burst: DEFAULT_BURST
	}),
	finish: (draft) => draft
});
function formatLimit(match) {
	const burst = match.burst === DEFAULT_BURST ? "" : ` --limit-burst ${match.burst}`;
	return ` -m limit --limit ${formatRate(match.avg)}${burst}`;
}
/** `5/min`: the largest unit in which the rate is a whole number, or nearly. */
function formatRate(avg) {
	let unit = UNITS[0] ?? [
		"",
		"day",
		1
	];
	for (const next of UNITS.slice(1)) {
		const [, , ticks] = next;
		if (avg > ticks || Math.floor(ticks / avg) < ticks % avg) break;
		unit = next;
	}
	return `${Math.floor(unit[2] / avg)}/${unit[1]}`;
}
function parseRate(text) {
	const slash = text.indexOf("/");
	const count = /^\d+$/.test(slash < 0 ? text : text.slice(0, slash)) ? Number.parseInt(text, 10) : 0;
	const unitText = slash < 0 ? "second" : text.slice(slash + 1).toLowerCase();
	const ticks = unitText === "" ? void 0 : UNITS.find(([name]) => name.startsWith(unitText))?.[2];
	if (count === 0 || ticks === void 0) return `bad rate "${text}"'`;
	if (Math.floor(count / (ticks / SECOND)) > SECOND) return `Rate too fast "${text}"`;
	return Math.floor(ticks / count);
}
// src/formats/iptables/match/mac.ts
const MAC = extension({
	name: "mac",
	options: { "--mac-source": {
		args: 1,
		invertible: true,
		set: (draft, { value, invert }) => {
			const bytes = value.split(":").map((byte) => /^[0-9a-f]{1,2}$/i.test(byte) ? Number.parseInt(byte, 16) : -1);
			if (bytes.length !== 6 || bytes.includes(-1)) return "Invalid MAC address specified.";
			draft.mac = macText(bytes.reduce((mac, byte) => mac * 256 + byte, 0));
			if (invert) draft.invert = true;
		}
	} },
	start: () => ({}),
	finish: (draft) => draft.mac === void 0 ? `mac: option "--mac-source" must be specified` : {
		...draft,
		kind: "mac",
		mac: draft.mac
	}
});
function formatMac(match) {
	return ` -m mac ${bang(match.invert)}--mac-source ${match.mac}`;
}
// src/formats/iptables/match/mark.ts
const MARK = extension({
	name: "mark",
	options: { "--mark": {
		args: 1,
		invertible: true,
		set: (draft, { value, invert }) => {
			const mark = parseMark(value);
			if (mark === void 0) return `mark: bad integer value for option "--mark", or out of range.`;
			draft.value = mark.value;
			draft.mask = mark.mask;
			if (invert) draft.invert = true;
		}
	} },
	start: () => ({}),
	finish: (draft) => draft.value === void 0 || draft.mask === void 0 ? `mark: option "--mark" must be specified` : {
		...draft,
		kind: "mark",
		value: draft.value,
		mask: draft.mask
	}
});
function formatMarkMatch(match) {
	return ` -m mark ${bang(match.invert)}--mark ${formatMark(match)}`;
}
// src/formats/iptables/match/multiport.ts
/** tcp, udp, udplite, sctp, dccp. */
const PROTOCOLS = [
	6,
	17,
	136,
	132,
	33
];
/** The kernel has room for 15 numbers; a range takes two. */
const ROOM = 15;
/** The full names of the options, in the order in which two are named. */
const NAMES$1 = [
	["sports", "source-ports"],
	["dports", "destination-ports"],
	["ports", "ports"]
];
const SPORTS = portsOption("sports");
const DPORTS = portsOption("dports");
const PORTS = portsOption("ports");
const MULTIPORT = extension({
	name: "multiport",
	options: {
		"--source-ports": SPORTS,
		"--sports": SPORTS,
		"--destination-ports": DPORTS,
		"--dports": DPORTS,
		"--ports": PORTS,
		"--port": PORTS
	},
	start: () => ({}),
	finish: (draft, head) => {
		if (head.proto === 0) return "multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'";
		if (head.protoInvert || !PROTOCOLS.includes(head.proto)) return "multiport only works with TCP, UDP, UDPLITE, SCTP and DCCP";
		if (draft.which === void 0 || draft.ports === void 0) return "multiport expection an option";
		return {
			...draft,
			kind: "multiport",
			which: draft.which,
			ports: draft.ports
		};
	}
});
function formatMultiport(match) {
	const ports = match.ports.map((range) => formatPortRange(range)).join(",");
	return ` -m multiport ${bang(match.invert)}--${match.which} ${ports}`;
}
function portsOption(which) {
	return {
		args: 1,
		invertible: true,
		again: `multiport: option "--${NAMES$1.find(([kind]) => kind === which)?.[1]}" can only be used once.`,
		set: (draft, { value, invert }) => {
			if (draft.which !== void 0) {
				const [first, second] = NAMES$1.filter(([kind]) => kind === which || kind === draft.which);
				return `multiport: option "--${first?.[1]}" cannot be used together with "--${second?.[1]}".`;
			}
			const ports = parsePorts(value);
			if (typeof ports === "string") return ports;
			draft.which = which;
			draft.ports = ports;
			if (invert) draft.invert = true;
		}
	};
}
function parsePorts(text) {
	const ports = [];
	let room = ROOM;
	for (const part of text.split(",")) {
		const [first = "", last, ...more] = part.split(":");
		const from = parsePort(first);
		const to = last === void 0 ? from : parsePort(last);
		if (from === void 0 || to === void 0 || more.length > 0) return `invalid port/service \`${part}' specified`;
		if (last !== void 0 && from >= to) return "invalid portrange specified";
		ports.push({
			from,
			to
		});
		room -= last === void 0 ? 1 : 2;
		if (room < 0) return "too many ports specified";
	}
	return ports;
}
// src/formats/iptables/match/nfacct.ts
const NFACCT = extension({
	name: "nfacct",
	options: { "--nfacct-name": {
		args: 1,
		set: (draft, { value }) => {
			draft.name = value;
		}
	} },
	start: () => ({}),
	finish: ({ name }) => name === void 0 ? `nfacct: option "--nfacct-name" must be specified` : {
		kind: "nfacct",
		name
	}
});
/** iptables-save prints two spaces before the name. */
function formatNfacct(match) {
	return ` -m nfacct --nfacct-name  ${quoteWord(match.name)}`;
}
// src/formats/iptables/user-names.ts
/** Users and groups by name, as every Debian has them (/usr/share/base-passwd). */
/** Numbers that are the same for the user and the group of that name. */
const BOTH = {
	root: 0,
	daemon: 1,
	bin: 2,
	sys: 3,
	lp: 7,
	mail: 8,
	news: 9,
	uucp: 10,
	proxy: 13,
	"www-data": 33,
	backup: 34,
	list: 38,
	irc: 39
};
const BY_KIND = {
	uid: new Map(Object.entries({
		...BOTH,
		sync: 4,
		games: 5,
		man: 6,
		nobody: 65534
	})),
	gid: new Map(Object.entries({
		...BOTH,
		adm: 4,
		man: 12,
		tty: 5,
		disk: 6,
		kmem: 15,
		dialout: 20,
		fax: 21,
		voice: 22,
		cdrom: 24,
		floppy: 25,
		tape: 26,
		sudo: 27,
		audio: 29,
		dip: 30,
		operator: 37,
		src: 40,
		shadow: 42,
		utmp: 43,
		video: 44,
		sasl: 45,
		plugdev: 46,
		staff: 50,
		games: 60,
		users: 100,
		nogroup: 65534
	}))
};
/** The number of a user or group; undefined: nobody has the name. */
function idOfName(kind, name) {
	return BY_KIND[kind].get(name);
}
// src/formats/iptables/match/owner.ts
const MAX_ID = 4294967294;
const OWNER = extension({
	name: "owner",
	options: {
		"--uid-owner": ids("uid"),
		"--gid-owner": ids("gid"),
		"--socket-exists": {
			args: 0,
			invertible: true,
			set: (draft, { invert }) => {
				draft.socketExists = !invert;
			}
		},
		"--suppl-groups": {
			args: 0,
			set: (draft) => {
				if (draft.gid === void 0) return `owner: Bad value for "--suppl-groups" option: "you need to use --gid-owner first"`;
				draft.supplGroups = true;
			}
		}
	},
	start: () => ({ kind: "owner" }),
	finish: (draft) => Object.keys(draft).length === 1 ? "owner: At least one of --uid-owner, --gid-owner or --socket-exists is required" : draft
});
function formatOwner({ socketExists, uid, gid, supplGroups }) {
	return " -m owner" + (socketExists === void 0 ? "" : ` ${socketExists ? "" : "! "}--socket-exists`) + (uid === void 0 ? "" : ` ${bang(uid.invert)}--uid-owner ${formatPortRange(uid, "-")}`) + (gid === void 0 ? "" : ` ${bang(gid.invert)}--gid-owner ${formatPortRange(gid, "-")}`) + (supplGroups === true ? " --suppl-groups" : "");
}
/** A name, a number, or two numbers with `-` or `:` between them. */
function ids(kind) {
	return {
		args: 1,
		invertible: true,
		set: (draft, { option, value, invert }) => {
			const named = idOfName(kind, value);
			const [first = "", last = first, ...more] = named === void 0 ? value.split(/[-:]/) : [String(named)];
			const from = parseUint(first, MAX_ID);
			const to = parseUint(last, MAX_ID);
			if (from === void 0 || to === void 0 || more.length > 0) return `owner: Bad value for "${option}" option: "${value}"`;
			draft[kind] = invert ? {
				from,
				to,
				invert
			} : {
				from,
				to
			};
		}
	};
}
// src/formats/iptables/match/physdev.ts
const IFNAMSIZ$1 = 16;
const PHYSDEV = extension({
	name: "physdev",
	options: {
		"--physdev-in": physdevName("in"),
		"--physdev-out": physdevName("out"),
		"--physdev-is-in": physdevIs("isIn"),
		"--physdev-is-out": physdevIs("isOut"),
		"--physdev-is-bridged": physdevIs("isBridged")
	},
	start: () => ({ kind: "physdev" }),
	finish: (draft) => Object.keys(draft).length === 1 ? "PHYSDEV: no physdev option specified" : draft
});
function formatPhysdev(match) {
	return ` -m physdev${physdevOptions(match)}`;
}
/** The options, in the order in which the tools print them, each after a space. */
function physdevOptions(match) {
	const is = (option, given) => given === void 0 ? "" : ` ${bang(given.invert)}--physdev-${option}`;
	const name = (option, given) => given === void 0 ? "" : ` ${bang(given.invert)}--physdev-${option} ${given.value}`;
	return is("is-in", match.isIn) + name("in", match.in) + is("is-out", match.isOut) + name("out", match.out) + is("is-bridged", match.isBridged);
}
function physdevName(key) {
	return {
		args: 1,
		invertible: true,
		set: (draft, { value, invert }) => {
			draft[key] = inverted(value, invert);
			if (value.length >= IFNAMSIZ$1) return `interface name \`${value}' must be shorter than IFNAMSIZ (15)`;
			return isPlainName(value) ? void 0 : `weird character in interface \`${value}'`;
		}
	};
}
function physdevIs(key) {
	return {
		args: 0,
		invertible: true,
		set: (draft, { invert }) => {
			draft[key] = inverted(true, invert);
		}
	};
}
// src/formats/iptables/match/pkttype.ts
const TYPES = /* @__PURE__ */ new Map([
	["unicast", "unicast"],
	["broadcast", "broadcast"],
	["multicast", "multicast"],
	["otherhost", "otherhost"],
	["host", "unicast"],
	["bcast", "broadcast"],
	["mcast", "multicast"]
]);
const PKTTYPE = extension({
	name: "pkttype",
	options: { "--pkt-type": {
		args: 1,
		invertible: true,
		set: (draft, { value, invert }) => {
			const type = TYPES.get(value.toLowerCase());
			if (type === void 0) return `Bad packet type '${value}'`;
			draft.type = type;
			if (invert) draft.invert = true;
		}
	} },
	start: () => ({}),
	finish: (draft) => draft.type === void 0 ? `pkttype: option "--pkt-type" must be specified` : {
		...draft,
		kind: "pkttype",
		type: draft.type
	}
});
function formatPkttype(match) {
	return ` -m pkttype ${bang(match.invert)}--pkt-type ${match.type}`;
}
// src/formats/iptables/match/ports.ts
const FLAGS$2 = [
	["FIN", 1],
	["SYN", 2],
	["RST", 4],
	["PSH", 8],
	["ACK", 16],
	["URG", 32]
];
const ONE_FLAGS_OPTION = "Only one of `--syn' or `--tcp-flags'  allowed";
/** Every port: tcp and udp keep no range then, sctp keeps it. */
function portOption(side, { keepFull, again }) {
	return {
		args: 1,
		invertible: true,
		again,
		set: (draft, { value, invert }) => {
			const range = parsePortRange(value);
			if (typeof range === "string") return range;
			if (keepFull || invert || range.from !== 0 || range.to !== 65535) draft[side] = inverted(range, invert);
		}
	};
}
const SPORT = portOption("sport", {
	keepFull: false,
	again: "Only one `--source-port' allowed"
});
const DPORT = portOption("dport", {
	keepFull: false,
	again: "Only one `--destination-port' allowed"
});
const UDP_SPORT = portOption("sport", {
	keepFull: false,
	again: onlyOnce("udp", "source-port")
});
const UDP_DPORT = portOption("dport", {
	keepFull: false,
	again: onlyOnce("udp", "destination-port")
});
const SCTP_SPORT = portOption("sport", {
	keepFull: true,
	again: onlyOnce("sctp", "source-port")
});
const SCTP_DPORT = portOption("dport", {
	keepFull: true,
	again: onlyOnce("sctp", "destination-port")
});
function onlyOnce(match, option) {
	return `${match}: option "--${option}" can only be used once.`;
}
const TCP = extension({
	name: "tcp",
	options: {
		"--sport": SPORT,
		"--source-port": SPORT,
		"--dport": DPORT,
		"--destination-port": DPORT,
		"--tcp-flags": {
			args: 2,
			invertible: true,
			again: ONE_FLAGS_OPTION,
			set: (draft, { value, second, invert }) => setFlags(draft, value, second, invert)
		},
		"--syn": {
			args: 0,
			invertible: true,
			again: ONE_FLAGS_OPTION,
			set: (draft, { invert }) => setFlags(draft, "FIN,SYN,RST,ACK", "SYN", invert)
		},
		"--tcp-option": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				const option = parseUint(value, 255);
				if (option === void 0 || option === 0) return `Bad TCP option "${value}"`;
				draft.option = inverted(option, invert);
			}
		}
	},
	start: () => ({ kind: "tcp" }),
	finish: (draft, head) => needProto(head, 6, "TCP match requires '-p tcp'") ?? draft
});
const UDP = extension({
	name: "udp",
	options: {
		"--sport": UDP_SPORT,
		"--source-port": UDP_SPORT,
		"--dport": UDP_DPORT,
		"--destination-port": UDP_DPORT
	},
	start: () => ({ kind: "udp" }),
	finish: (draft, head) => needProto(head, 17, "UDP match requires '-p udp'") ?? draft
});
const SCTP = extension({
	name: "sctp",
	options: {
		"--sport": SCTP_SPORT,
		"--source-port": SCTP_SPORT,
		"--dport": SCTP_DPORT,
		"--destination-port": SCTP_DPORT,
		"--chunk-types": UNMODELLED
	},
	start: () => ({ kind: "sctp" }),
	finish: (draft, head) => needProto(head, 132, "SCTP match requires '-p sctp'") ?? draft
});
function formatTcp(match) {
	let text = ` -m tcp${formatPorts(match)}`;
	if (match.option !== void 0) text += ` ${bang(match.option.invert)}--tcp-option ${match.option.value}`;
	const flags = match.flags;
	if (flags !== void 0 && (flags.value.mask !== 0 || flags.invert === true)) text += ` ${bang(flags.invert)}--tcp-flags ${flagNames(flags.value.mask)} ${flagNames(flags.value.comp)}`;
	return text;
}
/** The port options of tcp, udp and sctp. */
function formatPorts(match) {
	let text = "";
	if (match.sport !== void 0) text += ` ${bang(match.sport.invert)}--sport ${formatPortRange(match.sport.value)}`;
	if (match.dport !== void 0) text += ` ${bang(match.dport.invert)}--dport ${formatPortRange(match.dport.value)}`;
	return text;
}
/** `FIN,SYN`, or `NONE`. */
function flagNames(bits) {
	const names = FLAGS$2.filter(([, bit]) => (bits & bit) !== 0).map(([name]) => name);
	return names.length === 0 ? "NONE" : names.join(",");
}
function needProto(head, proto, complaint) {
	return head.proto === proto && !head.protoInvert ? void 0 : complaint;
}
function setFlags(draft, maskText, compText, invert) {
	if (draft.flags !== void 0) return ONE_FLAGS_OPTION;
	const mask = flagBits(maskText);
	const comp = flagBits(compText);
	if (mask === void 0) return `Unknown TCP flag \`${maskText}'`;
	if (comp === void 0) return `Unknown TCP flag \`${compText}'`;
	draft.flags = inverted({
		mask,
		comp
	}, invert);
}
function flagBits(text) {
	let bits = 0;
	for (const name of text.toUpperCase().split(",")) {
		const flag = FLAGS$2.find(([known]) => known === name);
		if (flag !== void 0) bits |= flag[1];
		else if (name === "ALL") bits |= 63;
		else if (name !== "NONE") return void 0;
	}
	return bits;
}
// src/formats/iptables/match/recent.ts
const RECENT = extension({
	name: "recent",
	options: {
		"--set": action("set"),
		"--rcheck": action("rcheck"),
		"--update": action("update"),
		"--remove": action("remove"),
		"--seconds": count("seconds"),
		"--hitcount": count("hitcount"),
		"--reap": flag$4("reap"),
		"--rttl": flag$4("rttl"),
		"--name": {
			args: 1,
			set: (draft, { value }) => {
				draft.name = value;
				return isPlainName(value) ? void 0 : `recent: bad name "${value}"`;
			}
		},
		"--mask": {
			args: 1,
			set: (draft, { value, family }) => {
				const mask = parseIp(value);
				if (!mask.ok || familyOf(mask.value) !== family) return `recent: bad value for option "--mask".`;
				draft.mask = mask.value;
			}
		},
		"--rsource": side("rsource"),
		"--rdest": side("rdest")
	},
	start: () => ({}),
	finish: (draft, { family }) => {
		if (draft.action === void 0) return "recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'";
		if (draft.reap === true && draft.seconds === void 0) return `recent: option "--reap" also requires "--seconds".`;
		return {
			...draft,
			kind: "recent",
			action: draft.action,
			name: draft.name ?? "DEFAULT",
			mask: draft.mask ?? fullMask(family),
			side: draft.side ?? "rsource"
		};
	}
});
function formatRecent(match) {
	return ` -m recent ${bang(match.invert)}--${match.action}` + (match.seconds === void 0 ? "" : ` --seconds ${match.seconds}`) + (match.reap === true ? " --reap" : "") + (match.hitcount === void 0 ? "" : ` --hitcount ${match.hitcount}`) + (match.rttl === true ? " --rttl" : "") + ` --name ${match.name} --mask ${match.mask} --${match.side}`;
}
function fullMask(family) {
	return family === "ipv4" ? "255.255.255.255" : "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
}
function action(name) {
	return {
		args: 0,
		invertible: true,
		set: (draft, { invert }) => {
			if (draft.action !== void 0) return `recent: option "--${draft.action}" cannot be used together with "--${name}".`;
			draft.action = name;
			if (invert) draft.invert = true;
		}
	};
}
function count(key) {
	return {
		args: 1,
		set: (draft, { value }) => {
			const n = parseUint(value, 4294967295) ?? 0;
			if (n === 0) return `recent: bad value for option "--${key}", or out of range (1-4294967295).`;
			draft[key] = n;
		}
	};
}
function flag$4(key) {
	return {
		args: 0,
		set: (draft) => {
			draft[key] = true;
		}
	};
}
function side(name) {
	return {
		args: 0,
		set: (draft) => {
			draft.side = name;
		}
	};
}
// src/formats/iptables/match/rpfilter.ts
/** In the order in which the tools print them. */
const FLAGS$1 = [
	["loose", "loose"],
	["validmark", "validmark"],
	["acceptLocal", "accept-local"],
	["invert", "invert"]
];
const RPFILTER = extension({
	name: "rpfilter",
	options: Object.fromEntries(FLAGS$1.map(([key, name]) => [`--${name}`, flag$3(key)])),
	start: () => ({ kind: "rpfilter" }),
	finish: (draft) => draft
});
function formatRpfilter(match) {
	return ` -m rpfilter${names(match, " --")}`;
}
function names(match, before) {
	return FLAGS$1.map(([key, name]) => match[key] === true ? before + name : "").join("");
}
function flag$3(key) {
	return {
		args: 0,
		set: (draft) => {
			draft[key] = true;
		}
	};
}
// src/formats/iptables/set-reference.ts
/** A set and the sides of the packet, as `-m set` and `-j SET` name them: `NAME src,dst`. */
const MAX_DIRS = 6;
/** A string is the complaint. */
function parseReference(set, sides) {
	if (set.length > 31) return `setname \`${set}' too long, max 31 characters.`;
	const words = sides.split(",");
	const dirs = words.map((dir) => dir === "src" || dir === "dst" ? dir : void 0).filter((dir) => dir !== void 0);
	if (dirs.length !== words.length) return "You must spefify (the comma separated list of) 'src' or 'dst'.";
	if (dirs.length > MAX_DIRS) return `Can't be more src/dst options than ${MAX_DIRS}.`;
	return isPlainName(set) ? {
		set,
		dirs
	} : `bad set name "${set}"`;
}
function formatReference({ set, dirs }) {
	return `${set} ${dirs.join(",")}`;
}
// src/formats/iptables/match/set.ts
const SET = extension({
	name: "set",
	options: {
		"--match-set": matchSet(),
		"--set": matchSet(),
		"--return-nomatch": {
			args: 0,
			invertible: true,
			set: (draft, { invert }) => {
				if (invert) return "--return-nomatch flag cannot be inverted";
				draft.returnNomatch = true;
			}
		},
		"--update-counters": {
			args: 0,
			invertible: true,
			set: (draft, { invert }) => {
				if (invert) draft.noUpdateCounters = true;
			}
		},
		"--update-subcounters": {
			args: 0,
			invertible: true,
			set: (draft, { invert }) => {
				if (invert) draft.noUpdateSubcounters = true;
			}
		},
		...counterOptions("packets"),
		...counterOptions("bytes")
	},
	start: () => ({}),
	finish: (draft) => draft.set === void 0 || draft.dirs === void 0 ? "You must specify `--match-set' with proper arguments" : {
		...draft,
		kind: "set",
		set: draft.set,
		dirs: draft.dirs
	}
});
function formatSet(match) {
	return ` -m set${setWords(match, "--")}`;
}
/** The match's options in the order of iptables-save; `dashes` is `--`, or "" in a listing. */
function setWords(match, dashes) {
	return ` ${bang(match.invert)}${dashes}match-set ${formatReference(match)}` + (match.returnNomatch === true ? ` ${dashes}return-nomatch` : "") + (match.noUpdateCounters === true ? ` ! ${dashes}update-counters` : "") + (match.noUpdateSubcounters === true ? ` ! ${dashes}update-subcounters` : "") + counterWords("packets", match.packets, dashes) + counterWords("bytes", match.bytes, dashes);
}
function counterWords(counter, match, dashes) {
	if (match === void 0) return "";
	return match.op === "ne" ? ` ! ${dashes}${counter}-eq ${match.value}` : ` ${dashes}${counter}-${match.op} ${match.value}`;
}
function counterOptions(counter) {
	const option = (op) => ({
		args: 1,
		invertible: true,
		again: `only one of the --${counter}-[eq|lt|gt] is allowed`,
		set: (draft, { value, invert }) => {
			if (draft[counter] !== void 0) return `only one of the --${counter}-[eq|lt|gt] is allowed`;
			if (invert && op !== "eq") return `--${counter}-${op} option cannot be inverted`;
			const number = parseUint(value, Number.MAX_SAFE_INTEGER);
			if (number === void 0) return `Cannot parse ${value} as a counter value`;
			draft[counter] = {
				op: invert ? "ne" : op,
				value: number
			};
		}
	});
	return {
		[`--${counter}-eq`]: option("eq"),
		[`--${counter}-lt`]: option("lt"),
		[`--${counter}-gt`]: option("gt")
	};
}
function matchSet() {
	return {
		args: 2,
		invertible: true,
		again: "--match-set can be specified only once",
		set: (draft, { value, second, invert }) => {
			const reference = parseReference(value, second);
			if (typeof reference === "string") return reference;
			draft.set = reference.set;
			draft.dirs = reference.dirs;
			if (invert) draft.invert = true;
		}
	};
}
// src/formats/iptables/match/statistic.ts
const ONE = 2147483648;
const UINT_MAX = 4294967295;
const STATISTIC = extension({
	name: "statistic",
	options: {
		"--mode": {
			args: 1,
			set: (draft, { value }) => {
				if (value !== "random" && value !== "nth") return `Bad mode "${value}"`;
				draft.mode = value;
			}
		},
		"--probability": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				const probability = /^(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value) ? Number(value) : 2;
				if (probability > 1) return `statistic: bad value for option "--probability", or out of range (0-1).`;
				draft.random = {
					probability31: Math.round(probability * ONE),
					...invert ? { invert } : {}
				};
			}
		},
		"--every": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				const every = parseUint(value, UINT_MAX) ?? 0;
				if (every === 0) return `statistic: bad value for option "--every", or out of range (1-4294967295).`;
				draft.every = {
					every,
					...invert ? { invert } : {}
				};
			}
		},
		"--packet": {
			args: 1,
			set: (draft, { value }) => {
				const packet = parseUint(value, UINT_MAX);
				if (packet === void 0) return `statistic: bad value for option "--packet", or out of range (0-4294967295).`;
				draft.packet = packet;
			}
		}
	},
	start: () => ({}),
	finish: ({ mode, random, every, packet }) => {
		if (mode === void 0 && (random !== void 0 || every !== void 0)) return `statistic: option "--mode" must be specified`;
		if (mode !== "nth") {
			if (random === void 0) return "--probability must be specified when using random mode";
			return {
				kind: "statistic",
				mode: "random",
				...random
			};
		}
		if (every === void 0) return "--every and --packet must be specified when using nth mode";
		if (packet === void 0) return `statistic: option "--every" also requires "--packet".`;
		if (packet >= every.every) return "the --packet p must be 0 <= p <= n-1";
		return {
			kind: "statistic",
			mode,
			...every,
			packet
		};
	}
});
function formatStatistic(match) {
	const what = match.mode === "random" ? `--probability ${formatProbability(match.probability31)}` : `--every ${match.every} --packet ${match.packet}`;
	return ` -m statistic --mode ${match.mode} ${bang(match.invert)}${what}`;
}
/** Eleven decimals, as C's `%.11f` prints probability31 / 2^31: halves are rounded to even. */
function formatProbability(probability31) {
	const scaled = BigInt(probability31) * 100000000000n;
	const one = BigInt(ONE);
	let digits = scaled / one;
	const rest = scaled % one * 2n;
	if (rest > one || rest === one && digits % 2n === 1n) digits += 1n;
	const text = digits.toString().padStart(12, "0");
	return `${text.slice(0, -11)}.${text.slice(-11)}`;
}
// src/formats/iptables/match/string.ts
/** `-m string`. Text that cannot be printed is shown as bytes: `"|0d0a|"`. */
const MAX_PATTERN = 128;
const STRING = extension({
	name: "string",
	exclusive: [["--string", "--hex-string"]],
	options: {
		"--algo": {
			args: 1,
			set: (draft, { value }) => {
				if (value !== "bm" && value !== "kmp") return UNMODELLED;
				draft.algo = value;
			}
		},
		"--string": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				draft.hex = hex$1(utf8Encode(value));
				if (invert) draft.invert = true;
				return draft.hex.length > 256 ? `STRING too long "${value}"` : void 0;
			}
		},
		"--hex-string": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				const bytes = parseHexString(value);
				if (typeof bytes === "string") return bytes;
				draft.hex = hex$1(Uint8Array.from(bytes));
				if (invert) draft.invert = true;
				return bytes.length > MAX_PATTERN ? `STRING too long "${value}"` : void 0;
			}
		},
		"--from": offset("from"),
		"--to": offset("to"),
		"--icase": {
			args: 0,
			set: (draft) => {
				draft.icase = true;
			}
		}
	},
	start: () => ({}),
	finish: ({ algo, hex, ...rest }) => {
		if (algo === void 0) return `string: option "--algo" must be specified`;
		if (hex === void 0) return "STRING match: You must specify `--string' or `--hex-string'";
		return {
			...rest,
			kind: "string",
			algo,
			hex
		};
	}
});
function formatString(match) {
	const text = printable(match.hex);
	const what = text === void 0 ? `--hex-string "|${match.hex}|"` : `--string "${escaped(text)}"`;
	return ` -m string ${bang(match.invert)}${what} --algo ${match.algo}` + (match.from === void 0 ? "" : ` --from ${match.from}`) + (match.to === void 0 ? "" : ` --to ${match.to}`) + (match.icase === true ? " --icase" : "");
}
/** The bytes as text; undefined: some have no sign of their own, or a backslash stands at the end. */
function printable(hex) {
	let text = "";
	for (let at = 0; at < hex.length; at += 2) {
		const code = Number.parseInt(hex.slice(at, at + 2), 16);
		if (code < 32 || code > 126) return void 0;
		text += String.fromCharCode(code);
	}
	return text.endsWith("\\") ? void 0 : text;
}
function escaped(text) {
	return text.replace(/["\\]/g, "\\$&");
}
/** Text with bytes in hexadecimal between bars. */
function parseHexString(text) {
	const bytes = [];
	let inHex = false;
	for (let at = 0; at < text.length;) {
		const char = text.charAt(at);
		if (char === "|") {
			inHex = !inHex;
			at += 1;
		} else if (!inHex) {
			bytes.push(...utf8Encode(char));
			at += 1;
		} else if (char === " ") at += 1;
		else {
			const digits = text.slice(at, at + 2);
			if (!/^[0-9a-f]{2}$/i.test(digits)) return `Invalid hex block`;
			bytes.push(Number.parseInt(digits, 16));
			at += 2;
		}
	}
	return inHex ? "Invalid hex block" : bytes;
}
function offset(key) {
	return {
		args: 1,
		set: (draft, { option, value }) => {
			const n = parseUint(value, 65535);
			if (n === void 0) return `string: bad value for option "${option}", or out of range (0-65535).`;
			if (n !== (key === "from" ? 0 : 65535)) draft[key] = n;
		}
	};
}
// src/formats/iptables/match/tos.ts
const TOS_MATCH = extension({
	name: "tos",
	options: { "--tos": {
		args: 1,
		invertible: true,
		set: (draft, { value, invert }) => {
			const tos = parseTos(value);
			if (typeof tos === "string") return tos;
			draft.value = tos.value;
			draft.mask = tos.mask;
			if (invert) draft.invert = true;
		}
	} },
	start: () => ({}),
	finish: ({ value, mask, ...rest }) => value === void 0 || mask === void 0 ? `tos: option "--tos" must be specified` : {
		...rest,
		kind: "tos",
		value,
		mask
	}
});
function formatTosMatch(match) {
	return ` -m tos ${bang(match.invert)}--tos ${formatTos(match)}`;
}
// src/formats/iptables/match/ttl.ts
const TTL_MATCH = extension({
	name: "ttl",
	exclusive: [[
		"--ttl-lt",
		"--ttl-gt",
		"--ttl-eq",
		"--ttl"
	]],
	options: {
		"--ttl-eq": ttl("eq"),
		"--ttl": ttl("eq"),
		"--ttl-lt": ttl("lt"),
		"--ttl-gt": ttl("gt")
	},
	start: () => ({}),
	finish: ({ op, value, ...rest }) => op === void 0 || value === void 0 ? "TTL match: You must specify one of `--ttl-eq', `--ttl-lt', `--ttl-gt" : {
		kind: "ttl",
		op,
		value,
		...rest
	}
});
function formatTtlMatch(match) {
	return ` -m ttl ${bang(match.invert)}--ttl-${match.op} ${match.value}`;
}
function ttl(op) {
	return {
		args: 1,
		...op === "eq" ? { invertible: true } : {},
		set: (draft, { option, value, invert }) => {
			const n = parseUint(value, 255);
			if (n === void 0) return `ttl: bad value for option "${option}", or out of range (0-255).`;
			draft.op = op;
			draft.value = n;
			if (invert) draft.invert = true;
		}
	};
}
// src/formats/iptables/target/classify.ts
const CLASSIFY = extension({
	name: "CLASSIFY",
	options: { "--set-class": {
		args: 1,
		set: (draft, { value }) => {
			const class_ = /^(?:0x)?([0-9a-f]+):(?:0x)?([0-9a-f]+)$/i.exec(value);
			if (class_ === null) return `Bad class value "${value}"`;
			draft.major = Number.parseInt(class_[1] ?? "", 16) & 65535;
			draft.minor = Number.parseInt(class_[2] ?? "", 16) & 65535;
		}
	} },
	start: () => ({}),
	finish: ({ major, minor }) => major === void 0 || minor === void 0 ? `CLASSIFY: option "--set-class" must be specified` : {
		kind: "classify",
		major,
		minor
	}
});
const CHECKSUM = extension({
	name: "CHECKSUM",
	options: { "--checksum-fill": {
		args: 0,
		set: (draft) => {
			draft.fill = true;
		}
	} },
	start: () => ({}),
	finish: ({ fill }) => fill === void 0 ? `CHECKSUM: option "--checksum-fill" must be specified` : { kind: "checksum" }
});
const TRACE = extension({
	name: "TRACE",
	options: {},
	start: () => ({}),
	finish: () => ({ kind: "trace" })
});
function formatClassify({ major, minor }) {
	return ` -j CLASSIFY --set-class ${hex4(major)}:${hex4(minor)}`;
}
function hex4(n) {
	return n.toString(16).padStart(4, "0");
}
// src/formats/iptables/target/mark.ts
const ALL$1 = 4294967295;
const MARK_TARGET = extension({
	name: "MARK",
	exclusive: [[
		"--set-xmark",
		"--set-mark",
		"--and-mark",
		"--or-mark",
		"--xor-mark"
	]],
	options: {
		"--set-xmark": masked$1((value, mask) => ({
			value,
			mask
		})),
		"--set-mark": masked$1((value, mask) => ({
			value,
			mask: (mask | value) >>> 0
		})),
		"--or-mark": bits$1((n) => ({
			value: n,
			mask: n
		})),
		"--and-mark": bits$1((n) => ({
			value: 0,
			mask: ~n >>> 0
		})),
		"--xor-mark": bits$1((n) => ({
			value: n,
			mask: 0
		}))
	},
	start: () => ({}),
	finish: ({ value, mask }) => value === void 0 || mask === void 0 ? "MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required" : {
		kind: "mark",
		value,
		mask
	}
});
function formatMarkTarget(target) {
	return ` -j MARK --set-xmark 0x${target.value.toString(16)}/0x${target.mask.toString(16)}`;
}
function masked$1(make) {
	return markOption((text) => {
		const mark = parseMark(text);
		return mark === void 0 ? void 0 : make(mark.value, mark.mask);
	});
}
function bits$1(make) {
	return markOption((text) => {
		const n = parseUint(text, ALL$1);
		return n === void 0 ? void 0 : make(n);
	});
}
function markOption(parse) {
	return {
		args: 1,
		set: (draft, { option, value }) => {
			const mark = parse(value);
			if (mark === void 0) return `MARK: bad integer value for option "${option}", or out of range.`;
			draft.value = mark.value;
			draft.mask = mark.mask;
		}
	};
}
// src/formats/iptables/target/connmark.ts
const ALL = 4294967295;
const CONNMARK = extension({
	name: "CONNMARK",
	exclusive: [
		[
			"--set-xmark",
			"--set-mark",
			"--and-mark",
			"--or-mark",
			"--xor-mark",
			"--save-mark",
			"--restore-mark"
		],
		["--ctmask", "--mask"],
		["--nfmask", "--mask"]
	],
	options: {
		"--set-xmark": masked((value, mask) => ({
			value,
			mask
		})),
		"--set-mark": masked((value, mask) => ({
			value,
			mask: (mask | value) >>> 0
		})),
		"--and-mark": number$1(ALL, (draft, n) => setMark(draft, {
			value: 0,
			mask: ~n >>> 0
		})),
		"--or-mark": number$1(ALL, (draft, n) => setMark(draft, {
			value: n,
			mask: n
		})),
		"--xor-mark": number$1(ALL, (draft, n) => setMark(draft, {
			value: n,
			mask: 0
		})),
		"--save-mark": operation("save"),
		"--restore-mark": operation("restore"),
		"--left-shift-mark": shift("left"),
		"--right-shift-mark": shift("right"),
		"--ctmask": number$1(ALL, (draft, n) => {
			draft.ctmask = n;
		}),
		"--nfmask": number$1(ALL, (draft, n) => {
			draft.nfmask = n;
		}),
		"--mask": number$1(ALL, (draft, n) => {
			draft.nfmask = draft.ctmask = n;
		})
	},
	start: () => ({
		value: 0,
		nfmask: ALL,
		ctmask: ALL
	}),
	finish: ({ op, value, nfmask, ctmask, shift: given }) => {
		if (op === void 0) return "CONNMARK target: No operation specified";
		const rest = given === void 0 || given.bits === 0 ? {} : { shift: given };
		return op === "set" ? {
			kind: "connmark",
			op,
			value,
			mask: ctmask,
			...rest
		} : {
			kind: "connmark",
			op,
			nfmask,
			ctmask,
			...rest
		};
	}
});
function formatConnmarkTarget(target) {
	return ` -j CONNMARK ${target.op === "set" ? `--set-xmark ${hex(target.value)}/${hex(target.mask)}` : `--${target.op}-mark --nfmask ${hex(target.nfmask)} --ctmask ${hex(target.ctmask)}`}${shiftWords(target, "--")}`;
}
function shiftWords({ shift: given }, dashes) {
	return given === void 0 ? "" : ` ${dashes}${given.dir}-shift-mark ${given.bits}`;
}
function hex(n) {
	return `0x${n.toString(16)}`;
}
function setMark(draft, { value, mask }) {
	draft.op = "set";
	draft.value = value;
	draft.ctmask = mask;
}
function masked(make) {
	return {
		args: 1,
		set: (draft, { option, value: text }) => {
			const mark = parseMark(text);
			if (mark === void 0) return `CONNMARK: bad integer value for option "${option}", or out of range.`;
			setMark(draft, make(mark.value, mark.mask));
		}
	};
}
function number$1(max, take) {
	return {
		args: 1,
		set: (draft, { option, value }) => {
			const n = parseUint(value, max);
			if (n === void 0) return `CONNMARK: bad value for option "${option}", or out of range (0-${max}).`;
			take(draft, n);
		}
	};
}
function operation(op) {
	return {
		args: 0,
		set: (draft) => {
			draft.op = op;
		}
	};
}
/** The kernel takes no more than 31 bits. */
function shift(dir) {
	return number$1(32, (draft, bits) => {
		draft.shift = {
			dir,
			bits
		};
	});
}
// src/formats/iptables/target/ct.ts
const CT = extension({
	name: "CT",
	options: {
		"--notrack": {
			args: 0,
			set: (draft) => {
				draft.notrack = true;
			}
		},
		"--zone": zone(),
		"--zone-orig": zone("original"),
		"--zone-reply": zone("reply"),
		"--helper": UNMODELLED,
		"--timeout": UNMODELLED,
		"--ctevents": UNMODELLED,
		"--expevents": UNMODELLED
	},
	start: () => ({ id: 0 }),
	finish: ({ notrack, id, byMark, original, reply }) => {
		const dir = original === reply ? void 0 : original === true ? "original" : "reply";
		const number = byMark === true ? "mark" : id;
		return {
			kind: "ct",
			...notrack === void 0 ? {} : { notrack },
			...number === 0 ? {} : { zone: dir === void 0 ? { id: number } : {
				id: number,
				dir
			} }
		};
	}
});
const NOTRACK = extension({
	name: "NOTRACK",
	options: {},
	start: () => ({}),
	finish: () => ({ kind: "notrack" })
});
function formatCt(target) {
	return ` -j CT${ctOptions(target).replaceAll(/ (?=[nz])/g, " --")}`;
}
function ctOptions({ notrack, zone: given }) {
	const option = given?.dir === void 0 ? "zone" : given.dir === "original" ? "zone-orig" : "zone-reply";
	return (notrack === true ? " notrack" : "") + (given === void 0 ? "" : ` ${option} ${given.id}`);
}
function zone(dir) {
	return {
		args: 1,
		set: (draft, { value }) => {
			if (dir !== void 0) draft[dir] = true;
			if (value.toLowerCase() === "mark") {
				draft.byMark = true;
				return;
			}
			const id = parseUint(value, 65535);
			if (id === void 0) return `Cannot parse ${value} as a zone ID`;
			draft.id = id;
		}
	};
}
// src/formats/iptables/target/log.ts
const DEFAULT_LEVEL = 4;
const MAX_PREFIX$1 = 29;
const LEVELS = {
	emerg: 0,
	panic: 0,
	alert: 1,
	crit: 2,
	error: 3,
	warning: 4,
	notice: 5,
	info: 6,
	debug: 7
};
/** With the kernel's bits (`XT_LOG_*`). */
const FLAGS = [
	[
		"tcpSequence",
		"--log-tcp-sequence",
		1
	],
	[
		"tcpOptions",
		"--log-tcp-options",
		2
	],
	[
		"ipOptions",
		"--log-ip-options",
		4
	],
	[
		"uid",
		"--log-uid",
		8
	],
	[
		"macdecode",
		"--log-macdecode",
		32
	]
];
const LOG = extension({
	name: "LOG",
	options: {
		"--log-level": {
			args: 1,
			set: (draft, { value }) => {
				const level = parseUint(value, 7) ?? LEVELS[value.toLowerCase()];
				if (level === void 0) return `log level "${value}" unknown`;
				draft.level = level;
			}
		},
		"--log-prefix": {
			args: 1,
			set: (draft, { value }) => {
				if (value === "") return "Argument must have a minimum length of 1 characters";
				if (value.includes("\n")) return "Newlines not allowed in --log-prefix";
				draft.prefix = value.slice(0, MAX_PREFIX$1);
			}
		},
		...Object.fromEntries(FLAGS.map(([key, option]) => [option, flag$2(key)]))
	},
	start: () => ({
		kind: "log",
		level: DEFAULT_LEVEL
	}),
	finish: (draft) => draft
});
function formatLog(target) {
	let text = " -j LOG";
	if (target.prefix !== void 0 && target.prefix !== "") text += ` --log-prefix ${quoteWord(target.prefix)}`;
	if (target.level !== DEFAULT_LEVEL) text += ` --log-level ${target.level}`;
	for (const [key, option] of FLAGS) if (target[key] === true) text += ` ${option}`;
	return text;
}
function flag$2(key) {
	return {
		args: 0,
		set: (draft) => {
			draft[key] = true;
		}
	};
}
// src/formats/iptables/target/nat.ts
/** icmp, tcp, udp, dccp, icmpv6, sctp: what has ports, or an identifier in their place. */
const WITH_PORTS = [
	1,
	6,
	17,
	33,
	58,
	132
];
const RANDOM = flag$1("random");
const RANDOM_FULLY = flag$1("randomFully");
const PERSISTENT = flag$1("persistent");
const TO_PORTS = {
	args: 1,
	set: (draft, { value }) => {
		const ports = parseDashedPorts(value);
		if (typeof ports === "string") return ports;
		draft.toPorts = ports;
	}
};
const TO_RANGE = {
	args: 1,
	set: (draft, { value, family }) => {
		const range = parseNatRange(value, family);
		if (typeof range === "string") return range;
		draft.to = range;
	}
};
const DNAT = extension({
	name: "DNAT",
	options: {
		"--to-destination": TO_RANGE,
		"--random": RANDOM,
		"--persistent": PERSISTENT
	},
	start: () => ({}),
	finish: ({ to, ...flags }, head) => {
		if (to === void 0) return `DNAT: option "--to-destination" must be specified`;
		return needPorts(head, to.minPort !== void 0) ?? {
			kind: "dnat",
			to,
			...flags
		};
	}
});
const SNAT = extension({
	name: "SNAT",
	options: {
		"--to-source": TO_RANGE,
		"--random": RANDOM,
		"--random-fully": RANDOM_FULLY,
		"--persistent": PERSISTENT
	},
	start: () => ({}),
	finish: ({ to, ...flags }, head) => {
		if (to === void 0) return `SNAT: option "--to-source" must be specified`;
		return needPorts(head, to.minPort !== void 0) ?? {
			kind: "snat",
			to,
			...flags
		};
	}
});
const MASQUERADE = extension({
	name: "MASQUERADE",
	options: {
		"--to-ports": TO_PORTS,
		"--random": RANDOM,
		"--random-fully": RANDOM_FULLY
	},
	start: () => ({}),
	finish: (draft, head) => needPorts(head, draft.toPorts !== void 0) ?? {
		kind: "masquerade",
		...draft
	}
});
const REDIRECT = extension({
	name: "REDIRECT",
	options: {
		"--to-ports": TO_PORTS,
		"--random": RANDOM
	},
	start: () => ({}),
	finish: (draft, head) => needPorts(head, draft.toPorts !== void 0) ?? {
		kind: "redirect",
		...draft
	}
});
function formatNat(target) {
	return ` -j ${target.kind.toUpperCase()}${natTo(target)}${natFlags(target)}`;
}
/** `1.2.3.4-1.2.3.9:80-90/85`; IPv6 with ports: `[fd00::1]:80`. */
function formatNatRange(range) {
	let text = range.minAddr ?? "";
	if (range.maxAddr !== void 0 && range.maxAddr !== range.minAddr) text += `-${range.maxAddr}`;
	if (range.minPort === void 0) return text;
	if (text.includes(":")) text = `[${text}]`;
	text += `:${formatPortRange({
		from: range.minPort,
		to: range.maxPort ?? range.minPort
	}, "-")}`;
	return range.basePort === void 0 ? text : `${text}/${range.basePort}`;
}
/** ` --random --random-fully --persistent`, those that are set. */
function natFlags(target) {
	const flags = target;
	return (flags.random === true ? " --random" : "") + (flags.randomFully === true ? " --random-fully" : "") + (flags.persistent === true ? " --persistent" : "");
}
function natTo(target) {
	switch (target.kind) {
		case "dnat": return ` --to-destination ${formatNatRange(target.to)}`;
		case "snat": return ` --to-source ${formatNatRange(target.to)}`;
		case "masquerade":
		case "redirect": return target.toPorts === void 0 ? "" : ` --to-ports ${formatPortRange(target.toPorts, "-")}`;
	}
}
function needPorts(head, given) {
	if (!given || WITH_PORTS.includes(head.proto) && !head.protoInvert) return void 0;
	return "Need TCP, UDP, SCTP or DCCP with port specification";
}
function flag$1(key) {
	return {
		args: 0,
		set: (draft) => {
			draft[key] = true;
		}
	};
}
function parseDashedPorts(text) {
	if (text.includes(":")) return "Invalid port:port syntax - use dash";
	const dash = text.indexOf("-");
	const whole = parsePort(text);
	if (whole !== void 0) return {
		from: whole,
		to: whole
	};
	const from = parsePort(text.slice(0, Math.max(dash, 0)));
	const to = parsePort(text.slice(dash + 1));
	if (from === void 0) return `Port \`${text}' not valid`;
	if (to === void 0) return `Port \`${text.slice(dash + 1)}' not valid`;
	return from > to ? `Port range \`${text.slice(dash + 1)}' funky` : {
		from,
		to
	};
}
/** `[addr[-addr]][:port[-port[/base]]]`. `maxAddr` and `maxPort` are left out when they equal the minimum. */
function parseNatRange(text, family) {
	const bracket = text.startsWith("[") ? text.indexOf("]") : -1;
	const colon = family === "ipv4" || bracket >= 0 || text.startsWith(":") ? text.indexOf(":", Math.max(bracket, 0)) : -1;
	const addrs = bracket >= 0 ? text.slice(1, bracket) : colon < 0 ? text : text.slice(0, colon);
	const range = {};
	if (addrs !== "") {
		const [min = "", max, ...more] = addrs.split("-");
		const minAddr = parseIp(min);
		const maxAddr = parseIp(max ?? min);
		if (!minAddr.ok || familyOf(minAddr.value) !== family) return `Bad IP address "${min}"`;
		if (!maxAddr.ok || familyOf(maxAddr.value) !== family || more.length > 0) return `Bad IP address "${max}"`;
		if (ipNum(minAddr.value) > ipNum(maxAddr.value)) return `Bad IP range "${addrs}"`;
		range.minAddr = minAddr.value;
		if (maxAddr.value !== minAddr.value) range.maxAddr = maxAddr.value;
	}
	if (colon < 0) return addrs === "" ? `Bad IP address "${text}"` : range;
	const [portsText = "", baseText] = text.slice(colon + 1).split("/");
	const ports = parseDashedPorts(portsText);
	if (typeof ports === "string") return ports;
	range.minPort = ports.from;
	if (ports.to !== ports.from) range.maxPort = ports.to;
	if (baseText === void 0) return range;
	const base = parsePort(baseText);
	if (base === void 0) return `Port \`${baseText}' not valid`;
	range.basePort = base;
	return range;
}
// src/formats/iptables/target/netmap.ts
const NETMAP = extension({
	name: "NETMAP",
	options: { "--to": {
		args: 1,
		set: (draft, { value, family }) => {
			const net = parseNet(value, family);
			if (net === "not found") return `NETMAP: bad value for option "--to": \`${value}' is no address`;
			if (typeof net === "string") return `NETMAP: bad value for option "--to", neither a valid network mask nor valid CIDR (0-${family === "ipv4" ? 32 : 128}).`;
			draft.net = net;
		}
	} },
	start: () => ({}),
	finish: ({ net }) => net === void 0 ? `NETMAP: option "--to" must be specified` : {
		kind: "netmap",
		net
	}
});
function formatNetmap({ net }) {
	return ` -j NETMAP --to ${formatCidr(net)}`;
}
// src/formats/iptables/target/nflog.ts
const MAX_PREFIX = 127;
const NFLOG = extension({
	name: "NFLOG",
	options: {
		"--nflog-group": number("group", 65535),
		"--nflog-prefix": {
			args: 1,
			set: (draft, { value }) => {
				if (value === "") return "Argument must have a minimum length of 1 characters";
				if (value.includes("\n")) return "Newlines not allowed in --log-prefix";
				draft.prefix = value.slice(0, MAX_PREFIX);
			}
		},
		"--nflog-range": UNMODELLED,
		"--nflog-size": number("size", 4294967295),
		"--nflog-threshold": number("threshold", 65535)
	},
	start: () => ({ kind: "nflog" }),
	finish: (draft) => draft
});
function formatNflog(target) {
	return ` -j NFLOG${words(target, " --")}`;
}
function words({ prefix, group, size, threshold }, before) {
	const one = (name, value) => value === void 0 ? "" : `${before}nflog-${name} ${value}`;
	return one("prefix", prefix === void 0 ? void 0 : quoteWord(prefix)) + one("group", group) + one("size", size) + one("threshold", threshold);
}
function number(key, max) {
	return {
		args: 1,
		set: (draft, { option, value }) => {
			const n = parseUint(value, max);
			if (n === void 0) return `NFLOG: bad value for option "${option}", or out of range (0-${max}).`;
			if (n !== 0 || key === "size") draft[key] = n;
		}
	};
}
// src/formats/iptables/target/reject.ts
/** Names and their short forms, in the order in which a beginning of a name is looked up. */
const NAMES = {
	ipv4: [
		["icmp-net-unreachable", "net-unreach"],
		["icmp-host-unreachable", "host-unreach"],
		["icmp-proto-unreachable", "proto-unreach"],
		["icmp-port-unreachable", "port-unreach"],
		["icmp-net-prohibited", "net-prohib"],
		["icmp-host-prohibited", "host-prohib"],
		["tcp-reset", "tcp-rst"],
		["icmp-admin-prohibited", "admin-prohib"]
	],
	ipv6: [
		["icmp6-no-route", "no-route"],
		["icmp6-adm-prohibited", "adm-prohibited"],
		["icmp6-addr-unreachable", "addr-unreach"],
		["icmp6-port-unreachable", "port-unreach"],
		["tcp-reset", "tcp-reset"]
	]
};
const UNMODELLED_NAMES = [
	"icmp6-policy-fail",
	"policy-fail",
	"icmp6-reject-route",
	"reject-route"
];
const DEFAULTS = {
	ipv4: "icmp-port-unreachable",
	ipv6: "icmp6-port-unreachable"
};
const REJECT = extension({
	name: "REJECT",
	options: { "--reject-with": {
		args: 1,
		set: (draft, { value, family }) => {
			const wanted = value.toLowerCase();
			const found = NAMES[family].find(([name, short]) => name.startsWith(wanted) || short.startsWith(wanted));
			if (found !== void 0 && wanted !== "") {
				draft.with = found[0];
				return;
			}
			return family === "ipv6" && UNMODELLED_NAMES.includes(wanted) ? UNMODELLED : `unknown reject type "${value}"`;
		}
	} },
	start: () => ({}),
	finish: (draft, { family }) => ({
		kind: "reject",
		with: draft.with ?? DEFAULTS[family]
	})
});
function formatReject(target) {
	return ` -j REJECT --reject-with ${target.with}`;
}
// src/formats/iptables/target/set.ts
const MAX_TIMEOUT = 4294967294;
const SET_TARGET = extension({
	name: "SET",
	options: {
		"--add-set": reference("--add-set", (draft, given) => {
			draft.add = given;
		}),
		"--del-set": reference("--del-set", (draft, given) => {
			draft.del = given;
		}),
		"--map-set": reference("--map-set", (draft, given) => {
			draft.map = given;
		}),
		"--exist": flag((draft) => {
			draft.exist = true;
		}),
		"--map-mark": flag((draft) => {
			draft.mapMark = true;
		}),
		"--map-prio": flag((draft) => {
			draft.mapPrio = true;
		}),
		"--map-queue": flag((draft) => {
			draft.mapQueue = true;
		}),
		"--timeout": {
			args: 1,
			set: (draft, { value }) => {
				const seconds = parseUint(value, MAX_TIMEOUT);
				if (seconds === void 0) return `Invalid value for option --timeout or out of range 0-${MAX_TIMEOUT}`;
				draft.timeout = seconds;
			}
		}
	},
	start: () => ({ kind: "set" }),
	finish: (draft) => complaint(draft) ?? draft
});
function complaint({ add, del, map, exist, timeout, mapMark, mapPrio, mapQueue }) {
	if (add === void 0 && del === void 0 && map === void 0) return "You must specify either `--add-set' or `--del-set' or `--map-set'";
	if (add === void 0) {
		if (exist === true) return "Flag `--exist' can be used with `--add-set' only";
		if (timeout !== void 0) return "Option `--timeout' can be used with `--add-set' only";
	}
	const maps = mapMark === true || mapPrio === true || mapQueue === true;
	if (map !== void 0 && !maps) return "You must specify flags `--map-mark' or '--map-prio` or `--map-queue'";
	if (map === void 0 && maps) return "You must specify `--map-set' with `--map-mark' or `--map-prio` or `--map-queue'";
}
/** The target's options; `dashes` is `--`, or "" in a listing. */
function setTargetWords(target, dashes) {
	const set = (option, given) => given === void 0 ? "" : ` ${dashes}${option} ${formatReference(given)}`;
	return set("add-set", target.add) + (target.exist === true ? ` ${dashes}exist` : "") + (target.timeout === void 0 ? "" : ` ${dashes}timeout ${target.timeout}`) + set("del-set", target.del) + set("map-set", target.map) + (target.mapMark === true ? ` ${dashes}map-mark` : "") + (target.mapPrio === true ? ` ${dashes}map-prio` : "") + (target.mapQueue === true ? ` ${dashes}map-queue` : "");
}
function reference(option, take) {
	return {
		args: 2,
		invertible: true,
		again: `${option} can be specified only once`,
		set: (draft, { value, second }) => {
			const given = parseReference(value, second);
			if (typeof given === "string") return given;
			take(draft, given);
		}
	};
}
function flag(take) {
	return {
		args: 0,
		set: (draft) => {
			take(draft);
		}
	};
}
// src/formats/iptables/target/tcpmss.ts
/** What is left of 65535 bytes after the IP header. */
const MAX_MSS = {
	ipv4: 65515,
	ipv6: 65495
};
const TCPMSS = extension({
	name: "TCPMSS",
	options: {
		"--set-mss": {
			args: 1,
			set: (draft, { value, family }) => {
				const max = MAX_MSS[family];
				const mss = parseUint(value, max);
				if (mss === void 0) return `TCPMSS: bad value for option "--set-mss", or out of range (0-${max}).`;
				draft.mss = mss;
			}
		},
		"--clamp-mss-to-pmtu": {
			args: 0,
			set: (draft) => {
				draft.clamp = true;
			}
		}
	},
	start: () => ({}),
	finish: ({ mss, clamp }) => {
		const given = clamp === true ? "pmtu" : mss;
		return given === void 0 ? "TCPMSS target: At least one parameter is required" : {
			kind: "tcpmss",
			mss: given
		};
	}
});
function formatTcpmssTarget({ mss }) {
	return ` -j TCPMSS ${mss === "pmtu" ? "--clamp-mss-to-pmtu" : `--set-mss ${mss}`}`;
}
// src/formats/iptables/target/tos.ts
const TOS = extension({
	name: "TOS",
	exclusive: [[
		"--set-tos",
		"--and-tos",
		"--or-tos",
		"--xor-tos"
	]],
	options: {
		"--set-tos": {
			args: 1,
			set: (draft, { value }) => {
				const tos = parseTos(value);
				if (typeof tos === "string") return tos;
				Object.assign(draft, tos);
			}
		},
		"--and-tos": bits((n) => ({
			value: 0,
			mask: ~n & 255
		})),
		"--or-tos": bits((n) => ({
			value: n,
			mask: n
		})),
		"--xor-tos": bits((n) => ({
			value: n,
			mask: 0
		}))
	},
	start: () => ({}),
	finish: ({ value, mask }) => value === void 0 || mask === void 0 ? "TOS: An action is required" : {
		kind: "tos",
		value,
		mask
	}
});
const DSCP = extension({
	name: "DSCP",
	exclusive: [["--set-dscp", "--set-dscp-class"]],
	options: {
		"--set-dscp": {
			args: 1,
			set: (draft, { value }) => {
				const dscp = parseUint(value, 63);
				if (dscp === void 0) return `DSCP: bad value for option "--set-dscp", or out of range (0-63).`;
				draft.value = dscp;
			}
		},
		"--set-dscp-class": {
			args: 1,
			set: (draft, { value }) => {
				const dscp = dscpClass(value);
				if (dscp === void 0) return `Invalid DSCP value \`${value}'`;
				draft.value = dscp;
			}
		}
	},
	start: () => ({}),
	finish: ({ value }) => value === void 0 ? "DSCP target: Parameter --set-dscp is required" : {
		kind: "dscp",
		value
	}
});
function formatTosTarget(target) {
	return ` -j TOS --set-tos ${formatTos(target)}`;
}
function formatDscpTarget({ value }) {
	return ` -j DSCP --set-dscp ${hexByte(value)}`;
}
function bits(make) {
	return {
		args: 1,
		set: (draft, { option, value }) => {
			const n = parseUint(value, 255);
			if (n === void 0) return `TOS: bad value for option "${option}", or out of range (0-255).`;
			Object.assign(draft, make(n));
		}
	};
}
// src/formats/iptables/target/ttl.ts
const TTL = extension({
	name: "TTL",
	exclusive: [[
		"--ttl-set",
		"--ttl-dec",
		"--ttl-inc"
	]],
	options: {
		"--ttl-set": change("set", 0),
		"--ttl-inc": change("inc", 1),
		"--ttl-dec": change("dec", 1)
	},
	start: () => ({}),
	finish: ({ op, value }) => op === void 0 || value === void 0 ? "TTL: You must specify an action" : {
		kind: "ttl",
		op,
		value
	}
});
function formatTtlTarget({ op, value }) {
	return ` -j TTL --ttl-${op} ${value}`;
}
function change(op, least) {
	return {
		args: 1,
		set: (draft, { option, value }) => {
			const n = parseUint(value, 255);
			if (n === void 0 || n < least) return `TTL: bad value for option "${option}", or out of range (${least}-255).`;
			draft.op = op;
			draft.value = n;
		}
	};
}
// src/formats/iptables/print-rule.ts
/**
* The words after `-A CHAIN`, each with a space before it; "" for a rule that matches all and does nothing. With
* `counters`, `-c PACKETS BYTES` stands before the target, as `iptables -S -v` has it.
*/
function ruleWords(rule, options = {}) {
	let text = "";
	for (const match of rule.matches) text += matchWords(match);
	if (options.counters === true) text += ` -c ${rule.counters?.packets ?? 0} ${rule.counters?.bytes ?? 0}`;
	return text + targetWords(rule.target);
}
function matchWords(match) {
	switch (match.kind) {
		case "source": return netWords("-s", match);
		case "destination": return netWords("-d", match);
		case "in-interface": return ` ${bang(match.invert)}-i ${match.name}`;
		case "out-interface": return ` ${bang(match.invert)}-o ${match.name}`;
		case "protocol": return ` ${bang(match.invert)}-p ${protocolName(match.proto)}`;
		case "fragment": return ` ${bang(match.invert)}-f`;
		case "comment": return formatComment(match);
		case "tcp": return formatTcp(match);
		case "udp":
		case "sctp": return ` -m ${match.kind}${formatPorts(match)}`;
		case "icmp":
		case "icmp6": return formatIcmp(match);
		case "conntrack": return formatConntrackMatch(match);
		case "state": return formatState(match);
		case "mark": return formatMarkMatch(match);
		case "addrtype": return formatAddrType(match);
		case "statistic": return formatStatistic(match);
		case "set": return formatSet(match);
		case "multiport": return formatMultiport(match);
		case "recent": return formatRecent(match);
		case "nfacct": return formatNfacct(match);
		case "limit": return formatLimit(match);
		case "physdev": return formatPhysdev(match);
		case "connmark": return formatConnmarkMatch(match);
		case "mac": return formatMac(match);
		case "iprange": return formatIprange(match);
		case "length": return formatLength(match);
		case "tcpmss": return formatTcpmssMatch(match);
		case "pkttype": return formatPkttype(match);
		case "ttl": return formatTtlMatch(match);
		case "tos": return formatTosMatch(match);
		case "dscp": return formatDscpMatch(match);
		case "ecn": return formatEcn(match);
		case "owner": return formatOwner(match);
		case "rpfilter": return formatRpfilter(match);
		case "string": return formatString(match);
		case "unknown-match": return `${match.name === "" ? "" : ` -m ${match.name}`}${match.text === "" ? "" : ` ${match.text}`}`;
	}
}
function targetWords(target) {
	switch (target.kind) {
		case "none": return "";
		case "accept": return " -j ACCEPT";
		case "drop": return " -j DROP";
		case "return": return " -j RETURN";
		case "jump": return ` -j ${target.chain}`;
		case "goto": return ` -g ${target.chain}`;
		case "reject": return formatReject(target);
		case "dnat":
		case "snat":
		case "masquerade":
		case "redirect": return formatNat(target);
		case "mark": return formatMarkTarget(target);
		case "log": return formatLog(target);
		case "ct": return formatCt(target);
		case "connmark": return formatConnmarkTarget(target);
		case "notrack": return " -j NOTRACK";
		case "ttl": return formatTtlTarget(target);
		case "tos": return formatTosTarget(target);
		case "dscp": return formatDscpTarget(target);
		case "tcpmss": return formatTcpmssTarget(target);
		case "netmap": return formatNetmap(target);
		case "nflog": return formatNflog(target);
		case "classify": return formatClassify(target);
		case "checksum": return " -j CHECKSUM --checksum-fill";
		case "trace": return " -j TRACE";
		case "set": return ` -j SET${setTargetWords(target, "--")}`;
		case "unknown-target": return ` -j ${target.name}${target.text === "" ? "" : ` ${target.text}`}`;
	}
}
function netWords(option, match) {
	return match.net.prefix === 0 && match.invert !== true ? "" : ` ${bang(match.invert)}${option} ${formatCidr(match.net)}`;
}
// src/formats/iptables/registry.ts
/** By the name after `-m`. */
const MATCHES = /* @__PURE__ */ new Map([
	["addrtype", ADDRTYPE],
	["comment", COMMENT],
	["connmark", CONNMARK_MATCH],
	["conntrack", CONNTRACK],
	["icmp", ICMP],
	["icmp6", ICMP6],
	["icmpv6", ICMP6],
	["ipv6-icmp", ICMP6],
	["limit", LIMIT],
	["mark", MARK],
	["multiport", MULTIPORT],
	["nfacct", NFACCT],
	["physdev", PHYSDEV],
	["recent", RECENT],
	["sctp", SCTP],
	["set", SET],
	["state", STATE],
	["statistic", STATISTIC],
	["mac", MAC],
	["iprange", IPRANGE],
	["length", LENGTH],
	["tcpmss", TCPMSS_MATCH],
	["pkttype", PKTTYPE],
	["ttl", TTL_MATCH],
	["tos", TOS_MATCH],
	["dscp", DSCP_MATCH],
	["ecn", ECN],
	["owner", OWNER],
	["rpfilter", RPFILTER],
	["string", STRING],
	["tcp", TCP],
	["udp", UDP]
]);
/** The match that a protocol brings with it: its options may be used without `-m`. */
const PROTOCOL_MATCHES = /* @__PURE__ */ new Map([
	[1, ICMP],
	[6, TCP],
	[17, UDP],
	[58, ICMP6],
	[132, SCTP]
]);
/** By the name after `-j`. */
const TARGETS = /* @__PURE__ */ new Map([
	["CONNMARK", CONNMARK],
	["CT", CT],
	["DNAT", DNAT],
	["LOG", LOG],
	["MARK", MARK_TARGET],
	["MASQUERADE", MASQUERADE],
	["NOTRACK", NOTRACK],
	["REDIRECT", REDIRECT],
	["REJECT", REJECT],
	["SET", SET_TARGET],
	["SNAT", SNAT],
	["TRACE", TRACE],
	["CHECKSUM", CHECKSUM],
	["CLASSIFY", CLASSIFY],
	["NFLOG", NFLOG],
	["NETMAP", NETMAP],
	["TCPMSS", TCPMSS],
	["DSCP", DSCP],
	["TOS", TOS],
	["TTL", TTL]
]);
/** Target extensions that podwire does not model; any other name after `-j` is a chain's. */
const OTHER_TARGETS = /* @__PURE__ */ new Set([
	"AUDIT",
	"CLUSTERIP",
	"CONNSECMARK",
	"DNPT",
	"ECN",
	"HL",
	"HMARK",
	"IDLETIMER",
	"LED",
	"NFQUEUE",
	"QUEUE",
	"RATEEST",
	"SECMARK",
	"SNPT",
	"SYNPROXY",
	"TCPOPTSTRIP",
	"TEE",
	"TPROXY",
	"ULOG"
]);
/** Matches that exist in iptables 1.8.9 and that podwire does not model. */
const OTHER_MATCHES = /* @__PURE__ */ new Set([
	"ah",
	"bpf",
	"cgroup",
	"cluster",
	"connbytes",
	"connlabel",
	"connlimit",
	"cpu",
	"dccp",
	"devgroup",
	"dst",
	"esp",
	"eui64",
	"frag",
	"hashlimit",
	"hbh",
	"helper",
	"hl",
	"ipcomp",
	"ipv6header",
	"ipvs",
	"mh",
	"osf",
	"policy",
	"quota",
	"rateest",
	"realm",
	"rt",
	"socket",
	"srh",
	"time",
	"u32"
]);
// src/formats/iptables/rule-head.ts
const COMMON_OPTIONS = /* @__PURE__ */ new Map([
	["-s", "-s"],
	["--source", "-s"],
	["--src", "-s"],
	["-d", "-d"],
	["--destination", "-d"],
	["--dst", "-d"],
	["-i", "-i"],
	["--in-interface", "-i"],
	["-o", "-o"],
	["--out-interface", "-o"],
	["-p", "-p"],
	["--protocol", "-p"],
	["-f", "-f"],
	["--fragments", "-f"],
	["-j", "-j"],
	["--jump", "-j"],
	["-g", "-g"],
	["--goto", "-g"],
	["-m", "-m"],
	["--match", "-m"],
	["-c", "-c"],
	["--set-counters", "-c"]
]);
const IFNAMSIZ = 16;
/** Collects the head of one rule; `-s a,b` and `-d c,d` make it several. */
var HeadDraft = class {
	family;
	proto = 0;
	protoInvert = false;
	#seen = [];
	/** Undefined: any address. */
	#sources = [];
	#destinations = [];
	#in;
	#out;
	#protocol;
	#fragment;
	constructor(family) {
		this.family = family;
	}
	/** Returns the complaint, if there is one. */
	take(option, value, invert) {
		if (this.#seen.includes(option)) return `multiple ${option} flags not allowed`;
		this.#seen.push(option);
		switch (option) {
			case "-s":
			case "-d": return this.#takeNets(option, value, invert);
			case "-i":
			case "-o": return this.#takeInterface(option === "-i" ? "in-interface" : "out-interface", value, invert);
			case "-p": return this.#takeProtocol(value, invert);
			case "-f":
				if (this.family === "ipv6") return "`-f' is not supported in IPv6, use -m frag instead";
				this.#fragment = invert ? {
					kind: "fragment",
					invert
				} : { kind: "fragment" };
				return;
		}
	}
	/** What is wrong with the whole head, if anything is. */
	complaint() {
		const several = this.#sources.length > 1 || this.#destinations.length > 1;
		const isInverted = [...this.#sources, ...this.#destinations].some((match) => match !== void 0 && "invert" in match);
		return several && isInverted ? "! not allowed with multiple source or destination IP addresses" : void 0;
	}
	/** The head matches of each rule, in the order in which they are printed: sources outside, destinations inside. */
	variants() {
		const present = (match) => match === void 0 ? [] : [match];
		const rest = [
			this.#in,
			this.#out,
			this.#protocol,
			this.#fragment
		].filter((match) => match !== void 0);
		if (this.#sources.length <= 1 && this.#destinations.length <= 1) return [[
			...this.#sources.flatMap(present),
			...this.#destinations.flatMap(present),
			...rest
		]];
		const sources = this.#sources.length === 0 ? [[]] : this.#sources.map(present);
		const destinations = this.#destinations.length === 0 ? [[]] : this.#destinations.map(present);
		return sources.flatMap((source) => destinations.map((destination) => [
			...source,
			...destination,
			...rest
		]));
	}
	#takeNets(option, value, invert) {
		const texts = value.split(",");
		const matches = [];
		for (const text of texts) {
			const net = parseNet(text, this.family);
			if (net === "not contiguous") matches.push(unmodelledNet(option, text, invert));
			else if (net === "invalid mask") return `invalid mask \`${text.slice(text.indexOf("/") + 1)}' specified`;
			else if (typeof net === "string") return `host/network \`${text}' not found`;
			else if (net.prefix === 0 && !invert) matches.push(void 0);
			else matches.push(netMatch(option === "-s" ? "source" : "destination", net, invert));
		}
		if (option === "-s") this.#sources = matches;
		else this.#destinations = matches;
	}
	#takeInterface(kind, name, invert) {
		if (name === "") return "Empty interface is likely to be undesired";
		if (!isPlainName(name)) return `weird character in interface \`${name}'`;
		if (name.length >= IFNAMSIZ) return `interface name \`${name}' must be shorter than IFNAMSIZ (15)`;
		if (name === "+" && !invert) return void 0;
		const match = invert ? {
			kind,
			name,
			invert
		} : {
			kind,
			name
		};
		if (kind === "in-interface") this.#in = match;
		else this.#out = match;
	}
	#takeProtocol(name, invert) {
		const proto = protocolNumber(name);
		if (proto === void 0) return `unknown protocol "${name}" specified`;
		if (proto === 0) return invert ? "rule would never match protocol" : void 0;
		this.proto = proto;
		this.protoInvert = invert;
		this.#protocol = invert ? {
			kind: "protocol",
			proto,
			invert
		} : {
			kind: "protocol",
			proto
		};
	}
};
function netMatch(kind, net, invert) {
	return invert ? {
		kind,
		net,
		invert
	} : {
		kind,
		net
	};
}
/** A netmask with holes has no prefix length: kept as text without a module name. */
function unmodelledNet(option, text, invert) {
	return {
		kind: "unknown-match",
		name: "",
		text: `${bang(invert ? true : void 0)}${option} ${text}`
	};
}
// src/formats/iptables/rule-parser.ts
/** Reads the words of one rule, as iptables does: options of loaded matches, a protocol's options without `-m`, unique beginnings. */
/** Reads the words from index `from` on. `-s a,b` gives several rules. */
function parseRuleWords(words, from, context) {
	return new RuleParser(words, context).parse(from);
}
var RuleParser = class {
	#words;
	#context;
	#head;
	#matches = [];
	#target = { kind: "none" };
	#targetGiven = false;
	/** The extension that the words just read belong to. */
	#current;
	#counters;
	#lateFault;
	#bang = -1;
	/** The word that was taken apart, and the place of its last part. */
	#glued = "";
	#gluedAt = -1;
	constructor(words, context) {
		this.#words = editableWords(words);
		this.#context = context;
		this.#head = new HeadDraft(context.family);
	}
	parse(from) {
		let at = from;
		while (at < this.#words.words.length) {
			const next = this.#step(at);
			if (typeof next !== "number") return err(next);
			at = next;
		}
		if (this.#bang >= 0) {
			const message = this.#context.tool === void 0 ? "Bad argument `!'" : "nothing appropriate following !";
			return err({
				word: this.#bang,
				message
			});
		}
		return this.#rules();
	}
	/** Reads one option at word `at`; returns the index of the word after it. */
	#step(at) {
		const word = this.#word(at);
		const isQuoted = this.#words.quoted[at] === true;
		const swallowing = this.#current !== void 0 && this.#current.open === void 0;
		if (word === "!" && !isQuoted && !(swallowing && !this.#startsOption(at + 1))) {
			if (this.#bang >= 0) return {
				word: at,
				message: "multiple consecutive ! not allowed"
			};
			this.#bang = at;
			return at + 1;
		}
		if (swallowing && (isQuoted || !this.#startsOption(at))) return at + 1;
		if (isQuoted || !word.startsWith("-")) return {
			word: at,
			message: `Bad argument \`${word}'`
		};
		const { tool } = this.#context;
		if (tool !== void 0 && word === "--") {
			if (at + 1 === this.#words.words.length) return at + 1;
			return {
				word: at + 1,
				message: "unknown arguments found on commandline"
			};
		}
		if (tool !== void 0 && /^-[^-]./.test(word)) return this.#unglue(tool, at) ?? at;
		if (tool?.letters.has(word) === true) return this.#toolOption(tool, word, at, void 0);
		const common = COMMON_OPTIONS.get(word);
		if (common !== void 0) return this.#common(common, at, void 0);
		return this.#extensionOption(word, at);
	}
	/** Makes `-nvL` and `-tnat` two words, the first of one letter. */
	#unglue(tool, at) {
		const word = this.#word(at);
		const letter = word.slice(0, 2);
		const hasValue = tool.letters.has(letter) ? tool.letters.get(letter) !== "none" : COMMON_OPTIONS.has(letter) && letter !== "-f";
		if (at !== this.#gluedAt) this.#glued = word;
		this.#gluedAt = at + 1;
		if (!hasValue && !tool.letters.has(letter) && letter !== "-f") return this.#unknown(at);
		if (letter === "-p") return {
			word: at,
			message: `unknown protocol "${word}" specified`
		};
		const { words, starts, quoted } = this.#words;
		const start = starts[at] ?? 0;
		words.splice(at, 1, letter, hasValue ? word.slice(2) : `-${word.slice(2)}`);
		starts.splice(at, 1, start, start);
		if (quoted.length > 0) quoted.splice(at, 1, false, false);
	}
	#unknown(at) {
		return {
			word: at,
			message: `unknown option "${at === this.#gluedAt ? this.#glued : this.#word(at)}"`
		};
	}
	#toolOption(tool, option, at, attached) {
		this.#endSegment(this.#bang >= 0 ? this.#bang : at);
		const invert = this.#bang >= 0;
		this.#bang = -1;
		const rest = this.#words.words.slice(at + 1);
		if (attached !== void 0) rest.unshift(attached);
		if (rest.length === 0 && tool.letters.get(option) === "required") return {
			word: at,
			message: `option "${this.#word(at)}" requires an argument`
		};
		const used = tool.take(option, rest, invert);
		if (typeof used === "string") return {
			word: at,
			message: used
		};
		return at + 1 + (attached === void 0 ? used : used - 1);
	}
	#common(option, at, attached) {
		const invert = this.#bang >= 0;
		this.#endSegment(invert ? this.#bang : at);
		this.#bang = -1;
		this.#context.tool?.note(option);
		if (option === "-f") return this.#headFault(this.#head.take("-f", "", invert), at) ?? at + 1;
		const valueAt = attached === void 0 ? at + 1 : at;
		const value = attached ?? this.#words.words[valueAt];
		if (value === void 0) return {
			word: at,
			message: `option "${this.#word(at)}" requires an argument`
		};
		switch (option) {
			case "-m":
				if (invert) return {
					word: at,
					message: "unexpected ! flag before --match"
				};
				if (!isPlainName(value) || this.#isNoMatch(value)) return {
					word: valueAt,
					message: `Couldn't load match \`${value}':No such file or directory`
				};
				this.#openMatch(value, MATCHES.get(value), valueAt + 1);
				return valueAt + 1;
			case "-j":
			case "-g":
				if (invert) return {
					word: at,
					message: "cannot have ! before -j"
				};
				if (this.#targetGiven) return {
					word: at,
					message: "multiple -j flags not allowed"
				};
				if (!isPlainName(value) && !this.#isNoTarget(value)) return {
					word: valueAt,
					message: `Invalid target name \`${value}'`
				};
				this.#targetGiven = true;
				this.#openTarget(option, value, valueAt + 1);
				return valueAt + 1;
			case "-c":
				if (invert) return {
					word: at,
					message: "cannot have ! before -c"
				};
				if (this.#counters !== void 0) return {
					word: at,
					message: "multiple -c flags not allowed"
				};
				return this.#takeCounters(at);
			case "-s":
			case "-d":
			case "-i":
			case "-o":
			case "-p": return this.#takeHead(option, value, {
				invert,
				at: valueAt
			});
		}
	}
	#takeHead(option, value, { invert, at }) {
		const fault = this.#headFault(this.#head.take(option, value, invert), at);
		if (fault === void 0) return at + 1;
		const isAddress = fault.message.startsWith("host/network ") || fault.message.startsWith("invalid mask ");
		if (this.#context.tool === void 0 || !isAddress) return fault;
		this.#lateFault ??= fault;
		return at + 1;
	}
	#headFault(message, word) {
		return message === void 0 ? void 0 : {
			word,
			message
		};
	}
	#takeCounters(at) {
		const [packets, bytes] = this.#words.words.slice(at + 1);
		if (packets === void 0 || bytes === void 0) return {
			word: at,
			message: "-c requires packet and byte counter"
		};
		if (!/^\d+$/.test(packets)) return {
			word: at + 1,
			message: "-c packet counter not numeric"
		};
		if (!/^\d+$/.test(bytes)) return {
			word: at + 2,
			message: "-c byte counter not numeric"
		};
		this.#counters = {
			packets: Number(packets),
			bytes: Number(bytes)
		};
		return at + 3;
	}
	#openMatch(name, extension, from) {
		const slot = {
			name,
			from,
			open: extension?.open(),
			to: this.#words.words.length
		};
		this.#matches.push(slot);
		this.#current = slot;
		return slot;
	}
	#openTarget(option, name, from) {
		if (option === "-g") this.#target = {
			kind: "goto",
			chain: name
		};
		else if (name === "ACCEPT") this.#target = { kind: "accept" };
		else if (name === "DROP") this.#target = { kind: "drop" };
		else if (name === "RETURN") this.#target = { kind: "return" };
		else if (this.#context.chains?.has(name) === true || this.#isNoTarget(name)) this.#target = {
			kind: "jump",
			chain: name
		};
		else {
			const slot = {
				name,
				from,
				open: TARGETS.get(name)?.open(),
				to: this.#words.words.length
			};
			this.#target = slot;
			this.#current = slot;
		}
	}
	/** On a command line: nobody has a module of the name. */
	#isNoMatch(name) {
		return this.#context.tool !== void 0 && !MATCHES.has(name) && !OTHER_MATCHES.has(name);
	}
	#isNoTarget(name) {
		return this.#context.tool !== void 0 && !TARGETS.has(name) && !OTHER_TARGETS.has(name);
	}
	/** An option of a loaded match or target, of the protocol's own match, or the unique beginning of one. */
	#extensionOption(word, at) {
		const exact = this.#ownerOf(word, at);
		if (exact !== void 0) return this.#takeOption(exact, word, at, void 0);
		const equals = word.indexOf("=");
		const stem = equals < 0 ? word : word.slice(0, equals);
		const attached = equals < 0 ? void 0 : word.slice(equals + 1);
		const name = this.#complete(stem);
		if (name === void 0) return this.#unknown(at);
		const { tool } = this.#context;
		const letter = tool?.letters.has(name) === true ? name : tool?.names.get(name);
		if (tool !== void 0 && letter !== void 0) return this.#toolOption(tool, letter, at, attached);
		const common = COMMON_OPTIONS.get(name);
		if (common !== void 0) return this.#common(common, at, attached);
		const owner = this.#ownerOf(name, at);
		return owner === void 0 ? this.#unknown(at) : this.#takeOption(owner, name, at, attached);
	}
	#takeOption(slot, option, at, attached) {
		const open = slot.open;
		const args = open?.argsOf(option);
		if (open === void 0 || args === void 0) return {
			word: at,
			message: `unknown option "${option}"`
		};
		const valueAt = attached === void 0 ? at + 1 : at;
		const after = attached === void 0 ? at + 1 + args : at + args;
		if (after > this.#words.words.length) return {
			word: at,
			message: args === 2 ? `${option} requires two args.` : `option "${option}" requires an argument`
		};
		const fault = open.take({
			option,
			value: args > 0 ? attached ?? this.#word(valueAt) : "",
			second: args > 1 ? this.#word(valueAt + 1) : "",
			invert: this.#bang >= 0,
			family: this.#context.family
		});
		if (fault === UNMODELLED) {
			if (slot !== this.#current) return {
				word: at,
				message: `unknown option "${option}"`
			};
			slot.open = void 0;
		} else if (fault !== void 0) return {
			word: args > 0 ? valueAt : at,
			message: fault
		};
		this.#bang = -1;
		return after;
	}
	/** The extension that has the option: the latest loaded one; else the protocol's match, which is loaded for it. */
	#ownerOf(option, at) {
		if (this.#current?.open?.argsOf(option) !== void 0) return this.#current;
		for (let k = this.#matches.length - 1; k >= 0; k -= 1) {
			const slot = this.#matches[k];
			if (slot?.open?.argsOf(option) !== void 0) return slot;
		}
		if ("open" in this.#target && this.#target.open?.argsOf(option) !== void 0) return this.#target;
		const implied = this.#impliedMatch();
		if (implied === void 0 || implied.open().argsOf(option) === void 0) return void 0;
		const from = this.#bang >= 0 ? this.#bang : at;
		this.#endSegment(from);
		return this.#openMatch(implied.name, implied, from);
	}
	#impliedMatch() {
		const implied = this.#head.protoInvert ? void 0 : PROTOCOL_MATCHES.get(this.#head.proto);
		return implied !== void 0 && this.#matches.some((slot) => slot.name === implied.name) ? void 0 : implied;
	}
	/** The one option whose name begins so. */
	#complete(stem) {
		if (stem.length < 3) return void 0;
		const found = /* @__PURE__ */ new Set();
		for (const [name, common] of COMMON_OPTIONS) {
			if (name === stem) return name;
			if (name.startsWith(stem) && name.length > 2) found.add(common);
		}
		for (const [name, letter] of this.#context.tool?.names ?? []) {
			if (name === stem) return name;
			if (name.startsWith(stem)) found.add(letter);
		}
		const names = ("open" in this.#target ? [...this.#matches, this.#target] : this.#matches).flatMap((slot) => slot.open?.optionNames ?? []);
		for (const name of [...names, ...this.#impliedMatch()?.open().optionNames ?? []]) {
			if (name === stem) return name;
			if (name.startsWith(stem)) found.add(name);
		}
		const [only, ...others] = found;
		return others.length === 0 ? only : void 0;
	}
	/** Whether the word begins something that is no option of an unknown extension. */
	#startsOption(at) {
		const word = this.#words.words[at];
		if (word === void 0 || this.#words.quoted[at] === true) return false;
		return COMMON_OPTIONS.has(word) || this.#context.tool?.letters.has(word) === true || this.#context.tool?.names.has(word) === true || word.startsWith("--") && this.#impliedMatch()?.open().argsOf(word) !== void 0;
	}
	/** Words from `at` on belong to something else than the extension read so far. */
	#endSegment(at) {
		if (this.#current !== void 0 && this.#current.to > at) this.#current.to = at;
		this.#current = void 0;
	}
	#rules() {
		const complaint = this.#head.complaint();
		if (complaint !== void 0) return err({
			word: 0,
			message: complaint
		});
		const variants = this.#head.variants();
		for (const slot of this.#matches) {
			const match = slot.open?.finish(this.#head) ?? {
				kind: "unknown-match",
				name: slot.name,
				text: this.#textOf(slot)
			};
			if (typeof match !== "object") return err({
				word: slot.from - 1,
				message: faultText(match, slot.name)
			});
			for (const matches of variants) matches.push(match);
		}
		const target = this.#finishTarget();
		if (typeof target !== "object" || "word" in target) return err(target);
		if (this.#lateFault !== void 0) return err(this.#lateFault);
		const counters = this.#counters;
		return ok(variants.map((matches) => counters === void 0 ? {
			matches,
			target
		} : {
			matches,
			target,
			counters
		}));
	}
	#finishTarget() {
		const slot = this.#target;
		if (!("open" in slot)) return slot;
		if (slot.open === void 0) {
			const text = this.#textOf(slot);
			if (text === "" && !OTHER_TARGETS.has(slot.name)) return {
				kind: "jump",
				chain: slot.name
			};
			return {
				kind: "unknown-target",
				name: slot.name,
				text
			};
		}
		const target = slot.open.finish(this.#head);
		return typeof target === "object" ? target : {
			word: slot.from - 1,
			message: faultText(target, slot.name)
		};
	}
	#textOf(slot) {
		const { text, starts } = this.#words;
		return text.slice(starts[slot.from] ?? text.length, starts[slot.to] ?? text.length).trimEnd();
	}
	#word(at) {
		return this.#words.words[at] ?? "";
	}
};
function faultText(fault, name) {
	return fault === UNMODELLED ? `${name}: option not supported` : fault;
}
// src/kernel/xtables.ts
const TABLE_NAMES = [
	"raw",
	"mangle",
	"nat",
	"filter",
	"security"
];
const HOOK_NAMES = [
	"PREROUTING",
	"INPUT",
	"FORWARD",
	"OUTPUT",
	"POSTROUTING"
];
/** The built-in chains of each table, in hook order. */
const BUILTIN_CHAINS = {
	raw: ["PREROUTING", "OUTPUT"],
	mangle: [
		"PREROUTING",
		"INPUT",
		"FORWARD",
		"OUTPUT",
		"POSTROUTING"
	],
	nat: [
		"PREROUTING",
		"INPUT",
		"OUTPUT",
		"POSTROUTING"
	],
	filter: [
		"INPUT",
		"FORWARD",
		"OUTPUT"
	],
	security: [
		"INPUT",
		"FORWARD",
		"OUTPUT"
	]
};
// src/formats/iptables/save-parser.ts
/** Reads a whole `iptables-save` text (also one written by hand for `iptables-restore`), line by line. */
const DONE = ok(void 0);
/** Takes lines one after the other; `tables` and `pending` are what came of them. */
var SaveParser = class {
	tables = [];
	/** Comment and blank lines since the last table. */
	pending = [];
	#family;
	#table;
	#chainNames = /* @__PURE__ */ new Set();
	constructor(family) {
		this.#family = family;
	}
	/** Inside a table: `COMMIT` has not come yet. */
	get isOpen() {
		return this.#table !== void 0;
	}
	line(line) {
		const first = line.charAt(0);
		if (this.#table === void 0) {
			if (first === "*") return this.#openTable(line.slice(1).trim());
			if (first !== "#" && line.trim() !== "") return fault(0, `expected "*table", got "${line}"`, line);
			this.pending.push(line);
			return DONE;
		}
		if (first === "-" || first === "[") return this.#ruleLine(line);
		if (first === ":") return this.#chainLine(line);
		if (line.trimEnd() === "COMMIT") {
			this.tables.push(this.#table);
			this.#table = void 0;
			return DONE;
		}
		return first === "#" || line.trim() === "" ? DONE : fault(0, `line failed: ${line}`, line);
	}
	#openTable(name) {
		const known = TABLE_NAMES.find((table) => table === name);
		if (known === void 0) return fault(1, `table '${name}' does not exist`, name);
		this.#table = {
			name: known,
			chains: /* @__PURE__ */ new Map(),
			before: this.pending
		};
		this.#chainNames = /* @__PURE__ */ new Set();
		this.pending = [];
		return DONE;
	}
	/** `:CHAIN POLICY [packets:bytes]` */
	#chainLine(line) {
		const match = /^:(\S+)\s+(\S+)(?:\s+\[(\d+):(\d+)\])?\s*$/.exec(line);
		if (match === null) return fault(0, `bad chain line: ${line}`, line);
		const [, name = "", policy = "", packets, bytes] = match;
		const added = this.#addChain(name, policy, line.indexOf(policy, name.length + 1));
		if (!added.ok) return added;
		if (packets !== void 0 && bytes !== void 0) {
			const chain = this.#table?.chains.get(name);
			if (chain !== void 0) chain.counters = {
				packets: Number(packets),
				bytes: Number(bytes)
			};
		}
		return DONE;
	}
	/** Declares a chain, or sets the policy of one. */
	#addChain(name, policy, policyAt) {
		const table = this.#table;
		if (table === void 0) return DONE;
		const chain = table.chains.get(name) ?? {
			name,
			rules: []
		};
		if (isBuiltin(table.name, name)) {
			if (policy !== "ACCEPT" && policy !== "DROP" && policy !== "-") return fault(policyAt, `Can't set policy \`${policy}' on \`${name}': bad policy name`, policy);
			if (policy !== "-") chain.policy = policy === "DROP" ? "drop" : "accept";
		} else if (policy !== "-") return fault(policyAt, `Can't set policy \`${policy}' on \`${name}': not a built-in chain`, policy);
		table.chains.set(name, chain);
		this.#chainNames.add(name);
		return DONE;
	}
	/** `[[packets:bytes]] -A CHAIN …`; also `-I CHAIN [number] …`, `-N CHAIN`, `-P CHAIN POLICY`. */
	#ruleLine(line) {
		const words = splitWords(line);
		if (words.unterminated) return wordFault(words, words.words.length - 1, "unterminated quote");
		const counters = parseCounters(words.words[0] ?? "");
		const command = counters === void 0 ? 0 : 1;
		const name = words.words[command + 1];
		if (name === void 0) return wordFault(words, command, `option "${words.words[command] ?? ""}" requires an argument`);
		let from = command + 2;
		let isInsert = false;
		let position = 1;
		switch (words.words[command] ?? "") {
			case "-A":
			case "--append": break;
			case "-I":
			case "--insert":
				isInsert = true;
				if (/^[1-9]\d*$/.test(words.words[from] ?? "")) {
					position = Number(words.words[from]);
					from += 1;
				}
				break;
			case "-N":
			case "--new-chain": return this.#addChain(name, "-", 0);
			case "-P":
			case "--policy": return this.#addChain(name, words.words[from] ?? "", words.starts[from] ?? line.length);
			default: return wordFault(words, command, `"${words.words[command]}" has no place in a saved rule set`);
		}
		const chain = this.#chainFor(name);
		if (chain === void 0) return wordFault(words, command + 1, `Chain '${name}' does not exist`);
		const rules = parseRuleWords(words, from, {
			family: this.#family,
			chains: this.#chainNames
		});
		if (!rules.ok) return wordFault(words, rules.error.word, rules.error.message);
		const counted = counters === void 0 ? rules.value : rules.value.map((rule) => ({
			...rule,
			counters
		}));
		if (isInsert) chain.rules.splice(position - 1, 0, ...counted);
		else for (const rule of counted) chain.rules.push(rule);
		return DONE;
	}
	/** A declared chain, or a built-in one that needs no declaration. */
	#chainFor(name) {
		const table = this.#table;
		if (table === void 0) return void 0;
		const declared = table.chains.get(name);
		if (declared !== void 0 || !isBuiltin(table.name, name)) return declared;
		this.#addChain(name, "-", 0);
		return table.chains.get(name);
	}
};
function isBuiltin(table, chain) {
	return BUILTIN_CHAINS[table].some((name) => name === chain);
}
function parseCounters(word) {
	const match = /^\[(\d+):(\d+)\]$/.exec(word);
	return match === null ? void 0 : {
		packets: Number(match[1]),
		bytes: Number(match[2])
	};
}
function wordFault(words, word, message) {
	return fault(words.starts[word] ?? words.text.length, message, words.words[word] ?? "");
}
function fault(at, message, token) {
	return err({
		at,
		message,
		token
	});
}
// src/formats/iptables-save.ts
/**
* iptables-save text: whole rule sets and single rules, parsed and printed. Printing gives the text of iptables-save
* 1.8.9; parsing also takes what a user types. What podwire does not model is kept word by word.
*/
/** Reads the output of iptables-save or ip6tables-save, or a file for iptables-restore. */
function parseIptablesSave(text, options) {
	const parser = new SaveParser(options.family);
	const file = options.file === void 0 ? {} : { file: options.file };
	let line = 1;
	for (let at = 0; at < text.length; line += 1) {
		const newline = text.indexOf("\n", at);
		const end = newline < 0 ? text.length : newline;
		const taken = parser.line(text.slice(at, end));
		if (!taken.ok) {
			const { at: column, message, token } = taken.error;
			return err({
				...file,
				line,
				column: column + 1,
				message,
				token
			});
		}
		at = end + 1;
	}
	if (parser.isOpen) return err({
		...file,
		line,
		column: 1,
		message: "COMMIT expected",
		token: ""
	});
	return ok({
		family: options.family,
		tables: parser.tables.map(savedTable),
		after: parser.pending
	});
}
/** As `parseRule`, but `-s a,b -d c,d` gives the rules for every pair, in the order in which iptables appends them. */
function parseRules(rule, family) {
	const words = typeof rule === "string" ? splitWords(rule) : wordsOf(rule);
	if (words.unterminated) return err({
		line: 1,
		column: words.text.length + 1,
		message: "unterminated quote",
		token: words.words.at(-1) ?? ""
	});
	const rules = parseRuleWords(words, 0, { family });
	if (rules.ok) return rules;
	const { word, message } = rules.error;
	return err({
		line: 1,
		column: (words.starts[word] ?? words.text.length) + 1,
		message,
		token: words.words[word] ?? ""
	});
}
/**
* The rule as iptables-save prints it: what stands after `-A CHAIN `, or with `chain` the whole line. With `counters`, they
* stand before the target, as `iptables -S -v` has it.
*/
function formatRule(rule, chain, options = {}) {
	const words = ruleWords(rule, options);
	return chain === void 0 ? words.slice(1) : `-A ${chain}${words}`;
}
/** The text of iptables-save for these tables, in the order given. */
function formatIptablesSave(tables, options = {}) {
	const { generated } = options;
	const before = generated === void 0 ? "" : `# Generated by ${generated.by} on ${generated.at}\n`;
	const after = generated === void 0 ? "" : `# Completed on ${generated.at}\n`;
	const counters = options.counters === true ? "all" : "none";
	return tables.map((table) => `${before}${tableText(table, counters)}${after}`).join("");
}
function tableText(table, counters) {
	let text = `*${table.name}\n`;
	for (const chain of table.chains) text += `:${chain.name} ${policyText(chain)} ${countersText(chain.counters)}\n`;
	for (const chain of table.chains) for (const rule of chain.rules) {
		if (counters === "all" || counters === "given" && rule.counters !== void 0) text += `${countersText(rule.counters)} `;
		text += `-A ${chain.name}${ruleWords(rule)}\n`;
	}
	return `${text}COMMIT\n`;
}
function policyText(chain) {
	return chain.policy === void 0 ? "-" : chain.policy.toUpperCase();
}
function countersText(counters) {
	return `[${counters?.packets ?? 0}:${counters?.bytes ?? 0}]`;
}
function savedTable(draft) {
	return {
		name: draft.name,
		chains: [...draft.chains.values()],
		before: draft.before
	};
}
// src/base/heap.ts
/** A binary min-heap ordered by `before`; equal items leave in an unspecified order, so compare on a sequence number too. */
var Heap = class {
	#items = [];
	#before;
	constructor(before) {
		this.#before = before;
	}
	get size() {
		return this.#items.length;
	}
	peek() {
		return this.#items[0];
	}
	push(item) {
		const items = this.#items;
		let at = items.length;
		items.push(item);
		while (at > 0) {
			const up = at - 1 >> 1;
			const parent = items[up];
			if (parent === void 0 || !this.#before(item, parent)) break;
			items[at] = parent;
			at = up;
		}
		items[at] = item;
	}
	pop() {
		const items = this.#items;
		const top = items[0];
		const last = items.pop();
		if (last === void 0 || items.length === 0) return top;
		let at = 0;
		for (;;) {
			let down = 2 * at + 1;
			let child = items[down];
			if (child === void 0) break;
			const right = items[down + 1];
			if (right !== void 0 && this.#before(right, child)) {
				down += 1;
				child = right;
			}
			if (!this.#before(child, last)) break;
			items[at] = child;
			at = down;
		}
		items[at] = last;
		return top;
	}
};
export { ipv4TotalLength as $, ETH_P_ARP as A, IP_MF as B, icmpId as C, icmpType as D, icmpSeq as E, ethType as F, ipv4Frag as G, fillIpv4Checksum as H, putEthernet as I, ipv4IsFragment as J, ipv4HeaderLength as K, setEthDst as L, ETH_P_IPV6 as M, ethDst as N, putIcmp as O, ethSrc as P, ipv4Tos as Q, setEthSrc as R, icmpCode as S, icmpRest as T, ipv4ChecksumIsValid as U, IP_OFFSET as V, ipv4Dst as W, ipv4Proto as X, ipv4IsValid as Y, ipv4Src as Z, tcpSeq as _, pseudoHeaderSum as _t, parseRules as a, setIpv4Tos as at, fillIcmpChecksum as b, TABLE_NAMES as c, get16 as ct, tcpAck as d, put16 as dt, ipv4Ttl as et, tcpChecksumIsValid as f, put32 as ft, tcpOptions as g, foldChecksum as gt, tcpHeaderLength as h, checksumReplace32 as ht, parseIptablesSave as i, setIpv4Src as it, ETH_P_IP as j, ETH_P_8021Q as k, buildTcpOptions as l, get32 as lt, tcpFlags as m, checksumReplace16 as mt, formatIptablesSave as n, putIpv4 as nt, BUILTIN_CHAINS as o, setIpv4TotalLength as ot, tcpDport as p, put48 as pt, ipv4Id as q, formatRule as r, setIpv4Dst as rt, HOOK_NAMES as s, setIpv4Ttl as st, Heap as t, ipv4Version as tt, putTcp as u, get48 as ut, tcpSport as v, sumBytes as vt, icmpIsError as w, icmpChecksumIsValid as x, tcpWindow as y, IP_DF as z };
