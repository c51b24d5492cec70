/**
 * ipip: IPv4 in IPv4 (net/ipv4/ipip.c, ip_tunnel.c). A device without a link layer: the device and its settings, and which
 * tunnel a packet belongs to. `ipip-xmit.ts` and `ipip-rcv.ts` move the packets.
 */
import { IPPROTO_IPIP, IPV4_MIN_HLEN } from "../../wire/ipv4.ts";
import { devSetMtu, registerNetdevice } from "../core/netdevice.ts";
import { type DeviceOps, type Fate, type NetDevice, type Netns, pernet, type Skb } from "../types.ts";
import { ipRouteOutput } from "./route.ts";

/** The device that takes what no other tunnel takes; it is there as soon as the module is. */
export const IPIP_FALLBACK = "tunl0";

/** `struct ip_tunnel_parm`. Addresses: 0 is any. */
export interface IpipParms {
	readonly local: number;
	readonly remote: number;
	/** 0: as the packet inside. */
	readonly ttl: number;
	/** 1: as the packet inside. */
	readonly tos: number;
	/** Outer packets always say "don't fragment"; false: only where the inner one does. */
	readonly pmtudisc: boolean;
	/** ifindex of the device that outer packets must leave by; 0: any. */
	readonly link: number;
	readonly mode: "any" | "ipip";
}

/** A path that needs less than this is not believed. */
const IPV4_MIN_MTU = 68;
const ETH_DATA_LEN = 1500;

export class IpTunnel implements DeviceOps {
	readonly type = "ipip";
	readonly isStacked = true;
	readonly needsHeadroom = true;
	/** Where the outer packets live: the namespace it was made in, wherever the device is now. */
	readonly netns: Netns;
	readonly isFallback: boolean;
	readonly xmit: (skb: Skb) => Fate;
	parms: IpipParms;
	/** ICMP errors that came about its outer packets and were not passed on yet, and when the last one came. */
	errCount = 0;
	errTimeNs = 0;
	#dev: NetDevice | undefined = undefined;

	constructor(netns: Netns, parms: IpipParms, more: { isFallback: boolean; xmit: (skb: Skb) => Fate }) {
		this.netns = netns;
		this.parms = parms;
		this.isFallback = more.isFallback;
		this.xmit = more.xmit;
	}

	get dev(): NetDevice {
		if (this.#dev === undefined) throw new Error("an ipip tunnel without its device");
		return this.#dev;
	}

	attach(dev: NetDevice): void {
		this.#dev = dev;
	}

	carrier(): boolean {
		return true;
	}

	remove(): void {
		ipipTunnels(this.netns).delete(this);
	}
}

/** The tunnels whose outer packets live in a namespace, the youngest first. */
export const ipipTunnels: (netns: Netns) => Set<IpTunnel> = pernet(() => new Set());

export function ipipOf(dev: NetDevice): IpTunnel {
	if (!(dev.ops instanceof IpTunnel)) throw new Error(`${dev.name} is not an ipip tunnel`);
	return dev.ops;
}

/** A tunnel, down. The name is free, and so are the ends. */
export function createIpip(netns: Netns, name: string, parms: IpipParms, xmit: (skb: Skb) => Fate): NetDevice {
	const ops = new IpTunnel(netns, parms, { isFallback: name === IPIP_FALLBACK, xmit });
	const mtu = bindDev(ops);
	const dev = registerNetdevice(netns, { name, mac: 0, mtu, hardHeaderLength: 0, noArp: true, ops });
	ops.attach(dev);
	ipipTunnels(netns).add(ops);
	return dev;
}

/** Other ends or settings (`ip_tunnel_changelink`); a new device to leave by means a new MTU. */
export function changeIpip(dev: NetDevice, parms: IpipParms): void {
	const tunnel = ipipOf(dev);
	const moved = tunnel.parms.link !== parms.link;
	tunnel.parms = parms;
	if (moved) devSetMtu(dev, bindDev(tunnel));
}

/** Whether another tunnel has these ends; the fallback device has both open, and is there wherever the module is. */
export function ipipEndsTaken(netns: Netns, parms: IpipParms, except?: NetDevice): boolean {
	if (parms.local === 0 && parms.remote === 0 && parms.link === 0) return true;
	return [...ipipTunnels(netns)].some(
		({ parms: own, dev }) =>
			dev !== except && own.local === parms.local && own.remote === parms.remote && own.link === parms.link,
	);
}

/** The tunnel of a packet from `remote` to `local` that came in by `link`: the one that says most of its ends (`ip_tunnel_lookup`). */
export function ipTunnelLookup(netns: Netns, link: number, local: number, remote: number): IpTunnel | undefined {
	const tunnels = [...ipipTunnels(netns)].filter(({ dev, isFallback }) => dev.up && !isFallback);
	let candidate: IpTunnel | undefined;
	for (const fits of [
		({ local: own, remote: far }: IpipParms) => own === local && far === remote,
		({ local: own, remote: far }: IpipParms) => own === 0 && far === remote,
		({ local: own, remote: far }: IpipParms) => far === 0 && own === local,
	]) {
		const found = tunnels.filter(({ parms }) => fits(parms));
		const exact = found.find(({ parms }) => parms.link === link);
		if (exact !== undefined) return exact;
		candidate ??= found[0];
	}
	if (candidate !== undefined) return candidate;
	return [...ipipTunnels(netns)].find(({ dev, isFallback }) => isFallback && dev.up);
}

/** The MTU by the device that packets to the far end leave by now (`ip_tunnel_bind_dev`). */
function bindDev({ netns, parms }: IpTunnel): number {
	const { local, remote, link, tos } = parms;
	const src = local === 0 ? undefined : local;
	const flow = { dst: remote, src, oif: link, mark: 0, tos: tos & 0x1c, proto: IPPROTO_IPIP };
	const route = remote === 0 ? undefined : ipRouteOutput(netns, flow);
	const lower = route?.ok === true ? route.value.dev : netns.devices.get(link);
	return Math.max(Math.min(lower?.mtu ?? ETH_DATA_LEN, 65_535) - IPV4_MIN_HLEN, IPV4_MIN_MTU);
}

/** `tunl0`. */
export function isIpipFallback(dev: NetDevice): boolean {
	return dev.ops instanceof IpTunnel && dev.ops.isFallback;
}
