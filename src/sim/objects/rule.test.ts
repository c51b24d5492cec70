import { expect, test } from "vitest";
import { n } from "../../../test/router-lab.ts";
import { SimLab } from "../../../test/sim-lab.ts";
import type { Op } from "../../kernel/kernel.ts";
import type { PolicyRule } from "../../kernel/objects.ts";
import { cidr, ip } from "../../wire/addr.ts";
import { ipRouteOutput } from "../ipv4/route.ts";

function rule(priority: number, table: number, more: Partial<PolicyRule> = {}): PolicyRule {
	return { kind: "rule", family: "ipv4", priority, table, ...more };
}

async function listed(made: SimLab): Promise<readonly string[]> {
	const dumped = await made.kernel.dump("a", ["rule"]);
	if (!dumped.ok) throw new Error(dumped.error.message);
	return dumped.value.flatMap((each) =>
		each.kind === "rule" ? [`${each.priority}: ${each.iif ?? "all"} lookup ${each.table}`] : [],
	);
}

async function tryTo(made: SimLab, verb: Op["verb"], object: PolicyRule): Promise<string> {
	const done = await made.kernel.apply("a", [{ verb, object }]);
	return done.ok ? "ok" : `${done.error.errno}: ${done.error.message}`;
}

test("rules stand by priority, among equals the older first; the three of the kernel are there from the start", async () => {
	const made = new SimLab("a");
	expect(await listed(made)).toEqual(["0: all lookup 255", "32766: all lookup 254", "32767: all lookup 253"]);
	await made.add("a", rule(5, 7, { iif: "d0" }), rule(5, 8, { iif: "d0" }), rule(1, 9));
	expect((await listed(made)).slice(1, 4)).toEqual(["1: all lookup 9", "5: d0 lookup 7", "5: d0 lookup 8"]);
});

test("the same rule twice, one that is not there, IPv6", async () => {
	const made = new SimLab("a");
	await made.add("a", rule(5, 7, { from: cidr("10.0.0.0/8"), fwmark: { value: 1, mask: 1 } }));
	const same = rule(5, 7, {
		from: cidr("10.9.9.9/8"),
		to: cidr("0.0.0.0/0"),
		not: false,
		fwmark: { value: 1, mask: 1 },
	});
	expect(await tryTo(made, "add", same)).toBe("EEXIST: File exists");
	expect(await tryTo(made, "replace", same)).toBe("ok");
	expect(await tryTo(made, "delete", rule(77, 7))).toBe("ENOENT: No such file or directory");
	expect(await tryTo(made, "delete", same)).toBe("ok");
	expect(await tryTo(made, "add", rule(5, 7, { family: "ipv6" }))).toMatch(/^EOPNOTSUPP: IPv6/);
	expect((await listed(made)).length).toBe(3);
});

test("a marked packet takes the table of its rule, and main's when that has no route", async () => {
	const made = new SimLab("a");
	for (const [dev, net] of [
		["d0", "10.0.0.1/24"],
		["d1", "10.1.0.1/24"],
	] as const) {
		await made.add("a", { kind: "link", name: dev, link: { type: "dummy" }, up: true });
		await made.add("a", { kind: "addr", dev, addr: cidr(net) });
	}
	await made.add("a", { kind: "route", dst: cidr("0.0.0.0/0"), via: ip("10.0.0.9") });
	await made.add("a", { kind: "route", dst: cidr("0.0.0.0/1"), via: ip("10.1.0.9"), table: 100 });
	await made.add("a", rule(10, 100, { fwmark: { value: 0x4000, mask: 0x4000 } }));
	const dev = (dst: string, mark: number): string | undefined => {
		const found = ipRouteOutput(made.netns("a"), { dst: n(dst), mark, tos: 0, proto: 6 });
		return found.ok ? found.value.dev.name : found.error;
	};
	expect([dev("8.8.8.8", 0), dev("8.8.8.8", 0x4000), dev("200.0.0.1", 0x4000)]).toEqual(["d0", "d1", "d0"]);
	await made.apply("a", { verb: "delete", object: rule(32766, 254) });
	expect([dev("8.8.8.8", 0), dev("8.8.8.8", 0x4000)]).toEqual(["ENETUNREACH", "d1"]);
});
