/**
 * The source port of VXLAN packets: by a hash of the inner flow, the same in both directions unless sockets of this machine
 * sent it, which have one each (net/core/flow_dissector.c, include/net/udp_tunnel.h: udp_flow_src_port). Linux keys its hash anew at each boot; here it is keyed by the seed, so a
 * port says which flows go together and no more.
 */
import { ETH_P_IP, ethType } from "../../wire/ethernet.ts";
import { IPV4_MIN_HLEN } from "../../wire/ipv4.ts";
import { get16 } from "../../wire/read-write.ts";
import { isVlanProtocol, VLAN_HLEN } from "../core/vlan-tag.ts";
import { type FlowKeys, flowKeysAt, multipathHash } from "../ipv4/multipath.ts";
import { transportConf } from "../transport/conf.ts";
import type { Machine, Netns, Skb } from "../types.ts";

/** For a frame with `mac` at its Ethernet header and `network` behind it. */
export function udpFlowSourcePort(
	skb: Skb,
	netns: Netns,
	range: { readonly low: number; readonly high: number },
): number {
	const { portLow, portHigh } = transportConf(netns);
	const [low, high] = range.low < range.high ? [range.low, range.high] : [portLow, portHigh];
	const keys = keysOf(skb);
	const ends = skb.hashedBySocket ? (keys.src < keys.dst ? 1 : 2) : 0;
	let hash = mix(multipathHash(keys, 1) ^ ends ^ (keys.tci << 4), keyOf(netns.machine));
	hash = (hash ^ (hash << 16)) >>> 0;
	return Math.floor((hash * (high - low)) / 0x1_0000_0000) + low;
}

/** Of IPv4 its flow; of all else (ARP too) no more than the protocol. A VLAN tag inside counts. */
function keysOf(skb: Skb): FlowKeys & { readonly tci: number } {
	const { bytes, mac, network, end } = skb;
	const outer = ethType(bytes, mac);
	const isTagged = isVlanProtocol(outer) && end - network >= VLAN_HLEN;
	const tci = isTagged ? get16(bytes, network) : 0;
	const type = isTagged ? get16(bytes, network + 2) : outer;
	const at = isTagged ? network + VLAN_HLEN : network;
	if (type === ETH_P_IP && end - at >= IPV4_MIN_HLEN) return { ...flowKeysAt(bytes, at, end), tci };
	return { src: 0, dst: 0, proto: type, sport: 0, dport: 0, tci };
}

/** Drawn when it is first needed. */
function keyOf(machine: Machine): number {
	let key = machineKeys.get(machine);
	if (key === undefined) {
		key = machine.rng.uint32();
		machineKeys.set(machine, key);
	}
	return key;
}

const machineKeys = new WeakMap<Machine, number>();

function mix(hash: number, key: number): number {
	let h = Math.imul(hash ^ key, 0x9e3779b1);
	h ^= h >>> 15;
	h = Math.imul(h, 0x85ebca77);
	return (h ^ (h >>> 13)) >>> 0;
}
