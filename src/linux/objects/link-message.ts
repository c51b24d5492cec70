/** Messages that make and change network devices (RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK). */
import type { BridgePort, Link, LinkKind, MacvlanMode } from "../../kernel/objects.ts";
import { familyOf, type IpAddr } from "../../wire/addr.ts";
import { IPPROTO_IPIP } from "../../wire/ipv4.ts";
import { put16 } from "../../wire/read-write.ts";
import type { Request } from "../netlink/batch.ts";
import { NLM_F_CREATE, NLM_F_EXCL, RTM_DELLINK, RTM_GETLINK, RTM_NEWLINK } from "../netlink/constants.ts";
import type { NetlinkSocket } from "../netlink/socket.ts";
import { MessageWriter } from "../netlink/writer.ts";
import { addrBytes, macBytes } from "./addr-bytes.ts";
import {
	IFF_PROMISC,
	IFF_UP,
	IFLA,
	IFLA_BR,
	IFLA_BRPORT,
	IFLA_INFO,
	IFLA_IPTUN,
	IFLA_MACVLAN_MODE,
	IFLA_VLAN,
	IFLA_VXLAN,
	type LinkState,
	parseLink,
} from "./link-state.ts";

/** A group of devices that nobody else uses; group 0, where all begin, cannot be deleted. */
const DOOMED_GROUP = 0x706f6477;
const VETH_INFO_PEER = 1;
const RTEXT_FILTER_SKIP_STATS = 1 << 3;
const ETHERTYPES = { "802.1Q": 0x8100, "802.1ad": 0x88a8 } as const;

/** Names resolved to numbers; what is absent is not sent. */
export interface LinkNumbers {
	readonly ifindex: number;
	/** 0: out of its bridge. */
	readonly master?: number | undefined;
	/** The parent of a vlan, the device of a vxlan. */
	readonly lower?: number | undefined;
	readonly peer?: { readonly ifindex: number; readonly netnsFd: number | undefined } | undefined;
	/** The namespace to move to. */
	readonly netnsFd?: number | undefined;
}

export function newLink(link: Link, kind: LinkKind, numbers: LinkNumbers): Request {
	return {
		header: { type: RTM_NEWLINK, flags: NLM_F_CREATE | NLM_F_EXCL },
		body: (to) => {
			ifinfomsg(to, numbers.ifindex, link);
			to.attrText(IFLA.ifname, link.name);
			putCommon(to, link, numbers);
			const isUpper = kind.type === "vlan" || kind.type === "macvlan";
			if (isUpper && numbers.lower !== undefined) to.attrU32(IFLA.link, numbers.lower);
			to.nest(IFLA.linkinfo, (info) => {
				info.attrText(IFLA_INFO.kind, kind.type);
				info.nest(IFLA_INFO.data, (data) => putKind(data, kind, numbers, "new"));
			});
		},
	};
}

/** Changes what is given. The settings of a bridge port are another message: `changePort`. */
export function changeLink(link: Link, numbers: LinkNumbers): Request {
	return {
		header: { type: RTM_NEWLINK },
		body: (to) => {
			ifinfomsg(to, numbers.ifindex, link);
			if (link.newName !== undefined) to.attrText(IFLA.ifname, link.newName);
			if (numbers.netnsFd !== undefined) to.attrU32(IFLA.netNsFd, numbers.netnsFd);
			putCommon(to, link, numbers);
			const kind = link.link;
			if (kind === undefined || !CHANGEABLE.includes(kind.type)) return;
			to.nest(IFLA.linkinfo, (info) => {
				info.attrText(IFLA_INFO.kind, kind.type);
				info.nest(IFLA_INFO.data, (data) => putKind(data, kind, numbers, "change"));
			});
		},
	};
}

const CHANGEABLE: readonly LinkKind["type"][] = ["bridge", "vxlan", "ipip", "macvlan"];

