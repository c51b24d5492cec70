import { expect, test } from "vitest";
import { SimLab } from "../../../test/sim-lab.ts";
import type { Op } from "../../kernel/kernel.ts";
import type { Addr, KernelObject, Route } from "../../kernel/objects.ts";
import { cidr, ip } from "../../wire/addr.ts";

/** `d0` and `d1` up in `a`, as in the experiments on 6.18 whose listings stand below. */
async function lab(): Promise<SimLab> {
	const made = new SimLab("a", "far");
	for (const [name, peer] of [
		["d0", "p0"],
		["d1", "p1"],
	] as const) {
		await made.add("a", { kind: "link", name, link: { type: "veth", peer, peerNetns: "far" }, up: true });
		await made.set("far", { kind: "link", name: peer, up: true });
	}
	await made.set("a", { kind: "link", name: "lo", up: true });
	return made;
}

function addr(dev: string, text: string): Addr {
	return { kind: "addr", dev, addr: cidr(text) };
}

function route(dst: string, more: Partial<Route> = {}): Route {
	return { kind: "route", dst: cidr(dst), ...more };
}

async function dump(made: SimLab): Promise<readonly Route[]> {
	const dumped = await made.kernel.dump("a", ["route"]);
	if (!dumped.ok) throw new Error(dumped.error.message);
	return dumped.value.filter((object): object is Route => object.kind === "route");
}

/** As `ip route show table ID` prints them. */
async function listed(made: SimLab, table = 254): Promise<readonly string[]> {
	return (await dump(made)).filter((each) => each.table === table).map(line);
}

function line(of: Route): string {
	const words: string[] = of.type === "unicast" ? [] : [of.type ?? ""];
	const { addr: dst, prefix } = of.dst;
	words.push(prefix === 0 ? "default" : prefix === 32 ? dst : `${dst}/${prefix}`);
	for (const key of ["via", "dev"] as const) if (of[key] !== undefined) words.push(`${key} ${of[key]}`);
	if (of.protocol !== "boot") words.push(`proto ${of.protocol}`);
	if (of.scope !== "global") words.push(`scope ${of.scope}`);
	if (of.src !== undefined) words.push(`src ${of.src}`);
	if (of.metric !== undefined) words.push(`metric ${of.metric}`);
	if (of.mtu !== undefined) words.push(`mtu ${of.mtu}`);
	for (const hop of of.nexthops ?? []) words.push(`nexthop via ${hop.via} dev ${hop.dev} weight ${hop.weight}`);
	if (of.onlink === true) words.push("onlink");
	if (of.linkdown === true) words.push("linkdown");
	return words.join(" ");
}

async function tryTo(made: SimLab, verb: Op["verb"], object: KernelObject): Promise<string> {
	const done = await made.kernel.apply("a", [{ verb, object }]);
	return done.ok ? "ok" : `${done.error.errno}: ${done.error.message}`;
}

test("addresses bring their local, broadcast and connected routes", async () => {
	const made = await lab();
	await made.add("a", addr("d0", "10.0.0.1/24"), addr("d0", "10.0.0.2/24"), addr("d0", "10.0.0.1/16"));
	await made.add("a", addr("d0", "10.0.0.9/32"), addr("d1", "10.0.0.1/24"), addr("d1", "192.0.2.0/31"));
	expect(await listed(made)).toEqual([
		"10.0.0.0/24 dev d0 proto kernel scope link src 10.0.0.1",
		"10.0.0.0/24 dev d1 proto kernel scope link src 10.0.0.1",
		"10.0.0.0/16 dev d0 proto kernel scope link src 10.0.0.1",
		"192.0.2.0/31 dev d1 proto kernel scope link src 192.0.2.0",
	]);
	expect(await listed(made, 255)).toEqual([
		"local 10.0.0.1 dev d0 proto kernel scope host src 10.0.0.1",
		"local 10.0.0.1 dev d1 proto kernel scope host src 10.0.0.1",
		"local 10.0.0.2 dev d0 proto kernel scope host src 10.0.0.1",
		"local 10.0.0.9 dev d0 proto kernel scope host src 10.0.0.9",
		"broadcast 10.0.0.255 dev d0 proto kernel scope link src 10.0.0.1",
		"broadcast 10.0.0.255 dev d1 proto kernel scope link src 10.0.0.1",
		"broadcast 10.0.255.255 dev d0 proto kernel scope link src 10.0.0.1",
		"local 127.0.0.0/8 dev lo proto kernel scope host src 127.0.0.1",
		"local 127.0.0.1 dev lo proto kernel scope host src 127.0.0.1",
		"broadcast 127.255.255.255 dev lo proto kernel scope link src 127.0.0.1",
		"local 192.0.2.0 dev d1 proto kernel scope host src 192.0.2.0",
	]);
});

