/** Connection tracking entries in netlink messages (include/uapi/linux/netfilter/nfnetlink_conntrack.h). */
import type { ConntrackEntry, TcpCtState, Tuple } from "../kernel/conntrack.ts";
import { AF_INET6 } from "./libc.ts";
import type { Attributes, Message } from "./netlink/reader.ts";
import type { MessageWriter } from "./netlink/writer.ts";
import { attrBe32, be32, NFGENMSG_BYTES, nfgenmsg } from "./nfnetlink.ts";
import { addrBytes, addrText, familyNumber } from "./objects/addr-bytes.ts";

const CTA_TUPLE_ORIG = 1;
const CTA_TUPLE_REPLY = 2;
const CTA_STATUS = 3;
const CTA_PROTOINFO = 4;
const CTA_NAT_SRC = 6;
const CTA_TIMEOUT = 7;
const CTA_MARK = 8;
const CTA_NAT_DST = 13;
const CTA_ZONE = 18;

const CTA_TUPLE_IP = 1;
const CTA_TUPLE_PROTO = 2;
const CTA_TUPLE_ZONE = 3;
const CTA_IP_V4_SRC = 1;
const CTA_IP_V4_DST = 2;
const CTA_IP_V6_SRC = 3;
const CTA_IP_V6_DST = 4;
const CTA_PROTO_NUM = 1;
const CTA_PROTO_SRC_PORT = 2;
const CTA_PROTO_DST_PORT = 3;
const CTA_PROTO_ICMP_ID = 4;
const CTA_PROTO_ICMP_TYPE = 5;
const CTA_PROTO_ICMP_CODE = 6;
const CTA_PROTO_ICMPV6_ID = 7;
const CTA_PROTO_ICMPV6_TYPE = 8;
const CTA_PROTO_ICMPV6_CODE = 9;
const CTA_PROTOINFO_TCP = 1;
const CTA_PROTOINFO_TCP_STATE = 1;

const CTA_NAT_V4_MINIP = 1;
const CTA_NAT_V6_MINIP = 4;
const CTA_NAT_PROTO = 3;
const CTA_PROTONAT_PORT_MIN = 1;
const CTA_PROTONAT_PORT_MAX = 2;

const IPS_SEEN_REPLY = 0x2;
const IPS_ASSURED = 0x4;
const IPS_CONFIRMED = 0x8;
const IPS_SRC_NAT = 0x10;
const IPS_DST_NAT = 0x20;

const IPPROTO_GRE = 47;
const IPPROTO_ICMPV6 = 58;

/** enum tcp_conntrack. */
export const TCP_CT_STATES: readonly TcpCtState[] = [
	"NONE",
	"SYN_SENT",
	"SYN_RECV",
	"ESTABLISHED",
	"FIN_WAIT",
	"CLOSE_WAIT",
	"LAST_ACK",
	"TIME_WAIT",
	"CLOSE",
	"SYN_SENT2",
];

/** The entry that a message is about; undefined for one of a family that the port does not know. */
export function readConntrack(message: Message): ConntrackEntry | undefined {
	const attrs = message.attrs(NFGENMSG_BYTES);
	const original = readTuple(attrs.nested(CTA_TUPLE_ORIG));
	const reply = readTuple(attrs.nested(CTA_TUPLE_REPLY));
	if (original === undefined || reply === undefined) return undefined;
	const status = be32(attrs, CTA_STATUS) ?? 0;
	const tcp = attrs.nested(CTA_PROTOINFO)?.nested(CTA_PROTOINFO_TCP)?.u8(CTA_PROTOINFO_TCP_STATE);
	const tcpState = tcp === undefined ? undefined : TCP_CT_STATES[tcp];
	const zone = attrs.be16(CTA_ZONE) ?? 0;
	return {
		kind: "conntrack",
		family: message.u8(0) === AF_INET6 ? "ipv6" : "ipv4",
		proto: original.proto,
		original,
		reply,
		timeoutSeconds: be32(attrs, CTA_TIMEOUT) ?? 0,
		...(tcpState === undefined ? {} : { tcpState }),
		...((status & IPS_SEEN_REPLY) === 0 ? { unreplied: true } : {}),
		...((status & IPS_ASSURED) === 0 ? {} : { assured: true }),
		mark: be32(attrs, CTA_MARK) ?? 0,
		...(zone === 0 ? {} : { zone }),
		...((status & IPS_SRC_NAT) === 0 ? {} : { snat: true }),
		...((status & IPS_DST_NAT) === 0 ? {} : { dnat: true }),
	};
}

/** Names an entry, as a deletion does: by its original tuple and zone. */
export function writeConntrackName(to: MessageWriter, entry: ConntrackEntry): void {
	nfgenmsg(to, familyNumber(entry.original.src));
	writeTuple(to, CTA_TUPLE_ORIG, entry.original);
	if (entry.zone !== undefined && entry.zone !== 0) to.attrBe16(CTA_ZONE, entry.zone);
}

