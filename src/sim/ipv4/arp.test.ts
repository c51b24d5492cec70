import { beforeEach, describe, expect, test } from "vitest";
import { badEndings, SimLab } from "../../../test/sim-lab.ts";
import { cidr, ip, ipNum, ipText, MAC_BROADCAST, mac, macNum, macText } from "../../wire/addr.ts";
import { ARP_LEN, ARP_REPLY, ARP_REQUEST, arpOp, arpSenderIp, arpTargetIp, putArp } from "../../wire/arp.ts";
import { ETH_HLEN, ETH_P_ARP, ethDst, ethSrc, ethType, putEthernet } from "../../wire/ethernet.ts";
import { putIpv4 } from "../../wire/ipv4.ts";
import { devQueueXmit } from "../core/dev.ts";
import { neighOutput } from "../core/neighbour.ts";
import { allocSkb } from "../skb.ts";
import { originSkb } from "../trace.ts";

const ASKER = "02:00:00:00:00:0a";
const LAN = "02:00:00:00:00:01";
const WAN = "02:00:00:00:00:02";

/** `host` has 192.168.7.1/24 on lan, 203.0.113.1/24 on wan and 172.16.5.5/32 on lo. The namespace `c` asks on lan. */
let lab: SimLab;
/** ARP frames that host sent, as text. */
let sent: string[];

beforeEach(async () => {
	lab = new SimLab("host", "c", "sv");
	const veth = (peerNetns: string) => ({ type: "veth", peer: "eth0", peerNetns }) as const;
	await lab.add(
		"host",
		{ kind: "link", name: "lan", link: veth("c"), mac: mac(LAN), up: true },
		{ kind: "link", name: "wan", link: veth("sv"), mac: mac(WAN), up: true },
	);
	await lab.set("host", { kind: "link", name: "lo", up: true });
	for (const netns of ["c", "sv"]) await lab.set(netns, { kind: "link", name: "eth0", up: true });
	await lab.add(
		"host",
		{ kind: "addr", dev: "lan", addr: cidr("192.168.7.1/24") },
		{ kind: "addr", dev: "wan", addr: cidr("203.0.113.1/24") },
		{ kind: "addr", dev: "lo", addr: cidr("172.16.5.5/32") },
	);
	sent = [];
	for (const dev of ["lan", "wan"]) {
		lab.kernel.capture("host", { dev }, ({ direction, frame }) => {
			if (direction === "out" && ethType(frame, 0) === ETH_P_ARP) sent.push(`${dev} ${arpText(frame)}`);
		});
	}
	lab.settle();
});

function arpText(frame: Uint8Array): string {
	const sender = `${ipText(arpSenderIp(frame, ETH_HLEN))} ${macText(ethSrc(frame, 0))}`;
	if (arpOp(frame, ETH_HLEN) === ARP_REPLY) return `reply ${sender} to ${macText(ethDst(frame, 0))}`;
	return `who-has ${ipText(arpTargetIp(frame, ETH_HLEN))} tell ${sender}`;
}

async function sysctl(key: string, value: number): Promise<void> {
	await lab.set("host", { kind: "sysctl", key: `net.ipv4.${key}`, value: `${value}` });
}

/** An ARP packet that `c` sends by broadcast. */
function arp(says: { op?: number; sip: string; tip: string; tha?: number }): void {
	const skb = allocSkb(lab.kernel.machine, ETH_HLEN + ARP_LEN);
	putEthernet(skb.bytes, skb.data, { dst: MAC_BROADCAST, src: macNum(mac(ASKER)), type: ETH_P_ARP });
	const [senderIp, targetIp] = [num(says.sip), num(says.tip)];
	const packet = {
		op: says.op ?? ARP_REQUEST,
		senderMac: macNum(mac(ASKER)),
		senderIp,
		targetMac: says.tha ?? 0,
		targetIp,
	};
	putArp(skb.bytes, skb.data + ETH_HLEN, packet);
	skb.dev = lab.dev("c", "eth0");
	originSkb(skb, lab.netns("c"), "test", "a test's ARP");
	devQueueXmit(skb);
	lab.kernel.runBacklog();
}

function num(text: string): number {
	return Number(ipNum(ip(text)));
}

async function neighbours(): Promise<readonly string[]> {
	const dumped = await lab.kernel.dump("host", ["neigh"]);
	if (!dumped.ok) throw new Error(dumped.error.message);
	return dumped.value.map((each) =>
		each.kind === "neigh" ? `${each.addr} ${each.dev} ${each.mac} ${each.state}` : "",
	);
}

