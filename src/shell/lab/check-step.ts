/** All expectations of a step against what was seen of it. */

import type { FieldPath } from "../../base/yaml-text.ts";
import { formatConntrack } from "../../formats/conntrack.ts";
import { formatNeigh } from "../../formats/ip-neigh.ts";
import { parseCapture } from "../../wire/pcap.ts";
import { summarizeFrame } from "../../wire/summary.ts";
import { type Check, countCheck, fails, holds, quoted, textChecks } from "./check.ts";
import { counterChecks } from "./check-counters.ts";
import { valueDiff } from "./diff.ts";
import type { ArpExpectation, CaptureExpectation, ConntrackExpectation, LogExpectation } from "./lab.ts";
import { type Observation, objectsAt, placeWords } from "./observation.ts";

export async function checkStep(seen: Observation): Promise<readonly Check[]> {
	const { expect } = seen.step;
	const path: FieldPath = ["steps", seen.index, "expect"];
	const exitPath: FieldPath = expect.exit === undefined ? ["steps", seen.index, "run"] : [...path, "exit"];
	const checks: Check[] = [...exitChecks(seen, exitPath)];
	if (expect.stdout !== undefined) {
		checks.push(...textChecks("stdout", expect.stdout, { text: seen.stdout, path: [...path, "stdout"] }));
	}
	if (expect.stderr !== undefined) {
		checks.push(...textChecks("stderr", expect.stderr, { text: seen.stderr, path: [...path, "stderr"] }));
	}
	for (const [name, wanted] of Object.entries(expect.terminals)) {
		const text = seen.terminal(name).both;
		checks.push(...textChecks(`terminal ${name}`, wanted, { text, path: [...path, "terminals", name] }));
	}
	for (const [at, each] of expect.captures.entries()) checks.push(captureCheck(seen, each, [...path, "captures", at]));
	for (const [at, each] of expect.counters.entries()) checks.push(...(await counterChecks(seen, at, each)));
	for (const [at, each] of expect.log.entries()) checks.push(logCheck(seen, each, [...path, "log", at]));
	for (const [at, each] of expect.arp.entries()) checks.push(await arpCheck(seen, each, [...path, "arp", at]));
	for (const [at, each] of expect.conntrack.entries()) {
		checks.push(await conntrackCheck(seen, each, [...path, "conntrack", at]));
	}
	return checks;
}

/** Every command ends well unless the step says how it ends. One that goes on, or was stopped by Ctrl-C, is not asked. */
function exitChecks(seen: Observation, path: FieldPath): readonly Check[] {
	const { exit } = seen.step.expect;
	if (exit === "any") return [];
	const ended = seen.commands.filter((each) => each.exit !== undefined && (exit !== undefined || !each.interrupted));
	const wanted = exit ?? 0;
	const wrong = ended.filter((each) => each.exit !== wanted);
	if (wrong.length > 0) {
		return wrong.map((each) =>
			fails(`${each.command}: exit code ${wanted}`, path, valueDiff(String(wanted), String(each.exit))),
		);
	}
	if (ended.length === 0 && exit === undefined) return [];
	if (ended.length === 0) return [fails(`exit code ${wanted}`, path, valueDiff(String(wanted), "(still running)"))];
	return exit === undefined ? [] : [holds(`exit code ${wanted}`, path)];
}

function captureCheck(seen: Observation, wanted: CaptureExpectation, path: FieldPath): Check {
	const { terminal, file, matches } = wanted;
	const kind = matches === undefined ? "packets" : `packets matching ${matches.source}`;
	const subject = `${kind} ${terminal === undefined ? `in ${file}` : `seen by ${terminal}`}`;
	const lines = terminal === undefined ? fileLines(seen, file ?? "") : packetLines(seen.terminal(terminal).stdout);
	if (typeof lines === "string") return fails(subject, path, valueDiff("a capture", lines));
	const found = lines.filter((line) => matches === undefined || matches.test(line)).length;
	return countCheck(subject, wanted.packets, { found, path, seen: lines.join("\n") });
}

/** What tcpdump printed, a packet each: continued lines (`-v`, `-X`) are indented. */
function packetLines(text: string): readonly string[] {
	return text.split("\n").filter((line) => line !== "" && !/^\s/.test(line));
}

/** The packets of a file, as tcpdump -r prints them; a sentence when it cannot be read. */
function fileLines(seen: Observation, file: string): readonly string[] | string {
	const { disk } = seen.world;
	if (disk === undefined || !disk.exists(file)) return `there is no file ${file}`;
	const capture = parseCapture(disk.read(file));
	if (!capture.ok) return `${file}: no capture`;
	return capture.value.packets.map((packet) => summarizeFrame(packet.frame, { link: "ethernet" }));
}

function logCheck(seen: Observation, wanted: LogExpectation, path: FieldPath): Check {
	const on = wanted.on ?? seen.step.on;
	const host = seen.world.hosts.get(on);
	const mine = new Set([host?.rootNetns, ...(host?.namedNetns.values() ?? [])]);
	const lines = seen.world.kernel
		.log()
		.slice(seen.logFrom)
		.filter((line) => mine.has(line.netns))
		.map((line) => line.text);
	const found = lines.filter(
		(line) => line.startsWith(wanted.prefix) && wanted.contains.every((piece) => line.includes(piece)),
	);
	const with_ = wanted.contains.length === 0 ? "" : ` with ${wanted.contains.map(quoted).join(", ")}`;
	const subject = `LOG lines ${quoted(wanted.prefix)}${with_}${placeWords(seen.step, { on: wanted.on })}`;
	return countCheck(subject, wanted.lines, { found: found.length, path, seen: lines.join("\n") });
}

async function arpCheck(seen: Observation, wanted: ArpExpectation, path: FieldPath): Promise<Check> {
	const { address, mac } = wanted;
	const which = address === undefined ? "ARP entries" : `ARP entry of ${address}`;
	const subject = `${which}${mac === undefined ? "" : ` with ${mac}`}${placeWords(seen.step, wanted)}`;
	const neighs = await objectsAt(seen, wanted, "neigh");
	if (!neighs.ok) return fails(subject, path, valueDiff("", neighs.error));
	const found = neighs.value.filter(
		(neigh) =>
			neigh.mac !== undefined &&
			(address === undefined || neigh.addr === address) &&
			(mac === undefined || neigh.mac === mac),
	);
	const all = neighs.value.map((neigh) => formatNeigh(neigh)).join("\n");
	return countCheck(subject, wanted.entries, { found: found.length, path, seen: all });
}

async function conntrackCheck(seen: Observation, wanted: ConntrackExpectation, path: FieldPath): Promise<Check> {
	const { matches } = wanted;
	const subject = `connections${matches === undefined ? "" : ` matching ${matches.source}`}${placeWords(seen.step, wanted)}`;
	const entries = await objectsAt(seen, wanted, "conntrack");
	if (!entries.ok) return fails(subject, path, valueDiff("", entries.error));
	const lines = entries.value.map((entry) => formatConntrack(entry));
	const found = lines.filter((line) => matches === undefined || matches.test(line)).length;
	return countCheck(subject, wanted.entries, { found, path, seen: lines.join("\n") });
}
