/** The IGMP part of a tcpdump line. */
import { foldChecksum, sumBytes } from "./checksum.ts";
import type { SummaryPrinter } from "./summary-printer.ts";

const MIN_V3_QUERY = 12;
const RECORD_TYPES: Readonly<Record<number, string>> = {
	1: "is_in",
	2: "is_ex",
	3: "to_in",
	4: "to_ex",
	5: "allow",
	6: "block",
};

/** `igmp v3 report, 1 group record(s)` */
export function printIgmp(printer: SummaryPrinter, at: number, length: number): void {
	printer.enter("igmp");
	if (printer.quiet > 0) {
		printer.put("igmp");
		return;
	}
	printMessage(printer, at, length);
	if (printer.verbosity === 0 || printer.options.trustChecksums === true || !printer.has(at, length)) return;
	if (foldChecksum(sumBytes(printer.bytes, at, at + length)) !== 0) {
		printer.put(` bad igmp cksum ${printer.u16(at + 2).toString(16)}!`);
	}
}

function printMessage(printer: SummaryPrinter, at: number, length: number): void {
	const type = printer.u8(at);
	switch (type) {
		case 0x11:
			printQuery(printer, at, length);
			return;
		case 0x12:
			printer.put(`igmp v1 report ${printer.host(printer.u32(at + 4))}`);
			if (length !== 8) printer.put(` [len ${length}]`);
			return;
		case 0x16:
			printer.put(`igmp v2 report ${printer.host(printer.u32(at + 4))}`);
			return;
		case 0x17:
			printer.put(`igmp leave ${printer.host(printer.u32(at + 4))}`);
			return;
		case 0x22:
			printReport(printer, at, length);
			return;
		default:
			printer.put(`igmp-${type}`);
	}
}

function printQuery(printer: SummaryPrinter, at: number, length: number): void {
	const time = printer.u8(at + 1);
	const group = printer.u32(at + 4);
	printer.put("igmp query");
	if (length >= MIN_V3_QUERY) {
		printer.put(" v3");
		if (time >= 128) printer.put(` [max resp time ${time / 10}]`);
		else if (time !== 100) printer.put(` [max resp time ${time < 10 ? `0.${time}s` : `${time / 10}`}]`);
	} else if (time > 0) {
		printer.put(" v2");
		if (time !== 100) printer.put(` [max resp time ${time}]`);
	} else printer.put(" v1");
	if (length < MIN_V3_QUERY) {
		if (group !== 0) printer.put(` [gaddr ${printer.host(group)}]`);
		return;
	}
	const sources = printer.u16(at + 10);
	if (group !== 0) printer.put(` [gaddr ${printer.host(group)}${sources === 0 ? "]" : ""}`);
}

function printReport(printer: SummaryPrinter, at: number, length: number): void {
	if (length < 16) {
		printer.put(`igmp v3 report [invalid len ${length}]`);
		return;
	}
	const groups = printer.u16(at + 6);
	printer.put(`igmp v3 report, ${groups} group record(s)`);
	if (printer.verbosity === 0) return;
	let record = at + 8;
	for (let k = 0; k < groups; k += 1) {
		if (at + length < record + 8) {
			printer.put(" [invalid number of groups]");
			return;
		}
		const sources = printer.u16(record + 2);
		const type = printer.u8(record);
		printer.put(` [gaddr ${printer.host(printer.u32(record + 4))}`);
		printer.put(` ${RECORD_TYPES[type] ?? ` [v3-report-#${type}]`}`);
		if (at + length < record + 8 + sources * 4) {
			printer.put(` [invalid number of sources ${sources}]`);
			return;
		}
		if (printer.verbosity > 1) printer.put(` { ${sourceList(printer, record + 8, sources)}}]`);
		else printer.put(`, ${sources} source(s)]`);
		record += 8 + sources * 4;
	}
}

function sourceList(printer: SummaryPrinter, at: number, count: number): string {
	let text = "";
	for (let k = 0; k < count; k += 1) text += `${printer.host(printer.u32(at + 4 * k))} `;
	return text;
}