test("the answers to route commands are those of 6.18", async () => {
	const made = await lab();
	await made.add("a", addr("d0", "10.0.0.1/24"), addr("d0", "10.0.0.2/24"), addr("d1", "192.0.2.0/31"));
	await made.set("a", { kind: "link", name: "d1", up: false });
	const gateway = "Nexthop has invalid gateway.";
	const answers: readonly (readonly [Route, string])[] = [
		[route("1.1.1.0/24", { via: ip("10.0.0.1") }), "ok"],
		[route("1.1.2.0/24", { via: ip("10.0.0.255") }), `EINVAL: ${gateway}`],
		[route("1.1.3.0/24", { via: ip("127.0.0.1") }), "ok"],
		[route("1.1.4.0/24"), "ENODEV: No such device"],
		[route("1.1.5.0/24", { via: ip("8.8.8.8"), dev: "d0" }), `ENETUNREACH: ${gateway}`],
		[route("1.1.5.0/24", { via: ip("8.8.8.8"), dev: "d0", onlink: true }), "ok"],
		[route("1.1.6.0/24", { dev: "d0", src: ip("9.9.9.9") }), "EINVAL: Invalid prefsrc address."],
		[route("1.1.7.1/24", { dev: "d0" }), "EINVAL: Invalid prefix for given prefix length."],
		[route("1.1.8.0/24", { via: ip("10.0.0.7"), src: ip("10.0.0.2"), mtu: 1400 }), "ok"],
		[route("5.0.0.0/8", { type: "local", dev: "lo" }), "ok"],
		[route("1.1.9.0/24", { dev: "d0", scope: "global" }), "ok"],
		[route("1.2.0.0/16", { via: ip("1.1.9.9") }), `ENETUNREACH: ${gateway}`],
		[route("6.0.0.0/8", { type: "throw" }), "ok"],
		[route("7.0.0.255/32", { type: "broadcast", dev: "d0" }), "ok"],
		[route("1.1.20.0/24", { dev: "d1" }), "ENETDOWN: Device for nexthop is not up."],
		[route("1.1.21.0/24", { via: ip("192.0.2.1"), dev: "d1" }), `ENETUNREACH: ${gateway}`],
		[route("1.1.21.0/24", { via: ip("192.0.2.1"), dev: "d1", onlink: true }), "ENETDOWN: Nexthop device is not up."],
		[route("10.0.0.0/24", { via: ip("10.0.0.7") }), "EEXIST: File exists"],
		[route("10.0.0.0/8", { via: ip("10.0.0.7") }), "ok"],
		[route("0.0.0.0/8", { via: ip("10.0.0.7") }), "ok"],
		[route("0.0.0.0/0", { via: ip("10.0.0.7") }), "ok"],
		[route("0.0.0.0/0", { via: ip("10.0.0.8"), metric: 100 }), "ok"],
		[route("0.0.0.0/0", { via: ip("10.0.0.9"), metric: 100 }), "EEXIST: File exists"],
		[route("10.0.0.0/24", { dev: "d0", metric: 5 }), "ok"],
		[route("2.0.0.0/8", { dev: "nope" }), 'ENODEV: Cannot find device "nope"'],
		[route("2.0.0.0/8", { type: "local", dev: "lo", scope: "link" }), "EINVAL: Invalid scope."],
		[
			route("2.0.0.0/8", { type: "blackhole", dev: "d0" }),
			"EINVAL: Gateway, device and multipath can not be specified for this route type.",
		],
		[route("10.14.0.0/16", { nexthops: [{ via: ip("10.0.0.7") }, { via: ip("10.0.0.8"), weight: 2 }] }), "ok"],
	];
	for (const [object, answer] of answers) expect([object, await tryTo(made, "add", object)]).toEqual([object, answer]);
	expect(await listed(made)).toEqual([
		"0.0.0.0/8 via 10.0.0.7 dev d0",
		"default via 10.0.0.7 dev d0",
		"default via 10.0.0.8 dev d0 metric 100",
		"1.1.1.0/24 via 10.0.0.1 dev d0",
		"1.1.3.0/24 via 127.0.0.1 dev lo",
		"1.1.5.0/24 via 8.8.8.8 dev d0 onlink",
		"1.1.8.0/24 via 10.0.0.7 dev d0 src 10.0.0.2 mtu 1400",
		"1.1.9.0/24 dev d0",
		"throw 6.0.0.0/8",
		"10.0.0.0/24 dev d0 proto kernel scope link src 10.0.0.1",
		"10.0.0.0/24 dev d0 scope link metric 5",
		"10.0.0.0/8 via 10.0.0.7 dev d0",
		"10.14.0.0/16 nexthop via 10.0.0.7 dev d0 weight 1 nexthop via 10.0.0.8 dev d0 weight 2",
	]);
});

