/** Any scenario that a file can say, sensible or not, for properties of reading and printing. */
import fc from "fast-check";
import { parseRule } from "../src/formats/iptables-save.ts";
import type { Addr, Fdb, Link, Neigh, PolicyRule, Route, Sysctl, XtRule } from "../src/kernel/objects.ts";
import type { ChangeableObject, Listener, NetnsConfig, PlacedLink, Scenario, Step } from "../src/verify/scenario.ts";
import { cidr, ipText, macText } from "../src/wire/addr.ts";

const NETNS = ["client", "router", "pod-1"] as const;
/** Of every namespace. */
const DEVICES = ["eth0", "br0", "veth1"] as const;

const netns = fc.constantFrom(...NETNS);
const dev = fc.constantFrom(...DEVICES);
const addr = fc.nat(0xffffffff).map((n) => ipText(n));
const net = fc.tuple(addr, fc.nat(32)).map(([address, prefix]) => cidr(`${address}/${prefix}`));
const macAddr = fc.nat(0xffffff).map((n) => macText(0x020000000000 + n));
const port = fc.integer({ min: 1, max: 65535 });
const number32 = fc.integer({ min: 0, max: 0xffffffff });
const text = fc.oneof(
	fc.string({ unit: "grapheme", maxLength: 12 }),
	fc.constantFrom("yes", "1", "~", "a: b", "# x", "a\nb\n"),
);

/** All fields may be missing. */
const OPTIONAL: { requiredKeys: [] } = { requiredKeys: [] };

const linkSettings = fc.record(
	{
		mac: macAddr,
		mtu: fc.integer({ min: 68, max: 9000 }),
		up: fc.boolean(),
		promisc: fc.boolean(),
		port: fc.record(
			{ hairpin: fc.boolean(), learning: fc.boolean(), flood: fc.boolean(), isolated: fc.boolean() },
			OPTIONAL,
		),
		alias: text,
		txQueueLength: fc.nat(2000),
	},
	OPTIONAL,
);

/** Every namespace has the same devices, made in the order in which they refer to each other. */
const links: fc.Arbitrary<readonly PlacedLink[]> = fc
	.tuple(...NETNS.map(() => fc.tuple(linkSettings, linkSettings, linkSettings, macAddr)))
	.map((all) =>
		all.flatMap(([a, b, c, peerMac], index): readonly PlacedLink[] => {
			const at = NETNS[index] ?? "client";
			const link = (rest: Omit<Link, "kind">): PlacedLink => ({ netns: at, link: { kind: "link", ...rest } });
			return [
				link({ name: "br0", link: { type: "bridge", stp: false }, ...a }),
				link({ name: "veth1", link: { type: "veth", peer: "eth0", peerNetns: at, peerMac }, master: "br0", ...b }),
				link({ name: "eth0", ...c }),
			];
		}),
	);

const addrObject: fc.Arbitrary<Addr> = fc
	.tuple(
		dev,
		net,
		fc.record(
			{ broadcast: addr, scope: fc.constantFrom("global" as const, "link" as const), label: fc.constant("x") },
			OPTIONAL,
		),
	)
	.map(([of, address, rest]) => ({ kind: "addr", dev: of, addr: address, ...rest }));

const route: fc.Arbitrary<Route> = fc
	.tuple(
		fc.oneof(net, fc.constant(cidr("0.0.0.0/0"))),
		fc.record(
			{
				type: fc.constantFrom("blackhole", "unicast"),
				table: number32,
				via: addr,
				dev,
				src: addr,
				metric: number32,
				protocol: fc.constantFrom("static", "17"),
				onlink: fc.boolean(),
				among: fc.constantFrom("first", "last"),
				nexthops: fc.array(fc.record({ via: addr, dev, weight: fc.nat(9) }, OPTIONAL), { maxLength: 2 }),
			},
			OPTIONAL,
		),
	)
	.map(([dst, rest]) => ({ kind: "route", dst, ...rest }));

const policyRule: fc.Arbitrary<PolicyRule> = fc
	.tuple(
		number32,
		number32,
		fc.record(
			{
				not: fc.boolean(),
				from: net,
				to: net,
				iif: dev,
				oif: dev,
				fwmark: fc.record({ value: number32, mask: number32 }),
			},
			OPTIONAL,
		),
	)
	.map(([priority, table, rest]) => ({ kind: "rule", family: "ipv4", priority, table, ...rest }));

const neigh: fc.Arbitrary<Neigh> = fc
	.tuple(dev, addr, fc.record({ mac: macAddr, state: fc.constantFrom("PERMANENT", "STALE") }, OPTIONAL))
	.map(([of, address, rest]) => ({ kind: "neigh", dev: of, addr: address, ...rest }));

