/** Changing a link's attributes, in the order of the kernel's `do_setlink`. A refused change may be half done: undo it. */
import { ok } from "../../base/result.ts";
import type { Link, LinkKind } from "../../kernel/objects.ts";
import { macNum } from "../../wire/addr.ts";
import {
	devChangeName,
	devChangeNetNamespace,
	devClose,
	devOpen,
	devSetMacAddress,
	devSetMtu,
} from "../core/netdevice.ts";
import { peernet2idAlloc } from "../core/netns-ids.ts";
import { bridgeOf } from "../device/bridge.ts";
import { type AddIfError, brAddIf, brDelIf, brPortSetMac, brSetMac } from "../device/bridge-device.ts";
import { setDefaultPvid, vlansInit } from "../device/bridge-vlan.ts";
import { vethPeer } from "../device/veth.ts";
import { Vlan } from "../device/vlan.ts";
import { isIpipFallback } from "../ipv4/ipip-device.ts";
import type { NetDevice } from "../types.ts";
import { refuse } from "./handler.ts";
import { setIpip } from "./ipip-link.ts";
import { type Checked, checkMac, checkMtu, checkName } from "./link-check.ts";
import { setMacvlan, setVlan } from "./upper-link.ts";
import { setVxlan } from "./vxlan-link.ts";

/** Applies the attributes that are present; absent ones stay as they are. */
export function setLink(dev: NetDevice, link: Link): Checked {
	const steps: readonly (() => Checked)[] = [
		() => (link.link === undefined ? DONE : setKind(dev, link.link)),
		() => (link.netns === undefined ? DONE : setNetns(dev, link.netns)),
		() => (link.mac === undefined ? DONE : setMac(dev, macNum(link.mac))),
		() => (link.mtu === undefined ? DONE : setMtu(dev, link.mtu)),
		() => (link.newName === undefined ? DONE : setName(dev, link.newName)),
		() => (link.master === undefined ? DONE : setMaster(dev, link.master)),
		() => (link.port === undefined ? DONE : setPort(dev, link.port)),
		() => {
			dev.promisc = link.promisc ?? dev.promisc;
			dev.alias = link.alias ?? dev.alias;
			dev.txQueueLength = link.txQueueLength ?? dev.txQueueLength;
			const refused = link.up === true && !dev.up ? dev.ops.openRefused?.() : undefined;
			if (refused !== undefined) return refuse(refused.errno, refused.message);
			if (link.up === true) devOpen(dev);
			if (link.up === false) devClose(dev);
			return DONE;
		},
	];
	for (const step of steps) {
		const done = step();
		if (!done.ok) return done;
	}
	return DONE;
}

const DONE: Checked = ok(undefined);

/** The kind cannot change, only a bridge's settings. */
function setKind(dev: NetDevice, kind: LinkKind): Checked {
	if (kind.type !== dev.ops.type) return refuse("EOPNOTSUPP", "Operation not supported");
	if (kind.type === "veth") {
		const peer = vethPeer(dev);
		const same = peer?.name === kind.peer && peer.netns.name === (kind.peerNetns ?? dev.netns.name);
		return same ? DONE : refuse("EOPNOTSUPP", `Operation not supported: the peer of ${dev.name} cannot be changed`);
	}
	if (kind.type === "vlan") return setVlan(dev, kind);
	if (kind.type === "macvlan") return setMacvlan(dev, kind);
	if (kind.type === "ipip") return setIpip(dev, kind);
	if (kind.type === "vxlan") return setVxlan(dev, kind);
	if (kind.type !== "bridge") return DONE;
	if (kind.stp === true) return refuse("EOPNOTSUPP", `STP is not modelled (bridge ${dev.name})`);
	const br = bridgeOf(dev);
	if (kind.ageingTimeSeconds !== undefined) {
		if (!(kind.ageingTimeSeconds >= 0)) return refuse("ERANGE", "Numerical result out of range");
		br.fdb.ageingNs = Math.round(kind.ageingTimeSeconds * 100) * 1e7;
	}
	br.nfCallIptables = kind.nfCallIptables ?? br.nfCallIptables;
	const pvid = kind.vlanDefaultPvid;
	if (pvid !== undefined && !(pvid >= 0 && pvid <= 4094)) return refuse("EINVAL", "Invalid argument");
	if (kind.vlanFiltering === true) vlansInit(br);
	br.vlanFiltering = kind.vlanFiltering ?? br.vlanFiltering;
	if (pvid !== undefined) setDefaultPvid(br, pvid);
	return DONE;
}