test("deleting takes the first route that fits what is given", async () => {
	const made = await lab();
	await made.add("a", addr("d0", "10.0.0.1/24"));
	await made.add("a", route("9.0.0.0/8", { via: ip("10.0.0.7"), metric: 1, protocol: "static" }));
	await made.add("a", route("9.0.0.0/8", { via: ip("10.0.0.8"), metric: 2 }));
	expect(await tryTo(made, "delete", route("9.0.0.0/8", { via: ip("10.0.0.9") }))).toBe("ESRCH: No such process");
	expect(await tryTo(made, "delete", route("9.0.0.0/8", { table: 100 }))).toBe("ESRCH: FIB table does not exist.");
	expect(await tryTo(made, "delete", route("9.0.0.0/8", { protocol: "boot" }))).toBe("ok");
	expect(await listed(made)).toContain("9.0.0.0/8 via 10.0.0.7 dev d0 proto static metric 1");
	expect(await tryTo(made, "delete", route("9.0.0.0/8"))).toBe("ok");
	expect(await listed(made)).toEqual(["10.0.0.0/24 dev d0 proto kernel scope link src 10.0.0.1"]);
});

test("replacing takes the place of the route with the same metric, or adds one", async () => {
	const made = await lab();
	await made.add("a", addr("d0", "10.0.0.1/24"));
	for (const last of [7, 8]) await made.set("a", route("9.0.0.0/8", { via: ip(`10.0.0.${last}`), table: 100 }));
	await made.set("a", route("9.0.0.0/8", { via: ip("10.0.0.9"), table: 100, metric: 3 }));
	expect(await listed(made, 100)).toEqual(["9.0.0.0/8 via 10.0.0.8 dev d0", "9.0.0.0/8 via 10.0.0.9 dev d0 metric 3"]);
});

test("a device that goes down loses its routes but not its addresses; up again, only the connected ones come back", async () => {
	const made = await lab();
	await made.add(
		"a",
		addr("d0", "10.0.0.1/24"),
		addr("d1", "10.1.0.1/24"),
		route("9.0.0.0/8", { via: ip("10.0.0.7") }),
	);
	const nexthops = [{ via: ip("10.0.0.7") }, { via: ip("10.1.0.7") }];
	await made.add("a", route("8.0.0.0/8", { nexthops }));
	await made.set("a", { kind: "link", name: "d0", up: false });
	const local = "local 10.0.0.1 dev d0 proto kernel scope host src 10.0.0.1";
	const connected = "10.0.0.0/24 dev d0 proto kernel scope link src 10.0.0.1";
	const other = "10.1.0.0/24 dev d1 proto kernel scope link src 10.1.0.1";
	const multipath = "8.0.0.0/8 nexthop via 10.0.0.7 dev d0 weight 1 nexthop via 10.1.0.7 dev d1 weight 1";
	expect(await listed(made)).toEqual([multipath, other]);
	expect(await listed(made, 255)).toContain(local);
	expect((await listed(made, 255)).some((each) => each.includes("10.0.0.255"))).toBe(false);
	await made.set("a", { kind: "link", name: "d0", up: true });
	expect(await listed(made)).toEqual([multipath, connected, other]);
});

