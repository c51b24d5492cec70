/** The UDP part of a tcpdump line. */
import { IPPROTO_UDP } from "./ipv4.ts";
import { printDns } from "./summary-dns.ts";
import type { SummaryPrinter } from "./summary-printer.ts";
import { type Carrier, hex16, portsText, shouldBe, transportChecksum } from "./summary-transport.ts";
import { isVxlanPort, printVxlan } from "./summary-vxlan.ts";
import { UDP_HLEN } from "./udp.ts";

const DOMAIN_PORT = 53;
const MDNS_PORT = 5353;

/** `SRC.PORT > DST.PORT: UDP, length N` */
export function printUdp(printer: SummaryPrinter, carrier: Carrier, at: number, length: number): void {
	printer.enter("udp");
	if (!printer.has(at, 4)) {
		printer.put(`${printer.host(carrier.src)} > ${printer.host(carrier.dst)}: `);
		printer.truncated();
		return;
	}
	printer.put(portsText(printer, carrier, at, "udp"));
	if (length < UDP_HLEN) {
		printer.put(`truncated-udp ${length}`);
		return;
	}
	const ports = [printer.u16(at), printer.u16(at + 2)];
	const stated = printer.u16(at + 4);
	if (stated < UDP_HLEN) {
		printer.put(`truncated-udplength ${stated}`);
		return;
	}
	const payload = stated - UDP_HLEN;
	const there = Math.min(payload, length - UDP_HLEN);
	printer.need(at, UDP_HLEN);
	if (printer.verbosity > (carrier.version === 4 ? 1 : 0))
		printChecksum(printer, carrier, at, Math.min(stated, length));
	if (printer.quiet === 0 && (ports.includes(DOMAIN_PORT) || ports.includes(MDNS_PORT))) {
		printDns(printer, at + UDP_HLEN, there, { multicast: !ports.includes(DOMAIN_PORT) });
		return;
	}
	const tunnel = ports.find(isVxlanPort);
	if (printer.quiet === 0 && tunnel !== undefined) {
		printVxlan(printer, at + UDP_HLEN, there, tunnel);
		return;
	}
	if (payload > there && !carrier.isFragment) {
		printer.put(`UDP, bad length ${payload} > ${there}`);
		return;
	}
	printer.put(`UDP, length ${payload}`);
}

function printChecksum(printer: SummaryPrinter, carrier: Carrier, at: number, length: number): void {
	const check = printer.u16(at + 6);
	const sum = transportChecksum(printer, carrier, { at, length, proto: IPPROTO_UDP });
	if (check === 0 && carrier.version === 4) {
		if (printer.options.trustChecksums !== true && !carrier.isFragment) printer.put("[no cksum] ");
		return;
	}
	if (sum === undefined) return;
	printer.put(sum === 0 ? "[udp sum ok] " : `[bad udp cksum ${hex16(check)} -> ${hex16(shouldBe(check, sum))}!] `);
}
