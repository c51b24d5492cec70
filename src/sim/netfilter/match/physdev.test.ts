import { expect, test } from "vitest";
import { udpSkb } from "../../../../test/conntrack-lab.ts";
import { counted, device, passHook, xtLab } from "../../../../test/xtables-lab.ts";

const IN_ONLY = { in: "va" } as const;
const BRIDGED = { in: "va", out: "vb" } as const;

const CASES: readonly (readonly [
	match: string,
	ports: { in?: string; out?: string } | undefined,
	expected: boolean,
])[] = [
	["--physdev-in va", IN_ONLY, true],
	["--physdev-in v+", IN_ONLY, true],
	["--physdev-in vb", IN_ONLY, false],
	["! --physdev-in vb", IN_ONLY, true],
	["! --physdev-in va", IN_ONLY, false],
	["--physdev-is-in", IN_ONLY, true],
	["! --physdev-is-in", IN_ONLY, false],
	["--physdev-is-out", IN_ONLY, false],
	["--physdev-is-out", BRIDGED, true],
	["--physdev-is-bridged", IN_ONLY, false],
	["--physdev-is-bridged", BRIDGED, true],
	["! --physdev-is-bridged", IN_ONLY, true],
	["--physdev-in va --physdev-out vb", BRIDGED, true],
	["--physdev-in va --physdev-out vc", BRIDGED, false],
	["--physdev-in va ! --physdev-out vb", BRIDGED, false],
	// As found on Linux 6.18: without an output port its name never matches, inverted or not.
	["--physdev-out vb", IN_ONLY, false],
	["! --physdev-out vb", IN_ONLY, false],
	["--physdev-out +", IN_ONLY, false],
	["! --physdev-out vb", undefined, true],
	["--physdev-in va", undefined, false],
	["! --physdev-in va", undefined, true],
	["--physdev-is-bridged", undefined, false],
	["! --physdev-is-bridged ! --physdev-in va", undefined, true],
];

test.each(CASES)("physdev: %s with ports %o holds: %s", (match, ports, expected) => {
	const lab = xtLab(`-A FORWARD -m physdev ${match}`);
	const skb = udpSkb(lab, { src: "10.0.0.1", dst: "10.0.0.2" });
	if (ports !== undefined) {
		skb.nfBridge = {
			physin: ports.in === undefined ? undefined : device(lab, ports.in),
			physout: ports.out === undefined ? undefined : device(lab, ports.out),
			inPrerouting: false,
			origDst: 0,
			sabotage: false,
			pktOtherHost: false,
		};
	}
	passHook(lab, skb, { hook: "FORWARD" });
	expect(counted(lab, "filter", "FORWARD").startsWith("1/")).toBe(expected);
});
