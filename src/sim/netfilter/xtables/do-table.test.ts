import { expect, test } from "vitest";
import { tcpSkb, udpSkb } from "../../../../test/conntrack-lab.ts";
import { counted, passHook, traceInto, type XtLab, xtLab } from "../../../../test/xtables-lab.ts";

const CLIENT = { src: "10.0.0.1", dst: "10.0.0.2", sport: 1000, dport: 80 };

function forward(lab: XtLab): string {
	return passHook(lab, udpSkb(lab, CLIENT), { hook: "FORWARD" });
}

const WALKS: readonly {
	readonly name: string;
	readonly rules: string;
	readonly fate: "delivered" | "dropped";
	/** `chain: counters` of the chains that matter, packets only; the last of a built-in chain is its policy. */
	readonly counts: Readonly<Record<string, string>>;
}[] = [
	{
		name: "a rule that matches ends the table, later ones are not asked",
		rules: "-A FORWARD -p tcp -j DROP\n-A FORWARD -p udp -j ACCEPT\n-A FORWARD -j DROP",
		fate: "delivered",
		counts: { FORWARD: "0 1 0 0" },
	},
	{
		name: "the policy decides at the end of the chain",
		rules: ":FORWARD DROP [0:0]\n-A FORWARD -p tcp -j ACCEPT",
		fate: "dropped",
		counts: { FORWARD: "0 1" },
	},
	{
		name: "a rule without target counts and goes on",
		rules: "-A FORWARD\n-A FORWARD -p udp\n-A FORWARD -p tcp",
		fate: "delivered",
		counts: { FORWARD: "1 1 0 1" },
	},
	{
		name: "the end of a chain leads back to after the jump",
		rules: ":A - [0:0]\n-A FORWARD -j A\n-A FORWARD -j DROP\n-A A -p tcp -j ACCEPT",
		fate: "dropped",
		counts: { FORWARD: "1 1 0", A: "0" },
	},
	{
		name: "RETURN leads back to after the jump",
		rules: ":A - [0:0]\n-A FORWARD -j A\n-A FORWARD -j DROP\n-A A -j RETURN\n-A A -j ACCEPT",
		fate: "dropped",
		counts: { FORWARD: "1 1 0", A: "1 0" },
	},
	{
		name: "RETURN in a built-in chain leads to its policy",
		rules: ":FORWARD DROP [0:0]\n-A FORWARD -j RETURN\n-A FORWARD -j ACCEPT",
		fate: "dropped",
		counts: { FORWARD: "1 0 1" },
	},
	{
		name: "ACCEPT in a chain jumped to ends the table",
		rules: ":A - [0:0]\n-A FORWARD -j A\n-A FORWARD -j DROP\n-A A -j ACCEPT",
		fate: "delivered",
		counts: { FORWARD: "1 0 0", A: "1" },
	},
	{
		name: "after a goto the end of the chain leads to the policy, not to after the goto",
		rules: ":A - [0:0]\n-A FORWARD -g A\n-A FORWARD -j DROP\n-A A",
		fate: "delivered",
		counts: { FORWARD: "1 0 1", A: "1" },
	},
	{
		name: "a goto below a jump leads back to after the jump",
		rules: ":A - [0:0]\n:B - [0:0]\n-A FORWARD -j A\n-A FORWARD -p udp\n-A A -g B\n-A A -j DROP\n-A B -j RETURN",
		fate: "delivered",
		counts: { FORWARD: "1 1 1", A: "1 0", B: "1" },
	},
	{
		name: "one chain may be walked twice, from two places",
		rules: ":A - [0:0]\n-A FORWARD -j A\n-A FORWARD -j A\n-A A -p udp",
		fate: "delivered",
		counts: { FORWARD: "1 1 1", A: "2" },
	},
	{
		name: "a deep stack of jumps unwinds to the top",
		rules: `${Array.from({ length: 40 }, (_, k) => `:C${k} - [0:0]`).join("\n")}\n-A FORWARD -j C0\n-A FORWARD -p udp\n${Array.from({ length: 39 }, (_, k) => `-A C${k} -j C${k + 1}\n-A C${k}`).join("\n")}\n-A C39`,
		fate: "delivered",
		counts: { FORWARD: "1 1 1", C0: "1 1", C38: "1 1", C39: "1" },
	},
];

test.each(WALKS)("$name", ({ rules, fate, counts }) => {
	const lab = xtLab(rules);
	expect(forward(lab)).toBe(fate);
	for (const [chain, expected] of Object.entries(counts)) {
		expect(counted(lab, "filter", chain).replaceAll(/\/\d+/g, "")).toBe(expected);
	}
});

