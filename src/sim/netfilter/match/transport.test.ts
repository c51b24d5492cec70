import { expect, test } from "vitest";
import { icmpSkb, ipSkb, tcpSkb, udpSkb } from "../../../../test/conntrack-lab.ts";
import { counted, passHook, type XtLab, xtLab } from "../../../../test/xtables-lab.ts";
import { put16 } from "../../../wire/read-write.ts";
import { buildTcpOptions, TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from "../../../wire/tcp.ts";
import type { Fate, Skb } from "../../types.ts";

const ENDS = { src: "10.1.2.3", dst: "172.16.0.9", sport: 1000, dport: 53 };

interface Outcome {
	readonly hit: boolean;
	readonly fate: Fate;
}

function ask(match: string, make: (lab: XtLab) => Skb): Outcome {
	const lab = xtLab(`-A FORWARD ${match}`);
	const fate = passHook(lab, make(lab), { hook: "FORWARD" });
	return { hit: counted(lab, "filter", "FORWARD").startsWith("1/"), fate };
}

const PORTS: readonly (readonly [match: string, expected: boolean])[] = [
	["--dport 53", true],
	["--dport 54", false],
	["! --dport 54", true],
	["! --dport 53", false],
	["--dport 50:53", true],
	["--dport 54:60", false],
	["! --dport 50:60", false],
	["--dport :53", true],
	["--sport 1000", true],
	["--sport 1001:", false],
	["--sport 1000 --dport 53", true],
	["--sport 1000 ! --dport 53", false],
	["--sport 999 --dport 53", false],
];

test.each(PORTS)("udp ports: %s holds: %s", (match, expected) => {
	expect(ask(`-p udp -m udp ${match}`, (lab) => udpSkb(lab, ENDS)).hit).toBe(expected);
});

test.each(PORTS)("tcp ports: %s holds: %s", (match, expected) => {
	expect(ask(`-p tcp -m tcp ${match}`, (lab) => tcpSkb(lab, ENDS, { flags: TCP_ACK })).hit).toBe(expected);
});

test.each(PORTS)("sctp ports: %s holds: %s", (match, expected) => {
	const sctp = (lab: XtLab): Skb => {
		const skb = ipSkb(lab, ENDS, { proto: 132, length: 16 });
		put16(skb.bytes, skb.transport, 1000);
		put16(skb.bytes, skb.transport + 2, 53);
		return skb;
	};
	expect(ask(`-p sctp -m sctp ${match}`, sctp).hit).toBe(expected);
});

test.each([
	["--syn", TCP_SYN, true],
	["--syn", TCP_SYN | TCP_ACK, false],
	["! --syn", TCP_SYN | TCP_ACK, true],
	["! --syn", TCP_SYN, false],
	["--tcp-flags SYN,FIN SYN,FIN", TCP_SYN | TCP_FIN | TCP_ACK, true],
	["--tcp-flags ALL NONE", 0, true],
	["--tcp-flags ALL NONE", TCP_RST, false],
	["--tcp-flags RST RST --dport 54", TCP_RST, false],
])("tcp flags: %s of %i holds: %s", (match, flags, expected) => {
	expect(ask(`-p tcp -m tcp ${match}`, (lab) => tcpSkb(lab, ENDS, { flags })).hit).toBe(expected);
});

test.each([
	["--tcp-option 2", true],
	["--tcp-option 8", false],
	["! --tcp-option 8", true],
	["! --tcp-option 4", false],
])("tcp options: %s holds: %s", (match, expected) => {
	const options = buildTcpOptions({ mss: 1460, sackPermitted: true, windowScale: 7 });
	const skb = (lab: XtLab): Skb => tcpSkb(lab, ENDS, { flags: TCP_SYN, options });
	expect(ask(`-p tcp -m tcp ${match}`, skb).hit).toBe(expected);
});

test.each([
	["--icmp-type 8", true],
	["--icmp-type 8/0", true],
	["--icmp-type 8/1", false],
	["--icmp-type 0", false],
	["! --icmp-type 0", true],
	["! --icmp-type 8", false],
	["--icmp-type any", true],
	["--icmp-type echo-request", true],
])("icmp: %s holds: %s", (match, expected) => {
	expect(ask(`-p icmp -m icmp ${match}`, (lab) => icmpSkb(lab, ENDS, { type: 8 })).hit).toBe(expected);
});

test.each([
	["--dports 80,53", true],
	["--dports 80,443", false],
	["--dports 80,50:60", true],
	["! --dports 80,443", true],
	["! --dports 53", false],
	["--sports 1000", true],
	["--sports 53", false],
	["--ports 53", true],
	["--ports 1000", true],
	["--ports 7", false],
])("multiport: %s holds: %s", (match, expected) => {
	expect(ask(`-p udp -m multiport ${match}`, (lab) => udpSkb(lab, ENDS)).hit).toBe(expected);
});

const WITH_PORTS = ["-p tcp -m tcp ! --dport 1", "-p udp -m udp ! --dport 1", "-p udp -m multiport ! --dports 1"];

test.each(WITH_PORTS)("a later fragment has no ports: %s does not hold", (match) => {
	const proto = match.startsWith("-p tcp") ? 6 : 17;
	expect(ask(match, (lab) => ipSkb(lab, ENDS, { proto, length: 40, frag: 100 }))).toEqual({
		hit: false,
		fate: "delivered",
	});
});

test("a TCP fragment that would overwrite the flags of the first one drops the packet", () => {
	const fragment = (lab: XtLab): Skb => ipSkb(lab, ENDS, { proto: 6, length: 40, frag: 1 });
	expect(ask("-p tcp -m tcp --dport 1", fragment).fate).toBe("dropped");
});

test.each([
	["-p tcp -m tcp --dport 53", 6, 19],
	["-p udp -m udp --dport 53", 17, 7],
	["-p sctp -m sctp --dport 53", 132, 11],
	["-p icmp -m icmp --icmp-type 8", 1, 7],
	["-p udp -m multiport --dports 53", 17, 3],
])("a header that is cut off drops the packet: %s", (match, proto, length) => {
	expect(ask(match, (lab) => ipSkb(lab, ENDS, { proto, length }))).toEqual({ hit: false, fate: "dropped" });
});
