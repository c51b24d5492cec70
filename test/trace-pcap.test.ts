/** A trace's capture, read by tshark: every frame of a whole cluster's flow is well formed and its checksums are right. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { podwire } from "./run-podwire.ts";

const EXAMPLE = join(dirname(fileURLToPath(import.meta.url)), "../examples/myapp");

const FLOWS = [
	{ from: "pod/default/client", to: "svc/default/myapp", protos: ["arp", "tcp", "http"] },
	{ from: "outside", to: "node/slave2:30080", protos: ["arp", "tcp", "http"] },
	{ from: "pod/default/client", to: "svc/default/orphan", protos: ["arp", "icmp"] },
	{ from: "pod/default/client", to: "node/slave1", protos: ["arp", "icmp"] },
] as const;

for (const { from, to, protos } of FLOWS) {
	test(`tshark finds nothing wrong in the capture of ${from} → ${to}`, async () => {
		const folder = mkdtempSync(join(tmpdir(), "podwire-pcap-"));
		try {
			const file = join(folder, "flow.pcapng");
			await podwire("trace", "-f", EXAMPLE, "--from", from, "--to", to, "--pcap", file);
			const frames = tshark(file);
			expect(frames.length).toBeGreaterThan(10);
			for (const proto of protos)
				expect(
					frames.some((frame) => frame.protocols.includes(proto)),
					proto,
				).toBe(true);
			expect(frames.filter((frame) => frame.malformed || frame.badChecksum)).toEqual([]);
			expect(new Set(frames.map((frame) => frame.interface)).size).toBeGreaterThan(4);
		} finally {
			rmSync(folder, { recursive: true });
		}
	});
}

interface Frame {
	readonly protocols: string;
	readonly interface: string;
	readonly malformed: boolean;
	readonly badChecksum: boolean;
}

/** Wireshark's checksum status is 1 for good, 0 for bad, 2 for not checked. */
function tshark(file: string): readonly Frame[] {
	const fields = [
		"frame.protocols",
		"frame.interface_name",
		"_ws.malformed",
		"ip.checksum.status",
		"tcp.checksum.status",
		"udp.checksum.status",
		"icmp.checksum.status",
	];
	const checks = ["ip.check_checksum", "tcp.check_checksum", "udp.check_checksum"].flatMap((option) => [
		"-o",
		`${option}:TRUE`,
	]);
	const args = [
		"-n",
		"-r",
		file,
		...checks,
		"-T",
		"fields",
		"-E",
		"separator=|",
		...fields.flatMap((field) => ["-e", field]),
	];
	const text = execFileSync("tshark", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
	return text
		.trimEnd()
		.split("\n")
		.map((line) => {
			const [protocols = "", name = "", malformed = "", ...status] = line.split("|");
			return {
				protocols,
				interface: name,
				malformed: malformed !== "",
				badChecksum: status.some((value) => value.split(",").includes("0")),
			};
		});
}
