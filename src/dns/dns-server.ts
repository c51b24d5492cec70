/**
 * A cluster's name server without its sockets: query bytes → answer bytes, or a query for somebody else.
 *
 * What is not a query of one question is told so (FORMERR, NOTIMP), as CoreDNS's server library does; nothing that comes
 * stops the server. Answers are kept as bytes by their query's bytes until the cluster changes.
 */
import type { IpAddr } from "../wire/addr.ts";
import { buildDns, type DnsEdns, type DnsMessage, dnsQuery, parseDns } from "../wire/dns.ts";
import { DnsReplyBuilder, dnsQuestionEnd } from "../wire/dns-reply.ts";
import { AnswerCache } from "./answer-cache.ts";
import { type ClusterDnsConfig, inZone } from "./config.ts";
import { DnsIndex, type DnsSource } from "./dns-index.ts";
import { type DnsReplier, ForwardCache, type ForwardedAnswer, finishAlias, finishForward } from "./forward.ts";
import { lookup } from "./lookup.ts";
import { mayTransfer, transferZone } from "./transfer.ts";
import { transferMessages } from "./transfer-messages.ts";

export interface DnsClient {
	readonly addr: IpAddr;
	readonly transport: "udp" | "tcp";
}

export type DnsOutcome =
	/** Several messages only for a transfer by TCP. */
	| { readonly kind: "answer"; readonly messages: readonly Uint8Array[] }
	/** What came is no query, and nothing is sent back. */
	| { readonly kind: "none" }
	/** Somebody else is to be asked, by the client's transport; `finish` makes the answer of what he says. */
	| {
			readonly kind: "forward";
			readonly query: Uint8Array;
			/** Undefined: he does not answer. */
			finish(reply: Uint8Array | undefined, nowNs: number): Uint8Array;
	  };

export interface DnsServerOptions {
	readonly config: ClusterDnsConfig;
	/** Whether there is somebody to ask for names outside the zones. */
	readonly forwards: boolean;
	/** Longest time that a forwarded answer is kept; 0: none is. */
	readonly cacheSeconds: number;
}

const HEADER_BYTES = 12;
/** Without EDNS (RFC 1035 §4.2.1). */
const SMALLEST_LIMIT = 512;
const TCP_LIMIT = 65_535;
const CLASS_IN = 1;

export class DnsServer {
	readonly #config: ClusterDnsConfig;
	readonly #forwards: boolean;
	readonly #forwarded: ForwardCache;
	readonly #answers = new AnswerCache();
	readonly #builder = new DnsReplyBuilder();
	#index: DnsIndex | undefined;

	constructor({ config, forwards, cacheSeconds }: DnsServerOptions) {
		this.#config = config;
		this.#forwards = forwards;
		this.#forwarded = new ForwardCache(cacheSeconds);
	}

	/** The cluster's objects from now on. Before the first of them every name fails (SERVFAIL). */
	update(source: DnsSource): void {
		this.#index = new DnsIndex(source);
		this.#answers.clear();
	}