describe("who is answered", () => {
	const own = { sip: "192.168.7.2", tip: "192.168.7.1" };
	const other = { sip: "192.168.7.2", tip: "203.0.113.1" };
	const onLo = { sip: "192.168.7.2", tip: "172.16.5.5" };
	test.each<readonly [string, Readonly<Record<string, number>>, { sip: string; tip: string }, boolean]>([
		["the device's own address", {}, own, true],
		["the address of another device (weak host model)", {}, other, true],
		["an address on lo", {}, onLo, true],
		["127.0.0.1", {}, { sip: "192.168.7.2", tip: "127.0.0.1" }, false],
		["a multicast group", {}, { sip: "192.168.7.2", tip: "224.0.0.1" }, false],
		["somebody else's address", {}, { sip: "192.168.7.2", tip: "192.168.7.9" }, false],
		["arp_ignore=1, own address", { "conf.lan.arp_ignore": 1 }, own, true],
		["arp_ignore=1, another device's", { "conf.lan.arp_ignore": 1 }, other, false],
		["arp_ignore=1 for all", { "conf.all.arp_ignore": 1 }, onLo, false],
		["arp_ignore=2, asker in the subnet", { "conf.lan.arp_ignore": 2 }, own, true],
		["arp_ignore=8", { "conf.lan.arp_ignore": 8 }, own, false],
		["arp_filter, the way back is this device", { "conf.lan.arp_filter": 1 }, own, true],
		[
			"an asker behind another device, rp_filter off",
			{ "conf.lan.rp_filter": 0 },
			{ sip: "203.0.113.9", tip: "192.168.7.1" },
			true,
		],
		[
			"an asker behind another device, arp_filter",
			{ "conf.lan.arp_filter": 1 },
			{ sip: "203.0.113.9", tip: "192.168.7.1" },
			false,
		],
		[
			"an asker behind another device, rp_filter strict",
			{ "conf.lan.rp_filter": 1 },
			{ sip: "203.0.113.9", tip: "192.168.7.1" },
			false,
		],
		["a probe from 0.0.0.0 for an own address", {}, { sip: "0.0.0.0", tip: "192.168.7.1" }, true],
		["a probe from 0.0.0.0 for another's", {}, { sip: "0.0.0.0", tip: "192.168.7.9" }, false],
	])("%s", async (_what, conf, asks, answered) => {
		for (const [key, value] of Object.entries(conf)) await sysctl(key, value);
		arp(asks);
		expect(sent).toEqual(answered ? [`lan reply ${asks.tip} ${LAN} to ${ASKER}`] : []);
		expect(badEndings(lab.settle())).toEqual([]);
	});
});

test("who is answered is remembered as STALE, who only asks others is not", async () => {
	arp({ sip: "192.168.7.3", tip: "192.168.7.9" });
	expect(await neighbours()).toEqual([]);
	arp({ sip: "192.168.7.2", tip: "192.168.7.1" });
	expect(await neighbours()).toEqual([`192.168.7.2 lan ${ASKER} STALE`]);
});

describe("proxy_arp", () => {
	const behindWan = { sip: "192.168.7.2", tip: "203.0.113.77" };

	test("answers for what is behind another device, within proxy_delay", async () => {
		await sysctl("ip_forward", 1);
		await sysctl("conf.lan.proxy_arp", 1);
		arp(behindWan);
		const begin = lab.kernel.clock.now();
		await lab.kernel.run(() => sent.length > 0, 1e9);
		expect(sent).toEqual([`lan reply 203.0.113.77 ${LAN} to ${ASKER}`]);
		expect(lab.kernel.clock.now() - begin).toBeLessThan(0.8e9);
		expect(badEndings(lab.settle())).toEqual([]);
	});

	test("answers at once when proxy_delay is 0", async () => {
		await sysctl("ip_forward", 1);
		await sysctl("conf.all.proxy_arp", 1);
		await sysctl("neigh.lan.proxy_delay", 0);
		arp(behindWan);
		expect(sent).toHaveLength(1);
	});

	test.each([
		{ forward: 0, proxy: 1, tip: "203.0.113.77", why: "forwarding is off" },
		{ forward: 1, proxy: 0, tip: "203.0.113.77", why: "proxy_arp is off" },
		{ forward: 1, proxy: 1, tip: "192.168.7.77", why: "the target is behind the same device" },
		{ forward: 1, proxy: 1, tip: "8.8.8.8", why: "there is no route to the target" },
	])("does not answer when $why", async ({ forward, proxy, tip }) => {
		await sysctl("ip_forward", forward);
		await sysctl("conf.lan.proxy_arp", proxy);
		arp({ sip: "192.168.7.2", tip });
		lab.pass(1);
		expect(sent).toEqual([]);
	});

	test("answers for 169.254.1.1 when there is a default route by another device", async () => {
		await sysctl("ip_forward", 1);
		await sysctl("conf.lan.proxy_arp", 1);
		await lab.add("host", { kind: "route", dst: cidr("0.0.0.0/0"), via: ip("203.0.113.9") });
		arp({ sip: "192.168.7.2", tip: "169.254.1.1" });
		lab.pass(1);
		expect(sent).toEqual([`lan reply 169.254.1.1 ${LAN} to ${ASKER}`]);
	});
});

