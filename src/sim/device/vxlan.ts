/**
 * VXLAN devices (drivers/net/vxlan/vxlan_core.c): Ethernet frames in UDP packets. The device with its settings, and the UDP
 * socket that it shares with the others of its port. `vxlan-xmit.ts` and `vxlan-rcv.ts` move the frames.
 */
import { ETH_P_IP, ETH_P_IPV6 } from "../../wire/ethernet.ts";
import { IPV4_MIN_HLEN } from "../../wire/ipv4.ts";
import { registerNetdevice } from "../core/netdevice.ts";
import { uppersOf } from "../core/uppers.ts";
import { mcGroups } from "../ipv4/multicast-groups.ts";
import { UdpSock, udpGetPort, udpUnhash } from "../transport/udp-sock.ts";
import {
	type DeviceOps,
	type DeviceRefusal,
	type Fate,
	type NetDevice,
	type Netns,
	pernet,
	type Skb,
} from "../types.ts";
import { VXLAN_DEFAULT_MAC, VxlanFdb } from "./vxlan-fdb.ts";

/** `struct vxlan_config`. Addresses: 0 is none. */
export interface VxlanConf {
	readonly vni: number;
	readonly port: number;
	readonly local: number;
	/** The default destination, a host or a group. */
	readonly remote: number;
	/** ifindex of the device that packets to the default destination must leave by; 0: any. */
	readonly lower: number;
	readonly learning: boolean;
	/** 0: 1 for a group, else the namespace's default. */
	readonly ttl: number;
	/** Zeros: net.ipv4.ip_local_port_range. */
	readonly sourcePorts: { readonly low: number; readonly high: number };
	readonly udpChecksum: boolean;
	readonly ageingTimeSeconds: number;
}

/** Outer IP, UDP and VXLAN header, and the inner Ethernet header. */
export const VXLAN_HEADROOM = 50;

const IPV6_HLEN = 40;

/** What a frame of this type must have behind its Ethernet header. */
export function innerHeaderLength(etherType: number): number {
	if (etherType === ETH_P_IP) return IPV4_MIN_HLEN;
	return etherType === ETH_P_IPV6 ? IPV6_HLEN : 0;
}

export interface VxlanMovers {
	readonly xmit: (skb: Skb) => Fate;
	/** A datagram for a socket of VXLAN; `skb.data` is at the UDP header, the datagram ends at `end`. */
	receive(skb: Skb, socket: VxlanSocket, end: number): Fate;
}

export class Vxlan implements DeviceOps {
	readonly type = "vxlan";
	readonly isStacked = true;
	readonly needsHeadroom = true;
	/** Where the outer packets live: the namespace it was made in, wherever the device is now. */
	readonly netns: Netns;
	readonly fdb: VxlanFdb;
	readonly xmit: (skb: Skb) => Fate;
	conf: VxlanConf;
	readonly #movers: VxlanMovers;
	#dev: NetDevice | undefined = undefined;

	constructor(netns: Netns, conf: VxlanConf, movers: VxlanMovers) {
		this.netns = netns;
		this.conf = conf;
		this.fdb = new VxlanFdb(netns.machine.loop, conf.ageingTimeSeconds * 1e9);
		this.xmit = movers.xmit;
		this.#movers = movers;
	}

