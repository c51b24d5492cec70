import { expect, test } from "vitest";
import { icmp, RouterLab, type RouterOptions, udp } from "../../../test/router-lab.ts";
import { cidr, ip } from "../../wire/addr.ts";
import { registerNetHook } from "../netfilter/hooks.ts";

/** Sends one packet from `x`; what PRE_ROUTING and FORWARD saw, and why it was dropped. */
async function outcome(
	options: RouterOptions,
	of: { src?: string; dst?: string },
): Promise<{ readonly seen: readonly string[]; readonly drops: readonly string[]; readonly log: readonly string[] }> {
	const router = await RouterLab.create(options);
	const seen: string[] = [];
	for (const hook of ["PREROUTING", "FORWARD", "INPUT"] as const) {
		registerNetHook(router.lab.netns("m"), "ipv4", hook, {
			priority: 0,
			name: "test_counter",
			fn: () => {
				seen.push(hook);
				return "accept";
			},
		});
	}
	// An echo reply, for nobody answers it.
	router.send([icmp({ type: 0, ...of })]);
	expect(router.got("x")).toEqual([]);
	return { seen, drops: router.drops(), log: router.lab.kernel.log().map((line) => line.text) };
}

const BEHIND_Y = "10.9.0.77";

test.each([
	[0, 0, true],
	[1, 0, false],
	[0, 1, false],
	[2, 0, true],
	[1, 2, true],
])("rp_filter: all=%i and the device's %i make the greater of the two; passes: %s", async (all, own, passes) => {
	const sysctls = { "net.ipv4.conf.all.rp_filter": all, "net.ipv4.conf.w0.rp_filter": own };
	const { seen, drops } = await outcome({ sysctls }, { src: BEHIND_Y });
	expect(seen).toEqual(passes ? ["PREROUTING", "FORWARD"] : ["PREROUTING"]);
	expect(drops).toEqual(passes ? [] : ["IP_RPFILTER"]);
});

test.each([
	[1, false],
	[2, false],
	[0, true],
])("rp_filter=%i and a source without any route: passes: %s", async (mode, passes) => {
	const { drops } = await outcome({ sysctls: { "net.ipv4.conf.all.rp_filter": mode } }, { src: "198.51.100.1" });
	expect(drops).toEqual(passes ? [] : ["IP_RPFILTER"]);
});

test("log_martians writes the kernel's two lines", async () => {
	const sysctls = { "net.ipv4.conf.all.rp_filter": 1, "net.ipv4.conf.all.log_martians": 1 };
	const { log } = await outcome({ sysctls }, { src: BEHIND_Y });
	expect(log).toEqual([
		"IPv4: martian source 10.9.0.2 from 10.9.0.77, on dev w0",
		"ll header: 00000000: 02 00 00 00 08 01 02 00 00 00 08 02 08 00",
	]);
});

test.each([
	["the host's own source", { src: "10.9.0.1" }, "IP_LOCAL_SOURCE"],
	["a loopback source", { src: "127.0.0.1" }, "IP_LOCALNET"],
	["source 0.0.0.0", { src: "0.0.0.0" }, "IP_INVALID_SOURCE"],
	["a multicast source", { src: "224.0.0.5" }, "IP_INVALID_SOURCE"],
	["the broadcast address as source", { src: "255.255.255.255" }, "IP_INVALID_SOURCE"],
	["a loopback destination", { dst: "127.0.0.1" }, "IP_LOCALNET"],
	["destination 0.0.0.0", { dst: "0.0.0.0" }, "IP_INVALID_DEST"],
	["a group nobody joined", { dst: "239.1.1.1" }, "MULTICAST_IGNORED"],
])("whatever rp_filter says, a packet with %s never gets past PRE_ROUTING", async (_, of, reason) => {
	const { seen, drops } = await outcome({}, of);
	expect([seen, drops]).toEqual([["PREROUTING"], [reason]]);
});

test("route_localnet lets loopback destinations in", async () => {
	const router = await RouterLab.create({ sysctls: { "net.ipv4.conf.w0.route_localnet": 1 } });
	router.send([udp({ dst: "127.0.0.1" })]);
	expect(router.drops()).toEqual(["NO_SOCKET"]);
});

test("accept_local lets the host's own source in", async () => {
	const { seen } = await outcome({ sysctls: { "net.ipv4.conf.all.accept_local": 1 } }, { src: "10.9.0.1" });
	expect(seen).toEqual(["PREROUTING", "FORWARD"]);
});

test("src_valid_mark makes the way back depend on the packet's mark", async () => {
	const more = [
		{ kind: "route", dst: cidr("198.51.100.0/24"), via: ip("10.8.0.2"), table: 100 },
		{ kind: "rule", family: "ipv4", priority: 9, fwmark: { value: 1, mask: 1 }, table: 100 },
	] as const;
	for (const valid of [0, 1]) {
		const sysctls = { "net.ipv4.conf.all.rp_filter": 1, "net.ipv4.conf.all.src_valid_mark": valid };
		const router = await RouterLab.create({ sysctls, more });
		registerNetHook(router.lab.netns("m"), "ipv4", "PREROUTING", {
			priority: 0,
			name: "test_mark",
			fn: (skb) => {
				skb.mark = 1;
				return "accept";
			},
		});
		// 10.9.0.2 is found in main whatever the mark.
		router.send([udp({ src: "198.51.100.1" })]);
		expect(router.drops()).toEqual(valid === 0 ? ["IP_RPFILTER"] : []);
	}
});
