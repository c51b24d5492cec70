import { expect, test } from "vitest";
import { icmp, n, RouterLab, udp } from "../../../test/router-lab.ts";
import type { KernelObject, Route } from "../../kernel/objects.ts";
import { cidr, ip, ipText } from "../../wire/addr.ts";
import { registerNetHook } from "../netfilter/hooks.ts";
import type { Dst } from "../types.ts";
import { inetAddrType, inetDevAddrType, ipRouteMeHarder, ipRouteOutput, type OutputFlow } from "./route.ts";

function route(dst: string, more: Partial<Route>): Route {
	return { kind: "route", dst: cidr(dst), ...more };
}

function output(router: RouterLab, dst: string, more: Partial<OutputFlow> = {}): Dst {
	const found = ipRouteOutput(router.lab.netns("m"), { dst: n(dst), mark: 0, tos: 0, proto: 6, ...more });
	if (!found.ok) throw new Error(found.error);
	return found.value;
}

/** `via gateway dev name src prefsrc`, of a packet the router would send. */
function way(router: RouterLab, dst: string, more: Partial<OutputFlow> = {}): string {
	const { gateway, dev, prefsrc } = output(router, dst, more);
	return `${gateway === undefined ? "" : `via ${ipText(gateway)} `}dev ${dev.name} src ${ipText(prefsrc ?? 0)}`;
}

const TWO_WAYS = [{ via: ip("10.9.0.2") }, { via: ip("10.8.0.3") }] as const;

test("the trace shows the route that decided, on the way in and on the way out", async () => {
	const router = await RouterLab.create({ more: [route("10.7.0.0/16", { via: ip("10.9.0.2"), metric: 5 })] });
	router.send([udp({ dst: "10.7.1.1", ttl: 2 }), udp({ dst: "10.8.0.1" })]);
	const steps = router.lab.events.flatMap((event) => (event.step === "route" && event.netns === "m" ? [event] : []));
	expect(steps[0]).toMatchObject({
		fn: "ip_route_input_slow",
		direction: "input",
		dst: "10.7.1.1",
		src: "10.8.0.2",
		iif: "w0",
		table: 254,
		result: "forward",
		dev: "v0",
		gateway: "10.9.0.2",
		route: { dst: { addr: "10.7.0.0", prefix: 16 }, type: "unicast", via: "10.9.0.2", dev: "v0", metric: 5 },
	});
	const local = steps.find((step) => step.result === "local");
	expect(local).toMatchObject({ table: 255, route: { type: "local", dev: "w0" } });
	expect(local).not.toHaveProperty("dev");
	const answer = steps.find((step) => step.direction === "output");
	expect(answer).toMatchObject({ result: "output", dev: "w0", dst: "10.8.0.2", prefsrc: "10.8.0.1", table: 254 });
});

test.each([
	["no-route", []],
	["blackhole", [route("192.0.2.0/24", { type: "blackhole" })]],
	["unreachable", [route("192.0.2.0/24", { type: "unreachable" })]],
	["prohibit", [route("192.0.2.0/24", { type: "prohibit" })]],
] as const)("the trace says %s", async (result, more) => {
	const router = await RouterLab.create({ more });
	router.send([udp({ dst: "192.0.2.1" })]);
	expect(router.lab.events).toContainEqual(expect.objectContaining({ step: "route", netns: "m", result }));
});

test("packets by one next hop share one route; a change of the tables counts for the very next packet", async () => {
	const router = await RouterLab.create({ more: [route("10.7.0.0/16", { via: ip("10.9.0.2") })] });
	expect(output(router, "10.7.0.1")).toBe(output(router, "10.7.200.9"));
	const before = output(router, "10.7.0.1");
	router.send([icmp({ type: 0, dst: "10.7.0.1" })]);
	expect(router.lines("y").length).toBe(1);
	await router.lab.apply("m", { verb: "delete", object: route("10.7.0.0/16", {}) });
	router.send([icmp({ type: 0, dst: "10.7.0.1" })]);
	expect([router.lines("y"), router.drops()]).toEqual([[], ["IP_INNOROUTES"]]);
	await router.lab.add("m", route("10.7.0.0/16", { via: ip("10.9.0.9") }));
	expect(output(router, "10.7.0.1")).not.toBe(before);
	expect(way(router, "10.7.0.1")).toBe("via 10.9.0.9 dev v0 src 10.9.0.1");
});

