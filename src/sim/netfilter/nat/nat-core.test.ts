import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
	bytesOf,
	type ConntrackLab,
	conntrackLab,
	icmpSkb,
	pass,
	tcpSkb,
	through,
	udpSkb,
} from "../../../../test/conntrack-lab.ts";
import type { ConntrackEntry } from "../../../kernel/conntrack.ts";
import type { TraceEvent } from "../../../kernel/trace-event.ts";
import { ETH_P_IP } from "../../../wire/ethernet.ts";
import { IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, ipv4Proto } from "../../../wire/ipv4.ts";
import { get16 } from "../../../wire/read-write.ts";
import { allocSkb } from "../../skb.ts";
import type { HookState, HookVerdict, Skb } from "../../types.ts";
import { nfCtNetnsPut } from "../conntrack/enable.ts";
import { conntrackEntryOf } from "../conntrack/entry.ts";
import { conntrackNet } from "../conntrack/net.ts";
import { readIpv4Tuple, tupleValue } from "../conntrack/tuple.ts";
import { CtTuple, ORIGINAL, skbCt } from "../conntrack/types.ts";
import { hookKey } from "../hooks.ts";
import { type NatHook, nfNatRegisterFn, nfNatSetupInfo } from "./nat-core.ts";
import { type Manip, natRangeNum } from "./range.ts";

const CLIENT = { src: "10.1.0.2", dst: "10.96.0.1", sport: 1000, dport: 80 };
const BACK = { src: "10.2.0.2", dst: "10.1.0.2", sport: 8080, dport: 1000 };

/** A packet's addresses and ports. */
function ends(skb: Skb): unknown {
	const tuple = new CtTuple(undefined, ORIGINAL);
	readIpv4Tuple(skb.bytes, skb.network, skb.end, tuple);
	const { proto: _, ...rest } = tupleValue(tuple);
	return rest;
}

/** Registers a chain that calls `rule` for each flow and counts how often it is asked. */
function chain(lab: ConntrackLab, hook: NatHook, rule: (skb: Skb) => HookVerdict): { asked: number; remove(): void } {
	const priority = hook === "POSTROUTING" || hook === "INPUT" ? 100 : -100;
	const made = {
		asked: 0,
		remove: nfNatRegisterFn(lab.netns, "ipv4", hook, {
			priority,
			evaluate(skb: Skb, _state: HookState): HookVerdict {
				made.asked += 1;
				return rule(skb);
			},
		}),
	};
	return made;
}

function to(skb: Skb, manip: Manip, range: Parameters<typeof natRangeNum>[0], persistent = false): HookVerdict {
	const ct = skbCt(skb);
	if (ct === undefined) throw new Error("nat without an entry");
	return nfNatSetupInfo(ct, natRangeNum(range, { persistent }), manip) ? "accept" : "drop";
}

function entries(lab: ConntrackLab): readonly ConntrackEntry[] {
	const net = conntrackNet(lab.netns);
	return net.table.entries(net.now()).map((ct) => conntrackEntryOf(ct, net.now()));
}

test("DNAT rewrites each packet of the flow, asks the chain once, and rewrites replies back", () => {
	const lab = conntrackLab();
	const dnat = chain(lab, "PREROUTING", (skb) => to(skb, "dst", { minAddr: "10.2.0.2", minPort: 8080 }));
	for (let k = 0; k < 3; k += 1) {
		const skb = udpSkb(lab, CLIENT);
		expect(through(lab, skb)).toBe("delivered");
		expect(ends(skb)).toEqual({ ...CLIENT, dst: "10.2.0.2", dport: 8080 });
	}
	const reply = udpSkb(lab, BACK);
	through(lab, reply);
	expect(ends(reply)).toEqual({ src: "10.96.0.1", dst: "10.1.0.2", sport: 80, dport: 1000 });
	expect(dnat.asked).toBe(1);
	expect(entries(lab)).toMatchObject([{ original: CLIENT, reply: BACK, dnat: true }]);
	expect(entries(lab)[0]).not.toHaveProperty("snat");
});

test("a flow that no rule matches stays as it is, and the chain is not asked again", () => {
	const lab = conntrackLab();
	const pre = chain(lab, "PREROUTING", () => "accept");
	const post = chain(lab, "POSTROUTING", () => "accept");
	for (let k = 0; k < 2; k += 1) {
		const skb = udpSkb(lab, CLIENT);
		const before = bytesOf(skb);
		through(lab, skb);
		expect(bytesOf(skb)).toEqual(before);
	}
	expect([pre.asked, post.asked]).toEqual([1, 1]);
});

test("a flow whose first packet is dropped asks the chain again with each packet", () => {
	const lab = conntrackLab();
	const pre = chain(lab, "PREROUTING", () => "accept");
	for (let k = 0; k < 3; k += 1) through(lab, tcpSkb(lab, CLIENT, { flags: 2 }), ["PREROUTING"]);
	expect(pre.asked).toBe(3);
	for (let k = 0; k < 3; k += 1) through(lab, tcpSkb(lab, CLIENT, { flags: 2 }));
	expect(pre.asked).toBe(4);
});

