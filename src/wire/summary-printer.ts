/** What the parts of a tcpdump line are written with: the packet's bytes, checked at every read, and the text so far. */
import { type IpAddr, type IpNum, ipText, macText } from "./addr.ts";
import { get16, get32, get48, get128 } from "./read-write.ts";
import type { TcpdumpFlows } from "./summary-flows.ts";

/** Names instead of numbers, as tcpdump without `-n`. */
export interface SummaryNames {
	/** Undefined: the address has no name. */
	host(addr: IpAddr): string | undefined;
	port(port: number, protocol: "tcp" | "udp"): string | undefined;
}

export interface SummaryOptions {
	/** What `frame` begins with: an Ethernet header, an IP header, or one of Linux's cooked headers (`-i any`). */
	readonly link: "ethernet" | "ip" | "sll" | "sll2";
	/** Put the link header in front, as `tcpdump -e`. */
	readonly macs?: boolean;
	/** Relative TCP sequence numbers, as tcpdump without `-S`; the object remembers the connections. */
	readonly flows?: TcpdumpFlows;
	/** How often `-v` was given. Above 0 the text has several lines. */
	readonly verbosity?: number;
	/** How often `-q` was given. */
	readonly quiet?: number;
	/** Absent: numbers, as with `-n`. */
	readonly names?: SummaryNames;
	/** Believe checksums, as `-K`. */
	readonly trustChecksums?: boolean;
	/** Length on the wire, when the capture cut the frame short. */
	readonly length?: number;
	/** The name of a device, for the cooked header v2, which has its number. */
	readonly deviceName?: (ifindex: number) => string | undefined;
	/** Print the bytes of what is not understood, as tcpdump does, in further lines. */
	readonly dumpUnknown?: boolean;
}

/** Prints a network protocol's packet at `at`, `length` bytes long by what carries it. False: an unknown EtherType. */
export type PrintNetwork = (printer: SummaryPrinter, type: number, at: number, length: number) => boolean;

/** Prints an Ethernet frame at `at`, `length` bytes long by what carries it. */
export type PrintFrame = (printer: SummaryPrinter, at: number, length: number) => void;

/** A read past the end of what was captured. */
export class Truncated extends Error {}

export class SummaryPrinter {
	readonly bytes: Uint8Array;
	readonly options: SummaryOptions;
	readonly printNetwork: PrintNetwork;
	readonly printFrame: PrintFrame;
	readonly verbosity: number;
	readonly quiet: number;
	text = "";
	/** The protocol being printed, for `[|tcp]`. */
	#protocol = "";
	#forgetsPlace = false;
	linkHeaderLength = 0;
	/** No byte from here on may be read. */
	end: number;

	constructor(
		bytes: Uint8Array,
		options: SummaryOptions,
		inner: { readonly network: PrintNetwork; readonly frame: PrintFrame },
	) {
		this.bytes = bytes;
		this.options = options;
		this.printNetwork = inner.network;
		this.printFrame = inner.frame;
		this.verbosity = options.verbosity ?? 0;
		this.quiet = options.quiet ?? 0;
		this.end = bytes.length;
	}

	put(text: string): void {
		this.text += text;
	}

	/** From here on a protocol is being printed. Some forget where the packet began when it is cut off inside them. */
	enter(protocol: string, options: { readonly forgetsPlace?: true } = {}): void {
		this.#protocol = protocol;
		this.#forgetsPlace = options.forgetsPlace === true;
	}

	/** The rest of this protocol remembers where the packet began. */
	keepPlace(): void {
		this.#forgetsPlace = false;
	}

	/** After a `Truncated`. */
	endTruncated(): void {
		this.truncated();
		if (this.#forgetsPlace) this.linkHeaderLength = 0;
	}

	has(at: number, size: number): boolean {
		return at + size <= this.end;
	}

	need(at: number, size: number): void {
		if (!this.has(at, size)) throw new Truncated();
	}

	u8(at: number): number {
		this.need(at, 1);
		return this.bytes[at] ?? 0;
	}

	u16(at: number): number {
		this.need(at, 2);
		return get16(this.bytes, at);
	}

	u32(at: number): number {
		this.need(at, 4);
		return get32(this.bytes, at);
	}

	u48(at: number): number {
		this.need(at, 6);
		return get48(this.bytes, at);
	}

	u128(at: number): bigint {
		this.need(at, 16);
		return get128(this.bytes, at);
	}

	/** The address as a name or a number. */
	host(addr: IpNum): string {
		const text = ipText(addr);
		return this.options.names?.host(text) ?? text;
	}

	port(port: number, protocol: "tcp" | "udp"): string {
		return this.options.names?.port(port, protocol) ?? String(port);
	}

	/** Without `-n` tcpdump says whose MAC address it is; of those in a lab it knows nothing. */
	mac(mac: number): string {
		const text = macText(mac);
		if (this.options.names === undefined) return text;
		if (mac === 0xffffffffffff) return "Broadcast";
		return `${text} (oui ${mac < 0x1000000 ? "Ethernet" : "Unknown"})`;
	}

	/** Carries out `print` with nothing to be read beyond `end`. */
	within(end: number, print: () => void): void {
		const before = this.end;
		this.end = Math.min(before, end);
		print();
		this.end = before;
	}

	/** ` [|tcp]` */
	truncated(): void {
		this.put(` [|${this.#protocol}]`);
	}

	/** Lines with the bytes and their characters, as `-X`, of what tcpdump does not understand. */
	dump(at: number, end: number): void {
		if (this.options.dumpUnknown === true && this.quiet === 0)
			this.put(hexAndAscii(this.bytes.subarray(at, Math.min(end, this.end))));
	}
}

/** `\n\t0x0000:  4500 0054 …  E..T…`, sixteen bytes a line. */
export function hexAndAscii(bytes: Uint8Array): string {
	return hexLines(bytes, (words, line) => {
		const chars = Array.from(line, (byte) => (byte > 32 && byte < 127 ? String.fromCharCode(byte) : ".")).join("");
		return `${words.padEnd(40)}  ${chars}`;
	});
}

/** `\n\t0x0000:  4500 0054 …`, sixteen bytes a line. */
export function hexWords(bytes: Uint8Array): string {
	return hexLines(bytes, (words) => words);
}

function hexLines(bytes: Uint8Array, form: (words: string, line: Uint8Array) => string): string {
	let text = "";
	for (let at = 0; at < bytes.length; at += 16) {
		const line = bytes.subarray(at, at + 16);
		let words = "";
		for (const [k, byte] of line.entries()) words += `${k % 2 === 0 ? " " : ""}${byte.toString(16).padStart(2, "0")}`;
		text += `\n\t0x${at.toString(16).padStart(4, "0")}: ${form(words, line)}`;
	}
	return text;
}
