/** Devices of a namespace as objects of the port. */
import { ok, type Result } from "../../base/result.ts";
import type { KernelError } from "../../kernel/kernel.ts";
import type { Link, LinkKind, MacvlanMode } from "../../kernel/objects.ts";
import { type IpAddr, macText } from "../../wire/addr.ts";
import { RTM_GETLINK } from "../netlink/constants.ts";
import type { Rtnl } from "../netlink/rtnl.ts";
import type { LinuxNetns } from "../netns.ts";
import { dumpMessages } from "./dump.ts";
import { ifinfomsg } from "./link-message.ts";
import { type IpipInfo, type LinkState, parseLink, type VxlanInfo } from "./link-state.ts";

/** By ifindex. */
export function dumpLinks(rtnl: Rtnl, netns: LinuxNetns): Result<readonly Link[], KernelError> {
	const states = dumpLinkStates(rtnl, netns);
	if (!states.ok) return states;
	const names = new Map(states.value.map((state) => [state.ifindex, state.name]));
	return ok(states.value.map((state) => linkObject(rtnl, netns, state, names)));
}

export function dumpLinkStates(rtnl: Rtnl, netns: LinuxNetns): Result<readonly LinkState[], KernelError> {
	const messages = dumpMessages(rtnl.socket(netns), RTM_GETLINK, (to) => ifinfomsg(to, 0, {}));
	return messages.ok ? ok(messages.value.map(parseLink).sort((a, b) => a.ifindex - b.ifindex)) : messages;
}

/** The kind with its settings; undefined for a kind that the port has no word for. */
export function linkKindOf(rtnl: Rtnl, netns: LinuxNetns, state: LinkState): LinkKind | undefined {
	const nameOf = (ifindex: number): string => rtnl.socket(netns).nameOf(ifindex) ?? "";
	switch (state.kind) {
		case "loopback":
		case "dummy":
			return { type: state.kind };
		case "bridge":
			return state.bridge === undefined ? undefined : { type: "bridge", ...state.bridge };
		case "veth":
			return vethKind(rtnl, netns, state);
		case "vlan":
			return {
				type: "vlan",
				parent: state.lowerNsid === undefined ? nameOf(state.lower) : "",
				id: state.vlan?.id ?? 0,
				protocol: state.vlan?.protocol === 0x88a8 ? "802.1ad" : "802.1Q",
			};
		case "vxlan":
			return state.vxlan === undefined ? undefined : vxlanKind(state.vxlan, nameOf);
		case "ipip":
			return state.ipip === undefined ? undefined : ipipKind(state.ipip, nameOf);
		case "macvlan": {
			const mode = MACVLAN_MODES[state.macvlanMode ?? 0];
			const parent = state.lowerNsid === undefined ? nameOf(state.lower) : "";
			return { type: "macvlan", parent, ...(mode === undefined ? {} : { mode }) };
		}
		default:
			return undefined;
	}
}

function vethKind(rtnl: Rtnl, netns: LinuxNetns, state: LinkState): LinkKind {
	const { lower, lowerNsid } = state;
	if (lowerNsid === undefined) return { type: "veth", peer: rtnl.socket(netns).nameOf(lower) ?? "" };
	const peerNetns = rtnl.netnsOfId(netns, lowerNsid);
	// In a namespace that is none of this kernel's.
	if (peerNetns === undefined) return { type: "veth", peer: "" };
	return { type: "veth", peer: rtnl.socket(peerNetns).nameOf(lower) ?? "", peerNetns: peerNetns.name };
}

function vxlanKind(vxlan: VxlanInfo, nameOf: (ifindex: number) => string): LinkKind {
	const { id, ifindex, local, remote, port, learning, ttl, sourcePorts, udpChecksum, ageingTimeSeconds } = vxlan;
	return {
		type: "vxlan",
		id,
		...(ifindex === 0 ? {} : { dev: nameOf(ifindex) }),
		...(local === undefined ? {} : { local }),
		...(remote === undefined ? {} : isMulticast(remote) ? { group: remote } : { remote }),
		port,
		learning,
		...(ttl === 0 ? {} : { ttl }),
		...(sourcePorts === undefined ? {} : { sourcePorts }),
		udpChecksum,
		ageingTimeSeconds,
	};
}

/** MACVLAN_MODE_*. */
export const MACVLAN_MODES: Readonly<Record<number, MacvlanMode>> = {
	1: "private",
	2: "vepa",
	4: "bridge",
	8: "passthru",
};

function ipipKind(ipip: IpipInfo, nameOf: (ifindex: number) => string): LinkKind {
	const { ifindex, local, remote, ttl, tos, pmtudisc, proto } = ipip;
	return {
		type: "ipip",
		...(local === undefined ? {} : { local }),
		...(remote === undefined ? {} : { remote }),
		...(ttl === 0 ? {} : { ttl }),
		...(tos === 0 ? {} : { tos: tos === 1 ? "inherit" : tos }),
		pmtudisc,
		mode: proto === 0 ? "any" : "ipip",
		...(ifindex === 0 ? {} : { dev: nameOf(ifindex) }),
	};
}

function isMulticast(addr: IpAddr): boolean {
	return /^(22[4-9]|23\d)\./.test(addr) || addr.startsWith("ff");
}

function linkObject(rtnl: Rtnl, netns: LinuxNetns, state: LinkState, names: ReadonlyMap<number, string>): Link {
	const kind = linkKindOf(rtnl, netns, state);
	const master = state.master === 0 ? undefined : names.get(state.master);
	const hasLower = state.kind === "veth" || state.kind === "vlan" || state.kind === "macvlan";
	return {
		kind: "link",
		name: state.name,
		...(kind === undefined ? {} : { link: kind }),
		...(state.kind === "ipip" ? {} : { mac: state.mac ?? macText(0) }),
		mtu: state.mtu,
		up: state.up,
		promisc: state.promisc,
		...(master === undefined ? {} : { master }),
		...(state.port === undefined ? {} : { port: state.port }),
		ifindex: state.ifindex,
		...(hasLower ? { peerIfindex: state.lower } : {}),
		carrier: state.carrier,
		...(state.alias === "" ? {} : { alias: state.alias }),
		txQueueLength: state.txQueueLength,
		qdisc: state.qdisc,
		promiscuity: state.promiscuity,
		...(hasLower && state.lowerNsid !== undefined ? { peerNetnsId: state.lowerNsid } : {}),
		...(state.stats === undefined ? {} : { stats: state.stats }),
	};
}
