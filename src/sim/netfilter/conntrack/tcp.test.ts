import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type ConntrackLab, conntrackLab, pass, tcpSkb, through } from "../../../../test/conntrack-lab.ts";
import type { ConntrackEntry } from "../../../kernel/conntrack.ts";
import { buildTcpOptions } from "../../../wire/tcp.ts";
import { setSysctl } from "../../sysctl.ts";
import { nfCtSetClosing } from "./core.ts";
import { conntrackEntryOf } from "./entry.ts";
import { conntrackNet } from "./net.ts";
import { ctStateOf } from "./types.ts";

const BITS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16, U: 32 };
const OPTIONS = buildTcpOptions({ mss: 1460, sackPermitted: true, windowScale: 7 });

function flagsOf(letters: string): number {
	return letters.split("").reduce((flags, letter) => flags | (BITS[letter] ?? 0), 0);
}

function entries(lab: ConntrackLab): readonly ConntrackEntry[] {
	const net = conntrackNet(lab.netns);
	return net.table.entries(net.now()).map((ct) => conntrackEntryOf(ct, net.now()));
}

/** `ctstate STATE timeout flags` after a segment from the client (>) or the server (<); the window is 64240 unless given. */
function segment(
	lab: ConntrackLab,
	dir: ">" | "<",
	flags: string,
	f: { seq?: number; ack?: number; window?: number; payload?: number; options?: Uint8Array; sport?: number } = {},
): string {
	const sport = f.sport ?? 2000;
	const ends =
		dir === ">"
			? { src: "10.1.0.2", dst: "10.2.0.2", sport, dport: 80 }
			: { src: "10.2.0.2", dst: "10.1.0.2", sport: 80, dport: sport };
	const skb = tcpSkb(lab, ends, { window: 64240, ...f, flags: flagsOf(flags) });
	const fate = through(lab, skb);
	const entry = entries(lab).find((each) => each.original.sport === sport || each.original.dport === sport);
	const marks = entry === undefined ? "" : `${entry.unreplied ? " U" : ""}${entry.assured ? " A" : ""}`;
	const shown = entry === undefined ? "-" : `${entry.tcpState} ${entry.timeoutSeconds}${marks}`;
	return `${fate === "dropped" ? "dropped" : ctStateOf(skb)} ${shown}`;
}

/** Opens a connection: the client's next number is 101, the server's 1001. */
function established(): ConntrackLab {
	const lab = conntrackLab();
	expect(segment(lab, ">", "S", { seq: 100, options: OPTIONS })).toBe("NEW SYN_SENT 120 U");
	expect(segment(lab, "<", "SA", { seq: 1000, ack: 101, options: OPTIONS })).toBe("ESTABLISHED SYN_RECV 60");
	expect(segment(lab, ">", "A", { seq: 101, ack: 1001, window: 502 })).toBe("ESTABLISHED ESTABLISHED 432000 A");
	return lab;
}

test.each([
	["S", "NEW SYN_SENT 120 U"],
	["A", "NEW ESTABLISHED 300 U"],
	["PA", "NEW ESTABLISHED 300 U"],
	["SA", "INVALID -"],
	["R", "INVALID -"],
	["RA", "INVALID -"],
	["F", "INVALID -"],
	["FA", "INVALID -"],
	["SF", "INVALID -"],
	["", "INVALID -"],
	["FSRPAU", "INVALID -"],
])("the first segment of a flow, flags '%s', is %s", (flags, expected) => {
	expect(segment(conntrackLab(), ">", flags, { seq: 5, ack: 9 })).toBe(expected);
});

test.each(["A", "PA", "FA"])("with tcp_loose=0 a first segment %s is INVALID", (flags) => {
	const lab = conntrackLab();
	expect(setSysctl(lab.netns, "net.netfilter.nf_conntrack_tcp_loose", "0")).toBe(true);
	expect(segment(lab, ">", flags, { seq: 5, ack: 9 })).toBe("INVALID -");
	expect(segment(lab, ">", "S", { seq: 5 })).toBe("NEW SYN_SENT 120 U");
});