function setNetns(dev: NetDevice, name: string): Checked {
	const netns = dev.netns.machine.netns.get(name);
	if (netns === undefined) return refuse("EINVAL", `argument "${name}" is wrong: Invalid "netns" value`);
	if (netns === dev.netns) return DONE;
	if (dev.isLoopback || dev.ops.type === "bridge" || isIpipFallback(dev))
		return refuse("EINVAL", "The interface netns is immutable.");
	if (netns.devicesByName.has(dev.name)) return refuse("EEXIST", "File exists");
	peernet2idAlloc(dev.netns, netns);
	devChangeNetNamespace(dev, netns);
	return DONE;
}

function setMac(dev: NetDevice, mac: number): Checked {
	if (dev.isLoopback) return mac === dev.mac ? DONE : refuse("EOPNOTSUPP", "Operation not supported");
	if (dev.hardHeaderLength === 0) return refuse("EOPNOTSUPP", "Operation not supported");
	const checked = checkMac(mac);
	if (!checked.ok) return checked;
	if (dev.ops instanceof Vlan) dev.ops.macIsSet = true;
	if (dev.ops.type === "bridge") brSetMac(dev, mac, true);
	else if (dev.master !== undefined) brPortSetMac(dev, mac);
	else devSetMacAddress(dev, mac);
	return DONE;
}

function setMtu(dev: NetDevice, mtu: number): Checked {
	const checked = checkMtu(dev, mtu);
	if (!checked.ok) return checked;
	if (dev.ops.type === "bridge") bridgeOf(dev).mtuIsSet = true;
	devSetMtu(dev, mtu);
	return DONE;
}

function setName(dev: NetDevice, name: string): Checked {
	if (name === dev.name) return DONE;
	const checked = checkName(dev.netns, name);
	if (checked.ok) devChangeName(dev, name);
	return checked;
}

/** `do_set_master`: out of the old bridge, into the new one; "" is out only. */
function setMaster(dev: NetDevice, name: string): Checked {
	if (name === (dev.master?.name ?? "")) return DONE;
	if (name === "") {
		brDelIf(dev);
		return DONE;
	}
	const bridge = dev.netns.devicesByName.get(name);
	if (bridge === undefined) return refuse("ENODEV", `argument "${name}" is wrong: Device does not exist`);
	if (bridge.ops.type !== "bridge") return refuse("EOPNOTSUPP", "Operation not supported");
	brDelIf(dev);
	const added = brAddIf(bridge, dev);
	return added.ok ? DONE : refuse(...ADD_IF_ERRORS[added.error]);
}

const ADD_IF_ERRORS: Readonly<Record<AddIfError, readonly ["EINVAL" | "ELOOP" | "EBUSY", string]>> = {
	loopback: ["EINVAL", "Invalid argument"],
	bridge: ["ELOOP", "Can not enslave a bridge to a bridge."],
	busy: ["EBUSY", "Device or resource busy"],
};

function setPort(dev: NetDevice, port: NonNullable<Link["port"]>): Checked {
	if (dev.master === undefined) return refuse("EOPNOTSUPP", "Operation not supported");
	const { state: _inDumpsOnly, number: _too, ...options } = port;
	dev.port = { ...dev.port, ...options };
	return DONE;
}
