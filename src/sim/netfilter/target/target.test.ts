import { expect, test } from "vitest";
import { bytesOf, tcpSkb, udpSkb } from "../../../../test/conntrack-lab.ts";
import { device, passHook, type XtLab, xtLab } from "../../../../test/xtables-lab.ts";
import type { NatRange } from "../../../kernel/xtables.ts";
import { ipText } from "../../../wire/addr.ts";
import { ipv4Dst, ipv4Src } from "../../../wire/ipv4.ts";
import { get16 } from "../../../wire/read-write.ts";
import { TCP_SYN } from "../../../wire/tcp.ts";
import { applyTransaction } from "../../transaction.ts";
import type { Skb } from "../../types.ts";

const ENDS = { src: "10.0.0.1", dst: "10.96.0.1", sport: 1000, dport: 80 };

function through(lab: XtLab, skb: Skb): string {
	for (const hook of ["PREROUTING", "FORWARD", "POSTROUTING"] as const) {
		if (passHook(lab, skb, { hook, outdev: device(lab, "eth0") }) === "dropped") return "dropped";
	}
	const bytes = bytesOf(skb);
	const end = (addr: number, port: number): string => `${ipText(addr)}:${port}`;
	return `${end(ipv4Src(bytes, 0), get16(bytes, 20))} > ${end(ipv4Dst(bytes, 0), get16(bytes, 22))}`;
}

test.each([
	["-A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.9", "10.0.0.1:1000 > 10.0.0.9:80"],
	["-A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.9:8080", "10.0.0.1:1000 > 10.0.0.9:8080"],
	["-A PREROUTING -p tcp -j DNAT --to-destination :8080", "10.0.0.1:1000 > 10.96.0.1:8080"],
	[
		"-A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.9\n-A PREROUTING -j DNAT --to-destination 10.0.0.8",
		"10.0.0.1:1000 > 10.0.0.9:80",
	],
	["-A POSTROUTING -j SNAT --to-source 10.0.0.7", "10.0.0.7:1000 > 10.96.0.1:80"],
	["-A POSTROUTING -p tcp -j SNAT --to-source 10.0.0.7:5000", "10.0.0.7:5000 > 10.96.0.1:80"],
	["-A PREROUTING -j ACCEPT\n-A PREROUTING -j DNAT --to-destination 10.0.0.9", "10.0.0.1:1000 > 10.96.0.1:80"],
])("nat: %s", (rules, expected) => {
	const lab = xtLab(`*nat\n${rules}\nCOMMIT\n`);
	expect(through(lab, tcpSkb(lab, ENDS, { flags: TCP_SYN }))).toBe(expected);
});

test("a device without an address cannot masquerade: the packet is dropped", () => {
	const lab = xtLab("*nat\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n");
	expect(through(lab, tcpSkb(lab, ENDS, { flags: TCP_SYN }))).toBe("dropped");
});

test.each([
	["-j MARK --set-xmark 0x4000/0x4000", 0x1, 0x4001],
	["-j MARK --set-xmark 0x0/0x4000", 0x4001, 0x1],
	["-j MARK --set-xmark 0x4000/0x0", 0x4001, 0x1],
	["-j MARK --set-xmark 0x80000000/0xffffffff", 0x7, 0x80000000],
	["-j MARK --or-mark 0x8", 0x1, 0x9],
	["-j MARK --and-mark 0x8", 0xf, 0x8],
])("mark: %s turns %i into %i", (rule, before, after) => {
	const lab = xtLab(`*mangle\n-A FORWARD ${rule}\nCOMMIT\n`);
	const skb = Object.assign(udpSkb(lab, ENDS), { mark: before });
	passHook(lab, skb, { hook: "FORWARD" });
	expect(skb.mark).toBe(after);
});

const BAD_RANGES: readonly (readonly [to: NatRange, message: RegExp])[] = [
	[{ minAddr: "10.0.0.9", maxAddr: "10.0.0.8" }, /invalid address range/],
	[{ minAddr: "fd00::1" }, /is not ipv4/],
	[{ minAddr: "nonsense" }, /Bad IP address/],
	[{ maxAddr: "10.0.0.8" }, /no beginning/],
	[{ minAddr: "10.0.0.8", minPort: 9, maxPort: 8 }, /invalid port range/],
	[{ minAddr: "10.0.0.8", maxPort: 8 }, /no beginning/],
];

test.each(BAD_RANGES)("a range that is none is refused: %o", (to, message) => {
	const lab = xtLab("-A INPUT");
	const rules = [{ matches: [], target: { kind: "dnat", to } }] as const;
	const object = { kind: "xt-chain", family: "ipv4", table: "nat", chain: "PREROUTING", rules } as const;
	const done = applyTransaction(lab.netns, [{ verb: "replace", object }]);
	expect(done).toMatchObject({ ok: false, error: { errno: "EINVAL", message: expect.stringMatching(message) } });
});
