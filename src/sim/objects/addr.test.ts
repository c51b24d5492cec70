import { expect, test } from "vitest";
import { SimLab } from "../../../test/sim-lab.ts";
import type { Op } from "../../kernel/kernel.ts";
import type { Addr, KernelObject, Scope } from "../../kernel/objects.ts";
import { cidr, formatCidr, ip } from "../../wire/addr.ts";

async function lab(): Promise<SimLab> {
	const made = new SimLab("a");
	await made.add("a", { kind: "link", name: "d0", link: { type: "dummy" }, up: true });
	return made;
}

function addr(text: string, scope?: Scope, dev = "d0"): Addr {
	return { kind: "addr", dev, addr: cidr(text), ...(scope === undefined ? {} : { scope }) };
}

/** As `ip addr` prints them. */
async function listed(made: SimLab): Promise<readonly string[]> {
	const dumped = await made.kernel.dump("a", ["addr"]);
	if (!dumped.ok) throw new Error(dumped.error.message);
	return dumped.value.flatMap((each) =>
		each.kind === "addr"
			? [`${formatCidr(each.addr)} scope ${each.scope}${each.secondary === true ? " secondary" : ""} ${each.dev}`]
			: [],
	);
}

async function tryTo(made: SimLab, verb: Op["verb"], object: KernelObject): Promise<string> {
	const done = await made.kernel.apply("a", [{ verb, object }]);
	return done.ok ? "ok" : `${done.error.errno}: ${done.error.message}`;
}

/** The addresses of the experiment on 6.18, in the order in which they were added. */
async function six(): Promise<SimLab> {
	const made = await lab();
	for (const text of ["10.1.0.1/24", "10.1.0.2/24", "10.1.0.3/24", "10.1.0.4/25"]) await made.add("a", addr(text));
	await made.add("a", addr("10.5.0.1/24", "link"), addr("10.6.0.1/24"));
	return made;
}

test("first addresses come before later ones of the same network, and nearer scopes before wider ones", async () => {
	expect(await listed(await six())).toEqual([
		"10.5.0.1/24 scope link d0",
		"10.1.0.1/24 scope global d0",
		"10.1.0.4/25 scope global d0",
		"10.6.0.1/24 scope global d0",
		"10.1.0.2/24 scope global secondary d0",
		"10.1.0.3/24 scope global secondary d0",
	]);
});

test("with the first address of a network go the others of it", async () => {
	const made = await six();
	await made.apply("a", { verb: "delete", object: addr("10.1.0.1/24") });
	expect(await listed(made)).toEqual([
		"10.5.0.1/24 scope link d0",
		"10.1.0.4/25 scope global d0",
		"10.6.0.1/24 scope global d0",
	]);
});

test("with promote_secondaries the next one takes its place, and its routes", async () => {
	const made = await six();
	await made.set("a", { kind: "sysctl", key: "net.ipv4.conf.d0.promote_secondaries", value: "1" });
	await made.apply("a", { verb: "delete", object: addr("10.1.0.1/24") });
	expect(await listed(made)).toEqual([
		"10.5.0.1/24 scope link d0",
		"10.1.0.4/25 scope global d0",
		"10.6.0.1/24 scope global d0",
		"10.1.0.2/24 scope global d0",
		"10.1.0.3/24 scope global secondary d0",
	]);
	const routes = await made.kernel.dump("a", ["route"]);
	const sources = routes.ok ? routes.value.flatMap((each) => (each.kind === "route" ? [each.src] : [])) : [];
	expect(sources).not.toContain("10.1.0.1");
	expect(sources.filter((each) => each === "10.1.0.2").length).toBe(4);
});

test("routes that prefer an address go with it", async () => {
	const made = await six();
	const route = { kind: "route", dst: cidr("30.0.0.0/8"), via: ip("10.1.0.9"), src: ip("10.1.0.2") } as const;
	await made.add("a", route);
	await made.apply("a", { verb: "delete", object: addr("10.1.0.2/24") });
	expect(await tryTo(made, "delete", { kind: "route", dst: cidr("30.0.0.0/8") })).toBe("ESRCH: No such process");
});

test.each<readonly [string, Op["verb"], KernelObject, string]>([
	["the same address", "add", addr("10.1.0.1/24"), "EEXIST: ipv4: Address already assigned."],
	["the same with another scope", "add", addr("10.1.0.2/24", "link"), "EEXIST: ipv4: Address already assigned."],
	["another scope in one network", "add", addr("10.1.0.9/24", "link"), "EINVAL: ipv4: Invalid scope value."],
	["the same with another prefix", "add", addr("10.1.0.1/16"), "ok"],
	["the same once more", "replace", addr("10.1.0.2/24"), "ok"],
	["one that is not there", "delete", addr("9.9.9.9/24"), "EADDRNOTAVAIL: ipv4: Address not found."],
	["one with another prefix", "delete", addr("10.1.0.2/25"), "EADDRNOTAVAIL: ipv4: Address not found."],
	["an unknown device", "add", addr("10.9.0.1/24", "global", "nope"), 'ENODEV: Cannot find device "nope"'],
	["IPv6", "add", addr("fd00::1/64"), "EOPNOTSUPP: IPv6 is not modelled (address fd00::1/64)"],
])("%s: %s", async (_, verb, object, answer) => {
	expect(await tryTo(await six(), verb, object)).toBe(answer);
});

test("lo gets its address when it comes up, unless it has one", async () => {
	const made = await lab();
	expect(await listed(made)).toEqual([]);
	await made.set("a", { kind: "link", name: "lo", up: true });
	expect(await listed(made)).toEqual(["127.0.0.1/8 scope host lo"]);
	await made.set("a", { kind: "link", name: "lo", up: false });
	await made.set("a", { kind: "link", name: "lo", up: true });
	expect(await listed(made)).toEqual(["127.0.0.1/8 scope host lo"]);
});

test("who asked to be told hears of each address that comes or goes", async () => {
	const made = await lab();
	const heard: string[] = [];
	made.kernel.machine.inetAddrNotifiers.push(({ type, dev, addr: n }) => heard.push(`${type} ${dev.name} ${n}`));
	await made.add("a", addr("0.0.1.1/24"), addr("0.0.1.2/24"));
	await made.apply("a", { verb: "delete", object: addr("0.0.1.1/24") });
	expect(heard).toEqual(["up d0 257", "up d0 258", "down d0 258", "down d0 257"]);
});
