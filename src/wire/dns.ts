/** DNS messages (RFC 1035, EDNS: RFC 6891): bytes ↔ values. The coding itself is the library `@dnsquery/dns-packet`'s. */
import { type Answer, answer, DNSSEC_OK, decode, type Packet, packet } from "@dnsquery/dns-packet";
import { toRcode } from "@dnsquery/dns-packet/rcodes.js";
import { toType } from "@dnsquery/dns-packet/types.js";
import { err, ok, type Result } from "../base/result.ts";
import { type IpAddr, parseIp } from "./addr.ts";

export const DNS_PORT = 53;

export interface DnsQuestion {
	/** Without the final dot; the root is "". */
	readonly name: string;
	/** `A`, `AAAA`, `PTR`, …; one without a name is `UNKNOWN_64`. */
	readonly type: string;
}

/** What a record says, by its type; `other`: the bytes of a type that is not read further. */
export type DnsRecordValue =
	| { readonly type: "A" | "AAAA"; readonly addr: IpAddr }
	| { readonly type: "CNAME" | "NS" | "PTR" | "DNAME"; readonly target: string }
	| { readonly type: "MX"; readonly preference: number; readonly target: string }
	| {
			readonly type: "SRV";
			readonly priority: number;
			readonly weight: number;
			readonly port: number;
			readonly target: string;
	  }
	| { readonly type: "TXT"; readonly strings: readonly Uint8Array[] }
	| {
			readonly type: "SOA";
			readonly mname: string;
			readonly rname: string;
			readonly serial: number;
			readonly refresh: number;
			readonly retry: number;
			readonly expire: number;
			readonly minimum: number;
	  }
	| { readonly type: "other"; readonly typeName: string; readonly bytes: Uint8Array };

export interface DnsRecord {
	/** Without the final dot. */
	readonly name: string;
	/** Seconds. */
	readonly ttl: number;
	readonly value: DnsRecordValue;
}

export interface DnsMessage {
	readonly id: number;
	readonly response: boolean;
	/** `QUERY`, `NOTIFY`, … */
	readonly opcode: string;
	readonly authoritative: boolean;
	readonly truncated: boolean;
	readonly recursionDesired: boolean;
	readonly recursionAvailable: boolean;
	readonly authenticData: boolean;
	readonly checkingDisabled: boolean;
	/** `NOERROR`, `NXDOMAIN`, `SERVFAIL`, … */
	readonly rcode: string;
	readonly questions: readonly DnsQuestion[];
	readonly answers: readonly DnsRecord[];
	readonly authorities: readonly DnsRecord[];
	/** Without the OPT record, which is `edns`. */
	readonly additionals: readonly DnsRecord[];
	readonly edns?: DnsEdns;
}

/** What the OPT record says. */
export interface DnsEdns {
	readonly udpPayloadBytes: number;
	/** Absent: 0. */
	readonly version?: number;
	/** DNSSEC OK: signatures are wanted. */
	readonly dnssecOk?: true;
}

export interface DnsError {
	readonly problem: "not a DNS message";
	readonly reason: string;
}

/** A query as a stub resolver makes it: recursion wanted. */
export function dnsQuery(
	id: number,
	question: DnsQuestion,
	options: { readonly edns?: number; readonly recursionDesired?: boolean; readonly authenticData?: boolean } = {},
): DnsMessage {
	return {
		id,
		response: false,
		opcode: "QUERY",
		authoritative: false,
		truncated: false,
		recursionDesired: options.recursionDesired !== false,
		recursionAvailable: false,
		authenticData: options.authenticData === true,
		checkingDisabled: false,
		rcode: "NOERROR",
		questions: [question],
		answers: [],
		authorities: [],
		additionals: [],
		...(options.edns === undefined ? {} : { edns: { udpPayloadBytes: options.edns } }),
	};
}

/** The answer to a query, with recursion available; records, rcode and the like by `more`. */
export function dnsResponse(query: DnsMessage, more: Partial<DnsMessage>): DnsMessage {
	const { id, opcode, recursionDesired, questions, edns } = query;
	const base = { ...dnsQuery(id, { name: "", type: "A" }), response: true, recursionAvailable: true };
	return { ...base, opcode, recursionDesired, questions, ...(edns === undefined ? {} : { edns }), ...more };
}

