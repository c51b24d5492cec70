import { expect, test } from "vitest";
import { SimLab } from "../../../test/sim-lab.ts";
import type { RouteQuery } from "../../kernel/route-query.ts";
import { cidr, ip } from "../../wire/addr.ts";

async function lab(): Promise<SimLab> {
	const made = new SimLab("n", "m");
	await made.add(
		"n",
		{ kind: "link", name: "v0", link: { type: "veth", peer: "v1", peerNetns: "m" }, up: true },
		{ kind: "link", name: "br0", link: { type: "bridge" }, up: true },
	);
	await made.set("m", { kind: "link", name: "v1", up: true });
	await made.add(
		"n",
		{ kind: "addr", dev: "v0", addr: cidr("10.0.0.1/24") },
		{ kind: "addr", dev: "br0", addr: cidr("10.2.0.1/24") },
		{ kind: "route", dst: cidr("0.0.0.0/0"), via: ip("10.0.0.2"), mtu: 1400 },
		{ kind: "route", dst: cidr("10.12.0.0/16"), type: "unreachable" },
		{ kind: "route", dst: cidr("10.13.0.0/16"), type: "prohibit" },
	);
	await made.set("n", { kind: "sysctl", key: "net.ipv4.ip_forward", value: "1" });
	return made;
}

const FOUND: readonly (readonly [what: string, query: RouteQuery, answer: object])[] = [
	[
		"by the gateway, with the route's MTU",
		{ dst: ip("8.8.8.8") },
		{ type: "unicast", dev: "v0", via: ip("10.0.0.2"), prefsrc: ip("10.0.0.1"), table: 254, mtu: 1400 },
	],
	["on the link", { dst: ip("10.2.0.9") }, { type: "unicast", dev: "br0", prefsrc: ip("10.2.0.1"), table: 254 }],
	["to itself", { dst: ip("10.0.0.1") }, { type: "local", dev: "lo", prefsrc: ip("10.0.0.1"), table: 254 }],
	[
		"no source is named when one was given",
		{ dst: ip("10.2.0.9"), src: ip("10.0.0.1") },
		{ type: "unicast", dev: "br0", table: 254 },
	],
	[
		"forwarded",
		{ dst: ip("8.8.8.8"), src: ip("10.2.0.7"), iif: "br0" },
		{ type: "unicast", dev: "v0", via: ip("10.0.0.2"), table: 254, mtu: 1400 },
	],
	[
		"out by where it came in",
		{ dst: ip("10.2.0.8"), src: ip("10.2.0.7"), iif: "br0" },
		{ type: "unicast", dev: "br0", table: 254, redirect: true },
	],
];

test.each(FOUND)("%s", async (_what, query, answer) => {
	const got = await (await lab()).kernel.routeGet("n", query);
	expect(got.ok && { ...got.value, route: undefined }).toEqual({ ...answer, route: undefined });
});

const REFUSED: readonly (readonly [dst: string, rest: Partial<RouteQuery>, errno: string])[] = [
	["10.12.0.1", {}, "EHOSTUNREACH"],
	["10.13.0.1", {}, "EACCES"],
	["8.8.8.8", { src: ip("1.2.3.4") }, "ENETUNREACH"],
	["8.8.8.8", { src: ip("10.2.0.1"), iif: "br0" }, "EINVAL"],
	["8.8.8.8", { iif: "nosuch" }, "ENODEV"],
	["fd00::1", {}, "ENETUNREACH"],
];

test.each(REFUSED)("%s %o: %s", async (dst, rest, errno) => {
	const got = await (await lab()).kernel.routeGet("n", { dst: ip(dst), ...rest });
	expect(got.ok ? "found" : got.error.errno).toBe(errno);
});

test("namespaces are numbered in the order in which they are seen, and numbers of gone ones are free again", async () => {
	const made = new SimLab("n", "a", "b", "c");
	const veth = (name: string, peerNetns: string) =>
		({ kind: "link", name, link: { type: "veth", peer: "e", peerNetns } }) as const;
	await made.add("n", veth("p1", "b"), veth("p2", "a"));
	await made.links("n");
	expect(await made.kernel.netnsIds("n")).toEqual({
		ok: true,
		value: new Map([
			["b", 0],
			["a", 1],
		]),
	});
	await made.kernel.deleteNetns("b");
	await made.add("n", veth("p3", "c"));
	expect((await made.links("n")).map((link) => link.peerNetnsId)).toEqual([undefined, 1, 0]);
});

test("a route goes among others of its destination and metric where it is told to", async () => {
	const made = await lab();
	const to = { kind: "route", dst: cidr("10.42.0.1/32") } as const;
	await made.add("n", { ...to, dev: "v0" });
	await made.add("n", { ...to, via: ip("10.0.0.9"), among: "last" }, { ...to, via: ip("10.0.0.8"), among: "first" });
	const dumped = await made.kernel.dump("n", ["route"]);
	const routes = dumped.ok ? dumped.value.filter((each) => each.kind === "route" && each.dst.prefix === 32) : [];
	expect(routes.flatMap((each) => (each.kind === "route" && each.table === 254 ? [each.via] : []))).toEqual([
		"10.0.0.8",
		undefined,
		"10.0.0.9",
	]);
	const again = await made.kernel.apply("n", [{ verb: "add", object: { ...to, via: ip("10.0.0.9"), among: "first" } }]);
	expect(again.ok ? "" : again.error.errno).toBe("EEXIST");
});
