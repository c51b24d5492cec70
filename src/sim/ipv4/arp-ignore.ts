/** `arp_ignore`: which requests for this host's own addresses get no answer (net/ipv4/arp.c: arp_ignore, devinet.c: inet_confirm_addr). */
import type { Scope } from "../../kernel/objects.ts";
import { RT_SCOPE } from "../state/fib-table.ts";
import type { NetDevice } from "../types.ts";
import { ifaContains, inDev } from "./devinet.ts";

/** Why the request that came in by `dev`, of `sip` for the local address `tip`, gets no answer; undefined: it gets one. */
export function whyIgnored(
	dev: NetDevice,
	{ sip, tip }: { readonly sip: number; readonly tip: number },
): string | undefined {
	const { arpIgnore: level } = inDev(dev);
	const refused = `arp_ignore=${level}`;
	switch (level) {
		case 1:
			return confirms(dev, { near: 0, local: tip, scope: "host" }) ? undefined : refused;
		case 2:
			return confirms(dev, { near: sip, local: tip, scope: "host" }) ? undefined : refused;
		case 3: {
			const all = [...dev.netns.devices.values()];
			return all.some((each) => confirms(each, { near: 0, local: tip, scope: "link" })) ? undefined : refused;
		}
		case 8:
			return refused;
		default:
			return undefined;
	}
}

/**
 * `confirm_addr_indev`: the device has the address, no narrower than `scope`, and a network of its addresses has it and
 * `near` (0: anybody), which may be another address's. With route_localnet an address of scope host counts as link.
 */
function confirms(
	dev: NetDevice,
	{ near, local, scope }: { readonly near: number; readonly local: number; readonly scope: Scope },
): boolean {
	const { addrs, routeLocalnet } = inDev(dev);
	const most = routeLocalnet === 0 ? RT_SCOPE.host : RT_SCOPE.link;
	return (
		addrs.some((ifa) => ifa.local === local && Math.min(RT_SCOPE[ifa.scope], most) <= RT_SCOPE[scope]) &&
		addrs.some((ifa) => ifaContains(ifa, local) && (near === 0 || ifaContains(ifa, near)))
	);
}
