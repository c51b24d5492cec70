/** What TCP, UDP and ICMP printers must know of the IP packet around them, and its checksums. */
import type { IpNum } from "./addr.ts";
import { foldChecksum, sumBytes } from "./checksum.ts";
import type { SummaryPrinter } from "./summary-printer.ts";

export interface Carrier {
	readonly version: 4 | 6;
	/** Where the IP header begins. */
	readonly header: number;
	readonly src: IpNum;
	readonly dst: IpNum;
	/** More of the packet comes in other fragments, so checksums cannot be told. */
	readonly isFragment: boolean;
	/** Other headers stand between, so ports are printed without addresses. */
	readonly isBehindExtension: boolean;
}

/** `SRC.PORT > DST.PORT: ` */
export function portsText(printer: SummaryPrinter, carrier: Carrier, at: number, protocol: "tcp" | "udp"): string {
	const sport = printer.port(printer.u16(at), protocol);
	const dport = printer.port(printer.u16(at + 2), protocol);
	if (carrier.isBehindExtension) return `${sport} > ${dport}: `;
	return `${printer.host(carrier.src)}.${sport} > ${printer.host(carrier.dst)}.${dport}: `;
}

/** The checksum over pseudo-header and `length` bytes: 0 when the one in there is right. Undefined: it cannot be told. */
export function transportChecksum(
	printer: SummaryPrinter,
	carrier: Carrier,
	segment: {
		readonly at: number;
		readonly length: number;
		readonly proto: number;
		/** Also with `-K`. */
		readonly always?: true;
	},
): number | undefined {
	const { at, length, proto } = segment;
	if (printer.options.trustChecksums === true && segment.always !== true) return undefined;
	if (carrier.isFragment || !printer.has(at, length)) return undefined;
	const [addrsAt, addrsLength] = carrier.version === 4 ? [carrier.header + 12, 8] : [carrier.header + 8, 32];
	const pseudo = sumBytes(printer.bytes, addrsAt, addrsAt + addrsLength) + proto + length;
	return foldChecksum(pseudo + sumBytes(printer.bytes, at, at + length));
}

/** What the checksum field should hold, when with `check` in it the whole sums up to `sum`. */
export function shouldBe(check: number, sum: number): number {
	let shouldBe = check + sum;
	shouldBe = (shouldBe & 0xffff) + (shouldBe >>> 16);
	return (shouldBe & 0xffff) + (shouldBe >>> 16);
}

/** `0x1234` */
export function hex16(n: number): string {
	return `0x${n.toString(16).padStart(4, "0")}`;
}
