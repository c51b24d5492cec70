/**
 * The flannel plugin: it puts what flanneld wrote about the node (`/run/flannel/subnet.env`) into the configuration of the
 * plugin that does the work, the bridge plugin (flannel-io/cni-plugin: flannel_linux.go).
 */
import { type Cidr, formatCidr, networkOf } from "../../wire/addr.ts";
import type { JsonReader } from "../json-reader.ts";
import { type BridgeConf, parseBridgeConf } from "./bridge-conf.ts";

/** `/run/flannel/subnet.env`. */
export interface FlannelEnv {
	/** FLANNEL_NETWORK: of all pods. */
	readonly network: Cidr;
	/** FLANNEL_SUBNET: of the node's pods. */
	readonly subnet: Cidr;
	/** FLANNEL_MTU, in bytes. */
	readonly mtu: number;
	/** FLANNEL_IPMASQ: flanneld masquerades, so the bridge plugin does not. */
	readonly ipMasq: boolean;
}

/** `at` stands on the plugin's object; undefined when mistakes were reported. */
export function parseFlannelConf(at: JsonReader, env: FlannelEnv | undefined): BridgeConf | undefined {
	if (env === undefined) {
		return at.fail("loadFlannelSubnetEnv failed: open /run/flannel/subnet.env: no such file or directory");
	}
	const delegate = at.at("delegate");
	const given = delegate.record() ?? {};
	for (const key of ["name", "ipam"]) {
		if (Object.hasOwn(given, key)) {
			return delegate.fail(`'delegate' dictionary must not have '${key}' field, it'll be set by flannel`);
		}
	}
	const type = delegate.at("type").string() ?? "bridge";
	if (type !== "bridge") return delegate.at("type").fail(`flannel's delegate ${type} is not modelled (bridge is)`);
	const ipam = at.at("ipam").record() ?? {};
	const routes = at.at("ipam").at("routes").list();
	const conf = delegate.replacedBy({
		type,
		ipMasq: !env.ipMasq,
		mtu: env.mtu,
		isGateway: true,
		...given,
		ipam: {
			type: "host-local",
			...ipam,
			ranges: [[{ subnet: formatCidr(networkOf(env.subnet)) }]],
			routes: [...routes, { dst: formatCidr(env.network) }],
		},
	});
	return parseBridgeConf(conf);
}