test("without carrier the routes stay, marked linkdown; the local ones are not marked", async () => {
	const made = await lab();
	await made.add("a", addr("d0", "10.0.0.1/24"));
	await made.set("far", { kind: "link", name: "p0", up: false });
	expect(await listed(made)).toEqual(["10.0.0.0/24 dev d0 proto kernel scope link src 10.0.0.1 linkdown"]);
	expect((await listed(made, 255)).filter((each) => each.includes("linkdown"))).toEqual([
		"broadcast 10.0.0.255 dev d0 proto kernel scope link src 10.0.0.1 linkdown",
	]);
	await made.set("far", { kind: "link", name: "p0", up: true });
	expect(await listed(made)).toEqual(["10.0.0.0/24 dev d0 proto kernel scope link src 10.0.0.1"]);
});

test("an address on a device that is down has its local route only", async () => {
	const made = await lab();
	await made.add(
		"a",
		{ kind: "link", name: "kube-ipvs0", link: { type: "dummy" } },
		addr("kube-ipvs0", "10.96.0.1/32"),
	);
	expect((await listed(made, 255)).filter((each) => each.includes("kube-ipvs0"))).toEqual([
		"local 10.96.0.1 dev kube-ipvs0 proto kernel scope host src 10.96.0.1",
	]);
});

test("a device that is removed takes everything by it along", async () => {
	const made = await lab();
	const before = await dump(made);
	await made.add("a", addr("d0", "10.0.0.1/24"), route("9.0.0.0/8", { via: ip("10.0.0.7") }));
	await made.apply("a", { verb: "delete", object: { kind: "link", name: "d0" } });
	expect(await dump(made)).toEqual(before);
});

test("a transaction that fails leaves the tables as they were", async () => {
	const made = await lab();
	await made.add(
		"a",
		addr("d0", "10.0.0.1/24"),
		addr("d0", "10.0.0.2/24"),
		route("9.0.0.0/8", { via: ip("10.0.0.7") }),
	);
	const before = await made.kernel.dump("a", ["addr", "route", "rule"]);
	const done = await made.kernel.apply("a", [
		{ verb: "add", object: route("11.0.0.0/8", { via: ip("10.0.0.7") }) },
		{ verb: "replace", object: route("9.0.0.0/8", { via: ip("10.0.0.8") }) },
		{ verb: "add", object: { kind: "rule", family: "ipv4", priority: 5, table: 7 } },
		{ verb: "delete", object: addr("d0", "10.0.0.1/24") },
		{ verb: "add", object: addr("d1", "10.5.0.1/24") },
		{ verb: "add", object: route("12.0.0.0/8", { dev: "nope" }) },
	]);
	expect(done.ok ? "" : done.error).toEqual({ errno: "ENODEV", op: 5, message: 'Cannot find device "nope"' });
	expect(await made.kernel.dump("a", ["addr", "route", "rule"])).toEqual(before);
});

test("IPv6 and multicast routes are refused by name", async () => {
	const made = await lab();
	expect(await tryTo(made, "add", route("fd00::/64", { dev: "d0" }))).toBe(
		"EOPNOTSUPP: IPv6 is not modelled (route fd00::/64)",
	);
	expect(await tryTo(made, "add", route("239.0.0.0/8", { dev: "d0", type: "multicast" }))).toMatch(/^EOPNOTSUPP/);
});
