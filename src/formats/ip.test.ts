/** Samples: /work/shared/reference/kernel-lab.md §2.3, and iproute2 6.1 on Linux 6.18. */
import { expect, test } from "vitest";
import type { Addr, Link, PolicyRule, Route } from "../kernel/objects.ts";
import { cidr, ip, mac } from "../wire/addr.ts";
import { formatIpAddr, formatIpAddrBrief } from "./ip-addr.ts";
import { formatIpLink, formatIpLinkBrief } from "./ip-link.ts";
import { formatNeigh } from "./ip-neigh.ts";
import { formatRoute } from "./ip-route.ts";
import { formatPolicyRule } from "./ip-rule.ts";

const LO: Link = {
	kind: "link",
	name: "lo",
	link: { type: "loopback" },
	mtu: 65536,
	up: true,
	carrier: true,
	ifindex: 1,
};
const BR0: Link = {
	kind: "link",
	name: "br0",
	link: { type: "bridge" },
	mac: mac("76:8e:6b:49:ad:86"),
	mtu: 1500,
	up: true,
	carrier: true,
	ifindex: 2,
};
const VC1: Link = {
	kind: "link",
	name: "vc1",
	link: { type: "veth", peer: "eth0", peerNetns: "c1" },
	mac: mac("c2:9e:d8:07:aa:46"),
	mtu: 1500,
	up: true,
	carrier: true,
	master: "br0",
	ifindex: 3,
	peerIfindex: 2,
};
const VDP: Link = {
	kind: "link",
	name: "vdp",
	link: { type: "veth", peer: "vdown" },
	mac: mac("76:9f:f8:ce:59:51"),
	mtu: 1500,
	up: false,
	carrier: false,
	ifindex: 4,
};
const VDOWN: Link = {
	kind: "link",
	name: "vdown",
	link: { type: "veth", peer: "vdp" },
	mac: mac("0a:79:7c:50:49:e4"),
	mtu: 1500,
	up: true,
	carrier: false,
	ifindex: 5,
};
const BR9: Link = { ...BR0, name: "br9", mac: mac("be:3a:e5:f1:5c:5c"), ifindex: 6 };
const LINKS: readonly Link[] = [LO, BR0, VC1, VDP, VDOWN, BR9];

test("ip -br link", () => {
	expect(formatIpLinkBrief(LINKS)).toBe(
		[
			"lo               UNKNOWN        00:00:00:00:00:00 <LOOPBACK,UP,LOWER_UP> ",
			"br0              UP             76:8e:6b:49:ad:86 <BROADCAST,MULTICAST,UP,LOWER_UP> ",
			"vc1@if2          UP             c2:9e:d8:07:aa:46 <BROADCAST,MULTICAST,UP,LOWER_UP> ",
			"vdp@vdown        DOWN           76:9f:f8:ce:59:51 <BROADCAST,MULTICAST> ",
			"vdown@vdp        LOWERLAYERDOWN 0a:79:7c:50:49:e4 <NO-CARRIER,BROADCAST,MULTICAST,UP,M-DOWN> ",
			"br9              UNKNOWN        be:3a:e5:f1:5c:5c <BROADCAST,MULTICAST,UP,LOWER_UP> ",
			"",
		].join("\n"),
	);
});

