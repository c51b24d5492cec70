/** UDP and echo flows with their answers, fragments, and ICMP errors about all of them. */
import { ICMP_ECHO, ICMP_ECHOREPLY } from "../../../wire/icmpv4.ts";
import { setIpv4Ttl } from "../../../wire/ipv4.ts";
import type { Plan, Scene } from "../scene.ts";
import { filler, fragmentsOf, icmpPacket, tcpPacket, udpPacket } from "./bytes.ts";
import { clientSends, drawFlow, type Flow, serverSends } from "./flow.ts";

export function udpTalk(scene: Scene, plan: Plan): readonly (() => void)[] {
	const { draw } = scene;
	const flow = drawFlow(scene, plan, 17);
	scene.uses("packet UDP");
	const length = draw.pick([0, 1, 5, 32, 64]);
	const steps: (() => void)[] = [];
	const rounds = draw.between(1, 2);
	for (let k = 0; k < rounds; k += 1) {
		steps.push(() => clientSends(scene, flow, clientDatagram(scene, flow, length)));
		if (draw.chance(75)) steps.push(() => serverSends(scene, flow, serverDatagram(scene, flow, length + k)));
	}
	return steps;
}

export function echoTalk(scene: Scene, plan: Plan): readonly (() => void)[] {
	const { draw } = scene;
	const flow = drawFlow(scene, plan, 1);
	scene.uses("packet ICMP echo");
	const steps: (() => void)[] = [() => clientSends(scene, flow, echo(scene, flow, 1))];
	if (draw.chance(75)) steps.push(() => serverSends(scene, flow, echoReply(scene, flow, 1)));
	if (draw.chance(40)) steps.push(() => clientSends(scene, flow, echo(scene, flow, 2)));
	if (draw.chance(8)) steps.push(() => serverSends(scene, flow, echoReply(scene, flow, 9)));
	return steps;
}

/** One datagram in two or three pieces, in any order, sometimes with one missing or twice. */
export function fragmentTalk(scene: Scene, plan: Plan): readonly (() => void)[] {
	const { draw } = scene;
	const flow = drawFlow(scene, plan, draw.chance(80) ? 17 : 1);
	scene.uses("packet fragments");
	const length = draw.pick([40, 120, 1800, 2600]);
	const whole = flow.proto === 17 ? clientDatagram(scene, flow, length) : echo(scene, flow, 1, length);
	const cuts = length > 1000 ? draw.pick([[1352], [816, 1600]]) : draw.pick([[24], [8, 32]]);
	const pieces = [...fragmentsOf(whole, cuts)];
	if (draw.chance(30)) pieces.reverse();
	if (draw.chance(12)) pieces.splice(draw.below(pieces.length), 1);
	else if (draw.chance(8)) pieces.push(draw.pick(pieces));
	const steps = pieces.map((piece) => () => clientSends(scene, flow, piece));
	if (flow.proto === 17 && draw.chance(40)) steps.push(() => serverSends(scene, flow, serverDatagram(scene, flow, 9)));
	return steps;
}

/** A flow's first packet, its answer perhaps, and an ICMP error about it that quotes what the server received. */
export function errorTalk(scene: Scene, plan: Plan): readonly (() => void)[] {
	const { draw } = scene;
	const flow = drawFlow(scene, plan, draw.pick([17, 17, 6, 1] as const));
	scene.uses("packet ICMP error");
	const first = firstPacket(scene, flow);
	const steps: (() => void)[] = [];
	if (draw.chance(92)) steps.push(() => clientSends(scene, flow, first));
	if (flow.proto === 17 && draw.chance(30)) {
		steps.push(() => serverSends(scene, flow, serverDatagram(scene, flow, 3)));
	}
	steps.push(() => icmpError(scene, flow));
	return steps;
}

const ERRORS: readonly (readonly [type: number, code: number, rest: number])[] = [
	[3, 0, 0],
	[3, 1, 0],
	[3, 2, 0],
	[3, 3, 0],
	[3, 3, 0],
	[3, 4, 1280],
	[3, 10, 0],
	[3, 13, 0],
	[4, 0, 0],
	[11, 0, 0],
	[11, 1, 0],
	[12, 0, 0x14000000],
];

/** By the server, or by somebody on the way. */
function icmpError(scene: Scene, flow: Flow): void {
	const { draw } = scene;
	if (flow.server === undefined) return;
	const quoted = packetAtServer(scene, flow);
	setIpv4Ttl(quoted, 0, 63);
	const wrong = draw.chance(8);
	if (wrong) quoted[draw.pick([12, 16, 20, 21])] = draw.below(256);
	const length = draw.weighted([
		[60, quoted.length],
		[30, 28],
		[5, 20],
		[5, 12],
	] as const);
	const [type, code, rest] = draw.pick(ERRORS);
	const src = draw.chance(75) ? flow.server.addr : flow.server.addr + 50;
	const packet = icmpPacket(
		{ src, dst: flow.seenAs, id: scene.nextId(), tos: 0xc0 },
		{ type, code, rest },
		quoted.slice(0, length),
	);
	serverSends(scene, flow, packet);
}

function packetAtServer(scene: Scene, flow: Flow): Uint8Array {
	const { server } = flow;
	const at = { dst: server?.addr ?? flow.dst, dport: server?.port ?? flow.dport };
	return firstPacket(scene, { ...flow, ...at, client: { ...flow.client, addr: flow.seenAs } });
}

function firstPacket(scene: Scene, flow: Flow): Uint8Array {
	switch (flow.proto) {
		case 17:
			return clientDatagram(scene, flow, 8);
		case 1:
			return echo(scene, flow, 1);
		case 6: {
			const { addr, port } = flow.client;
			const ip = { src: addr, dst: flow.dst, id: scene.nextId(), df: true };
			return tcpPacket(ip, { sport: port, dport: flow.dport, seq: 100, ack: 0, flags: 2 });
		}
	}
}

export function clientDatagram(scene: Scene, flow: Flow, length: number): Uint8Array {
	const { addr, port } = flow.client;
	const ip = { src: addr, dst: flow.dst, id: scene.nextId() };
	return udpPacket(ip, { sport: port, dport: flow.dport }, filler(length));
}

function serverDatagram(scene: Scene, flow: Flow, length: number): Uint8Array {
	const { addr, port } = flow.server ?? { addr: flow.dst, port: flow.dport };
	const ip = { src: addr, dst: flow.seenAs, id: scene.nextId() };
	return udpPacket(ip, { sport: port, dport: flow.client.port }, filler(length));
}

function echo(scene: Scene, flow: Flow, seq: number, length = 8): Uint8Array {
	const { addr, port } = flow.client;
	const ip = { src: addr, dst: flow.dst, id: scene.nextId(), df: length < 9 && scene.draw.chance(30) };
	return icmpPacket(ip, { type: ICMP_ECHO, code: 0, rest: port * 65536 + seq }, filler(length));
}

function echoReply(scene: Scene, flow: Flow, seq: number): Uint8Array {
	const ip = { src: flow.server?.addr ?? flow.dst, dst: flow.seenAs, id: scene.nextId() };
	return icmpPacket(ip, { type: ICMP_ECHOREPLY, code: 0, rest: flow.client.port * 65536 + seq }, filler(8));
}
