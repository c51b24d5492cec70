/**
 * The calico plugin as a plan: a veth pair without a bridge. The pod has an address of its own network and sends everything
 * to 169.254.1.1, which nobody has; the node's end answers for it (proxy ARP), and the node routes. Devices, addresses,
 * routes and sysctls are those of the real plugin (cni-plugin/pkg/dataplane/linux), and Felix's `rp_filter`.
 */
import { sha1 } from "@noble/hashes/legacy.js";
import { hex, utf8Encode } from "../../base/bytes.ts";
import type { Op } from "../../kernel/kernel.ts";
import type { KernelObject } from "../../kernel/objects.ts";
import { addrBits, type Cidr, cidr, type IpAddr, ip, type MacAddr, mac } from "../../wire/addr.ts";
import type { CniResult, CniRuntime, Plan } from "../types.ts";
import type { CalicoConf } from "./calico-conf.ts";
import { addrObject, devSysctl } from "./configure-iface.ts";

/** The pods' gateway. */
export const CALICO_GATEWAY: IpAddr = ip("169.254.1.1");
/** Of the node's end of every pair. */
export const CALICO_HOST_MAC: MacAddr = mac("ee:ee:ee:ee:ee:ee");

const DEFAULT_ROUTE = cidr("0.0.0.0/0");
const PREFIX = "cali";
const HASH_DIGITS = 11;

export interface CalicoRequest {
	readonly conf: CalicoConf;
	readonly runtime: CniRuntime;
	/** With a full prefix length. */
	readonly address: Cidr;
	/** Name of the node's end: `calicoVethName`. */
	readonly hostDevice: string;
}

export interface CalicoAttachment {
	readonly plan: Plan;
	readonly result: CniResult;
}

/** `cali` and the first 11 digits of the SHA-1 hash of `NAMESPACE.POD`. */
export function calicoVethName(namespace: string, pod: string): string {
	return PREFIX + hex(sha1(utf8Encode(`${namespace}.${pod}`))).slice(0, HASH_DIGITS);
}

/** ADD. */
export function calicoAdd(request: CalicoRequest): CalicoAttachment {
	const { runtime, conf, address, hostDevice } = request;
	const mtu = conf.mtu === undefined ? {} : { mtu: conf.mtu };
	return {
		plan: [
			{ netns: runtime.netns, ops: containerOps(request) },
			{ netns: runtime.hostNetns, ops: hostOps(request) },
		],
		result: {
			cniVersion: "1.1.0",
			interfaces: [{ name: hostDevice }, { name: runtime.ifName, sandbox: runtime.netns, ...mtu }],
			ips: [{ address, interface: 1 }],
			routes: [{ dst: DEFAULT_ROUTE, gw: CALICO_GATEWAY }],
			dns: {},
		},
	};
}

function containerOps({ conf, runtime, address, hostDevice }: CalicoRequest): readonly Op[] {
	const { ifName: dev, hostNetns } = runtime;
	const link = { type: "veth", peer: hostDevice, peerNetns: hostNetns, peerMac: CALICO_HOST_MAC } as const;
	const gateway: Cidr = { addr: CALICO_GATEWAY, prefix: addrBits(CALICO_GATEWAY) };
	return [
		add({ kind: "link", name: dev, link, ...(conf.mtu === undefined ? {} : { mtu: conf.mtu }) }),
		{ verb: "replace", object: { kind: "link", name: dev, up: true } },
		add({ kind: "route", dst: gateway, dev, scope: "link" }),
		add({ kind: "route", dst: DEFAULT_ROUTE, via: CALICO_GATEWAY, dev }),
		add(addrObject(dev, address)),
	];
}

function hostOps({ conf, address, hostDevice: dev }: CalicoRequest): readonly Op[] {
	const mtu = conf.mtu === undefined ? {} : { mtu: conf.mtu };
	return [
		devSysctl("ipv4", dev, { key: "route_localnet", value: "1" }),
		// There is nobody else to wait for.
		{ verb: "replace", object: { kind: "sysctl", key: `net.ipv4.neigh.${dev}.proxy_delay`, value: "0" } },
		devSysctl("ipv4", dev, { key: "proxy_arp", value: "1" }),
		devSysctl("ipv4", dev, { key: "forwarding", value: "1" }),
		devSysctl("ipv4", dev, { key: "rp_filter", value: "1" }),
		{ verb: "replace", object: { kind: "link", name: dev, ...mtu, up: true } },
		add({ kind: "route", dst: address, dev, scope: "link" }),
	];
}

function add(object: KernelObject): Op {
	return { verb: "add", object };
}