test("of several chains of a hook the first that sets up the flow wins, by priority", () => {
	const lab = conntrackLab();
	const order: number[] = [];
	for (const priority of [-90, -110, -100]) {
		nfNatRegisterFn(lab.netns, "ipv4", "PREROUTING", {
			priority,
			evaluate: (skb) => {
				order.push(priority);
				return priority === -100 ? to(skb, "dst", { minAddr: "10.2.0.2" }) : "accept";
			},
		});
	}
	through(lab, udpSkb(lab, CLIENT));
	expect(order).toEqual([-110, -100]);
});

test("NAT's functions are registered while there is a chain, and live translations stop with conntrack", () => {
	const lab = conntrackLab();
	const names = (): unknown => (lab.netns.hooks.get(hookKey("ipv4", "POSTROUTING")) ?? []).map(({ name }) => name);
	const dnat = chain(lab, "PREROUTING", (skb) => to(skb, "dst", { minAddr: "10.2.0.2" }));
	expect(names()).toEqual(["nf_nat_ipv4_out", "nf_confirm"]);
	through(lab, udpSkb(lab, CLIENT));
	nfCtNetnsPut(lab.netns, "ipv4");
	const later = udpSkb(lab, CLIENT);
	through(lab, later);
	expect(ends(later)).toEqual(CLIENT);
	dnat.remove();
	expect(names()).toEqual([]);
});

test("a local packet without a route to where DNAT sends it is dropped; PREROUTING forgets the route it had", () => {
	const lab = conntrackLab();
	const events: TraceEvent[] = [];
	lab.machine.tracer = (event): void => {
		events.push(event);
	};
	chain(lab, "OUTPUT", (skb) => to(skb, "dst", { minAddr: "10.2.0.2" }));
	expect(through(lab, udpSkb(lab, CLIENT), ["OUTPUT"])).toBe("dropped");
	expect(events.at(-1)).toMatchObject({ step: "drop", reason: "IP_OUTNOROUTES", fn: "nf_nat_ipv4_local_fn" });
});

test("an ICMP error that cannot be translated is dropped", () => {
	const lab = conntrackLab();
	chain(lab, "PREROUTING", (skb) => to(skb, "dst", { minAddr: "10.2.0.2" }));
	const sent = udpSkb(lab, CLIENT);
	through(lab, sent);
	const redirect = icmpSkb(lab, { src: "10.2.0.2", dst: "10.1.0.2" }, { type: 5, payload: bytesOf(sent) });
	expect(through(lab, redirect)).toBe("dropped");
});

test("exhausting a range of ports drops the flow that is too many at confirmation", () => {
	const lab = conntrackLab();
	chain(lab, "POSTROUTING", (skb) => to(skb, "src", { minAddr: "203.0.113.1", minPort: 7000, maxPort: 7001 }));
	const events: TraceEvent[] = [];
	lab.machine.tracer = (event): void => {
		events.push(event);
	};
	const skbs = [1, 2, 3].map((k) => tcpSkb(lab, { ...CLIENT, src: `192.168.7.${k}` }, { flags: 2, seq: 100 }));
	expect(skbs.map((skb) => through(lab, skb))).toEqual(["delivered", "delivered", "dropped"]);
	expect(new Set(skbs.slice(0, 2).map((skb) => get16(skb.bytes, skb.network + 20)))).toEqual(new Set([7000, 7001]));
	expect(events.at(-1)).toMatchObject({
		reason: "CONFIRM_CLASH",
		detail: "no free port was left in the range, and the last one tried is taken",
	});
});

test("a port of a connection in TIME_WAIT is taken away when no other is free and the new numbers are higher", () => {
	const lab = conntrackLab();
	chain(lab, "POSTROUTING", (skb) => to(skb, "src", { minAddr: "203.0.113.1", minPort: 7000 }));
	const server = { src: "10.96.0.1", dst: "203.0.113.1", sport: 80, dport: 7000 };
	through(lab, tcpSkb(lab, CLIENT, { flags: 2, seq: 100 }));
	through(lab, tcpSkb(lab, server, { flags: 0x12, seq: 500, ack: 101 }));
	through(lab, tcpSkb(lab, CLIENT, { flags: 0x11, seq: 101, ack: 501 }));
	through(lab, tcpSkb(lab, server, { flags: 0x11, seq: 501, ack: 102 }));
	through(lab, tcpSkb(lab, CLIENT, { flags: 0x10, seq: 102, ack: 502 }));
	expect(entries(lab)).toMatchObject([{ tcpState: "TIME_WAIT" }]);
	expect(through(lab, tcpSkb(lab, { ...CLIENT, sport: 1001 }, { flags: 2, seq: 50 }))).toBe("dropped");
	expect(through(lab, tcpSkb(lab, { ...CLIENT, sport: 1001 }, { flags: 2, seq: 5000 }))).toBe("delivered");
	expect(entries(lab)).toMatchObject([{ tcpState: "SYN_SENT", original: { sport: 1001 }, snat: true }]);
});

