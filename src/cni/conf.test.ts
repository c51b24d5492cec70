import { expect, test } from "vitest";
import { hostLocalEvents, toRange } from "../../test/corpus/host-local.ts";
import { cidr } from "../wire/addr.ts";
import { parseNetworkConf } from "./conf.ts";
import { type ConfError, JsonReader } from "./json-reader.ts";
import type { BridgeConf } from "./plugins/bridge-conf.ts";
import { parseHostLocal } from "./plugins/ipam.ts";

/** The configuration of "Kubernetes The Hard Way". */
const HARD_WAY = `{
	"cniVersion": "0.3.1",
	"name": "bridge",
	"type": "bridge",
	"bridge": "cnio0",
	"isGateway": true,
	"ipMasq": true,
	"ipam": {
		"type": "host-local",
		"ranges": [[{"subnet": "10.200.0.0/24"}]],
		"routes": [{"dst": "0.0.0.0/0"}]
	}
}`;

test("a single configuration is a list of one plugin", () => {
	const conf = parseNetworkConf(HARD_WAY);
	expect(conf).toEqual({
		ok: true,
		value: {
			cniVersion: "0.3.1",
			name: "bridge",
			disableCheck: false,
			plugins: [
				{
					type: "bridge",
					bridge: "cnio0",
					isGateway: true,
					isDefaultGateway: false,
					forceAddress: false,
					ipMasq: true,
					hairpinMode: false,
					promiscMode: false,
					portIsolation: false,
					disableContainerInterface: false,
					dns: {},
					ipam: {
						type: "host-local",
						ips: [],
						ranges: [
							[
								{
									subnet: cidr("10.200.0.0/24"),
									gateway: "10.200.0.1",
									rangeStart: "10.200.0.1",
									rangeEnd: "10.200.0.254",
								},
							],
						],
						routes: [{ dst: cidr("0.0.0.0/0") }],
					},
				},
			],
		},
	});
});

test("a list takes the newest version offered, and disableCheck also as a string", () => {
	const conf = parseNetworkConf(
		'{"cniVersions":["1.1.0","0.4.0","1.0.0"],"name":"n","disableCheck":"TRUE","plugins":[{"type":"bridge"},{"type":"loopback"}]}',
	);
	expect(conf.ok && conf.value.cniVersion).toBe("1.1.0");
	expect(conf.ok && conf.value.disableCheck).toBe(true);
	expect(conf.ok && conf.value.plugins.map((plugin) => plugin.type)).toEqual(["bridge", "loopback"]);
});

test("isDefaultGateway means isGateway", () => {
	expect(bridgeOf({ isDefaultGateway: true })).toMatchObject({ isGateway: true, isDefaultGateway: true });
});