const fdb: fc.Arbitrary<Fdb> = fc
	.tuple(dev, macAddr, fc.record({ state: fc.constantFrom("permanent", "static") }, OPTIONAL))
	.map(([of, address, rest]) => ({ kind: "fdb", dev: of, mac: address, ...rest }));

const sysctlValue = fc.oneof(fc.nat().map(String), fc.constantFrom("4096 87380", "0x10", "1e3", "01", ""));
const sysctl: fc.Arbitrary<Sysctl> = sysctlValue.map((value) => ({ kind: "sysctl", key: "net.ipv4.x/1.y", value }));

const RULES = [
	"-s 10.0.0.0/8 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.9:1",
	'-j LOG --log-prefix "a b: "',
];
const xtRule: fc.Arbitrary<XtRule> = fc
	.tuple(fc.constantFrom(...RULES), fc.record({ position: fc.nat(9), duplicate: fc.constant(true) }, OPTIONAL))
	.map(([words, rest]) => {
		const rule = parseRule(words, "ipv4");
		if (!rule.ok) throw new Error(rule.error.message);
		return { kind: "xt-rule", family: "ipv4", table: "nat", chain: "PREROUTING", rule: rule.value, ...rest };
	});

const IPTABLES = [
	"",
	"*nat\nCOMMIT\n",
	'*filter\n-A INPUT -m comment --comment "a # b: c" -j DROP\nCOMMIT',
	"*raw\nCOMMIT\n\n\n",
];

const config: fc.Arbitrary<NetnsConfig> = fc.record(
	{
		sysctls: fc.dictionary(fc.constantFrom("net.ipv4.ip_forward", "net.ipv4.conf.a/b.rp_filter"), sysctlValue),
		addrs: fc.array(addrObject, { maxLength: 2 }),
		routes: fc.array(route, { maxLength: 2 }),
		rules: fc.array(policyRule, { maxLength: 2 }),
		neighs: fc.array(neigh, { maxLength: 2 }),
		fdb: fc.array(fdb, { maxLength: 2 }),
		ipset: fc.constantFrom("create s hash:ip family inet counters\nadd s 10.0.0.1 packets 2 bytes 80\n", ""),
		nfacct: fc.array(fc.constantFrom("a", "b-c"), { maxLength: 2 }),
		iptables: fc.constantFrom(...IPTABLES),
	},
	OPTIONAL,
);

const listener: fc.Arbitrary<Listener> = fc.record({
	kind: fc.constantFrom("udp-echo", "udp-sink", "tcp-echo"),
	netns,
	addr,
	port,
});

const source = fc.tuple(port, fc.record({ addr }, OPTIONAL)).map(([from, rest]) => ({ port: from, ...rest }));
const endpoint = fc.record({ addr, port });
const object: fc.Arbitrary<ChangeableObject> = fc.oneof(
	linkSettings.map((rest): Link => ({ kind: "link", name: "eth0", ...rest })),
	addrObject,
	route,
	policyRule,
	neigh,
	fdb,
	sysctl,
	xtRule,
);

const step: fc.Arbitrary<Step> = fc.oneof(
	fc.record({ kind: fc.constant("frame"), netns, dev, bytes: fc.uint8Array({ minLength: 14, maxLength: 70 }) }),
	fc
		.tuple(netns, source, endpoint, text, fc.record({ mark: number32, timeoutMs: fc.nat(5000) }, OPTIONAL))
		.map(([of, from, to, payload, rest]): Step => ({ kind: "tcp", netns: of, from, to, payload, ...rest })),
	fc
		.tuple(
			netns,
			source,
			endpoint,
			text,
			fc.record(
				{ mark: number32, ttl: fc.integer({ min: 1, max: 255 }), pmtudisc: fc.constantFrom("do", "dont", "want") },
				OPTIONAL,
			),
		)
		.map(([of, from, to, payload, rest]): Step => ({ kind: "udp", netns: of, from, to, payload, ...rest })),
	fc.tuple(netns, addr, port, fc.nat(65535), fc.nat(1400), fc.record({ mark: number32 }, OPTIONAL)).map(
		([of, to, id, seq, payloadBytes, rest]): Step => ({
			kind: "ping",
			netns: of,
			to,
			id,
			seq,
			payloadBytes,
			...rest,
		}),
	),
	fc
		.tuple(netns, fc.constantFrom("add", "replace", "delete"), object)
		.map(([of, verb, what]): Step => ({ kind: "change", netns: of, verb, object: what })),
	fc.nat(100_000).map((ms): Step => ({ kind: "wait", ms })),
);

export const anyScenario: fc.Arbitrary<Scenario> = fc
	.record({
		name: text,
		features: fc.array(text, { maxLength: 3 }),
		links,
		config: fc.dictionary(netns, config),
		listen: fc.array(listener, { maxLength: 2 }),
		steps: fc.array(step, { maxLength: 4 }),
	})
	.map(({ links: made, ...rest }) => ({ ...rest, topology: { netns: NETNS, links: made } }));