/** The bytes of a message, names not compressed. */
export function buildDns(message: DnsMessage): Uint8Array {
	const opt = dnsOpt(message);
	const built: Packet = {
		type: message.response ? "response" : "query",
		id: message.id,
		flags: dnsFlags(message) & ~RESPONSE,
		questions: message.questions.map(({ name, type }) => ({ name: rooted(name), type, class: "IN" })),
		answers: message.answers.map(dnsAnswer),
		authorities: message.authorities.map(dnsAnswer),
		additionals: [...message.additionals.map(dnsAnswer), ...(opt === undefined ? [] : [opt])],
	};
	return packet.encode(built);
}

/** The header's second field, with QR; of the rcode its lower four bits. */
export function dnsFlags(message: DnsMessage): number {
	return (
		(message.response ? RESPONSE | (rcodeNumber(message.rcode) & 0xf) : 0) |
		(message.authoritative ? 0x400 : 0) |
		(message.truncated ? 0x200 : 0) |
		(message.recursionDesired ? 0x100 : 0) |
		(message.recursionAvailable ? 0x80 : 0) |
		(message.authenticData ? 0x20 : 0) |
		(message.checkingDisabled ? 0x10 : 0)
	);
}

const RESPONSE = 0x8000;

/** A message's OPT record, which has the upper bits of its rcode. */
export function dnsOpt({ edns, rcode, response }: DnsMessage): Answer | undefined {
	if (edns === undefined) return undefined;
	const { udpPayloadBytes, version = 0, dnssecOk } = edns;
	// The library's type of an OPT record lacks the fields that its code reads.
	return {
		type: "OPT",
		name: ".",
		udpPayloadSize: udpPayloadBytes,
		extendedRcode: response ? rcodeNumber(rcode) >> 4 : 0,
		ednsVersion: version,
		flags: dnssecOk === true ? DNSSEC_OK : 0,
		options: [],
	} as unknown as Answer;
}

/** The one rcode beyond four bits that servers use (RFC 6891 §9); the library knows the others. */
const BADVERS = 16;

function rcodeNumber(rcode: string): number {
	return rcode === "BADVERS" ? BADVERS : toRcode(rcode);
}

/** Reads a message; anything that is not one is an error, whatever bytes came. */
export function parseDns(bytes: Uint8Array): Result<DnsMessage, DnsError> {
	if (bytes.length < 12) return err({ problem: "not a DNS message", reason: `${bytes.length} bytes` });
	try {
		const decoded = decode(bytes);
		// How much of the bytes it took, which its type does not tell.
		const taken = "bytes" in decode ? decode.bytes : undefined;
		if (typeof taken === "number" && taken > bytes.length) throw new Error("it ends before its last record does");
		return ok(fromPacket(decoded));
	} catch (error) {
		return err({ problem: "not a DNS message", reason: error instanceof Error ? error.message : String(error) });
	}
}

/** The name that PTR records of an address are at: `9.113.0.203.in-addr.arpa`. */
export function reverseName(addr: IpAddr): string {
	if (!addr.includes(":")) return `${addr.split(".").reverse().join(".")}.in-addr.arpa`;
	const [head = "", tail] = addr.split("::");
	const groups = (text: string): string[] => (text === "" ? [] : text.split(":"));
	const left = groups(head);
	const right = tail === undefined ? [] : groups(tail);
	const middle: string[] = Array.from({ length: 8 - left.length - right.length }, () => "0");
	const digits = [...left, ...middle, ...right].map((group) => group.padStart(4, "0")).join("");
	return `${digits.split("").reverse().join(".")}.ip6.arpa`;
}

/** The address that a name of PTR records stands for; undefined: it is no whole address. In lower case. */
export function addrOfReverseName(name: string): IpAddr | undefined {
	const v4 = /^((?:\d{1,3}\.){3}\d{1,3})\.in-addr\.arpa$/.exec(name)?.[1];
	const v6 = /^((?:[0-9a-f]\.){31}[0-9a-f])\.ip6\.arpa$/.exec(name)?.[1];
	const text =
		v4 === undefined ? v6?.split(".").reverse().join("").match(/.{4}/g)?.join(":") : v4.split(".").reverse().join(".");
	const addr = text === undefined ? undefined : parseIp(text);
	return addr?.ok === true ? addr.value : undefined;
}

