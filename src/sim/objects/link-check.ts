/** What the kernel and iproute2 check before they make or change a link. */
import { ok, type Result } from "../../base/result.ts";
import { macIsGroup } from "../../wire/addr.ts";
import { DEVICE_NAME_MAX, devValidName } from "../core/netdevice.ts";
import { Macvlan } from "../device/macvlan.ts";
import { Vlan } from "../device/vlan.ts";
import { vxlanMtuFits } from "../device/vxlan.ts";
import { isIpipFallback } from "../ipv4/ipip-device.ts";
import type { NetDevice, Netns } from "../types.ts";
import { type ObjectError, refuse } from "./handler.ts";

export type Checked = Result<void, ObjectError>;

/** The name of a device to be made, renamed or moved: valid, and free in the namespace. */
export function checkName(netns: Netns, name: string): Checked {
	if (name.length > DEVICE_NAME_MAX && devValidName(name.slice(0, DEVICE_NAME_MAX))) {
		return refuse("ERANGE", "Attribute failed policy validation.");
	}
	if (!devValidName(name)) return refuse("EINVAL", `argument "${name}" is wrong: "name" not a valid ifname`);
	return netns.devicesByName.has(name) ? refuse("EEXIST", "File exists") : ok(undefined);
}

/** A MAC address a device may have (`eth_prepare_mac_addr_change`). */
export function checkMac(mac: number): Checked {
	return mac === 0 || macIsGroup(mac) ? refuse("EADDRNOTAVAIL", "Cannot assign requested address") : ok(undefined);
}

/** An MTU the device may have (`dev_validate_mtu`). */
export function checkMtu(dev: NetDevice, mtu: number): Checked {
	const type = dev.ops.type;
	const bounded =
		type === "veth" ||
		type === "bridge" ||
		type === "vxlan" ||
		type === "macvlan" ||
		(type === "ipip" && !isIpipFallback(dev));
	if (isIpipFallback(dev) && (mtu < 68 || mtu > 65_515)) return refuse("EINVAL", "Invalid argument");
	const most = type === "ipip" ? 65_515 : 65_535;
	if (mtu < (bounded ? 68 : 0)) return refuse("EINVAL", "mtu less than device minimum.");
	if (bounded && mtu > most) return refuse("EINVAL", "mtu greater than device maximum.");
	if (type === "vlan" && mtu > 65_535) return refuse("EINVAL", "mtu greater than device maximum.");
	const parent = dev.ops instanceof Vlan || dev.ops instanceof Macvlan ? dev.ops.parent : undefined;
	if (parent !== undefined && mtu > parent.mtu) {
		return type === "vlan" ? refuse("ERANGE", "Numerical result out of range") : refuse("EINVAL", "Invalid argument");
	}
	if (type === "vxlan" && !vxlanMtuFits(dev, mtu)) return refuse("EINVAL", "Invalid argument");
	return ok(undefined);
}
