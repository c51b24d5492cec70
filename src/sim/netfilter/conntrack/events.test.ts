/** Sequences as `conntrack -E` showed them on Linux 6.18 (kernel-lab 1b; test/shell-iptables-real.test.ts asks again). */
import { expect, test } from "vitest";
import { conntrackLab, icmpSkb, pass, tcpSkb, through, udpSkb } from "../../../../test/conntrack-lab.ts";
import type { ConntrackEvent } from "../../../kernel/conntrack.ts";
import { TCP_ACK, TCP_RST, TCP_SYN } from "../../../wire/tcp.ts";
import { conntrackHandler } from "../../objects/conntrack.ts";
import { conntrackEntryOf } from "./entry.ts";
import { watchConntrack } from "./events.ts";
import { conntrackNet } from "./net.ts";

const THERE = { src: "10.0.0.1", dst: "10.0.0.2", sport: 40001, dport: 80 };
const BACK = { src: "10.0.0.2", dst: "10.0.0.1", sport: 80, dport: 40001 };

function watched(lab = conntrackLab()) {
	const events: ConntrackEvent[] = [];
	const stop = watchConntrack(lab.netns, (event) => events.push(event));
	return { lab, stop, told: () => events.splice(0).map(summary) };
}

function summary({ type, entry, byUser }: ConntrackEvent): string {
	const flags = [entry.tcpState, entry.unreplied && "UNREPLIED", entry.assured && "ASSURED", byUser && "USER"];
	return [type, entry.timeoutSeconds, ...flags.filter((word) => word !== undefined)].join(" ");
}

test("a TCP connection is told of when its state changes, and not for every packet", () => {
	const { lab, told } = watched();
	through(lab, tcpSkb(lab, THERE, { flags: TCP_SYN, seq: 1 }));
	expect(told()).toEqual(["new 120 SYN_SENT UNREPLIED"]);
	through(lab, tcpSkb(lab, THERE, { flags: TCP_SYN, seq: 1 }));
	expect(told()).toEqual([]);
	through(lab, tcpSkb(lab, BACK, { flags: TCP_SYN | TCP_ACK, seq: 9, ack: 2 }));
	expect(told()).toEqual(["update 60 SYN_RECV"]);
	through(lab, tcpSkb(lab, THERE, { flags: TCP_ACK, seq: 2, ack: 10 }));
	expect(told()).toEqual(["update 432000 ESTABLISHED ASSURED"]);
	through(lab, tcpSkb(lab, BACK, { flags: TCP_ACK, seq: 10, ack: 2 }));
	expect(told()).toEqual([]);
});

test("a RST instead of an answer ends the entry at once", () => {
	const { lab, told } = watched();
	through(lab, tcpSkb(lab, THERE, { flags: TCP_SYN, seq: 1 }));
	through(lab, tcpSkb(lab, BACK, { flags: TCP_RST | TCP_ACK, ack: 2 }));
	expect(told()).toEqual(["new 120 SYN_SENT UNREPLIED", "destroy 120 CLOSE UNREPLIED"]);
});

test("a packet that is dropped before the end makes no event", () => {
	const { lab, told } = watched();
	through(lab, udpSkb(lab, THERE), ["PREROUTING", "FORWARD"]);
	expect(told()).toEqual([]);
});

test("an entry that time ends is told of when it ends, with no seconds left", () => {
	const { lab, told } = watched();
	through(lab, icmpSkb(lab, THERE, { type: 8, rest: 1 }));
	pass(lab, 10);
	through(lab, udpSkb(lab, THERE));
	expect(told()).toEqual(["new 30 UNREPLIED", "new 30 UNREPLIED"]);
	pass(lab, 20.5);
	expect(told()).toEqual(["destroy 0 UNREPLIED"]);
	pass(lab, 10);
	expect(told()).toEqual(["destroy 0 UNREPLIED"]);
});

test("an entry that was there before is told of from its next change on", () => {
	const lab = conntrackLab();
	through(lab, udpSkb(lab, THERE));
	through(lab, udpSkb(lab, BACK));
	const { told } = watched(lab);
	through(lab, udpSkb(lab, THERE));
	expect(told()).toEqual([]);
	pass(lab, 3);
	through(lab, udpSkb(lab, BACK));
	expect(told()).toEqual(["update 120 ASSURED"]);
});

test("a deleted entry is told of as the user's doing; after the end nothing is told", () => {
	const { lab, told, stop } = watched();
	through(lab, udpSkb(lab, THERE));
	const net = conntrackNet(lab.netns);
	const [ct] = net.table.entries(net.now());
	if (ct === undefined) throw new Error("no entry");
	expect(conntrackHandler.apply(lab.netns, "delete", conntrackEntryOf(ct, net.now())).ok).toBe(true);
	expect(told()).toEqual(["new 30 UNREPLIED", "destroy 30 UNREPLIED USER"]);
	stop();
	through(lab, udpSkb(lab, THERE));
	expect(told()).toEqual([]);
	expect(net.watch).toBe(undefined);
});