test("counters count packets and bytes from the IP header on", () => {
	const lab = xtLab("-A FORWARD -p udp");
	passHook(lab, udpSkb(lab, CLIENT, 10), { hook: "FORWARD" });
	passHook(lab, udpSkb(lab, CLIENT, 20), { hook: "FORWARD" });
	expect(counted(lab, "filter", "FORWARD")).toBe("2/86 2/86");
});

test("a chain without rules applies its policy and counts", () => {
	const lab = xtLab(":INPUT DROP [0:0]");
	expect(passHook(lab, udpSkb(lab, CLIENT), { hook: "INPUT" })).toBe("dropped");
	expect(passHook(lab, udpSkb(lab, CLIENT), { hook: "FORWARD" })).toBe("delivered");
	expect(counted(lab, "filter", "INPUT")).toBe("1/32");
});

test("ACCEPT in one table does not keep the packet from the next", () => {
	const lab = xtLab("*mangle\n-A FORWARD -j ACCEPT\nCOMMIT\n*filter\n-A FORWARD -j DROP\nCOMMIT\n");
	expect(forward(lab)).toBe("dropped");
	expect(counted(lab, "mangle", "FORWARD")).toBe("1/32 0/0");
});

test("tables come in the order raw, mangle, nat, filter, security", () => {
	const lab = xtLab(`
		*security\n-A OUTPUT -j LOG --log-prefix "security "\nCOMMIT
		*filter\n-A OUTPUT -j LOG --log-prefix "filter "\nCOMMIT
		*nat\n-A OUTPUT -j LOG --log-prefix "nat "\nCOMMIT
		*mangle\n-A OUTPUT -j LOG --log-prefix "mangle "\nCOMMIT
		*raw\n-A OUTPUT -j LOG --log-prefix "raw "\nCOMMIT
	`);
	passHook(lab, udpSkb(lab, CLIENT), { hook: "OUTPUT" });
	expect(lab.machine.log.map((line) => line.text.split(" ")[0])).toEqual([
		"raw",
		"mangle",
		"nat",
		"filter",
		"security",
	]);
});

test("a malformed packet that a match cannot read is dropped whatever the rules say", () => {
	const lab = xtLab("-A FORWARD -p tcp -m tcp --dport 1\n-A FORWARD -j ACCEPT");
	const skb = tcpSkb(lab, CLIENT, { flags: 2 });
	skb.end -= 8;
	expect(passHook(lab, skb, { hook: "FORWARD" })).toBe("dropped");
	expect(counted(lab, "filter", "FORWARD")).toBe("0/0 0/0 0/0");
});

test("a trace names every matching rule with its place, and the policy", () => {
	const lab = xtLab(`
		*mangle\n-A FORWARD -j MARK --set-xmark 0x4/0xf\nCOMMIT
		*filter\n:FORWARD DROP [0:0]\n:A - [0:0]\n:B - [0:0]
		-A FORWARD -p tcp\n-A FORWARD -j A\n-A FORWARD -g B\n-A A -j RETURN\n-A B -p udp\nCOMMIT
	`);
	const events = traceInto(lab);
	forward(lab);
	const steps = events.map((event) => {
		if (event.step === "rule")
			return `${event.table} ${event.chain} ${event.number} ${event.outcome} ${event.mark ?? ""}`;
		return event.step === "policy" ? `${event.table} ${event.chain} policy ${event.policy}` : event.step;
	});
	expect(steps).toEqual([
		"hook",
		"mangle FORWARD 1 continue 4",
		"mangle FORWARD policy accept",
		"filter FORWARD 2 jump ",
		"filter A 1 return ",
		"filter FORWARD 3 goto ",
		"filter B 1 continue ",
		"filter FORWARD policy drop",
		"drop",
	]);
	expect(events.at(-1)).toMatchObject({ reason: "NETFILTER_DROP", detail: "policy of chain FORWARD in table filter" });
});

test("a dropped packet says which rule did it", () => {
	const lab = xtLab(":A - [0:0]\n-A FORWARD -j A\n-A A -p tcp\n-A A -p udp -j DROP");
	const events = traceInto(lab);
	forward(lab);
	expect(events.at(-1)).toMatchObject({ step: "drop", table: "filter", chain: "A", number: 2 });
});

test("the rule of a trace event is the very object that was loaded", () => {
	const lab = xtLab("-A FORWARD -p udp -j ACCEPT");
	const events = traceInto(lab);
	forward(lab);
	forward(lab);
	const rules = events.flatMap((event) => (event.step === "rule" ? [event.rule] : []));
	expect(rules).toHaveLength(2);
	expect(rules[0]).toBe(rules[1]);
});