/** A whole entry, to make it again: what NAT did follows from its tuples. */
export function writeConntrack(to: MessageWriter, entry: ConntrackEntry): void {
	writeConntrackName(to, entry);
	const { original, reply } = entry;
	writeTuple(to, CTA_TUPLE_REPLY, inverseTuple(original));
	const status =
		IPS_CONFIRMED | (entry.unreplied === true ? 0 : IPS_SEEN_REPLY) | (entry.assured === true ? IPS_ASSURED : 0);
	attrBe32(to, CTA_STATUS, status);
	attrBe32(to, CTA_TIMEOUT, entry.timeoutSeconds);
	attrBe32(to, CTA_MARK, entry.mark);
	if (entry.tcpState !== undefined) {
		const state = TCP_CT_STATES.indexOf(entry.tcpState);
		to.nest(
			CTA_PROTOINFO,
			(info) => void info.nest(CTA_PROTOINFO_TCP, (tcp) => void tcp.attrU8(CTA_PROTOINFO_TCP_STATE, state)),
		);
	}
	if (entry.dnat === true) writeNat(to, CTA_NAT_DST, { addr: reply.src, port: reply.sport });
	if (entry.snat === true) writeNat(to, CTA_NAT_SRC, { addr: reply.dst, port: reply.dport ?? reply.icmp?.id });
}

function readTuple(attrs: Attributes | undefined): Tuple | undefined {
	const addrs = attrs?.nested(CTA_TUPLE_IP);
	const l4 = attrs?.nested(CTA_TUPLE_PROTO);
	const src = addrText(addrs?.bytes(CTA_IP_V4_SRC) ?? addrs?.bytes(CTA_IP_V6_SRC));
	const dst = addrText(addrs?.bytes(CTA_IP_V4_DST) ?? addrs?.bytes(CTA_IP_V6_DST));
	const proto = l4?.u8(CTA_PROTO_NUM);
	if (l4 === undefined || src === undefined || dst === undefined || proto === undefined) return undefined;
	const zone = attrs?.be16(CTA_TUPLE_ZONE) ?? 0;
	const tuple = { proto, src, dst, ...(zone === 0 ? {} : { zone }) };
	const type = l4.u8(CTA_PROTO_ICMP_TYPE) ?? l4.u8(CTA_PROTO_ICMPV6_TYPE);
	if (type !== undefined) {
		const code = l4.u8(CTA_PROTO_ICMP_CODE) ?? l4.u8(CTA_PROTO_ICMPV6_CODE) ?? 0;
		const id = l4.be16(CTA_PROTO_ICMP_ID) ?? l4.be16(CTA_PROTO_ICMPV6_ID) ?? 0;
		return { ...tuple, icmp: { type, code, id } };
	}
	const sport = l4.be16(CTA_PROTO_SRC_PORT);
	const dport = l4.be16(CTA_PROTO_DST_PORT);
	// What GRE has there are keys.
	return sport === undefined || dport === undefined || proto === IPPROTO_GRE ? tuple : { ...tuple, sport, dport };
}

function writeTuple(to: MessageWriter, type: number, tuple: Tuple): void {
	const isV6 = tuple.src.includes(":");
	to.nest(type, (inner) => {
		inner.nest(CTA_TUPLE_IP, (addrs) => {
			addrs.attrBytes(isV6 ? CTA_IP_V6_SRC : CTA_IP_V4_SRC, addrBytes(tuple.src));
			addrs.attrBytes(isV6 ? CTA_IP_V6_DST : CTA_IP_V4_DST, addrBytes(tuple.dst));
		});
		inner.nest(CTA_TUPLE_PROTO, (l4) => {
			l4.attrU8(CTA_PROTO_NUM, tuple.proto);
			const { icmp, sport, dport } = tuple;
			if (icmp !== undefined) {
				const isIcmpv6 = tuple.proto === IPPROTO_ICMPV6;
				l4.attrBe16(isIcmpv6 ? CTA_PROTO_ICMPV6_ID : CTA_PROTO_ICMP_ID, icmp.id);
				l4.attrU8(isIcmpv6 ? CTA_PROTO_ICMPV6_TYPE : CTA_PROTO_ICMP_TYPE, icmp.type);
				l4.attrU8(isIcmpv6 ? CTA_PROTO_ICMPV6_CODE : CTA_PROTO_ICMP_CODE, icmp.code);
			}
			if (sport !== undefined) l4.attrBe16(CTA_PROTO_SRC_PORT, sport);
			if (dport !== undefined) l4.attrBe16(CTA_PROTO_DST_PORT, dport);
		});
		if (tuple.zone !== undefined) inner.attrBe16(CTA_TUPLE_ZONE, tuple.zone);
	});
}

function writeNat(
	to: MessageWriter,
	type: number,
	range: { readonly addr: Tuple["src"]; readonly port: number | undefined },
): void {
	const { addr, port } = range;
	to.nest(type, (nat) => {
		nat.attrBytes(addr.includes(":") ? CTA_NAT_V6_MINIP : CTA_NAT_V4_MINIP, addrBytes(addr));
		if (port === undefined) return;
		nat.nest(CTA_NAT_PROTO, (proto) => {
			proto.attrBe16(CTA_PROTONAT_PORT_MIN, port);
			proto.attrBe16(CTA_PROTONAT_PORT_MAX, port);
		});
	});
}

/** The answer to a tuple that nobody translates. */
export function inverseTuple(tuple: Tuple): Tuple {
	const { proto, src, dst, sport, dport, icmp } = tuple;
	const turned = { proto, src: dst, dst: src };
	if (icmp !== undefined)
		return { ...turned, icmp: { ...icmp, type: ICMP_ANSWER.get(`${proto} ${icmp.type}`) ?? icmp.type } };
	return sport === undefined || dport === undefined ? turned : { ...turned, sport: dport, dport: sport };
}

/** Protocol and type of the ICMP messages that open an entry: the type of their answer. */
const ICMP_ANSWER: ReadonlyMap<string, number> = new Map([
	["1 8", 0],
	["1 13", 14],
	["1 15", 16],
	["1 17", 18],
	["58 128", 129],
	["58 139", 140],
]);
