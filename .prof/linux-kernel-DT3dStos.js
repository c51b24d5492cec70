import { D as parseMac, E as parseIp, O as err, S as macText, T as networkOf, a as protocolName$1, f as addrBits, g as formatCidr, i as ICMP_TYPES, k as ok, m as familyOf, o as protocolNumber$1, r as ICMPV6_TYPES, s as servicePort, t as lastOfNet, u as utf8Encode, v as ipNum, w as maskedNum, y as ipText } from "./ip-range-CtI0Rk9m.js";
import { accessSync, closeSync, constants, mkdirSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { constants as constants$1 } from "node:os";
import koffi from "koffi";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
const SOCK_NONBLOCK = 2048;
const SOCK_CLOEXEC = 524288;
const lib = koffi.load("libc.so.6");
/** Every call gives -1 and sets errno on failure; ask `lastErrno()` before the next call. Pointers are byte arrays. */
const libc = {
	unshare: bind("int unshare(int flags)"),
	setns: bind("int setns(int fd, int nstype)"),
	socket: bind("int socket(int domain, int type, int protocol)"),
	bind: bind("int bind(int fd, const uint8_t *addr, uint32_t length)"),
	connect: bind("int connect(int fd, const uint8_t *addr, uint32_t length)"),
	listen: bind("int listen(int fd, int backlog)"),
	/** `addr` and `length` may be null. */
	accept4: bind("int accept4(int fd, _Out_ uint8_t *addr, _Inout_ uint32_t *length, int flags)"),
	getsockname: bind("int getsockname(int fd, _Out_ uint8_t *addr, _Inout_ uint32_t *length)"),
	getpeername: bind("int getpeername(int fd, _Out_ uint8_t *addr, _Inout_ uint32_t *length)"),
	setsockopt: bind("int setsockopt(int fd, int level, int name, const uint8_t *value, uint32_t length)"),
	getsockopt: bind("int getsockopt(int fd, int level, int name, _Out_ uint8_t *value, _Inout_ uint32_t *length)"),
	send: bind("int64_t send(int fd, const uint8_t *bytes, size_t length, int flags)"),
	sendto: bind("int64_t sendto(int fd, const uint8_t *bytes, size_t length, int flags, const uint8_t *addr, uint32_t addrlen)"),
	recv: bind("int64_t recv(int fd, _Out_ uint8_t *bytes, size_t length, int flags)"),
	shutdown: bind("int shutdown(int fd, int how)"),
	close: bind("int close(int fd)"),
	epoll_create1: bind("int epoll_create1(int flags)"),
	epoll_ctl: bind("int epoll_ctl(int epfd, int op, int fd, const uint8_t *event)"),
	epoll_wait: bind("int epoll_wait(int epfd, _Out_ uint8_t *events, int count, int timeoutMs)"),
	/** `header` is the address of a msghdr in memory that stays where it is (`NativeMemory`). */
	recvmsg: bind("int64_t recvmsg(int fd, void *header, int flags)"),
	recvmmsg: bind("int recvmmsg(int fd, void *headers, uint32_t count, int flags, void *timeout)"),
	ioctl: bind("int ioctl(int fd, unsigned long request, _Inout_ uint8_t *arg)"),
	lseek: bind("int64_t lseek(int fd, int64_t offset, int whence)"),
	flock: bind("int flock(int fd, int operation)"),
	clock_gettime: bind("int clock_gettime(int clock, _Out_ uint8_t *timespec)"),
	/** 0: there is none in this namespace. */
	if_nametoindex: bind("uint32_t if_nametoindex(const char *name)"),
	/** 0: there is none. Else it is the address of `name`, which takes 16 bytes. */
	if_indextoname: bind("uintptr_t if_indextoname(uint32_t ifindex, _Out_ uint8_t *name)"),
	mount: bind("int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data)"),
	umount2: bind("int umount2(const char *target, int flags)")
};
/** How many closes may be under way; the pool has fewer threads, and FFI refuses more than some dozens. */
const CLOSES_AT_ONCE = 16;
let closing = 0;
const toClose = [];
/** Closes on a thread of libuv's pool: for sockets whose close waits (AF_PACKET: 10 to 20 ms). Those that must wait their turn stay open until then. */
function closeLater(fd) {
	if (closing >= CLOSES_AT_ONCE) {
		toClose.push(fd);
		return;
	}
	closing += 1;
	closeAsync.async(fd, () => {
		closing -= 1;
		const next = toClose.shift();
		if (next !== void 0) closeLater(next);
	});
}
const closeAsync = lib.func("int close(int fd)");
/** The sentence of strerror(3). */
function errorText(errno) {
	const number = NUMBERS$1.get(errno);
	return number === void 0 ? errno : String(strerror$1(number));
}
const strerror$1 = lib.func("const char *strerror(int errnum)");
/** Memory whose address the kernel may keep: for structures with pointers in them. It lives as long as the process. */
var NativeMemory = class {
	address;
	bytes;
	view;
	constructor(lengthBytes) {
		this.address = BigInt(koffi.address(koffi.alloc("uint8_t", lengthBytes)));
		const buffer = koffi.view(this.address, lengthBytes);
		this.bytes = new Uint8Array(buffer);
		this.view = new DataView(buffer);
	}
};
/** A C function by its prototype. */
function bind(prototype) {
	const call = lib.func(prototype);
	return (...args) => Number(call(...args));
}
/** Node lacks some. */
const NUMBERS$1 = new Map([
	...Object.entries(constants$1.errno),
	["ENONET", 64],
	["EHOSTDOWN", 112]
]);
/** Of two names for a number the last one counts. */
const NAMES$1 = new Map([...NUMBERS$1, ["EAGAIN", constants$1.errno.EAGAIN]].map(([name, number]) => [number, name]));
/** The name of the errno that the last failed call set, e.g. `EEXIST`. */
function lastErrno() {
	return errnoName(koffi.errno());
}
/** `17` is `EEXIST`; an unknown number is itself. */
function errnoName(errno) {
	return NAMES$1.get(errno) ?? String(errno);
}
// src/formats/ipset/fault.ts
/** `Syntax error: …`. */
function syntax(message) {
	return {
		code: 1,
		message: `Syntax error: ${message}`
	};
}
/** As it is. */
function refusal$1(message) {
	return {
		code: 1,
		message
	};
}
function usage(message) {
	return {
		code: 2,
		message
	};
}
function isFault(value) {
	return "code" in value && "message" in value;
}
/** A number in decimal, hexadecimal or octal. */
function parseNumber(text, min, max) {
	const n = numberOf(text);
	if (n === void 0) return syntax(`'${text}' is invalid as number`);
	return n < min || n > max ? syntax(`'${text}' is out of range ${min}-${max}`) : n;
}
/** Up to 64 bits; larger ones lose their last digits. */
function numberOf(text) {
	const match = /^\s*([+-]?)(0x[0-9a-f]+|\d+)$/i.exec(text);
	const [, sign = "", digits = ""] = match ?? [];
	if (match === null) return void 0;
	const isOctal = /^0[0-7]+$/.test(digits);
	if (!isOctal && /^0\d/.test(digits)) return void 0;
	const n = isOctal ? Number.parseInt(digits, 8) : Number(digits);
	return sign === "-" ? -n : n;
}
// src/formats/ipset/ports.ts
const TCP = 6;
const ICMP = 1;
const ICMPV6 = 58;
const WITH_PORTS = [
	TCP,
	17,
	132,
	136
];
/** Names that iptables has and ipset has not. */
const NOT_HERE = /* @__PURE__ */ new Set([
	"any",
	"beyond-scope",
	"destination-unreachable",
	"failed-policy",
	"neighbor-advertisement",
	"neighbor-solicitation",
	"parameter-problem",
	"reject-route",
	"time-exceeded",
	"ttl-exceeded"
]);
const NAMES = ICMP_TYPES.filter(([name]) => !NOT_HERE.has(name) && name !== "redirect");
const NAMES6 = [
	...ICMPV6_TYPES.filter(([name]) => !NOT_HERE.has(name)),
	["neigbour-solicitation", 135],
	["neigbour-advertisement", 136]
];
/** `command` is the one being read, for what is said when a protocol does not go with the family. */
function parsePort(text, { family, command }) {
	const colon = text.indexOf(":");
	if (colon <= 0 || colon === text.length - 1) return tcpUdp(text, TCP, "tcp");
	const name = text.slice(0, colon);
	const rest = text.slice(colon + 1);
	const proto = parseProtocol(name);
	if (proto === void 0) return syntax(`cannot parse '${name}' as a protocol`);
	if (WITH_PORTS.includes(proto)) return tcpUdp(rest, proto, protocolName$1(proto));
	if (proto === ICMP || proto === ICMPV6) {
		const isOf = proto === ICMP ? "ipv4" : "ipv6";
		const label = proto === ICMP ? "ICMP" : "ICMPv6";
		if (family !== isOf) return syntax(`Protocol ${label} can be used with family ${isOf === "ipv4" ? "inet" : "inet6"} only\nInvalid ${command} command: missing setname`);
		return icmp(rest, proto, label);
	}
	if (numberOf(rest) !== 0) return syntax(`Protocol ${name} can be used with pseudo port value 0 only.`);
	return {
		kind: "port",
		proto,
		port: 0
	};
}
function formatPort({ proto, port, to }) {
	if (proto === ICMP || proto === ICMPV6) {
		const [type, code] = [port >> 8, port & 255];
		const known = (proto === ICMP ? NAMES : NAMES6).find(([, t, c]) => t === type && (c ?? 0) === code)?.[0];
		return `${protocolName$1(proto)}:${known?.replace(/^tos-/, "TOS-") ?? `${type}/${code}`}`;
	}
	return `${protocolName$1(proto)}:${port}${to === void 0 ? "" : `-${to}`}`;
}
/** A port or its name, or a range, of bitmap:port: the protocol only says where the name is looked up. */
function parsePlainPort(text) {
	const colon = text.indexOf(":");
	if (colon <= 0) return tcpUdp(text, TCP, "tcp");
	const name = text.slice(0, colon);
	const proto = parseProtocol(name);
	if (proto === void 0) return syntax(`cannot parse '${name}' as a protocol`);
	const part = tcpUdp(text.slice(colon + 1), proto, protocolName$1(proto));
	return isFault(part) ? part : {
		...part,
		proto: TCP
	};
}
function parseProtocol(name) {
	if (name.toLowerCase() === "icmpv6") return ICMPV6;
	const number = numberOf(name);
	if (number !== void 0) return number >= 0 && number <= 255 ? number : void 0;
	return protocolNumber$1(name);
}
function tcpUdp(text, proto, name) {
	const dash = text.indexOf("-", 1);
	const whole = dash > 0 ? onePort(text, name) : void 0;
	if (dash < 0 || typeof whole === "number") {
		const port = onePort(text, name);
		return typeof port === "number" ? {
			kind: "port",
			proto,
			port
		} : port;
	}
	const from = onePort(text.slice(0, dash), name);
	if (typeof from !== "number") return from;
	const to = onePort(text.slice(dash + 1), name);
	return typeof to === "number" ? {
		kind: "port",
		proto,
		port: from,
		to
	} : to;
}
function onePort(text, protocol) {
	const number = parseNumber(text, 0, 65535);
	if (typeof number === "number") return number;
	const named = servicePort(text);
	if (named !== void 0) return named;
	return refusal$1(`${number.message}\nSyntax error: '${protocol}' is invalid as number\ncannot parse '${text}' as a ${protocol} port`);
}
function icmp(text, proto, label) {
	const known = (proto === ICMP ? NAMES : NAMES6).find(([name]) => name === text.toLowerCase());
	if (known !== void 0) return {
		kind: "port",
		proto,
		port: known[1] * 256 + (known[2] ?? 0)
	};
	const slash = text.indexOf("/");
	if (slash < 0) return refusal$1(`Cannot parse ${text} as an ${label} type/code.`);
	const type = parseNumber(text.slice(0, slash), 0, 255);
	if (typeof type !== "number") return type;
	const code = parseNumber(text.slice(slash + 1), 0, 255);
	return typeof code === "number" ? {
		kind: "port",
		proto,
		port: type * 256 + code
	} : code;
}
// src/formats/ipset/element.ts
const MISSING = [
	"",
	"Second",
	"Third"
];
const SEPARATORS = [
	"Elem separator",
	"Two elem separators",
	"Three elem separators"
];
const SUPPORTED = [
	"none",
	"one",
	"two"
];
const IFACE_LENGTH = 15;
function parseElement(text, context) {
	const { type } = context;
	const { dims } = type;
	const words = text.split(",");
	if (words.length > dims.length) {
		const [many, few] = [SEPARATORS[dims.length - 1] ?? "", SUPPORTED[dims.length - 1] ?? ""];
		return syntax(`${many} in ${text}, but settype ${type.name} supports ${few}.`);
	}
	if (words.length < dims.length - type.optional) return syntax(`${MISSING[words.length] ?? ""} element is missing from ${text}.`);
	const empty = words.indexOf("");
	if (dims.length > 1 && empty >= 0) return syntax(`${MISSING[Math.max(1, empty)] ?? ""} element is missing from ${text}.`);
	const parts = [];
	for (const [at, word] of words.entries()) {
		const dim = dims[at];
		if (dim === void 0) break;
		const part = parsePart(word, dim, {
			...context,
			at
		});
		if (isFault(part)) return part;
		parts.push(part);
	}
	return checkRanges(parts, context) ?? parts;
}
/** As a listing has it. */
function formatElement(parts, { name }) {
	return parts.map((part) => name === "bitmap:port" && part.kind === "port" ? plainPort(part) : formatPart(part)).join(",");
}
function plainPort({ port, to }) {
	return to === void 0 ? String(port) : `${port}-${to}`;
}
function formatPart(part) {
	switch (part.kind) {
		case "ip":
			if (part.to !== void 0) return `${part.addr}-${part.to}`;
			return part.prefix === void 0 || part.prefix === addrBits(part.addr) ? part.addr : `${part.addr}/${part.prefix}`;
		case "port": return formatPort(part);
		case "mac": return part.mac.toUpperCase();
		case "mark": return `0x${part.mark.toString(16).padStart(8, "0")}`;
		case "iface": return `${part.physdev === true ? "physdev:" : ""}${part.iface}`;
		case "set": return part.set;
	}
}
function parsePart(word, dim, context) {
	const { type, at } = context;
	switch (dim) {
		case "ip": return parseAddress(word, context, {
			range: at === 0 && type.optional === 0,
			net: false
		});
		case "net": return parseAddress(word, context, {
			range: true,
			net: true
		});
		case "port": return type.name === "bitmap:port" ? parsePlainPort(word) : parsePort(word, context);
		case "mac": {
			const mac = parseMac(word);
			return mac.ok ? {
				kind: "mac",
				mac: mac.value
			} : syntax(`cannot parse '${word}' as ethernet address`);
		}
		case "mark": {
			const mark = parseNumber(word, 0, 4294967295);
			return typeof mark === "number" ? {
				kind: "mark",
				mark
			} : mark;
		}
		case "iface": {
			const physdev = word.startsWith("physdev:");
			const iface = physdev ? word.slice(8) : word;
			if (iface.length > IFACE_LENGTH) return syntax(`interface name '${iface}' is longer than ${IFACE_LENGTH} characters`);
			return {
				kind: "iface",
				iface,
				...physdev ? { physdev } : {}
			};
		}
		case "set": return {
			kind: "set",
			set: word
		};
	}
}
/** An address; for IPv4 also with a prefix length or as a range where that goes. */
function parseAddress(word, context, may) {
	const { family } = context;
	const bits = family === "ipv4" ? 32 : 128;
	const slash = word.indexOf("/");
	if (slash >= 0) {
		const prefix = parseNumber(word.slice(slash + 1), 0, bits);
		if (typeof prefix !== "number") return prefix;
		if ((family === "ipv4" ? !may.range : !may.net) && prefix !== bits) return syntax(`plain IP address must be supplied: ${word}`);
		const addr = resolved(word.slice(0, slash), context);
		if (isFault(addr)) return addr;
		return {
			kind: "ip",
			addr: addr.addr,
			...prefix === bits ? {} : { prefix }
		};
	}
	const dash = word.indexOf("-");
	if (dash > 0 && dash < word.length - 1) {
		if (family === "ipv6" && may.net) return syntax(`IP address or IP/cidr must be specified: ${word}`);
		if (family === "ipv6" || !may.range) return syntax(`plain IP address must be supplied: ${word}`);
		const from = resolved(word.slice(0, dash), context);
		if (isFault(from)) return from;
		const to = resolved(word.slice(dash + 1), context);
		return isFault(to) ? to : {
			kind: "ip",
			addr: from.addr,
			to: to.addr
		};
	}
	const addr = resolved(word, context);
	return isFault(addr) ? addr : {
		kind: "ip",
		addr: addr.addr
	};
}
function resolved(text, { family, resolve }) {
	const found = (family === "ipv4" ? inetAton(text) : ipv6(text)) ?? resolve?.(text, family);
	if (found !== void 0) return { addr: found };
	return syntax(`cannot parse ${text}: resolving to ${family === "ipv4" ? "IPv4" : "IPv6"} address failed`);
}
function ipv6(text) {
	const parsed = parseIp(text);
	return parsed.ok && parsed.value.includes(":") ? parsed.value : void 0;
}
/** One to four numbers, decimal, octal or hexadecimal; the last takes what is left of the 32 bits. */
function inetAton(text) {
	const words = text.split(".");
	if (words.length > 4) return void 0;
	let n = 0;
	for (const [at, word] of words.entries()) {
		if (!/^(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i.test(word)) return void 0;
		const value = /^0[0-7]+$/.test(word) ? Number.parseInt(word, 8) : Number(word);
		const room = at === words.length - 1 ? 256 ** (5 - words.length) : 256;
		if (value >= room) return void 0;
		n = n * room + value;
	}
	return ipText(n);
}
/** `test` and some types take one element only. */
function checkRanges(parts, { type, family, command }) {
	const which = family === "ipv4" ? "inet" : "inet6";
	if (!(command === "test" || type.name === "hash:ip,mac")) return void 0;
	const not = (what) => refusal$1(`${what} is not allowed in command ${command} with set type ${type.name} and family ${which}`);
	for (const [at, part] of parts.entries()) {
		if (part.kind === "port" && part.to !== void 0) return not("FROM-TO port range");
		if (part.kind !== "ip") continue;
		if (part.to !== void 0) return not("FROM-TO IP range");
		if (part.prefix !== void 0 && type.dims[at] === "ip" && !type.testsNets) return not("IP/CIDR range");
	}
}
// src/formats/ipset/options.ts
/** The options of `create`, and what is said about an element, read and printed as ipset 7.17 does. */
const U32 = 4294967295;
/** Seconds that fit into the kernel's clock. */
const MAX_TIMEOUT = 2147483;
const NUMBERS = {
	hashsize: U32,
	maxelem: U32,
	bucketsize: 255,
	initval: U32,
	markmask: U32,
	size: U32,
	timeout: MAX_TIMEOUT
};
const FLAGS$1 = [
	"counters",
	"comment",
	"skbinfo",
	"forceadd"
];
/** The words after the type's name. */
function parseCreateOptions(words, type) {
	const options = {};
	const seen = /* @__PURE__ */ new Set();
	let family;
	let [from, to] = [];
	for (let at = 0; at < words.length; at += 1) {
		const typed = words[at] ?? "";
		const word = typed.replace(/^--?(?=[a-z])/, "");
		const known = optionOf(word, type);
		if (known === void 0) return usage(`Unknown argument: \`${typed}'`);
		if (known === "flag") {
			if (word === "-4" || word === "-6") {
				if (seen.has("family")) return syntax(`${word} already specified`);
				seen.add("family");
				family = word === "-4" ? "ipv4" : "ipv6";
			} else setFlag(options, word);
			continue;
		}
		at += 1;
		const value = words[at];
		if (value === void 0) return usage(`Missing mandatory argument of option \`${word}'`);
		if (seen.has(known)) return syntax(`${word} already specified`);
		seen.add(known);
		if (word === "from") from = value;
		else if (word === "to") to = value;
		else if (known === "family") {
			const parsed = parseFamily(value);
			if (typeof parsed !== "string") return parsed;
			family = parsed;
		} else {
			const fault = setOption(options, known, {
				word,
				value,
				family: family ?? "ipv4",
				type
			});
			if (fault !== void 0) return fault;
		}
	}
	if (from !== void 0 && to !== void 0) {
		const fault = setRange(options, `${from}-${to}`, type);
		if (fault !== void 0) return fault;
	}
	if (options.netmask !== void 0 && options.bitmask !== void 0) return syntax("bitmask and netmask are mutually exclusive, provide only one");
	if (type.create.includes("range") && options.range === void 0 && options.portRange === void 0) return usage("Mandatory option `range' is missing");
	return {
		...family === void 0 ? {} : { family },
		options
	};
}
/** Without a leading space. */
function formatCreateOptions({ family, options = {} }, type) {
	return type.create.flatMap((word) => formatOption(word, family ?? "ipv4", options)).join(" ");
}
/** One option's words; none when it is not set. */
function formatOption(word, family, options) {
	switch (word) {
		case "family": return [`family ${family === "ipv4" ? "inet" : "inet6"}`];
		case "range":
			if (options.portRange !== void 0) return [`range ${options.portRange.from}-${options.portRange.to}`];
			return options.range === void 0 ? [] : [`range ${options.range.from}-${options.range.to}`];
		case "forceadd": return [];
		case "counters":
		case "comment":
		case "skbinfo": return options[word] === true ? [word] : [];
		case "initval":
		case "markmask": {
			const value = options[word];
			return value === void 0 ? [] : [`${word} 0x${value.toString(16).padStart(8, "0")}`];
		}
		case "hashsize":
		case "maxelem":
		case "bucketsize":
		case "netmask":
		case "bitmask":
		case "size":
		case "timeout": {
			const value = options[word];
			return value === void 0 ? [] : [`${word} ${value}`];
		}
	}
}
/** `family`, `timeout`, … for an option with a value, `flag` for one without. */
function optionOf(word, type) {
	if (word === "-4" || word === "-6") return type.create.includes("family") ? "flag" : void 0;
	if (word === "from" || word === "to") return type.create.includes("range") ? word : void 0;
	if (!type.create.some((known) => known === word)) return void 0;
	return FLAGS$1.includes(word) ? "flag" : word;
}
function setFlag(options, word) {
	if (word === "counters") options.counters = true;
	else if (word === "comment") options.comment = true;
	else if (word === "skbinfo") options.skbinfo = true;
	else options.forceadd = true;
}
function parseFamily(value) {
	if (value === "inet" || value === "ipv4" || value === "-4") return "ipv4";
	if (value === "inet6" || value === "ipv6" || value === "-6") return "ipv6";
	if (value === "any" || value === "unspec") return refusal$1("Protocol family not supported by the set type");
	return syntax(`unknown inet family ${value}`);
}
function setOption(options, known, { word, value, family, type }) {
	if (known === "range") return setRange(options, value, type);
	if (known === "netmask") {
		const max = family === "ipv4" ? 32 : 128;
		const number = parseNumber(value, 1, max);
		if (typeof number !== "number") return refusal$1(`${number.message}\nSyntax error: netmask is out of the inclusive range of 1-${max}`);
		options.netmask = number;
		return;
	}
	if (known === "bitmask") {
		const mask = parseAddress(value, { family }, {
			range: false,
			net: false
		});
		if (isFault(mask)) return mask;
		options.bitmask = mask.addr;
		return;
	}
	const number = parseNumber(value, 0, NUMBERS[word] ?? U32);
	if (typeof number !== "number") return number;
	switch (known) {
		case "hashsize":
		case "maxelem":
		case "bucketsize":
		case "initval":
		case "markmask":
		case "size":
		case "timeout": options[known] = number;
	}
}
function setRange(options, value, type) {
	if (type.name === "bitmap:port") {
		const part = parsePlainPort(value);
		if (isFault(part)) return part;
		if (part.to === void 0) return usage("Mandatory option `to' is missing");
		options.portRange = {
			from: part.port,
			to: part.to
		};
		return;
	}
	if (!/[/-]/.test(value)) return syntax(`IP/cidr or IP-IP range must be specified: ${value}`);
	const part = parseAddress(value, { family: "ipv4" }, {
		range: true,
		net: true
	});
	if (isFault(part)) return part;
	if (part.to !== void 0) {
		options.range = {
			from: part.addr,
			to: part.to
		};
		return;
	}
	if (part.prefix === void 0 || part.prefix === 0) return refusal$1("The value of the CIDR parameter of the IP address is invalid");
	const first = Number(maskedNum(ipNum(part.addr), part.prefix));
	options.range = {
		from: ipText(first),
		to: ipText(lastOfNet(first, part.prefix))
	};
}
const MAX_COUNTER = "18446744073709551614";
const COMMENT_LENGTH = 255;
/** The words after an element. */
function parseMemberOptions(words, type, command) {
	const draft = {};
	const seen = /* @__PURE__ */ new Set();
	for (let at = 0; at < words.length; at += 1) {
		const typed = words[at] ?? "";
		const word = typed.replace(/^--?(?=[a-z])/, "");
		if (!takes(word, type, command)) return usage(`Unknown argument: \`${typed}'`);
		if (word === "nomatch") draft.nomatch = true;
		else if (word === "wildcard") draft.wildcard = true;
		else {
			at += 1;
			const value = words[at];
			if (value === void 0) return usage(`Missing mandatory argument of option \`${word}'`);
			if (seen.has(word)) return syntax(`${word} already specified`);
			seen.add(word);
			const fault = setMemberOption(draft, word, value);
			if (fault !== void 0) return fault;
		}
	}
	return draft;
}
function takes(word, type, command) {
	if (word === "before" || word === "after") return type.name === "list:set";
	if (word === "nomatch") return type.nomatch && command !== "del";
	if (command !== "add") return false;
	if (word === "wildcard") return type.dims.includes("iface");
	return [
		"timeout",
		"packets",
		"bytes",
		"comment",
		"skbmark",
		"skbprio",
		"skbqueue"
	].includes(word);
}
function setMemberOption(draft, word, value) {
	switch (word) {
		case "before":
			draft.before = value;
			return;
		case "after":
			draft.after = value;
			return;
		case "comment":
			if (value.includes("\"")) return syntax("\" character is not permitted in comments");
			if (utf8Encode(value).length > COMMENT_LENGTH) return syntax(`Comment is longer than the maximum allowed ${COMMENT_LENGTH} characters`);
			draft.comment = value;
			return;
		case "skbmark": {
			const match = /^0x([0-9a-f]+)(?:\/0x([0-9a-f]+))?$/i.exec(value);
			if (match === null) return syntax("Invalid skbmark format, it should be:  MARK/MASK or MARK (see manpage)");
			const mask = match[2] === void 0 ? U32 : Number.parseInt(match[2], 16);
			draft.skbmark = {
				mark: Number.parseInt(match[1] ?? "0", 16),
				mask
			};
			return;
		}
		case "skbprio": {
			const match = /^([0-9a-f]+):([0-9a-f]+)$/i.exec(value);
			if (match === null) return syntax("Invalid skbprio format, it should be:MAJOR:MINOR (see manpage)");
			draft.skbprio = {
				major: Number.parseInt(match[1] ?? "0", 16),
				minor: Number.parseInt(match[2] ?? "0", 16)
			};
			return;
		}
		default: return setNumber(draft, word, value);
	}
}
function setNumber(draft, word, value) {
	const isCounter = word === "packets" || word === "bytes";
	const number = isCounter ? parseNumber(value, 0, Number.MAX_VALUE) : parseNumber(value, 0, word === "timeout" ? MAX_TIMEOUT : 65535);
	if (typeof number !== "number") return number;
	if (isCounter && /^\d+$/.test(value) && BigInt(value) > BigInt(MAX_COUNTER)) return syntax(`'${value}' is out of range 0-${MAX_COUNTER}`);
	if (word === "timeout") draft.timeout = number;
	else if (word === "packets") draft.packets = number;
	else if (word === "bytes") draft.bytes = number;
	else draft.skbqueue = number;
}
/** Each with a space before it, in the order of a listing. */
function formatMemberOptions(member) {
	const { timeout, packets, bytes, comment, skbmark, skbprio, skbqueue } = member;
	return [
		timeout === void 0 ? "" : ` timeout ${timeout}`,
		member.nomatch === true ? " nomatch" : "",
		member.wildcard === true ? " wildcard" : "",
		packets === void 0 ? "" : ` packets ${packets}`,
		bytes === void 0 ? "" : ` bytes ${bytes}`,
		comment === void 0 || comment === "" ? "" : ` comment "${comment}"`,
		skbmark === void 0 ? "" : ` skbmark ${formatSkbmark(skbmark)}`,
		skbprio === void 0 ? "" : ` skbprio ${skbprio.major.toString(16)}:${skbprio.minor.toString(16)}`,
		skbqueue === void 0 ? "" : ` skbqueue ${skbqueue}`,
		member.before === void 0 ? "" : ` before ${member.before}`,
		member.after === void 0 ? "" : ` after ${member.after}`
	].join("");
}
function formatSkbmark({ mark, mask }) {
	return mask === U32 ? `0x${mark.toString(16)}` : `0x${mark.toString(16)}/0x${mask.toString(16)}`;
}
// src/formats/ipset/command.ts
/** The words of a line of a restore file: quotes hold spaces. A quote that is not closed ends the line. */
function wordsOfLine(line) {
	const words = [];
	let rest = line.trim();
	while (rest !== "") {
		if (rest.startsWith("\"")) {
			const end = rest.indexOf("\"", 1);
			if (end < 0) return words;
			words.push(rest.slice(1, end));
			rest = rest.slice(end + 1).trimStart();
			continue;
		}
		const [word = ""] = /^\S+/.exec(rest) ?? [];
		words.push(word);
		rest = rest.slice(word.length).trimStart();
	}
	return words;
}
// src/formats/ipset/types.ts
const EXTENSIONS = [
	"timeout",
	"counters",
	"comment",
	"forceadd",
	"skbinfo"
];
const HASH = [
	"hashsize",
	"maxelem",
	...EXTENSIONS,
	"bucketsize",
	"initval"
];
const BITMAP = [
	"timeout",
	"counters",
	"comment",
	"skbinfo"
];
/** In the order of `ipset help`. */
const TYPE_SYNTAX = [
	{
		...base("list:set", ["set"]),
		create: ["size", ...BITMAP]
	},
	{
		...base("hash:mac", ["mac"]),
		create: HASH
	},
	{
		...base("hash:ip,mac", ["ip", "mac"]),
		create: ["family", ...HASH]
	},
	{
		...base("hash:net,iface", ["net", "iface"]),
		create: ["family", ...HASH]
	},
	{
		...base("hash:net,port", ["net", "port"]),
		create: ["family", ...HASH]
	},
	{
		...base("hash:net,port,net", [
			"net",
			"port",
			"net"
		]),
		create: ["family", ...HASH]
	},
	{
		...base("hash:net,net", ["net", "net"]),
		create: [
			"family",
			...HASH,
			"bitmask",
			"netmask"
		]
	},
	{
		...base("hash:net", ["net"]),
		create: ["family", ...HASH]
	},
	{
		...base("hash:ip,port,net", [
			"ip",
			"port",
			"net"
		]),
		create: ["family", ...HASH]
	},
	{
		...base("hash:ip,port,ip", [
			"ip",
			"port",
			"ip"
		]),
		create: ["family", ...HASH]
	},
	{
		...base("hash:ip,mark", ["ip", "mark"]),
		create: [
			"family",
			"markmask",
			...HASH
		]
	},
	{
		...base("hash:ip,port", ["ip", "port"]),
		create: [
			"family",
			...HASH,
			"netmask",
			"bitmask"
		]
	},
	{
		...base("hash:ip", ["ip"]),
		testsNets: true,
		create: [
			"family",
			"hashsize",
			"maxelem",
			"netmask",
			"bitmask",
			...EXTENSIONS,
			"bucketsize",
			"initval"
		]
	},
	{
		...base("bitmap:port", ["port"]),
		create: ["range", ...BITMAP]
	},
	{
		...base("bitmap:ip,mac", ["ip", "mac"]),
		optional: 1,
		create: ["range", ...BITMAP]
	},
	{
		...base("bitmap:ip", ["ip"]),
		testsNets: true,
		create: [
			"range",
			"netmask",
			...BITMAP
		]
	}
];
function base(name, dims) {
	return {
		name,
		dims,
		optional: 0,
		nomatch: dims.includes("net"),
		testsNets: false
	};
}
/** Names of before version 5. */
const OLD_NAMES = {
	iphash: "hash:ip",
	nethash: "hash:net",
	ipporthash: "hash:ip,port",
	ipportiphash: "hash:ip,port,ip",
	ipportnethash: "hash:ip,port,net",
	ipmap: "bitmap:ip",
	macipmap: "bitmap:ip,mac",
	portmap: "bitmap:port",
	setlist: "list:set"
};
function typeSyntax(name) {
	const wanted = OLD_NAMES[name] ?? name;
	return TYPE_SYNTAX.find((type) => type.name === wanted);
}
function syntaxOf(name) {
	const found = typeSyntax(name);
	if (found === void 0) throw new Error(`no set type ${name}`);
	return found;
}
// src/formats/ipset/parse-listing.ts
/** Reading what `ipset list` and `ipset save` print. */
/** `ipset list` with elements, in the plain form. */
function parseIpSetList(text) {
	const sets = [];
	const lines = text.split("\n");
	for (let at = 0; at < lines.length;) {
		if (lines[at] === "") {
			at += 1;
			continue;
		}
		const failed = (message) => err({
			line: at + 1,
			message
		});
		const fields = /* @__PURE__ */ new Map();
		for (; at < lines.length && lines[at] !== "" && lines[at] !== "Members:"; at += 1) {
			const line = lines[at] ?? "";
			const colon = line.indexOf(": ");
			if (colon < 0) return failed("Name, Type, Header and so on expected");
			fields.set(line.slice(0, colon), line.slice(colon + 2));
		}
		const made = openSet(fields.get("Name") ?? "", fields.get("Type") ?? "", (fields.get("Header") ?? "").split(" "));
		if (typeof made === "string") return failed(made);
		if (lines[at] === "Members:") at += 1;
		for (; at < lines.length && lines[at] !== ""; at += 1) {
			const [element = "", ...rest] = wordsOfLine(lines[at] ?? "");
			const member = parseMember(element, rest, made);
			if (typeof member === "string") return failed(member);
			made.entries.push(member);
		}
		const number = (name) => Number(fields.get(name) ?? 0);
		const header = {
			revision: number("Revision"),
			memoryBytes: number("Size in memory"),
			references: number("References"),
			entries: number("Number of entries")
		};
		sets.push({
			...made.set,
			entries: made.entries,
			header
		});
	}
	return ok(sets);
}
function openSet(name, typeName, words) {
	const type = typeSyntax(typeName);
	if (type === void 0) return `Syntax error: typename '${typeName}' is unknown`;
	const parsed = parseCreateOptions(words.filter((word) => word !== ""), type);
	if (isFault(parsed)) return parsed.message;
	const family = parsed.family ?? (type.name.startsWith("bitmap:ip") ? "ipv4" : void 0);
	return {
		set: {
			kind: "ipset",
			name,
			type: type.name,
			...family === void 0 ? {} : { family },
			options: parsed.options
		},
		type,
		family: family ?? "ipv4",
		entries: []
	};
}
function parseMember(element, rest, { type, family }) {
	const parts = parseElement(element, {
		type,
		family,
		command: "add"
	});
	if (isFault(parts)) return parts.message;
	const said = parseMemberOptions(rest, type, "add");
	return isFault(said) ? said.message : {
		parts,
		...said
	};
}
// src/linux/program.ts
/** Programs run inside a namespace: argument arrays, text by stdin, never a shell. */
const MAX_OUTPUT_BYTES = 1 << 30;
const { PATH = "" } = process.env;
/** Debian keeps the network's tools where only root's PATH leads. */
const PROGRAM_PATH = `${PATH}:/usr/sbin:/sbin:/usr/bin:/bin`;
/** Runs a program to its end with `input` as its stdin. */
function runProgram(netns, argv, input = "") {
	const [program, ...args] = argv;
	const { status, stdout, stderr, error, signal } = netns.run(() => spawnSync(program, args, {
		input,
		encoding: "utf8",
		maxBuffer: MAX_OUTPUT_BYTES,
		env: {
			...process.env,
			PATH: PROGRAM_PATH,
			LC_ALL: "C"
		}
	}));
	if (status === null && signal === null) return {
		code: -1,
		out: "",
		err: `${program}: ${error?.message ?? "not run"}`,
		missing: true
	};
	if (status === null) return {
		code: -1,
		out: stdout,
		err: `${stderr}${program}: ended by ${signal}`
	};
	return {
		code: status,
		out: stdout,
		err: stderr
	};
}
/** The words of strerror for the port's errors. */
const STRERROR = {
	"File exists": "EEXIST",
	"No such file or directory": "ENOENT",
	"No such process": "ESRCH",
	"No such device": "ENODEV",
	"Invalid argument": "EINVAL",
	"Device or resource busy": "EBUSY",
	"Directory not empty": "EBUSY",
	"Operation not supported": "EOPNOTSUPP",
	"Operation not permitted": "EPERM",
	"Permission denied": "EACCES",
	"Too many levels of symbolic links": "ELOOP",
	"Too many links": "EMLINK",
	"File name too long": "ENAMETOOLONG",
	"Numerical result out of range": "ERANGE"
};
/** The error that a tool's message names in strerror's words. */
function errnoIn(message) {
	return Object.entries(STRERROR).find(([words]) => message.includes(words))?.[1];
}
// src/linux/ipset.ts
/**
* ipsets of the real kernel, by `ipset restore` and `ipset list`. What the tool is given is built here word by word, and words
* that would not be one word in its input are refused.
*/
const IPSET = "ipset";
/** Stands in for a set while its new contents are put together. */
const SCRATCH_SET = "podwire-scratch";
const ipSetDriver = {
	kinds: ["ipset", "ipset-entry"],
	apply(netns, ops, { undoable }) {
		const before = ops.length > 1 || undoable ? remember(netns, touched(ops)) : /* @__PURE__ */ new Map();
		const done = carryOut(netns, ops);
		const undo = () => putBack(netns, before);
		if (done.ok) return ok(undo);
		undo();
		return done;
	},
	dump(netns, kind) {
		return kind === "ipset" ? listSets(netns, []) : ok([]);
	}
};
/** `ipset test`. */
function testLinuxIpSet(netns, set, member) {
	const found = listSets(netns, [set]);
	if (!found.ok) return found;
	const [known] = found.value;
	if (known?.type === void 0) return failed$1("The set with the given name does not exist", -1);
	const nomatch = member.nomatch === true ? ["nomatch"] : [];
	const { code, err: stderr } = runIpSet(netns, ["test", ...[
		set,
		formatElement(member.parts, { name: known.type }),
		...nomatch
	]], "");
	if (code === 0) return ok(true);
	return stderr.includes(" is NOT in set ") ? ok(false) : failed$1(messageOf(stderr), -1);
}
function carryOut(netns, ops) {
	const types = /* @__PURE__ */ new Map();
	const listed = listSets(netns, ["-t"]);
	if (!listed.ok) return listed;
	for (const { name, type } of listed.value) types.set(name, type);
	const lines = [];
	for (const { index, op } of ops) {
		const { object, verb } = op;
		if (object.kind !== "ipset" && object.kind !== "ipset-entry") continue;
		const made = object.kind === "ipset" ? setLines(object, verb, types) : entryLines(object, verb, types);
		if (!made.ok) return failed$1(made.error, index);
		const exist = object.kind === "ipset-entry" && (verb === "replace" || object.ifPresent === true);
		for (const text of made.value) {
			if (/[\n\r\0]/.test(text)) return failed$1("Syntax error: a line break in a word", index);
			lines.push({
				text,
				op: index,
				exist
			});
		}
	}
	return restoreLines(netns, lines);
}
/** Runs of lines that are alike in `exist`, one process each. */
function restoreLines(netns, lines) {
	for (let from = 0; from < lines.length;) {
		const exist = lines[from]?.exist === true;
		let to = from;
		while (to < lines.length && lines[to]?.exist === exist) to += 1;
		const run = lines.slice(from, to);
		const { code, err: stderr } = runIpSet(netns, exist ? ["-exist", "restore"] : ["restore"], `${run.map(({ text }) => text).join("\n")}\n`);
		if (code !== 0) {
			const number = /Error in line (\d+): /.exec(stderr)?.[1];
			const line = number === void 0 ? void 0 : run[Number(number) - 1];
			return failed$1(messageOf(stderr), line?.op ?? run[0]?.op ?? -1);
		}
		from = to;
	}
	return ok(void 0);
}
function setLines(set, verb, types) {
	const name = word(set.name);
	if (name === void 0) return err(`Syntax error: bad set name ${JSON.stringify(set.name)}`);
	if (verb === "delete") {
		types.delete(set.name);
		return ok([`destroy ${name}`]);
	}
	if (set.newName !== void 0 || set.swapWith !== void 0) {
		const other = word(set.newName ?? set.swapWith ?? "");
		if (other === void 0) return err("Syntax error: bad set name");
		if (set.newName !== void 0) {
			types.set(set.newName, types.get(set.name));
			types.delete(set.name);
		}
		return ok([`${set.newName === void 0 ? "swap" : "rename"} ${name} ${other}`]);
	}
	const isThere = types.has(set.name);
	const type = set.type ?? types.get(set.name);
	if (type === void 0) return err("The set with the given name does not exist");
	if (verb === "replace" && isThere) {
		if (set.entries === void 0) return ok([]);
		if (set.entries.length === 0) return ok([`flush ${name}`]);
		const lines = contents({
			...set,
			type
		}, SCRATCH_SET);
		return lines.ok ? ok([
			...lines.value,
			`swap ${SCRATCH_SET} ${name}`,
			`destroy ${SCRATCH_SET}`
		]) : lines;
	}
	types.set(set.name, type);
	return contents({
		...set,
		type
	}, name);
}
/** `create` and `add` lines. */
function contents(set, name) {
	const type = syntaxOf(set.type);
	const options = formatCreateOptions(set, type);
	const lines = [`create ${name} ${type.name} ${options}${set.options?.forceadd === true ? " forceadd" : ""}`];
	for (const member of set.entries ?? []) {
		const text = memberText(member, set.type);
		if (text === void 0) return err("Syntax error: bad element");
		lines.push(`add ${name} ${text}`);
	}
	return ok(lines);
}
function entryLines(entry, verb, types) {
	const type = types.get(entry.set);
	const name = word(entry.set);
	if (type === void 0 || name === void 0) return err("The set with the given name does not exist");
	const { before, after, parts } = entry;
	const text = memberText(verb === "delete" ? {
		parts,
		...before === void 0 ? {} : { before },
		...after === void 0 ? {} : { after }
	} : entry, type);
	if (text === void 0) return err("Syntax error: bad element");
	return ok([`${verb === "delete" ? "del" : "add"} ${name} ${text}`]);
}
function memberText(member, type) {
	const element = word(formatElement(member.parts, { name: type }));
	const beside = [member.before, member.after].every((name) => name === void 0 || word(name) !== void 0);
	if (element === void 0 || !beside || member.comment?.includes("\"") === true) return void 0;
	return `${element}${formatMemberOptions(member)}`;
}
/** Undefined: the tool would not take it for one word. */
function word(text) {
	return /^[^\s"#-][^\s"]*$/.test(text) ? text : void 0;
}
/** The names that operations are about. */
function touched(ops) {
	const names = /* @__PURE__ */ new Set();
	for (const { object } of ops.map(({ op }) => op)) {
		if (object.kind === "ipset-entry") names.add(object.set);
		if (object.kind !== "ipset") continue;
		for (const name of [
			object.name,
			object.newName,
			object.swapWith
		]) if (name !== void 0) names.add(name);
	}
	return names;
}
/** The sets as they are; undefined: there is none of the name. */
function remember(netns, names) {
	const listed = listSets(netns, []);
	const sets = listed.ok ? listed.value : [];
	return new Map([...names].map((name) => [name, sets.find((set) => set.name === name)]));
}
/** Best effort: contents come back by a swap, so that what refers to a set goes on referring to it. */
function putBack(netns, before) {
	runIpSet(netns, [
		"-q",
		"destroy",
		SCRATCH_SET
	], "");
	const listed = listSets(netns, ["-t"]);
	const now = new Map((listed.ok ? listed.value : []).map((set) => [set.name, set]));
	for (const [name, set] of before) {
		const there = now.get(name);
		if (set === void 0) {
			if (there !== void 0) runIpSet(netns, [
				"-q",
				"destroy",
				name
			], "");
			continue;
		}
		const isSame = there?.type === set.type && there?.family === set.family;
		if (there !== void 0 && !isSame) runIpSet(netns, [
			"-q",
			"destroy",
			name
		], "");
		const made = set.type === void 0 ? void 0 : contents({
			...set,
			type: set.type
		}, isSame ? SCRATCH_SET : name);
		if (made?.ok !== true) continue;
		const after = isSame ? [`swap ${SCRATCH_SET} ${name}`, `destroy ${SCRATCH_SET}`] : [];
		runIpSet(netns, ["restore"], `${[...made.value, ...after].join("\n")}\n`);
	}
}
function listSets(netns, args) {
	const { code, out: stdout, err: stderr } = runIpSet(netns, ["list", ...args], "");
	if (code !== 0) return failed$1(messageOf(stderr), -1);
	const parsed = parseIpSetList(stdout);
	return parsed.ok ? parsed : failed$1(`ipset list, line ${parsed.error.line}: ${parsed.error.message}`, -1);
}
function runIpSet(netns, args, input) {
	return runProgram(netns, [IPSET, ...args], input);
}
/** Without the tool's name and the line. */
function messageOf(stderr) {
	return stderr.replace(/^ipset v[\d.]+: (Error in line \d+: )?/, "").trimEnd();
}
const ERRNOS$1 = [
	[/already (exists|added)/, "EEXIST"],
	[/does not exist|not added/, "ENOENT"],
	[/in use/, "EBUSY"],
	[/set type not supported/, "EOPNOTSUPP"],
	[/out of the range|exceeds|whole address space/, "ERANGE"],
	[/is full|Cannot allocate memory/, "ENOMEM"],
	[/not permitted|Permission denied/, "EPERM"],
	[/longer than/, "ENAMETOOLONG"],
	[/^ipset: /, "EIO"]
];
function failed$1(message, op) {
	const errno = ERRNOS$1.find(([pattern]) => pattern.test(message))?.[1] ?? "EINVAL";
	return err({
		errno,
		op,
		message
	});
}
// src/linux/netlink/errno.ts
/** errno of the real kernel as the port names it. */
const strerrorOf = koffi.load("libc.so.6").func("const char *strerror(int errnum)");
/** `17` is `File exists`. */
function strerror(errno) {
	return String(strerrorOf(errno));
}
/** `EEXIST` is 17; an unknown name is EIO. */
function errnoNumber(name) {
	return Object.entries(constants$1.errno).find(([each]) => each === name)?.[1] ?? constants$1.errno.EIO;
}
const ERRNOS = {
	EDOM: true,
	EEXIST: true,
	ENOENT: true,
	ESRCH: true,
	ENODEV: true,
	EINVAL: true,
	EBUSY: true,
	EADDRNOTAVAIL: true,
	ENETUNREACH: true,
	EHOSTUNREACH: true,
	EOPNOTSUPP: true,
	EPERM: true,
	ELOOP: true,
	EMLINK: true,
	ENAMETOOLONG: true,
	ERANGE: true,
	ENETDOWN: true,
	EIO: true,
	EACCES: true,
	ENOMEM: true,
	ENOBUFS: true,
	ENOSPC: true,
	EADDRINUSE: true,
	EAFNOSUPPORT: true,
	EPROTONOSUPPORT: true
};
/** An errno that the port has no name for is EIO, and the message says its name. */
function kernelError(op, error) {
	const name = errnoName(error.errno);
	if (isErrno(name)) return {
		errno: name,
		op,
		message: error.text
	};
	return {
		errno: "EIO",
		op,
		message: `${error.text} (${name})`
	};
}
function isErrno(name) {
	return Object.hasOwn(ERRNOS, name);
}
// src/linux/netlink/constants.ts
const NLM_F_CREATE = 1024;
const NLA_F_NESTED = 32768;
/** The two flag bits of an attribute's type. */
const NLA_TYPE_MASK = 16383;
// src/linux/netlink/writer.ts
/** Builds netlink messages one behind the other in one buffer, which grows. Numbers are in the machine's order (little endian). */
var MessageWriter = class {
	#bytes = /* @__PURE__ */ new Uint8Array(8192);
	#view = new DataView(this.#bytes.buffer);
	#at = 0;
	/** Where each message begins. */
	#starts = [];
	/** How many messages there are. */
	get count() {
		return this.#starts.length;
	}
	get lengthBytes() {
		return this.#at;
	}
	/** Adds a message; `body` writes its payload. */
	message(header, body) {
		const start = this.#at;
		this.#starts.push(start);
		this.#reserve(16);
		this.#bytes.fill(0, start, start + 16);
		this.#view.setUint16(start + 4, header.type, true);
		this.#view.setUint16(start + 6, 1 | (header.flags ?? 0), true);
		this.#at += 16;
		body(this);
		this.#view.setUint32(start, this.#at - start, true);
		this.#align();
	}
	u8(...values) {
		this.#reserve(values.length);
		for (const value of values) this.#bytes[this.#at++] = value;
		return this;
	}
	u16(value) {
		this.#reserve(2);
		this.#view.setUint16(this.#at, value, true);
		this.#at += 2;
		return this;
	}
	/** Also for negative numbers. */
	u32(value) {
		this.#reserve(4);
		this.#view.setUint32(this.#at, value >>> 0, true);
		this.#at += 4;
		return this;
	}
	bytes(value) {
		this.#reserve(value.length);
		this.#bytes.set(value, this.#at);
		this.#at += value.length;
		return this;
	}
	/** Adds an attribute; `body` writes its value. */
	attr(type, body) {
		this.#reserve(4);
		const start = this.#at;
		this.#at += 4;
		body(this);
		this.#view.setUint16(start, this.#at - start, true);
		this.#view.setUint16(start + 2, type, true);
		this.#align();
		return this;
	}
	nest(type, body) {
		return this.attr(type | NLA_F_NESTED, body);
	}
	attrU8(type, value) {
		return this.attr(type, (to) => to.u8(value));
	}
	attrU16(type, value) {
		return this.attr(type, (to) => to.u16(value));
	}
	/** Network byte order: ports, EtherTypes. */
	attrBe16(type, value) {
		return this.attr(type, (to) => to.u8(value >> 8 & 255, value & 255));
	}
	attrU32(type, value) {
		return this.attr(type, (to) => to.u32(value));
	}
	attrBytes(type, value) {
		return this.attr(type, (to) => to.bytes(value));
	}
	/** Text with the zero byte that ends it. */
	attrText(type, value) {
		return this.attr(type, (to) => to.bytes(Buffer.from(`${value}\0`)));
	}
	/** All messages, numbered from `seq`; the last one is to be acknowledged, which also says that all were looked at. */
	finish(seq) {
		for (const [k, start] of this.#starts.entries()) {
			this.#view.setUint32(start + 8, seq + k, true);
			if (k === this.#starts.length - 1) this.#view.setUint16(start + 6, this.#view.getUint16(start + 6, true) | 4, true);
		}
		return this.#bytes.subarray(0, this.#at);
	}
	#reserve(length) {
		if (this.#at + length + 4 <= this.#bytes.length) return;
		const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + length + 4));
		grown.set(this.#bytes.subarray(0, this.#at));
		this.#bytes = grown;
		this.#view = new DataView(grown.buffer);
	}
	#align() {
		this.#reserve(4);
		while (this.#at % 4 !== 0) this.#bytes[this.#at++] = 0;
	}
};
// src/linux/netlink/batch.ts
const EINVAL = 22;
/** More than this is sent in parts. */
const SEND_BYTES = 1 << 18;
var Batch = class {
	rtnl;
	netns;
	socket;
	/** Devices whose carrier may change by this, to be looked at when all is done. */
	touched = /* @__PURE__ */ new Map();
	/** Kinds of devices that are known meanwhile, by number: `bridge`, `veth`. */
	kinds = /* @__PURE__ */ new Map();
	#messages = new MessageWriter();
	#pending = [];
	#undos = [];
	/** What the names will stand for once everything that waits was sent. */
	#planned = /* @__PURE__ */ new Map();
	constructor(rtnl, netns) {
		this.rtnl = rtnl;
		this.netns = netns;
		this.socket = rtnl.socket(netns);
	}
	/**
	* `undo` takes the message back, should it succeed; an error number that is `tolerated` counts as success;
	* `afterInvalid` clears away what a message leaves behind that the kernel found invalid (EINVAL).
	*/
	add(op, request, options = {}) {
		this.#messages.message(request.header, request.body);
		const { undo, tolerated, afterInvalid } = options;
		this.#pending.push({
			op,
			undo,
			tolerated,
			afterInvalid
		});
	}
	/** The number of a device as it will be once everything that waits was sent. */
	ifindexOf(name) {
		return this.#planned.has(name) ? this.#planned.get(name) : this.socket.ifindexOf(name);
	}
	/** A device will have this name; undefined: none will. */
	plan(name, ifindex) {
		this.#planned.set(name, ifindex);
	}
	touch(ifindex, netns = this.netns) {
		const known = this.touched.get(netns);
		if (known === void 0) this.touched.set(netns, /* @__PURE__ */ new Set([ifindex]));
		else known.add(ifindex);
	}
	/** Before more is collected than one message may carry. */
	get isFull() {
		return this.#messages.lengthBytes > SEND_BYTES;
	}
	/** Sends everything that waits; the error is that of the first operation that failed. */
	flush() {
		const pending = this.#pending;
		if (pending.length === 0) return void 0;
		const { errors } = this.socket.exchange(this.#messages);
		this.#messages = new MessageWriter();
		this.#pending = [];
		this.#planned.clear();
		let failed;
		for (const [k, { op, undo, tolerated, afterInvalid }] of pending.entries()) {
			const error = errors.get(k);
			const after = error === void 0 ? undo : error.errno === EINVAL ? afterInvalid : void 0;
			if (after !== void 0) this.#undos.push(after);
			if (error === void 0) continue;
			if (error.errno !== tolerated && (failed === void 0 || op < failed.op)) failed = kernelError(op, error);
		}
		return failed;
	}
	/** Takes back what succeeded, the last first; best effort. */
	undo() {
		const messages = new MessageWriter();
		for (const { header, body } of this.#undos.splice(0).reverse()) messages.message(header, body);
		this.socket.exchange(messages);
	}
};
/** A refused operation, for the words that iproute2 has before it asks the kernel. */
function refusal(op, errno, message) {
	return {
		errno,
		op,
		message
	};
}
/** The refusal that each tool gives for an unknown device. */
function noDevice$2(op, name) {
	return refusal(op, "ENODEV", `Cannot find device "${name}"`);
}
// src/linux/netlink/reader.ts
/** Reads netlink messages: the header, and attributes by their numbers. Numbers are in the machine's order (little endian). */
var Message = class {
	type;
	flags;
	seq;
	/** The payload, behind the header. */
	body;
	view;
	constructor(bytes) {
		const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
		this.type = header.getUint16(4, true);
		this.flags = header.getUint16(6, true);
		this.seq = header.getUint32(8, true);
		this.body = bytes.subarray(16);
		this.view = new DataView(bytes.buffer, bytes.byteOffset + 16, bytes.length - 16);
	}
	u8(at) {
		return this.view.getUint8(at);
	}
	u16(at) {
		return this.view.getUint16(at, true);
	}
	u32(at) {
		return this.view.getUint32(at, true);
	}
	/** The attributes behind a fixed part of `fixed` bytes. */
	attrs(fixed) {
		return new Attributes(this.body.subarray(fixed));
	}
};
/** The messages of one datagram. */
function messagesOf(datagram) {
	const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.length);
	const found = [];
	for (let at = 0; at + 16 <= datagram.length;) {
		const length = view.getUint32(at, true);
		if (length < 16 || at + length > datagram.length) break;
		found.push(new Message(datagram.subarray(at, at + length)));
		at += length + 3 & -4;
	}
	return found;
}
/** Attributes by number; of two with one number the last. What is not there is undefined. */
var Attributes = class Attributes {
	#bytes;
	#view;
	/** By type: where the value begins and ends. */
	#starts = [];
	#ends = [];
	constructor(bytes) {
		this.#bytes = bytes;
		this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
		for (let at = 0; at + 4 <= bytes.length;) {
			const length = this.#view.getUint16(at, true);
			if (length < 4 || at + length > bytes.length) break;
			const type = this.#view.getUint16(at + 2, true) & NLA_TYPE_MASK;
			this.#starts[type] = at + 4;
			this.#ends[type] = at + length;
			at += length + 3 & -4;
		}
	}
	has(type) {
		return this.#starts[type] !== void 0;
	}
	bytes(type) {
		const start = this.#starts[type];
		return start === void 0 ? void 0 : this.#bytes.subarray(start, this.#ends[type]);
	}
	nested(type) {
		const bytes = this.bytes(type);
		return bytes === void 0 ? void 0 : new Attributes(bytes);
	}
	text(type) {
		const bytes = this.bytes(type);
		if (bytes === void 0) return void 0;
		const end = bytes.indexOf(0);
		return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString();
	}
	u8(type) {
		const start = this.#starts[type];
		return start === void 0 ? void 0 : this.#view.getUint8(start);
	}
	u16(type) {
		const start = this.#starts[type];
		return start === void 0 ? void 0 : this.#view.getUint16(start, true);
	}
	/** Network byte order. */
	be16(type) {
		const start = this.#starts[type];
		return start === void 0 ? void 0 : this.#view.getUint16(start, false);
	}
	u32(type) {
		const start = this.#starts[type];
		return start === void 0 ? void 0 : this.#view.getUint32(start, true);
	}
	i32(type) {
		const start = this.#starts[type];
		return start === void 0 ? void 0 : this.#view.getInt32(start, true);
	}
	/** The `k`th 64-bit number of the value; exact up to 2^53. */
	u64(type, k = 0) {
		const start = this.#starts[type];
		return start === void 0 ? void 0 : Number(this.#view.getBigUint64(start + 8 * k, true));
	}
};
// src/linux/netlink/socket.ts
/**
* One netlink socket in one namespace. The kernel works while it is sent to, so that everything it has to say is there when
* `send` returns: nothing here waits.
*/
const SOL_SOCKET = 1;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const NETLINK_GET_STRICT_CHK = 12;
const NLMSGERR_ATTR_MSG = 1;
const BUFFER_BYTES = 16 << 20;
const SIOCGIFNAME = 35088;
const SIOCGIFINDEX = 35123;
const IFREQ_BYTES = 40;
/** IFNAMSIZ without the terminating zero. */
const NAME_MAX_BYTES = 15;
const ioctl = bind("int ioctl(int fd, unsigned long request, _Inout_ uint8_t *argument)");
var NetlinkSocket = class {
	#fd;
	#received = new Uint8Array(1 << 18);
	#ifreq = new Uint8Array(IFREQ_BYTES);
	#ifreqView = new DataView(this.#ifreq.buffer);
	#seq = 1;
	/** Opens a socket inside the namespace; throws when the kernel has none to give. */
	constructor(netns, protocol = 0) {
		this.#fd = netns.run(() => libc.socket(16, 524291, protocol));
		if (this.#fd < 0) throw new Error(`netlink socket: ${lastErrno()}`);
		for (const option of [
			NETLINK_CAP_ACK,
			NETLINK_EXT_ACK,
			NETLINK_GET_STRICT_CHK
		]) this.#set(SOL_NETLINK, option, 1);
		for (const option of [SO_SNDBUFFORCE, SO_RCVBUFFORCE]) this.#set(SOL_SOCKET, option, BUFFER_BYTES);
	}
	close() {
		libc.close(this.#fd);
	}
	/** Sends all messages at once. The kernel carries out each, also those behind one that failed. */
	exchange(messages) {
		const errors = /* @__PURE__ */ new Map();
		const replies = /* @__PURE__ */ new Map();
		if (messages.count === 0) return {
			errors,
			replies
		};
		const first = this.#seq;
		this.#seq = (this.#seq + messages.count) % 1073741824;
		this.#send(messages.finish(first));
		const last = messages.count - 1;
		for (let isDone = false; !isDone;) for (const message of this.#receive()) {
			const k = message.seq - first;
			if (message.type === 2) {
				const error = errorOf(message);
				if (error !== void 0) errors.set(k, error);
				if (k === last) isDone = true;
			} else {
				const list = replies.get(k);
				if (list === void 0) replies.set(k, [message]);
				else list.push(message);
			}
		}
		return {
			errors,
			replies
		};
	}
	/** Everything that a GET message lists; asked again when it changed while it was listed. */
	dump(type, body) {
		for (;;) {
			const request = new MessageWriter();
			request.message({
				type,
				flags: 768
			}, body);
			const seq = this.#seq;
			this.#seq = (this.#seq + 1) % 1073741824;
			this.#send(request.finish(seq));
			const listed = this.#listed(seq);
			if (listed !== "interrupted") return listed;
		}
	}
	/** The number of a device in this namespace; undefined: there is none of that name. */
	ifindexOf(name) {
		const bytes = Buffer.from(name);
		if (bytes.length === 0 || bytes.length > NAME_MAX_BYTES) return void 0;
		this.#ifreq.fill(0);
		this.#ifreq.set(bytes);
		return ioctl(this.#fd, SIOCGIFINDEX, this.#ifreq) === 0 ? this.#ifreqView.getInt32(16, true) : void 0;
	}
	/** The name of a device in this namespace; undefined: there is none of that number. */
	nameOf(ifindex) {
		this.#ifreq.fill(0);
		this.#ifreqView.setInt32(16, ifindex, true);
		if (ioctl(this.#fd, SIOCGIFNAME, this.#ifreq) !== 0) return void 0;
		return Buffer.from(this.#ifreq.subarray(0, this.#ifreq.indexOf(0))).toString();
	}
	#listed(seq) {
		const found = [];
		let isInterrupted = false;
		for (;;) for (const message of this.#receive()) {
			if (message.seq !== seq) continue;
			if ((message.flags & 16) !== 0) isInterrupted = true;
			if (message.type === 3) return isInterrupted ? "interrupted" : doneError(message) ?? found;
			const error = message.type === 2 ? errorOf(message) : void 0;
			if (error !== void 0) return error;
			if (message.type !== 2) found.push(message);
		}
	}
	#send(bytes) {
		if (libc.send(this.#fd, bytes, bytes.length, 0) < 0) throw new Error(`netlink send: ${lastErrno()}`);
	}
	/** One datagram, copied out of the buffer. */
	#receive() {
		const length = libc.recv(this.#fd, this.#received, this.#received.length, 96);
		if (length < 0) throw new Error(`netlink recv: ${lastErrno()}`);
		if (length > this.#received.length) throw new Error(`netlink recv: a datagram of ${length} bytes`);
		return messagesOf(this.#received.slice(0, length));
	}
	#set(level, option, value) {
		const bytes = /* @__PURE__ */ new Uint8Array(4);
		new DataView(bytes.buffer).setInt32(0, value, true);
		libc.setsockopt(this.#fd, level, option, bytes, bytes.length);
	}
};
/** struct nlmsgerr: the errno, negative, then the header of what it answers, then attributes. */
function errorOf(message) {
	const errno = -message.view.getInt32(0, true);
	if (errno === 0) return void 0;
	return described(errno, message, 4 + (((message.flags & 256) === 0 ? message.u32(4) : 16) + 3 & -4));
}
function doneError(message) {
	const errno = message.body.length < 4 ? 0 : -message.view.getInt32(0, true);
	return errno <= 0 ? void 0 : described(errno, message, 4);
}
function described(errno, message, at) {
	const text = ((message.flags & 512) === 0 ? void 0 : new Attributes(message.body.subarray(at)))?.text(NLMSGERR_ATTR_MSG);
	if (text === void 0 || text === "") return {
		errno,
		text: strerror(errno)
	};
	return {
		errno,
		text: text.endsWith(".") ? text : `${text}.`
	};
}
// src/linux/netlink/rtnl.ts
const NETNSA_NSID = 1;
const NETNSA_FD = 3;
/** struct rtgenmsg, aligned. */
const RTGENMSG_BYTES = 4;
var Rtnl = class {
	table;
	#sockets = /* @__PURE__ */ new Map();
	/** By namespace: the namespaces that it knows, by its numbers for them. */
	#known = /* @__PURE__ */ new Map();
	#nextIfindex = 10;
	constructor(table) {
		this.table = table;
	}
	socket(netns) {
		const open = this.#sockets.get(netns);
		if (open !== void 0) return open;
		const socket = new NetlinkSocket(netns);
		this.#sockets.set(netns, socket);
		return socket;
	}
	/**
	* A device number that no other device of this kernel has. The carrier of a veth whose peer has the same number comes
	* up to a second late (net/core/link_watch.c: linkwatch_urgent_event).
	*/
	newIfindex() {
		return this.#nextIfindex++;
	}
	/** Numbers up to this one are taken, in a namespace that was there before. */
	skipIfindexes(upTo) {
		this.#nextIfindex = Math.max(this.#nextIfindex, upTo + 1);
	}
	/** Closes the namespace's socket, without which it would live on. */
	forget(netns) {
		this.#sockets.get(netns)?.close();
		this.#sockets.delete(netns);
		this.#known.delete(netns);
	}
	/** The namespace of the table that `netns` knows by this number. */
	netnsOfId(netns, nsid) {
		const known = this.#known.get(netns)?.get(nsid);
		if (known !== void 0 && this.table.find(known.name) === known) return known;
		return this.netnsIds(netns).get(nsid);
	}
	/** The namespaces of the table that `netns` has a number for, by number. */
	netnsIds(netns) {
		const all = this.table.all();
		const request = new MessageWriter();
		for (const { fd } of all) request.message({ type: 90 }, (to) => to.u32(0).attrU32(NETNSA_FD, fd));
		const { replies } = this.socket(netns).exchange(request);
		const found = [];
		for (const [k, [message]] of replies) {
			const nsid = message?.attrs(RTGENMSG_BYTES).i32(NETNSA_NSID) ?? -1;
			const other = all[k];
			if (nsid >= 0 && other !== void 0) found.push([nsid, other]);
		}
		const ids = new Map(found.sort(([a], [b]) => a - b));
		this.#known.set(netns, ids);
		return ids;
	}
	close() {
		for (const netns of [...this.#sockets.keys()]) this.forget(netns);
	}
};
// src/linux/netns.ts
/**
* Network namespaces that this process made. They have no name outside and are held by a file descriptor, so they end with
* the process, however it ends; `persist` gives them a name in /run/netns and lets them stay.
*/
/** Where `ip netns` looks. */
const NETNS_DIRECTORY = "/run/netns";
const MS_BIND = 4096;
const MNT_DETACH = 2;
var LinuxNetns = class {
	/** As given to `addNetns`. */
	name;
	/** Open on the namespace: what `setns` and netlink's IFLA_NET_NS_FD take. */
	fd;
	/** Its file name in /run/netns. Absent: it has none. */
	file;
	constructor(name, fd, file) {
		this.name = name;
		this.fd = fd;
		this.file = file;
	}
	/** Runs `fn` inside the namespace; sockets opened, files below /proc/sys/net and programs started by it belong there. Not for async functions. */
	run(fn) {
		enter(this.fd);
		try {
			return fn();
		} finally {
			enter(home());
		}
	}
};
/** A new namespace, empty but for `lo`. The error is the errno's name: EPERM without root. */
function createNetns(name, file) {
	const back = home();
	if (libc.unshare(1073741824) !== 0) return err(lastErrno());
	try {
		const fd = openSync("/proc/thread-self/ns/net", "r");
		if (file !== void 0) {
			const failed = nameNetns(file);
			if (failed !== void 0) {
				closeSync(fd);
				return err(failed);
			}
		}
		return ok(new LinuxNetns(name, fd, file));
	} finally {
		enter(back);
	}
}
/** The namespace lives on as long as somebody else holds it (a process in it, a named file). */
function closeNetns(netns) {
	closeSync(netns.fd);
	if (netns.file !== void 0) removeNetnsFile(netns.file);
}
/** Takes a name out of /run/netns, as `ip netns delete`. */
function removeNetnsFile(file) {
	const path = `${NETNS_DIRECTORY}/${file}`;
	libc.umount2(path, MNT_DETACH);
	rmSync(path, { force: true });
}
function nameNetns(file) {
	const path = `${NETNS_DIRECTORY}/${file}`;
	mkdirSync(NETNS_DIRECTORY, { recursive: true });
	try {
		writeFileSync(path, "", {
			flag: "wx",
			mode: 0
		});
	} catch {
		return "EEXIST";
	}
	if (libc.mount("/proc/thread-self/ns/net", path, "none", MS_BIND, null) === 0) return void 0;
	const errno = lastErrno();
	rmSync(path, { force: true });
	return errno;
}
/** The namespace that the process was started in. */
let homeFd;
function home() {
	homeFd ??= openSync("/proc/thread-self/ns/net", "r");
	return homeFd;
}
function enter(fd) {
	if (libc.setns(fd, 1073741824) !== 0) throw new Error(`setns: ${lastErrno()}`);
}
// src/linux/objects/sysctl-file.ts
/** The files below /proc/sys of the namespace that the calling thread is in. */
const ROOT = "/proc/sys";
/** The path of a key below /proc/sys: dots separate, a slash in the key is a dot in a device name. Undefined: not one of a namespace's. */
function sysctlPath(key) {
	const parts = key.split(".").map((part) => part.replaceAll("/", "."));
	return parts.every((part) => part !== "" && part !== "." && part !== ".." && !part.includes("\0")) && parts[0] === "net" && parts.length > 1 ? parts.join("/") : void 0;
}
/** Without the line end. */
function readSysctl(path) {
	try {
		return { value: readFileSync(`${ROOT}/${path}`, "utf8").trimEnd() };
	} catch (error) {
		return { errno: errnoOf(error) };
	}
}
function writeSysctl(path, value) {
	try {
		writeFileSync(`${ROOT}/${path}`, `${value}\n`);
		return { value };
	} catch (error) {
		return { errno: errnoOf(error) };
	}
}
/** The names in a directory of keys, `[]` when there is none. */
function listSysctls(path) {
	try {
		return readdirSync(`${ROOT}/${path}`);
	} catch {
		return [];
	}
}
function errnoOf(error) {
	const code = error instanceof Error && "code" in error ? error.code : void 0;
	if (typeof code !== "string") throw error;
	return code;
}
// src/linux/netns-list.ts
/** The namespaces of a `LinuxKernel`: those that it made, and those that it was told to adopt. Their ends take nothing else along. */
var NetnsList = class {
	#persistPrefix;
	#all = /* @__PURE__ */ new Map();
	constructor(persistPrefix) {
		this.#persistPrefix = persistPrefix;
	}
	find(name) {
		return this.#all.get(name);
	}
	all() {
		return [...this.#all.values()];
	}
	/** Makes a namespace without IPv6. */
	create(name) {
		if (name === "" || name === "." || name === "..") return err({
			errno: "EINVAL",
			op: -1,
			message: `Invalid netns name "${name}"`
		});
		if (this.#all.has(name)) return err(isThere(name));
		const prefix = this.#persistPrefix;
		const file = prefix === void 0 ? void 0 : `${prefix}${name.replaceAll("/", "-")}`;
		const made = createNetns(name, file);
		if (!made.ok) {
			if (made.error === "EEXIST") return err(isThere(file ?? name));
			const errno = errnoNumber(made.error);
			return err(kernelError(-1, {
				errno,
				text: `Cannot make network namespace "${name}": ${strerror(errno)}`
			}));
		}
		made.value.run(disableIpv6);
		this.#all.set(name, made.value);
		return made;
	}
	/** Takes a namespace of /run/netns that is there already. */
	adopt(name, file) {
		if (this.#all.has(name)) return err(isThere(name));
		try {
			const netns = new LinuxNetns(name, openSync(`/run/netns/${file}`, "r"), file);
			this.#all.set(name, netns);
			return ok(netns);
		} catch {
			return err({
				errno: "ENOENT",
				op: -1,
				message: `Cannot open network namespace "${file}": No such file or directory`
			});
		}
	}
	/** The namespace is no longer listed, its name in /run/netns goes, and with the last descriptor it ends. */
	remove(netns) {
		this.#all.delete(netns.name);
		closeNetns(netns);
	}
	/** Lets go of all; those with a name in /run/netns stay. */
	close() {
		for (const netns of this.#all.values()) closeSync(netns.fd);
		this.#all.clear();
	}
};
function isThere(name) {
	return {
		errno: "EEXIST",
		op: -1,
		message: `Cannot create namespace file "/run/netns/${name}": File exists`
	};
}
/** Nothing appears that nobody asked for: no link-local addresses, no router solicitations. */
function disableIpv6() {
	for (const name of [
		"all",
		"default",
		"lo"
	]) writeSysctl(`net/ipv6/conf/${name}/disable_ipv6`, "1");
}
// src/linux/objects/dump.ts
/** Listing what a namespace has, message by message. */
function dumpMessages(socket, type, body) {
	const listed = socket.dump(type, body);
	return "errno" in listed ? err(kernelError(-1, listed)) : ok(listed);
}
/** Names of devices by number, each asked for once. A device that went meanwhile is `if7`, as iproute2 writes it. */
function nameTable(socket) {
	const known = /* @__PURE__ */ new Map();
	return (ifindex) => {
		let name = known.get(ifindex);
		if (name === void 0) {
			name = socket.nameOf(ifindex) ?? `if${ifindex}`;
			known.set(ifindex, name);
		}
		return name;
	};
}
// src/linux/objects/addr-bytes.ts
/** IP and MAC addresses as netlink carries them: bytes in network order. */
/** 4 or 16 bytes. */
function addrBytes(addr) {
	const n = ipNum(addr);
	if (typeof n === "number") return Uint8Array.of(n >>> 24, n >>> 16 & 255, n >>> 8 & 255, n & 255);
	return Uint8Array.from({ length: 16 }, (_, k) => Number(n >> BigInt(120 - 8 * k) & 255n));
}
/** Undefined for another number of bytes than 4 and 16. */
function addrText(bytes) {
	if (bytes?.length === 4) return ipText(bytes.reduce((sum, byte) => sum * 256 + byte, 0));
	if (bytes?.length === 16) return ipText(bytes.reduce((sum, byte) => sum << 8n | BigInt(byte), 0n));
}
function macBytes(mac) {
	return Uint8Array.from(mac.split(":"), (part) => Number.parseInt(part, 16));
}
/** AF_INET or AF_INET6. */
function familyNumber(addr) {
	return addr.includes(":") ? 10 : 2;
}
/** `0.0.0.0` or `::`. */
function anyAddr(family) {
	return ipText(family === 10 ? 0n : 0);
}
const IFLA = {
	address: 1,
	ifname: 3,
	mtu: 4,
	link: 5,
	qdisc: 6,
	master: 10,
	txqlen: 13,
	linkinfo: 18,
	ifalias: 20,
	stats64: 23,
	group: 27,
	netNsFd: 28,
	extMask: 29,
	promiscuity: 30,
	linkNetnsid: 37
};
/** Attributes inside IFLA_LINKINFO. */
const IFLA_INFO = {
	kind: 1,
	data: 2,
	slaveKind: 4,
	slaveData: 5
};
const IFLA_BR = {
	ageingTime: 4,
	stpState: 5,
	bridgeId: 11,
	mcastSnooping: 23,
	nfCallIptables: 36
};
const IFLA_BRPORT = {
	state: 1,
	hairpin: 4,
	learning: 8,
	flood: 9,
	number: 18,
	isolated: 33
};
const IFLA_VLAN = {
	id: 1,
	protocol: 5
};
const IFLA_VXLAN = {
	id: 1,
	group: 2,
	link: 3,
	local: 4,
	ttl: 5,
	learning: 7,
	port: 15,
	group6: 16,
	local6: 17
};
const IFF_LOWER_UP = 65536;
const ARPHRD_LOOPBACK = 772;
function parseLink(message) {
	const attrs = message.attrs(16);
	const flags = message.u32(8);
	const info = attrs.nested(IFLA.linkinfo);
	const kind = message.u16(2) === ARPHRD_LOOPBACK ? "loopback" : info?.text(IFLA_INFO.kind);
	const data = info?.nested(IFLA_INFO.data);
	const isPort = info?.text(IFLA_INFO.slaveKind) === "bridge";
	return {
		ifindex: message.u32(4),
		name: attrs.text(IFLA.ifname) ?? "",
		kind,
		flags,
		up: (flags & 1) !== 0,
		running: (flags & 64) !== 0,
		carrier: (flags & IFF_LOWER_UP) !== 0,
		promisc: (flags & 256) !== 0,
		mac: macOf(attrs.bytes(IFLA.address)),
		mtu: attrs.u32(IFLA.mtu) ?? 0,
		lower: attrs.u32(IFLA.link) ?? 0,
		lowerNsid: attrs.i32(IFLA.linkNetnsid),
		master: attrs.u32(IFLA.master) ?? 0,
		alias: attrs.text(IFLA.ifalias) ?? "",
		txQueueLength: attrs.u32(IFLA.txqlen) ?? 0,
		qdisc: attrs.text(IFLA.qdisc) ?? "",
		promiscuity: attrs.u32(IFLA.promiscuity) ?? 0,
		bridge: kind === "bridge" && data !== void 0 ? bridgeOf(data) : void 0,
		port: isPort ? portOf(info?.nested(IFLA_INFO.slaveData)) : void 0,
		vlan: kind === "vlan" && data !== void 0 ? {
			id: data.u16(IFLA_VLAN.id) ?? 0,
			protocol: data.be16(IFLA_VLAN.protocol) ?? 0
		} : void 0,
		vxlan: kind === "vxlan" && data !== void 0 ? vxlanOf(data) : void 0,
		stats: statsOf(attrs)
	};
}
/** Six bytes as a MAC address; other lengths are of devices that have none. */
function macOf(bytes) {
	if (bytes?.length !== 6) return void 0;
	return macText(bytes.reduce((sum, byte) => sum * 256 + byte, 0));
}
function bridgeOf(data) {
	return {
		ageingTimeSeconds: (data.u32(IFLA_BR.ageingTime) ?? 0) / 100,
		stp: data.u32(IFLA_BR.stpState) !== 0,
		nfCallIptables: data.u8(IFLA_BR.nfCallIptables) === 1,
		idMac: macOf(data.bytes(IFLA_BR.bridgeId)?.subarray(2)) ?? macText(0)
	};
}
const BR_STATE_FORWARDING = 3;
function portOf(data) {
	if (data === void 0) return void 0;
	return {
		hairpin: data.u8(IFLA_BRPORT.hairpin) === 1,
		learning: data.u8(IFLA_BRPORT.learning) === 1,
		flood: data.u8(IFLA_BRPORT.flood) === 1,
		isolated: data.u8(IFLA_BRPORT.isolated) === 1,
		state: data.u8(IFLA_BRPORT.state) === BR_STATE_FORWARDING ? "forwarding" : "disabled",
		number: data.u16(IFLA_BRPORT.number) ?? 0
	};
}
function vxlanOf(data) {
	return {
		id: data.u32(IFLA_VXLAN.id) ?? 0,
		ifindex: data.u32(IFLA_VXLAN.link) ?? 0,
		local: addrText(data.bytes(IFLA_VXLAN.local) ?? data.bytes(IFLA_VXLAN.local6)),
		remote: addrText(data.bytes(IFLA_VXLAN.group) ?? data.bytes(IFLA_VXLAN.group6)),
		port: data.be16(IFLA_VXLAN.port) ?? 0,
		learning: data.u8(IFLA_VXLAN.learning) === 1,
		ttl: data.u8(IFLA_VXLAN.ttl) ?? 0
	};
}
/** struct rtnl_link_stats64. */
function statsOf(attrs) {
	if (!attrs.has(IFLA.stats64)) return void 0;
	const at = (k) => attrs.u64(IFLA.stats64, k) ?? 0;
	return {
		rxPackets: at(0),
		rxBytes: at(2),
		rxDropped: at(6),
		txPackets: at(1),
		txBytes: at(3),
		txDropped: at(7)
	};
}
// src/linux/objects/link-message.ts
/** A group of devices that nobody else uses; group 0, where all begin, cannot be deleted. */
const DOOMED_GROUP = 1886348407;
const VETH_INFO_PEER = 1;
const RTEXT_FILTER_SKIP_STATS = 8;
const ETHERTYPES = {
	"802.1Q": 33024,
	"802.1ad": 34984
};
function newLink(link, kind, numbers) {
	return {
		header: {
			type: 16,
			flags: 1536
		},
		body: (to) => {
			ifinfomsg(to, numbers.ifindex, link);
			to.attrText(IFLA.ifname, link.name);
			putCommon(to, link, numbers);
			if (kind.type === "vlan" && numbers.lower !== void 0) to.attrU32(IFLA.link, numbers.lower);
			to.nest(IFLA.linkinfo, (info) => {
				info.attrText(IFLA_INFO.kind, kind.type);
				info.nest(IFLA_INFO.data, (data) => putKind(data, kind, numbers, "new"));
			});
		}
	};
}
/** Changes what is given. The settings of a bridge port are another message: `changePort`. */
function changeLink(link, numbers) {
	return {
		header: { type: 16 },
		body: (to) => {
			ifinfomsg(to, numbers.ifindex, link);
			if (link.newName !== void 0) to.attrText(IFLA.ifname, link.newName);
			if (numbers.netnsFd !== void 0) to.attrU32(IFLA.netNsFd, numbers.netnsFd);
			putCommon(to, link, numbers);
			const kind = link.link;
			if (kind?.type !== "bridge" && kind?.type !== "vxlan") return;
			to.nest(IFLA.linkinfo, (info) => {
				info.attrText(IFLA_INFO.kind, kind.type);
				info.nest(IFLA_INFO.data, (data) => putKind(data, kind, numbers, "change"));
			});
		}
	};
}
function changePort(ifindex, port) {
	return {
		header: { type: 16 },
		body: (to) => {
			ifinfomsg(to, ifindex, {});
			to.nest(IFLA.linkinfo, (info) => {
				info.attrText(IFLA_INFO.slaveKind, "bridge");
				info.nest(IFLA_INFO.slaveData, (data) => {
					for (const name of [
						"hairpin",
						"learning",
						"flood",
						"isolated"
					]) {
						const value = port[name];
						if (value !== void 0) data.attrU8(IFLA_BRPORT[name], value ? 1 : 0);
					}
				});
			});
		}
	};
}
function deleteLink(ifindex) {
	return {
		header: { type: 17 },
		body: (to) => ifinfomsg(to, ifindex, {})
	};
}
/** Deletes these devices at once: one wait of the kernel instead of one for each. */
function deleteTogether(socket, ifindexes) {
	const request = new MessageWriter();
	for (const ifindex of ifindexes) request.message({ type: 16 }, (to) => {
		ifinfomsg(to, ifindex, {});
		to.attrU32(IFLA.group, DOOMED_GROUP);
	});
	request.message({ type: 17 }, (to) => {
		ifinfomsg(to, 0, {});
		to.attrU32(IFLA.group, DOOMED_GROUP);
	});
	socket.exchange(request);
}
/** Devices as they are, without their counters. Asking for one lets its carrier take effect (linkwatch_sync_dev). */
function getLinks(socket, ifindexes) {
	const request = new MessageWriter();
	for (const ifindex of ifindexes) request.message({ type: 18 }, (to) => {
		ifinfomsg(to, ifindex, {});
		to.attrU32(IFLA.extMask, RTEXT_FILTER_SKIP_STATS);
	});
	return [...socket.exchange(request).replies.values()].flat().map(parseLink);
}
function getLink(socket, ifindex) {
	return getLinks(socket, [ifindex])[0];
}
/** struct ifinfomsg with the flags that are to be changed. */
function ifinfomsg(to, ifindex, { up, promisc }) {
	const flags = (up === true ? 1 : 0) | (promisc === true ? 256 : 0);
	const change = (up === void 0 ? 0 : 1) | (promisc === void 0 ? 0 : 256);
	to.u32(0).u32(ifindex).u32(flags).u32(change);
}
function putCommon(to, link, numbers) {
	if (link.mac !== void 0) to.attrBytes(IFLA.address, macBytes(link.mac));
	if (link.mtu !== void 0) to.attrU32(IFLA.mtu, link.mtu);
	if (link.alias !== void 0) to.attrText(IFLA.ifalias, link.alias);
	if (link.txQueueLength !== void 0) to.attrU32(IFLA.txqlen, link.txQueueLength);
	if (numbers.master !== void 0) to.attrU32(IFLA.master, numbers.master);
}
function putKind(to, kind, numbers, verb) {
	switch (kind.type) {
		case "loopback":
		case "dummy": return;
		case "veth":
			putPeer(to, kind, numbers);
			return;
		case "bridge":
			if (verb === "new") to.attrU8(IFLA_BR.mcastSnooping, 0);
			if (kind.ageingTimeSeconds !== void 0) to.attrU32(IFLA_BR.ageingTime, Math.round(kind.ageingTimeSeconds * 100));
			if (kind.stp !== void 0) to.attrU32(IFLA_BR.stpState, kind.stp ? 1 : 0);
			if (kind.nfCallIptables !== void 0) to.attrU8(IFLA_BR.nfCallIptables, kind.nfCallIptables ? 1 : 0);
			return;
		case "vlan":
			to.attrU16(IFLA_VLAN.id, kind.id);
			if (kind.protocol !== void 0) to.attrBe16(IFLA_VLAN.protocol, ETHERTYPES[kind.protocol]);
			return;
		case "vxlan":
			putVxlan(to, kind, numbers);
			return;
	}
}
function putPeer(to, kind, { peer }) {
	to.nest(VETH_INFO_PEER, (info) => {
		ifinfomsg(info, peer?.ifindex ?? 0, {});
		info.attrText(IFLA.ifname, kind.peer);
		if (kind.peerMac !== void 0) info.attrBytes(IFLA.address, macBytes(kind.peerMac));
		if (peer?.netnsFd !== void 0) info.attrU32(IFLA.netNsFd, peer.netnsFd);
	});
}
function putVxlan(to, kind, { lower }) {
	to.attrU32(IFLA_VXLAN.id, kind.id);
	if (lower !== void 0) to.attrU32(IFLA_VXLAN.link, lower);
	putAddr$1(to, kind.local, [IFLA_VXLAN.local, IFLA_VXLAN.local6]);
	putAddr$1(to, kind.remote ?? kind.group, [IFLA_VXLAN.group, IFLA_VXLAN.group6]);
	if (kind.port !== void 0) to.attrBe16(IFLA_VXLAN.port, kind.port);
	if (kind.learning !== void 0) to.attrU8(IFLA_VXLAN.learning, kind.learning ? 1 : 0);
	if (kind.ttl !== void 0) to.attrU8(IFLA_VXLAN.ttl, kind.ttl);
}
function putAddr$1(to, addr, [v4, v6]) {
	if (addr !== void 0) to.attrBytes(familyOf(addr) === "ipv4" ? v4 : v6, addrBytes(addr));
}
// src/linux/objects/link-dump.ts
/** Devices of a namespace as objects of the port. */
/** By ifindex. */
function dumpLinks(rtnl, netns) {
	const states = dumpLinkStates(rtnl, netns);
	if (!states.ok) return states;
	const names = new Map(states.value.map((state) => [state.ifindex, state.name]));
	return ok(states.value.map((state) => linkObject(rtnl, netns, state, names)));
}
function dumpLinkStates(rtnl, netns) {
	const messages = dumpMessages(rtnl.socket(netns), 18, (to) => ifinfomsg(to, 0, {}));
	return messages.ok ? ok(messages.value.map(parseLink).sort((a, b) => a.ifindex - b.ifindex)) : messages;
}
/** The kind with its settings; undefined for a kind that the port has no word for. */
function linkKindOf(rtnl, netns, state) {
	const nameOf = (ifindex) => rtnl.socket(netns).nameOf(ifindex) ?? "";
	switch (state.kind) {
		case "loopback":
		case "dummy": return { type: state.kind };
		case "bridge": return state.bridge === void 0 ? void 0 : {
			type: "bridge",
			...state.bridge
		};
		case "veth": return vethKind(rtnl, netns, state);
		case "vlan": return {
			type: "vlan",
			parent: state.lowerNsid === void 0 ? nameOf(state.lower) : "",
			id: state.vlan?.id ?? 0,
			protocol: state.vlan?.protocol === 34984 ? "802.1ad" : "802.1Q"
		};
		case "vxlan": return state.vxlan === void 0 ? void 0 : vxlanKind(state.vxlan, nameOf);
		default: return;
	}
}
function vethKind(rtnl, netns, state) {
	const { lower, lowerNsid } = state;
	if (lowerNsid === void 0) return {
		type: "veth",
		peer: rtnl.socket(netns).nameOf(lower) ?? ""
	};
	const peerNetns = rtnl.netnsOfId(netns, lowerNsid);
	if (peerNetns === void 0) return {
		type: "veth",
		peer: ""
	};
	return {
		type: "veth",
		peer: rtnl.socket(peerNetns).nameOf(lower) ?? "",
		peerNetns: peerNetns.name
	};
}
function vxlanKind(vxlan, nameOf) {
	const { id, ifindex, local, remote, port, learning, ttl } = vxlan;
	return {
		type: "vxlan",
		id,
		...ifindex === 0 ? {} : { dev: nameOf(ifindex) },
		...local === void 0 ? {} : { local },
		...remote === void 0 ? {} : isMulticast(remote) ? { group: remote } : { remote },
		port,
		learning,
		...ttl === 0 ? {} : { ttl }
	};
}
function isMulticast(addr) {
	return /^(22[4-9]|23\d)\./.test(addr) || addr.startsWith("ff");
}
function linkObject(rtnl, netns, state, names) {
	const kind = linkKindOf(rtnl, netns, state);
	const master = state.master === 0 ? void 0 : names.get(state.master);
	const isVeth = state.kind === "veth";
	return {
		kind: "link",
		name: state.name,
		...kind === void 0 ? {} : { link: kind },
		mac: state.mac ?? macText(0),
		mtu: state.mtu,
		up: state.up,
		promisc: state.promisc,
		...master === void 0 ? {} : { master },
		...state.port === void 0 ? {} : { port: state.port },
		ifindex: state.ifindex,
		...isVeth ? { peerIfindex: state.lower } : {},
		carrier: state.carrier,
		...state.alias === "" ? {} : { alias: state.alias },
		txQueueLength: state.txQueueLength,
		qdisc: state.qdisc,
		promiscuity: state.promiscuity,
		...isVeth && state.lowerNsid !== void 0 ? { peerNetnsId: state.lowerNsid } : {},
		...state.stats === void 0 ? {} : { stats: state.stats }
	};
}
// src/linux/objects/link.ts
/** Collects what the operation takes; a refusal is the first error, its own or that of one before it. */
function applyLink(batch, op, verb, link) {
	if (verb === "delete") return remove(batch, op, link.name);
	const ifindex = verb === "add" ? void 0 : batch.ifindexOf(link.name);
	if (ifindex !== void 0) return change(batch, op, ifindex, link);
	const refused = create(batch, op, link);
	if (refused === void 0) return void 0;
	return batch.ifindexOf(link.name) === void 0 ? refused : refusal(op, "EEXIST", "File exists");
}
function remove(batch, op, name) {
	const failed = batch.flush();
	if (failed !== void 0) return failed;
	const ifindex = batch.ifindexOf(name);
	if (ifindex === void 0) return noDevice$2(op, name);
	const state = getLink(batch.socket, ifindex);
	if (state !== void 0) touchAround(batch, state);
	batch.add(op, deleteLink(ifindex));
	return batch.flush();
}
function create(batch, op, link) {
	const kind = link.link;
	if (kind === void 0) return refusal(op, "EINVAL", "Not enough information: \"type\" argument is required");
	if (kind.type === "loopback") return refusal(op, "EOPNOTSUPP", "Unknown device type.");
	const numbers = numbersOf(batch, op, link, kind);
	if ("errno" in numbers) return numbers;
	const ends = kind.type === "veth" ? [link.name, kind.peer] : [link.name];
	for (const name of ends) if (!isName(name)) return refusal(op, "EINVAL", `argument "${name}" is wrong: "name" not a valid ifname`);
	const peer = peerNumbers(batch, op, kind);
	if (peer !== void 0 && "errno" in peer) return peer;
	const ifindex = batch.rtnl.newIfindex();
	const { port, ...rest } = link;
	batch.add(op, newLink(rest, kind, {
		...numbers,
		ifindex,
		peer
	}), { undo: deleteLink(ifindex) });
	batch.plan(link.name, ifindex);
	batch.kinds.set(ifindex, kind.type);
	if (peer !== void 0 && kind.type === "veth" && peer.netnsFd === void 0) batch.plan(kind.peer, peer.ifindex);
	if (link.alias !== void 0) batch.add(op, changeLink({
		kind: "link",
		name: link.name,
		alias: link.alias
	}, { ifindex }));
	if (hasPortSettings(port)) batch.add(op, changePort(ifindex, port));
	if (peer?.netnsFd === void 0 || link.master !== void 0) batch.touch(ifindex);
}
function change(batch, op, ifindex, link) {
	const numbers = numbersOf(batch, op, link, link.link);
	if ("errno" in numbers) return numbers;
	if (link.newName !== void 0 && !isName(link.newName)) return refusal(op, "EINVAL", `argument "${link.newName}" is wrong: "name" not a valid ifname`);
	let kind;
	if (link.link !== void 0) {
		const failed = batch.flush();
		if (failed !== void 0) return failed;
		const checked = changedKind(batch, op, ifindex, link);
		if ("errno" in checked) return checked;
		kind = checked.kind;
	}
	const target = link.netns === void 0 ? void 0 : batch.rtnl.table.find(link.netns);
	if (link.netns !== void 0 && target === void 0) return refusal(op, "EINVAL", `argument "${link.netns}" is wrong: Invalid "netns" value`);
	const moves = target !== void 0 && target !== batch.netns;
	if (moves) {
		const failed = batch.flush();
		if (failed !== void 0) return failed;
		const state = getLink(batch.socket, ifindex);
		if (state !== void 0) touchAround(batch, state);
	}
	const lower = kind?.type === "vxlan" && kind.dev === void 0 ? void 0 : numbers.lower;
	const { link: _asked, ...rest } = withoutNoop(link);
	const changed = {
		...rest,
		...kind === void 0 ? {} : { link: kind }
	};
	batch.add(op, changeLink(changed, {
		...numbers,
		lower,
		ifindex,
		netnsFd: moves ? target.fd : void 0
	}));
	if (hasPortSettings(link.port)) batch.add(op, changePort(ifindex, link.port));
	if (moves) return batch.flush();
	if (link.newName !== void 0 && link.newName !== link.name) {
		batch.plan(link.name, void 0);
		batch.plan(link.newName, ifindex);
	}
	if (link.up !== void 0 || link.master !== void 0 || link.mac !== void 0) batch.touch(ifindex);
}
/** The loopback device has an address of zeros and takes none, not even that. */
function withoutNoop(link) {
	if (link.name !== "lo" || link.mac !== "00:00:00:00:00:00") return link;
	const { mac: _zeros, ...rest } = link;
	return rest;
}
/** The kind cannot change, and of some kinds nothing. What is left of it is what differs. */
function changedKind(batch, op, ifindex, link) {
	const state = getLink(batch.socket, ifindex);
	const asked = link.link;
	if (state === void 0 || asked === void 0) return noDevice$2(op, link.name);
	const own = linkKindOf(batch.rtnl, batch.netns, state);
	if (own?.type !== asked.type) return refusal(op, "EOPNOTSUPP", "Operation not supported");
	if (asked.type === "veth" && own.type === "veth") {
		const { name } = batch.netns;
		return own.peer === asked.peer && (own.peerNetns ?? name) === (asked.peerNetns ?? name) ? SAME : unchangeable(op, `the peer of ${link.name}`);
	}
	if (asked.type === "vlan" && own.type === "vlan") return own.parent === asked.parent && own.id === asked.id && own.protocol === (asked.protocol ?? "802.1Q") ? SAME : unchangeable(op, `the VLAN of ${link.name}`);
	if (asked.type === "vxlan" && own.type === "vxlan") return { kind: differenceOf(asked, own) };
	return { kind: asked.type === "bridge" ? asked : void 0 };
}
const SAME = { kind: void 0 };
function unchangeable(op, what) {
	return refusal(op, "EOPNOTSUPP", `Operation not supported: ${what} cannot be changed`);
}
function differenceOf(asked, own) {
	const { type, id, dev, local, remote, group, port, learning, ttl } = asked;
	const rest = {
		...dev === own.dev || dev === void 0 ? {} : { dev },
		...local === own.local || local === void 0 ? {} : { local },
		...remote === own.remote || remote === void 0 ? {} : { remote },
		...group === own.group || group === void 0 ? {} : { group },
		...port === own.port || port === void 0 ? {} : { port },
		...learning === own.learning || learning === void 0 ? {} : { learning },
		...ttl === own.ttl || ttl === void 0 ? {} : { ttl }
	};
	return id === own.id && Object.keys(rest).length === 0 ? void 0 : {
		type,
		id,
		...rest
	};
}
function numbersOf(batch, op, link, kind) {
	const master = link.master === void 0 ? void 0 : link.master === "" ? 0 : batch.ifindexOf(link.master);
	if (link.master !== void 0 && master === void 0) return refusal(op, "ENODEV", `argument "${link.master}" is wrong: Device does not exist`);
	if (kind?.type === "bridge" && kind.ageingTimeSeconds !== void 0 && !(kind.ageingTimeSeconds >= 0)) return refusal(op, "ERANGE", "Numerical result out of range");
	const lowerName = kind?.type === "vlan" ? kind.parent : kind?.type === "vxlan" ? kind.dev : void 0;
	const lower = lowerName === void 0 ? void 0 : batch.ifindexOf(lowerName);
	if (lowerName !== void 0 && lower === void 0) return noDevice$2(op, lowerName);
	return {
		master,
		lower
	};
}
function peerNumbers(batch, op, kind) {
	if (kind.type !== "veth") return void 0;
	const { peerNetns } = kind;
	const netns = peerNetns === void 0 ? batch.netns : batch.rtnl.table.find(peerNetns);
	if (netns === void 0) return refusal(op, "EINVAL", `argument "${peerNetns}" is wrong: Invalid "netns" value`);
	return {
		ifindex: batch.rtnl.newIfindex(),
		netnsFd: netns === batch.netns ? void 0 : netns.fd
	};
}
function hasPortSettings(port) {
	if (port === void 0) return false;
	const { state: _inDumpsOnly, number: _too, ...settings } = port;
	return Object.values(settings).some((value) => value !== void 0);
}
/** Whose carrier changes when this device goes: its bridge's, its peer's, its peer's bridge's. */
function touchAround(batch, state) {
	if (state.master !== 0) batch.touch(state.master);
	if (state.kind !== "veth") return;
	const { rtnl, netns } = batch;
	const peerNetns = state.lowerNsid === void 0 ? netns : rtnl.netnsOfId(netns, state.lowerNsid);
	if (peerNetns === void 0) return;
	batch.touch(state.lower, peerNetns);
	const peer = getLink(rtnl.socket(peerNetns), state.lower);
	if (peer !== void 0 && peer.master !== 0) batch.touch(peer.master, peerNetns);
}
/** What iproute2 lets pass; the kernel itself judges the length. */
function isName(name) {
	return name !== "" && name !== "." && name !== ".." && !/[/:\s]/.test(name);
}
// src/linux/missing.ts
/** What a machine must have for the real kernel behind the port. */
/** Programs that are run, all of Debian's package iptables. */
const PROGRAMS = ["iptables", "ip6tables"].flatMap((name) => [name, ...[
	"nft-restore",
	"nft-save",
	"legacy-restore",
	"legacy-save"
].map((each) => `${name}-${each}`)]);
const DEVICES = [{
	kind: "link",
	name: "veth0",
	link: {
		type: "veth",
		peer: "veth1"
	}
}, {
	kind: "link",
	name: "br0",
	link: { type: "bridge" }
}];
/** A sentence for each thing that is missing; empty: nothing is. Makes a namespace to try, and lets it go. */
function missingOnThisMachine() {
	if (process.platform !== "linux") return [`The real kernel needs Linux; this is ${process.platform}.`];
	return [...missingFeatures(), ...PROGRAMS.filter((name) => !isInstalled(name)).map(noProgram)];
}
function missingFeatures() {
	const table = new NetnsList(void 0);
	const made = table.create("try");
	if (!made.ok) return [`Network namespaces need root (CAP_SYS_ADMIN): ${made.error.errno}: ${made.error.message}.`];
	const rtnl = new Rtnl(table);
	try {
		return DEVICES.flatMap((link) => {
			const batch = new Batch(rtnl, made.value);
			const failed = applyLink(batch, 0, "add", link) ?? batch.flush();
			return failed === void 0 ? [] : [noDevice$1(link, failed)];
		});
	} finally {
		rtnl.close();
		table.close();
	}
}
function noDevice$1(link, { errno, message }) {
	return `This kernel makes no devices of type ${link.link?.type}: ${errno}: ${message}`;
}
function noProgram(name) {
	return `The program ${name} is not installed (Debian: apt-get install iptables).`;
}
function isInstalled(name) {
	return PROGRAM_PATH.split(":").some((directory) => {
		try {
			accessSync(join(directory, name), constants.X_OK);
			return true;
		} catch {
			return false;
		}
	});
}
// src/linux/objects/route-names.ts
const RTN = {
	unicast: 1,
	local: 2,
	broadcast: 3,
	multicast: 5,
	blackhole: 6,
	unreachable: 7,
	prohibit: 8,
	throw: 9
};
const TYPES = /* @__PURE__ */ new Map([
	[RTN.unicast, "unicast"],
	[RTN.local, "local"],
	[RTN.broadcast, "broadcast"],
	[RTN.multicast, "multicast"],
	[RTN.blackhole, "blackhole"],
	[RTN.unreachable, "unreachable"],
	[RTN.prohibit, "prohibit"],
	[RTN.throw, "throw"]
]);
/** Undefined: a type that the port has no word for (anycast of IPv6). */
function routeTypeName(type) {
	return TYPES.get(type);
}
const PROTOCOLS = /* @__PURE__ */ new Map([
	["unspec", 0],
	["redirect", 1],
	["kernel", 2],
	["boot", 3],
	["static", 4],
	["gated", 8],
	["ra", 9],
	["mrt", 10],
	["zebra", 11],
	["bird", 12],
	["dnrouted", 13],
	["xorp", 14],
	["ntk", 15],
	["dhcp", 16],
	["keepalived", 18],
	["babel", 42],
	["openr", 99],
	["bgp", 186],
	["isis", 187],
	["ospf", 188],
	["rip", 189],
	["eigrp", 192]
]);
const PROTOCOL_NAMES = new Map([...PROTOCOLS].map(([name, number]) => [number, name]));
/** By name or number as text; undefined: neither. */
function protocolNumber(text) {
	const number = PROTOCOLS.get(text) ?? (/^\d{1,3}$/.test(text) ? Number(text) : void 0);
	return number !== void 0 && number <= 255 ? number : void 0;
}
function protocolName(number) {
	return PROTOCOL_NAMES.get(number) ?? String(number);
}
// src/linux/objects/scope.ts
const SCOPE = {
	global: 0,
	site: 200,
	link: 253,
	host: 254,
	nowhere: 255
};
/** A scope that has no name counts as `global`. */
function scopeName(scope) {
	switch (scope) {
		case SCOPE.site: return "site";
		case SCOPE.link: return "link";
		case SCOPE.host: return "host";
		case SCOPE.nowhere: return "nowhere";
		default: return "global";
	}
}
// src/linux/objects/route.ts
const RTA = {
	dst: 1,
	src: 2,
	iif: 3,
	oif: 4,
	gateway: 5,
	priority: 6,
	prefsrc: 7,
	metrics: 8,
	multipath: 9,
	table: 15,
	mark: 16,
	via: 18,
	ipProto: 27,
	sport: 28,
	dport: 29
};
function applyRoute(batch, op, verb, route) {
	const added = specOf(batch, op, route, "add");
	if ("errno" in added) return added;
	const removed = specOf(batch, op, route, "delete");
	if ("errno" in removed) return removed;
	const remove = {
		header: { type: 25 },
		body: (to) => putRoute(to, removed)
	};
	if (verb === "delete") {
		batch.add(op, remove);
		return;
	}
	const header = {
		type: 24,
		flags: flagsOf(verb, route.among)
	};
	batch.add(op, {
		header,
		body: (to) => putRoute(to, added)
	}, verb === "add" ? { undo: {
		header: { type: 25 },
		body: (to) => putRoute(to, added)
	} } : {});
}
function flagsOf(verb, among) {
	if (verb === "replace") return 1280;
	switch (among) {
		case "first": return NLM_F_CREATE;
		case "last": return 3072;
		case void 0: return 1536;
	}
}
/** Fills in what `ip route` would; when deleting, what is not given does not matter. */
function specOf(batch, op, route, verb) {
	const type = route.type ?? "unicast";
	const protocol = route.protocol === void 0 ? 3 : protocolNumber(route.protocol);
	if (protocol === void 0) return refusal(op, "EINVAL", `argument "${route.protocol}" is wrong: "protocol" value is invalid`);
	const isSingle = route.via !== void 0 || route.dev !== void 0;
	const hops = [];
	for (const hop of route.nexthops ?? (isSingle ? [route] : [])) {
		const oif = hop.dev === void 0 ? 0 : batch.ifindexOf(hop.dev);
		if (oif === void 0) return noDevice$2(op, hop.dev ?? "");
		hops.push({
			...hop,
			oif
		});
	}
	const isDelete = verb === "delete";
	const scope = route.scope ?? (isDelete ? "nowhere" : defaultScope(type, hops));
	return {
		route,
		type: isDelete && route.type === void 0 ? 0 : RTN[type],
		scope: SCOPE[scope],
		protocol: isDelete && route.protocol === void 0 ? 0 : protocol,
		table: route.table || (type === "local" || type === "broadcast" ? 255 : 254),
		hops
	};
}
/** As iproute2 chooses it. */
function defaultScope(type, hops) {
	if (type === "local") return "host";
	if (type === "broadcast") return "link";
	return type === "unicast" && hops.length === 1 && hops[0]?.via === void 0 ? "link" : "global";
}
function putRoute(to, { route, type, scope, protocol, table, hops }) {
	const { dst, src, metric, mtu } = route;
	const family = familyNumber(dst.addr);
	const [only] = hops;
	const isMultipath = hops.length > 1;
	const flags = !isMultipath && only?.onlink === true ? 4 : 0;
	to.u8(family, dst.prefix, 0, 0, table < 256 ? table : 0, protocol, scope, type).u32(flags);
	if (dst.prefix > 0 || !/^[0:.]+$/.test(dst.addr)) to.attrBytes(RTA.dst, addrBytes(dst.addr));
	if (table >= 256) to.attrU32(RTA.table, table);
	if (metric !== void 0) to.attrU32(RTA.priority, metric);
	if (src !== void 0) to.attrBytes(RTA.prefsrc, addrBytes(src));
	if (mtu !== void 0) to.nest(RTA.metrics, (metrics) => metrics.attrU32(2, mtu));
	if (isMultipath) to.attr(RTA.multipath, (list) => {
		for (const hop of hops) putNexthop(list, hop, family);
	});
	else if (only !== void 0) {
		if (only.oif !== 0) to.attrU32(RTA.oif, only.oif);
		putGateway(to, only, family);
	}
}
/** struct rtnexthop, which counts its own length. */
function putNexthop(to, hop, family) {
	const flags = hop.onlink === true ? 4 : 0;
	const gatewayBytes = hop.via === void 0 ? 0 : gatewayLength(hop.via, family);
	to.u16(8 + gatewayBytes).u8(flags, (hop.weight ?? 1) - 1).u32(hop.oif);
	putGateway(to, hop, family);
}
function gatewayLength(via, family) {
	return 4 + addrBytes(via).length + (familyNumber(via) === family ? 0 : 2) + 3 & -4;
}
/** A gateway of the other family goes into RTA_VIA. */
function putGateway(to, { via }, family) {
	if (via === void 0) return;
	const own = familyNumber(via);
	if (own === family) to.attrBytes(RTA.gateway, addrBytes(via));
	else to.attr(RTA.via, (value) => value.u16(own).bytes(addrBytes(via)));
}
// src/linux/objects/route-dump.ts
/** Routes of a namespace as objects of the port. */
const RTNH_F_LINKDOWN = 16;
/** struct rtnexthop. */
const RTNEXTHOP_BYTES = 8;
/** Every table, IPv4 before IPv6, in the order in which the kernel lists them. */
function dumpRoutes(socket) {
	const messages = dumpMessages(socket, 26, (to) => to.u32(0).u32(0).u32(0));
	if (!messages.ok) return messages;
	const nameOf = nameTable(socket);
	return ok(messages.value.flatMap((message) => routeObject(message, nameOf) ?? []));
}
/** Type, table, protocol and scope are always there; `metric` when it is not 0. Undefined: multicast routing and the like. */
function routeObject(message, nameOf) {
	const family = message.u8(0);
	const type = routeTypeName(message.u8(7));
	if (family !== 2 && family !== 10 || type === void 0) return void 0;
	const attrs = message.attrs(12);
	const hops = hopsOf(message, attrs, nameOf);
	const src = addrText(attrs.bytes(RTA.prefsrc));
	const metric = attrs.u32(RTA.priority) ?? 0;
	const mtu = attrs.nested(RTA.metrics)?.u32(2);
	const [only] = hops;
	return {
		kind: "route",
		dst: {
			addr: addrText(attrs.bytes(RTA.dst)) ?? anyAddr(family),
			prefix: message.u8(1)
		},
		type,
		table: attrs.u32(RTA.table) ?? message.u8(4),
		...hops.length === 1 && only !== void 0 ? only.hop : {},
		...src === void 0 ? {} : { src },
		...metric === 0 ? {} : { metric },
		scope: scopeName(message.u8(6)),
		protocol: protocolName(message.u8(5)),
		...mtu === void 0 ? {} : { mtu },
		...hops.length < 2 ? {} : { nexthops: hops.map(({ hop, weight }) => ({
			...hop,
			weight
		})) },
		...hops.length > 0 && hops.every(({ linkdown }) => linkdown) ? { linkdown: true } : {}
	};
}
function hopsOf(message, attrs, nameOf) {
	const list = attrs.bytes(RTA.multipath);
	if (list !== void 0) return multipathOf(list, nameOf);
	const oif = attrs.u32(RTA.oif) ?? 0;
	const via = gatewayOf(attrs);
	if (oif === 0 && via === void 0) return [];
	return [dumpedHop({
		oif,
		via,
		flags: message.u32(8),
		weight: 1
	}, nameOf)];
}
function multipathOf(list, nameOf) {
	const view = new DataView(list.buffer, list.byteOffset, list.length);
	const hops = [];
	for (let at = 0; at + RTNEXTHOP_BYTES <= list.length;) {
		const length = view.getUint16(at, true);
		if (length < RTNEXTHOP_BYTES) break;
		const via = gatewayOf(new Attributes(list.subarray(at + RTNEXTHOP_BYTES, at + length)));
		const [flags, weight] = [view.getUint8(at + 2), view.getUint8(at + 3) + 1];
		hops.push(dumpedHop({
			oif: view.getUint32(at + 4, true),
			via,
			flags,
			weight
		}, nameOf));
		at += length + 3 & -4;
	}
	return hops;
}
function dumpedHop(raw, nameOf) {
	const { oif, via, flags, weight } = raw;
	return {
		hop: {
			...via === void 0 ? {} : { via },
			...oif === 0 ? {} : { dev: nameOf(oif) },
			...(flags & 4) === 0 ? {} : { onlink: true }
		},
		weight,
		linkdown: (flags & RTNH_F_LINKDOWN) !== 0
	};
}
function gatewayOf(attrs) {
	return addrText(attrs.bytes(RTA.gateway)) ?? addrText(attrs.bytes(RTA.via)?.subarray(2));
}
// src/linux/objects/route-get.ts
/** Asking the real kernel for a routing decision: `ip route get`. */
const RTM_F_LOOKUP_TABLE = 4096;
const RTM_F_FIB_MATCH = 8192;
const RTCF_DOREDIRECT = 16777216;
/** One message asks for the decision, a second one for the route that matched. */
function routeGet(socket, query) {
	const iif = query.iif === void 0 ? void 0 : socket.ifindexOf(query.iif);
	if (query.iif !== void 0 && iif === void 0) return noDevice(query.iif);
	const oif = query.oif === void 0 ? void 0 : socket.ifindexOf(query.oif);
	if (query.oif !== void 0 && oif === void 0) return noDevice(query.oif);
	const request = new MessageWriter();
	const flagsOfAll = familyOf(query.dst) === "ipv4" ? RTM_F_LOOKUP_TABLE : 0;
	for (const flags of [flagsOfAll, flagsOfAll | RTM_F_FIB_MATCH]) request.message({ type: 26 }, (to) => putQuery(to, query, {
		iif,
		oif
	}, flags));
	const { errors, replies } = socket.exchange(request);
	const failed = errors.get(0);
	if (failed !== void 0) return err(kernelError(-1, failed));
	const [decision] = replies.get(0) ?? [];
	const [match] = replies.get(1) ?? [];
	if (decision === void 0) return err({
		errno: "EIO",
		op: -1,
		message: "No answer"
	});
	const nameOf = nameTable(socket);
	const route = match === void 0 ? void 0 : routeObject(match, nameOf);
	const found = route === void 0 ? void 0 : inOwnTable(socket, route);
	return ok({
		...answerOf(decision, nameOf),
		...found === void 0 ? {} : { route: found }
	});
}
/** Without rules of one's own, Linux keeps `local` in `main`'s trie and says `main` of routes of both. */
function inOwnTable(socket, route) {
	if (route.table !== 254 || route.type !== "local" && route.type !== "broadcast") return route;
	const own = {
		...route,
		table: 255
	};
	const listed = dumpRoutes(socket);
	return listed.ok && listed.value.some((each) => JSON.stringify(each) === JSON.stringify(own)) ? own : route;
}
function noDevice(name) {
	return err({
		errno: "ENODEV",
		op: -1,
		message: `Cannot find device "${name}"`
	});
}
function putQuery(to, query, { iif, oif }, flags) {
	const { dst, src, mark, tos, proto, sport, dport } = query;
	to.u8(familyNumber(dst), addrBits(dst), src === void 0 ? 0 : addrBits(src), tos ?? 0).u32(0).u32(flags);
	to.attrBytes(RTA.dst, addrBytes(dst));
	if (src !== void 0) to.attrBytes(RTA.src, addrBytes(src));
	if (iif !== void 0) to.attrU32(RTA.iif, iif);
	if (oif !== void 0) to.attrU32(RTA.oif, oif);
	if (mark !== void 0) to.attrU32(RTA.mark, mark);
	if (proto !== void 0) to.attrU8(RTA.ipProto, proto);
	if (sport !== void 0) to.attrBe16(RTA.sport, sport);
	if (dport !== void 0) to.attrBe16(RTA.dport, dport);
}
function answerOf(decision, nameOf) {
	const attrs = decision.attrs(12);
	const via = addrText(attrs.bytes(RTA.gateway) ?? attrs.bytes(RTA.via)?.subarray(2));
	const prefsrc = addrText(attrs.bytes(RTA.prefsrc));
	const mtu = attrs.nested(RTA.metrics)?.u32(2);
	const oif = attrs.u32(RTA.oif) ?? 0;
	return {
		type: routeTypeName(decision.u8(7)) ?? "unicast",
		dev: oif === 0 ? "lo" : nameOf(oif),
		...via === void 0 ? {} : { via },
		...prefsrc === void 0 ? {} : { prefsrc },
		table: attrs.u32(RTA.table) ?? decision.u8(4),
		...mtu === void 0 ? {} : { mtu },
		...(decision.u32(8) & RTCF_DOREDIRECT) === 0 ? {} : { redirect: true }
	};
}
const IFA = {
	address: 1,
	local: 2,
	label: 3,
	broadcast: 4
};
const IFA_F_SECONDARY = 1;
const FLAGS = {
	add: 1536,
	replace: 1280,
	delete: 0
};
function applyAddr(batch, op, verb, addr) {
	const failed = verb === "delete" ? batch.flush() : void 0;
	if (failed !== void 0) return failed;
	const ifindex = batch.ifindexOf(addr.dev);
	if (ifindex === void 0) return noDevice$2(op, addr.dev);
	const type = verb === "delete" ? 21 : 20;
	const body = (to) => putAddr(to, ifindex, addr);
	const undo = {
		header: { type: 21 },
		body
	};
	batch.add(op, {
		header: {
			type,
			flags: FLAGS[verb]
		},
		body
	}, verb === "add" ? { undo } : {});
}
function putAddr(to, ifindex, { addr, scope, label, broadcast }) {
	const family = familyNumber(addr.addr);
	const bytes = addrBytes(addr.addr);
	const number = SCOPE[scope ?? (addr.addr.startsWith("127.") ? "host" : "global")];
	to.u8(family, addr.prefix, 0, number).u32(ifindex);
	to.attrBytes(IFA.local, bytes).attrBytes(IFA.address, bytes);
	if (broadcast !== void 0) to.attrBytes(IFA.broadcast, addrBytes(broadcast));
	if (label !== void 0) to.attrText(IFA.label, label);
}
/** By device. */
function dumpAddrs(socket) {
	const messages = dumpMessages(socket, 22, (to) => to.u32(0).u32(0));
	if (!messages.ok) return messages;
	const nameOf = nameTable(socket);
	return ok(messages.value.flatMap((message) => addrObject(message, nameOf) ?? []));
}
function addrObject(message, nameOf) {
	const attrs = message.attrs(8);
	const addr = addrText(attrs.bytes(IFA.local) ?? attrs.bytes(IFA.address));
	if (addr === void 0) return void 0;
	const dev = nameOf(message.u32(4));
	const label = attrs.text(IFA.label);
	const broadcast = addrText(attrs.bytes(IFA.broadcast));
	return {
		kind: "addr",
		dev,
		addr: {
			addr,
			prefix: message.u8(1)
		},
		...broadcast === void 0 ? {} : { broadcast },
		scope: scopeName(message.u8(3)),
		...label === void 0 || label === dev ? {} : { label },
		...(message.u8(2) & IFA_F_SECONDARY) === 0 ? {} : { secondary: true }
	};
}
// src/linux/objects/carrier.ts
/** Longer than this nobody waits, in milliseconds. */
const PATIENCE_MS = 1e3;
/** Resolves when every device of these that can be RUNNING is so, or after a second. */
async function settleCarriers(rtnl, touched) {
	const untilMs = performance.now() + PATIENCE_MS;
	while (!syncCarriers(rtnl, touched) && performance.now() < untilMs) await new Promise((resolve) => {
		setTimeout(resolve, 1);
	});
}
/** Looks at the devices, their peers and their bridges; true: all are as they will be. */
function syncCarriers(rtnl, touched) {
	const seen = /* @__PURE__ */ new Map();
	look(rtnl, touched, seen);
	look(rtnl, peersOf(rtnl, seen), seen);
	look(rtnl, bridgesOf(seen), seen);
	let isSettled = true;
	for (const [netns, states] of seen) for (const state of states.values()) if (isLate(rtnl, netns, state, seen)) isSettled = false;
	return isSettled;
}
function look(rtnl, wanted, seen) {
	for (const [netns, ifindexes] of wanted) {
		if (rtnl.table.find(netns.name) !== netns) continue;
		const known = seen.get(netns) ?? /* @__PURE__ */ new Map();
		seen.set(netns, known);
		for (const state of getLinks(rtnl.socket(netns), [...ifindexes])) known.set(state.ifindex, state);
	}
}
function peersOf(rtnl, seen) {
	const found = /* @__PURE__ */ new Map();
	for (const [netns, states] of seen) for (const state of states.values()) {
		const peerNetns = peerNetnsOf(rtnl, netns, state);
		if (peerNetns === void 0 || seen.get(peerNetns)?.has(state.lower) === true) continue;
		note(found, peerNetns, state.lower);
	}
	return found;
}
function bridgesOf(seen) {
	const found = /* @__PURE__ */ new Map();
	for (const [netns, states] of seen) for (const { master } of states.values()) if (master !== 0) note(found, netns, master);
	return found;
}
function note(found, netns, ifindex) {
	const known = found.get(netns);
	if (known === void 0) found.set(netns, /* @__PURE__ */ new Set([ifindex]));
	else known.add(ifindex);
}
function peerNetnsOf(rtnl, netns, state) {
	if (state.kind !== "veth") return void 0;
	return state.lowerNsid === void 0 ? netns : rtnl.netnsOfId(netns, state.lowerNsid);
}
/** Up, and not RUNNING although its peer is up, or although one of its ports runs. */
function isLate(rtnl, netns, state, seen) {
	if (state.kind === "veth") {
		const peerNetns = peerNetnsOf(rtnl, netns, state);
		const peer = peerNetns === void 0 ? void 0 : seen.get(peerNetns)?.get(state.lower);
		return peer !== void 0 && state.running !== (state.up && peer.up);
	}
	if (state.kind !== "bridge" || !state.up || state.running) return false;
	return [...seen.get(netns)?.values() ?? []].some((port) => port.master === state.ifindex && port.running);
}
const NDA = {
	dst: 1,
	lladdr: 2,
	cacheinfo: 3,
	probes: 4,
	vlan: 5,
	master: 9
};
const NUD = {
	NONE: 0,
	INCOMPLETE: 1,
	REACHABLE: 2,
	STALE: 4,
	DELAY: 8,
	PROBE: 16,
	FAILED: 32,
	NOARP: 64,
	PERMANENT: 128
};
/** `ip neigh` lists NONE and NOARP only when asked for them; proxy entries are none of these. */
const LISTED = [
	"INCOMPLETE",
	"REACHABLE",
	"STALE",
	"DELAY",
	"PROBE",
	"FAILED",
	"PERMANENT"
];
const NEIGH_FLAGS = {
	add: 1536,
	replace: 1280,
	delete: 0
};
function applyNeigh(batch, op, verb, neigh) {
	const ifindex = batch.ifindexOf(neigh.dev);
	if (ifindex === void 0) return noDevice$2(op, neigh.dev);
	const body = (to) => {
		ndmsg(to, {
			family: familyNumber(neigh.addr),
			ifindex,
			state: NUD[neigh.state ?? "PERMANENT"],
			flags: 0
		});
		to.attrBytes(NDA.dst, addrBytes(neigh.addr));
		if (neigh.mac !== void 0) to.attrBytes(NDA.lladdr, macBytes(neigh.mac));
	};
	const remove = {
		header: { type: 29 },
		body
	};
	if (verb === "delete") batch.add(op, remove);
	else batch.add(op, {
		header: {
			type: 28,
			flags: NEIGH_FLAGS[verb]
		},
		body
	}, verb === "add" ? {
		undo: remove,
		afterInvalid: remove
	} : {});
}
function ndmsg(to, { family, ifindex, state, flags }) {
	to.u32(family).u32(ifindex).u16(state).u8(flags, 0);
}
/** By device, then by address; the kernel lists them by a hash. */
function dumpNeighs(socket) {
	const messages = dumpMessages(socket, 30, (to) => to.u32(0).u32(0).u32(0));
	if (!messages.ok) return messages;
	const nameOf = nameTable(socket);
	const found = [];
	for (const message of messages.value) {
		const neigh = neighObject(message, nameOf);
		if (neigh !== void 0) found.push({
			ifindex: message.u32(4),
			neigh
		});
	}
	found.sort((a, b) => a.ifindex - b.ifindex || compareAddrs(a.neigh, b.neigh));
	return ok(found.map(({ neigh }) => neigh));
}
function compareAddrs(a, b) {
	const [x, y] = [ipNum(a.addr), ipNum(b.addr)];
	if (typeof x !== typeof y) return typeof x === "number" ? -1 : 1;
	return x < y ? -1 : 1;
}
function neighObject(message, nameOf) {
	const attrs = message.attrs(12);
	const addr = addrText(attrs.bytes(NDA.dst));
	const state = LISTED.find((each) => (message.u16(8) & NUD[each]) !== 0);
	if (addr === void 0 || state === void 0) return void 0;
	const mac = macOf(attrs.bytes(NDA.lladdr));
	const isKnown = state !== "INCOMPLETE" && state !== "FAILED";
	return {
		kind: "neigh",
		dev: nameOf(message.u32(4)),
		addr,
		...mac === void 0 || !isKnown ? {} : { mac },
		state,
		ages: agesOf(attrs)
	};
}
/** struct nda_cacheinfo: confirmed, used, updated, reference count. */
function agesOf(attrs) {
	const bytes = attrs.bytes(NDA.cacheinfo);
	const at = (k) => bytes === void 0 ? 0 : new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(4 * k, true) / 100;
	return {
		confirmedSeconds: at(0),
		usedSeconds: at(1),
		updatedSeconds: at(2),
		probes: attrs.u32(NDA.probes) ?? 0
	};
}
// src/linux/objects/fdb.ts
/** Forwarding entries of the port on the real kernel: `bridge fdb … master`. */
const NTF_SELF$1 = 2;
const NTF_MASTER$1 = 4;
const NUD_REACHABLE = 2;
const NUD_STALE$1 = 4;
const NUD_NOARP$1 = 64;
const NUD_PERMANENT = 128;
function applyFdb(batch, op, verb, fdb) {
	const ifindex = batch.ifindexOf(fdb.dev);
	if (ifindex === void 0) return noDevice$2(op, fdb.dev);
	const flags = isBridge(batch, ifindex) ? NTF_SELF$1 : NTF_MASTER$1;
	const state = fdb.state === "permanent" ? NUD_PERMANENT : fdb.state === "static" ? NUD_NOARP$1 : NUD_REACHABLE;
	const body = (to) => {
		ndmsg(to, {
			family: 7,
			ifindex,
			state,
			flags
		});
		to.attrBytes(NDA.lladdr, macBytes(fdb.mac));
	};
	const remove = {
		header: { type: 29 },
		body
	};
	if (verb === "delete") batch.add(op, remove);
	else batch.add(op, {
		header: {
			type: 28,
			flags: NEIGH_FLAGS[verb]
		},
		body
	}, verb === "add" ? { undo: remove } : {});
}
function isBridge(batch, ifindex) {
	let kind = batch.kinds.get(ifindex);
	if (kind === void 0) {
		kind = getLink(batch.socket, ifindex)?.kind ?? "";
		batch.kinds.set(ifindex, kind);
	}
	return kind === "bridge";
}
/** By device; within one the youngest first, as the kernel keeps them. */
function dumpFdb(socket) {
	const messages = dumpFdbMessages(socket);
	if (!messages.ok) return messages;
	const nameOf = nameTable(socket);
	return ok(messages.value.flatMap((message) => fdbObject(message, nameOf) ?? []));
}
/** Entries of bridges only: other devices list the multicast addresses that they listen to. */
function dumpFdbMessages(socket) {
	const messages = dumpMessages(socket, 30, (to) => {
		to.u32(7).u32(0).u32(0);
	});
	if (!messages.ok) return messages;
	return ok(messages.value.filter((message) => {
		const attrs = message.attrs(12);
		return attrs.has(NDA.master) && (attrs.u16(NDA.vlan) ?? 0) === 0;
	}));
}
function fdbObject(message, nameOf) {
	const attrs = message.attrs(12);
	const mac = macOf(attrs.bytes(NDA.lladdr));
	const state = message.u16(8);
	if (mac === void 0 || (state & NUD_STALE$1) !== 0) return void 0;
	const isLocal = (state & NUD_PERMANENT) !== 0;
	const isStatic = (state & NUD_NOARP$1) !== 0;
	const bytes = attrs.bytes(NDA.cacheinfo);
	const updated = bytes === void 0 || isLocal ? 0 : new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(8, true);
	return {
		kind: "fdb",
		dev: nameOf(message.u32(4)),
		mac,
		...isLocal ? { state: "permanent" } : isStatic ? { state: "static" } : {},
		ageSeconds: updated / 100
	};
}
// src/linux/objects/rule.ts
/** Policy rules of the port on the real kernel: `ip rule`. */
/** struct fib_rule_hdr. */
const HEADER_BYTES = 12;
const FRA = {
	dst: 1,
	src: 2,
	iif: 3,
	priority: 6,
	fwmark: 10,
	table: 15,
	fwmask: 16,
	oif: 17,
	protocol: 21
};
const FR_ACT_TO_TBL = 1;
const FIB_RULE_INVERT$1 = 2;
const EEXIST = 17;
function applyRule(batch, op, verb, asked) {
	if (asked.table === 0) return refusal(op, "EINVAL", "Invalid table");
	const rule = normalised(asked);
	const body = (to) => putRule(to, rule);
	const remove = {
		header: { type: 33 },
		body
	};
	if (verb === "delete") {
		const failed = batch.flush();
		if (failed !== void 0) return failed;
		const listed = dumpRules(batch.socket);
		if (!listed.ok) return {
			...listed.error,
			op
		};
		if (!listed.value.some((each) => keyOf(each) === keyOf(rule))) return refusal(op, "ENOENT", "No such file or directory");
		batch.add(op, remove);
		return;
	}
	batch.add(op, {
		header: {
			type: 32,
			flags: 1536
		},
		body
	}, verb === "add" ? { undo: remove } : { tolerated: EEXIST });
}
function putRule(to, rule) {
	const { from, to: dst, iif, oif, fwmark, table, priority } = rule;
	const family = rule.family === "ipv4" ? 2 : 10;
	to.u8(family, dst?.prefix ?? 0, from?.prefix ?? 0, 0);
	to.u8(table < 256 ? table : 0, 0, 0, FR_ACT_TO_TBL).u32(rule.not === true ? FIB_RULE_INVERT$1 : 0);
	to.attrU32(FRA.priority, priority);
	if (table >= 256) to.attrU32(FRA.table, table);
	if (from !== void 0) to.attrBytes(FRA.src, addrBytes(from.addr));
	if (dst !== void 0) to.attrBytes(FRA.dst, addrBytes(dst.addr));
	if (iif !== void 0) to.attrText(FRA.iif, iif);
	if (oif !== void 0) to.attrText(FRA.oif, oif);
	if (fwmark !== void 0) to.attrU32(FRA.fwmark, fwmark.value).attrU32(FRA.fwmask, fwmark.mask);
}
/** IPv4 before IPv6, by priority. The two rules that the kernel itself has for IPv6 are left out: podwire's namespaces have none of it. */
function dumpRules(socket) {
	const messages = dumpMessages(socket, 34, (to) => to.u32(0).u32(0).u32(0));
	return messages.ok ? ok(messages.value.flatMap((message) => ruleObject(message) ?? [])) : messages;
}
function ruleObject(message) {
	const family = message.u8(0);
	if (family !== 2 && family !== 10 || message.u8(7) !== FR_ACT_TO_TBL) return void 0;
	const attrs = message.attrs(HEADER_BYTES);
	const priority = attrs.u32(FRA.priority) ?? 0;
	const isKernels = attrs.u8(FRA.protocol) === 2;
	if (family === 10 && isKernels && (priority === 0 || priority === 32766)) return void 0;
	const from = addrText(attrs.bytes(FRA.src));
	const to = addrText(attrs.bytes(FRA.dst));
	const [iif, oif] = [attrs.text(FRA.iif), attrs.text(FRA.oif)];
	const [value, mask] = [attrs.u32(FRA.fwmark), attrs.u32(FRA.fwmask)];
	return {
		kind: "rule",
		family: family === 2 ? "ipv4" : "ipv6",
		priority,
		...(message.u32(8) & FIB_RULE_INVERT$1) === 0 ? {} : { not: true },
		...from === void 0 ? {} : { from: {
			addr: from,
			prefix: message.u8(2)
		} },
		...to === void 0 ? {} : { to: {
			addr: to,
			prefix: message.u8(1)
		} },
		...iif === void 0 ? {} : { iif },
		...oif === void 0 ? {} : { oif },
		...value === void 0 && mask === void 0 ? {} : { fwmark: {
			value: value ?? 0,
			mask: mask ?? 4294967295
		} },
		table: attrs.u32(FRA.table) ?? message.u8(4)
	};
}
/** Without what says nothing: `from 0.0.0.0/0`, `not: false`. */
function normalised(rule) {
	const { from, to, not, ...rest } = rule;
	return {
		...rest,
		...not === true ? { not: true } : {},
		...says(from) ? { from: networkOf(from) } : {},
		...says(to) ? { to: networkOf(to) } : {}
	};
}
function says(net) {
	return net !== void 0 && net.prefix > 0;
}
function keyOf(rule) {
	const { from, to, fwmark } = rule;
	return [
		rule.family,
		rule.priority,
		rule.not === true,
		from === void 0 ? "" : formatCidr(from),
		to === void 0 ? "" : formatCidr(to),
		rule.iif ?? "",
		rule.oif ?? "",
		fwmark === void 0 ? "" : `${fwmark.value}/${fwmark.mask}`,
		rule.table
	].join(" ");
}
// src/linux/objects/link-restore.ts
function saveLinks(rtnl, namespaces) {
	return new Map(namespaces.map((netns) => [netns, statesOf(rtnl, netns).map((state) => {
		const kind = linkKindOf(rtnl, netns, state);
		const name = kind?.type === "veth" ? kind.peerNetns : void 0;
		return {
			state,
			kind,
			peerNetns: name === void 0 ? netns : rtnl.table.find(name)
		};
	})]));
}
function restoreLinks(rtnl, saved) {
	deleteNew(rtnl, saved);
	moveBack(rtnl, saved);
	makeAgain(rtnl, saved);
	for (let round = 0; round < 2; round += 1) changeBack(rtnl, saved, differences);
	changeBack(rtnl, saved, bridgeDifferences);
}
/** Best effort: what the kernel refuses stays as it is. */
function send(socket, requests) {
	const messages = new MessageWriter();
	for (const { header, body } of requests) messages.message(header, body);
	socket.exchange(messages);
}
function statesOf(rtnl, netns) {
	const listed = dumpLinkStates(rtnl, netns);
	return listed.ok ? listed.value : [];
}
function deleteNew(rtnl, saved) {
	const known = new Set([...saved.values()].flat().map(({ state }) => state.ifindex));
	for (const netns of saved.keys()) {
		const made = statesOf(rtnl, netns).filter(({ ifindex }) => !known.has(ifindex));
		send(rtnl.socket(netns), made.map(({ ifindex }) => deleteLink(ifindex)));
	}
}
function moveBack(rtnl, saved) {
	for (const netns of saved.keys()) {
		const own = new Set(saved.get(netns)?.map(({ state }) => state.ifindex));
		for (const { ifindex } of statesOf(rtnl, netns)) {
			if (own.has(ifindex)) continue;
			for (const [home, links] of saved) {
				const was = links.find(({ state }) => state.ifindex === ifindex)?.state;
				if (was === void 0) continue;
				const link = {
					kind: "link",
					name: was.name,
					newName: was.name
				};
				send(rtnl.socket(netns), [changeLink(link, {
					ifindex,
					netnsFd: home.fd
				})]);
			}
		}
	}
}
function makeAgain(rtnl, saved) {
	for (const [netns, links] of saved) for (const { state, kind, peerNetns } of links) {
		const socket = rtnl.socket(netns);
		if (kind === void 0 || kind.type === "loopback" || socket.nameOf(state.ifindex) !== void 0) continue;
		const { ifindex, lower, name, mac } = state;
		const peerMac = saved.get(peerNetns ?? netns)?.find((each) => each.state.ifindex === lower)?.state.mac;
		const isFree = kind.type !== "bridge";
		const made = kind.type === "veth" && peerMac !== void 0 ? {
			...kind,
			peerMac
		} : kind;
		const link = {
			kind: "link",
			name,
			...isFree && mac !== void 0 ? { mac } : {}
		};
		const netnsFd = peerNetns === void 0 || peerNetns === netns ? void 0 : peerNetns.fd;
		send(socket, [newLink(link, made, {
			ifindex,
			lower: kind.type === "vxlan" ? state.vxlan?.ifindex || void 0 : lower,
			peer: {
				ifindex: lower,
				netnsFd
			}
		})]);
	}
}
function changeBack(rtnl, saved, between) {
	for (const [netns, links] of saved) {
		const present = new Map(statesOf(rtnl, netns).map((state) => [state.ifindex, state]));
		const requests = links.flatMap(({ state }) => {
			const now = present.get(state.ifindex);
			return now === void 0 ? [] : between(state, now);
		});
		send(rtnl.socket(netns), requests);
	}
}
function differences(was, now) {
	const { ifindex, port } = was;
	const isBridge = was.kind === "bridge";
	const change = {
		...was.name === now.name ? {} : { newName: was.name },
		...isBridge || was.mac === now.mac || was.mac === void 0 ? {} : { mac: was.mac },
		...isBridge || was.mtu === now.mtu ? {} : { mtu: was.mtu },
		...was.alias === now.alias ? {} : { alias: was.alias },
		...was.txQueueLength === now.txQueueLength ? {} : { txQueueLength: was.txQueueLength },
		...was.promisc === now.promisc ? {} : { promisc: was.promisc },
		...was.up === now.up ? {} : { up: was.up },
		...was.bridge === void 0 || JSON.stringify(was.bridge) === JSON.stringify(now.bridge) ? {} : { link: {
			type: "bridge",
			...was.bridge
		} }
	};
	const master = was.master === now.master ? void 0 : was.master;
	const requests = [];
	if (Object.keys(change).length > 0 || master !== void 0) requests.push(changeLink({
		kind: "link",
		name: was.name,
		...change
	}, {
		ifindex,
		master
	}));
	if (port !== void 0 && (master !== void 0 || JSON.stringify(port) !== JSON.stringify(now.port))) requests.push(changePort(ifindex, port));
	return requests;
}
/** A bridge's address and MTU follow its ports unless they were set: they are set only where they do not come by themselves. */
function bridgeDifferences(was, now) {
	if (was.kind !== "bridge" || was.mac === now.mac && was.mtu === now.mtu) return [];
	const change = {
		...was.mac === now.mac || was.mac === void 0 ? {} : { mac: was.mac },
		...was.mtu === now.mtu ? {} : { mtu: was.mtu }
	};
	return [changeLink({
		kind: "link",
		name: was.name,
		...change
	}, { ifindex: was.ifindex })];
}
// src/linux/objects/raw-kind.ts
/**
* Objects as the kernel's own messages, for taking transactions back: what a dump says, sent again, makes the same object,
* as `ip route restore` does. Devices are meant by number, so the devices must be back first.
*/
const empty8 = (to) => void to.u32(0).u32(0);
const empty12 = (to) => void to.u32(0).u32(0).u32(0);
const NTF_SELF = 2;
const NTF_MASTER = 4;
const NUD_STALE = 4;
const NUD_NOARP = 64;
const FIB_RULE_INVERT = 2;
const RAW_KINDS = {
	addr: {
		get: 22,
		add: 20,
		addFlags: 1280,
		remove: 21,
		list: empty8,
		fixed: 8,
		leftOut: [6, 8],
		clean: (body) => {
			body[2] = 0;
			return true;
		}
	},
	route: {
		get: 26,
		add: 24,
		addFlags: 3072,
		remove: 25,
		list: empty12,
		fixed: 12,
		leftOut: [12],
		clean: cleanRoute
	},
	rule: {
		get: 34,
		add: 32,
		addFlags: NLM_F_CREATE,
		remove: 33,
		list: empty12,
		fixed: 12,
		leftOut: [],
		clean: (body) => {
			body[8] = (body[8] ?? 0) & FIB_RULE_INVERT;
			return true;
		}
	},
	neigh: {
		get: 30,
		add: 28,
		addFlags: 1280,
		remove: 29,
		list: empty12,
		fixed: 12,
		leftOut: [NDA.cacheinfo, NDA.probes],
		clean: (body) => body[8] !== 0 && body[8] !== NUD_NOARP
	},
	fdb: {
		get: 30,
		add: 28,
		addFlags: 1280,
		remove: 29,
		list: (to) => void to.u32(7).u32(0).u32(0),
		fixed: 12,
		leftOut: [NDA.cacheinfo, NDA.master],
		clean: (body, message) => {
			const attrs = message.attrs(12);
			const master = attrs.u32(NDA.master);
			if (master === void 0 || (attrs.u16(NDA.vlan) ?? 0) !== 0 || message.u16(8) === NUD_STALE) return false;
			body[10] = master === message.u32(4) ? NTF_SELF : NTF_MASTER;
			return true;
		}
	}
};
/** Flags that tell the device's state may not be sent; IPv4 and IPv6 only. */
function cleanRoute(body) {
	const view = new DataView(body.buffer, body.byteOffset, body.length);
	view.setUint32(8, view.getUint32(8, true) & 4, true);
	for (let at = 12; at + 4 <= body.length;) {
		const length = view.getUint16(at, true);
		if (length < 4) break;
		if ((view.getUint16(at + 2, true) & 16383) === RTA.multipath) for (let hop = at + 4; hop + 8 <= at + length;) {
			view.setUint8(hop + 2, view.getUint8(hop + 2) & 4);
			hop += Math.max(8, view.getUint16(hop, true) + 3 & -4);
		}
		at += length + 3 & -4;
	}
	return body[0] === 2 || body[0] === 10;
}
/** The payload to send for a dumped message; undefined: an object that is nobody's to make. */
function replayOf(kind, message) {
	const body = message.body.slice();
	if (!kind.clean(body, message)) return void 0;
	const view = new DataView(body.buffer);
	let end = kind.fixed;
	for (let at = kind.fixed; at + 4 <= body.length;) {
		const length = view.getUint16(at, true);
		if (length < 4) break;
		const next = Math.min(body.length, at + (length + 3 & -4));
		if (!kind.leftOut.includes(view.getUint16(at + 2, true) & 16383)) {
			body.copyWithin(end, at, next);
			end += next - at;
		}
		at = next;
	}
	return body.subarray(0, end);
}
// src/linux/objects/raw-restore.ts
function dumpRaw(socket, name) {
	const kind = RAW_KINDS[name];
	const listed = socket.dump(kind.get, kind.list);
	return "errno" in listed ? [] : listed;
}
/** Deletes what was not there and adds what is no more; best effort. */
function restoreRaw(socket, name, before) {
	const was = replays(name, before);
	const is = replays(name, dumpRaw(socket, name));
	const { extra, missing } = name === "addr" ? differingDevices(was, is) : differing(was, is);
	if (extra.length + missing.length === 0) return;
	const kind = RAW_KINDS[name];
	const messages = new MessageWriter();
	for (const body of [...extra].reverse()) messages.message({ type: kind.remove }, (to) => void to.bytes(body));
	for (const body of missing) messages.message({
		type: kind.add,
		flags: kind.addFlags
	}, (to) => void to.bytes(body));
	socket.exchange(messages);
}
function replays(name, messages) {
	const kind = RAW_KINDS[name];
	const found = /* @__PURE__ */ new Map();
	for (const message of messages) {
		const body = replayOf(kind, message);
		if (body !== void 0) found.set(Buffer.from(body).toString("latin1"), body);
	}
	return found;
}
function differing(was, is) {
	return {
		extra: [...is].filter(([key]) => !was.has(key)).map(([, body]) => body),
		missing: [...was].filter(([key]) => !is.has(key)).map(([, body]) => body)
	};
}
/** Of addresses the order says which is the first of its network: a device with any difference gets all anew. */
function differingDevices(was, is) {
	const [before, now] = [byDevice(was), byDevice(is)];
	const devices = [.../* @__PURE__ */ new Set([...before.keys(), ...now.keys()])].filter((ifindex) => keysOf(before.get(ifindex)) !== keysOf(now.get(ifindex)));
	const bodies = (of) => devices.flatMap((ifindex) => of.get(ifindex) ?? []);
	return {
		extra: bodies(now),
		missing: bodies(before)
	};
}
function byDevice(replay) {
	const found = /* @__PURE__ */ new Map();
	for (const body of replay.values()) {
		const ifindex = new DataView(body.buffer, body.byteOffset).getUint32(4, true);
		const list = found.get(ifindex);
		if (list === void 0) found.set(ifindex, [body]);
		else list.push(body);
	}
	return found;
}
function keysOf(bodies = []) {
	return bodies.map((body) => Buffer.from(body).toString("latin1")).join("\n");
}
// src/linux/objects/snapshot.ts
/** In the order in which they are put back. */
const RAW_ORDER = [
	"addr",
	"route",
	"rule",
	"neigh",
	"fdb"
];
var Snapshot = class Snapshot {
	#rtnl;
	#links;
	#raw;
	#sysctls;
	constructor(rtnl, links, raw, saved) {
		this.#rtnl = rtnl;
		this.#links = links;
		this.#raw = raw;
		this.#sysctls = saved;
	}
	/** All that the operations may change. */
	static around(rtnl, netns, ops) {
		const namespaces = reach(rtnl, netns, ops);
		const links = ops.some(({ op }) => op.object.kind === "link") ? saveLinks(rtnl, namespaces) : /* @__PURE__ */ new Map();
		const saved = leavers(rtnl, netns, ops).map(([each, dev]) => saveSysctls(each, dev));
		return new Snapshot(rtnl, links, saveRaw(rtnl, namespaces, namesOf(ops)), saved);
	}
	/**
	* Neighbours only, for taking back what was added: a bridge that changes its MAC address, for it got a port, forgets its
	* own, and so does a device that loses its last IP address.
	*/
	static ofNeighbours(rtnl, netns) {
		return new Snapshot(rtnl, /* @__PURE__ */ new Map(), saveRaw(rtnl, [netns], ["neigh"]), []);
	}
	restore() {
		restoreLinks(this.#rtnl, this.#links);
		for (const saved of this.#sysctls) restoreSysctls(saved);
		for (const name of RAW_ORDER) for (const [netns, each, before] of this.#raw) if (each === name) restoreRaw(this.#rtnl.socket(netns), name, before);
		const all = [...this.#links].map(([netns, links]) => [netns, new Set(links.map(({ state }) => state.ifindex))]);
		syncCarriers(this.#rtnl, new Map(all));
	}
};
function saveRaw(rtnl, namespaces, names) {
	return namespaces.flatMap((netns) => names.map((name) => [
		netns,
		name,
		dumpRaw(rtnl.socket(netns), name)
	]));
}
/** The namespaces that the operations can touch: with a device its peer's, and where it moves to. */
function reach(rtnl, netns, ops) {
	const found = /* @__PURE__ */ new Set([netns]);
	for (const { op } of ops) {
		if (op.object.kind !== "link") continue;
		const peerNetns = op.object.link?.type === "veth" ? op.object.link.peerNetns : void 0;
		for (const name of [op.object.netns, peerNetns]) {
			const other = name === void 0 ? void 0 : rtnl.table.find(name);
			if (other !== void 0) found.add(other);
		}
		const peer = peerOf(rtnl, netns, op.object.name);
		if (peer !== void 0) found.add(peer.netns);
	}
	return [...found];
}
function peerOf(rtnl, netns, name) {
	const socket = rtnl.socket(netns);
	const ifindex = socket.ifindexOf(name);
	const state = ifindex === void 0 ? void 0 : getLink(socket, ifindex);
	if (state?.kind !== "veth") return void 0;
	const peerNetns = state.lowerNsid === void 0 ? netns : rtnl.netnsOfId(netns, state.lowerNsid);
	return peerNetns === void 0 ? void 0 : {
		netns: peerNetns,
		ifindex: state.lower
	};
}
/** With a device everything may go, with an address routes and neighbours, with a new port the neighbours of its bridge. */
function namesOf(ops) {
	const names = /* @__PURE__ */ new Set();
	for (const { op } of ops) {
		const { kind } = op.object;
		if (op.object.kind === "link") {
			if (op.verb !== "add") return RAW_ORDER;
			if (op.object.master !== void 0) names.add("neigh");
		}
		if (kind === "addr") names.add("route").add("neigh");
		for (const name of RAW_ORDER) if (name === kind) names.add(name);
	}
	return [...names];
}
/** Devices that lose their sysctls with their place: those that are deleted, with their peers, or moved. */
function leavers(rtnl, netns, ops) {
	return ops.flatMap(({ op }) => {
		const { verb, object } = op;
		if (object.kind !== "link" || verb !== "delete" && object.netns === void 0) return [];
		const peer = verb === "delete" ? peerOf(rtnl, netns, object.name) : void 0;
		const peerName = peer === void 0 ? void 0 : rtnl.socket(peer.netns).nameOf(peer.ifindex);
		const own = [[netns, object.name]];
		return peer === void 0 || peerName === void 0 ? own : [...own, [peer.netns, peerName]];
	});
}
function saveSysctls(netns, dev) {
	return netns.run(() => {
		const values = /* @__PURE__ */ new Map();
		for (const directory of [`net/ipv4/conf/${dev}`, `net/ipv4/neigh/${dev}`]) for (const leaf of listSysctls(directory)) {
			const read = readSysctl(`${directory}/${leaf}`);
			if ("value" in read) values.set(`${directory}/${leaf}`, read.value);
		}
		return {
			netns,
			values
		};
	});
}
function restoreSysctls({ netns, values }) {
	netns.run(() => {
		for (const [path, value] of values) {
			const now = readSysctl(path);
			if ("value" in now && now.value !== value) writeSysctl(path, value);
		}
	});
}
// src/linux/objects/rtnetlink-driver.ts
/** The driver of everything that rtnetlink knows: devices, addresses, routes, rules, neighbours, forwarding entries. */
var RtnetlinkDriver = class {
	kinds = [
		"link",
		"addr",
		"route",
		"rule",
		"neigh",
		"fdb"
	];
	#rtnl;
	#touched = /* @__PURE__ */ new Map();
	constructor(rtnl) {
		this.#rtnl = rtnl;
	}
	/** Adding is taken back by deleting; before anything else, all that it may change is remembered. */
	apply(netns, ops, { undoable }) {
		const batch = new Batch(this.#rtnl, netns);
		const undo = this.#undoOf(batch, ops, undoable);
		const failed = applyAll(batch, ops);
		if (failed !== void 0) {
			undo();
			return err(failed);
		}
		for (const [each, ifindexes] of batch.touched) this.#touch(each, ifindexes);
		return ok(undo);
	}
	dump(netns, kind) {
		const socket = this.#rtnl.socket(netns);
		switch (kind) {
			case "link": return dumpLinks(this.#rtnl, netns);
			case "addr": return dumpAddrs(socket);
			case "route": return dumpRoutes(socket);
			case "rule": return dumpRules(socket);
			case "neigh": return dumpNeighs(socket);
			case "fdb": return dumpFdb(socket);
			default: return ok([]);
		}
	}
	/**
	* Deletes the devices of a namespace that ends if one of them has its peer elsewhere: the kernel deletes them too, but
	* some time after the namespace is gone.
	*/
	deletePaired(netns) {
		const links = dumpLinkStates(this.#rtnl, netns);
		if (!links.ok) return;
		const paired = links.value.filter(({ kind, lowerNsid }) => kind === "veth" && lowerNsid !== void 0);
		if (paired.length === 0) return;
		const batch = new Batch(this.#rtnl, netns);
		for (const state of paired) touchAround(batch, state);
		deleteTogether(this.#rtnl.socket(netns), paired.map(({ ifindex }) => ifindex));
		for (const [each, ifindexes] of batch.touched) if (each !== netns) this.#touch(each, ifindexes);
	}
	/** Resolves when the devices that were changed have the carrier that they will have. */
	async settle() {
		const touched = this.#touched;
		this.#touched = /* @__PURE__ */ new Map();
		if (touched.size > 0) await settleCarriers(this.#rtnl, touched);
	}
	#undoOf(batch, ops, undoable) {
		const { netns } = batch;
		const isSingle = ops.length === 1 && !undoable;
		if (ops.some(({ op }) => op.verb !== "add")) {
			const before = isSingle && !ops.some(severalAttributes) ? void 0 : Snapshot.around(this.#rtnl, netns, ops);
			return () => before?.restore();
		}
		const neighbours = !isSingle && ops.some(touchesNeighbours) ? Snapshot.ofNeighbours(this.#rtnl, netns) : void 0;
		return () => {
			batch.undo();
			neighbours?.restore();
		};
	}
	#touch(netns, ifindexes) {
		this.#touched.set(netns, /* @__PURE__ */ new Set([...this.#touched.get(netns) ?? [], ...ifindexes]));
	}
};
/** The kernel does one operation as a whole or not at all, but for several attributes of a device. */
function severalAttributes({ op: { verb, object } }) {
	if (object.kind !== "link" || verb !== "replace") return false;
	const { kind: _kind, name: _name, ...attributes } = object;
	return Object.keys(attributes).length > 1;
}
function touchesNeighbours({ op: { object } }) {
	return object.kind === "addr" || object.kind === "link" && object.master !== void 0;
}
function applyAll(batch, ops) {
	for (const op of ops) {
		const refused = applyOne(batch, op) ?? (batch.isFull ? batch.flush() : void 0);
		if (refused !== void 0) return batch.flush() ?? refused;
	}
	return batch.flush();
}
function applyOne(batch, { index, op: { verb, object } }) {
	switch (object.kind) {
		case "link": return applyLink(batch, index, verb, object);
		case "addr": return applyAddr(batch, index, verb, object);
		case "route": return applyRoute(batch, index, verb, object);
		case "rule": return applyRule(batch, index, verb, object);
		case "neigh": return applyNeigh(batch, index, verb, object);
		case "fdb": return applyFdb(batch, index, verb, object);
		default: return {
			errno: "EOPNOTSUPP",
			op: index,
			message: `${object.kind} is not of rtnetlink`
		};
	}
}
// src/linux/objects/sysctl-keys.ts
/**
* The sysctls of a namespace that podwire knows: those that the simulated kernel has (test/linux-objects.test.ts compares).
* A real kernel has about 800; the others can be written, but are not listed.
*/
/** Keys below `net.ipv4`, then `net.netfilter`, then `net.bridge`. */
const SYSCTL_KEYS = [
	...below("net.ipv4", `
	ip_forward ip_default_ttl icmp_ratelimit icmp_ratemask icmp_msgs_per_sec icmp_msgs_burst icmp_echo_ignore_all
	icmp_echo_ignore_broadcasts icmp_errors_use_inbound_ifaddr fib_multipath_hash_policy ipfrag_time
	ip_forward_use_pmtu ip_no_pmtu_disc route.mtu_expires route.min_pmtu ip_local_port_range ip_nonlocal_bind
	tcp_invalid_ratelimit tcp_retries2 tcp_rfc1337 tcp_rmem tcp_sack tcp_syn_linear_timeouts tcp_syn_retries
	tcp_synack_retries tcp_timestamps tcp_window_scaling
`),
	...below("net.netfilter", `
	nf_conntrack_acct nf_conntrack_buckets nf_conntrack_checksum nf_conntrack_events nf_conntrack_expect_max
	nf_conntrack_generic_timeout nf_conntrack_gre_timeout nf_conntrack_gre_timeout_stream
	nf_conntrack_icmp_timeout nf_conntrack_log_invalid nf_conntrack_max nf_conntrack_sctp_timeout_closed
	nf_conntrack_sctp_timeout_cookie_echoed nf_conntrack_sctp_timeout_cookie_wait
	nf_conntrack_sctp_timeout_established nf_conntrack_sctp_timeout_heartbeat_sent
	nf_conntrack_sctp_timeout_shutdown_ack_sent nf_conntrack_sctp_timeout_shutdown_recd
	nf_conntrack_sctp_timeout_shutdown_sent nf_conntrack_tcp_be_liberal nf_conntrack_tcp_ignore_invalid_rst
	nf_conntrack_tcp_loose nf_conntrack_tcp_max_retrans nf_conntrack_tcp_timeout_close
	nf_conntrack_tcp_timeout_close_wait nf_conntrack_tcp_timeout_established nf_conntrack_tcp_timeout_fin_wait
	nf_conntrack_tcp_timeout_last_ack nf_conntrack_tcp_timeout_max_retrans nf_conntrack_tcp_timeout_syn_recv
	nf_conntrack_tcp_timeout_syn_sent nf_conntrack_tcp_timeout_time_wait nf_conntrack_tcp_timeout_unacknowledged
	nf_conntrack_udp_timeout nf_conntrack_udp_timeout_stream
`),
	...below("net.bridge", `
	bridge-nf-call-arptables bridge-nf-call-ip6tables bridge-nf-call-iptables bridge-nf-filter-pppoe-tagged
	bridge-nf-filter-vlan-tagged bridge-nf-pass-vlan-input-dev
`)
];
/** What `net.ipv4.conf.DEV` has. */
const CONF_LEAVES = words(`
	forwarding rp_filter route_localnet accept_local src_valid_mark proxy_arp proxy_arp_pvlan arp_ignore
	arp_announce arp_filter arp_notify arp_accept send_redirects accept_redirects shared_media log_martians
	bc_forwarding promote_secondaries ignore_routes_with_linkdown drop_unicast_in_l2_multicast accept_source_route
	arp_evict_nocarrier bootp_relay disable_policy disable_xfrm drop_gratuitous_arp force_igmp_version
	igmpv2_unsolicited_report_interval igmpv3_unsolicited_report_interval mc_forwarding medium_id secure_redirects
	tag
`);
/** What `net.ipv4.neigh.DEV` has. */
const NEIGH_LEAVES = words(`
	anycast_delay app_solicit base_reachable_time_ms delay_first_probe_time gc_stale_time interval_probe_time_ms
	locktime mcast_resolicit mcast_solicit proxy_delay proxy_qlen retrans_time_ms ucast_solicit unres_qlen
	unres_qlen_bytes
`);
function below(prefix, leaves) {
	return words(leaves).map((leaf) => `${prefix}.${leaf}`);
}
function words(text) {
	return text.trim().split(/\s+/);
}
// src/linux/objects/sysctl.ts
/** sysctls of the port on the real kernel: files below /proc/sys/net, written inside the namespace. A key always exists or never does. */
var SysctlDriver = class {
	kinds = ["sysctl"];
	apply(netns, ops, options) {
		const keeps = options.undoable || ops.length > 1;
		const saved = [];
		const undo = () => restore(netns, saved.splice(0).reverse());
		const failed = netns.run(() => {
			for (const { index, op } of ops) {
				if (op.object.kind !== "sysctl") continue;
				const error = writeOne(index, op.verb, op.object, keeps ? saved : void 0);
				if (error !== void 0) return error;
			}
		});
		if (failed === void 0) return ok(undo);
		undo();
		return err(failed);
	}
	/** Those that the simulated kernel has too, where this kernel has them. */
	dump(netns) {
		return ok(netns.run(() => {
			const conf = deviceKeys("net.ipv4.conf", CONF_LEAVES);
			const neigh = deviceKeys("net.ipv4.neigh", NEIGH_LEAVES);
			return [
				...SYSCTL_KEYS,
				...conf,
				...neigh
			].flatMap((key) => {
				const read = readSysctl(sysctlPath(key) ?? "");
				return "value" in read ? [{
					kind: "sysctl",
					key,
					value: read.value
				}] : [];
			});
		}));
	}
};
function writeOne(op, verb, { key, value }, saved) {
	const path = sysctlPath(key);
	const before = path === void 0 ? { errno: "ENOENT" } : readSysctl(path);
	if (path === void 0 || "errno" in before && before.errno === "ENOENT") return {
		errno: "ENOENT",
		op,
		message: `cannot stat /proc/sys/${key.replaceAll(/[./]/g, (char) => char === "." ? "/" : ".")}: No such file or directory`
	};
	if (verb === "delete") return {
		errno: "EOPNOTSUPP",
		op,
		message: `Operation not supported: ${key} cannot be deleted`
	};
	saved?.push(...coupled(path));
	if ("value" in before) saved?.push([path, before.value]);
	const written = writeSysctl(path, value);
	if ("value" in written) return void 0;
	const errno = errnoNumber(written.errno);
	return kernelError(op, {
		errno,
		text: `setting key "${key}": ${strerror(errno)}`
	});
}
/**
* What else may change with this key, with its values: what is written to `default` or `all` goes to devices too, and
* forwarding takes redirects along (net/ipv4/devinet.c: devinet_conf_proc, inet_forward_change).
*/
function coupled(path) {
	const shared = path === FORWARD ? ALL_FORWARDING : path;
	const match = /^(net\/ipv[46]\/(?:conf|neigh))\/(?:all|default)\/([^/]+)$/.exec(shared);
	if (match === null) return [];
	const [, directory = "", leaf = ""] = match;
	const also = shared === ALL_FORWARDING ? REDIRECTS : [];
	return [...listSysctls(directory).map((dev) => `${directory}/${dev}/${leaf}`), ...also].flatMap((each) => {
		const read = readSysctl(each);
		return "value" in read ? [[each, read.value]] : [];
	});
}
const FORWARD = "net/ipv4/ip_forward";
const ALL_FORWARDING = "net/ipv4/conf/all/forwarding";
const REDIRECTS = ["net/ipv4/conf/all/accept_redirects", "net/ipv4/conf/default/accept_redirects"];
function restore(netns, saved) {
	netns.run(() => {
		for (const [path, value] of saved) {
			const now = readSysctl(path);
			if (!("value" in now) || now.value !== value) writeSysctl(path, value);
		}
	});
}
/** `all`, `default` and the devices, by name. */
function deviceKeys(prefix, leaves) {
	return listSysctls(prefix.replaceAll(".", "/")).flatMap((dev) => leaves.map((leaf) => `${prefix}.${dev.replaceAll(".", "/")}.${leaf}`));
}
// src/linux/linux-kernel.ts
/** The machine's own kernel behind the port. It touches only the namespaces that it made, or was told to adopt. */
/** All kinds, in the order of a whole dump: what others stand on first. */
const KINDS = [
	"link",
	"addr",
	"route",
	"rule",
	"neigh",
	"fdb",
	"sysctl",
	"nfacct",
	"ipset",
	"ipset-entry",
	"xt-chain",
	"xt-rule",
	"conntrack"
];
var LinuxKernel = class {
	clock;
	sockets;
	#table;
	#rtnl;
	#rtnetlink;
	#drivers = /* @__PURE__ */ new Map();
	#parts;
	#closed = false;
	constructor(makeParts, options = {}) {
		this.#table = new NetnsList(options.persistPrefix);
		this.#rtnl = new Rtnl(this.#table);
		this.#rtnetlink = new RtnetlinkDriver(this.#rtnl);
		this.#parts = makeParts(this.#table);
		this.clock = this.#parts.clock;
		this.sockets = this.#parts.sockets;
		for (const driver of [
			this.#rtnetlink,
			new SysctlDriver(),
			...this.#parts.drivers
		]) for (const kind of driver.kinds) this.#drivers.set(kind, driver);
	}
	/** What this machine lacks for it, a sentence each; empty: nothing. */
	static missing() {
		return missingOnThisMachine();
	}
	async addNetns(name) {
		const made = this.#table.create(name);
		return made.ok ? ok(void 0) : made;
	}
	/** Works in a namespace that is there already, by its name in /run/netns; `deleteNetns` deletes it as its own. */
	adoptNetns(name, file) {
		const adopted = this.#table.adopt(name, file);
		if (!adopted.ok) return adopted;
		const links = dumpLinkStates(this.#rtnl, adopted.value);
		if (links.ok) this.#rtnl.skipIfindexes(Math.max(0, ...links.value.map(({ ifindex }) => ifindex)));
		return ok(void 0);
	}
	/** Returns when the namespace's devices are gone, with their peers elsewhere. */
	async deleteNetns(name) {
		const netns = this.#table.find(name);
		if (netns === void 0) return failed("ENOENT", `Cannot remove namespace file "/run/netns/${name}": No such file or directory`);
		this.#rtnetlink.deletePaired(netns);
		this.#forget(netns);
		this.#table.remove(netns);
		await this.#rtnetlink.settle();
		return ok(void 0);
	}
	async listNetns() {
		return this.#table.all().map(({ name }) => name);
	}
	/** Returns when devices that were brought up have their carrier. */
	async apply(netns, tx) {
		const found = this.#find(netns);
		if (!found.ok) return found;
		const done = this.#applyAll(found.value, tx);
		await this.#rtnetlink.settle();
		return done;
	}
	async dump(netns, kinds = KINDS) {
		const found = this.#find(netns);
		if (!found.ok) return found;
		const objects = [];
		for (const kind of kinds) {
			const dumped = this.#drivers.get(kind)?.dump(found.value, kind);
			if (dumped?.ok === false) return dumped;
			for (const object of dumped?.value ?? []) objects.push(object);
		}
		return ok(objects);
	}
	async routeGet(netns, query) {
		const found = this.#find(netns);
		return found.ok ? routeGet(this.#rtnl.socket(found.value), query) : found;
	}
	async netnsIds(netns) {
		const found = this.#find(netns);
		if (!found.ok) return found;
		return ok(new Map([...this.#rtnl.netnsIds(found.value)].map(([id, { name }]) => [name, id])));
	}
	async testIpSet(netns, set, member) {
		const found = this.#find(netns);
		return found.ok ? testLinuxIpSet(found.value, set, member) : found;
	}
	run(done, timeoutNs) {
		return this.#parts.run(done, timeoutNs);
	}
	/** The real kernel tells nobody what it does with a packet. */
	trace(_listener) {}
	capture(netns, options, listener) {
		const found = this.#find(netns);
		return found.ok ? this.#parts.capture(found.value, options, listener) : found;
	}
	conntrackEvents(netns, listener) {
		const found = this.#find(netns);
		return found.ok ? this.#parts.conntrackEvents(found.value, listener) : found;
	}
	conntrackStats(netns) {
		const found = this.#find(netns);
		return found.ok ? this.#parts.conntrackStats(found.value) : found;
	}
	log() {
		return this.#parts.log();
	}
	/** Frees everything; once is enough. Namespaces without a name in /run/netns end. */
	close() {
		if (this.#closed) return;
		this.#closed = true;
		this.#parts.close();
		this.#rtnl.close();
		this.#table.close();
	}
	#applyAll(netns, tx) {
		const undos = [];
		let next = 0;
		while (next < tx.length) {
			const group = this.#group(tx, next);
			const undoable = next + group.ops.length < tx.length;
			const done = group.driver?.apply(netns, group.ops, { undoable }) ?? notModelled(group.ops);
			if (!done.ok) {
				for (const undo of undos.reverse()) undo();
				return done;
			}
			undos.push(done.value);
			next += group.ops.length;
		}
		return ok(void 0);
	}
	/** The operations from `first` that one driver can carry out together. */
	#group(tx, first) {
		const ops = [];
		let driver;
		for (let index = first; index < tx.length; index += 1) {
			const op = tx[index];
			if (op === void 0) break;
			const its = this.#drivers.get(op.object.kind);
			if (ops.length > 0 && its !== driver) break;
			driver = its;
			ops.push({
				index,
				op
			});
		}
		return {
			driver,
			ops
		};
	}
	#forget(netns) {
		this.#parts.forget(netns);
		this.#rtnl.forget(netns);
	}
	#find(name) {
		const netns = this.#table.find(name);
		if (netns !== void 0) return ok(netns);
		return failed("ENOENT", `Cannot open network namespace "${name}": No such file or directory`);
	}
};
function failed(errno, message) {
	return err({
		errno,
		op: -1,
		message
	});
}
function notModelled(ops) {
	const [first] = ops;
	const message = `objects of kind ${first?.op.object.kind} are not modelled`;
	return err({
		errno: "EOPNOTSUPP",
		op: first?.index ?? -1,
		message
	});
}
export { errorText as C, errnoName as S, libc as T, runProgram as _, readSysctl as a, SOCK_NONBLOCK as b, closeNetns as c, messagesOf as d, MessageWriter as f, errnoIn as g, ipSetDriver as h, familyNumber as i, createNetns as l, kernelError as m, addrBytes as n, sysctlPath as o, NLM_F_CREATE as p, addrText as r, writeSysctl as s, LinuxKernel as t, NetlinkSocket as u, NativeMemory as v, lastErrno as w, closeLater as x, SOCK_CLOEXEC as y };