test("a connection closes through FIN_WAIT, CLOSE_WAIT and LAST_ACK to TIME_WAIT", () => {
	const lab = established();
	expect(segment(lab, ">", "FA", { seq: 101, ack: 1001 })).toBe("ESTABLISHED FIN_WAIT 120 A");
	expect(segment(lab, "<", "A", { seq: 1001, ack: 102 })).toBe("ESTABLISHED CLOSE_WAIT 60 A");
	expect(segment(lab, "<", "FA", { seq: 1001, ack: 102 })).toBe("ESTABLISHED LAST_ACK 30 A");
	expect(segment(lab, ">", "A", { seq: 102, ack: 1002 })).toBe("ESTABLISHED TIME_WAIT 120 A");
	expect(segment(lab, ">", "S", { seq: 900_000 })).toBe("NEW SYN_SENT 120 U");
	expect(entries(lab)).toHaveLength(1);
});

test("data that is not acknowledged shortens the life to 300 s, its acknowledgement brings five days back", () => {
	const lab = established();
	expect(segment(lab, ">", "PA", { seq: 101, ack: 1001, payload: 10 })).toBe("ESTABLISHED ESTABLISHED 300 A");
	expect(segment(lab, "<", "A", { seq: 1001, ack: 111 })).toBe("ESTABLISHED ESTABLISHED 432000 A");
});

const LIVE = "ESTABLISHED 432000 A";
test.each([
	{
		what: "a sequence number far ahead",
		from: ">",
		flags: "A",
		fields: { seq: 10_000_101, ack: 1001 },
		is: `INVALID ${LIVE}`,
	},
	{
		what: "an ACK of data never sent",
		from: ">",
		flags: "A",
		fields: { seq: 101, ack: 501_001 },
		is: `INVALID ${LIVE}`,
	},
	{
		what: "old data",
		from: ">",
		flags: "A",
		fields: { seq: 101 - 200_000, ack: 1001, payload: 5 },
		is: `ESTABLISHED ${LIVE}`,
	},
	{ what: "a RST far ahead", from: "<", flags: "R", fields: { seq: 9_000_000 }, is: `INVALID ${LIVE}` },
	{
		what: "a RST in the window, not exact",
		from: "<",
		flags: "R",
		fields: { seq: 1051 },
		is: "ESTABLISHED ESTABLISHED 10 A",
	},
	{ what: "a RST with the exact number", from: "<", flags: "R", fields: { seq: 1001 }, is: "ESTABLISHED CLOSE 10 A" },
	{ what: "a SYN of the client", from: ">", flags: "S", fields: { seq: 77 }, is: `ESTABLISHED ${LIVE}` },
	{ what: "no flags", from: ">", flags: "", fields: { seq: 101, ack: 1001 }, is: `INVALID ${LIVE}` },
] as const)("in ESTABLISHED, $what is $is", ({ from, flags, fields, is }) => {
	expect(segment(established(), from, flags, fields)).toBe(is);
});

test("a connection that a rule reset is taken for closed", () => {
	const lab = established();
	const [ct] = conntrackNet(lab.netns).table.entries(0);
	if (ct === undefined) throw new Error("no entry");
	nfCtSetClosing(ct);
	expect(entries(lab)).toMatchObject([{ tcpState: "CLOSE", timeoutSeconds: 10 }]);
});

test("with tcp_be_liberal=1 a segment out of window is ESTABLISHED", () => {
	const lab = established();
	setSysctl(lab.netns, "net.netfilter.nf_conntrack_tcp_be_liberal", "1");
	expect(segment(lab, ">", "A", { seq: 101 + 10_000_000, ack: 1001 })).toMatch(/^ESTABLISHED/);
});

test("window scaling counts only when both ends offer it", () => {
	const lab = conntrackLab();
	segment(lab, ">", "S", { seq: 100, options: OPTIONS, window: 1000 });
	segment(lab, "<", "SA", { seq: 1000, ack: 101, options: buildTcpOptions({ mss: 1460 }), window: 1000 });
	segment(lab, ">", "A", { seq: 101, ack: 1001, window: 1000 });
	expect(segment(lab, "<", "A", { seq: 3100, ack: 101, payload: 10 })).toBe("INVALID ESTABLISHED 432000 A");

	const scaled = established(); // The client's last window was 502 << 7.
	expect(segment(scaled, "<", "A", { seq: 1001 + 64_000, ack: 101, payload: 10 })).toMatch(/^ESTABLISHED/);
});

