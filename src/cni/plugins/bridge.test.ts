import { expect, test } from "vitest";
import type { Link } from "../../kernel/objects.ts";
import { cidr, ip, mac } from "../../wire/addr.ts";
import { parseNetworkConf } from "../conf.ts";
import type { CniRuntime, Plan } from "../types.ts";
import {
	type BridgeHost,
	type BridgeRequest,
	bridgeAdd,
	bridgeDel,
	bridgeEnsure,
	vethName,
	withMacs,
} from "./bridge.ts";
import type { BridgeConf } from "./bridge-conf.ts";
import { masqChainName } from "./ip-masq.ts";

const runtime: CniRuntime = {
	containerId: "abc123",
	netns: "pod/default/client",
	ifName: "eth0",
	hostNetns: "node/worker-0",
	pod: "default/client",
};

const bridgeLink: Link = {
	kind: "link",
	name: "cnio0",
	link: { type: "bridge" },
	mac: mac("0a:58:0a:c8:00:01"),
	up: true,
};
const host: BridgeHost = { links: [bridgeLink], addrs: [], ipv6: false, forwarding: [] };

test("the bridge is made and brought up, once", () => {
	const conf = bridgeConf({});
	expect(bridgeEnsure(conf, "node/worker-0", { links: [], addrs: [], ipv6: true, forwarding: [] })).toEqual({
		ok: true,
		value: [
			{
				netns: "node/worker-0",
				ops: [
					{ verb: "add", object: { kind: "link", name: "cnio0", link: { type: "bridge" } } },
					{ verb: "replace", object: { kind: "sysctl", key: "net.ipv6.conf.cnio0.accept_ra", value: "0" } },
					{ verb: "replace", object: { kind: "link", name: "cnio0", up: true } },
				],
			},
		],
	});
	expect(bridgeEnsure(conf, "node/worker-0", host)).toEqual({ ok: true, value: [] });
});

test("a device of the bridge's name that is none is an error", () => {
	const links: readonly Link[] = [{ kind: "link", name: "cnio0", link: { type: "dummy" } }];
	const made = bridgeEnsure(bridgeConf({}), "node/worker-0", { links, addrs: [], ipv6: false, forwarding: [] });
	expect(made.ok ? "" : made.error.message).toBe('"cnio0" already exists but is not a bridge');
});

test("ADD makes the reference plugin's devices, addresses, routes, sysctls and rules, in its order", () => {
	const comment = { kind: "comment", text: 'name: "podnet" id: "abc123"' };
	const origin = { by: "cni", for: "Pod default/client" };
	const chain = "CNI-ebfe65ed52cb6bccee1e7fcd";
	expect(planOf(request({ hairpinMode: true }))).toEqual([
		{
			netns: "pod/default/client",
			ops: [
				{
					verb: "add",
					object: {
						kind: "link",
						name: "eth0",
						link: { type: "veth", peer: "veth71f7d238", peerNetns: "node/worker-0" },
					},
				},
			],
		},
		{
			netns: "node/worker-0",
			ops: [
				{ verb: "replace", object: { kind: "link", name: "veth71f7d238", up: true } },
				{ verb: "replace", object: { kind: "link", name: "veth71f7d238", master: "cnio0" } },
				{ verb: "replace", object: { kind: "link", name: "veth71f7d238", port: { hairpin: true } } },
			],
		},
		{
			netns: "pod/default/client",
			ops: [
				{ verb: "replace", object: { kind: "sysctl", key: "net.ipv4.conf.eth0.arp_notify", value: "1" } },
				{
					verb: "add",
					object: { kind: "addr", dev: "eth0", addr: cidr("10.200.0.4/24"), broadcast: "10.200.0.255" },
				},
				{ verb: "replace", object: { kind: "link", name: "eth0", up: true } },
				{ verb: "add", object: { kind: "route", dst: cidr("0.0.0.0/0"), via: "10.200.0.1", dev: "eth0" } },
			],
		},
		{
			netns: "node/worker-0",
			ops: [
				{
					verb: "add",
					object: { kind: "addr", dev: "cnio0", addr: cidr("10.200.0.1/24"), broadcast: "10.200.0.255" },
				},
				{ verb: "replace", object: { kind: "link", name: "cnio0", mac: "0a:58:0a:c8:00:01" } },
				{ verb: "replace", object: { kind: "sysctl", key: "net.ipv4.ip_forward", value: "1" } },
				{
					verb: "replace",
					object: {
						kind: "xt-chain",
						family: "ipv4",
						table: "nat",
						chain,
						rules: [
							{
								matches: [{ kind: "destination", net: cidr("10.200.0.0/24") }, comment],
								target: { kind: "accept" },
								origin,
							},
							{
								matches: [{ kind: "destination", net: cidr("224.0.0.0/4"), invert: true }, comment],
								target: { kind: "masquerade" },
								origin,
							},
						],
					},
				},
				{
					verb: "add",
					object: {
						kind: "xt-rule",
						family: "ipv4",
						table: "nat",
						chain: "POSTROUTING",
						rule: {
							matches: [{ kind: "source", net: cidr("10.200.0.4/32") }, comment],
							target: { kind: "jump", chain },
							origin,
						},
					},
				},
			],
		},
	]);
});

