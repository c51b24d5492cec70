/** Sending frames by VXLAN (drivers/net/vxlan/vxlan_core.c: vxlan_xmit, vxlan_xmit_one). */
import type { DropReason } from "../../kernel/drop-reason.ts";
import { ipText, macText } from "../../wire/addr.ts";
import { ETH_HLEN, ETH_P_IP, ethDst, ethType } from "../../wire/ethernet.ts";
import { IPPROTO_UDP, ipv4Tos } from "../../wire/ipv4.ts";
import { get16, put16 } from "../../wire/read-write.ts";
import { fillUdpChecksum, PORT_DST, PORT_SRC, UDP_CHECK, UDP_HLEN } from "../../wire/udp.ts";
import { putVxlan, VXLAN_HLEN } from "../../wire/vxlan.ts";
import { netifRxForHost } from "../core/dev.ts";
import { isVlanProtocol, pushVlanTag, VLAN_HLEN } from "../core/vlan-tag.ts";
import { inetConf } from "../ipv4/devinet-sysctl.ts";
import { isMulticast } from "../ipv4/martian.ts";
import { ipRouteOutput } from "../ipv4/route.ts";
import { ecnEncapsulate, iptunnelXmit, wrapSkb } from "../ipv4/tunnel-packet.ts";
import { lowerPathMtu } from "../ipv4/tunnel-pmtu.ts";
import { copySkb, pushSkb } from "../skb.ts";
import { dropSkb, originSkb } from "../trace.ts";
import type { Dst, Fate, NetDevice, Skb } from "../types.ts";
import { innerHeaderLength, VXLAN_HEADROOM, type Vxlan, vxlanOf, vxlansOf } from "./vxlan.ts";
import { VXLAN_DEFAULT_MAC, type VxlanRemote } from "./vxlan-fdb.ts";
import { udpFlowSourcePort } from "./vxlan-hash.ts";
import { fragNeededReply } from "./vxlan-pmtu.ts";

/** Takes a frame, `data` at its Ethernet header, and sends it to every host that its address is behind. */
export function vxlanXmit(skb: Skb): Fate {
	const { dev } = skb;
	if (dev === undefined) throw new Error("vxlan_xmit: no device");
	const vxlan = vxlanOf(dev);
	pushVlanTag(skb);
	skb.mac = skb.data;
	skb.network = skb.data + ETH_HLEN;
	const dst = ethDst(skb.bytes, skb.mac);
	const entry = vxlan.fdb.find(dst) ?? vxlan.fdb.find(VXLAN_DEFAULT_MAC);
	const [first, ...others] = entry?.remotes ?? [];
	if (first === undefined) {
		dev.stats.txDropped += 1;
		return dropSkb(skb, dev.netns, "vxlan_xmit", "NO_TX_TARGET", { detail: `nothing is known of ${macText(dst)}` });
	}
	for (const remote of others) {
		const copy = copySkb(skb);
		originSkb(copy, dev.netns, "vxlan_xmit", `copy for ${ipText(remote.addr)}`, skb);
		vxlanXmitOne(copy, dev, vxlan, remote);
	}
	return vxlanXmitOne(skb, dev, vxlan, first);
}

function vxlanXmitOne(skb: Skb, dev: NetDevice, vxlan: Vxlan, remote: VxlanRemote): Fate {
	const { conf, netns } = vxlan;
	if (isShort(skb)) {
		dev.stats.txDropped += 1;
		return dropSkb(skb, dev.netns, "vxlan_xmit_one", "PKT_TOO_SMALL", { detail: "shorter than its IP header" });
	}
	if (remote.addr === 0) {
		dev.stats.txDropped += 1;
		return dropSkb(skb, dev.netns, "vxlan_xmit_one", "NO_TX_TARGET", { detail: "its destination is 0.0.0.0" });
	}
	const sport = udpFlowSourcePort(skb, netns, conf.sourcePorts);
	const dport = remote.port === 0 ? conf.port : remote.port;
	const vni = remote.vni === 0 ? conf.vni : remote.vni;
	const found = ipRouteOutput(netns, {
		dst: remote.addr,
		src: conf.local === 0 ? undefined : conf.local,
		oif: remote.ifindex,
		mark: dev.netns === netns ? skb.mark : 0,
		tos: 0,
		proto: IPPROTO_UDP,
		sport,
		dport,
	});
	if (!found.ok) return failed(skb, dev, "IP_OUTNOROUTES", `no route to ${ipText(remote.addr)}`);
	const route = found.value;
	if (route.dev === dev) {
		return failed(skb, dev, "RECURSION_LIMIT", `the route to ${ipText(remote.addr)} leads into the device itself`);
	}
	if (route.type === "local") return bypass(skb, dev, vxlan, { vni, dport });
	const reply = checkPathMtu(skb, dev, route);
	if (reply !== undefined) return reply;
	const innerTos = ethType(skb.bytes, skb.mac) === ETH_P_IP ? ipv4Tos(skb.bytes, skb.network) : 0;
	const src = conf.local === 0 ? (route.prefsrc ?? 0) : conf.local;
	const ends = { src, dst: remote.addr, sport, dport, vni };
	const outer = wrapSkb(skb, dev, netns);
	pushVxlan(outer, ends, conf.udpChecksum);
	const text = `${ipText(src)}:${sport} → ${ipText(remote.addr)}:${dport}`;
	return iptunnelXmit(dev, skb, outer, {
		netns,
		route,
		header: {
			src,
			dst: remote.addr,
			proto: IPPROTO_UDP,
			ttl: outerTtl(vxlan, remote),
			tos: ecnEncapsulate(0, innerTos),
			df: false,
		},
		note: { how: "vxlan", dev: dev.name, src: ipText(src), dst: ipText(remote.addr), vni, sport, dport },
		what: `VXLAN (VNI ${vni}) ${text}, around packet #${skb.id}`,
		fn: "vxlan_xmit_one",
	});
}

