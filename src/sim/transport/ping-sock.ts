/** ICMP echo sockets (net/ipv4/ping.c): one identifier each, replies and errors matched by it. */
import { ok, type Result } from "../../base/result.ts";
import type { EchoHandlers, EchoSocket, IcmpErrorReport, IcmpReply, SocketError } from "../../kernel/socket.ts";
import { type IpNum, ipText } from "../../wire/addr.ts";
import {
	ICMP_DEST_UNREACH,
	ICMP_ECHO,
	ICMP_FRAG_NEEDED,
	ICMP_HLEN,
	icmpId,
	icmpSeq,
	icmpType,
	putIcmp,
} from "../../wire/icmpv4.ts";
import { IPPROTO_ICMP, IPV4_MIN_HLEN, ipv4HeaderLength, ipv4Ttl } from "../../wire/ipv4.ts";
import type { Work } from "../event-loop.ts";
import { icmpEchoReplyHandlers } from "../ipv4/icmp.ts";
import { ipSelectIdent } from "../ipv4/ip-output.ts";
import type { OutputFlow } from "../ipv4/route.ts";
import { allocSkb } from "../skb.ts";
import type { SendErrno, SkbSocket, SocketOwner } from "../skb-socket.ts";
import { deliverSkb } from "../trace.ts";
import { type Dst, type Fate, type Netns, pernet, type Skb } from "../types.ts";
import { socketErr, tooLongErr } from "./errno.ts";
import { inetAppendSizes, inetDst, inetRoute, inetRouteConnect, inetSrc, inetXmit } from "./inet.ts";
import { ADDR_ANY, type SockOptions, sockTtl } from "./sock-options.ts";

const MAX_PAYLOAD = 65535 - IPV4_MIN_HLEN - ICMP_HLEN;

/** Opens a socket that pings `to`; fails as connect does when there is no route. */
export function openPingSock(
	options: SockOptions,
	to: IpNum,
	wantedId: number | undefined,
	handlers: EchoHandlers,
): Result<EchoSocket, SocketError> {
	const { byId } = pingTable(options.netns);
	const id = wantedId ?? freeId(options.netns);
	if (id === undefined || byId.has(id)) return socketErr("EADDRINUSE", `id ${wantedId ?? "any"}`);
	if (!Number.isInteger(id) || id < 0 || id > 0xffff) return socketErr("EINVAL", `id ${id}`);
	const sock = new PingSock({ options, to, id, handlers });
	const connected = sock.connect();
	if (!connected.ok) return connected;
	byId.set(id, sock);
	return ok(sock);
}

/** Hands echo replies and errors about echo requests of a namespace to its sockets. */
export function registerPing(netns: Netns): void {
	const handlers = icmpEchoReplyHandlers(netns);
	handlers.onReply = (skb) => pingRcv(netns, skb);
	handlers.onError = (skb, error) => pingErr(netns, skb, error);
}

class PingSock implements EchoSocket, SkbSocket {
	readonly id: number;
	readonly handlers: EchoHandlers;
	readonly options: SockOptions;
	readonly #to: IpNum;
	closed = false;
	#errno: SendErrno | undefined = undefined;

	constructor(init: {
		readonly options: SockOptions;
		readonly to: IpNum;
		readonly id: number;
		readonly handlers: EchoHandlers;
	}) {
		this.options = init.options;
		this.#to = init.to;
		this.id = init.id;
		this.handlers = init.handlers;
	}

	get owner(): SocketOwner {
		return this.options.owner;
	}

	get describe(): string {
		const { program } = this.options;
		return `ping id ${this.id}${program === "" ? "" : ` (${program})`}`;
	}

	error(errno: SendErrno): void {
		this.#errno = errno;
	}

	connect(): Result<void, SocketError> {
		const route = inetRouteConnect(this.options.netns, this.#flow);
		return route.ok ? this.#refusal(route.value.dst) : socketErr(route.error);
	}

	route(): Result<Dst, SocketError> {
		const route = inetRoute(this.options.netns, this.#flow);
		if (!route.ok) return socketErr(route.error);
		const refusal = this.#refusal(route.value);
		return refusal.ok ? route : refusal;
	}

	get #flow(): OutputFlow {
		const { bindAddr, boundDev, mark, tos } = this.options;
		return {
			dst: this.#to,
			src: bindAddr === ADDR_ANY ? undefined : bindAddr,
			oif: boundDev,
			mark,
			tos,
			proto: IPPROTO_ICMP,
		};
	}

	#refusal(dst: Dst): Result<void, SocketError> {
		return dst.type === "broadcast" && !this.options.broadcast ? socketErr("EACCES") : ok(undefined);
	}

