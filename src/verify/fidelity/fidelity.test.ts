/** The fidelity report: what is counted, how it is printed, and that a broken kernel is caught and shrunk. */
import { expect, test } from "vitest";
import { simHost } from "../../../test/scenario-samples.ts";
import { SimKernel } from "../../sim/sim-kernel.ts";
import { ip, mac } from "../../wire/addr.ts";
import { buildPacket } from "../file/build-packet.ts";
import { generateScenario } from "../generate/generate.ts";
import { PortHost, type ScenarioHost } from "../scenario-host.ts";
import { StagePool } from "../stage-pool.ts";
import { differenceLine } from "./difference-line.ts";
import { Judge } from "./judge.ts";
import { kernelRelease } from "./kernel-release.ts";
import { reasonFor } from "./known-differences.ts";
import { fidelityJson, fidelityMarkdown, withTable } from "./table.ts";
import { agreesEnough, Tally } from "./tally.ts";
import type { Verdict, VerdictResult } from "./verdict.ts";

const NEW = kernelRelease("6.18.44");
const FACTS = { seeds: [7, 8], count: 3, kernel: "Linux 6.18", place: "fidelity" } as const;

function verdict(index: number, result: VerdictResult, isGenerated = true): Verdict {
	return {
		name: `7-${index}`,
		isGenerated,
		features: ["packet UDP", "match mark"],
		hit: ["match mark"],
		result,
		normalised: { "IP id": 2 },
	};
}

function tally(...results: readonly VerdictResult[]): Tally {
	const made = new Tally();
	results.forEach((result, index) => {
		made.add(verdict(index, result));
	});
	return made;
}

test("verdicts are counted for all and for each feature", () => {
	const summary = tally(
		{ kind: "agrees" },
		{ kind: "agrees when fresh", difference: "d" },
		{ kind: "differs", difference: "d" },
		{ kind: "known", reason: "because" },
		{ kind: "refused", message: "m" },
	).summary();
	expect(summary).toMatchObject({ scenarios: 5, agreements: 2, onlyFresh: 1, differences: 1, refused: 1 });
	expect(summary.known).toEqual({ because: 1 });
	expect(summary.features.find(({ feature }) => feature === "match mark")).toEqual({
		feature: "match mark",
		scenarios: 5,
		hit: 5,
		agreements: 2,
		differences: 1,
		known: { because: 1 },
	});
	expect(summary.features.find(({ feature }) => feature === "wait")).toMatchObject({ scenarios: 0, hit: 0 });
});

test("of generated scenarios so many may differ as are allowed, of files none", () => {
	const differs = { kind: "differs", difference: "d" } as const;
	const enough = (allow: number, ...results: readonly Verdict[]): boolean => {
		const made = new Tally();
		for (const result of results) made.add(result);
		return agreesEnough(made.summary(), allow);
	};
	const generated = [verdict(0, differs), verdict(1, differs)];
	expect([1, 2, 3].map((allow) => enough(allow, ...generated))).toEqual([false, true, true]);
	expect(enough(0, verdict(0, { kind: "agrees" }), verdict(1, { kind: "agrees" }, false))).toBe(true);
	expect(enough(9, verdict(0, differs, false))).toBe(false);
	expect(enough(9, verdict(0, { kind: "known", reason: "because" }, false))).toBe(true);
});

test("a scenario that is judged is told from a file or generated", async () => {
	const same = judge(simHost(2));
	expect(await same.judgeGenerated(21, 0)).toMatchObject({ name: "21-0", isGenerated: true });
	const written = await same.judgeWritten({ ...generateScenario(21, 0), name: "file.yaml" });
	expect(written).toMatchObject({ name: "file.yaml", isGenerated: false });
});

test("the table stands between its markers, with a row for each feature and a line for each reason", () => {
	const summary = tally({ kind: "agrees" }, { kind: "known", reason: "because" }).summary();
	const table = fidelityMarkdown(summary, FACTS);
	expect(table).toContain("| match mark | 2 | 2 | 1 | 0 | 1 (1) |");
	expect(table).toContain("1. because");
	expect(table).toContain("(seeds 7, 8) beside Linux 6.18");
	expect(table).toContain("`npm run fidelity -- --seed 7,8 --count 3`");
	const document =
		"before\n<!-- fidelity: begin (written by `npm run fidelity -- --write`) -->\nold\n<!-- fidelity: end -->\nafter\n";
	const written = withTable(document, table, "fidelity");
	expect(written.ok && written.value).not.toContain("old");
	expect(written.ok && withTable(written.value, table, "fidelity")).toEqual(written);
	expect(withTable("no markers", table, "fidelity").ok).toBe(false);
	expect(JSON.parse(fidelityJson(summary, FACTS))).toMatchObject({
		schema: "podwire.fidelity/v1",
		seeds: [7, 8],
		agreements: 1,
	});
});

