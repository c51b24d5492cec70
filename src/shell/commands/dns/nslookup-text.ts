/** Records as nslookup tells them. */
import { absolute, dnsTypeOf, formatDnsValue } from "../../../formats/dns-record.ts";
import type { DnsRecord } from "../../../wire/dns.ts";

/** The lines for one record. */
export function nslookupRecord({ name, value }: DnsRecord): string {
	switch (value.type) {
		case "A":
		case "AAAA":
			return `Name:\t${name}\nAddress: ${value.addr}\n`;
		case "CNAME":
			return `${name}\tcanonical name = ${absolute(value.target)}\n`;
		case "NS":
			return `${name}\tnameserver = ${absolute(value.target)}\n`;
		case "PTR":
			return `${name}\tname = ${absolute(value.target)}\n`;
		case "MX":
			return `${name}\tmail exchanger = ${formatDnsValue(value)}\n`;
		case "SRV":
			return `${name}\tservice = ${formatDnsValue(value)}\n`;
		case "TXT":
			return `${name}\ttext = ${formatDnsValue(value)}\n`;
		case "SOA": {
			const { mname, rname, serial, refresh, retry, expire, minimum } = value;
			const numbers = { serial, refresh, retry, expire, minimum };
			const lines = Object.entries(numbers).map(([key, number]) => `\t${key} = ${number}\n`);
			return `${name}\n\torigin = ${mname}\n\tmail addr = ${rname}\n${lines.join("")}`;
		}
		default:
			return `${name}\trdata_${dnsTypeOf(value)} = ${formatDnsValue(value)}\n`;
	}
}