test.each([
	["the address in the gateway's network", "192.0.2.1", "via 198.51.100.9 dev w0 src 198.51.100.1"],
	["what the route prefers", "192.0.3.1", "via 10.9.0.2 dev v0 src 10.8.0.1"],
	["the device's first address when there is no gateway", "192.0.4.1", "dev w0 src 10.8.0.1"],
	["the address itself, for an address of the host", "10.9.0.1", "dev lo src 10.9.0.1"],
	["127.0.0.1 in the loopback network", "127.9.9.9", "dev lo src 127.0.0.1"],
	["the destination, where a local route prefers none", "5.1.2.3", "dev lo src 5.1.2.3"],
	["none of one's own as gateway: the destination is on the link", "192.0.5.1", "dev v0 src 10.9.0.1"],
	["a gateway that is no neighbour by address, but on the link", "192.0.6.1", "via 169.254.1.1 dev v0 src 10.9.0.1"],
])("source: %s", async (_, dst, expected) => {
	const more: KernelObject[] = [
		{ kind: "addr", dev: "w0", addr: cidr("198.51.100.1/24") },
		route("192.0.2.0/24", { via: ip("198.51.100.9") }),
		route("192.0.3.0/24", { via: ip("10.9.0.2"), src: ip("10.8.0.1") }),
		route("192.0.4.0/24", { dev: "w0" }),
		route("5.0.0.0/8", { type: "local", dev: "lo" }),
		route("192.0.5.0/24", { via: ip("10.9.0.1") }),
		route("169.254.1.1/32", { dev: "v0" }),
		route("192.0.6.0/24", { via: ip("169.254.1.1") }),
	];
	expect(way(await RouterLab.create({ more }), dst)).toBe(expected);
});

test("a socket bound to a device sends to anybody by it, as if on the link", async () => {
	const router = await RouterLab.create();
	const oif = router.lab.dev("m", "w0").ifindex;
	expect(way(router, "192.0.2.1", { oif })).toBe("dev w0 src 10.8.0.1");
	await router.lab.add("m", route("0.0.0.0/0", { via: ip("10.9.0.2") }));
	await router.lab.add("m", route("0.0.0.0/0", { via: ip("10.8.0.3"), metric: 9 }));
	expect(way(router, "192.0.2.1", { oif })).toBe("via 10.8.0.3 dev w0 src 10.8.0.1");
	expect(way(router, "192.0.2.1")).toBe("via 10.9.0.2 dev v0 src 10.9.0.1");
});

test("forwarded flows spread over the next hops; one flow stays with one", async () => {
	const router = await RouterLab.create({ more: [route("10.7.0.0/16", { nexthops: TWO_WAYS })] });
	const ways = (packets: readonly Uint8Array[]): readonly string[] => {
		router.send(packets);
		const steps = router.lab.events.splice(0);
		return steps.flatMap((step) => (step.step === "route" && step.result === "forward" ? [step.dev ?? ""] : []));
	};
	const flows = Array.from({ length: 40 }, (_, k) => icmp({ type: 0, dst: `10.7.0.${k + 1}` }));
	const first = ways(flows);
	expect(new Set(first)).toEqual(new Set(["v0", "w0"]));
	expect(ways(flows)).toEqual(first);
	const ports = Array.from({ length: 40 }, (_, k) => udp({ dst: "10.7.0.1", sport: k + 1 }));
	expect(new Set(ways(ports)).size).toBe(1);
	await router.lab.set("m", { kind: "sysctl", key: "net.ipv4.fib_multipath_hash_policy", value: "1" });
	expect(new Set(ways(ports)).size).toBe(2);
	for (const policy of ["2", "3"]) {
		const object = { kind: "sysctl", key: "net.ipv4.fib_multipath_hash_policy", value: policy } as const;
		const refused = await router.lab.kernel.apply("m", [{ verb: "replace", object }]);
		expect(refused).toMatchObject({ ok: false, error: { errno: "EOPNOTSUPP" } });
	}
});

