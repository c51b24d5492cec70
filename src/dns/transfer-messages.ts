/** The records of a zone transfer, as many messages as they need (RFC 5936 §2.2). */
import { type DnsMessage, type DnsRecord, dnsResponse } from "../wire/dns.ts";
import { DnsReplyBuilder } from "../wire/dns-reply.ts";

/** Records of at most this length go into one message: a name and data of 255 bytes each fill 60 kB at worst. */
const RECORDS_PER_MESSAGE = 100;
const MAX_BYTES = 65_535;

export function transferMessages(
	query: DnsMessage,
	question: Uint8Array,
	records: readonly DnsRecord[],
): readonly Uint8Array[] {
	const builder = new DnsReplyBuilder();
	const count = Math.ceil(records.length / RECORDS_PER_MESSAGE);
	return Array.from({ length: count }, (_, at) => {
		const answers = records.slice(at * RECORDS_PER_MESSAGE, (at + 1) * RECORDS_PER_MESSAGE);
		const message = dnsResponse(query, { answers, authoritative: true, recursionAvailable: false });
		return builder.build(message, { question, limitBytes: MAX_BYTES });
	});
}
