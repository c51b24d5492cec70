import { expect, test } from "vitest";
import {
	bytesOf,
	type ConntrackLab,
	conntrackLab,
	icmpSkb,
	ipSkb,
	pass,
	through,
	udpSkb,
} from "../../../../test/conntrack-lab.ts";
import type { ConntrackEntry } from "../../../kernel/conntrack.ts";
import type { TraceEvent } from "../../../kernel/trace-event.ts";
import { setSysctl } from "../../sysctl.ts";
import type { Skb } from "../../types.ts";
import { conntrackEntryOf } from "./entry.ts";
import { conntrackNet } from "./net.ts";
import { ctStateOf, nfCtAttach, skbCt } from "./types.ts";

const CLIENT = { src: "10.1.0.2", dst: "10.2.0.2", sport: 1000, dport: 53 };
const SERVER = { src: "10.2.0.2", dst: "10.1.0.2", sport: 53, dport: 1000 };

function entries(lab: ConntrackLab): readonly ConntrackEntry[] {
	const net = conntrackNet(lab.netns);
	return net.table.entries(net.now()).map((ct) => conntrackEntryOf(ct, net.now()));
}

function stateOf(lab: ConntrackLab, skb: Skb): string {
	through(lab, skb);
	return ctStateOf(skb);
}

test("a UDP flow is unreplied, then replied, and assured only when both talk for more than two seconds", () => {
	const lab = conntrackLab();
	expect(stateOf(lab, udpSkb(lab, CLIENT))).toBe("NEW");
	expect(entries(lab)).toEqual([
		{
			kind: "conntrack",
			family: "ipv4",
			proto: 17,
			original: { proto: 17, ...CLIENT },
			reply: { proto: 17, ...SERVER },
			timeoutSeconds: 30,
			unreplied: true,
			mark: 0,
		},
	]);
	expect(stateOf(lab, udpSkb(lab, SERVER))).toBe("ESTABLISHED");
	expect(entries(lab)[0]).not.toHaveProperty("unreplied");
	expect(stateOf(lab, udpSkb(lab, CLIENT))).toBe("ESTABLISHED");
	expect(entries(lab)[0]).toMatchObject({ timeoutSeconds: 30 });
	pass(lab, 2.1);
	expect(entries(lab)[0]).toMatchObject({ timeoutSeconds: 27 });
	through(lab, udpSkb(lab, CLIENT));
	expect(entries(lab)[0]).toMatchObject({ timeoutSeconds: 120, assured: true });
	pass(lab, 120);
	expect(entries(lab)).toEqual([]);
});

test("a packet dropped before the end leaves no entry", () => {
	const lab = conntrackLab();
	expect(through(lab, udpSkb(lab, CLIENT), ["PREROUTING"])).toBe("delivered");
	expect(entries(lab)).toEqual([]);
	expect(stateOf(lab, udpSkb(lab, CLIENT))).toBe("NEW");
});

test("a local packet is confirmed by POSTROUTING, one for this host by INPUT", () => {
	for (const hooks of [["OUTPUT", "POSTROUTING"] as const, ["PREROUTING", "INPUT"] as const]) {
		const lab = conntrackLab();
		through(lab, udpSkb(lab, CLIENT), hooks);
		expect(entries(lab)).toHaveLength(1);
	}
});

test("a packet that comes back over loopback is not looked up again", () => {
	const lab = conntrackLab();
	const skb = udpSkb(lab, CLIENT);
	through(lab, skb, ["OUTPUT", "POSTROUTING"]);
	const ct = skbCt(skb);
	through(lab, skb, ["PREROUTING", "INPUT"]);
	expect(skbCt(skb)).toBe(ct);
	expect(ctStateOf(skb)).toBe("NEW");
	expect(entries(lab)).toHaveLength(1);
});

test("an untracked packet has no entry", () => {
	const lab = conntrackLab();
	const skb = udpSkb(lab, CLIENT);
	skb.ctInfo = "untracked";
	expect(stateOf(lab, skb)).toBe("UNTRACKED");
	expect(entries(lab)).toEqual([]);
});

test("fragments that a raw sender made and truncated packets are not tracked", () => {
	const lab = conntrackLab();
	const fragment = ipSkb(lab, CLIENT, { proto: 17, length: 16, frag: 0x2000 });
	through(lab, fragment, ["OUTPUT", "POSTROUTING"]);
	expect(skbCt(fragment)).toBeUndefined();
	expect(stateOf(lab, ipSkb(lab, CLIENT, { proto: 17, length: 3 }))).toBe("INVALID");
	expect(stateOf(lab, ipSkb(lab, CLIENT, { proto: 6, length: 8 }))).toBe("INVALID");
	expect(entries(lab)).toEqual([]);
});

test("a protocol without ports is one generic flow of 600 seconds", () => {
	const lab = conntrackLab();
	expect(stateOf(lab, ipSkb(lab, CLIENT, { proto: 2, length: 8 }))).toBe("NEW");
	expect(entries(lab)).toMatchObject([{ proto: 2, timeoutSeconds: 600, original: { src: "10.1.0.2" } }]);
	expect(stateOf(lab, ipSkb(lab, SERVER, { proto: 2, length: 8 }))).toBe("ESTABLISHED");
});

test.each([
	["echo request", 8, "NEW"],
	["timestamp request", 13, "NEW"],
	["echo reply", 0, "INVALID"],
	["type 42", 42, "INVALID"],
	["destination unreachable about nothing known", 3, "INVALID"],
])("as the first packet, an ICMP %s is %s", (_name, type, state) => {
	const lab = conntrackLab();
	expect(stateOf(lab, icmpSkb(lab, CLIENT, { type, rest: 7 << 16, payload: new Uint8Array(28) }))).toBe(state);
});

