/** Scenarios on this machine's kernel beside the simulated one, and what stays behind when a run is ended. Needs root. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { openLinuxHost, simHost } from "../src/cli/scenario-hosts.ts";
import { LinuxKernel } from "../src/linux/linux-kernel.ts";
import { PLAIN } from "../src/trace/paint.ts";
import { differenceText } from "../src/verify/difference-text.ts";
import { parseScenario } from "../src/verify/file/parse-scenario.ts";
import type { Scenario } from "../src/verify/scenario.ts";
import { StagePool } from "../src/verify/stage-pool.ts";
import { verifyScenario } from "../src/verify/verify-scenario.ts";
import { MAIN, podwireProcess } from "./run-podwire.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const EXAMPLES = join(ROOT, "test/scenarios/verify");
const SCRATCH = mkdtempSync(join(tmpdir(), "podwire-verify-linux-"));
/** Where runs note that they need LOG lines of namespaces; a file for each process. */
const HOLDERS = "/run/podwire/nf-log";
const missing = LinuxKernel.missing();

afterAll(() => rmSync(SCRATCH, { recursive: true }));

function examples(): readonly Scenario[] {
	return readdirSync(EXAMPLES).map((path) => {
		const parsed = parseScenario({ path, text: readFileSync(join(EXAMPLES, path), "utf8") });
		if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
		return parsed.value;
	});
}

describe.skipIf(missing.length > 0)(`the real kernel ${missing.join(" ")}`, () => {
	test.each(["legacy", "nft"] as const)(
		"agrees on every scenario, on topologies new and used: iptables-%s",
		async (iptables) => {
			const host = await openLinuxHost({ iptables });
			if (!host.ok) throw new Error(host.error.join("\n"));
			const real = new StagePool(host.value);
			try {
				for (const round of [1, 2]) {
					for (const scenario of examples()) {
						const { comparison, unconfirmed } = await verifyScenario({ sim: () => simHost(round), real }, scenario);
						const first = comparison.agrees ? unconfirmed : comparison.first;
						const told = first === undefined ? "" : differenceText(scenario, first, PLAIN);
						expect(told, `${scenario.name}, round ${round}`).toBe("");
					}
				}
			} finally {
				await real.close();
				host.value.close();
			}
		},
	);

	test("a scenario that the kernels refuse is refused by both, with the same errno", async () => {
		const [scenario] = examples();
		const netns = scenario?.topology.netns[0];
		if (scenario === undefined || netns === undefined) throw new Error("no example");
		const wrong = {
			...scenario,
			config: { ...scenario.config, [netns]: { sysctls: { "net.ipv4.conf.nothing.forwarding": "1" } } },
		};
		const host = await openLinuxHost();
		if (!host.ok) throw new Error(host.error.join("\n"));
		const real = new StagePool(host.value);
		const { comparison, real: outcome } = await verifyScenario({ sim: () => simHost(1), real }, wrong);
		host.value.close();
		expect(comparison.agrees).toBe(true);
		expect(outcome.refused?.error.errno).toBe("ENOENT");
	});

	test("the command prints what the real kernel shows", async () => {
		const run = await podwireProcess("verify", "--kernel", "linux", join(EXAMPLES, "ttl-exceeded.yaml"));
		expect([run.code, run.err]).toEqual([0, ""]);
		expect(run.out).toContain("  client ping step 3: ICMP 11/0 from 10.0.0.2 about seq 1\n");
	});

	test("both kernels compared: a line for each scenario and a closing one", async () => {
		const count = examples().length;
		const run = await podwireProcess("verify", EXAMPLES);
		expect([run.code, run.err]).toEqual([0, ""]);
		expect(run.out.split("\n").at(-2)).toBe(`${count} scenarios: ${count} agree, 0 differ`);
	});

	test("without root it says what is missing and exits 2", () => {
		const options = { encoding: "utf8", uid: 65534, gid: 65534 } as const;
		const run = spawnSync(process.execPath, [MAIN, "verify", join(EXAMPLES, "reject.yaml")], options);
		expect([run.status, run.stdout]).toEqual([2, ""]);
		expect(run.stderr).toContain("podwire: --kernel linux: Network namespaces need root (CAP_SYS_ADMIN): EPERM");
	});

	test.each(["SIGINT", "SIGTERM"] as const)("%s ends a run at once and leaves nothing behind", async (signal) => {
		const { child, holder, ended, netns } = await longRun();
		child.kill(signal);
		expect(await ended).toBe(signal === "SIGINT" ? 130 : 143);
		expect(existsSync(holder)).toBe(false);
		expect(netns.filter(isHeld)).toEqual([]);
	});

	test("after kill -9 the kernel has ended the namespaces, and --cleanup removes the rest", async () => {
		const { child, holder, ended, netns } = await longRun();
		child.kill("SIGKILL");
		await ended;
		expect(netns.filter(isHeld)).toEqual([]);
		expect(existsSync(holder)).toBe(true);
		const cleaned = await podwireProcess("verify", "--cleanup");
		expect([cleaned.code, cleaned.err]).toEqual([0, ""]);
		expect(existsSync(holder)).toBe(false);
	});
});

/** A process or a mounted file (`ip netns`) holds the namespace. */
function isHeld(netns: string): boolean {
	const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
	return (
		readFileSync("/proc/self/mountinfo", "utf8").includes(netns) || pids.some((pid) => heldBy(pid).includes(netns))
	);
}

/** `net:[4026531840]` of each network namespace that a process is in or has a descriptor of. */
function heldBy(pid: string): readonly string[] {
	try {
		const links = ["ns/net", ...readdirSync(`/proc/${pid}/fd`).map((fd) => `fd/${fd}`)];
		return links.map((link) => linkText(`/proc/${pid}/${link}`)).filter((text) => text.startsWith("net:["));
	} catch {
		return [];
	}
}

function linkText(path: string): string {
	try {
		return readlinkSync(path);
	} catch {
		return "";
	}
}

interface LongRun {
	readonly child: ChildProcess;
	/** Its file among the holders. */
	readonly holder: string;
	readonly ended: Promise<number | null>;
	/** The namespaces that it has made. */
	readonly netns: readonly string[];
}

/** A run in the middle of a scenario that takes a minute. */
async function longRun(): Promise<LongRun> {
	const path = join(SCRATCH, "long.yaml");
	writeFileSync(
		path,
		`schema: podwire.scenario/v1
name: a minute
netns: [a, b]
devices:
  - { in: a, name: eth0, mac: 02:00:00:00:00:01, veth: { in: b, peer: eth0, mac: 02:00:00:00:00:02 }, up: true }
steps: [{ wait: 1m }]
`,
	);
	const child = spawn(process.execPath, [MAIN, "verify", "--kernel", "linux", path]);
	const ended = new Promise<number | null>((resolve) => {
		child.on("exit", (code) => resolve(code));
	});
	const home = linkText("/proc/self/ns/net");
	for (;;) {
		const mine = existsSync(HOLDERS)
			? readdirSync(HOLDERS).find((name) => name.startsWith(`${child.pid}-`))
			: undefined;
		const netns = [...new Set(heldBy(String(child.pid)))].filter((held) => held !== home);
		if (mine !== undefined && netns.length === 2) return { child, holder: join(HOLDERS, mine), ended, netns };
		if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}
