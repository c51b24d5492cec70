/** DNS messages as dig and `host -v` print them. */
import { formatDnsQuestion, formatDnsRecord } from "../../../formats/dns-record.ts";
import type { DnsMessage, DnsRecord } from "../../../wire/dns.ts";

export interface SectionChoice {
	readonly comments: boolean;
	readonly question: boolean;
	readonly answer: boolean;
	readonly authority: boolean;
	readonly additional: boolean;
}

/** `;; ->>HEADER<<- …` and the flags. */
export function headerText(message: DnsMessage): string {
	const flags = [
		message.response ? "qr" : "",
		message.authoritative ? "aa" : "",
		message.truncated ? "tc" : "",
		message.recursionDesired ? "rd" : "",
		message.recursionAvailable ? "ra" : "",
		message.authenticData ? "ad" : "",
		message.checkingDisabled ? "cd" : "",
	].filter((flag) => flag !== "");
	const counts = [
		`QUERY: ${message.questions.length}`,
		`ANSWER: ${message.answers.length}`,
		`AUTHORITY: ${message.authorities.length}`,
		`ADDITIONAL: ${message.additionals.length + (message.edns === undefined ? 0 : 1)}`,
	];
	const first = `;; ->>HEADER<<- opcode: ${message.opcode}, status: ${message.rcode}, id: ${message.id}\n`;
	return `${first};; flags:${flags.map((flag) => ` ${flag}`).join("")}; ${counts.join(", ")}\n`;
}

/** Header and sections. */
export function messageText(message: DnsMessage, choice: SectionChoice): string {
	const { comments } = choice;
	let text = comments ? `${headerText(message)}${recursionWarning(message)}\n` : "";
	if (comments && message.edns !== undefined) {
		text += `;; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:; udp: ${message.edns.udpPayloadBytes}\n`;
	}
	if (choice.question) text += section("QUESTION", message.questions.map(formatDnsQuestion), comments);
	const records = (name: string, list: readonly DnsRecord[]): string =>
		section(name, list.map(formatDnsRecord), comments);
	if (choice.answer) text += records("ANSWER", message.answers);
	if (choice.authority) text += records("AUTHORITY", message.authorities);
	if (choice.additional) text += records("ADDITIONAL", message.additionals);
	return text;
}

function section(name: string, lines: readonly string[], comments: boolean): string {
	if (lines.length === 0) return "";
	const body = lines.map((line) => `${line}\n`).join("");
	return comments ? `;; ${name} SECTION:\n${body}\n` : body;
}

function recursionWarning({ recursionDesired, recursionAvailable }: DnsMessage): string {
	return recursionDesired && !recursionAvailable ? ";; WARNING: recursion requested but not available\n" : "";
}