test("pings with different ids are different flows of 30 seconds, and a reply belongs to its request's", () => {
	const lab = conntrackLab();
	expect(stateOf(lab, icmpSkb(lab, CLIENT, { type: 8, rest: 7 << 16 }))).toBe("NEW");
	expect(stateOf(lab, icmpSkb(lab, CLIENT, { type: 8, rest: 8 << 16 }))).toBe("NEW");
	expect(stateOf(lab, icmpSkb(lab, SERVER, { type: 0, rest: 7 << 16 }))).toBe("ESTABLISHED");
	expect(entries(lab)).toMatchObject([
		{ original: { icmp: { type: 8, code: 0, id: 7 } }, reply: { icmp: { type: 0, code: 0, id: 7 } } },
		{ original: { icmp: { id: 8 } }, timeoutSeconds: 30, unreplied: true },
	]);
});

test("an ICMP error belongs to the flow of the packet it quotes, if it goes to that packet's sender", () => {
	const lab = conntrackLab();
	const sent = udpSkb(lab, CLIENT);
	through(lab, sent);
	const error = (ends: { src: string; dst: string }): Skb =>
		icmpSkb(lab, ends, { type: 3, code: 3, payload: bytesOf(sent) });
	const right = error({ src: "10.2.0.2", dst: "10.1.0.2" });
	expect(stateOf(lab, right)).toBe("RELATED");
	expect(right.ctInfo).toBe("related-reply");
	expect(skbCt(right)).toBe(skbCt(sent));
	expect(stateOf(lab, error({ src: "10.2.0.2", dst: "10.1.0.3" }))).toBe("INVALID");
	expect(entries(lab)).toHaveLength(1);
	expect(entries(lab)[0]).toHaveProperty("unreplied");
});

test("an answer that the kernel makes is related to the flow it is about", () => {
	const lab = conntrackLab();
	const sent = udpSkb(lab, CLIENT);
	through(lab, sent, ["PREROUTING"]);
	const answer = icmpSkb(lab, SERVER, { type: 3, code: 3, payload: bytesOf(sent) });
	nfCtAttach(answer, sent);
	through(lab, answer, ["OUTPUT", "POSTROUTING"]);
	expect(ctStateOf(answer)).toBe("RELATED");
	expect(entries(lab)).toEqual([]);
});

test("a full table drops the packets of new flows and says so, until an entry expires", () => {
	const lab = conntrackLab();
	setSysctl(lab.netns, "net.netfilter.nf_conntrack_max", "2");
	const events: TraceEvent[] = [];
	through(lab, udpSkb(lab, CLIENT));
	pass(lab, 10);
	through(lab, udpSkb(lab, { ...CLIENT, sport: 1001 }));
	lab.machine.tracer = (event): void => {
		events.push(event);
	};
	expect(through(lab, udpSkb(lab, { ...CLIENT, sport: 1002 }))).toBe("dropped");
	expect(events.at(-1)).toMatchObject({ step: "drop", reason: "CONNTRACK_FULL", fn: "ipv4_conntrack_in" });
	expect(lab.machine.log.at(-1)?.text).toBe("nf_conntrack: nf_conntrack: table full, dropping packet");
	expect(through(lab, udpSkb(lab, CLIENT))).toBe("delivered");
	pass(lab, 30);
	expect(through(lab, udpSkb(lab, { ...CLIENT, sport: 1002 }))).toBe("delivered");
});

test("two packets of one UDP flow on their way at once share the entry that is confirmed first", () => {
	const lab = conntrackLab();
	const [first, second] = [udpSkb(lab, CLIENT), udpSkb(lab, CLIENT)];
	for (const skb of [first, second]) through(lab, skb, ["PREROUTING"]);
	expect(skbCt(second)).not.toBe(skbCt(first));
	for (const skb of [first, second]) expect(through(lab, skb, ["POSTROUTING"])).toBe("delivered");
	expect(skbCt(second)).toBe(skbCt(first));
	expect(entries(lab)).toHaveLength(1);
});

test("of two ICMP flows with one tuple on their way at once the second is dropped", () => {
	const lab = conntrackLab();
	const skbs = [0, 1].map(() => icmpSkb(lab, CLIENT, { type: 8, rest: 7 << 16 }));
	const events: TraceEvent[] = [];
	lab.machine.tracer = (event): void => {
		events.push(event);
	};
	for (const skb of skbs) through(lab, skb, ["PREROUTING"]);
	expect(skbs.map((skb) => through(lab, skb, ["POSTROUTING"]))).toEqual(["delivered", "dropped"]);
	expect(events.at(-1)).toMatchObject({ step: "drop", reason: "CONFIRM_CLASH", fn: "nf_confirm" });
});

test("a trace tells what became of a packet's entry", () => {
	const lab = conntrackLab();
	const steps: string[] = [];
	lab.machine.tracer = (event): void => {
		if (event.step !== "conntrack") return;
		steps.push(`${event.fn} ${event.change} ${event.state} ${event.dir ?? "-"} ${event.why ?? ""}`.trim());
	};
	through(lab, udpSkb(lab, CLIENT));
	through(lab, udpSkb(lab, SERVER));
	through(lab, icmpSkb(lab, CLIENT, { type: 0 }));
	expect(steps).toEqual([
		"nf_conntrack_in new NEW original",
		"__nf_conntrack_confirm confirmed NEW original",
		"nf_conntrack_in found ESTABLISHED reply",
		"nf_conntrack_in invalid INVALID - ICMP type 0 cannot begin a flow",
	]);
});