test("a trace shows the set-up and each rewriting with the ends before and after", () => {
	const lab = conntrackLab();
	chain(lab, "PREROUTING", (skb) => to(skb, "dst", { minAddr: "10.2.0.2", minPort: 8080 }));
	const events: TraceEvent[] = [];
	lab.machine.tracer = (event): void => {
		if (event.step === "nat" || (event.step === "conntrack" && event.change === "nat-setup")) events.push(event);
	};
	through(lab, udpSkb(lab, CLIENT));
	through(lab, udpSkb(lab, BACK));
	const before = { proto: 17, ...CLIENT };
	expect(events).toMatchObject([
		{ fn: "nf_nat_setup_info", entry: { dnat: true } },
		{ step: "nat", manip: "dst", reply: false, before, after: { ...before, dst: "10.2.0.2", dport: 8080 } },
		{ step: "nat", manip: "src", reply: true, before: BACK, after: { src: "10.96.0.1", sport: 80 } },
	]);
});

test("an expired flow's tuple is free again", () => {
	const lab = conntrackLab();
	chain(lab, "POSTROUTING", (skb) => to(skb, "src", { minAddr: "203.0.113.1", minPort: 7000 }));
	expect(through(lab, udpSkb(lab, { ...CLIENT, src: "192.168.7.1" }))).toBe("delivered");
	expect(through(lab, udpSkb(lab, { ...CLIENT, src: "192.168.7.2" }))).toBe("dropped");
	pass(lab, 31);
	expect(through(lab, udpSkb(lab, { ...CLIENT, src: "192.168.7.2" }))).toBe("delivered");
});

test("packets come out as from a Linux 6.18 router: ranges, both directions, ICMP errors, missing checksums", () => {
	const golden = readFileSync(new URL("../../../../test/golden/conntrack/nat-linux-6.18.txt", import.meta.url), "utf8");
	const lab = conntrackLab();
	// The rules at the head of the golden.
	const [backends, sources] = [
		{ minAddr: "10.2.0.2", maxAddr: "10.2.0.7" },
		{ minAddr: "10.2.0.100", maxAddr: "10.2.0.110" },
	];
	chain(lab, "PREROUTING", (skb) => {
		const dport = get16(skb.bytes, skb.network + 22);
		switch (ipv4Proto(skb.bytes, skb.network)) {
			case IPPROTO_TCP:
				return to(skb, "dst", { minAddr: "10.2.0.2", minPort: 8080 });
			case IPPROTO_UDP:
				if (dport === 55) return to(skb, "dst", { minAddr: "10.2.0.2", minPort: 5555 });
				return to(skb, "dst", backends, dport === 54);
			default:
				return to(skb, "dst", { minAddr: "10.2.0.2" });
		}
	});
	chain(lab, "POSTROUTING", (skb) => {
		const dport = get16(skb.bytes, skb.network + 22);
		if (ipv4Proto(skb.bytes, skb.network) === IPPROTO_ICMP || dport > 54)
			return to(skb, "src", { minAddr: "10.2.0.99" });
		return to(skb, "src", sources, dport === 54);
	});
	const rows = golden.split("\n").filter((line) => /^[<>]/.test(line));
	expect(rows.length).toBeGreaterThan(80);
	for (const row of rows) {
		const [, sent = "", expected = ""] = row.split(" ");
		const bytes = Buffer.from(sent, "hex");
		const skb = allocSkb(lab.machine, bytes.length);
		skb.bytes.set(bytes, skb.data);
		skb.network = skb.data;
		skb.protocol = ETH_P_IP;
		const got = through(lab, skb) === "dropped" ? "-" : withoutTtl(bytesOf(skb));
		expect(got, row).toBe(expected === "-" ? "-" : withoutTtl(Buffer.from(expected, "hex")));
	}
});

test("an SCTP port is rewritten and the checksum computed anew, as a Linux 6.18 router does", () => {
	const lab = conntrackLab();
	chain(lab, "PREROUTING", (skb) => to(skb, "dst", { minAddr: "10.2.0.2", minPort: 8080 }));
	const chunk = "01000014000012340000ffff0001000100000063";
	const bytes = Buffer.from(`450000340007400040841d2b0a0100020a0909090fa000500000000042821cda${chunk}`, "hex");
	const skb = allocSkb(lab.machine, bytes.length);
	skb.bytes.set(bytes, skb.data);
	skb.network = skb.data;
	skb.protocol = ETH_P_IP;
	through(lab, skb);
	const expected = Buffer.from(`45000034000740003f8427390a0100020a0200020fa01f9000000000038c3138${chunk}`, "hex");
	expect(withoutTtl(bytesOf(skb))).toBe(withoutTtl(expected));
	expect(entries(lab)).toMatchObject([{ proto: 132, original: { sport: 4000, dport: 80 }, timeoutSeconds: 600 }]);
});

/** In hex, without TTL and header checksum, for the router also forwards. */
function withoutTtl(packet: Uint8Array): string {
	const copy = Buffer.from(packet);
	copy[8] = 0;
	copy.fill(0, 10, 12);
	return copy.toString("hex");
}
