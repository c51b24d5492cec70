/** MASQUERADE (nf_nat_masquerade.c): source NAT to an address of the device the packet leaves by, as long as it lasts. */
import { familyOfNum, type IpNum } from "../../../wire/addr.ts";
import { ipv4Dst } from "../../../wire/ipv4.ts";
import { inetSelectAddr } from "../../ipv4/devinet.ts";
import type { DeviceEvent, HookVerdict, NetDevice, Netns, Skb } from "../../types.ts";
import { conntrackNet } from "../conntrack/net.ts";
import { skbCt } from "../conntrack/types.ts";
import { nfNatSetupInfo } from "./nat-core.ts";
import type { NatRangeNum } from "./range.ts";

/** Sets up a new flow's source; `range` may name ports. The address is chosen for the next hop, not by the route's `src`. */
export function nfNatMasqueradeIpv4(skb: Skb, range: NatRangeNum, outdev: NetDevice): HookVerdict {
	const ct = skbCt(skb);
	if (ct === undefined) return "accept";
	if (ct.original.src === 0) return "accept"; // Made here before there was an address; not to be masqueraded.
	const nexthop = skb.dst?.gateway ?? ipv4Dst(skb.bytes, skb.network);
	const addr = inetSelectAddr(outdev, nexthop, "global");
	if (addr === undefined) {
		const text = `${outdev.name} ate my IP address`;
		skb.machine.log.push({ at: skb.machine.loop.now(), netns: ct.netns.name, level: 6, text });
		return "drop";
	}
	ct.masqIndex = outdev.ifindex;
	return nfNatSetupInfo(ct, { ...range, minAddr: addr, maxAddr: addr }, "src") ? "accept" : "drop";
}

/** A device went down: flows masqueraded behind it end (`masq_device_event`). */
export function masqDeviceEvent(event: DeviceEvent): void {
	if (event.type === "down") flush(event.dev.netns, event.dev.ifindex, undefined);
}

/** An address was removed from a device: flows masqueraded with it end (`masq_inet_event`). */
export function masqAddressRemoved(netns: Netns, addr: IpNum, dev: NetDevice): void {
	flush(netns, dev.ifindex, addr);
}

function flush(netns: Netns, ifindex: number, addr: IpNum | undefined): void {
	const net = conntrackNet(netns);
	for (const ct of net.table.entries(net.now())) {
		if (ct.masqIndex !== ifindex) continue;
		if (addr === undefined || (familyOfNum(addr) === ct.family && ct.reply.dst === addr)) net.table.kill(ct);
	}
}
