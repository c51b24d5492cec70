import { expect, test } from "vitest";
import { ipSkb, tcpSkb, udpSkb } from "../../../../test/conntrack-lab.ts";
import { type At, counted, device, passHook, type XtLab, xtLab } from "../../../../test/xtables-lab.ts";
import type { Skb } from "../../types.ts";

const ENDS = { src: "10.1.2.3", dst: "172.16.0.9", sport: 1000, dport: 53 };

/** Whether a rule in FORWARD with these matches holds for the packet. */
function holds(match: string, make: (lab: XtLab) => Skb, at?: (lab: XtLab) => Partial<At>): boolean {
	const lab = xtLab(`-A FORWARD ${match}`);
	passHook(lab, make(lab), { hook: "FORWARD", ...at?.(lab) });
	return counted(lab, "filter", "FORWARD").startsWith("1/");
}

const ADDRESSES: readonly (readonly [match: string, expected: boolean])[] = [
	["-s 10.1.2.3", true],
	["-s 10.1.2.4", false],
	["! -s 10.1.2.4", true],
	["! -s 10.1.2.3", false],
	["-s 10.1.0.0/16", true],
	["-s 10.0.0.0/16", false],
	["! -s 10.0.0.0/8", false],
	["-s 0.0.0.0/0", true],
	["-s 0.0.0.0/1", true],
	["-s 128.0.0.0/1", false],
	["-d 172.16.0.9/32", true],
	["-d 172.16.0.8/31", true],
	["-d 172.16.0.10/31", false],
	["-d 160.0.0.0/3", true],
	["-d 128.0.0.0/1", true],
	["! -d 172.16.0.9", false],
	["-s 10.1.2.3 -d 172.16.0.9", true],
	["-s 10.1.2.3 ! -d 172.16.0.9", false],
];

test.each(ADDRESSES)("addresses: %s holds: %s", (match, expected) => {
	expect(holds(match, (lab) => udpSkb(lab, ENDS))).toBe(expected);
});

const INTERFACES: readonly (readonly [match: string, expected: boolean])[] = [
	["-i eth0", true],
	["-i eth", false],
	["-i eth+", true],
	["-i eth0+", true],
	["-i eth01+", false],
	["-i +", true],
	["! -i eth0", false],
	["! -i eth1", true],
	["! -i et+", false],
	["-o br0", true],
	["-o eth0", false],
	["-i eth0 ! -o br0", false],
];

test.each(INTERFACES)("devices: %s holds: %s", (match, expected) => {
	const at = (lab: XtLab): Partial<At> => ({ indev: device(lab, "eth0"), outdev: device(lab, "br0") });
	expect(holds(match, (lab) => udpSkb(lab, ENDS), at)).toBe(expected);
});

test("an absent device has the empty name", () => {
	const make = (lab: XtLab): Skb => udpSkb(lab, ENDS);
	expect(holds("-i eth0", make)).toBe(false);
	expect(holds("-i eth+", make)).toBe(false);
	expect(holds("! -i eth0", make)).toBe(true);
	expect(holds("-i +", make)).toBe(true);
});

test.each([
	["-p udp", true],
	["-p tcp", false],
	["! -p tcp", true],
	["! -p udp", false],
	["-p 17", true],
])("protocol: %s holds: %s", (match, expected) => {
	expect(holds(match, (lab) => udpSkb(lab, ENDS))).toBe(expected);
});

test.each([
	["-f", 0x2000, false],
	["-f", 5, true],
	["-f", 0x2005, true],
	["! -f", 0, true],
	["! -f", 0x2000, true],
	["! -f", 5, false],
])("fragments: %s with the fragment word %i holds: %s", (match, frag, expected) => {
	// In a table that packets meet before they are put together.
	const lab = xtLab(`-A FORWARD ${match}`);
	passHook(lab, ipSkb(lab, ENDS, { proto: 17, length: 16, frag }), { hook: "FORWARD" });
	expect(counted(lab, "filter", "FORWARD").startsWith("1/")).toBe(expected);
});

test("a comment changes nothing", () => {
	expect(holds('-m comment --comment "no one asks"', (lab) => udpSkb(lab, ENDS))).toBe(true);
	expect(holds('-p tcp -m comment --comment "no one asks"', (lab) => udpSkb(lab, ENDS))).toBe(false);
});

test.each([
	["--mark 0x4000/0x4000", 0xc000, true],
	["--mark 0x4000/0x4000", 0x8000, false],
	["--mark 0x4000", 0xc000, false],
	["--mark 0x80000000/0x80000000", 0x80000001, true],
	["--mark 0xffffffff", 0xffffffff, true],
	["! --mark 0x1/0x1", 2, true],
	["! --mark 0x2/0x2", 2, false],
])("mark: %s of a packet with mark %i holds: %s", (match, mark, expected) => {
	const marked = (lab: XtLab): Skb => Object.assign(udpSkb(lab, ENDS), { mark });
	expect(holds(`-m mark ${match}`, marked)).toBe(expected);
});

test("several marks in one rule must all hold", () => {
	const marked = (lab: XtLab): Skb => Object.assign(tcpSkb(lab, ENDS, { flags: 2 }), { mark: 6 });
	expect(holds("-m mark --mark 0x2/0x2 -m mark --mark 0x4/0x4 -m mark ! --mark 0x1/0x1", marked)).toBe(true);
	expect(holds("-m mark --mark 0x2/0x2 -m mark --mark 0x1/0x1", marked)).toBe(false);
});