test.each([
	["{", "$", /^error parsing configuration: /],
	["[]", "$", /^want an object/],
	['{"cniVersion":"1.1.0","type":"bridge"}', "$.name", /^missing network name$/],
	['{"name":"a/b","type":"bridge"}', "$.name", /^invalid characters found in network name: a\/b$/],
	['{"name":"n","cniVersion":"9.0.0","type":"bridge"}', "$.cniVersion", /^unsupported CNI version 9\.0\.0$/],
	['{"name":"n","plugins":[]}', "$.plugins", /^no plugins in list$/],
	['{"name":"n"}', "$", /^neither a plugin's type nor a list of plugins$/],
	[
		'{"name":"n","plugins":[{"type":"bridge"},{"type":"bandwidth"}]}',
		"$.plugins[1].type",
		/^plugin bandwidth is not modelled/,
	],
	['{"name":"n","plugins":[{}]}', "$.plugins[0].type", /^missing 'type'$/],
	['{"name":"n","type":"bridge","isGateway":"yes"}', "$.isGateway", /^want true or false, have a string$/],
	['{"name":"n","type":"bridge","mtu":-1}', "$.mtu", /^-1 is not in 0…65535$/],
	['{"name":"n","type":"bridge","vlan":100}', "$.vlan", /^VLAN filtering is not modelled$/],
	['{"name":"n","type":"bridge","macspoofchk":true}', "$.macspoofchk", /^macspoofchk is not modelled$/],
	[
		'{"name":"n","type":"bridge","ipMasqBackend":"nftables"}',
		"$.ipMasqBackend",
		/^ipMasq backend nftables is not modelled/,
	],
	[
		'{"name":"n","type":"bridge","hairpinMode":true,"promiscMode":true}',
		"$.hairpinMode",
		/^cannot set hairpin mode and promiscuous mode/,
	],
	['{"name":"n","type":"bridge","bridge":"a-name-too-long-for-linux"}', "$.bridge", /^invalid device name/],
	['{"name":"n","type":"bridge","ipam":{"type":"dhcp"}}', "$.ipam.type", /^IPAM plugin dhcp is not modelled/],
	['{"name":"n","type":"bridge","ipam":{"type":"host-local"}}', "$.ipam", /^no IP ranges specified$/],
	[
		'{"name":"n","plugins":[{"type":"bridge","ipam":{"type":"host-local","ranges":[[{"subnet":"10.0.0.0"}]]}}]}',
		"$.plugins[0].ipam.ranges[0][0].subnet",
		/^invalid CIDR address: 10\.0\.0\.0$/,
	],
	[
		'{"name":"n","type":"bridge","ipam":{"type":"host-local","ranges":[[{"subnet":"10.0.0.1/24"}]]}}',
		"$.ipam.ranges[0]",
		/^invalid range set 0: Network has host bits set\. /,
	],
	[
		'{"name":"n","type":"bridge","ipam":{"type":"host-local","subnet":"10.0.0.0/24","routes":[{"gw":"10.0.0.1"}]}}',
		"$.ipam.routes[0].dst",
		/^missing dst$/,
	],
])("%s is refused at %s", (text, path, message) => {
	const conf = parseNetworkConf(text);
	expect(conf.ok ? [] : conf.error).toEqual([{ path, message: expect.stringMatching(message) }]);
});

test("all mistakes are reported at once", () => {
	const conf = parseNetworkConf('{"type":"bridge","mtu":"big","ipam":{"type":"host-local","ranges":[[{}]]}}');
	expect(conf.ok ? [] : conf.error.map((error) => error.path)).toEqual([
		"$.name",
		"$.mtu",
		"$.ipam.ranges[0][0].subnet",
	]);
});

test.each(hostLocalEvents("loadIPAMConfig"))("reads host-local's configuration as upstream: $name", ({ event }) => {
	const errors: ConfError[] = [];
	const conf = parseHostLocal(new JsonReader(event.input, "$", errors), { args: event.envArgs, cniVersion: "1.0.0" });
	expect(errors[0]?.message ?? null).toBe(event.error);
	if (event.error !== null) return;
	expect(conf?.ranges).toEqual(event.config?.Ranges.map((set) => set.map(toRange)));
	expect(conf?.ips).toEqual(event.config?.IPArgs ?? []);
});

function bridgeOf(conf: Readonly<Record<string, unknown>>): BridgeConf {
	const parsed = parseNetworkConf(JSON.stringify({ name: "n", type: "bridge", ...conf }));
	const plugin = parsed.ok ? parsed.value.plugins[0] : undefined;
	if (plugin?.type !== "bridge") throw new Error("no bridge");
	return plugin;
}

const FLANNEL =
	'{"name":"cbr0","plugins":[{"type":"flannel","delegate":{"hairpinMode":true,"isDefaultGateway":true}}]}';
const FLANNEL_ENV = { network: cidr("10.244.0.0/16"), subnet: cidr("10.244.1.1/24"), mtu: 1450, ipMasq: true };

test("flannel is the bridge plugin with what flanneld wrote", () => {
	const conf = parseNetworkConf(FLANNEL, FLANNEL_ENV);
	expect(conf.ok ? conf.value.plugins : conf.error).toEqual([
		expect.objectContaining({
			type: "bridge",
			bridge: "cni0",
			isGateway: true,
			isDefaultGateway: true,
			hairpinMode: true,
			ipMasq: false,
			mtu: 1450,
			ipam: expect.objectContaining({
				ranges: [[expect.objectContaining({ subnet: cidr("10.244.1.0/24") })]],
				routes: [{ dst: cidr("10.244.0.0/16") }],
			}),
		}),
	]);
});

test.each([
	[
		FLANNEL,
		undefined,
		"$.plugins[0]",
		"loadFlannelSubnetEnv failed: open /run/flannel/subnet.env: no such file or directory",
	],
	[
		'{"name":"cbr0","type":"flannel","delegate":{"name":"x"}}',
		FLANNEL_ENV,
		"$.delegate",
		"'delegate' dictionary must not have 'name' field, it'll be set by flannel",
	],
	[
		'{"name":"cbr0","type":"flannel","delegate":{"type":"ptp"}}',
		FLANNEL_ENV,
		"$.delegate.type",
		"flannel's delegate ptp is not modelled (bridge is)",
	],
	[
		'{"name":"n","type":"calico","ipam":{"type":"host-local"}}',
		undefined,
		"$.ipam.type",
		"calico with IPAM plugin host-local is not modelled (calico-ipam is)",
	],
])("%s is refused", (text, env, path, message) => {
	expect(parseNetworkConf(text, env)).toEqual({ ok: false, error: [{ path, message }] });
});

test("calico with its own IPAM", () => {
	const conf = parseNetworkConf(
		'{"name":"n","type":"calico","mtu":1480,"ipam":{"type":"calico-ipam"},"log_level":"info"}',
	);
	expect(conf.ok ? conf.value.plugins : conf.error).toEqual([{ type: "calico", mtu: 1480 }]);
});