	send(request: {
		readonly seq: number;
		readonly payload: Uint8Array;
		readonly ttl?: number;
	}): Result<void, SocketError> {
		const { seq, payload } = request;
		if (this.closed) return socketErr("EINVAL", "closed socket");
		if (payload.length > MAX_PAYLOAD) return socketErr("EMSGSIZE");
		const route = this.route();
		if (!route.ok) return route;
		const { netns, pmtudisc, bindAddr, mark, tos } = this.options;
		const dst = route.value;
		const fits = payload.length + ICMP_HLEN + IPV4_MIN_HLEN <= dst.mtu;
		if (pmtudisc === "do" && !fits) return tooLongErr(dst.mtu);
		const skb = allocSkb(netns.machine, ICMP_HLEN + payload.length);
		skb.bytes.set(payload, skb.data + ICMP_HLEN);
		putIcmp(skb.bytes, skb.data, skb.end, { type: ICMP_ECHO, code: 0, rest: ((this.id << 16) | (seq & 0xffff)) >>> 0 });
		skb.dst = dst;
		skb.sk = this;
		skb.mark = mark;
		skb.ignoreDf = pmtudisc !== "do";
		skb.fragSizes = inetAppendSizes(skb.length, dst.mtu);
		const header = {
			src: bindAddr === ADDR_ANY ? (dst.prefsrc ?? ADDR_ANY) : bindAddr,
			dst: this.#to,
			proto: IPPROTO_ICMP,
			ttl: request.ttl ?? sockTtl(this.options),
			tos,
			id: pmtudisc === "do" ? 0 : ipSelectIdent(netns),
			df: pmtudisc !== "dont" && fits,
		};
		const what = `ICMP echo request id ${this.id} seq ${seq} to ${ipText(this.#to)}`;
		this.#errno = undefined;
		inetXmit(netns, skb, header, { fn: "ping_v4_sendmsg", what });
		return this.#outcome();
	}

	close(): void {
		this.closed = true;
		const { byId } = pingTable(this.options.netns);
		if (byId.get(this.id) === this) byId.delete(this.id);
	}

	#outcome(): Result<void, SocketError> {
		return this.#errno === undefined ? ok(undefined) : socketErr(this.#errno);
	}
}

const pingTable: (netns: Netns) => { readonly byId: Map<number, PingSock> } = pernet(() => ({ byId: new Map() }));

/** Takes an echo reply (`ping_rcv`); undefined: no socket has its identifier. */
function pingRcv(netns: Netns, skb: Skb): Fate | undefined {
	const { bytes, data, end, network } = skb;
	const sock = pingTable(netns).byId.get(icmpId(bytes, data));
	if (sock === undefined || !accepts(sock, inetDst(skb), skb)) return undefined;
	const fate = deliverSkb(skb, netns, "ping_rcv", sock.describe);
	const reply: IcmpReply = {
		from: ipText(inetSrc(skb)),
		id: sock.id,
		seq: icmpSeq(bytes, data),
		ttl: ipv4Ttl(bytes, network),
		payload: bytes.slice(data + ICMP_HLEN, end),
	};
	netns.machine.loop.wake(replyWork, { sock, reply });
	return fate;
}

/** Reports an ICMP error about a request (`ping_err`); `skb.data` is at the quoted IP header, `skb.network` at the outer. */
function pingErr(
	netns: Netns,
	skb: Skb,
	error: { readonly type: number; readonly code: number; readonly info: number },
): void {
	const { bytes, data } = skb;
	const quoted = data + ipv4HeaderLength(bytes, data);
	if (skb.end - quoted < ICMP_HLEN || icmpType(bytes, quoted) !== ICMP_ECHO) return;
	const sock = pingTable(netns).byId.get(icmpId(bytes, quoted));
	if (sock === undefined || !accepts(sock, undefined, skb)) return;
	const report: IcmpErrorReport = {
		from: ipText(inetSrc(skb)),
		type: error.type,
		code: error.code,
		seq: icmpSeq(bytes, quoted),
		...(error.type === ICMP_DEST_UNREACH && error.code === ICMP_FRAG_NEEDED ? { mtu: error.info } : {}),
	};
	netns.machine.loop.wake(reportWork, { sock, report });
}

/** The program reads: not before all packets under way have arrived. */
const replyWork: Work<{ readonly sock: PingSock; readonly reply: IcmpReply }> = {
	run({ sock, reply }) {
		if (!sock.closed) sock.handlers.onReply?.(reply);
	},
};

const reportWork: Work<{ readonly sock: PingSock; readonly report: IcmpErrorReport }> = {
	run({ sock, report }) {
		if (!sock.closed) sock.handlers.onError?.(report);
	},
};

function accepts(sock: PingSock, daddr: IpNum | undefined, skb: Skb): boolean {
	const { bindAddr, boundDev } = sock.options;
	if (boundDev !== 0 && boundDev !== skb.dev?.ifindex) return false;
	return daddr === undefined || bindAddr === ADDR_ANY || bindAddr === daddr;
}

/** A free identifier, drawn at random; undefined: all are taken. */
function freeId(netns: Netns): number | undefined {
	const { byId } = pingTable(netns);
	const start = netns.machine.rng.below(0xffff);
	for (let k = 0; k < 0xffff; k += 1) {
		const id = 1 + ((start + k) % 0xffff);
		if (!byId.has(id)) return id;
	}
	return undefined;
}
