/** The shapes of kernel objects in a scenario file, near to the words of `ip`, `bridge` and `sysctl`. */
import * as z from "zod";
import { parseRule } from "../../formats/iptables-save.ts";
import {
	addressShape,
	addressWithPrefix,
	destinationShape,
	deviceName,
	macShape,
	parsedText,
	wholeNumber,
} from "../../formats/shapes.ts";
import type {
	Addr,
	BridgeVlan,
	Fdb,
	Link,
	LinkKind,
	Neigh,
	NextHop,
	PolicyRule,
	Route,
	Sysctl,
	XtRule,
} from "../../kernel/objects.ts";
import type { Rule } from "../../kernel/xtables.ts";
import { type Cidr, cidr, familyOf, parseCidr } from "../../wire/addr.ts";
import type { PlacedLink } from "../scenario.ts";

export const netnsName: z.ZodType<string, string> = z
	.string()
	.regex(/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/, { error: "a namespace's name: letters, digits, -, _ and ." });

/** A 32-bit number; YAML also reads `0x4000`. */
export const number32: z.ZodType<number, number> = z
	.int({ error: "a whole number" })
	.min(0, { error: "a whole number from 0 to 4294967295" })
	.max(0xffffffff, { error: "a whole number from 0 to 4294967295" });

const network: z.ZodType<Cidr, string> = parsedText("a network as 10.244.0.0/16", parseCidr);
const prefixed: z.ZodType<Cidr, string> = addressWithPrefix.transform(cidr);
const scope = z.enum(["global", "site", "link", "host", "nowhere"]);
const table = number32;

const veth = z
	.strictObject({ peer: deviceName, in: netnsName.exactOptional(), mac: macShape.exactOptional() })
	.transform(({ peer, in: peerNetns, mac: peerMac }) => ({
		type: "veth" as const,
		peer,
		...(peerNetns === undefined ? {} : { peerNetns }),
		...(peerMac === undefined ? {} : { peerMac }),
	}));

const bridge = z
	.strictObject({
		ageingTimeSeconds: wholeNumber.exactOptional(),
		stp: z.boolean().exactOptional(),
		nfCallIptables: z.boolean().exactOptional(),
		vlanFiltering: z.boolean().exactOptional(),
		vlanDefaultPvid: wholeNumber.exactOptional(),
	})
	.transform((of) => ({ type: "bridge" as const, ...of }));

const vlan = z
	.strictObject({
		parent: deviceName,
		id: wholeNumber,
		protocol: z.enum(["802.1Q", "802.1ad"]).exactOptional(),
	})
	.transform((of) => ({ type: "vlan" as const, ...of }));

const vxlan = z
	.strictObject({
		id: wholeNumber,
		dev: deviceName.exactOptional(),
		local: addressShape.exactOptional(),
		remote: addressShape.exactOptional(),
		group: addressShape.exactOptional(),
		port: wholeNumber.exactOptional(),
		learning: z.boolean().exactOptional(),
		ttl: wholeNumber.exactOptional(),
		sourcePorts: z.strictObject({ low: wholeNumber, high: wholeNumber }).exactOptional(),
		udpChecksum: z.boolean().exactOptional(),
		ageingTimeSeconds: wholeNumber.exactOptional(),
	})
	.transform((of) => ({ type: "vxlan" as const, ...of }));

const ipip = z
	.strictObject({
		local: addressShape.exactOptional(),
		remote: addressShape.exactOptional(),
		ttl: wholeNumber.exactOptional(),
		tos: z.union([wholeNumber, z.literal("inherit")]).exactOptional(),
		pmtudisc: z.boolean().exactOptional(),
		dev: deviceName.exactOptional(),
		mode: z.enum(["any", "ipip"]).exactOptional(),
	})
	.transform((of) => ({ type: "ipip" as const, ...of }));

const macvlan = z
	.strictObject({ parent: deviceName, mode: z.enum(["private", "vepa", "bridge", "passthru"]).exactOptional() })
	.transform((of) => ({ type: "macvlan" as const, ...of }));

const dummy = z.strictObject({}).transform(() => ({ type: "dummy" as const }));

const LINK_FIELDS = {
	name: deviceName,
	veth: veth.exactOptional(),
	bridge: bridge.exactOptional(),
	dummy: dummy.exactOptional(),
	vlan: vlan.exactOptional(),
	vxlan: vxlan.exactOptional(),
	ipip: ipip.exactOptional(),
	macvlan: macvlan.exactOptional(),
	mac: macShape.exactOptional(),
	mtu: wholeNumber.exactOptional(),
	up: z.boolean().exactOptional(),
	promisc: z.boolean().exactOptional(),
	master: z.string().exactOptional(),
	port: z
		.strictObject({
			hairpin: z.boolean().exactOptional(),
			learning: z.boolean().exactOptional(),
			flood: z.boolean().exactOptional(),
			isolated: z.boolean().exactOptional(),
		})
		.exactOptional(),
	/** Where it moves to. */
	netns: netnsName.exactOptional(),
	newName: deviceName.exactOptional(),
	alias: z.string().exactOptional(),
	txQueueLength: wholeNumber.exactOptional(),
};

const linkFields = z.strictObject(LINK_FIELDS);

function linkOf(
	{ veth, bridge, dummy, vlan, vxlan, ipip, macvlan, ...rest }: z.output<typeof linkFields>,
	context: z.RefinementCtx,
): Link {
	const kinds: readonly (LinkKind | undefined)[] = [veth, bridge, dummy, vlan, vxlan, ipip, macvlan];
	const given = kinds.filter((kind) => kind !== undefined);
	if (given.length > 1)
		context.addIssue({ code: "custom", message: "one of veth, bridge, dummy, vlan, vxlan, ipip and macvlan" });
	const [link] = given;
	return { kind: "link", ...rest, ...(link === undefined ? {} : { link }) };
}

