/** Links of the port: `ip link add | set | delete` on simulated devices. */
import { ok, type Result } from "../../base/result.ts";
import type { Link, LinkKind } from "../../kernel/objects.ts";
import { macNum, macText } from "../../wire/addr.ts";
import { ethRandomAddr, unregisterNetdevice } from "../core/netdevice.ts";
import { peernet2idAlloc } from "../core/netns-ids.ts";
import { bridgeOf } from "../device/bridge.ts";
import { createBridge } from "../device/bridge-device.ts";
import { createDummy } from "../device/dummy.ts";
import { createVeth, vethPeer } from "../device/veth.ts";
import { isIpipFallback } from "../ipv4/ipip-device.ts";
import type { NetDevice, Netns } from "../types.ts";
import { noDevice, type ObjectError, type ObjectHandler, refuse, type Undo } from "./handler.ts";
import { ipipKind, makeIpip } from "./ipip-link.ts";
import { checkMac, checkName } from "./link-check.ts";
import { setLink } from "./link-set.ts";
import { snapshotAround } from "./link-snapshot.ts";
import { lowerOf, macvlanKind, makeMacvlan, makeVlan, otherAddrs, vlanKind } from "./upper-link.ts";
import { makeVxlan, vxlanKind } from "./vxlan-link.ts";

export const linkHandler: ObjectHandler<Link> = {
	apply(netns, verb, link) {
		const dev = netns.devicesByName.get(link.name);
		if (verb === "delete") return dev === undefined ? noDevice(link.name) : remove(dev);
		if (dev === undefined) return create(netns, link);
		return verb === "add" ? refuse("EEXIST", "File exists") : change(dev, link);
	},
	dump(netns) {
		return [...netns.devices.values()].sort((a, b) => a.ifindex - b.ifindex).map(linkObject);
	},
};

function create(netns: Netns, link: Link): Result<Undo, ObjectError> {
	if (link.link === undefined) return refuse("EINVAL", 'Not enough information: "type" argument is required');
	const name = checkName(netns, link.name);
	if (!name.ok) return name;
	const mac = link.mac === undefined ? ok(undefined) : checkMac(macNum(link.mac));
	if (!mac.ok) return mac;
	const made = make(netns, link, link.link);
	if (!made.ok) return made;
	const dev = made.value;
	const changed = setLink(dev, link);
	if (changed.ok) return ok(() => unregisterNetdevice(dev));
	unregisterNetdevice(dev);
	return changed;
}

function make(netns: Netns, link: Link, kind: LinkKind): Result<NetDevice, ObjectError> {
	const { rng } = netns.machine;
	const mac = link.mac === undefined ? ethRandomAddr(rng) : macNum(link.mac);
	switch (kind.type) {
		case "loopback":
			return refuse("EOPNOTSUPP", "Unknown device type.");
		case "ipip":
			return makeIpip(netns, link.name, kind);
		case "vxlan":
			return makeVxlan(netns, { name: link.name, mac }, kind);
		case "vlan":
			return makeVlan(netns, link, kind);
		case "macvlan":
			return makeMacvlan(netns, { name: link.name, mac }, kind);
		case "dummy":
			return ok(createDummy(netns, link.name, mac));
		case "bridge":
			return ok(createBridge(netns, link.name, { value: mac, set: link.mac !== undefined }));
		case "veth": {
			const peerNetns = kind.peerNetns === undefined ? netns : netns.machine.netns.get(kind.peerNetns);
			if (peerNetns === undefined)
				return refuse("EINVAL", `argument "${kind.peerNetns}" is wrong: Invalid "netns" value`);
			const peerName = checkName(peerNetns, kind.peer);
			if (!peerName.ok) return peerName;
			if (peerNetns === netns && kind.peer === link.name) return refuse("EEXIST", "File exists");
			const peerMac = kind.peerMac === undefined ? ethRandomAddr(rng) : macNum(kind.peerMac);
			const checked = checkMac(peerMac);
			if (!checked.ok) return checked;
			const peer = { netns: peerNetns, name: kind.peer, mac: peerMac, mtu: 1500 };
			const made = createVeth({ netns, name: link.name, mac, mtu: 1500 }, peer).dev;
			announce(made);
			return ok(made);
		}
	}
}

