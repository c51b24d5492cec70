/** Packets as tcpdump prints them: the stamp, the line, the bytes if they were asked for. */

import { describeFrame } from "../../../wire/summary.ts";
import { TcpdumpFlows } from "../../../wire/summary-flows.ts";
import { hexAndAscii, hexWords, type SummaryNames, type SummaryOptions } from "../../../wire/summary-printer.ts";
import type { LinkType } from "./link-types.ts";
import type { ShowOptions } from "./options.ts";
import { TimeStamps } from "./time-stamp.ts";

export interface Packet {
	/** Nanoseconds since 1970. */
	readonly atNs: bigint;
	readonly frame: Uint8Array;
	/** Length on the wire. */
	readonly length: number;
}

export interface PrinterPlace {
	readonly link: LinkType;
	/** Absent: numbers. */
	readonly names: SummaryNames | undefined;
	deviceName(ifindex: number): string | undefined;
}

export class PacketPrinter {
	readonly #show: ShowOptions;
	readonly #stamps: TimeStamps;
	readonly #summary: SummaryOptions;
	#number = 0;

	constructor(show: ShowOptions, place: PrinterPlace) {
		this.#show = show;
		this.#stamps = new TimeStamps(show.stamp, { nanoseconds: show.nanoseconds });
		this.#summary = {
			link: place.link.summary,
			macs: show.macs,
			verbosity: show.verbosity,
			quiet: show.quiet,
			trustChecksums: show.trustChecksums,
			dumpUnknown: show.bytes === undefined || show.bytes.form === "ascii",
			deviceName: (ifindex) => place.deviceName(ifindex),
			...(show.absolute ? {} : { flows: new TcpdumpFlows() }),
			...(place.names === undefined ? {} : { names: place.names }),
		};
	}

	/** All lines of a packet, with the newline at the end. */
	print(packet: Packet): string {
		this.#number += 1;
		const number = this.#show.numbers ? `${String(this.#number).padStart(5)}  ` : "";
		const stamp = this.#stamps.next(packet.atNs);
		const { text, linkHeaderLength } = describeFrame(packet.frame, { ...this.#summary, length: packet.length });
		return `${number}${stamp}${text}${this.#bytes(packet.frame, linkHeaderLength)}\n`;
	}

	#bytes(frame: Uint8Array, linkHeaderLength: number): string {
		const { bytes } = this.#show;
		if (bytes === undefined) return "";
		const shown = bytes.withLinkHeader ? frame : frame.subarray(linkHeaderLength);
		switch (bytes.form) {
			case "hex":
				return hexWords(shown);
			case "hex-ascii":
				return hexAndAscii(shown);
			case "ascii":
				return `\n${asciiText(shown)}`;
		}
	}
}

/** Characters as they are, dots for the rest; a carriage return before a newline or the end is left out. */
function asciiText(bytes: Uint8Array): string {
	let text = "";
	for (const [k, byte] of bytes.entries()) {
		if (byte === 13 && (bytes[k + 1] ?? 10) === 10) continue;
		const plain = (byte >= 32 && byte < 127) || byte === 9 || byte === 10;
		text += plain ? String.fromCharCode(byte) : ".";
	}
	return text;
}
