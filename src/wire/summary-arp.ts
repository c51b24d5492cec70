/** The ARP part of a tcpdump line. */
import type { SummaryPrinter } from "./summary-printer.ts";

export const RARP_TYPE = 0x8035;

const HARDWARE: Readonly<Record<number, string>> = { 1: "Ethernet", 6: "TokenRing", 7: "ArcNet", 15: "FrameRelay" };
const PROTOCOL_IPV4 = 0x0800;
const OPERATIONS: Readonly<Record<number, string>> = {
	1: "Request",
	2: "Reply",
	3: "Reverse Request",
	4: "Reverse Reply",
	8: "Inverse Request",
	9: "Inverse Reply",
};

/** `ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28` */
export function printArp(printer: SummaryPrinter, at: number, length: number): void {
	printer.enter("arp", { forgetsPlace: true });
	const hardware = printer.u16(at);
	const protocol = printer.u16(at + 2);
	const macLength = printer.u8(at + 4);
	const addrLength = printer.u8(at + 5);
	const op = printer.u16(at + 6);
	const senderMac = at + 8;
	const senderAddr = senderMac + macLength;
	const targetMac = senderAddr + addrLength;
	const targetAddr = targetMac + macLength;
	printer.need(targetAddr, addrLength);
	if (printer.options.macs !== true) printer.put("ARP, ");
	const isUsual = protocol === PROTOCOL_IPV4 && addrLength === 4;
	if (printer.verbosity > 0 || !isUsual || macLength === 0) {
		printer.put(`${HARDWARE[hardware] ?? `Unknown Hardware (${hardware})`} (len ${macLength}), `);
		printer.put(`${protocolText(protocol)} (len ${addrLength})`);
		if (printer.verbosity === 0) {
			printer.put(`, length ${length}`);
			return;
		}
		printer.put(", ");
	}
	const mac = (from: number): string => macOf(printer, from, macLength);
	const addr = (from: number): string => (isUsual ? printer.host(printer.u32(from)) : "<wrong proto type>");
	printer.put(`${OPERATIONS[op] ?? `Unknown (${op})`} `);
	switch (op) {
		case 1: {
			const known = isZero(printer, targetMac, macLength) ? "" : ` (${mac(targetMac)})`;
			printer.put(`who-has ${addr(targetAddr)}${known} tell ${addr(senderAddr)}`);
			break;
		}
		case 2:
			printer.put(`${addr(senderAddr)} is-at ${mac(senderMac)}`);
			break;
		case 3:
		case 8:
			printer.put(`who-is ${mac(targetMac)} tell ${mac(senderMac)}`);
			break;
		case 4:
			printer.put(`${mac(targetMac)} at ${addr(targetAddr)}`);
			break;
		case 9:
			printer.put(`${mac(senderMac)} at ${addr(senderAddr)}`);
			break;
		default:
			printer.dump(at, printer.end);
			if (printer.options.dumpUnknown === true) return;
	}
	printer.put(`, length ${length}`);
}

function protocolText(protocol: number): string {
	if (protocol === PROTOCOL_IPV4) return "IPv4";
	if (protocol === 0x0806) return "ARP";
	return `Unknown Protocol (0x${protocol.toString(16).padStart(4, "0")})`;
}

function macOf(printer: SummaryPrinter, at: number, length: number): string {
	if (length === 6) return printer.mac(printer.u48(at));
	if (length === 0) return "<No address>";
	return Array.from({ length }, (_, k) =>
		printer
			.u8(at + k)
			.toString(16)
			.padStart(2, "0"),
	).join(":");
}

function isZero(printer: SummaryPrinter, at: number, length: number): boolean {
	for (let k = 0; k < length; k += 1) if (printer.u8(at + k) !== 0) return false;
	return true;
}