/** Without a whole IP header where its type says there is one (`skb_vlan_inet_prepare`, since Linux 6.14). */
function isShort({ bytes, mac, end }: Skb): boolean {
	let network = mac + ETH_HLEN;
	let type = ethType(bytes, mac);
	while (isVlanProtocol(type)) {
		if (network + VLAN_HLEN > end) return true;
		type = get16(bytes, network + 2);
		network += VLAN_HLEN;
	}
	return end - network < innerHeaderLength(type);
}

interface Ends {
	readonly src: Dst["prefsrc"];
	readonly dst: number;
	readonly sport: number;
	readonly dport: number;
	readonly vni: number;
}

/** VXLAN and UDP header (`vxlan_build_skb`, `udp_tunnel_xmit_skb`). */
function pushVxlan(skb: Skb, ends: Ends, checksum: boolean): void {
	pushSkb(skb, VXLAN_HLEN + UDP_HLEN);
	const { bytes, data, end } = skb;
	putVxlan(bytes, data + UDP_HLEN, ends.vni);
	put16(bytes, data + PORT_SRC, ends.sport);
	put16(bytes, data + PORT_DST, ends.dport);
	put16(bytes, data + 4, end - data);
	put16(bytes, data + UDP_CHECK, 0);
	const { src, dst } = ends;
	if (checksum && typeof src === "number") {
		fillUdpChecksum(bytes, data, end, { src, dst });
		// `udp_set_csum`: to be summed up when it is sent.
		skb.checksumIsOpen = true;
	}
}

function outerTtl({ conf, netns }: Vxlan, { addr }: VxlanRemote): number {
	if (conf.ttl !== 0) return conf.ttl;
	return isMulticast(addr) ? 1 : inetConf(netns).ipDefaultTtl;
}

/** The host itself: the frame goes to its device of that VNI without a packet around it (`encap_bypass_if_local`). */
function bypass(skb: Skb, dev: NetDevice, vxlan: Vxlan, to: { readonly vni: number; readonly dport: number }): Fate {
	const other = [...vxlansOf(vxlan.netns)].find(
		({ conf, dev: each }) => conf.vni === to.vni && conf.port === to.dport && each.up,
	);
	if (other === undefined) return failed(skb, dev, "VXLAN_VNI_NOT_FOUND", `VNI ${to.vni} at this host itself`);
	if (other.conf.learning) other.fdb.learn(srcMac(skb), 0x7f000001);
	return loop(skb, dev, other.dev);
}

/** As if the frame had come in by `to`. */
function loop(skb: Skb, from: NetDevice, to: NetDevice): Fate {
	from.stats.txPackets += 1;
	from.stats.txBytes += skb.end - skb.network;
	skb.dst = undefined;
	skb.nfBridge = undefined;
	return netifRxForHost(to, skb);
}

/** Longer than the outer path takes: the inner path's MTU sinks; of bridged packets the sender is told in the destination's name. */
function checkPathMtu(skb: Skb, dev: NetDevice, route: Dst): Fate | undefined {
	const mtu = route.mtu - VXLAN_HEADROOM;
	if (skb.end - skb.network <= mtu) return undefined;
	lowerPathMtu(skb, mtu);
	if (dev.master === undefined || skb.pktType === "host") return undefined;
	const reply = fragNeededReply(skb, dev, mtu);
	return reply === undefined ? undefined : loop(reply, dev, dev);
}

function srcMac(skb: Skb): number {
	return ethDst(skb.bytes, skb.mac + 6);
}

function failed(skb: Skb, dev: NetDevice, reason: DropReason, detail: string): Fate {
	return dropSkb(skb, dev.netns, "vxlan_xmit_one", reason, { detail });
}
