/** Captures made with the wire builders, judged by the real tshark and tcpdump. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildPcap } from "../src/wire/pcap.ts";
import { buildPcapng, type CapturedPacket, LINKTYPE_ETHERNET } from "../src/wire/pcapng.ts";
import { summarizeFrame } from "../src/wire/summary.ts";
import { TcpdumpFlows } from "../src/wire/summary-flows.ts";
import { oddPackets, samplePackets, tunnelPackets } from "./sample-packets.ts";

const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), "pwfmt-"));
const sound = samplePackets();
const all = [...sound, ...oddPackets()];
const START_NS = 1_763_700_000_123_456_789n;

const hasTool = async (tool: string, ...args: string[]): Promise<boolean> =>
	run(tool, args).then(
		() => true,
		() => false,
	);
const hasTshark = await hasTool("tshark", "--version");
const hasTcpdump = await hasTool("tcpdump", "--version");

const packets: readonly CapturedPacket[] = sound.map(({ frame, what }, k) => ({
	interface: k % 2,
	atNs: START_NS + BigInt(k) * 1_000_001n,
	frame,
	direction: k % 2 === 0 ? "in" : "out",
	comment: what,
}));

beforeAll(() => {
	const interfaces = [
		{ name: "node-1/cni0", linkType: LINKTYPE_ETHERNET },
		{ name: "pod default/wéb/eth0", linkType: LINKTYPE_ETHERNET },
	];
	writeFileSync(
		join(directory, "sound.pcapng"),
		buildPcapng({ interfaces, packets }, { application: "podwire", comment: "samples" }),
	);
	writeFileSync(
		join(directory, "all.pcap"),
		buildPcap(
			all.map(({ frame }, k) => ({ frame, atNs: BigInt(k) })),
			LINKTYPE_ETHERNET,
		),
	);
});

afterAll(() => rmSync(directory, { recursive: true }));

const CHECKS = ["tcp.check_checksum:TRUE", "ip.check_checksum:TRUE", "udp.check_checksum:TRUE"];

async function tsharkFields(fields: readonly string[]): Promise<readonly (readonly string[])[]> {
	const args = [
		"-r",
		join(directory, "sound.pcapng"),
		...CHECKS.flatMap((check) => ["-o", check]),
		"-T",
		"fields",
		"-E",
		"separator=|",
		"-E",
		"occurrence=a",
	];
	const { stdout } = await run("tshark", [...args, ...fields.flatMap((field) => ["-e", field])], {
		maxBuffer: 1 << 26,
	});
	return stdout
		.trimEnd()
		.split("\n")
		.map((line) => line.split("|"));
}

test.skipIf(!hasTshark)("tshark finds nothing malformed and no bad checksum", async () => {
	const rows = await tsharkFields([
		"_ws.malformed",
		"ip.checksum.status",
		"tcp.checksum.status",
		"udp.checksum.status",
		"icmp.checksum.status",
		"igmp.checksum.status",
	]);
	expect(rows.length).toBe(sound.length);
	const seen = [0, 0, 0, 0, 0, 0];
	for (const [k, row] of rows.entries()) {
		expect([sound[k]?.what, row[0]]).toEqual([sound[k]?.what, ""]);
		for (const [column, field] of row.entries()) {
			// 1 is good, 2 unverified (what an ICMP error quotes is cut off), 0 bad.
			expect([sound[k]?.what, field.split(",").includes("0")]).toEqual([sound[k]?.what, false]);
			if (field.split(",").includes("1")) seen[column] = (seen[column] ?? 0) + 1;
		}
	}
	expect(seen.slice(1).every((count) => count > 0)).toBe(true);
});

test.skipIf(!hasTshark)("tshark reads devices, times, directions and comments from the pcapng file", async () => {
	const rows = await tsharkFields([
		"frame.interface_name",
		"frame.time_epoch",
		"frame.packet_flags_direction",
		"frame.comment",
	]);
	const seconds = (atNs: bigint): string =>
		`${atNs / 1_000_000_000n}.${(atNs % 1_000_000_000n).toString().padStart(9, "0")}`;
	expect(rows).toEqual(
		packets.map(({ interface: index, atNs, direction, comment }) => [
			index === 0 ? "node-1/cni0" : "pod default/wéb/eth0",
			seconds(atNs),
			direction === "in" ? "0x00000001" : "0x00000002",
			comment,
		]),
	);
});

async function tcpdumpLines(file: string, ...args: string[]): Promise<readonly string[]> {
	const { stdout } = await run("tcpdump", ["-nn", "-t", ...args, "-r", join(directory, file)]);
	return stdout.split("\n").filter((line) => line !== "" && !line.startsWith("\t"));
}

test.skipIf(!hasTcpdump)(
	"summaries are tcpdump's lines: with relative numbers, absolute ones (-S), and MAC addresses (-e)",
	async () => {
		const forms = [
			{ args: [], options: { flows: new TcpdumpFlows() } },
			{ args: ["-S"], options: {} },
			{ args: ["-e"], options: { macs: true, flows: new TcpdumpFlows() } },
		];
		for (const { args, options } of forms) {
			const lines = all.map(({ frame }) => summarizeFrame(frame, { link: "ethernet", ...options }));
			expect(lines).toEqual(await tcpdumpLines("all.pcap", ...args));
		}
	},
);

test.skipIf(!hasTcpdump).each([
	{ args: [], options: {} },
	{ args: ["-e"], options: { macs: true } },
	{ args: ["-q"], options: { quiet: 1 } },
])("packets in packets are printed as tcpdump $args does", async ({ args, options }) => {
	for (const { what, frame } of tunnelPackets()) {
		writeFileSync(join(directory, "tunnel.pcap"), buildPcap([{ frame, atNs: 0n }], LINKTYPE_ETHERNET));
		const text = summarizeFrame(frame, { link: "ethernet", ...options });
		expect({ what, text }).toEqual({ what, text: (await tcpdumpLines("tunnel.pcap", "-S", ...args)).join("\n") });
	}
});
