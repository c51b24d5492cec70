/** Outer packets that no tunnel made: to a router's tunnel, right and wrong in their headers. */
import { concatBytes } from "../../../base/bytes.ts";
import { IPPROTO_IPIP } from "../../../wire/ipv4.ts";
import { addrsOf, type TunnelFacts } from "../place.ts";
import { type Scene, SERVER_PORTS } from "../scene.ts";
import { filler, ipFrame, ipPacket, udpPacket } from "./bytes.ts";

export function outerPacket(scene: Scene): readonly (() => void)[] {
	const { tunnel } = scene.place;
	if (tunnel === undefined) return [];
	return [
		() => {
			scene.uses("packet encapsulated by hand");
			send(scene, tunnel);
		},
	];
}

function send(scene: Scene, tunnel: TunnelFacts): void {
	const { draw, place } = scene;
	const end = draw.pick(place.ends);
	const router = draw.pick(place.routers);
	const inner = udpPacket(
		{
			src: draw.pick(draw.pick(place.ends).addrs),
			dst: draw.pick([...draw.pick(place.ends).addrs, ...addrsOf(router)]),
			id: scene.nextId(),
			ttl: draw.pick([1, 2, 64, 64]),
		},
		{ sport: scene.nextPort(), dport: draw.pick(SERVER_PORTS) },
		filler(draw.pick([0, 8, 300])),
	);
	// Congestion noted outside: the inner packet cannot carry it and is dropped.
	const tos = draw.pick([0, 0, 0, 1, 2, 3]);
	const outer = { src: draw.pick(end.addrs), dst: draw.pick(addrsOf(router)), id: scene.nextId(), tos };
	if (tunnel.type === "ipip") {
		const body = draw.chance(85) ? inner : inner.slice(0, draw.pick([8, 20, 24]));
		scene.sends(end, ipPacket(outer, IPPROTO_IPIP, body), scene.nextHopMac(end, outer.dst));
		return;
	}
	const macs = [...router.devs.map(({ mac }) => mac), ...place.ends.map(({ mac }) => mac), 0xffffffffffff];
	const frame = ipFrame({ dst: draw.pick(macs), src: draw.pick([end.mac, 0x0200000000fe]) }, inner);
	const header = vxlanHeader(
		draw.chance(85) ? tunnel.vni : tunnel.vni + 1,
		draw.chance(92) ? 0x08 : draw.pick([0, 0x09]),
	);
	const whole = concatBytes(header, frame);
	const body = draw.chance(92) ? whole : whole.slice(0, draw.pick([4, 8, 15, 22]));
	const ports = { sport: scene.nextPort(), dport: tunnel.port };
	scene.sends(end, udpPacket(outer, ports, body), scene.nextHopMac(end, outer.dst));
}

function vxlanHeader(vni: number, flags: number): Uint8Array {
	return Uint8Array.of(flags, 0, 0, 0, vni >>> 16, (vni >>> 8) & 255, vni & 255, 0);
}
