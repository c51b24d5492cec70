/** Devices that stand on another one, as links of the port: VLANs and macvlans. */
import { ok, type Result } from "../../base/result.ts";
import type { Link, LinkKind } from "../../kernel/objects.ts";
import { macNum } from "../../wire/addr.ts";
import { ETH_P_8021Q } from "../../wire/ethernet.ts";
import { uppersOf, vlanGroup, vlanKey } from "../core/uppers.ts";
import { ETH_P_8021AD } from "../core/vlan-tag.ts";
import { createMacvlan, Macvlan, macvlanOf, macvlansOf } from "../device/macvlan.ts";
import { createVlan, Vlan, vlanOf } from "../device/vlan.ts";
import type { NetDevice, Netns } from "../types.ts";
import { noDevice, type ObjectError, refuse } from "./handler.ts";
import type { Checked } from "./link-check.ts";

type VlanKind = Extract<LinkKind, { readonly type: "vlan" }>;
type MacvlanKind = Extract<LinkKind, { readonly type: "macvlan" }>;

/** The highest VLAN ID but one: 4095 is reserved. */
const VLAN_ID_MAX = 4094;

export function makeVlan(netns: Netns, link: Link, kind: VlanKind): Result<NetDevice, ObjectError> {
	const parent = netns.devicesByName.get(kind.parent);
	if (parent === undefined) return noDevice(kind.parent);
	if (!(kind.id >= 0 && kind.id <= VLAN_ID_MAX)) return refuse("ERANGE", "8021q: Invalid VLAN id.");
	if (parent.isLoopback || parent.hardHeaderLength === 0) {
		return refuse("EOPNOTSUPP", "8021q: VLANs not supported on device.");
	}
	const protocol = protocolOf(kind);
	if (vlanGroup(parent).has(vlanKey(protocol, kind.id))) return refuse("EEXIST", "8021q: VLAN device already exists.");
	const mac = link.mac === undefined ? {} : { mac: macNum(link.mac) };
	return ok(createVlan(netns, { name: link.name, ...mac }, { parent, id: kind.id, protocol }));
}

export function setVlan(dev: NetDevice, kind: VlanKind): Checked {
	const { parent, id, protocol } = vlanOf(dev);
	if (parent.name === kind.parent && id === kind.id && protocol === protocolOf(kind)) return ok(undefined);
	return refuse("EOPNOTSUPP", `Operation not supported: the VLAN of ${dev.name} cannot be changed`);
}

export function vlanKind(dev: NetDevice): VlanKind {
	const { parent, id, protocol } = vlanOf(dev);
	const name = parent.netns === dev.netns ? parent.name : "";
	return { type: "vlan", parent: name, id, protocol: protocol === ETH_P_8021AD ? "802.1ad" : "802.1Q" };
}

export function makeMacvlan(
	netns: Netns,
	link: { readonly name: string; readonly mac: number },
	kind: MacvlanKind,
): Result<NetDevice, ObjectError> {
	const named = netns.devicesByName.get(kind.parent);
	if (named === undefined) return noDevice(kind.parent);
	// One on another macvlan is one on the device below that.
	const parent = named.ops instanceof Macvlan ? named.ops.parent : named;
	if (parent.isLoopback || parent.hardHeaderLength === 0) return refuse("EINVAL", "Invalid argument");
	const others = macvlansOf(parent);
	if (others.length === 0 && parent.rxHandler !== undefined) return refuse("EBUSY", "Device or resource busy");
	const mode = kind.mode ?? "vepa";
	const isAlone = mode === "passthru" || others.some((other) => other.mode === "passthru");
	if (isAlone && others.length > 0) return refuse("EINVAL", "Invalid argument");
	return ok(createMacvlan(netns, link, { parent, mode }));
}

export function setMacvlan(dev: NetDevice, kind: MacvlanKind): Checked {
	const macvlan = macvlanOf(dev);
	if (macvlan.parent.name !== kind.parent) {
		return refuse("EOPNOTSUPP", `Operation not supported: the parent of ${dev.name} cannot be changed`);
	}
	const mode = kind.mode ?? macvlan.mode;
	if ((mode === "passthru") !== (macvlan.mode === "passthru")) return refuse("EINVAL", "Invalid argument");
	macvlan.mode = mode;
	return ok(undefined);
}

export function macvlanKind(dev: NetDevice): MacvlanKind {
	const { parent, mode } = macvlanOf(dev);
	return { type: "macvlan", parent: parent.netns === dev.netns ? parent.name : "", mode };
}

/** The device below. */
export function lowerOf({ ops }: NetDevice): NetDevice | undefined {
	return ops instanceof Vlan || ops instanceof Macvlan ? ops.parent : undefined;
}

function protocolOf(kind: VlanKind): number {
	return kind.protocol === "802.1ad" ? ETH_P_8021AD : ETH_P_8021Q;
}

/** 1 when devices above have addresses of their own, for which a device without a list of such takes every frame (`__dev_set_rx_mode`). */
export function otherAddrs(dev: NetDevice): number {
	if (lowerOf(dev) !== undefined) return 0;
	const has = (upper: NetDevice): boolean =>
		lowerOf(upper) !== undefined && ((upper.up && upper.mac !== dev.mac) || [...uppersOf(upper)].some(has));
	return [...uppersOf(dev)].some(has) ? 1 : 0;
}
