/** TCP conversations, in order and out of it: what both sides send, played by hand. */
import { buildTcpOptions, TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN, TCP_URG } from "../../../wire/tcp.ts";
import type { Plan, Scene } from "../scene.ts";
import { filler, tcpPacket } from "./bytes.ts";
import { clientSends, drawFlow, type Flow, serverSends } from "./flow.ts";

interface Segment {
	readonly from: "client" | "server";
	readonly flags: number;
	readonly seq: number;
	readonly ack: number;
	readonly length: number;
}

/** The steps of one conversation, each sends one segment. */
export function tcpTalk(scene: Scene, plan: Plan): readonly (() => void)[] {
	const { draw } = scene;
	const flow = drawFlow(scene, plan, 6);
	scene.uses("packet TCP conversation");
	const full = conversation(draw.between(1, 4) * 1_000_000, draw.between(5, 9) * 1_000_000, draw.between(0, 40));
	// Most end early: how it began matters more often than how it ends.
	const whole = draw.chance(35) ? full : full.slice(0, draw.between(2, 6));
	const segments = draw.chance(40) ? disturb(scene, whole) : whole;
	const withOptions = draw.chance(60);
	return segments.map((segment) => () => send(scene, flow, segment, withOptions));
}

/** A handshake, data both ways, and both sides closing. Sequence numbers begin at `c` and `s`. */
function conversation(c: number, s: number, length: number): readonly Segment[] {
	const request = c + 1 + length;
	const answer = s + 1 + 2 * length;
	return [
		{ from: "client", flags: TCP_SYN, seq: c, ack: 0, length: 0 },
		{ from: "server", flags: TCP_SYN | TCP_ACK, seq: s, ack: c + 1, length: 0 },
		{ from: "client", flags: TCP_ACK, seq: c + 1, ack: s + 1, length: 0 },
		{ from: "client", flags: TCP_PSH | TCP_ACK, seq: c + 1, ack: s + 1, length },
		{ from: "server", flags: TCP_PSH | TCP_ACK, seq: s + 1, ack: request, length: 2 * length },
		{ from: "client", flags: TCP_FIN | TCP_ACK, seq: request, ack: answer, length: 0 },
		{ from: "server", flags: TCP_ACK, seq: answer, ack: request + 1, length: 0 },
		{ from: "server", flags: TCP_FIN | TCP_ACK, seq: answer, ack: request + 1, length: 0 },
		{ from: "client", flags: TCP_ACK, seq: request + 1, ack: answer + 1, length: 0 },
	];
}

/** Something that goes wrong: one segment lost, doubled, early, reset, with odd flags or wrong numbers. */
function disturb(scene: Scene, segments: readonly Segment[]): readonly Segment[] {
	const { draw } = scene;
	const at = draw.below(segments.length);
	const before = segments.slice(0, at);
	const after = segments.slice(at + 1);
	const victim = segments.slice(at, at + 1);
	const changed = (change: Partial<Segment>): readonly Segment[] => [
		...before,
		...victim.map((segment) => ({ ...segment, ...change })),
		...after,
	];
	const how = draw.weighted([
		[20, "lost"],
		[10, "twice"],
		[12, "swapped"],
		[25, "reset"],
		[12, "flags"],
		[12, "seq"],
		[9, "ack"],
	] as const);
	if (how === "reset") scene.uses("packet TCP RST");
	else scene.uses(how === "flags" ? "packet TCP odd flags" : "packet TCP out of order");
	switch (how) {
		case "lost":
			return [...before, ...after];
		case "twice":
			return [...before, ...victim, ...victim, ...after];
		case "swapped":
			return [...before, ...after.slice(0, 1), ...victim, ...after.slice(1)];
		case "reset":
			return [
				...before,
				...victim,
				...victim.map((segment) => ({
					...segment,
					from: draw.chance(50) ? ("client" as const) : ("server" as const),
					flags: draw.chance(50) ? TCP_RST : TCP_RST | TCP_ACK,
					seq: draw.chance(60) ? (draw.chance(50) ? segment.ack : segment.seq) : segment.seq + 100_000,
					length: 0,
				})),
				...after,
			];
		case "flags":
			return changed({
				flags: draw.pick([
					0,
					TCP_FIN,
					TCP_SYN | TCP_FIN,
					TCP_SYN | TCP_RST,
					TCP_FIN | TCP_PSH | TCP_URG,
					TCP_SYN | TCP_PSH,
					TCP_SYN | TCP_ACK | TCP_URG,
					TCP_PSH,
					0xff,
				]),
			});
		case "seq":
			return changed({ seq: draw.pick([1, 7_000_000, 0xfffffff0]) });
		case "ack":
			return changed({ ack: draw.pick([1, 9_999_999, 0xfffffff0]) });
	}
}

function send(scene: Scene, flow: Flow, segment: Segment, withOptions: boolean): void {
	const { from, flags, seq, ack, length } = segment;
	const isSyn = (flags & TCP_SYN) !== 0;
	const options =
		withOptions && isSyn ? buildTcpOptions({ mss: 1460, sackPermitted: true, windowScale: 7 }) : new Uint8Array(0);
	const tcp = { flags, seq, ack, options, window: isSyn ? 64_240 : 502 };
	const payload = filler(length);
	const id = scene.nextId();
	if (from === "client") {
		const { addr, port } = flow.client;
		const ip = { src: addr, dst: flow.dst, id, df: true };
		clientSends(scene, flow, tcpPacket(ip, { ...tcp, sport: port, dport: flow.dport }, payload));
	} else if (flow.server !== undefined) {
		const { addr, port } = flow.server;
		const ip = { src: addr, dst: flow.seenAs, id, df: true };
		serverSends(scene, flow, tcpPacket(ip, { ...tcp, sport: port, dport: flow.client.port }, payload));
	}
}
