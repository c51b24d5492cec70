/** Addresses of the port: `ip addr`. */
import { ok, type Result } from "../../base/result.ts";
import type { Addr } from "../../kernel/objects.ts";
import { formatCidr, ipNum, ipText } from "../../wire/addr.ts";
import { neighFlush } from "../core/neighbour.ts";
import { type InIfaddr, inDev } from "../ipv4/devinet.ts";
import { findIfa, inetDelIfa, inetInsertIfa } from "../ipv4/inet-addr.ts";
import type { NetDevice } from "../types.ts";
import { noDevice, type ObjectError, type ObjectHandler, refuse, type Undo } from "./handler.ts";

export const addrHandler: ObjectHandler<Addr> = {
	apply(netns, verb, addr) {
		const dev = netns.devicesByName.get(addr.dev);
		if (dev === undefined) return noDevice(addr.dev);
		const local = ipNum(addr.addr.addr);
		const broadcast = addr.broadcast === undefined ? undefined : ipNum(addr.broadcast);
		if (typeof local !== "number" || typeof broadcast === "bigint") {
			return refuse("EOPNOTSUPP", `IPv6 is not modelled (address ${formatCidr(addr.addr)})`);
		}
		const found = findIfa(dev, local, addr.addr.prefix);
		if (verb === "delete") {
			return found === undefined ? refuse("EADDRNOTAVAIL", "ipv4: Address not found.") : remove(dev, found);
		}
		// As on Linux, the address again changes nothing, not even its broadcast address.
		if (verb === "replace" && found !== undefined) return ok(() => {});
		// As Linux: nothing to add, nothing to complain about.
		if (local === 0) return ok(() => {});
		const { prefix } = addr.addr;
		const scope = addr.scope ?? (local >>> 24 === 127 ? "host" : "global");
		const { label } = addr;
		return inetInsertIfa(dev, { local, prefix, broadcast, scope, ...(label === undefined ? {} : { label }) });
	},
	dump(netns) {
		const devices = [...netns.devices.values()].sort((a, b) => a.ifindex - b.ifindex);
		return devices.flatMap((dev) => inDev(dev).addrs.map((ifa) => addrObject(dev, ifa)));
	},
};

/** With the last address go the device's neighbours (`fib_disable_ip`). */
function remove(dev: NetDevice, ifa: InIfaddr): Result<Undo, ObjectError> {
	const undo = inetDelIfa(dev, ifa);
	if (inDev(dev).addrs.length === 0) neighFlush(dev, "all");
	return ok(undo);
}

function addrObject(dev: NetDevice, ifa: InIfaddr): Addr {
	return {
		kind: "addr",
		dev: dev.name,
		addr: { addr: ipText(ifa.local), prefix: ifa.prefix },
		...(ifa.broadcast === undefined ? {} : { broadcast: ipText(ifa.broadcast) }),
		scope: ifa.scope,
		...(ifa.label === undefined ? {} : { label: ifa.label }),
		...(ifa.secondary ? { secondary: true } : {}),
	};
}
