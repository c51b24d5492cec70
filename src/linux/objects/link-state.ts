/** A network device as RTM_NEWLINK tells it: devices are ifindexes here, namespaces are numbers. */
import type { LinkStats } from "../../kernel/objects.ts";
import { type IpAddr, type MacAddr, macText } from "../../wire/addr.ts";
import type { Attributes, Message } from "../netlink/reader.ts";
import { addrText } from "./addr-bytes.ts";

/** struct ifinfomsg. */
export const IFINFOMSG_BYTES = 16;

export const IFLA = {
	address: 1,
	ifname: 3,
	mtu: 4,
	link: 5,
	qdisc: 6,
	master: 10,
	txqlen: 13,
	linkinfo: 18,
	ifalias: 20,
	stats64: 23,
	group: 27,
	netNsFd: 28,
	extMask: 29,
	promiscuity: 30,
	linkNetnsid: 37,
} as const;

/** Attributes inside IFLA_LINKINFO. */
export const IFLA_INFO = { kind: 1, data: 2, slaveKind: 4, slaveData: 5 } as const;

export const IFLA_BR = {
	ageingTime: 4,
	stpState: 5,
	vlanFiltering: 7,
	bridgeId: 11,
	mcastSnooping: 23,
	nfCallIptables: 36,
	vlanDefaultPvid: 39,
} as const;

export const IFLA_BRPORT = { state: 1, hairpin: 4, learning: 8, flood: 9, number: 18, isolated: 33 } as const;

export const IFLA_VLAN = { id: 1, protocol: 5 } as const;

export const IFLA_IPTUN = { link: 1, local: 2, remote: 3, ttl: 4, tos: 5, proto: 9, pmtudisc: 10 } as const;

export const IFLA_MACVLAN_MODE = 1;

export const IFLA_VXLAN = {
	id: 1,
	group: 2,
	link: 3,
	local: 4,
	ttl: 5,
	learning: 7,
	ageing: 8,
	portRange: 10,
	port: 15,
	group6: 16,
	local6: 17,
	udpChecksum: 18,
} as const;

export const IFF_UP = 0x1;
export const IFF_RUNNING = 0x40;
export const IFF_PROMISC = 0x100;
const IFF_LOWER_UP = 0x1_0000;
const ARPHRD_LOOPBACK = 772;

export interface BridgeInfo {
	readonly ageingTimeSeconds: number;
	readonly stp: boolean;
	readonly nfCallIptables: boolean;
	readonly idMac: MacAddr;
	readonly vlanFiltering?: boolean;
	readonly vlanDefaultPvid?: number;
}

export interface PortInfo {
	readonly hairpin: boolean;
	readonly learning: boolean;
	readonly flood: boolean;
	readonly isolated: boolean;
	readonly state: "disabled" | "forwarding";
	readonly number: number;
}

export interface VxlanInfo {
	readonly id: number;
	readonly ifindex: number;
	readonly local: IpAddr | undefined;
	readonly remote: IpAddr | undefined;
	readonly port: number;
	readonly learning: boolean;
	readonly ttl: number;
	readonly ageingTimeSeconds: number;
	readonly sourcePorts: { readonly low: number; readonly high: number } | undefined;
	readonly udpChecksum: boolean;
}

export interface IpipInfo {
	readonly ifindex: number;
	readonly local: IpAddr | undefined;
	readonly remote: IpAddr | undefined;
	readonly ttl: number;
	readonly tos: number;
	readonly pmtudisc: boolean;
	readonly proto: number;
}

export interface LinkState {
	readonly ifindex: number;
	readonly name: string;
	/** `loopback`, or what IFLA_INFO_KIND says; undefined: a network card or the like. */
	readonly kind: string | undefined;
	readonly flags: number;
	readonly up: boolean;
	readonly running: boolean;
	readonly carrier: boolean;
	readonly promisc: boolean;
	readonly mac: MacAddr | undefined;
	readonly mtu: number;
	/** The peer of a veth, the parent of a vlan; 0: none. */
	readonly lower: number;
	/** The number of the namespace that `lower` is in; undefined: this one. */
	readonly lowerNsid: number | undefined;
	/** 0: none. */
	readonly master: number;
	readonly alias: string;
	readonly txQueueLength: number;
	readonly qdisc: string;
	readonly promiscuity: number;
	readonly bridge: BridgeInfo | undefined;
	readonly port: PortInfo | undefined;
	readonly vlan: { readonly id: number; readonly protocol: number } | undefined;
	readonly vxlan: VxlanInfo | undefined;
	readonly ipip: IpipInfo | undefined;
	/** MACVLAN_MODE_*. */
	readonly macvlanMode: number | undefined;
	readonly stats: LinkStats | undefined;
}