function fromPacket(decoded: Packet): DnsMessage {
	const opt = decoded.additionals?.find((record) => record.type === "OPT");
	return {
		id: decoded.id ?? 0,
		response: decoded.type === "response",
		opcode: String(decoded.opcode ?? "QUERY"),
		authoritative: decoded.flag_aa === true,
		truncated: decoded.flag_tc === true,
		recursionDesired: decoded.flag_rd === true,
		recursionAvailable: decoded.flag_ra === true,
		authenticData: decoded.flag_ad === true,
		checkingDisabled: decoded.flag_cd === true,
		rcode: extendedRcodeOf(opt) === BADVERS >> 4 ? "BADVERS" : (decoded.rcode ?? "NOERROR"),
		questions: (decoded.questions ?? []).map(({ name, type }) => ({ name: unrooted(name), type })),
		answers: (decoded.answers ?? []).map(fromAnswer),
		authorities: (decoded.authorities ?? []).map(fromAnswer),
		additionals: (decoded.additionals ?? []).filter((record) => record !== opt).map(fromAnswer),
		...(opt === undefined ? {} : { edns: ednsOf(opt) }),
	};
}

function ednsOf(opt: Answer): DnsEdns {
	const size: unknown = "udpPayloadSize" in opt ? opt.udpPayloadSize : undefined;
	const version: unknown = "ednsVersion" in opt ? opt.ednsVersion : undefined;
	const dnssecOk = "flag_do" in opt && opt.flag_do === true;
	return {
		udpPayloadBytes: typeof size === "number" ? size : 512,
		...(typeof version === "number" && version !== 0 ? { version } : {}),
		...(dnssecOk ? { dnssecOk } : {}),
	};
}

function extendedRcodeOf(opt: Answer | undefined): unknown {
	return opt !== undefined && "extendedRcode" in opt ? opt.extendedRcode : 0;
}

function fromAnswer(record: Answer): DnsRecord {
	return { name: unrooted(record.name), ttl: record.ttl ?? 0, value: recordValue(record) };
}

function recordValue(record: Answer): DnsRecordValue {
	switch (record.type) {
		case "A":
		case "AAAA": {
			const addr = parseIp(record.data);
			if (!addr.ok) throw new Error(`address ${record.data}`);
			return { type: record.type, addr: addr.value };
		}
		case "CNAME":
		case "NS":
		case "PTR":
		case "DNAME":
			return { type: record.type, target: unrooted(record.data) };
		case "MX":
			return { type: "MX", preference: record.data.preference ?? 0, target: unrooted(record.data.exchange) };
		case "SRV": {
			const { priority = 0, weight = 0, port = 0, target } = record.data;
			return { type: "SRV", priority, weight, port, target: unrooted(target) };
		}
		case "TXT": {
			const strings = Array.isArray(record.data) ? record.data : [record.data];
			return { type: "TXT", strings: strings.map((text) => (typeof text === "string" ? new Uint8Array(0) : text)) };
		}
		case "SOA": {
			const { mname, rname, serial = 0, refresh = 0, retry = 0, expire = 0, minimum = 0 } = record.data;
			const names = { mname: unrooted(mname), rname: unrooted(rname) };
			return { type: "SOA", ...names, serial, refresh, retry, expire, minimum };
		}
		default:
			return { type: "other", typeName: record.type, bytes: rdataOf(record) };
	}
}

/** The bytes of a record after its length field. */
function rdataOf(record: Answer): Uint8Array {
	const bytes = answer.encode({ ...record, name: "." });
	return bytes.slice(11);
}

/** A record as the library takes it. */
export function dnsAnswer(record: DnsRecord): Answer {
	const { value } = record;
	const head = { name: rooted(record.name), ttl: record.ttl, class: "IN" };
	switch (value.type) {
		case "A":
		case "AAAA":
			return { ...head, type: value.type, data: value.addr };
		case "CNAME":
		case "NS":
		case "PTR":
		case "DNAME":
			return { ...head, type: value.type, data: rooted(value.target) };
		case "MX":
			return { ...head, type: "MX", data: { preference: value.preference, exchange: rooted(value.target) } };
		case "SRV": {
			const { priority, weight, port, target } = value;
			return { ...head, type: "SRV", data: { priority, weight, port, target: rooted(target) } };
		}
		case "TXT":
			return { ...head, type: "TXT", data: [...value.strings] };
		case "SOA": {
			const { type: _, ...data } = value;
			return { ...head, type: "SOA", data: { ...data, mname: rooted(data.mname), rname: rooted(data.rname) } };
		}
		case "other":
			// A type under its number is coded as plain bytes; the library's types do not know that.
			return { ...head, type: `UNKNOWN_${toType(value.typeName)}`, data: value.bytes } as unknown as Answer;
	}
}

function rooted(name: string): string {
	return name === "" ? "." : name;
}

function unrooted(name: string): string {
	return name.replace(/\.$/, "");
}
