import { expect, test } from "vitest";
import { icmp, packet, RouterLab, udp } from "../../../test/router-lab.ts";
import { badEndings } from "../../../test/sim-lab.ts";
import { cidr, ip, mac } from "../../wire/addr.ts";

const AT_ROUTER = { dst: "10.8.0.1" } as const;

function times<T>(count: number, make: (k: number) => T): readonly T[] {
	return Array.from({ length: count }, (_, k) => make(k));
}

test("an unknown protocol gets protocol unreachable, from the address it was sent to, quoting all", async () => {
	const router = await RouterLab.create();
	router.send([packet({ ...AT_ROUTER, proto: 99, payload: Uint8Array.of(1, 2, 3, 4) })]);
	const [answer] = router.got("x");
	expect(answer?.slice(28)).toEqual(packet({ ...AT_ROUTER, proto: 99, payload: Uint8Array.of(1, 2, 3, 4) }));
	expect(router.drops()).toEqual(["IP_NOPROTO"]);
});

test("errors keep the low bits of the TOS under precedence 6", async () => {
	const router = await RouterLab.create();
	router.send([udp({ ttl: 1, tos: 0xb8 })]);
	expect(router.lines("x")).toEqual(["10.8.0.1 > 10.8.0.2 ttl 64 tos 0xd8 len 56 ICMP 11/0"]);
});

test.each([
	["an ICMP error", icmp({ type: 3, code: 1, ttl: 1 })],
	["an unknown ICMP type", icmp({ type: 42, ttl: 1 })],
	["a later fragment", udp({ ttl: 1, frag: 6 })],
])("no error is sent about %s", async (_, about) => {
	const router = await RouterLab.create();
	router.send([about]);
	expect([router.lines("x"), router.drops()]).toEqual([[], ["TTL_EXPIRED"]]);
});

test("an error is sent about an echo reply", async () => {
	const router = await RouterLab.create();
	router.send([icmp({ type: 0, ttl: 1, length: 40 })]);
	expect(router.lines("x")).toEqual(["10.8.0.1 > 10.8.0.2 ttl 64 tos 0xc0 len 96 ICMP 11/0"]);
});

test("to a broadcast frame: echo requests are answered, datagrams to closed ports are not", async () => {
	const router = await RouterLab.create();
	const to = 0xffffffffffff;
	router.send([udp(AT_ROUTER), icmp({ type: 8, ...AT_ROUTER })], { to });
	expect(router.lines("x")).toEqual(["10.8.0.1 > 10.8.0.2 ttl 64 len 84 ICMP 0/0"]);
});

test.each([
	["ignored unless allowed", 1, []],
	["answered from the address facing the sender", 0, ["10.8.0.1 > 10.8.0.2 ttl 64 len 84 ICMP 0/0"]],
])("an echo request to the broadcast address is %s", async (_, ignore, answers) => {
	const router = await RouterLab.create({ sysctls: { "net.ipv4.icmp_echo_ignore_broadcasts": ignore } });
	router.send([icmp({ type: 8, dst: "10.8.0.255" })], { to: 0xffffffffffff });
	expect(router.lines("x")).toEqual(answers);
});

test("icmp_echo_ignore_all", async () => {
	const router = await RouterLab.create({ sysctls: { "net.ipv4.icmp_echo_ignore_all": 1 } });
	router.send([icmp({ type: 8, ...AT_ROUTER })]);
	expect([router.lines("x"), router.drops()]).toEqual([[], ["ICMP_IGNORED"]]);
});

test("a wrong ICMP checksum is dropped", async () => {
	const router = await RouterLab.create();
	const broken = icmp({ type: 8, ...AT_ROUTER });
	broken[30] = (broken[30] ?? 0) ^ 1;
	router.send([broken]);
	expect(router.drops()).toEqual(["ICMP_CSUM"]);
});

test("six errors at once per destination, then one per second; echo replies without end", async () => {
	const router = await RouterLab.create();
	router.send(times(20, (k) => udp({ ...AT_ROUTER, dport: k + 1 })));
	expect(router.got("x").length).toBe(6);
	for (let round = 0; round < 2; round += 1) {
		router.lab.pass(1.2);
		router.send(times(4, () => udp(AT_ROUTER)));
		expect(router.got("x").length).toBe(1);
	}
	router.send(times(100, () => icmp({ type: 8, ...AT_ROUTER })));
	expect(router.got("x").length).toBe(100);
});

test("icmp_ratelimit=0 lifts the limit, but not that of the router's own unreachables", async () => {
	const router = await RouterLab.create({ sysctls: { "net.ipv4.icmp_ratelimit": 0 } });
	router.send(times(20, () => udp(AT_ROUTER)));
	expect(router.got("x").length).toBe(20);
	router.send(times(8, () => udp({ dst: "203.0.113.1" })));
	expect(router.got("x").length).toBe(5);
});

test("unreachables of all kinds draw on the same tokens", async () => {
	const router = await RouterLab.create();
	router.send([...times(3, () => udp(AT_ROUTER)), ...times(8, () => udp({ dst: "203.0.113.1" }))]);
	expect(router.got("x").length).toBe(4);
});

test("no more than fifty errors at once to all destinations together", async () => {
	const route = { kind: "route", dst: cidr("10.77.0.0/16"), via: ip("10.8.0.2") } as const;
	const router = await RouterLab.create({ more: [route] });
	router.send(times(100, (k) => udp({ ...AT_ROUTER, src: `10.77.0.${k + 1}` })));
	const count = router.got("x").length;
	// Virtual time passes between the packets, as real time did when 51 came on 6.18.
	expect(count).toBeGreaterThanOrEqual(50);
	expect(count).toBeLessThanOrEqual(52);
});

test("after three seconds without an ARP answer each waiting packet gets host unreachable", async () => {
	const router = await RouterLab.create();
	router.send([udp({ dst: "10.9.0.99" }), udp({ dst: "10.9.0.99" })]);
	expect(router.lines("x")).toEqual([]);
	router.lab.pass(4);
	expect(router.lines("x")).toEqual(times(2, () => "10.8.0.1 > 10.8.0.2 ttl 64 tos 0xc0 len 56 ICMP 3/1"));
	expect(router.drops()).toEqual(["NEIGH_FAILED", "NEIGH_FAILED"]);
	expect(badEndings(router.lab.events).filter(([, ends]) => ends > 1)).toEqual([]);
});

test("an error from a router without an address has 192.0.0.8 as its source", async () => {
	const router = await RouterLab.create();
	for (const [dev, addr] of [
		["w0", "10.8.0.1/24"],
		["v0", "10.9.0.1/24"],
	] as const) {
		await router.lab.apply("m", { verb: "delete", object: { kind: "addr", dev, addr: cidr(addr) } });
	}
	await router.lab.add(
		"m",
		{ kind: "route", dst: cidr("10.8.0.2/32"), dev: "w0" },
		{ kind: "route", dst: cidr("10.9.0.2/32"), dev: "v0" },
		{ kind: "neigh", dev: "w0", addr: ip("10.8.0.2"), mac: mac("02:00:00:00:08:02") },
	);
	router.send([udp({ ttl: 1 })]);
	expect(router.lines("x")).toEqual(["192.0.0.8 > 10.8.0.2 ttl 64 tos 0xc0 len 56 ICMP 11/0"]);
});