test("the result names bridge, host device and container device, with their MAC addresses once they exist", () => {
	const added = bridgeAdd(request({}), host);
	if (!added.ok) throw new Error(added.error.message);
	const container: readonly Link[] = [{ kind: "link", name: "eth0", mac: mac("42:8e:77:f6:20:e2") }];
	const veth: Link = { kind: "link", name: "veth71f7d238", mac: mac("12:b6:47:35:d9:74") };
	expect(withMacs(added.value.result, { host: [bridgeLink, veth], container })).toEqual({
		cniVersion: "1.1.0",
		interfaces: [
			{ name: "cnio0", mac: "0a:58:0a:c8:00:01" },
			{ name: "veth71f7d238", mac: "12:b6:47:35:d9:74" },
			{ name: "eth0", sandbox: "pod/default/client", mac: "42:8e:77:f6:20:e2" },
		],
		ips: [{ address: cidr("10.200.0.4/24"), gateway: "10.200.0.1", interface: 2 }],
		routes: [{ dst: cidr("0.0.0.0/0") }],
		dns: {},
	});
});

test("forwarding is not turned on again", () => {
	const ops = planOf(request({ ipMasq: false }), { ...host, forwarding: ["ipv4"] }).at(-1)?.ops ?? [];
	expect(ops.map((op) => op.object.kind)).toEqual(["addr", "link"]);
});

test("the gateway's address is not set twice", () => {
	const addrs = [{ kind: "addr", dev: "cnio0", addr: cidr("10.200.0.1/24") }] as const;
	const ops = planOf(request({ ipMasq: false }), { ...host, addrs }).at(-1)?.ops;
	expect(ops).toEqual([{ verb: "replace", object: { kind: "sysctl", key: "net.ipv4.ip_forward", value: "1" } }]);
});

test("another address on the bridge is an error, unless forceAddress replaces it", () => {
	const other = { kind: "addr", dev: "cnio0", addr: cidr("10.9.0.1/24") } as const;
	const refused = bridgeAdd(request({}), { ...host, addrs: [other] });
	expect(refused.ok ? "" : refused.error.message).toBe(
		'failed to set bridge addr: "cnio0" already has an IP address different from 10.200.0.1/24',
	);
	const forced = planOf(request({ forceAddress: true }), { ...host, addrs: [other] }).at(-1)?.ops;
	expect(forced?.[0]).toEqual({ verb: "delete", object: other });
});

test("isDefaultGateway adds a default route unless IPAM gave one", () => {
	const without = bridgeAdd({ ...request({ isDefaultGateway: true }), ipam: { ...ipam, routes: [] } }, host);
	expect(without.ok && without.value.result.routes).toEqual([{ dst: cidr("0.0.0.0/0"), gw: "10.200.0.1" }]);
	const with_ = bridgeAdd(request({ isDefaultGateway: true }), host);
	expect(with_.ok && with_.value.result.routes).toEqual([{ dst: cidr("0.0.0.0/0") }]);
});

