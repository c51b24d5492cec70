/** Packets that are wrong, or right and unusual: each is one step. */

import { concatBytes } from "../../../base/bytes.ts";
import { fillIpv4Checksum } from "../../../wire/ipv4.ts";
import type { Feature } from "../features.ts";
import { addrsOf, devOf, type End, routerOf, v4 } from "../place.ts";
import { type Scene, SERVER_PORTS } from "../scene.ts";
import { filler, type IpFields, icmpPacket, ipPacket, tcpPacket, udpPacket } from "./bytes.ts";

type Maker = (scene: Scene, at: OddFlow) => void;

/** An end and somebody to send to. */
interface OddFlow {
	readonly end: End;
	readonly src: number;
	readonly dst: number;
}

/** By feature; each as often as its weight says. */
const ODD: readonly (readonly [weight: number, feature: Feature, make: Maker])[] = [
	[10, "packet martian source", martianSource],
	[6, "packet martian destination", martianDestination],
	[5, "packet loopback address", loopbackAddress],
	[10, "packet TTL limit", ttlLimit],
	[10, "packet MTU limit", mtuLimit],
	[8, "packet bad checksum", badChecksum],
	[6, "packet IP options", ipOptions],
	[10, "packet short or garbled", garbled],
	[8, "packet broadcast", broadcast],
	[8, "packet multicast", multicast],
	[5, "packet for another MAC address", otherMac],
	[6, "packet ICMP other", icmpOther],
	[6, "packet other protocol", otherProtocol],
	[6, "packet DF", dontFragment],
];

export function oddPacket(scene: Scene): readonly (() => void)[] {
	const { draw, place } = scene;
	const [feature, make] = draw.weighted(ODD.map(([weight, feature, make]) => [weight, [feature, make]] as const));
	const end = draw.pick(place.ends);
	const others = place.ends.filter((other) => other !== end);
	const at = { end, src: draw.pick(end.addrs), dst: draw.pick(draw.pick(others).addrs) };
	scene.uses(feature);
	return [() => make(scene, at)];
}

/** A datagram of the end, towards the router unless it says otherwise. */
function datagram(scene: Scene, at: OddFlow, ip: Partial<IpFields> = {}, length = 8): Uint8Array {
	const ports = { sport: scene.nextPort(), dport: scene.draw.pick(SERVER_PORTS) };
	return udpPacket({ src: at.src, dst: at.dst, id: scene.nextId(), ...ip }, ports, filler(length));
}

function martianSource(scene: Scene, at: OddFlow): void {
	const { draw } = scene;
	const router = routerOf(scene.place, at.end.router);
	const others = scene.place.ends.filter((other) => other.via !== at.end.via).flatMap((other) => other.addrs);
	const src = draw.pick([
		...["0.0.0.0", "0.0.0.7", "127.0.0.5", "224.0.0.5", "240.0.0.1", "255.255.255.255", "10.250.0.3"].map(v4),
		...addrsOf(router),
		...others,
		...others,
	]);
	const dst = draw.chance(70) ? at.dst : (addrsOf(router)[0] ?? at.dst);
	scene.sends(at.end, datagram(scene, { ...at, src, dst }));
}

function martianDestination(scene: Scene, at: OddFlow): void {
	const dst = v4(scene.draw.pick(["0.0.0.0", "0.1.2.3", "240.0.0.1", "255.255.255.254"]));
	scene.sends(at.end, datagram(scene, { ...at, dst }));
}

function loopbackAddress(scene: Scene, at: OddFlow): void {
	const { draw } = scene;
	const local = v4(draw.pick(["127.0.0.1", "127.0.0.1", "127.1.2.3"]));
	scene.sends(at.end, datagram(scene, draw.chance(80) ? { ...at, dst: local } : { ...at, src: local }));
}

