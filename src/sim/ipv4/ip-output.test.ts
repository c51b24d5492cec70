import { expect, test } from "vitest";
import { icmp, n, RouterLab, udp } from "../../../test/router-lab.ts";
import { badEndings } from "../../../test/sim-lab.ts";
import { cidr, ip, mac } from "../../wire/addr.ts";
import { IPPROTO_UDP } from "../../wire/ipv4.ts";
import { putUdp } from "../../wire/udp.ts";
import { neighLookup } from "../core/neighbour.ts";
import { registerNetHook } from "../netfilter/hooks.ts";
import { allocSkb } from "../skb.ts";
import { ipBuildAndSend, ipSelectIdent } from "./ip-output.ts";
import { ipRouteOutput, type OutputFlow } from "./route.ts";

interface Sending extends Partial<OutputFlow> {
	readonly length?: number;
	readonly df?: boolean;
	readonly error?: (errno: string) => void;
}

/** Sends a UDP datagram from the router itself. */
function send(router: RouterLab, to: string, more: Sending = {}): string {
	const netns = router.lab.netns("m");
	const route = ipRouteOutput(netns, { dst: n(to), mark: 0, tos: 0, proto: IPPROTO_UDP, ...more });
	if (!route.ok) return route.error;
	const src = more.src ?? route.value.prefsrc ?? 0;
	const skb = allocSkb(router.lab.kernel.machine, 8 + (more.length ?? 0));
	putUdp(skb.bytes, skb.data, skb.end, { src: Number(src), dst: n(to), sport: 1, dport: 2 });
	skb.dst = route.value;
	if (more.error !== undefined) skb.sk = { describe: "a test's socket", owner: undefined, error: more.error };
	const id = ipSelectIdent(netns);
	const header = { src, dst: n(to), proto: IPPROTO_UDP, ttl: 64, tos: 0, id, df: more.df ?? true };
	const fate = ipBuildAndSend(netns, skb, header);
	router.lab.kernel.runBacklog();
	return fate;
}

test("a packet made here has the source of the route, and passes OUTPUT and POSTROUTING", async () => {
	const router = await RouterLab.create();
	const seen = hooksOf(router);
	send(router, "10.9.0.2");
	expect(router.lines("y")).toEqual(["10.9.0.1 > 10.9.0.2 ttl 64 DF len 28 UDP 1>2"]);
	expect(seen).toEqual(["OUTPUT  v0", "POSTROUTING  v0", ...INCOMING_ERROR]);
});

/** y has no socket on the port. */
const INCOMING_ERROR = ["PREROUTING v0 ", "INPUT v0 "];

function hooksOf(router: RouterLab): string[] {
	const seen: string[] = [];
	for (const hook of ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"] as const) {
		registerNetHook(router.lab.netns("m"), "ipv4", hook, {
			priority: 0,
			name: "test_counter",
			fn: (_, state) => {
				seen.push(`${hook} ${state.indev?.name ?? ""} ${state.outdev?.name ?? ""}`);
				return "accept";
			},
		});
	}
	return seen;
}

test("to an own address: out by lo and in again, with the route it has", async () => {
	const router = await RouterLab.create();
	const seen = hooksOf(router);
	send(router, "10.9.0.1");
	const there = ["OUTPUT  lo", "POSTROUTING  lo", "PREROUTING lo ", "INPUT lo "];
	expect(seen).toEqual([...there, ...there]);
	expect(router.lines("m/lo")).toEqual([
		"10.9.0.1 > 10.9.0.1 ttl 64 DF len 28 UDP 1>2",
		"10.9.0.1 > 10.9.0.1 ttl 64 tos 0xc0 len 56 ICMP 3/3",
	]);
	expect(badEndings(router.lab.events)).toEqual([]);
});

test("a forwarded packet has both devices at POSTROUTING", async () => {
	const router = await RouterLab.create();
	const seen = hooksOf(router);
	router.send([icmp({ type: 8 })]);
	expect(seen.slice(0, 3)).toEqual(["PREROUTING w0 ", "FORWARD w0 v0", "POSTROUTING w0 v0"]);
});

test("a broadcast goes to the broadcast MAC address, and the host itself gets a copy", async () => {
	const router = await RouterLab.create();
	send(router, "10.9.0.255");
	const frames = router.lab.events.filter((event) => event.step === "transmit" && event.dev === "v0");
	expect(frames.map((event) => event.step === "transmit" && [...event.frame.slice(0, 6)])).toEqual([
		[255, 255, 255, 255, 255, 255],
	]);
	expect(router.lines("y")).toEqual(["10.9.0.1 > 10.9.0.255 ttl 64 DF len 28 UDP 1>2"]);
	expect(badEndings(router.lab.events)).toEqual([]);
	expect(router.drops()).toEqual(["NO_SOCKET"]);
});

test("multicast goes to its MAC address by the device asked for", async () => {
	const router = await RouterLab.create();
	send(router, "224.1.2.3", { oif: router.lab.dev("m", "v0").ifindex });
	const [frame] = router.lab.events.flatMap((event) => (event.step === "transmit" ? [event.frame] : []));
	expect([...(frame?.slice(0, 6) ?? [])]).toEqual([0x01, 0x00, 0x5e, 1, 2, 3]);
});

