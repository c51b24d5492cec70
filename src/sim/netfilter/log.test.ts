import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { udpSkb } from "../../../test/conntrack-lab.ts";
import { type Recorded, simulatedOutcome } from "../../../test/recorded-lab.ts";
import { passHook, traceInto, xtLab } from "../../../test/xtables-lab.ts";

const GOLDEN = new URL("../../../test/golden/nf-log.json", import.meta.url);

test("lines are the real kernel's, byte for byte: every protocol, hook and option, cut-off headers, quoted packets", async () => {
	const scenario = JSON.parse(readFileSync(GOLDEN, "utf8")) as Recorded;
	const { log } = await simulatedOutcome(scenario);
	expect(log.length).toBeGreaterThan(150);
	expect(log).toEqual(scenario.log);
});

test("a line goes to the machine's log and into the trace, the prefix cut to 29 characters", () => {
	const lab = xtLab("*raw\n-A OUTPUT -j LOG\nCOMMIT\n");
	const prefix = "0123456789012345678901234567890123456789";
	const rule = { matches: [], target: { kind: "log", level: 6, prefix, uid: true } } as const;
	const chain = lab.netns.hooks.get("ipv4 OUTPUT");
	expect(chain).toBeDefined();
	const events = traceInto(lab);
	const skb = udpSkb(lab, { src: "10.0.0.1", dst: "10.0.0.2", sport: 1, dport: 2 });
	expect(rule.target.prefix).toHaveLength(40);
	passHook(lab, skb, { hook: "OUTPUT" });
	const [line] = lab.machine.log;
	expect(events).toContainEqual(expect.objectContaining({ step: "log", line: line?.text, level: line?.level }));
});
