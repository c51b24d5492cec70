/** DNS records in master file form (RFC 1035 §5), in the columns that dig prints. */
import { hex, utf8Decode } from "../base/bytes.ts";
import type { DnsQuestion, DnsRecord, DnsRecordValue } from "../wire/dns.ts";

const TTL_COLUMN = 24;
const CLASS_COLUMN = 32;
const TYPE_COLUMN = 40;
const DATA_COLUMN = 48;
const TAB = 8;

/** `web.test.		30	IN	A	203.0.113.9`. */
export function formatDnsRecord(record: DnsRecord): string {
	const line = new Columns();
	line.put(absolute(record.name));
	line.put(String(record.ttl), TTL_COLUMN);
	line.put("IN", CLASS_COLUMN);
	line.put(dnsTypeOf(record.value), TYPE_COLUMN);
	line.put(formatDnsValue(record.value), DATA_COLUMN);
	return line.text;
}

/** `;web.test.			IN	A`. */
export function formatDnsQuestion({ name, type }: DnsQuestion): string {
	const line = new Columns();
	line.put(absolute(name));
	line.put("IN", CLASS_COLUMN);
	line.put(typeText(type), TYPE_COLUMN);
	return `;${line.text}`;
}

export function dnsTypeOf(value: DnsRecordValue): string {
	return value.type === "other" ? typeText(value.typeName) : value.type;
}

/** What follows the type. */
export function formatDnsValue(value: DnsRecordValue): string {
	switch (value.type) {
		case "A":
		case "AAAA":
			return value.addr;
		case "CNAME":
		case "NS":
		case "PTR":
		case "DNAME":
			return absolute(value.target);
		case "MX":
			return `${value.preference} ${absolute(value.target)}`;
		case "SRV":
			return `${value.priority} ${value.weight} ${value.port} ${absolute(value.target)}`;
		case "TXT":
			return value.strings.map(quoted).join(" ");
		case "SOA": {
			const { serial, refresh, retry, expire, minimum } = value;
			return `${absolute(value.mname)} ${absolute(value.rname)} ${serial} ${refresh} ${retry} ${expire} ${minimum}`;
		}
		case "other":
			return `\\# ${value.bytes.length} ${hex(value.bytes).toUpperCase()}`.trimEnd();
	}
}

/** With its final dot. */
export function absolute(name: string): string {
	return `${name}.`;
}

/** A type that has no name is `TYPE64` (RFC 3597). */
function typeText(type: string): string {
	return type.replace(/^UNKNOWN_/, "TYPE");
}

function quoted(bytes: Uint8Array): string {
	return `"${utf8Decode(bytes).replace(/["\\]/g, "\\$&")}"`;
}

/** A line in which columns begin at their place, or one further on when the one before is too long. */
class Columns {
	text = "";
	#at = 0;

	put(cell: string, column = 0): void {
		const to = column === 0 ? 0 : Math.max(column, this.#at + 1);
		const tabs = Math.floor(to / TAB) - Math.floor(this.#at / TAB);
		if (to > this.#at) {
			const spaces = tabs > 0 ? to % TAB : to - this.#at;
			this.text += "\t".repeat(tabs) + " ".repeat(spaces);
			this.#at = to;
		}
		this.text += cell;
		this.#at += cell.length;
	}
}