test("what is longer than the link allows is cut, or refused when it must not be", async () => {
	const router = await RouterLab.create({ mtu: { v0: 600 } });
	send(router, "10.9.0.2", { length: 1000, df: false });
	expect(router.lines("y").length).toBe(2);
	const errors: string[] = [];
	expect(send(router, "10.9.0.2", { length: 1000, error: (errno) => errors.push(errno) })).toBe("dropped");
	expect(errors).toEqual(["EMSGSIZE"]);
});

test.each(["OUTPUT", "POSTROUTING"] as const)("a drop in %s is told to the socket as EPERM", async (hook) => {
	const router = await RouterLab.create();
	registerNetHook(router.lab.netns("m"), "ipv4", hook, { priority: 0, name: "test_drop", fn: () => "drop" });
	const errors: string[] = [];
	expect(send(router, "10.9.0.2", { error: (errno) => errors.push(errno) })).toBe("dropped");
	expect(errors).toEqual(["EPERM"]);
});

test.each([
	["blackhole", "EINVAL"],
	["unreachable", "EHOSTUNREACH"],
	["prohibit", "EACCES"],
	["throw", "ENETUNREACH"],
] as const)("a %s route: %s", async (type, errno) => {
	const router = await RouterLab.create({ more: [{ kind: "route", dst: cidr("192.0.2.0/24"), type }] });
	expect(send(router, "192.0.2.1")).toBe(errno);
});

test("no route, or a source that is not this host's: ENETUNREACH", async () => {
	const router = await RouterLab.create();
	expect(send(router, "192.0.2.1")).toBe("ENETUNREACH");
	expect(send(router, "10.9.0.2", { src: n("10.9.0.77") })).toBe("ENETUNREACH");
	expect(send(router, "10.9.0.2", { src: n("10.8.0.1") })).toBe("queued");
});

test("a path MTU that an error told of holds for its destination, for ten minutes", async () => {
	const router = await RouterLab.create({ more: [{ kind: "route", dst: cidr("0.0.0.0/0"), via: ip("10.9.0.2") }] });
	const mtu = (dst: string): number => {
		const route = ipRouteOutput(router.lab.netns("m"), { dst: n(dst), mark: 0, tos: 0, proto: 17 });
		return route.ok ? route.value.mtu : 0;
	};
	const about = (rest: number): Uint8Array =>
		icmp({
			type: 3,
			code: 4,
			rest,
			src: "10.9.0.2",
			dst: "10.9.0.1",
			body: udp({ src: "10.9.0.1", dst: "192.0.2.1" }),
		});
	router.send([about(1400)], { netns: "y" });
	expect([mtu("192.0.2.1"), mtu("192.0.2.2")]).toEqual([1400, 1500]);
	router.send([about(100)], { netns: "y" });
	expect(mtu("192.0.2.1")).toBe(552);
	router.lab.pass(599);
	expect(mtu("192.0.2.1")).toBe(552);
	router.lab.pass(2);
	expect(mtu("192.0.2.1")).toBe(1500);
});

test.each([
	{ what: "leads to who is known", leads: "10.9.0.3" },
	{ what: "asks first for who is not", knows: false, leads: "10.9.0.2" },
	{ what: "is not heard from another than the gateway", from: "10.9.0.3", leads: "10.9.0.2" },
	{ what: "is not heard by a router", forward: 1, leads: "10.9.0.2" },
	// Seen on Linux 6.1: a real server whose SYN-ACKs are redirected goes on as before.
	{ what: "is not heard when no socket sent what it is about", port: 1001, leads: "10.9.0.2" },
])("a redirect $what", async ({ knows = true, from = "10.9.0.2", forward = 0, port = 1000, leads }) => {
	const nearer = { kind: "neigh", dev: "v0", addr: ip("10.9.0.3"), mac: mac("02:00:00:00:00:03") } as const;
	const more = [
		{ kind: "route", dst: cidr("0.0.0.0/0"), via: ip("10.9.0.2") } as const,
		...(knows ? [{ ...nearer, state: "PERMANENT" } as const] : []),
	];
	const router = await RouterLab.create({ more, sysctls: { "net.ipv4.ip_forward": forward } });
	const body = udp({ src: "10.9.0.1", dst: "192.0.2.1", sport: 1000 });
	expect(router.lab.kernel.sockets.openUdp("m", { bind: { port } }, {}).ok).toBe(true);
	router.send([icmp({ type: 5, code: 1, rest: n("10.9.0.3"), src: from, dst: "10.9.0.1", body })], { netns: "y" });
	const route = ipRouteOutput(router.lab.netns("m"), { dst: n("192.0.2.1"), mark: 0, tos: 0, proto: 17 });
	expect(route.ok && route.value.gateway).toBe(n(leads));
	const nearerNow = neighLookup(router.lab.dev("m", "v0"), n("10.9.0.3"));
	expect(nearerNow?.state).toBe(knows ? "PERMANENT" : "INCOMPLETE");
});
