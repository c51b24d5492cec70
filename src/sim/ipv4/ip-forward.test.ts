import { expect, test } from "vitest";
import { icmp, n, RouterLab, restOf, udp } from "../../../test/router-lab.ts";
import { badEndings } from "../../../test/sim-lab.ts";
import type { Route } from "../../kernel/objects.ts";
import { cidr, ip } from "../../wire/addr.ts";
import { IP_MF } from "../../wire/ipv4.ts";

function route(dst: string, more: Partial<Route>): Route {
	return { kind: "route", dst: cidr(dst), ...more };
}

test("forwarding lowers the TTL and keeps everything else of the header", async () => {
	const router = await RouterLab.create();
	router.send([icmp({ type: 8, tos: 0x10, id: 0x1234 })]);
	expect(router.lines("y")).toEqual(["10.8.0.2 > 10.9.0.2 ttl 63 tos 0x10 DF len 84 ICMP 8/0"]);
	expect(router.lines("x")).toEqual(["10.9.0.2 > 10.8.0.2 ttl 63 tos 0x10 len 84 ICMP 0/0"]);
	expect(badEndings(router.lab.events)).toEqual([]);
});

test("a TTL of 1 ends at the router, which says so from the address facing the sender", async () => {
	const router = await RouterLab.create();
	router.send([udp({ ttl: 1, length: 600 })]);
	expect(router.lines("x")).toEqual(["10.8.0.1 > 10.8.0.2 ttl 64 tos 0xc0 len 576 ICMP 11/0"]);
	expect(router.lines("y")).toEqual([]);
	expect(router.drops()).toEqual(["TTL_EXPIRED"]);
});

test("too long and not to be cut: the sender gets the MTU", async () => {
	const router = await RouterLab.create({ mtu: { v0: 1000 } });
	router.send([udp({ length: 1400 })]);
	const [answer] = router.got("x");
	expect(answer?.length).toBe(576);
	expect(restOf(answer ?? new Uint8Array(28))).toBe(1000);
	expect(router.drops()).toEqual(["PKT_TOO_BIG"]);
});

test("too long and free to be cut: pieces of a multiple of 8, the rest in the last", async () => {
	const router = await RouterLab.create({ mtu: { v0: 1000 } });
	router.send([udp({ length: 1400, frag: 0 })]);
	expect(router.lines("y")).toEqual([
		"10.8.0.2 > 10.9.0.2 ttl 63 MF len 996 UDP 1000>80",
		"10.8.0.2 > 10.9.0.2 ttl 63 at 976 len 452",
	]);
	// The receiver put them together before it found no socket: it quotes as much as fits.
	expect(router.lines("x")).toEqual(["10.9.0.2 > 10.8.0.2 ttl 63 tos 0xc0 len 576 ICMP 3/3"]);
	expect(badEndings(router.lab.events)).toEqual([]);
});

test("a route's own MTU counts for what is forwarded", async () => {
	const router = await RouterLab.create({ more: [route("10.7.0.0/16", { via: ip("10.9.0.2"), mtu: 600 })] });
	router.send([udp({ dst: "10.7.0.1", length: 700 })]);
	expect(router.got("x").map(restOf)).toEqual([600]);
});

test("without forwarding a packet for others vanishes without an answer", async () => {
	const router = await RouterLab.create({ sysctls: { "net.ipv4.ip_forward": 0 } });
	router.send([udp()]);
	expect([router.lines("x"), router.lines("y"), router.drops()]).toEqual([[], [], ["IP_INADDRERRORS"]]);
});

test("what is sent back the way it came goes with a redirect, once; the packet itself goes on", async () => {
	const router = await RouterLab.create({ more: [route("10.50.0.0/16", { via: ip("10.8.0.3") })] });
	await router.lab.add("x", { kind: "addr", dev: "eth0", addr: cidr("10.8.0.3/24") });
	router.send(Array.from({ length: 5 }, () => udp({ dst: "10.50.0.1" })));
	const got = router.got("x");
	const redirects = got.filter((each) => each[9] === 1 && each[20] === 5);
	expect(redirects.map(restOf)).toEqual([n("10.8.0.3")]);
	// The quoted TTL is the lowered one.
	expect(redirects[0]?.[28 + 8]).toBe(63);
	expect(got.length - redirects.length).toBe(5);
});

test("no redirect when send_redirects is off on all and on the device", async () => {
	const router = await RouterLab.create({
		more: [route("10.50.0.0/16", { via: ip("10.8.0.3") })],
		sysctls: { "net.ipv4.conf.all.send_redirects": 0, "net.ipv4.conf.w0.send_redirects": 0 },
	});
	await router.lab.add("x", { kind: "addr", dev: "eth0", addr: cidr("10.8.0.3/24") });
	router.send([udp({ dst: "10.50.0.1" })]);
	expect(router.got("x").filter((each) => each[9] === 1)).toEqual([]);
});

test("a unicast packet in a broadcast frame is not forwarded", async () => {
	const router = await RouterLab.create();
	router.send([udp()], { to: 0xffffffffffff });
	expect([router.lines("y"), router.drops()]).toEqual([[], ["NOT_SPECIFIED"]]);
});

test.each([
	["no route", "3/0", 2, "IP_INNOROUTES"],
	["unreachable", "3/1", 2, "ROUTE_UNREACHABLE"],
	["prohibit", "3/13", 2, "ROUTE_PROHIBIT"],
	["blackhole", "", 0, "ROUTE_BLACKHOLE"],
] as const)("%s: 8 packets at once get so many answers as on 6.18", async (type, answer, count, reason) => {
	const more = type === "no route" ? [] : [route("203.0.113.0/24", { type })];
	const router = await RouterLab.create({ more });
	router.send(Array.from({ length: 8 }, () => udp({ dst: "203.0.113.1" })));
	const expected = `10.8.0.1 > 10.8.0.2 ttl 64 tos 0xc0 len 56 ICMP ${answer}`;
	expect(router.lines("x")).toEqual(Array.from({ length: count }, () => expected));
	expect(router.drops()).toEqual(Array.from({ length: 8 }, () => reason));
});

test("fragments pass a router without conntrack as they came", async () => {
	const router = await RouterLab.create();
	router.send([udp({ length: 792, frag: IP_MF }), udp({ length: 692, frag: 100 })]);
	expect(router.lines("y")).toEqual([
		"10.8.0.2 > 10.9.0.2 ttl 63 MF len 820 UDP 1000>80",
		"10.8.0.2 > 10.9.0.2 ttl 63 at 800 len 720",
	]);
});
