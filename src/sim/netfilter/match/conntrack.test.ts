import { expect, test } from "vitest";
import { icmpSkb, pass, tcpSkb, udpSkb } from "../../../../test/conntrack-lab.ts";
import { counted, passHook, type XtLab, xtLab } from "../../../../test/xtables-lab.ts";
import { TCP_RST } from "../../../wire/tcp.ts";
import type { Skb } from "../../types.ts";

const THERE = { src: "10.0.0.1", dst: "10.0.0.2", sport: 1000, dport: 53 };
const BACK = { src: "10.0.0.2", dst: "10.0.0.1", sport: 53, dport: 1000 };

function forward(lab: XtLab, skb: Skb): void {
	for (const hook of ["PREROUTING", "FORWARD", "POSTROUTING"] as const) passHook(lab, skb, { hook });
}

/** For each of the packets whether the rule held for it. */
function holds(match: string, ...packets: readonly ((lab: XtLab) => Skb)[]): readonly boolean[] {
	const lab = xtLab(`-A FORWARD ${match}`);
	let before = 0;
	return packets.map((make) => {
		forward(lab, make(lab));
		const after = Number(counted(lab, "filter", "FORWARD").split("/")[0]);
		const held = after > before;
		before = after;
		return held;
	});
}

const there = (lab: XtLab): Skb => udpSkb(lab, THERE);
const back = (lab: XtLab): Skb => udpSkb(lab, BACK);
const stray = (lab: XtLab): Skb => tcpSkb(lab, THERE, { flags: TCP_RST });
const untracked = (lab: XtLab): Skb => Object.assign(udpSkb(lab, THERE), { ctInfo: "untracked" });

test.each([
	["--ctstate NEW", [true, false, false]],
	["--ctstate ESTABLISHED", [false, true, true]],
	["! --ctstate NEW", [false, true, true]],
	["--ctstate NEW,ESTABLISHED", [true, true, true]],
	["--ctstate RELATED,INVALID", [false, false, false]],
	["--ctdir ORIGINAL", [true, false, true]],
	["--ctdir REPLY", [false, true, false]],
	["--ctproto udp", [true, true, true]],
	["! --ctproto 17", [false, false, false]],
	["--ctorigsrc 10.0.0.1", [true, true, true]],
	["--ctorigsrc 10.0.0.2", [false, false, false]],
	["--ctorigdst 10.0.0.0/24 --ctstate ESTABLISHED", [false, true, true]],
	["! --ctorigdst 10.0.0.2", [false, false, false]],
	["--ctreplsrc 10.0.0.2 --ctrepldst 10.0.0.1", [true, true, true]],
	["--ctorigsrcport 1000 --ctorigdstport 53", [true, true, true]],
	["--ctorigdstport 50:52", [false, false, false]],
	["--ctreplsrcport 53 --ctrepldstport 1000", [true, true, true]],
	["--ctstatus SEEN_REPLY", [false, true, true]],
	["--ctstatus CONFIRMED", [false, true, true]],
	["--ctstatus NONE", [false, false, false]],
	["! --ctstatus ASSURED", [true, true, true]],
])("conntrack: %s of a packet, its answer and the next holds: %s", (match, expected) => {
	expect(holds(`-m conntrack ${match}`, there, back, there)).toEqual(expected);
});

test("a packet without an entry is INVALID or UNTRACKED, and has nothing else to ask for", () => {
	expect(holds("-m conntrack --ctstate INVALID", stray, untracked)).toEqual([true, false]);
	expect(holds("-m conntrack --ctstate UNTRACKED", stray, untracked)).toEqual([false, true]);
	expect(holds("-m conntrack --ctproto udp", stray, untracked)).toEqual([false, false]);
	expect(holds("-m conntrack ! --ctproto udp", stray)).toEqual([false]);
	// The kernel takes the rest for granted once the state holds.
	expect(holds("-m conntrack --ctstate INVALID --ctorigsrc 9.9.9.9", stray)).toEqual([true]);
});

test("the older state match knows the same states", () => {
	expect(holds("-m state --state NEW", there, back)).toEqual([true, false]);
	expect(holds("-m state ! --state NEW", there, back)).toEqual([false, true]);
	expect(holds("-m state --state INVALID", stray)).toEqual([true]);
});

test("SNAT and DNAT hold for every packet of a translated flow", () => {
	const lab = xtLab(`
		*nat\n-A PREROUTING -d 10.96.0.1 -j DNAT --to-destination 10.0.0.2\nCOMMIT
		*filter\n-A FORWARD -m conntrack --ctstate DNAT\n-A FORWARD -m conntrack --ctstate SNAT\n-A FORWARD -m conntrack ! --ctstate DNAT\nCOMMIT
	`);
	forward(lab, udpSkb(lab, { ...THERE, dst: "10.96.0.1" }));
	expect(counted(lab, "filter", "FORWARD")).toBe("1/32 0/0 0/0 1/32");
	forward(lab, back(lab));
	forward(lab, icmpSkb(lab, THERE, { type: 8 }));
	expect(counted(lab, "filter", "FORWARD")).toBe("2/64 0/0 1/28 3/92");
});

test("the remaining life of an entry in whole seconds", () => {
	const lab = xtLab("-A FORWARD -m conntrack --ctexpire 10:25");
	forward(lab, there(lab));
	pass(lab, 10);
	forward(lab, there(lab));
	expect(counted(lab, "filter", "FORWARD").startsWith("0/")).toBe(true);
	// Each packet sets the life of the flow to 30 seconds before the rule asks, so only a shorter one can be found.
	const short = xtLab("-A FORWARD -m conntrack --ctexpire 30");
	forward(short, there(short));
	forward(short, there(short));
	expect(counted(short, "filter", "FORWARD").startsWith("1/")).toBe(true);
});