function change(dev: NetDevice, link: Link): Result<Undo, ObjectError> {
	const master = link.master === undefined ? undefined : dev.netns.devicesByName.get(link.master);
	const leaves = link.netns !== undefined || link.newName !== undefined;
	const undo = snapshotAround(dev, { also: master, leaves });
	const changed = setLink(dev, link);
	if (changed.ok) {
		if (link.up !== undefined) announce(dev);
		return ok(undo);
	}
	undo();
	return changed;
}

/** A message about a device names its peer's namespace, which gets its number by that (`rtnl_fill_link_netnsid`). */
function announce(dev: NetDevice): void {
	const peer = vethPeer(dev);
	if (peer !== undefined && peer.netns !== dev.netns) peernet2idAlloc(dev.netns, peer.netns);
}

function remove(dev: NetDevice): Result<Undo, ObjectError> {
	if (dev.isLoopback) return refuse("EOPNOTSUPP", "Operation not supported");
	// The kernel takes the request and keeps the device.
	if (isIpipFallback(dev)) return ok(() => {});
	const undo = snapshotAround(dev, { leaves: true });
	unregisterNetdevice(dev);
	return ok(undo);
}

function linkObject(dev: NetDevice): Link {
	const { hairpin, learning, flood, isolated, forwarding, number } = dev.port;
	const peer = vethPeer(dev) ?? lowerOf(dev);
	return {
		kind: "link",
		name: dev.name,
		link: kindOf(dev),
		...(dev.hardHeaderLength === 0 ? {} : { mac: macText(dev.mac) }),
		mtu: dev.mtu,
		up: dev.up,
		promisc: dev.promisc,
		...(dev.master === undefined
			? {}
			: {
					master: dev.master.name,
					port: { hairpin, learning, flood, isolated, state: forwarding ? "forwarding" : "disabled", number },
				}),
		ifindex: dev.ifindex,
		...(peer === undefined ? {} : { peerIfindex: peer.ifindex }),
		carrier: dev.running,
		...(dev.alias === "" ? {} : { alias: dev.alias }),
		txQueueLength: dev.txQueueLength,
		qdisc: dev.everUp ? "noqueue" : "noop",
		promiscuity: dev.promiscCount + (dev.promisc ? 1 : 0) + (dev.master === undefined ? 0 : 1) + otherAddrs(dev),
		...(peer === undefined || peer.netns === dev.netns ? {} : { peerNetnsId: peernet2idAlloc(dev.netns, peer.netns) }),
		stats: { ...dev.stats },
	};
}

function kindOf(dev: NetDevice): LinkKind {
	switch (dev.ops.type) {
		case "loopback":
		case "dummy":
			return { type: dev.ops.type };
		case "bridge": {
			const br = bridgeOf(dev);
			const ageingTimeSeconds = br.fdb.ageingNs / 1e9;
			const idMac = macText(br.macIsSet || br.hadPort ? dev.mac : 0);
			const vlans = br.vlanFiltering ? { vlanFiltering: true, vlanDefaultPvid: br.defaultPvid } : {};
			return { type: "bridge", ageingTimeSeconds, stp: false, nfCallIptables: br.nfCallIptables, ...vlans, idMac };
		}
		case "ipip":
			return ipipKind(dev);
		case "vxlan":
			return vxlanKind(dev);
		case "vlan":
			return vlanKind(dev);
		case "macvlan":
			return macvlanKind(dev);
		case "veth": {
			const peer = vethPeer(dev);
			const elsewhere = peer === undefined || peer.netns === dev.netns ? {} : { peerNetns: peer.netns.name };
			return { type: "veth", peer: peer?.name ?? "", ...elsewhere };
		}
	}
}
