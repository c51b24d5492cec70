import { expect, test } from "vitest";
import { packet, RouterLab } from "../../../../test/router-lab.ts";
import { chainsOf } from "../../../../test/xtables-lab.ts";
import { IPPROTO_TCP, ipv4ChecksumIsValid, ipv4Dst, ipv4Src } from "../../../wire/ipv4.ts";
import { putTcp, TCP_SYN, tcpChecksumIsValid, tcpOptions } from "../../../wire/tcp.ts";

const LOAD = chainsOf(`*mangle\n:FORWARD ACCEPT [0:0]
-A FORWARD -p tcp --syn -j TCPMSS --clamp-mss-to-pmtu
-A FORWARD -j TTL --ttl-dec 3
-A FORWARD -j TOS --set-tos 0x10
COMMIT`);

function syn(options: readonly number[]): Uint8Array {
	const payload = new Uint8Array(20 + options.length);
	const ends = { src: 0x0a080002, dst: 0x0a090002, sport: 1, dport: 80 };
	const rest = { seq: 5, ack: 0, flags: TCP_SYN, window: 1000, options: Uint8Array.from(options) };
	putTcp(payload, 0, payload.length, { ...ends, ...rest });
	return packet({ proto: IPPROTO_TCP, payload });
}

test.each([
	["with the option, it is lowered to what the narrower way carries", [2, 4, 5, 180], 1360],
	["a smaller one stays", [2, 4, 1, 0], 256],
	["without the option it is added, as what nobody offered", [], 536],
	["before other options", [1, 1, 1, 1], 536],
] as const)("a SYN %s; checksums stay right", async (_name, options, mss) => {
	const router = await RouterLab.create({ mtu: { w0: 1400 }, more: LOAD });
	router.send([syn(options)]);
	const [sent] = router.got("y");
	if (sent === undefined) throw new Error("nothing arrived");
	expect(tcpOptions(sent, 20).mss).toBe(mss);
	expect([sent[1], sent[8]]).toEqual([0x10, 60]);
	expect(ipv4ChecksumIsValid(sent, 0)).toBe(true);
	expect(tcpChecksumIsValid(sent, 20, sent.length, { src: ipv4Src(sent, 0), dst: ipv4Dst(sent, 0) })).toBe(true);
});
