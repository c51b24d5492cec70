/** Frames that are not IPv4: ARP of every kind, and EtherTypes that nobody reads. */
import { addrsOf, devOf, routerOf, v4 } from "../place.ts";
import type { Scene } from "../scene.ts";
import { arpFrame, filler, frameOf } from "./bytes.ts";

const MAC_BROADCAST = 0xffffffffffff;

export function arpTalk(scene: Scene): readonly (() => void)[] {
	return [() => (scene.draw.chance(60) ? request(scene) : announcement(scene))];
}

/** Who has an address of the router's, of another host's, or of nobody's? */
function request(scene: Scene): void {
	const { draw, place } = scene;
	const end = draw.pick(place.ends);
	const router = routerOf(place, end.router);
	const local = devOf(router, end.via).addrs;
	const others = place.ends.filter((other) => other !== end).flatMap((other) => other.addrs);
	const target = draw.weighted([
		[40, draw.pick([...local, v4("169.254.1.1")])],
		[20, draw.pick([...addrsOf(router), v4("10.250.0.1")])],
		[30, draw.pick(others)],
		[10, draw.pick(["10.250.0.9", "127.0.0.1", "224.0.0.1", "10.66.0.1"].map(v4))],
	]);
	const sender = draw.weighted([
		[75, draw.pick(end.addrs)],
		[10, 0],
		[10, draw.pick(others)],
		[5, draw.pick(end.addrs) + 40],
	]);
	const mac = draw.chance(85) ? MAC_BROADCAST : scene.gatewayMac(end);
	scene.uses("frame ARP request");
	scene.frame(
		end,
		arpFrame(
			{ dst: mac, src: end.mac },
			{ op: 1, senderMac: end.mac, senderIp: sender, targetMac: 0, targetIp: target },
		),
	);
}

/** An answer nobody asked for, or a host that says where it is. */
function announcement(scene: Scene): void {
	const { draw, place } = scene;
	const end = draw.pick(place.ends);
	const own = draw.pick(end.addrs);
	const to = devOf(routerOf(place, end.router), end.via).addrs[0] ?? own;
	const gratuitous = draw.chance(50);
	scene.uses(gratuitous ? "frame gratuitous ARP" : "frame ARP reply");
	const op = gratuitous ? draw.pick([1, 2]) : draw.pick([2, 2, 2, 3]);
	const senderIp = draw.chance(80) ? own : own + 30;
	const packet = {
		op,
		senderMac: end.mac,
		senderIp,
		targetMac: gratuitous ? 0 : scene.gatewayMac(end),
		targetIp: gratuitous ? senderIp : to,
	};
	scene.frame(end, arpFrame({ dst: gratuitous ? MAC_BROADCAST : scene.gatewayMac(end), src: end.mac }, packet));
}

export function otherFrame(scene: Scene): readonly (() => void)[] {
	const { draw, place } = scene;
	scene.uses("frame of another EtherType");
	return [
		() => {
			const end = draw.pick(place.ends);
			const other = draw.pick(place.ends);
			const dst = draw.pick([MAC_BROADCAST, other.mac, scene.gatewayMac(end), 0x0180c2000000, 0x0180c200000e]);
			const type = draw.pick([0x88b5, 0x88cc, 0x0101, 0x0027]);
			scene.frame(end, frameOf({ dst, src: draw.chance(92) ? end.mac : 0x030000000009, type }, filler(40)));
		},
	];
}