test("of an older kernel it is known that a VXLAN device sends through itself once more, and no other frame too many", () => {
	const eth = { src: mac("02:00:00:00:00:01"), dst: mac("02:00:00:00:00:02") };
	const ends = { src: ip("10.0.0.1"), dst: ip("10.0.0.2") };
	const inside = (depth: number): Uint8Array => {
		if (depth === 0) return buildPacket({ eth, ipv4: ends, udp: { sport: 1, dport: 2 } });
		const payload = Uint8Array.from([8, 0, 0, 0, 0, 0, 1, 0, ...inside(depth - 1)]);
		return buildPacket({ eth, ipv4: ends, udp: { sport: 1, dport: 4789 }, payload });
	};
	const reason = (depth: number, release: string): string | undefined => {
		const seen = {
			step: 0,
			netns: "r",
			dev: "vx0",
			direction: "out",
			pktType: "outgoing",
			frame: inside(depth),
		} as const;
		const at = { kind: "frame", step: 0, netns: "r", dev: "vx0", number: 1 } as const;
		return reasonFor({ ...at, real: seen }, kernelRelease(release));
	};
	expect(reason(3, "6.1.0-56-amd64")).toMatch(/^Linux before 6.18: a VXLAN device/);
	expect(reason(2, "6.1.0-56-amd64")).toBe(undefined);
	expect(reason(3, "6.18.44")).toBe(undefined);
});

test("a difference may be known of older kernels only", () => {
	const known = [{ reason: "r", before: { major: 6, minor: 7 }, explains: () => true }];
	const difference = { kind: "log", step: 0, sim: "a" } as const;
	expect(reasonFor(difference, kernelRelease("6.1.0-56-amd64"), known)).toBe("Linux before 6.7: r");
	expect(reasonFor(difference, kernelRelease("5.10.0"), known)).toBe("Linux before 6.7: r");
	expect(reasonFor(difference, kernelRelease("6.7.1"), known)).toBe(undefined);
	expect(reasonFor(difference, NEW, known)).toBe(undefined);
});

/** A kernel whose MARK rules are lost when they are loaded. */
function brokenHost(): ScenarioHost {
	const kernel = new SimKernel({ seed: 1 });
	const host = new PortHost(kernel, async () => kernel.runBacklog());
	const loadTables = host.loadTables.bind(host);
	return Object.assign(host, {
		loadTables: (netns: string, text: string) => loadTables(netns, text.replaceAll(/^-A .* -j MARK .*\n/gm, "")),
	});
}

function judge(real: ScenarioHost, shrinkTries = 0): Judge {
	return new Judge({
		sim: () => simHost(1),
		real: { pool: new StagePool(real, { limit: 16 }), release: kernelRelease("6.18.44") },
		nowMs: () => 0,
		printScenario: ({ steps }, comment) => `${comment}\n${steps.length}`,
		printDifference: differenceLine,
		shrinkTries,
	});
}

test("a kernel that is the same agrees, on topologies that were used before too", async () => {
	const same = judge(simHost(2));
	for (let index = 0; index < 40; index += 1) {
		expect((await same.judgeGenerated(21, index)).result, `21-${index}`).toEqual({ kind: "agrees" });
	}
}, 60_000);

test("a kernel that loses its MARK rules is caught, and the case is shrunk", async () => {
	const broken = judge(brokenHost(), 600);
	for (let index = 0; index < 60; index += 1) {
		const { result } = await broken.judgeGenerated(22, index);
		if (result.kind !== "differs") continue;
		expect(result.shrunk?.text).toMatch(/^It differed: /);
		expect(result.shrunk?.steps.length).toBeLessThanOrEqual(2);
		expect(result.shrunk?.difference).toMatch(/MARK/);
		return;
	}
	throw new Error("nobody noticed");
}, 60_000);