test("ip link, and ip -s link", () => {
	expect(formatIpLink(LINKS).split("\n").slice(2, 10)).toEqual([
		"2: br0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default qlen 1000",
		"    link/ether 76:8e:6b:49:ad:86 brd ff:ff:ff:ff:ff:ff",
		"3: vc1@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue master br0 state UP mode DEFAULT group default qlen 1000",
		"    link/ether c2:9e:d8:07:aa:46 brd ff:ff:ff:ff:ff:ff link-netns c1",
		"4: vdp@vdown: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN mode DEFAULT group default qlen 1000",
		"    link/ether 76:9f:f8:ce:59:51 brd ff:ff:ff:ff:ff:ff",
		"5: vdown@vdp: <NO-CARRIER,BROADCAST,MULTICAST,UP,M-DOWN> mtu 1500 qdisc noqueue state LOWERLAYERDOWN mode DEFAULT group default qlen 1000",
		"    link/ether 0a:79:7c:50:49:e4 brd ff:ff:ff:ff:ff:ff",
	]);
	const stats = { rxPackets: 5, rxBytes: 426, rxDropped: 0, txPackets: 11, txBytes: 1062, txDropped: 0 };
	expect(
		formatIpLink([{ ...VC1, stats }], { stats: true })
			.split("\n")
			.slice(2),
	).toEqual([
		"    RX:  bytes packets errors dropped  missed   mcast           ",
		"           426       5      0       0       0       0 ",
		"    TX:  bytes packets errors dropped carrier collsns           ",
		"          1062      11      0       0       0       0 ",
		"",
	]);
});

test("ip addr and ip -br addr", () => {
	const addrs: readonly Addr[] = [
		{ kind: "addr", dev: "lo", addr: cidr("::1/128"), scope: "host" },
		{ kind: "addr", dev: "lo", addr: cidr("127.0.0.1/8"), scope: "host" },
		{ kind: "addr", dev: "br0", addr: cidr("10.1.0.1/24"), broadcast: ip("10.1.0.255"), scope: "global" },
		{ kind: "addr", dev: "br0", addr: cidr("10.1.0.2/24"), scope: "global", secondary: true },
	];
	expect(formatIpAddr([LO, BR0], addrs)).toBe(
		[
			"1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000",
			"    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00",
			"    inet 127.0.0.1/8 scope host lo",
			"       valid_lft forever preferred_lft forever",
			"    inet6 ::1/128 scope host ",
			"       valid_lft forever preferred_lft forever",
			"2: br0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UNKNOWN group default qlen 1000",
			"    link/ether 76:8e:6b:49:ad:86 brd ff:ff:ff:ff:ff:ff",
			"    inet 10.1.0.1/24 brd 10.1.0.255 scope global br0",
			"       valid_lft forever preferred_lft forever",
			"    inet 10.1.0.2/24 scope global secondary br0",
			"       valid_lft forever preferred_lft forever",
			"",
		].join("\n"),
	);
	expect(formatIpAddrBrief([LO, BR0, VC1], addrs)).toBe(
		"lo               UNKNOWN        127.0.0.1/8 ::1/128 \n" +
			"br0              UP             10.1.0.1/24 10.1.0.2/24 \n" +
			"vc1@if2          UP             \n",
	);
});

