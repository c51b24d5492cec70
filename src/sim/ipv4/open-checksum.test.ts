import { expect, test } from "vitest";
import { SimLab } from "../../../test/sim-lab.ts";
import { replaceOps } from "../../../test/xtables-lab.ts";
import { utf8Encode } from "../../base/bytes.ts";
import { cidr, ip, mac } from "../../wire/addr.ts";
import { ETH_HLEN } from "../../wire/ethernet.ts";
import { ICMP_DEST_UNREACH, ICMP_HLEN, icmpType } from "../../wire/icmpv4.ts";
import { IPPROTO_ICMP, IPPROTO_TCP, IPV4_MIN_HLEN, ipv4Proto } from "../../wire/ipv4.ts";
import { get16 } from "../../wire/read-write.ts";
import { TCP_CHECK, TCP_MIN_HLEN, tcpChecksumIsValid, tcpFlags } from "../../wire/tcp.ts";
import { UDP_CHECK } from "../../wire/udp.ts";
import { tcpFlagNames } from "../transport/tcp-arrival.ts";

/** Two addresses of this host, of which MASQUERADE on lo takes the first, and a neighbour. */
const [FIRST, SECOND, AFAR] = [ip("10.1.0.1"), ip("10.2.0.1"), ip("10.2.0.2")];
/** Sums of pseudo-headers: UDP with two bytes of payload between SECOND and itself; what Linux 6.18 quotes. */
const OPEN = 0x1421;
const COMPLETE = 0x1ec4;

async function host(rules: string): Promise<SimLab> {
	const lab = new SimLab("n", "c");
	const link = { type: "veth", peer: "e0", peerNetns: "c", peerMac: mac("02:00:00:00:00:02") } as const;
	await lab.set("n", { kind: "link", name: "lo", up: true });
	await lab.add("n", { kind: "link", name: "eth0", link, up: true });
	await lab.set("c", { kind: "link", name: "e0", up: true });
	for (const address of [FIRST, SECOND]) {
		await lab.add("n", { kind: "addr", dev: "eth0", addr: cidr(`${address}/24`) });
	}
	if (rules !== "") await lab.apply("n", ...replaceOps(rules));
	lab.settle();
	return lab;
}

/** What ICMP errors on lo quote: transport header, from its IP header on, as each came in. */
function quotes(lab: SimLab): readonly Uint8Array[] {
	lab.pass(0.001);
	return lab.settle().flatMap((event) => {
		if (event.step !== "receive" || event.dev !== "lo") return [];
		const { frame } = event;
		const icmp = ETH_HLEN + IPV4_MIN_HLEN;
		if (ipv4Proto(frame, ETH_HLEN) !== IPPROTO_ICMP || icmpType(frame, icmp) !== ICMP_DEST_UNREACH) return [];
		return [frame.subarray(icmp + ICMP_HLEN)];
	});
}

function udpQuotes(lab: SimLab, to = SECOND): readonly number[] {
	const opened = lab.kernel.sockets.openUdp("n", { bind: { addr: SECOND, port: 25_714 } }, {});
	if (!opened.ok) throw new Error(opened.error.message);
	opened.value.send(utf8Encode("hi"), { addr: to, port: 53 });
	opened.value.close();
	return quotes(lab).map((quote) => get16(quote, IPV4_MIN_HLEN + UDP_CHECK));
}

/** Flags of the quoted segments, and what their checksums are. */
function tcpQuotes(lab: SimLab, to = SECOND): readonly string[] {
	const opened = lab.kernel.sockets.connectTcp("n", { addr: to, port: 53 }, { bind: { addr: SECOND } }, {});
	if (!opened.ok) throw new Error(opened.error.message);
	const seen = quotes(lab).map((quote) => {
		expect(ipv4Proto(quote, 0)).toBe(IPPROTO_TCP);
		const ends = { src: 0x0a02_0001, dst: to === AFAR ? 0x0a02_0002 : 0x0a02_0001 };
		const isComplete = tcpChecksumIsValid(quote, IPV4_MIN_HLEN, quote.length, ends);
		const pseudo = 0x1404 + (ends.dst & 0xff) + 1 + 6 + quote.length - IPV4_MIN_HLEN;
		const check = get16(quote, IPV4_MIN_HLEN + TCP_CHECK);
		const what = isComplete ? "complete" : check === pseudo ? "open" : check.toString(16);
		return `${tcpFlagNames(tcpFlags(quote, IPV4_MIN_HLEN))} ${what}`;
	});
	return seen;
}

test("an error about a datagram that came by lo quotes its checksum as it was left to the device", async () => {
	expect(udpQuotes(await host(""))).toEqual([OPEN]);
});

test("NAT mends a quoted open checksum as if it were complete, so that it is neither, as on Linux 6.18", async () => {
	const lab = await host("*nat\n:POSTROUTING ACCEPT\n-A POSTROUTING -j MASQUERADE\nCOMMIT");
	expect(udpQuotes(lab)).toEqual([OPEN - 2]);
});

test("CHECKSUM --checksum-fill completes it", async () => {
	const lab = await host("*mangle\n:OUTPUT ACCEPT\n-A OUTPUT -p udp -j CHECKSUM --checksum-fill\nCOMMIT");
	expect(udpQuotes(lab)).toEqual([COMPLETE]);
});

test("a datagram is left open for lo only, a segment for every device, when OUTPUT rejects them", async () => {
	const lab = await host("-A OUTPUT ! -p icmp -j REJECT");
	expect(udpQuotes(lab)).toEqual([OPEN]);
	expect(udpQuotes(lab, AFAR)).toEqual([COMPLETE - 1]);
	expect(tcpQuotes(lab, AFAR)).toEqual(["SYN open"]);
});

test("REJECT leaves its RST open; the RST of a closed port, which no socket sends, is complete", async () => {
	const errors = "-A OUTPUT -p tcp --tcp-flags RST RST -j REJECT --reject-with icmp-host-prohibited";
	expect(tcpQuotes(await host(errors))).toEqual(["RST,ACK complete"]);
	expect(tcpQuotes(await host(`-A INPUT -p tcp -j REJECT --reject-with tcp-reset\n${errors}`))).toEqual([
		"RST,ACK open",
	]);
});

test("another device completes what it sends: the neighbour quotes it so", async () => {
	const lab = await host("");
	await lab.add("c", { kind: "addr", dev: "e0", addr: cidr(`${AFAR}/24`) });
	await lab.set("c", { kind: "link", name: "lo", up: true });
	await lab.apply("c", ...replaceOps("-A INPUT -p tcp -j REJECT"));
	const opened = lab.kernel.sockets.connectTcp("n", { addr: AFAR, port: 53 }, { bind: { addr: SECOND } }, {});
	expect(opened.ok).toBe(true);
	lab.pass(0.01);
	const errors = lab.settle().flatMap((event) => {
		if (event.step !== "receive" || event.dev !== "eth0" || event.frame[12] !== 8 || event.frame[13] !== 0) return [];
		return ipv4Proto(event.frame, ETH_HLEN) === IPPROTO_ICMP ? [event.frame.subarray(ETH_HLEN + 28)] : [];
	});
	const ends = { src: 0x0a02_0001, dst: 0x0a02_0002 };
	expect(errors.map((quote) => tcpChecksumIsValid(quote, IPV4_MIN_HLEN, quote.length, ends))).toEqual([true]);
	expect(errors[0]?.length).toBeGreaterThanOrEqual(IPV4_MIN_HLEN + TCP_MIN_HLEN);
});
