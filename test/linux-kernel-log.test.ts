/** LOG lines of the real kernel beside those of the simulated one, and what becomes of the sysctl they need. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { cleanupKernelLog, KernelLog } from "../src/linux/kernel-log.ts";
import { ip } from "../src/wire/addr.ts";
import { type BridgeLab, openSimBridgeLab, RealBridgeLab } from "./bridge-labs.ts";

const SYSCTL = "/proc/sys/net/netfilter/nf_log_all_netns";
const HOLDERS = "/run/podwire/nf-log";
const sysctl = (): string => readFileSync(SYSCTL, "utf8").trim();

/** Other processes of this machine may be running tests like these. */
function otherHolders(): number {
	return readdirSync(HOLDERS).filter((name) => name.includes("-")).length;
}

/** A datagram to a rule that logs it: the line, without the IP identification, which is drawn at random. */
async function logged(lab: BridgeLab, lines: () => readonly { level: number; text: string }[]): Promise<unknown> {
	const socket = lab.sockets.openUdp("client", { bind: { port: 4000 } }, {});
	if (!socket.ok) throw new Error(socket.error.message);
	socket.value.send(new Uint8Array(4), { addr: ip("10.0.0.2"), port: 9 });
	await lab.run(() => lines().length > 0, 1e9);
	return lines().map(({ level, text }) => ({ level, text: text.replace(/ ID=\d+/, " ID=*") }));
}

test("a line of a LOG rule is the simulated kernel's, its closing space included; the tag is gone", async () => {
	const sim = await openSimBridgeLab();
	const target = { kind: "log", level: 5, prefix: "DROP \\ it: ", uid: true } as const;
	const at = { kind: "xt-rule", family: "ipv4", table: "filter", chain: "INPUT" } as const;
	const added = await sim.kernel.apply("server", [{ verb: "add", object: { ...at, rule: { matches: [], target } } }]);
	expect(added).toMatchObject({ ok: true });
	const expected = await logged(sim, () => sim.kernel.log());

	const real = new RealBridgeLab();
	const log = new KernelLog({ tag: "t7f" });
	const other = new KernelLog({ tag: "other" });
	try {
		expect(log.problem).toBe(undefined);
		const before = real.clock.now();
		const options = ["--log-level", "5", "--log-uid"];
		real.exec("server", "iptables", "-A", "INPUT", "-j", "LOG", "--log-prefix", "t7fDROP \\ it: ", ...options);
		expect(await logged(real, () => log.lines())).toEqual(expected);
		const [line] = log.lines();
		expect(line?.text.endsWith(" ")).toBe(true);
		expect(Math.abs((line?.at ?? 0) - before)).toBeLessThan(2e9);
		expect(other.lines()).toEqual([]);
	} finally {
		log.close();
		other.close();
		real.close();
	}
});

test("the sysctl is held until the last one closes, and a killed holder does not hold it", async () => {
	mkdirSync(HOLDERS, { recursive: true });
	const sleeper: ChildProcess = spawn("sleep", ["60"]);
	const others = otherHolders();
	const log = new KernelLog();
	const second = new KernelLog();
	expect(sysctl()).toBe("1");
	log.close();
	log.close();
	expect(sysctl()).toBe("1");
	// A holder as another process writes it.
	const stat = readFileSync(`/proc/${sleeper.pid}/stat`, "utf8");
	const started = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
	const theirs = `${HOLDERS}/${sleeper.pid}-${started}-1`;
	writeFileSync(theirs, "");
	second.close();
	expect(sysctl()).toBe("1");
	expect(cleanupKernelLog()).toBe(false);
	sleeper.kill("SIGKILL");
	await once(sleeper, "exit");
	expect(cleanupKernelLog()).toBe(others === 0);
	expect(existsSync(theirs)).toBe(false);
	if (others === 0) expect(sysctl()).toBe("0");
	expect(cleanupKernelLog()).toBe(false);
	rmSync(theirs, { force: true });
});