const ROUTES: readonly (readonly [line: string, route: Omit<Route, "kind">])[] = [
	[
		"default via 203.0.113.9 dev wan ",
		{ dst: cidr("0.0.0.0/0"), via: ip("203.0.113.9"), dev: "wan", scope: "global", protocol: "boot" },
	],
	[
		"10.9.0.0/16 via 203.0.113.9 dev wan src 203.0.113.1 metric 50 ",
		{ dst: cidr("10.9.0.0/16"), via: ip("203.0.113.9"), dev: "wan", src: ip("203.0.113.1"), metric: 50 },
	],
	["blackhole 10.11.0.0/16 ", { dst: cidr("10.11.0.0/16"), type: "blackhole" }],
	["unreachable 10.16.0.0/16 metric 7 ", { dst: cidr("10.16.0.0/16"), type: "unreachable", metric: 7 }],
	[
		"10.14.0.0/16 \n\tnexthop via 203.0.113.8 dev wan weight 1 \n\tnexthop via 203.0.113.9 dev wan weight 2 ",
		{
			dst: cidr("10.14.0.0/16"),
			nexthops: [
				{ via: ip("203.0.113.8"), dev: "wan" },
				{ via: ip("203.0.113.9"), dev: "wan", weight: 2 },
			],
		},
	],
	[
		"172.20.0.0/16 dev vdown proto kernel scope link src 172.20.0.1 linkdown ",
		{
			dst: cidr("172.20.0.0/16"),
			dev: "vdown",
			protocol: "kernel",
			scope: "link",
			src: ip("172.20.0.1"),
			linkdown: true,
		},
	],
	[
		"local 127.0.0.1 dev lo proto kernel scope host src 127.0.0.1 ",
		{
			dst: cidr("127.0.0.1/32"),
			type: "local",
			table: 255,
			dev: "lo",
			protocol: "kernel",
			scope: "host",
			src: ip("127.0.0.1"),
		},
	],
	[
		"10.5.0.0/16 via 10.1.0.9 dev br0 proto static metric 5 mtu 1400 ",
		{ dst: cidr("10.5.0.0/16"), via: ip("10.1.0.9"), dev: "br0", protocol: "static", metric: 5, mtu: 1400 },
	],
	[
		"10.6.0.0/16 via 172.16.0.1 dev br0 proto bird onlink ",
		{ dst: cidr("10.6.0.0/16"), via: ip("172.16.0.1"), dev: "br0", protocol: "bird", onlink: true },
	],
	[
		"fd01::/64 via fd00::9 dev br0 metric 1024 pref medium",
		{ dst: cidr("fd01::/64"), via: ip("fd00::9"), dev: "br0", metric: 1024 },
	],
	[
		"local ::1 dev lo proto kernel metric 0 pref medium",
		{ dst: cidr("::1/128"), type: "local", dev: "lo", protocol: "kernel", metric: 0, scope: "global" },
	],
];

test.each(ROUTES)("ip route prints %j", (line, route) => {
	expect(formatRoute({ kind: "route", ...route })).toBe(line);
});

test("ip route show table all names every table but main", () => {
	const route: Route = { kind: "route", dst: cidr("10.4.0.0/16"), via: ip("10.1.0.8"), dev: "br0", table: 100 };
	expect(formatRoute(route, { table: true })).toBe("10.4.0.0/16 via 10.1.0.8 dev br0 table 100 ");
	expect(formatRoute({ ...route, table: 254 }, { table: true })).toBe("10.4.0.0/16 via 10.1.0.8 dev br0 ");
});

const RULES: readonly (readonly [line: string, rule: Omit<PolicyRule, "kind" | "family">])[] = [
	["0:\tfrom all lookup local", { priority: 0, table: 255 }],
	[
		"1000:\tfrom 10.1.0.0/16 to 10.2.0.0/16 iif br0 lookup 100",
		{ priority: 1000, from: cidr("10.1.0.0/16"), to: cidr("10.2.0.0/16"), iif: "br0", table: 100 },
	],
	[
		"1500:\tnot from all fwmark 0x1/0x1 lookup main",
		{ priority: 1500, not: true, fwmark: { value: 1, mask: 1 }, table: 254 },
	],
	[
		"32765:\tfrom all fwmark 0x64 lookup 100",
		{ priority: 32765, fwmark: { value: 100, mask: 0xffffffff }, table: 100 },
	],
	["32767:\tfrom all lookup default", { priority: 32767, table: 253 }],
];

test.each(RULES)("ip rule prints %j", (line, rule) => {
	expect(formatPolicyRule({ kind: "rule", family: "ipv4", ...rule })).toBe(line);
});

test("ip neigh", () => {
	expect(
		formatNeigh({
			kind: "neigh",
			dev: "eth0",
			addr: ip("192.168.7.3"),
			mac: mac("02:00:00:00:07:03"),
			state: "REACHABLE",
		}),
	).toBe("192.168.7.3 dev eth0 lladdr 02:00:00:00:07:03 REACHABLE ");
	expect(formatNeigh({ kind: "neigh", dev: "eth0", addr: ip("192.168.7.99"), state: "INCOMPLETE" })).toBe(
		"192.168.7.99 dev eth0 INCOMPLETE ",
	);
});