test("a SYN that is answered by a RST leaves no entry, nor does one that its own sender resets", () => {
	const lab = conntrackLab();
	segment(lab, ">", "S", { seq: 100 });
	expect(segment(lab, "<", "RA", { seq: 0, ack: 101 })).toBe("ESTABLISHED -");
	segment(lab, ">", "S", { seq: 100 });
	expect(segment(lab, ">", "R", { seq: 1 })).toBe("NEW -");
});

test("a SYN-ACK that acknowledges too much is INVALID and the entry stays SYN_SENT", () => {
	const lab = conntrackLab();
	segment(lab, ">", "S", { seq: 100 });
	expect(segment(lab, "<", "SA", { seq: 1000, ack: 5000 })).toBe("INVALID SYN_SENT 120 U");
});

test("repeated SYNs are NEW and do not prolong the entry", () => {
	const lab = conntrackLab();
	segment(lab, ">", "S", { seq: 100 });
	pass(lab, 50);
	expect(segment(lab, ">", "S", { seq: 100 })).toBe("NEW SYN_SENT 70 U");
	pass(lab, 70);
	expect(entries(lab)).toHaveLength(0);
});

test("segments repeated three times live 300 s", () => {
	const lab = established();
	for (let k = 0; k < 3; k += 1) segment(lab, ">", "A", { seq: 101, ack: 1001 });
	expect(segment(lab, ">", "A", { seq: 101, ack: 1001 })).toBe("ESTABLISHED ESTABLISHED 300 A");
});

test("a bad checksum is INVALID where the packet comes in, unless nf_conntrack_checksum is 0", () => {
	const lab = conntrackLab();
	const bad = (): string => {
		const skb = tcpSkb(lab, { src: "10.1.0.2", dst: "10.2.0.2", sport: 7, dport: 80 }, { flags: 2 });
		skb.bytes[skb.end - 1] = 0xaa;
		through(lab, skb);
		return ctStateOf(skb);
	};
	expect(bad()).toBe("INVALID");
	setSysctl(lab.netns, "net.netfilter.nf_conntrack_checksum", "0");
	expect(bad()).toBe("NEW");
});

test("whatever segments come, the entry is what Linux 6.18 made of them", () => {
	const golden = readFileSync(
		new URL("../../../../test/golden/conntrack/tcp-linux-6.18.txt", import.meta.url),
		"utf8",
	).replace(/^#.*\n/gm, "");
	const sequences = golden.trim().split("\n\n");
	expect(sequences.length).toBeGreaterThan(100);
	for (const sequence of sequences) {
		const lab = conntrackLab();
		const lines = sequence.split("\n");
		for (const [k, line] of lines.entries()) {
			const so = lines.slice(0, k + 1).join("\n");
			const [segmentText = "", seen = ""] = line.split(" | ");
			const [dir, flags = "", seq, ack, window, payload, options = ""] = segmentText.split(" ");
			const got = segment(lab, dir === "<" ? "<" : ">", flags, {
				seq: Number(seq),
				ack: Number(ack),
				window: Number(window),
				payload: Number(payload),
				options: Uint8Array.from(Buffer.from(options === "-" ? "" : options, "hex")),
			});
			const [ctstate, opener, state, timeout, marks] = seen.split(" ");
			const [gotCtstate, gotState, gotTimeout, ...gotMarks] = got.split(" ");
			expect(`${gotCtstate} ${gotState}`, so).toBe(opener === "-" ? `${ctstate} -` : `${ctstate} ${state}`);
			if (opener === "-") continue;
			expect(gotMarks.join("") || "-", so).toBe(marks);
			// Real time passed while it was recorded.
			expect(Number(gotTimeout) - Number(timeout), so).toBeOneOf([0, 1]);
			expect(entries(lab)[0]?.original.src, so).toBe(opener === "<" ? "10.2.0.2" : "10.1.0.2");
		}
	}
});