export function changePort(ifindex: number, port: BridgePort): Request {
	return {
		header: { type: RTM_NEWLINK },
		body: (to) => {
			ifinfomsg(to, ifindex, {});
			to.nest(IFLA.linkinfo, (info) => {
				info.attrText(IFLA_INFO.slaveKind, "bridge");
				info.nest(IFLA_INFO.slaveData, (data) => {
					for (const name of ["hairpin", "learning", "flood", "isolated"] as const) {
						const value = port[name];
						if (value !== undefined) data.attrU8(IFLA_BRPORT[name], value ? 1 : 0);
					}
				});
			});
		},
	};
}

export function deleteLink(ifindex: number): Request {
	return { header: { type: RTM_DELLINK }, body: (to) => ifinfomsg(to, ifindex, {}) };
}

/** Deletes these devices at once: one wait of the kernel instead of one for each. */
export function deleteTogether(socket: NetlinkSocket, ifindexes: readonly number[]): void {
	const request = new MessageWriter();
	for (const ifindex of ifindexes) {
		request.message({ type: RTM_NEWLINK }, (to) => {
			ifinfomsg(to, ifindex, {});
			to.attrU32(IFLA.group, DOOMED_GROUP);
		});
	}
	request.message({ type: RTM_DELLINK }, (to) => {
		ifinfomsg(to, 0, {});
		to.attrU32(IFLA.group, DOOMED_GROUP);
	});
	socket.exchange(request);
}

/** Devices as they are, without their counters. Asking for one lets its carrier take effect (linkwatch_sync_dev). */
export function getLinks(socket: NetlinkSocket, ifindexes: readonly number[]): readonly LinkState[] {
	const request = new MessageWriter();
	for (const ifindex of ifindexes) {
		request.message({ type: RTM_GETLINK }, (to) => {
			ifinfomsg(to, ifindex, {});
			to.attrU32(IFLA.extMask, RTEXT_FILTER_SKIP_STATS);
		});
	}
	return [...socket.exchange(request).replies.values()].flat().map(parseLink);
}

export function getLink(socket: NetlinkSocket, ifindex: number): LinkState | undefined {
	return getLinks(socket, [ifindex])[0];
}

/** struct ifinfomsg with the flags that are to be changed. */
export function ifinfomsg(to: MessageWriter, ifindex: number, { up, promisc }: Pick<Link, "up" | "promisc">): void {
	const flags = (up === true ? IFF_UP : 0) | (promisc === true ? IFF_PROMISC : 0);
	const change = (up === undefined ? 0 : IFF_UP) | (promisc === undefined ? 0 : IFF_PROMISC);
	to.u32(0).u32(ifindex).u32(flags).u32(change);
}

function putCommon(to: MessageWriter, link: Link, numbers: LinkNumbers): void {
	if (link.mac !== undefined) to.attrBytes(IFLA.address, macBytes(link.mac));
	if (link.mtu !== undefined) to.attrU32(IFLA.mtu, link.mtu);
	if (link.alias !== undefined) to.attrText(IFLA.ifalias, link.alias);
	if (link.txQueueLength !== undefined) to.attrU32(IFLA.txqlen, link.txQueueLength);
	if (numbers.master !== undefined) to.attrU32(IFLA.master, numbers.master);
}

function putKind(to: MessageWriter, kind: LinkKind, numbers: LinkNumbers, verb: "new" | "change"): void {
	switch (kind.type) {
		case "loopback":
		case "dummy":
			return;
		case "veth":
			putPeer(to, kind, numbers);
			return;
		case "bridge":
			// Without snooping a bridge sends no IGMP of its own and floods multicast, as the simulated one.
			if (verb === "new") to.attrU8(IFLA_BR.mcastSnooping, 0);
			if (kind.ageingTimeSeconds !== undefined) {
				to.attrU32(IFLA_BR.ageingTime, Math.round(kind.ageingTimeSeconds * 100));
			}
			if (kind.stp !== undefined) to.attrU32(IFLA_BR.stpState, kind.stp ? 1 : 0);
			if (kind.vlanFiltering !== undefined) to.attrU8(IFLA_BR.vlanFiltering, kind.vlanFiltering ? 1 : 0);
			if (kind.vlanDefaultPvid !== undefined) to.attrU16(IFLA_BR.vlanDefaultPvid, kind.vlanDefaultPvid);
			if (kind.nfCallIptables !== undefined) to.attrU8(IFLA_BR.nfCallIptables, kind.nfCallIptables ? 1 : 0);
			return;
		case "vlan":
			to.attrU16(IFLA_VLAN.id, kind.id);
			if (kind.protocol !== undefined) to.attrBe16(IFLA_VLAN.protocol, ETHERTYPES[kind.protocol]);
			return;
		case "vxlan":
			putVxlan(to, kind, numbers);
			return;
		case "ipip":
			putIpip(to, kind, numbers);
			return;
		case "macvlan":
			if (kind.mode !== undefined) to.attrU32(IFLA_MACVLAN_MODE, modeNumber(kind.mode));
			return;
	}
}