	get dev(): NetDevice {
		if (this.#dev === undefined) throw new Error("a VXLAN without its device");
		return this.#dev;
	}

	/** Takes its place, again when its removal is undone. With the device below it goes. */
	attach(dev: NetDevice): void {
		this.#dev = dev;
		vxlansOf(this.netns).add(this);
		const lower = this.netns.devices.get(this.conf.lower);
		if (lower !== undefined) uppersOf(lower).add(dev);
	}

	carrier(): boolean {
		return true;
	}

	/** The UDP port is somebody else's. */
	openRefused(): DeviceRefusal | undefined {
		const sockets = vxlanSockets(this.netns);
		if (sockets.has(this.conf.port)) return undefined;
		const socket = new VxlanSocket(this.netns, this.conf.port, this.#movers);
		if (!socket.bind()) return { errno: "EADDRINUSE", message: "Address already in use" };
		socket.close();
		return undefined;
	}

	open(): void {
		const sockets = vxlanSockets(this.netns);
		let socket = sockets.get(this.conf.port);
		if (socket === undefined) {
			socket = new VxlanSocket(this.netns, this.conf.port, this.#movers);
			if (!socket.bind()) return;
			sockets.set(this.conf.port, socket);
		}
		socket.vxlans.set(this.conf.vni, this);
		const lower = this.netns.devices.get(this.conf.lower);
		if (lower !== undefined) mcGroups(lower).join(this.conf.remote);
	}

	stop(): void {
		const sockets = vxlanSockets(this.netns);
		const socket = sockets.get(this.conf.port);
		const lower = this.netns.devices.get(this.conf.lower);
		if (lower !== undefined) mcGroups(lower).leave(this.conf.remote);
		this.fdb.flush();
		if (socket?.vxlans.get(this.conf.vni) !== this) return;
		socket.vxlans.delete(this.conf.vni);
		if (socket.vxlans.size > 0) return;
		socket.close();
		sockets.delete(this.conf.port);
	}

	remove(): void {
		vxlansOf(this.netns).delete(this);
		for (const device of this.netns.devices.values()) uppersOf(device).delete(this.dev);
	}
}

/** The UDP socket of all VXLAN devices of a namespace that are up and have the same port. */
export class VxlanSocket {
	readonly vxlans: Map<number, Vxlan> = new Map();
	readonly #sock: UdpSock;

	constructor(netns: Netns, port: number, movers: VxlanMovers) {
		this.#sock = new UdpSock({ ...SOCKET_OPTIONS, netns, bindPort: port }, {});
		this.#sock.encapRcv = (skb, end) => movers.receive(skb, this, end);
	}

	/** False: the port is taken. */
	bind(): boolean {
		return udpGetPort(this.#sock).ok;
	}

	close(): void {
		udpUnhash(this.#sock);
	}
}

const SOCKET_OPTIONS = {
	program: "",
	owner: { uid: 0, gid: 0 },
	pid: undefined,
	backlog: 0,
	boundDev: 0,
	mark: 0,
	ttl: 0,
	tos: 0,
	pmtudisc: "dont",
	broadcast: false,
	bindAddr: 0,
} as const;

const vxlanSockets: (netns: Netns) => Map<number, VxlanSocket> = pernet(() => new Map());

/** The VXLAN devices whose outer packets live in a namespace. */
export const vxlansOf: (netns: Netns) => Set<Vxlan> = pernet(() => new Set());

export function vxlanOf(dev: NetDevice): Vxlan {
	if (!(dev.ops instanceof Vxlan)) throw new Error(`${dev.name} is not a VXLAN device`);
	return dev.ops;
}

/** A device, down. The name is free, and the VNI at its port. */
export function createVxlan(
	netns: Netns,
	link: { readonly name: string; readonly mac: number },
	conf: VxlanConf,
	movers: VxlanMovers,
): NetDevice {
	const ops = new Vxlan(netns, conf, movers);
	const lower = netns.devices.get(conf.lower);
	const mtu = lower === undefined ? 1500 : lower.mtu - VXLAN_HEADROOM;
	const dev = registerNetdevice(netns, { ...link, mtu, ops });
	ops.attach(dev);
	setDefaultRemote(ops);
	return dev;
}

/** The default destination is an entry like others (`vxlan_fdb_create` of the zero address). */
export function setDefaultRemote({ fdb, conf, netns }: Vxlan): void {
	if (conf.remote === 0) return;
	const remote = { addr: conf.remote, port: 0, vni: 0, ifindex: conf.lower };
	const updatedNs = netns.machine.loop.now();
	fdb.set({ mac: VXLAN_DEFAULT_MAC, state: "permanent", remotes: [remote], updatedNs });
}

/** Why the device cannot have this MTU: the outer packets would not fit the device below (`vxlan_change_mtu`). */
export function vxlanMtuFits(dev: NetDevice, mtu: number): boolean {
	const { netns, conf } = vxlanOf(dev);
	const lower = netns.devices.get(conf.lower);
	return lower === undefined || mtu <= lower.mtu - VXLAN_HEADROOM;
}