export const linkShape: z.ZodType<Link> = linkFields.transform(linkOf);

export const deviceShape: z.ZodType<PlacedLink> = z
	.strictObject({ in: netnsName, ...LINK_FIELDS })
	.transform(({ in: netns, ...link }, context) => ({ netns, link: linkOf(link, context) }));

export const addrShape: z.ZodType<Addr> = z
	.strictObject({
		dev: deviceName,
		address: prefixed,
		broadcast: addressShape.exactOptional(),
		scope: scope.exactOptional(),
		label: z.string().exactOptional(),
	})
	.transform(({ address, ...rest }) => ({ kind: "addr", addr: address, ...rest }));

const nextHop: z.ZodType<NextHop> = z.strictObject({
	via: addressShape.exactOptional(),
	dev: deviceName.exactOptional(),
	weight: wholeNumber.exactOptional(),
	onlink: z.boolean().exactOptional(),
});

export const routeShape: z.ZodType<Route> = z
	.strictObject({
		to: destinationShape,
		type: z
			.enum(["unicast", "local", "broadcast", "multicast", "blackhole", "unreachable", "prohibit", "throw"])
			.exactOptional(),
		table: table.exactOptional(),
		via: addressShape.exactOptional(),
		dev: deviceName.exactOptional(),
		src: addressShape.exactOptional(),
		metric: number32.exactOptional(),
		scope: scope.exactOptional(),
		protocol: z.string().exactOptional(),
		onlink: z.boolean().exactOptional(),
		mtu: wholeNumber.exactOptional(),
		among: z.enum(["first", "last"]).exactOptional(),
		nexthops: z.array(nextHop).exactOptional(),
	})
	.transform(({ to, ...rest }) => ({ kind: "route", dst: to, ...rest }));

const fwmark = parsedText("a mark as 0x1 or 0x1/0xff", (text) => {
	const found = /^(0x[0-9a-f]{1,8}|\d{1,10})(?:\/(0x[0-9a-f]{1,8}|\d{1,10}))?$/i.exec(text);
	const [value, mask] = [Number(found?.[1]), Number(found?.[2] ?? 0xffffffff)];
	return value <= 0xffffffff && mask <= 0xffffffff ? { ok: true, value: { value, mask } } : { ok: false };
});

export const policyRuleShape: z.ZodType<PolicyRule> = z
	.strictObject({
		priority: number32,
		not: z.boolean().exactOptional(),
		from: network.exactOptional(),
		to: network.exactOptional(),
		iif: deviceName.exactOptional(),
		oif: deviceName.exactOptional(),
		fwmark: fwmark.exactOptional(),
		table,
	})
	.transform((rule) => {
		const net = rule.from ?? rule.to;
		return { kind: "rule", family: net === undefined ? "ipv4" : familyOf(net.addr), ...rule };
	});

export const neighShape: z.ZodType<Neigh> = z
	.strictObject({
		dev: deviceName,
		address: addressShape,
		mac: macShape.exactOptional(),
		state: z
			.enum(["NONE", "INCOMPLETE", "REACHABLE", "STALE", "DELAY", "PROBE", "FAILED", "NOARP", "PERMANENT"])
			.exactOptional(),
	})
	.transform(({ address, ...rest }) => ({ kind: "neigh", addr: address, ...rest }));

export const fdbShape: z.ZodType<Fdb> = z
	.strictObject({
		dev: deviceName,
		mac: macShape,
		vlan: wholeNumber.exactOptional(),
		dst: addressShape.exactOptional(),
		port: wholeNumber.exactOptional(),
		vni: wholeNumber.exactOptional(),
		via: deviceName.exactOptional(),
		append: z.literal(true).exactOptional(),
		state: z.enum(["permanent", "static"]).exactOptional(),
	})
	.transform((fdb) => ({ kind: "fdb", ...fdb }));

export const bridgeVlanShape: z.ZodType<BridgeVlan> = z
	.strictObject({
		dev: deviceName,
		vid: wholeNumber,
		pvid: z.boolean().exactOptional(),
		untagged: z.boolean().exactOptional(),
	})
	.transform((vlan) => ({ kind: "bridge-vlan", ...vlan }));

const sysctlValue = z.union([z.string(), z.number()], { error: "a number or a text" }).transform(String);

export const sysctlsShape: z.ZodType<Readonly<Record<string, string>>> = z.record(z.string(), sysctlValue);

export const sysctlShape: z.ZodType<Sysctl> = z
	.strictObject({ key: z.string(), value: sysctlValue })
	.transform((sysctl) => ({ kind: "sysctl", ...sysctl }));

const ruleText: z.ZodType<Rule, string> = z.string().transform((text, context) => {
	const rule = parseRule(text, "ipv4");
	if (rule.ok) return rule.value;
	context.issues.push({
		code: "custom",
		message: `a rule as after iptables -A CHAIN (${rule.error.message})`,
		input: text,
	});
	return z.NEVER;
});

export const xtRuleShape: z.ZodType<XtRule> = z
	.strictObject({
		table: z.enum(["raw", "mangle", "nat", "filter", "security"]),
		chain: z.string(),
		rule: ruleText,
		position: wholeNumber.exactOptional(),
		duplicate: z.literal(true).exactOptional(),
	})
	.transform((of) => ({ kind: "xt-rule", family: "ipv4", ...of }));