function ttlLimit(scene: Scene, at: OddFlow): void {
	const ttl = scene.draw.pick([0, 1, 1, 1, 2, 2, 3]);
	const { src, dst, end } = at;
	const ip = { src, dst, id: scene.nextId(), ttl };
	const ports = { sport: scene.nextPort(), dport: 80 };
	const packet = scene.draw.chance(70)
		? udpPacket(ip, ports, filler(30))
		: tcpPacket(ip, { ...ports, seq: 1, ack: 0, flags: 2 });
	scene.sends(end, packet, scene.draw.chance(70) ? undefined : scene.nextHopMac(end, dst));
}

function mtuLimit(scene: Scene, at: OddFlow): void {
	const { draw } = scene;
	const total = draw.pick([1000, 1001, 1300, 1301, 1372, 1400, 1401, 1500]);
	const df = draw.chance(55);
	if (df) scene.uses("packet DF");
	const length = Math.min(total, at.end.mtu) - 28;
	scene.sends(at.end, datagram(scene, at, { df }, length), scene.nextHopMac(at.end, at.dst));
}

function dontFragment(scene: Scene, at: OddFlow): void {
	scene.sends(at.end, datagram(scene, at, { df: true }, scene.draw.pick([8, 900, 1350])));
}

/** One bit too many in the IP header, the UDP or TCP header, or an ICMP message; or UDP without a checksum. */
function badChecksum(scene: Scene, at: OddFlow): void {
	const { draw } = scene;
	const ip = { src: at.src, dst: at.dst, id: scene.nextId() };
	const ports = { sport: scene.nextPort(), dport: draw.pick(SERVER_PORTS) };
	const udp = udpPacket(ip, ports, filler(8));
	const which = draw.pick(["ip", "udp", "udp", "tcp", "tcp", "icmp", "none"] as const);
	if (which === "none") udp.fill(0, 26, 28);
	const packets = {
		ip: flipped(udp, 10),
		udp: flipped(udp, 26),
		tcp: flipped(tcpPacket(ip, { ...ports, seq: 1, ack: 0, flags: 2 }), 36),
		icmp: flipped(icmpPacket(ip, { type: 8, code: 0, rest: 0x70001 }, filler(8)), 22),
		none: udp,
	};
	scene.sends(at.end, packets[which]);
}

function flipped(packet: Uint8Array, at: number): Uint8Array {
	const copy = packet.slice();
	copy[at] = (copy[at] ?? 0) ^ 0x55;
	return copy;
}

/** Options that a router looks at and leaves as they are, or refuses. */
const OPTIONS: readonly (readonly number[])[] = [
	[1, 1, 1, 0],
	[1, 1, 1, 1, 1, 1, 1, 0],
	[148, 4, 0, 0],
	[131, 7, 4, 10, 9, 9, 9, 0],
	[7, 2, 4, 0],
	[148, 9, 0, 0],
	[30, 4, 1, 2],
];

function ipOptions(scene: Scene, at: OddFlow): void {
	const options = Uint8Array.from(scene.draw.pick(OPTIONS));
	scene.sends(at.end, datagram(scene, at, { options }), scene.nextHopMac(at.end, at.dst));
}

/** Packets whose lengths or versions do not fit, and frames that are longer or shorter than their packet. */
function garbled(scene: Scene, at: OddFlow): void {
	const { draw } = scene;
	const packet = draw.chance(50)
		? datagram(scene, at, {}, 20)
		: tcpPacket(
				{ src: at.src, dst: at.dst, id: scene.nextId() },
				{ sport: scene.nextPort(), dport: 80, seq: 5, ack: 0, flags: 2 },
				filler(12),
			);
	const to = draw.chance(50) ? undefined : scene.nextHopMac(at.end, at.dst);
	scene.sends(at.end, draw.pick(DAMAGES)(scene, at, packet), to);
}

/** The packet with one byte of its IP header changed, its checksum right. */
function withByte(packet: Uint8Array, offset: number, value: number): Uint8Array {
	packet[offset] = value;
	fillIpv4Checksum(packet, 0);
	return packet;
}

