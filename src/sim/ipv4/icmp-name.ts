/** What an ICMP error says, in words. */
import { ICMP_DEST_UNREACH, ICMP_PARAMETERPROB, ICMP_REDIRECT, ICMP_TIME_EXCEEDED } from "../../wire/icmpv4.ts";

const UNREACHABLE = [
	"network unreachable",
	"host unreachable",
	"protocol unreachable",
	"port unreachable",
	"fragmentation needed",
	"source route failed",
	"network unknown",
	"host unknown",
	"source host isolated",
	"network prohibited",
	"host prohibited",
	"network unreachable for TOS",
	"host unreachable for TOS",
	"administratively prohibited",
];

/** E.g. `ICMP host unreachable`. */
export function icmpErrorName(type: number, code: number): string {
	switch (type) {
		case ICMP_DEST_UNREACH:
			return `ICMP ${UNREACHABLE[code] ?? `destination unreachable, code ${code}`}`;
		case ICMP_REDIRECT:
			return "ICMP redirect";
		case ICMP_TIME_EXCEEDED:
			return code === 0 ? "ICMP time exceeded in transit" : "ICMP fragment reassembly time exceeded";
		case ICMP_PARAMETERPROB:
			return "ICMP parameter problem";
		default:
			return `ICMP type ${type}, code ${code}`;
	}
}