describe("gratuitous ARP", () => {
	const garp = { sip: "192.168.7.2", tip: "192.168.7.2" };

	test("changes an entry that is there, even within locktime", async () => {
		const old = {
			kind: "neigh",
			dev: "lan",
			addr: ip("192.168.7.2"),
			mac: mac("02:00:00:00:00:99"),
			state: "REACHABLE",
		} as const;
		await lab.add("host", old);
		arp(garp);
		expect(await neighbours()).toEqual([`192.168.7.2 lan ${ASKER} STALE`]);
	});

	test("makes an entry only with arp_accept", async () => {
		arp(garp);
		expect(await neighbours()).toEqual([]);
		await sysctl("conf.lan.arp_accept", 1);
		arp(garp);
		expect(await neighbours()).toEqual([`192.168.7.2 lan ${ASKER} STALE`]);
	});

	test("does not change a permanent entry", async () => {
		await lab.add("host", { kind: "neigh", dev: "lan", addr: ip("192.168.7.2"), mac: mac("02:00:00:00:00:99") });
		arp(garp);
		expect(await neighbours()).toEqual(["192.168.7.2 lan 02:00:00:00:00:99 PERMANENT"]);
	});

	test("is sent with arp_notify when the device comes up or gets another MAC address", async () => {
		await lab.set("host", { kind: "link", name: "lan", up: false }, { kind: "link", name: "lan", up: true });
		expect(sent).toEqual([]);
		await sysctl("conf.lan.arp_notify", 1);
		await lab.set("host", { kind: "link", name: "lan", up: false }, { kind: "link", name: "lan", up: true });
		await lab.set("host", { kind: "link", name: "lan", mac: mac("02:00:00:00:00:55") });
		expect(sent).toEqual([
			`lan who-has 192.168.7.1 tell 192.168.7.1 ${LAN}`,
			"lan who-has 192.168.7.1 tell 192.168.7.1 02:00:00:00:00:55",
		]);
	});
});

test.each([
	{ announce: 0, src: "203.0.113.1", tell: "203.0.113.1", why: "the packet's source, even of another device" },
	{ announce: 1, src: "203.0.113.1", tell: "192.168.7.1", why: "not a source of another subnet" },
	{ announce: 2, src: "203.0.113.1", tell: "192.168.7.1", why: "the best local address" },
	{ announce: 0, src: "192.168.7.1", tell: "192.168.7.1", why: "the device's own" },
	{ announce: 0, src: "10.1.1.1", tell: "192.168.7.1", why: "never an address that is not local (a forwarded packet)" },
])("arp_announce=$announce tells $tell: $why", async ({ announce, src, tell }) => {
	await sysctl("conf.lan.arp_announce", announce);
	const skb = allocSkb(lab.kernel.machine, 20);
	const header = {
		src: num(src),
		dst: num("192.168.7.3"),
		proto: 17,
		ttl: 64,
		tos: 0,
		id: 1,
		frag: 0,
		totalLength: 20,
	};
	putIpv4(skb.bytes, skb.data, header);
	neighOutput(skb, lab.dev("host", "lan"), num("192.168.7.3"));
	expect(sent).toEqual([`lan who-has 192.168.7.3 tell ${tell} ${LAN}`]);
});

test.each([
	{ dst: "255.255.255.255", to: "ff:ff:ff:ff:ff:ff" },
	{ dst: "192.168.7.255", to: "ff:ff:ff:ff:ff:ff" },
	{ dst: "224.0.1.2", to: "01:00:5e:00:01:02" },
	{ dst: "239.255.255.250", to: "01:00:5e:7f:ff:fa" },
])("nobody is asked for $dst", ({ dst, to }) => {
	const seen: string[] = [];
	lab.kernel.capture("host", { dev: "lan" }, ({ frame }) => seen.push(macText(ethDst(frame, 0))));
	const skb = allocSkb(lab.kernel.machine, 20);
	const header = {
		src: num("192.168.7.1"),
		dst: num(dst),
		proto: 17,
		ttl: 64,
		tos: 0,
		id: 1,
		frag: 0,
		totalLength: 20,
	};
	putIpv4(skb.bytes, skb.data, header);
	neighOutput(skb, lab.dev("host", "lan"), num(dst));
	expect(seen).toEqual([to]);
	expect(sent).toEqual([]);
});