test("without IPAM the plugin only plugs the container in", () => {
	const { ipam: _, ...layer2 } = request({ isGateway: false, ipMasq: false });
	const plan = planOf(layer2);
	expect(plan.map((part) => part.netns)).toEqual(["pod/default/client", "node/worker-0", "pod/default/client"]);
	expect(plan[2]?.ops).toEqual([{ verb: "replace", object: { kind: "link", name: "eth0", up: true } }]);
});

test("a MAC address and an MTU that are asked for are set, a dot in a device's name becomes a slash in sysctls", () => {
	const asked = request({ mtu: 1400 });
	const plan = planOf({ ...asked, runtime: { ...runtime, ifName: "eth0.5", mac: mac("02:00:00:00:00:01") } });
	expect(plan[0]?.ops[0]?.object).toMatchObject({ name: "eth0.5", mac: "02:00:00:00:00:01", mtu: 1400 });
	expect(plan[2]?.ops[0]?.object).toMatchObject({ key: "net.ipv4.conf.eth0/5.arp_notify" });
});

test("DEL removes the device, the jump and then the chain; without the device only the rules", () => {
	const addresses = [cidr("10.200.0.4/24")];
	const removal = { network: "podnet", conf: bridgeConf({}), runtime, addresses, present: true };
	const verbs = (plan: Plan): unknown =>
		plan.map(({ netns, ops }) => [netns, ops.map((op) => `${op.verb} ${op.object.kind}`)]);
	expect(verbs(bridgeDel(removal))).toEqual([
		["pod/default/client", ["delete link"]],
		["node/worker-0", ["delete xt-rule", "delete xt-chain"]],
	]);
	expect(verbs(bridgeDel({ ...removal, present: false }))).toEqual([
		["node/worker-0", ["delete xt-rule", "delete xt-chain"]],
	]);
});

test.each([
	["podnet", "abc123", "CNI-ebfe65ed52cb6bccee1e7fcd"],
	["mynet", "dummy", "CNI-1b29d9511ed2bb3134d925d5"],
	["testalongnamethatdoesnotmakesense", "1234", "CNI-374f33fe84ab0ed84dcdebe3"],
	["bridge", "631cab5de5565cc432a3beca0e2aece0cef9285482b11f3eb0b46c134e457854", "CNI-be726a77f15ea47ff32947a3"],
])("the masquerading chain of network %s and container %s is %s", (network, id, chain) => {
	expect(masqChainName(network, id)).toBe(chain);
});

test("a host device's name is veth and 8 hexadecimal digits", () => {
	expect(vethName(0x71f7d238)).toBe("veth71f7d238");
	expect(vethName(15)).toBe("veth0000000f");
});

const ipam = {
	ips: [{ address: cidr("10.200.0.4/24"), gateway: ip("10.200.0.1") }],
	routes: [{ dst: cidr("0.0.0.0/0") }],
	dns: {},
};

function request(conf: Readonly<Record<string, unknown>>): BridgeRequest {
	return { network: "podnet", conf: bridgeConf(conf), runtime, ipam, hostDevice: "veth71f7d238" };
}

function bridgeConf(conf: Readonly<Record<string, unknown>>): BridgeConf {
	const base = { name: "podnet", type: "bridge", bridge: "cnio0", isGateway: true, ipMasq: true };
	const parsed = parseNetworkConf(JSON.stringify({ ...base, ...conf }));
	const plugin = parsed.ok ? parsed.value.plugins[0] : undefined;
	if (plugin?.type !== "bridge") throw new Error("no bridge");
	return plugin;
}

function planOf(asked: BridgeRequest, on: BridgeHost = host): Plan {
	const added = bridgeAdd(asked, on);
	if (!added.ok) throw new Error(added.error.message);
	return added.value.plan;
}
