/** VXLAN as tcpdump prints it: a line for the header, and the frame inside on the next one. */
import type { SummaryPrinter } from "./summary-printer.ts";
import { VXLAN_HLEN, VXLAN_LINUX_PORT, VXLAN_PORT } from "./vxlan.ts";

/** The VNI is there. */
const FLAG_I = 0x08;

/** Whether tcpdump takes datagrams with such a port for VXLAN, or for OTV, which looks the same and has Linux's port. */
export function isVxlanPort(port: number): boolean {
	return port === VXLAN_PORT || port === VXLAN_LINUX_PORT;
}

/** `length`: of the datagram's payload that is there. */
export function printVxlan(printer: SummaryPrinter, at: number, length: number, port: number): void {
	const isOtv = port === VXLAN_LINUX_PORT;
	printer.enter(isOtv ? "otv" : "vxlan");
	if (length < VXLAN_HLEN) {
		printer.put(isOtv ? `OTV, [length ${length} < ${VXLAN_HLEN}] (invalid)` : "VXLAN (invalid)");
		return;
	}
	printer.put(isOtv ? "OTV, " : "VXLAN, ");
	const flags = printer.u8(at);
	const none = isOtv ? "." : "invalid";
	printer.put(`flags [${(flags & FLAG_I) === 0 ? none : "I"}] (0x${flags.toString(16).padStart(2, "0")}), `);
	const vni = printer.u32(at + 4) >>> 8;
	printer.put(isOtv ? `overlay ${printer.u32(at) & 0xffffff}, instance ${vni}\n` : `vni ${vni}\n`);
	printer.printFrame(printer, at + VXLAN_HLEN, length - VXLAN_HLEN);
}
