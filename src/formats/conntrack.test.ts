/** Samples: /work/shared/reference/kernel-lab.md §1b, §2.7; conntrack-tools 1.4.7. */
import { expect, test } from "vitest";
import type { ConntrackEntry, ConntrackEvent, TcpCtState } from "../kernel/conntrack.ts";
import { ip } from "../wire/addr.ts";
import { conntrackId, formatConntrack, formatConntrackEvent } from "./conntrack.ts";
import { formatSysctl } from "./sysctl.ts";

function flow(
	proto: number,
	ports: readonly [string, number, string, number],
	more: Partial<ConntrackEntry>,
): ConntrackEntry {
	const [src, sport, dst, dport] = ports;
	return {
		kind: "conntrack",
		family: "ipv4",
		proto,
		original: { proto, src: ip(src), dst: ip(dst), sport, dport },
		reply: { proto, src: ip(dst), dst: ip(src), sport: dport, dport: sport },
		timeoutSeconds: 29,
		mark: 0,
		...more,
	};
}

const tcp = (tcpState: TcpCtState, timeoutSeconds: number, more: Partial<ConntrackEntry>): ConntrackEntry =>
	flow(6, ["192.168.7.2", 5002, "203.0.113.9", 7000], { tcpState, timeoutSeconds, ...more });
const TUPLES =
	"src=192.168.7.2 dst=203.0.113.9 sport=5002 dport=7000 [UNREPLIED] src=203.0.113.9 dst=192.168.7.2 sport=7000 dport=5002";

const CASES: readonly (readonly [line: string, entry: ConntrackEntry])[] = [
	[`tcp      6 119 SYN_SENT ${TUPLES} mark=0 use=1`, tcp("SYN_SENT", 119, { unreplied: true })],
	[
		"tcp      6 431999 ESTABLISHED src=10.211.55.123 dst=10.211.55.122 sport=41000 dport=8090 src=10.244.1.2 dst=10.211.55.123 sport=9090 dport=41000 [ASSURED] mark=0 use=1",
		flow(6, ["10.211.55.123", 41000, "10.211.55.122", 8090], {
			tcpState: "ESTABLISHED",
			timeoutSeconds: 431999,
			assured: true,
			reply: { proto: 6, src: ip("10.244.1.2"), dst: ip("10.211.55.123"), sport: 9090, dport: 41000 },
			dnat: true,
		}),
	],
	[
		"udp      17 29 src=192.168.7.2 dst=203.0.113.9 sport=4000 dport=7053 src=203.0.113.9 dst=192.168.7.2 sport=7053 dport=4000 mark=0 use=1",
		flow(17, ["192.168.7.2", 4000, "203.0.113.9", 7053], {}),
	],
	[
		"icmp     1 29 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=7578 src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=7578 mark=0 use=1",
		{
			...flow(1, ["10.0.0.1", 0, "10.0.0.2", 0], {}),
			original: { proto: 1, src: ip("10.0.0.1"), dst: ip("10.0.0.2"), icmp: { type: 8, code: 0, id: 7578 } },
			reply: { proto: 1, src: ip("10.0.0.2"), dst: ip("10.0.0.1"), icmp: { type: 0, code: 0, id: 7578 } },
		},
	],
	[
		"unknown  2 599 src=10.244.1.1 dst=224.0.0.22 [UNREPLIED] src=224.0.0.22 dst=10.244.1.1 mark=0 use=1",
		{
			...flow(2, ["10.244.1.1", 0, "224.0.0.22", 0], { timeoutSeconds: 599, unreplied: true }),
			original: { proto: 2, src: ip("10.244.1.1"), dst: ip("224.0.0.22") },
			reply: { proto: 2, src: ip("224.0.0.22"), dst: ip("10.244.1.1") },
		},
	],
	[
		"tcp      6 99 ESTABLISHED src=1.1.1.1 dst=2.2.2.2 sport=5 dport=6 [UNREPLIED] src=2.2.2.2 dst=1.1.1.1 sport=6 dport=5 [ASSURED] mark=7 zone=5 use=1",
		flow(6, ["1.1.1.1", 5, "2.2.2.2", 6], {
			tcpState: "ESTABLISHED",
			timeoutSeconds: 99,
			unreplied: true,
			assured: true,
			mark: 7,
			zone: 5,
		}),
	],
];

test.each(CASES)("conntrack -L prints %s", (line, entry) => {
	expect(formatConntrack(entry)).toBe(line);
	expect(formatConntrack(entry, { extended: true })).toBe(`ipv4     2 ${line}`);
});

test("sysctl prints key = value", () => {
	expect(formatSysctl({ kind: "sysctl", key: "net.ipv4.ip_forward", value: "1" })).toBe("net.ipv4.ip_forward = 1");
});

/** Lines of `conntrack -E` on Linux 6.18. */
const EVENTS: readonly (readonly [line: string, type: ConntrackEvent["type"], entry: ConntrackEntry])[] = [
	[`    [NEW] tcp      6 120 SYN_SENT ${TUPLES}`, "new", tcp("SYN_SENT", 120, { unreplied: true })],
	[
		" [UPDATE] tcp      6 432000 ESTABLISHED src=192.168.7.2 dst=203.0.113.9 sport=5002 dport=7000 src=203.0.113.9 dst=192.168.7.2 sport=7000 dport=5002 [ASSURED]",
		"update",
		tcp("ESTABLISHED", 432000, { assured: true }),
	],
	[`[DESTROY] tcp      6 120 CLOSE ${TUPLES}`, "destroy", tcp("CLOSE", 120, { unreplied: true })],
	[`[DESTROY] tcp      6 CLOSE ${TUPLES}`, "destroy", tcp("CLOSE", 0, { unreplied: true })],
	[`    [NEW] tcp      6 120 SYN_SENT ${TUPLES} mark=5`, "new", tcp("SYN_SENT", 120, { unreplied: true, mark: 5 })],
];

test.each(EVENTS)("conntrack -E: %s", (line, type, entry) => {
	expect(formatConntrackEvent({ type, atNs: 0, entry })).toBe(line);
});

test("an entry's id is the same whatever became of it, and another for another flow", () => {
	const entry = tcp("SYN_SENT", 120, { unreplied: true });
	expect(conntrackId(tcp("CLOSE", 9, {}))).toBe(conntrackId(entry));
	expect(conntrackId(flow(17, ["192.168.7.2", 5002, "203.0.113.9", 7000], {}))).not.toBe(conntrackId(entry));
	expect(formatConntrack(entry, { extended: true, id: true, use: 2 })).toBe(
		`ipv4     2 tcp      6 120 SYN_SENT ${TUPLES} mark=0 use=2 id=${conntrackId(entry)}`,
	);
});