/** What can be wrong with a packet: cut, padded, header length, version, total length, the transport's lengths. */
const DAMAGES: readonly ((scene: Scene, at: OddFlow, packet: Uint8Array) => Uint8Array)[] = [
	({ draw }, _at, packet) => packet.slice(0, draw.pick([0, 4, 19, 20, 24])),
	(_scene, _at, packet) => concatBytes(packet, filler(13)),
	(_scene, _at, packet) => withByte(packet, 0, 0x44),
	(_scene, _at, packet) => withByte(packet, 0, 0x65),
	(_scene, _at, packet) => withByte(packet, 0, 0x4f),
	(_scene, _at, packet) => withByte(packet, 3, packet.length + 8),
	(_scene, _at, packet) => withByte(packet, 3, 12),
	({ draw }, _at, packet) => withByte(packet, 3, draw.pick([24, 27, 28])),
	({ draw }, _at, packet) => {
		packet[25] = draw.pick([4, 200]);
		return packet;
	},
	({ draw }, _at, packet) => {
		packet[32] = draw.pick([0x10, 0xf0]);
		return packet;
	},
	(scene, at) => {
		const own = devOf(routerOf(scene.place, at.end.router), at.end.via).addrs[0] ?? at.dst;
		const ip = { src: at.src, dst: own, id: scene.nextId() };
		return withByte(icmpPacket(ip, { type: 8, code: 0, rest: 1 }, filler(4)), 3, scene.draw.pick([24, 26, 27]));
	},
];

const MAC_BROADCAST = 0xffffffffffff;

function broadcast(scene: Scene, at: OddFlow): void {
	const { draw, place } = scene;
	const router = routerOf(place, at.end.router);
	const nets = router.devs.filter((dev) => dev.addrs.length > 0);
	const dev = draw.pick(nets);
	const directed = ((dev.addrs[0] ?? 0) | 0xff) >>> 0;
	const dst = draw.pick([directed, directed, v4("255.255.255.255"), at.dst, addrsOf(router)[0] ?? at.dst]);
	const mac = draw.chance(70) ? MAC_BROADCAST : scene.gatewayMac(at.end);
	const ip = { src: at.src, dst, id: scene.nextId() };
	const packet = draw.chance(70)
		? datagram(scene, { ...at, dst })
		: icmpPacket(ip, { type: 8, code: 0, rest: scene.nextPort() * 65536 + 1 }, filler(8));
	scene.sends(at.end, packet, mac);
}

function multicast(scene: Scene, at: OddFlow): void {
	const { draw } = scene;
	const dst = v4(draw.pick(["224.0.0.1", "224.0.0.9", "239.1.2.3", "224.0.0.251"]));
	const mac = draw.chance(85) ? 0x01005e000000 + (dst & 0x7fffff) : scene.gatewayMac(at.end);
	scene.sends(at.end, datagram(scene, { ...at, dst }, { ttl: draw.pick([1, 64]) }), mac);
}

function otherMac(scene: Scene, at: OddFlow): void {
	scene.sends(at.end, datagram(scene, at), scene.draw.pick([0x0200000000fe, 0x0200000000fd]));
}

function icmpOther(scene: Scene, at: OddFlow): void {
	const { draw, place } = scene;
	const own = addrsOf(routerOf(place, at.end.router));
	const dst = draw.chance(50) && own.length > 0 ? draw.pick(own) : at.dst;
	const type = draw.pick([13, 13, 14, 15, 17, 9, 10, 30, 0, 42]);
	const rest = scene.nextPort() * 65536 + 1;
	const packet = icmpPacket({ src: at.src, dst, id: scene.nextId() }, { type, code: 0, rest }, filler(12));
	scene.sends(at.end, packet, scene.nextHopMac(at.end, dst));
}

function otherProtocol(scene: Scene, at: OddFlow): void {
	const { draw, place } = scene;
	const own = addrsOf(routerOf(place, at.end.router));
	const dst = draw.chance(30) && own.length > 0 ? draw.pick(own) : at.dst;
	const packet = ipPacket({ src: at.src, dst, id: scene.nextId() }, draw.pick([89, 99, 253]), filler(24));
	scene.sends(at.end, packet, scene.nextHopMac(at.end, dst));
}
