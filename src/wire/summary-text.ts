/** Protocols of text lines (HTTP, SMTP, FTP, …) in a tcpdump line: the first line, or with `-v` all that are printable. */
import type { SummaryPrinter } from "./summary-printer.ts";

export interface TextProtocol {
	readonly name: string;
	readonly ports: readonly number[];
	/** What a request may begin with; absent: every line counts. */
	readonly requests?: readonly string[];
}

const HTTP_REQUESTS =
	"GET PUT COPY HEAD LOCK MOVE POLL POST BCOPY BMOVE MKCOL TRACE LABEL MERGE DELETE SEARCH UNLOCK REPORT UPDATE NOTIFY BDELETE CONNECT OPTIONS CHECKIN PROPFIND CHECKOUT CCM_POST SUBSCRIBE PROPPATCH BPROPFIND BPROPPATCH UNCHECKOUT MKACTIVITY MKWORKSPACE UNSUBSCRIBE RPC_CONNECT VERSION-CONTROL BASELINE-CONTROL";
const RTSP_REQUESTS = "OPTIONS DESCRIBE ANNOUNCE SETUP PLAY PAUSE TEARDOWN GET_PARAMETER SET_PARAMETER REDIRECT RECORD";

export const TEXT_PORTS: readonly TextProtocol[] = [
	{ name: "FTP", ports: [21] },
	{ name: "SMTP", ports: [25] },
	{ name: "WHOIS", ports: [43] },
	{ name: "HTTP", ports: [80, 8080, 3128], requests: HTTP_REQUESTS.split(" ") },
	{ name: "RTSP", ports: [554, 8554], requests: RTSP_REQUESTS.split(" ") },
];

const MAX_TOKEN = 128;
const LF = 0x0a;
const CR = 0x0d;

/** `: HTTP: GET / HTTP/1.1` */
export function printTextProtocol(printer: SummaryPrinter, protocol: TextProtocol, at: number, length: number): void {
	printer.enter(protocol.name.toLowerCase(), { forgetsPlace: true });
	printer.put(`: ${protocol.name}`);
	const end = at + length;
	if (!isMessage(printer, protocol, at, end)) return;
	if (printer.verbosity === 0) {
		printLine(printer, ": ", at, end);
		return;
	}
	printer.put(`, length: ${length}`);
	for (let next: number | undefined = at; next !== undefined && next < end; ) {
		next = printLine(printer, "\n\t", next, end);
	}
}

/** It begins with a request, or with a word and a code of three digits. */
function isMessage(printer: SummaryPrinter, { requests }: TextProtocol, at: number, end: number): boolean {
	if (requests === undefined) return true;
	const first = token(printer, at, end);
	if (first.text === "") return false;
	if (requests.includes(first.text.toUpperCase())) return true;
	return /^\d{3}$/.test(token(printer, first.next, end).text);
}

/** Printable characters up to white space, and where the next one begins; empty when something else stands there. */
function token(printer: SummaryPrinter, from: number, end: number): { readonly text: string; readonly next: number } {
	let at = from;
	let text = "";
	for (; at < end && text.length < MAX_TOKEN; at += 1) {
		if (!printer.has(at, 1)) return { text: "", next: at };
		const byte = printer.u8(at);
		if (isSpace(byte)) break;
		if (byte <= 32 || byte > 126) return { text: "", next: at };
		text += String.fromCharCode(byte);
	}
	while (at < end && printer.has(at, 1) && isBlank(printer.u8(at))) at += 1;
	return { text, next: at };
}

/** Prints the line and gives where the next begins; undefined: there is none, or this one is not text. */
function printLine(printer: SummaryPrinter, prefix: string, from: number, end: number): number | undefined {
	let line = "";
	for (let at = from; at < end; at += 1) {
		if (!printer.has(at, 1)) {
			printer.put(prefix + line);
			printer.need(at, 1);
		}
		const byte = printer.u8(at);
		if (byte === LF) return endLine(printer, prefix + line, at + 1);
		if (byte === CR) {
			if (at + 1 >= end || printer.u8(at + 1) !== LF) return undefined;
			return endLine(printer, prefix + line, at + 2);
		}
		if ((byte < 32 || byte > 126) && byte !== 9) return undefined;
		line += String.fromCharCode(byte);
	}
	return endUnfinished(printer, prefix + line);
}

function endLine(printer: SummaryPrinter, text: string, next: number): number {
	printer.put(text);
	return next;
}

function endUnfinished(printer: SummaryPrinter, text: string): undefined {
	printer.put(text);
	printer.truncated();
}

function isSpace(byte: number): boolean {
	return byte === 32 || (byte >= 9 && byte <= 13);
}

function isBlank(byte: number): boolean {
	return isSpace(byte) && byte !== CR && byte !== LF;
}