export function parseLink(message: Message): LinkState {
	const attrs = message.attrs(IFINFOMSG_BYTES);
	const flags = message.u32(8);
	const info = attrs.nested(IFLA.linkinfo);
	const kind = message.u16(2) === ARPHRD_LOOPBACK ? "loopback" : info?.text(IFLA_INFO.kind);
	const data = info?.nested(IFLA_INFO.data);
	const isPort = info?.text(IFLA_INFO.slaveKind) === "bridge";
	return {
		ifindex: message.u32(4),
		name: attrs.text(IFLA.ifname) ?? "",
		kind,
		flags,
		up: (flags & IFF_UP) !== 0,
		running: (flags & IFF_RUNNING) !== 0,
		carrier: (flags & IFF_LOWER_UP) !== 0,
		promisc: (flags & IFF_PROMISC) !== 0,
		mac: macOf(attrs.bytes(IFLA.address)),
		mtu: attrs.u32(IFLA.mtu) ?? 0,
		lower: attrs.u32(IFLA.link) ?? 0,
		lowerNsid: attrs.i32(IFLA.linkNetnsid),
		master: attrs.u32(IFLA.master) ?? 0,
		alias: attrs.text(IFLA.ifalias) ?? "",
		txQueueLength: attrs.u32(IFLA.txqlen) ?? 0,
		qdisc: attrs.text(IFLA.qdisc) ?? "",
		promiscuity: attrs.u32(IFLA.promiscuity) ?? 0,
		bridge: kind === "bridge" && data !== undefined ? bridgeOf(data) : undefined,
		port: isPort ? portOf(info?.nested(IFLA_INFO.slaveData)) : undefined,
		vlan:
			kind === "vlan" && data !== undefined
				? { id: data.u16(IFLA_VLAN.id) ?? 0, protocol: data.be16(IFLA_VLAN.protocol) ?? 0 }
				: undefined,
		vxlan: kind === "vxlan" && data !== undefined ? vxlanOf(data) : undefined,
		ipip: kind === "ipip" && data !== undefined ? ipipOf(data) : undefined,
		macvlanMode: kind === "macvlan" ? data?.u32(IFLA_MACVLAN_MODE) : undefined,
		stats: statsOf(attrs),
	};
}

/** Six bytes as a MAC address; other lengths are of devices that have none. */
export function macOf(bytes: Uint8Array | undefined): MacAddr | undefined {
	if (bytes?.length !== 6) return undefined;
	return macText(bytes.reduce((sum, byte) => sum * 256 + byte, 0));
}

function bridgeOf(data: Attributes): BridgeInfo {
	return {
		// USER_HZ is 100 everywhere.
		ageingTimeSeconds: (data.u32(IFLA_BR.ageingTime) ?? 0) / 100,
		stp: data.u32(IFLA_BR.stpState) !== 0,
		nfCallIptables: data.u8(IFLA_BR.nfCallIptables) === 1,
		...(data.u8(IFLA_BR.vlanFiltering) === 1
			? { vlanFiltering: true, vlanDefaultPvid: data.u16(IFLA_BR.vlanDefaultPvid) ?? 0 }
			: {}),
		// Two bytes of priority before it.
		idMac: macOf(data.bytes(IFLA_BR.bridgeId)?.subarray(2)) ?? macText(0),
	};
}

const BR_STATE_FORWARDING = 3;

function portOf(data: Attributes | undefined): PortInfo | undefined {
	if (data === undefined) return undefined;
	return {
		hairpin: data.u8(IFLA_BRPORT.hairpin) === 1,
		learning: data.u8(IFLA_BRPORT.learning) === 1,
		flood: data.u8(IFLA_BRPORT.flood) === 1,
		isolated: data.u8(IFLA_BRPORT.isolated) === 1,
		state: data.u8(IFLA_BRPORT.state) === BR_STATE_FORWARDING ? "forwarding" : "disabled",
		number: data.u16(IFLA_BRPORT.number) ?? 0,
	};
}

function vxlanOf(data: Attributes): VxlanInfo {
	return {
		id: data.u32(IFLA_VXLAN.id) ?? 0,
		ifindex: data.u32(IFLA_VXLAN.link) ?? 0,
		local: addrText(data.bytes(IFLA_VXLAN.local) ?? data.bytes(IFLA_VXLAN.local6)),
		remote: addrText(data.bytes(IFLA_VXLAN.group) ?? data.bytes(IFLA_VXLAN.group6)),
		port: data.be16(IFLA_VXLAN.port) ?? 0,
		learning: data.u8(IFLA_VXLAN.learning) === 1,
		ttl: data.u8(IFLA_VXLAN.ttl) ?? 0,
		ageingTimeSeconds: data.u32(IFLA_VXLAN.ageing) ?? 0,
		sourcePorts: portRangeOf(data.bytes(IFLA_VXLAN.portRange)),
		udpChecksum: data.u8(IFLA_VXLAN.udpChecksum) !== 0,
	};
}

/** struct ifla_vxlan_port_range; zeros are "not set". */
function portRangeOf(bytes: Uint8Array | undefined): VxlanInfo["sourcePorts"] {
	if (bytes?.length !== 4) return undefined;
	const view = new DataView(bytes.buffer, bytes.byteOffset, 4);
	const [low, high] = [view.getUint16(0), view.getUint16(2)];
	return low === 0 && high === 0 ? undefined : { low, high };
}

function ipipOf(data: Attributes): IpipInfo {
	return {
		ifindex: data.u32(IFLA_IPTUN.link) ?? 0,
		local: given(addrText(data.bytes(IFLA_IPTUN.local))),
		remote: given(addrText(data.bytes(IFLA_IPTUN.remote))),
		ttl: data.u8(IFLA_IPTUN.ttl) ?? 0,
		tos: data.u8(IFLA_IPTUN.tos) ?? 0,
		pmtudisc: data.u8(IFLA_IPTUN.pmtudisc) === 1,
		proto: data.u8(IFLA_IPTUN.proto) ?? 0,
	};
}

/** An open end is told as zeros. */
function given(addr: IpAddr | undefined): IpAddr | undefined {
	return addr === "0.0.0.0" ? undefined : addr;
}

/** struct rtnl_link_stats64. */
function statsOf(attrs: Attributes): LinkStats | undefined {
	if (!attrs.has(IFLA.stats64)) return undefined;
	const at = (k: number): number => attrs.u64(IFLA.stats64, k) ?? 0;
	return { rxPackets: at(0), rxBytes: at(2), rxDropped: at(6), txPackets: at(1), txBytes: at(3), txDropped: at(7) };
}