test("a flow of one's own stays with the next hop whose source it has", async () => {
	const router = await RouterLab.create({ more: [route("10.7.0.0/16", { nexthops: TWO_WAYS })] });
	const seen = new Set<string>();
	for (let last = 1; last < 40; last += 1) {
		const dst = `10.7.0.${last}`;
		const chosen = output(router, dst);
		seen.add(chosen.dev.name);
		expect(output(router, dst, { src: chosen.prefsrc }).dev).toBe(chosen.dev);
	}
	expect(seen).toEqual(new Set(["v0", "w0"]));
});

test.each([
	[0, "via 10.9.0.2 dev v0 src 10.9.0.1"],
	[1, "via 10.8.0.2 dev w0 src 10.8.0.1"],
])("with ignore_routes_with_linkdown=%i a route without carrier leads %s", async (ignore, expected) => {
	const more = [
		route("10.7.0.0/16", { via: ip("10.9.0.2") }),
		route("10.7.0.0/16", { via: ip("10.8.0.2"), metric: 9 }),
	];
	const router = await RouterLab.create({ more });
	await router.lab.set("m", {
		kind: "sysctl",
		key: "net.ipv4.conf.v0.ignore_routes_with_linkdown",
		value: String(ignore),
	});
	await router.lab.set("y", { kind: "link", name: "eth0", up: false });
	expect(way(router, "10.7.0.1")).toBe(expected);
});

test("what kind an address is", async () => {
	const router = await RouterLab.create({ more: [route("192.0.2.0/24", { type: "blackhole" })] });
	const netns = router.lab.netns("m");
	const types = [
		"10.8.0.1",
		"127.3.4.5",
		"10.8.0.255",
		"255.255.255.255",
		"0.0.0.0",
		"224.1.1.1",
		"10.8.0.2",
		"192.0.2.1",
	];
	const expected = ["local", "local", "broadcast", "broadcast", "broadcast", "multicast", "unicast", "unicast"];
	expect(types.map((text) => inetAddrType(netns, n(text)))).toEqual(expected);
	expect(types.map((text) => inetDevAddrType(netns, router.lab.dev("m", "w0"), n(text)))).toEqual([
		"local",
		"unicast",
		...expected.slice(2),
	]);
	await router.lab.apply("m", { verb: "delete", object: { kind: "addr", dev: "w0", addr: cidr("10.8.0.1/24") } });
	expect(inetAddrType(netns, n("10.8.0.1"))).toBe("unicast");
});

test("a packet marked in OUTPUT is routed anew by its mark, and keeps its source", async () => {
	const more: KernelObject[] = [
		route("0.0.0.0/0", { via: ip("10.9.0.2") }),
		route("0.0.0.0/0", { via: ip("10.8.0.2"), table: 100 }),
		{ kind: "rule", family: "ipv4", priority: 9, fwmark: { value: 7, mask: 7 }, table: 100 },
	];
	const router = await RouterLab.create({ more });
	const netns = router.lab.netns("m");
	registerNetHook(netns, "ipv4", "OUTPUT", {
		priority: 0,
		name: "test_mark",
		fn: (skb) => {
			skb.mark = 7;
			return ipRouteMeHarder(netns, skb) === undefined ? "accept" : "drop";
		},
	});
	const opened = router.lab.kernel.sockets.openUdp("m", {}, {});
	if (!opened.ok) throw new Error(opened.error.message);
	opened.value.send(new Uint8Array(3), { addr: ip("192.0.2.1"), port: 9 });
	router.lab.kernel.runBacklog();
	expect(router.lines("x")).toEqual([expect.stringMatching(/^10\.9\.0\.1 > 192\.0\.2\.1 ttl 64 DF len 31 UDP/)]);
});
