import { expect, test } from "vitest";
import { udpSkb } from "../../../test/conntrack-lab.ts";
import { readRecorded, simulatedOutcome } from "../../../test/recorded-lab.ts";
import { passHook, traceInto, xtLab } from "../../../test/xtables-lab.ts";
import { applyTransaction } from "../transaction.ts";

test.each(readRecorded("nf-log.jsonl"))(
	"lines are the real kernel's, byte for byte: every protocol, hook and option, cut-off headers, quoted packets",
	async (scenario) => {
		const { log } = await simulatedOutcome(scenario);
		expect(log.length).toBeGreaterThan(150);
		expect(log).toEqual(scenario.log);
	},
);

test("a line goes to the machine's log and into the trace, the prefix cut to 29 characters", () => {
	const lab = xtLab("-A INPUT");
	const target = { kind: "log", level: 6, prefix: "0123456789012345678901234567890123456789", uid: true } as const;
	const rule = {
		kind: "xt-rule",
		family: "ipv4",
		table: "filter",
		chain: "OUTPUT",
		rule: { matches: [], target },
	} as const;
	expect(applyTransaction(lab.netns, [{ verb: "add", object: rule }]).ok).toBe(true);
	const events = traceInto(lab);
	const skb = udpSkb(lab, { src: "10.0.0.1", dst: "10.0.0.2", sport: 1, dport: 2 });
	skb.sk = { describe: "udp socket", owner: { uid: 0, gid: 0 } };
	passHook(lab, skb, { hook: "OUTPUT" });
	const text =
		"01234567890123456789012345678IN= OUT= SRC=10.0.0.1 DST=10.0.0.2 LEN=32 TOS=0x00 PREC=0x00 TTL=64 ID=1 DF " +
		"PROTO=UDP SPT=1 DPT=2 LEN=12 UID=0 GID=0 ";
	expect(lab.machine.log).toEqual([{ at: 0, netns: "node", level: 6, text }]);
	expect(events).toContainEqual(expect.objectContaining({ step: "log", line: text, level: 6 }));
});
