/** Facts 1–14: connection tracking. */
import { expect } from "vitest";
import { type Fact, port } from "./fact.ts";

const HANDSHAKE = ["NEW", "ESTABLISHED", "ESTABLISHED"];

export const CONNTRACK_FACTS: readonly Fact[] = [
	{
		id: "1",
		says: "conntrack is on only while a rule needs it; with the last one DNATs stop at once",
		scenarios: {
			"01-last-rule-goes": (seen) => {
				expect(seen.lines("server eth0", { with: "UDP" })).toHaveLength(1);
				expect(seen.packets("router filter INPUT")).toEqual([1]);
				expect(seen.packets("router filter FORWARD")).toEqual([1]);
				expect(seen.sockets("client")).toEqual(["ICMP 3/3 from 192.168.7.1 about 192.168.7.1:5300"]);
			},
			"01-another-rule-stays": (seen) => {
				expect(seen.lines("server eth0", { with: "UDP" })).toHaveLength(2);
				expect(seen.packets("router filter INPUT")).toEqual([0]);
				expect(seen.packets("router filter FORWARD")).toEqual([0, 2]);
				expect(seen.flows("router")).toEqual(["udp 6000 30 UNREPLIED"]);
			},
		},
		tests: port("1: a translated flow whose rule is gone goes on until its entry is deleted"),
	},
	{
		id: "2",
		says: "the first packet of a TCP flow: S is NEW, A and PA are with tcp_loose=1, all else is INVALID",
		scenarios: {
			"02-first-packet": (seen) => {
				const invalid = Array.from({ length: 6 }, () => "INVALID");
				expect(seen.prefixes()).toEqual(["NEW", "NEW", "NEW", ...invalid]);
				expect(seen.flows("router")).toEqual([
					"tcp 5001 SYN_SENT 120 UNREPLIED",
					"tcp 5002 ESTABLISHED 300 UNREPLIED",
					"tcp 5003 ESTABLISHED 300 UNREPLIED",
				]);
			},
			"02-first-packet-strict": (seen) => {
				expect(seen.prefixes()).toEqual(["NEW", ...Array.from({ length: 8 }, () => "INVALID")]);
				expect(seen.flows("router")).toEqual(["tcp 5001 SYN_SENT 120 UNREPLIED"]);
			},
		},
	},
	{
		id: "3",
		says: "in ESTABLISHED what is out of the window is INVALID, old data is not, odd flags and bad checksums are",
		scenarios: {
			"03-established": (seen) => {
				const states = ["INVALID", "INVALID", "INVALID", "ESTABLISHED", "INVALID", "INVALID", "INVALID", "INVALID"];
				expect(seen.prefixes()).toEqual(states.flatMap((state) => [...HANDSHAKE, state]));
			},
			"03-established-liberal": (seen) => {
				const states = [
					"ESTABLISHED",
					"ESTABLISHED",
					"ESTABLISHED",
					"ESTABLISHED",
					"INVALID",
					"INVALID",
					"INVALID",
					"INVALID",
				];
				expect(seen.prefixes()).toEqual(states.flatMap((state) => [...HANDSHAKE, state]));
			},
		},
	},
	{
		id: "4",
		says: "a RST in the window leaves ESTABLISHED with 10 s, an exact one closes, one on an unanswered SYN deletes unless it is ahead",
		scenarios: {
			"04-reset": (seen) => {
				expect(seen.prefixes()).toEqual([
					...[...HANDSHAKE, "ESTABLISHED"],
					...[...HANDSHAKE, "ESTABLISHED"],
					...["NEW", "NEW", "NEW", "NEW", "NEW", "INVALID"],
				]);
				expect(seen.flows("router")).toEqual([
					"tcp 5001 ESTABLISHED 10 ASSURED",
					"tcp 5002 CLOSE 10 ASSURED",
					"tcp 5005 SYN_SENT 120 UNREPLIED",
				]);
			},
		},
	},
	{
		id: "5",
		says: "a SYN changes nothing in ESTABLISHED, and begins anew in TIME_WAIT and CLOSE",
		scenarios: {
			"05-syn-again": (seen) => {
				const established = ["ESTABLISHED", "ESTABLISHED", "ESTABLISHED", "ESTABLISHED"];
				expect(seen.prefixes()).toEqual([
					...[...HANDSHAKE, "ESTABLISHED"],
					...[...HANDSHAKE, ...established, "NEW"],
					...[...HANDSHAKE, "ESTABLISHED", "NEW"],
				]);
				expect(seen.flows("router")).toEqual([
					"tcp 5001 ESTABLISHED 432000 ASSURED",
					"tcp 5002 SYN_SENT 120 UNREPLIED",
					"tcp 5003 SYN_SENT 120 UNREPLIED",
				]);
			},
		},
	},
	{
		id: "6",
		says: "a SYN sent again is NEW again, but asks nat once; dropped in FORWARD it is never confirmed and asks each time",
		scenarios: {
			"06-syn-retransmitted": (seen) => {
				expect(seen.prefixes()).toEqual(["NEW", "NEW", "NEW"]);
				expect(seen.packets("router nat PREROUTING")).toEqual([1]);
				expect(seen.flows("router")).toEqual(["tcp 5001 SYN_SENT 120 UNREPLIED"]);
			},
			"06-syn-dropped": (seen) => {
				expect(seen.prefixes()).toEqual(["NEW", "NEW", "NEW"]);
				expect(seen.packets("router nat PREROUTING")).toEqual([3]);
				expect(seen.flows("router")).toEqual([]);
			},
		},
	},
	{
		id: "7",
		says: "a SYN-ACK with a wrong ack is INVALID, and the entry stays SYN_SENT",
		scenarios: {
			"07-syn-ack-wrong": (seen) => {
				expect(seen.prefixes()).toEqual(["NEW", "INVALID"]);
				expect(seen.flows("router")).toEqual(["tcp 5001 SYN_SENT 120 UNREPLIED"]);
			},
		},
	},
	{
		id: "8",
		says: "closing goes through FIN_WAIT, CLOSE_WAIT, LAST_ACK, TIME_WAIT; ASSURED comes third; data without ACK has 300 s",
		scenarios: {
			"08-close": (seen) => {
				expect(new Set(seen.prefixes())).toEqual(new Set(["NEW", "ESTABLISHED"]));
				expect(seen.flows("router")).toEqual([
					"tcp 5001 SYN_RECV 60",
					"tcp 5002 ESTABLISHED 432000 ASSURED",
					"tcp 5003 ESTABLISHED 300 ASSURED",
					"tcp 5004 FIN_WAIT 120 ASSURED",
					"tcp 5005 CLOSE_WAIT 60 ASSURED",
					"tcp 5006 LAST_ACK 30 ASSURED",
					"tcp 5007 TIME_WAIT 120 ASSURED",
				]);
			},
		},
	},
	{
		id: "9",
		says: "UDP: 30 s, ASSURED and 120 s only when both directions go on after two seconds",
		scenarios: {
			"09-udp": (seen) => {
				expect(seen.flows("router")).toEqual([
					"udp 6001 30 UNREPLIED",
					"udp 6002 30",
					"udp 6003 120 ASSURED",
					"udp 6004 30",
				]);
			},
		},
	},
	{
		id: "10",
		says: "ICMP queries are flows; a reply first, an unknown type, an error about no flow or an untracked one are INVALID",
		scenarios: {
			"10-icmp": (seen) => {
				expect(seen.prefixes()).toEqual([
					...["NEW", "ESTABLISHED", "NEW", "ESTABLISHED", "INVALID", "INVALID", "INVALID"],
					...["NEW", "RELATED", "UNTRACKED", "INVALID"],
				]);
				expect(seen.flows("router")).toEqual(["icmp 1 30", "icmp 2 30", "udp 6002 30 UNREPLIED"]);
			},
		},
	},
	{
		id: "11",
		says: "a ping process is one flow; a second one of the same id gets another id",
		scenarios: {
			"11-ping-processes": (seen) => {
				expect(seen.policy("router nat PREROUTING")).toBe(3);
				expect(seen.counts("router nat POSTROUTING")).toEqual(["3/196"]);
				const flows = seen.entries("router").map(({ original, reply }) => [original.icmp?.id, reply.icmp?.id]);
				expect(flows.filter(([from, to]) => from === to).map(([id]) => id)).toHaveLength(2);
				expect(flows.filter(([from, to]) => from === 100 && to !== 100)).toHaveLength(1);
			},
		},
	},
	{
		id: "12",
		says: "fragments are put together before raw PREROUTING, and cut again on the way out",
		scenarios: {
			"12-fragments": (seen) => {
				expect(seen.counts("router raw PREROUTING")).toEqual(["2/4056"]);
				expect(seen.counts("router filter FORWARD")).toEqual(["2/4056"]);
				expect(seen.headers("router wan", { direction: "out" })).toHaveLength(2);
				expect(seen.headers("router lan", { direction: "out" })).toHaveLength(2);
			},
			"12-fragments-untracked": (seen) => {
				expect(seen.packets("router raw PREROUTING")).toEqual([4]);
				expect(seen.packets("router filter FORWARD")).toEqual([4]);
			},
		},
	},
	{
		id: "13",
		says: "IGMP and other protocols are generic entries of 600 s",
		scenarios: {
			"13-other-protocols": (seen) => {
				expect(seen.prefixes()).toEqual(["NEW", "NEW"]);
				expect(seen.flows("router")).toEqual(["2 2 600 UNREPLIED", "99 99 600 UNREPLIED"]);
			},
		},
		tests: [
			{ file: "test/linux-conntrack.test.ts", title: "the same traffic leaves the same entries in both kernels" },
		],
	},
	{
		id: "14",
		says: "timeouts and settings of a fresh namespace",
		tests: port("14: connection tracking's settings in a fresh namespace"),
	},
];
