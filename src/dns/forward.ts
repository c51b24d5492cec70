/** Answers of other servers: kept for as long as they say, and passed on. */
import { type DnsMessage, type DnsQuestion, type DnsRecord, parseDns } from "../wire/dns.ts";

/** What another server said; undefined: nothing that can be used. */
export type ForwardedAnswer = DnsMessage | undefined;

/** Makes an answer to the question that is being answered. */
export interface DnsReplier {
	reply(more: Partial<DnsMessage>): Uint8Array;
}

interface Kept {
	readonly message: DnsMessage;
	readonly sinceNs: number;
	readonly seconds: number;
}

const MAX_ENTRIES = 9984;
/** An answer with a shorter time to live is kept so long all the same (CoreDNS's cache). */
const MIN_SECONDS = 5;
const NS_PER_SECOND = 1_000_000_000;

export class ForwardCache {
	readonly #maxSeconds: number;
	readonly #kept = new Map<string, Kept>();

	constructor(maxSeconds: number) {
		this.#maxSeconds = maxSeconds;
	}

	/** Its times to live are what is left of them. */
	get(question: DnsQuestion, nowNs: number, dnssecOk = false): ForwardedAnswer {
		const key = keyOf(question, dnssecOk);
		const kept = this.#kept.get(key);
		if (kept === undefined) return undefined;
		const left = kept.seconds - Math.floor((nowNs - kept.sinceNs) / NS_PER_SECOND);
		if (left <= 0) {
			this.#kept.delete(key);
			return undefined;
		}
		const aged = (records: readonly DnsRecord[]): readonly DnsRecord[] =>
			records.map((record) => ({ ...record, ttl: left }));
		const { answers, authorities, additionals } = kept.message;
		return {
			...kept.message,
			answers: aged(answers),
			authorities: aged(authorities),
			additionals: aged(additionals),
		};
	}

	/** Reads what came, and keeps it if it may be kept. */
	take(question: DnsQuestion, bytes: Uint8Array | undefined, nowNs: number, dnssecOk = false): ForwardedAnswer {
		const parsed = bytes === undefined ? undefined : parseDns(bytes);
		if (parsed?.ok !== true || !parsed.value.response) return undefined;
		const message = parsed.value;
		const [asked] = message.questions;
		if (asked !== undefined && keyOf(asked, false) !== keyOf(question, false)) return undefined;
		const seconds = secondsOf(message);
		if (!message.truncated && seconds !== undefined && this.#maxSeconds > 0) {
			if (this.#kept.size >= MAX_ENTRIES) this.#kept.clear();
			const kept = { message, sinceNs: nowNs, seconds: Math.min(Math.max(seconds, MIN_SECONDS), this.#maxSeconds) };
			this.#kept.set(keyOf(question, dnssecOk), kept);
		}
		return message;
	}
}

/** The other server's answer as ours. */
export function finishForward(query: DnsReplier, message: ForwardedAnswer): Uint8Array {
	if (message === undefined) return query.reply({ rcode: "SERVFAIL" });
	const { rcode, answers, authorities, additionals, authoritative, recursionAvailable, truncated } = message;
	return query.reply({ rcode, answers, authorities, additionals, authoritative, recursionAvailable, truncated });
}

/** An alias of ours and what the other server knows of its target. */
export function finishAlias(query: DnsReplier, alias: readonly DnsRecord[], message: ForwardedAnswer): Uint8Array {
	if (message === undefined || (message.rcode !== "NOERROR" && message.rcode !== "NXDOMAIN")) {
		return query.reply({ rcode: "SERVFAIL" });
	}
	const { answers, truncated } = message;
	return query.reply({ answers: [...alias, ...answers], truncated, authoritative: true });
}

/** How long an answer may be kept; undefined: not at all. */
function secondsOf({ rcode, answers, authorities }: DnsMessage): number | undefined {
	if (rcode !== "NOERROR" && rcode !== "NXDOMAIN") return undefined;
	if (answers.length > 0) return Math.min(...answers.map(({ ttl }) => ttl));
	const soa = authorities.find(({ value }) => value.type === "SOA");
	return soa?.value.type === "SOA" ? Math.min(soa.ttl, soa.value.minimum) : undefined;
}

function keyOf({ name, type }: DnsQuestion, dnssecOk: boolean): string {
	return `${name.toLowerCase()} ${type}${dnssecOk ? " DO" : ""}`;
}