	/** `nowNs` is only compared with itself. */
	respond(bytes: Uint8Array, client: DnsClient, nowNs: number): DnsOutcome {
		if (bytes.length < HEADER_BYTES || ((bytes[2] ?? 0) & 0x80) !== 0) return { kind: "none" };
		const isUdp = client.transport === "udp";
		const known = this.#answers.get(bytes, isUdp);
		if (known !== undefined) return { kind: "answer", messages: [known] };
		const refusal = refusalOf(bytes);
		if (refusal !== undefined) return answered(headerOnly(bytes, refusal));
		const parsed = parseDns(bytes);
		const end = dnsQuestionEnd(bytes);
		if (!parsed.ok || end === undefined) return answered(headerOnly(bytes, "FORMERR"));
		const query = new Query(parsed.value, { bytes: bytes.subarray(HEADER_BYTES, end), client, builder: this.#builder });
		const outcome = this.#ask(query, bytes, nowNs);
		if (outcome.kind === "answer" && query.lasts) this.#answers.put(bytes, isUdp, outcome.messages);
		return outcome;
	}

	#ask(query: Query, bytes: Uint8Array, nowNs: number): DnsOutcome {
		const { message, question, client } = query;
		const [asked] = message.questions;
		if (asked === undefined || (message.edns?.version ?? 0) !== 0) return query.fail("BADVERS");
		if (question[question.length - 1] !== CLASS_IN || question[question.length - 2] !== 0) return query.fail("REFUSED");
		if (this.#index === undefined) return query.fail("SERVFAIL");
		const view = { index: this.#index, config: this.#config };
		const { name, type } = asked;
		if (type === "AXFR" || type === "IXFR") {
			const records = mayTransfer(view.config, client.addr)
				? transferZone(view, name.toLowerCase(), serialOf(message))
				: undefined;
			query.lasts = false;
			// A datagram holds no zone: the zone's serial number says whether to ask again by TCP (RFC 1995 §2).
			if (records === undefined || (client.transport === "udp" && type === "AXFR")) return query.fail("REFUSED");
			const wanted = client.transport === "udp" ? records.slice(0, 1) : records;
			return { kind: "answer", messages: transferMessages(message, question, wanted) };
		}
		const found = lookup(view, asked);
		const through = found?.rcode === "NXDOMAIN" && this.#config.fallthrough.some((zone) => isBelow(name, zone));
		if (found === undefined || (through && this.#forwards)) {
			return this.#forwards ? this.#forward(query, bytes, nowNs) : query.fail("REFUSED");
		}
		const { rcode, answers, authorities, additionals, pending } = found;
		if (pending === undefined || !this.#forwards) {
			return query.answer({ rcode, answers, authorities, additionals, authoritative: true });
		}
		const onward = { name: pending, type };
		const kept = this.#forwarded.get(onward, nowNs);
		query.lasts = false;
		if (kept !== undefined) return answered(finishAlias(query, answers, kept));
		return {
			kind: "forward",
			query: onwardQuery(message.id, onward),
			finish: (reply, now) => finishAlias(query, answers, this.#forwarded.take(onward, reply, now)),
		};
	}

	#forward(query: Query, bytes: Uint8Array, nowNs: number): DnsOutcome {
		query.lasts = false;
		const [asked = { name: "", type: "A" }] = query.message.questions;
		const kept = this.#forwarded.get(asked, nowNs, query.message.edns?.dnssecOk);
		if (kept !== undefined) return answered(finishForward(query, kept));
		const take = (reply: Uint8Array | undefined, now: number): ForwardedAnswer =>
			this.#forwarded.take(asked, reply, now, query.message.edns?.dnssecOk);
		return { kind: "forward", query: bytes, finish: (reply, now) => finishForward(query, take(reply, now)) };
	}
}

interface AskedBy {
	readonly bytes: Uint8Array;
	readonly client: DnsClient;
	readonly builder: DnsReplyBuilder;
}

/** A question while it is being answered. */
class Query implements DnsReplier {
	readonly message: DnsMessage;
	/** Its bytes. */
	readonly question: Uint8Array;
	readonly client: DnsClient;
	readonly #builder: DnsReplyBuilder;
	/** Its answer is the same until the cluster changes. */
	lasts = true;

	constructor(message: DnsMessage, asked: AskedBy) {
		this.message = message;
		this.question = asked.bytes;
		this.client = asked.client;
		this.#builder = asked.builder;
	}

	reply(more: Partial<DnsMessage>): Uint8Array {
		const { message, question } = this;
		const { edns } = message;
		const limitBytes =
			this.client.transport === "tcp" ? TCP_LIMIT : Math.max(SMALLEST_LIMIT, edns?.udpPayloadBytes ?? 0);
		const reply: DnsMessage = {
			id: message.id,
			response: true,
			opcode: message.opcode,
			authoritative: more.authoritative ?? false,
			truncated: more.truncated ?? false,
			recursionDesired: message.recursionDesired,
			recursionAvailable: more.recursionAvailable ?? false,
			authenticData: false,
			checkingDisabled: message.checkingDisabled,
			rcode: more.rcode ?? "NOERROR",
			questions: message.questions,
			answers: more.answers ?? [],
			authorities: more.authorities ?? [],
			additionals: more.additionals ?? [],
			...(edns === undefined ? {} : { edns: ownEdns(edns) }),
		};
		return this.#builder.build(reply, { question, limitBytes });
	}

	answer(more: Partial<DnsMessage>): DnsOutcome {
		return answered(this.reply(more));
	}

	fail(rcode: string): DnsOutcome {
		return this.answer({ rcode });
	}
}

/** The asker's, under the only version there is. */
function ownEdns({ udpPayloadBytes, dnssecOk }: DnsEdns): DnsEdns {
	return dnssecOk === undefined ? { udpPayloadBytes } : { udpPayloadBytes, dnssecOk };
}

function answered(message: Uint8Array): DnsOutcome {
	return { kind: "answer", messages: [message] };
}

/** What the header alone says against a query: opcode, one question, and few other records. */
function refusalOf(bytes: Uint8Array): "NOTIMP" | "FORMERR" | undefined {
	const count = (at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
	if ((((bytes[2] ?? 0) >> 3) & 0xf) !== 0) return "NOTIMP";
	return count(4) !== 1 || count(6) > 1 || count(8) > 1 || count(10) > 2 ? "FORMERR" : undefined;
}

/** The query's header as an answer's, with nothing behind it. */
function headerOnly(bytes: Uint8Array, rcode: "NOTIMP" | "FORMERR"): Uint8Array {
	const header = new Uint8Array(HEADER_BYTES);
	header.set(bytes.subarray(0, 3));
	// QR, opcode and RD; the rest of the flags are not the asker's to set.
	header[2] = 0x80 | ((bytes[2] ?? 0) & 0x79);
	header[3] = rcode === "FORMERR" ? 1 : 4;
	return header;
}

/** Of the SOA record that an IXFR query bears. */
function serialOf({ authorities }: DnsMessage): number | undefined {
	const soa = authorities.find(({ value }) => value.type === "SOA");
	return soa?.value.type === "SOA" ? soa.value.serial : undefined;
}

function isBelow(name: string, zone: string): boolean {
	return inZone(name.toLowerCase(), zone);
}

function onwardQuery(id: number, question: { readonly name: string; readonly type: string }): Uint8Array {
	return buildDns(dnsQuery(id, question, { edns: 1232 }));
}