function putPeer(to: MessageWriter, kind: Extract<LinkKind, { readonly type: "veth" }>, { peer }: LinkNumbers): void {
	to.nest(VETH_INFO_PEER, (info) => {
		ifinfomsg(info, peer?.ifindex ?? 0, {});
		info.attrText(IFLA.ifname, kind.peer);
		if (kind.peerMac !== undefined) info.attrBytes(IFLA.address, macBytes(kind.peerMac));
		if (peer?.netnsFd !== undefined) info.attrU32(IFLA.netNsFd, peer.netnsFd);
	});
}

function putVxlan(
	to: MessageWriter,
	kind: Extract<LinkKind, { readonly type: "vxlan" }>,
	{ lower }: LinkNumbers,
): void {
	to.attrU32(IFLA_VXLAN.id, kind.id);
	if (lower !== undefined) to.attrU32(IFLA_VXLAN.link, lower);
	putAddr(to, kind.local, [IFLA_VXLAN.local, IFLA_VXLAN.local6]);
	putAddr(to, kind.remote ?? kind.group, [IFLA_VXLAN.group, IFLA_VXLAN.group6]);
	if (kind.port !== undefined) to.attrBe16(IFLA_VXLAN.port, kind.port);
	if (kind.learning !== undefined) to.attrU8(IFLA_VXLAN.learning, kind.learning ? 1 : 0);
	if (kind.ttl !== undefined) to.attrU8(IFLA_VXLAN.ttl, kind.ttl);
	if (kind.ageingTimeSeconds !== undefined) to.attrU32(IFLA_VXLAN.ageing, kind.ageingTimeSeconds);
	if (kind.sourcePorts !== undefined) {
		const bytes = new Uint8Array(4);
		put16(bytes, 0, kind.sourcePorts.low);
		put16(bytes, 2, kind.sourcePorts.high);
		to.attrBytes(IFLA_VXLAN.portRange, bytes);
	}
	if (kind.udpChecksum !== undefined) to.attrU8(IFLA_VXLAN.udpChecksum, kind.udpChecksum ? 1 : 0);
}

/** What is absent the kernel takes for open, or for its default; changes say everything. */
function putIpip(to: MessageWriter, kind: Extract<LinkKind, { readonly type: "ipip" }>, { lower }: LinkNumbers): void {
	if (lower !== undefined) to.attrU32(IFLA_IPTUN.link, lower);
	if (kind.local !== undefined) to.attrBytes(IFLA_IPTUN.local, addrBytes(kind.local));
	if (kind.remote !== undefined) to.attrBytes(IFLA_IPTUN.remote, addrBytes(kind.remote));
	if (kind.ttl !== undefined) to.attrU8(IFLA_IPTUN.ttl, kind.ttl);
	if (kind.tos !== undefined) to.attrU8(IFLA_IPTUN.tos, kind.tos === "inherit" ? 1 : kind.tos);
	to.attrU8(IFLA_IPTUN.pmtudisc, kind.pmtudisc === false ? 0 : 1);
	if (kind.mode === "ipip") to.attrU8(IFLA_IPTUN.proto, IPPROTO_IPIP);
}

function modeNumber(mode: MacvlanMode): number {
	return { private: 1, vepa: 2, bridge: 4, passthru: 8 }[mode];
}

function putAddr(to: MessageWriter, addr: IpAddr | undefined, [v4, v6]: readonly [number, number]): void {
	if (addr !== undefined) to.attrBytes(familyOf(addr) === "ipv4" ? v4 : v6, addrBytes(addr));
}
