/** Record types that can be asked for. */

const TYPES: ReadonlySet<string> = new Set(
	(
		"A AAAA AFSDB ANY CAA CDNSKEY CDS CERT CNAME DNAME DNSKEY DS HINFO HTTPS KEY KX LOC MX NAPTR NS NSEC NSEC3 " +
		"NSEC3PARAM NULL PTR RP RRSIG SOA SPF SRV SSHFP SVCB TLSA TXT URI"
	).split(" "),
);

/** The type in capitals; undefined: there is none of that name. */
export function recordType(text: string): string | undefined {
	const upper = text.toUpperCase();
	const number = /^TYPE(\d{1,5})$/.exec(upper)?.[1];
	if (number !== undefined) return `UNKNOWN_${number}`;
	return TYPES.has(upper) ? upper : undefined;
}
