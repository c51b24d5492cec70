import { expect, test } from "vitest";
import { counted, ruleOf, type XtLab, xtLab } from "../../../../test/xtables-lab.ts";
import { formatRule } from "../../../formats/iptables-save.ts";
import type { Verb } from "../../../kernel/kernel.ts";
import type { XtChain, XtRule } from "../../../kernel/objects.ts";
import { xtChainHandler } from "../../objects/xt.ts";
import { applyTransaction } from "../../transaction.ts";

const THREE = "[1:10] -A INPUT -p tcp\n[2:20] -A INPUT -p udp\n[3:30] -A INPUT -p tcp";

function change(lab: XtLab, verb: Verb, rule: string, more: Pick<XtRule, "position" | "duplicate"> = {}): string {
	const object: XtRule = {
		kind: "xt-rule",
		family: "ipv4",
		table: "filter",
		chain: "INPUT",
		rule: ruleOf(rule),
		...more,
	};
	const done = applyTransaction(lab.netns, [{ verb, object }]);
	return done.ok ? input(lab) : `${done.error.errno}: ${done.error.message}`;
}

function chain(lab: XtLab): XtChain | undefined {
	const chains = xtChainHandler.dump(lab.netns).filter((object) => object.kind === "xt-chain");
	return chains.find((object) => object.chain === "INPUT");
}

function input(lab: XtLab): string {
	return (chain(lab)?.rules ?? []).map((rule) => `${formatRule(rule)} ${rule.counters?.packets}`).join(", ");
}

test("an equal rule is added again only where it may be a duplicate", () => {
	expect(change(xtLab(THREE), "add", "-p udp")).toBe("-p tcp 1, -p udp 2, -p tcp 3");
	expect(change(xtLab(THREE), "add", "-p udp", { duplicate: true })).toBe("-p tcp 1, -p udp 2, -p tcp 3, -p udp 0");
	expect(change(xtLab(THREE), "add", "-p udp", { duplicate: true, position: 2 })).toBe(
		"-p tcp 1, -p udp 0, -p udp 2, -p tcp 3",
	);
});

test("a rule is replaced and deleted by its number, and its neighbours go on counting", () => {
	expect(change(xtLab(THREE), "replace", "-p icmp", { position: 3 })).toBe("-p tcp 1, -p udp 2, -p icmp 0");
	expect(change(xtLab(THREE), "delete", "-p icmp", { position: 3 })).toBe("-p tcp 1, -p udp 2");
	expect(change(xtLab(THREE), "delete", "-p tcp")).toBe("-p udp 2, -p tcp 3");
});

test("a number that is too big is refused, and nothing changes", () => {
	const lab = xtLab(THREE);
	expect(change(lab, "replace", "-p icmp", { position: 4 })).toBe(
		"ERANGE: Index of replacement too big: 4 in chain INPUT.",
	);
	expect(change(lab, "delete", "-p icmp", { position: 4 })).toBe(
		"ERANGE: Index of deletion too big: 4 in chain INPUT.",
	);
	expect(change(lab, "add", "-p icmp", { position: 5 })).toBe("ERANGE: Index of insertion too big: 5 in chain INPUT.");
	expect(input(lab)).toBe("-p tcp 1, -p udp 2, -p tcp 3");
});

test("a chain's policy and its counters change while its rules stay as they are", () => {
	const lab = xtLab(THREE);
	const found = chain(lab);
	if (found === undefined) throw new Error("no chain");
	const object: XtChain = { ...found, policy: "drop", counters: { packets: 7, bytes: 8 }, rules: [], keepRules: true };
	expect(applyTransaction(lab.netns, [{ verb: "replace", object }]).ok).toBe(true);
	expect(counted(lab, "filter", "INPUT")).toBe("1/10 2/20 3/30 7/8");
	expect(chain(lab)?.policy).toBe("drop");
});

test("a rule that a hook must not reach is named in the error", () => {
	const lab = xtLab(THREE);
	const at = { kind: "xt-rule", family: "ipv4", table: "nat" } as const;
	const done = applyTransaction(lab.netns, [
		{
			verb: "add",
			object: {
				kind: "xt-chain",
				family: "ipv4",
				table: "nat",
				chain: "x",
				rules: [ruleOf("-p tcp"), ruleOf("-j MASQUERADE")],
			},
		},
		{ verb: "add", object: { ...at, chain: "PREROUTING", rule: ruleOf("-j x") } },
	]);
	expect(done.ok ? undefined : done.error.rule).toEqual({ table: "nat", chain: "x", number: 2, hook: "PREROUTING" });
});
