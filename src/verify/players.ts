/** The sockets of a scenario: its listeners, and one player per step that sends. All are closed when it ends. */
import { utf8Encode } from "../base/bytes.ts";
import type { Result } from "../base/result.ts";
import type { PacketSocket, SocketError, SocketOptions, Sockets, TcpConnection, UdpSocket } from "../kernel/socket.ts";
import type { Listener, Step } from "./scenario.ts";
import { addrText, type Sights, type SocketNotes } from "./sights.ts";
import type { Stage } from "./stage.ts";

type StepOf<K extends Step["kind"]> = Extract<Step, { kind: K }>;

type SendingStep = Exclude<Step, { kind: "wait" | "change" }>;

/** Selects nothing on the way in: the players' packet sockets only send. */
const NO_ETHER_TYPE = 0;
const DEFAULT_TIMEOUT_MS = 1000;
/** A connection that tells more than this is not waited for. */
const MAX_TURNS = 100;
const NS_PER_MS = 1e6;

export class Players {
	readonly #stage: Stage;
	readonly #sights: Sights;
	readonly #closers: (() => void)[] = [];
	readonly #packetSockets = new Map<string, Result<PacketSocket, SocketError>>();
	readonly #udpSockets = new Map<string, Result<UdpSocket, SocketError>>();

	constructor(stage: Stage, sights: Sights) {
		this.#stage = stage;
		this.#sights = sights;
	}

	listen(listener: Listener): void {
		const { kind, netns, addr, port } = listener;
		const notes = this.#sights.of(netns, `${kind} ${addrText({ addr, port })}`);
		const opened = kind === "tcp-echo" ? this.#tcpEcho(listener, notes) : this.#udpListener(listener, notes);
		if (opened.ok) this.#closers.push(() => opened.value.close());
		else notes.error(opened.error);
	}

	/** Carries out a step that sends; `number` is what it is called, from 1. */
	async play(step: SendingStep, number: number): Promise<void> {
		const notes = this.#sights.of(step.netns, socketName(step, number));
		switch (step.kind) {
			case "frame":
				return this.#frame(step, notes);
			case "udp":
				return this.#udp(step, notes);
			case "ping":
				return this.#ping(step, notes);
			case "tcp":
				return this.#tcp(step, notes);
		}
	}

	close(): void {
		for (const close of this.#closers.splice(0)) close();
	}

	get #sockets(): Sockets {
		return this.#stage.host.kernel.sockets;
	}

	#tcpEcho({ netns, addr, port }: Listener, notes: SocketNotes): Result<{ close(): void }, SocketError> {
		const options = { bind: { addr, port }, program: "tcp-echo" };
		return this.#sockets.listenTcp(this.#stage.name(netns), options, (connection) => {
			const peer = this.#sights.of(netns, `tcp-echo ${addrText({ addr, port })} with ${addrText(connection.remote)}`);
			notes.accepted(connection.remote);
			this.#closers.push(() => connection.abort());
			connection.handle({
				onData: (bytes) => {
					peer.data(bytes);
					const sent = connection.send(bytes);
					if (!sent.ok) peer.error(sent.error);
				},
				onEnd: () => {
					peer.say("end");
					connection.close();
				},
				onError: (error) => peer.error(error),
				onClose: () => peer.say("closed"),
			});
		});
	}

	#udpListener({ kind, netns, addr, port }: Listener, notes: SocketNotes): Result<{ close(): void }, SocketError> {
		const options = { bind: { addr, port }, program: kind };
		const opened = this.#sockets.openUdp(this.#stage.name(netns), options, {
			onDatagram: (bytes, from) => {
				notes.datagram(from, bytes);
				if (kind === "udp-sink" || !opened.ok) return;
				const sent = opened.value.send(bytes, from);
				if (!sent.ok) notes.error(sent.error);
			},
			onIcmpError: (report) => notes.icmpError(report),
		});
		return opened;
	}

	#frame({ netns, dev, bytes }: StepOf<"frame">, notes: SocketNotes): void {
		const socket = reused(this.#packetSockets, `${netns} ${dev}`, () => {
			const options = { dev, etherType: NO_ETHER_TYPE, program: "scenario" };
			const opened = this.#sockets.openPacket(this.#stage.name(netns), options, {});
			if (opened.ok) this.#closers.push(() => opened.value.close());
			return opened;
		});
		const sent = socket.ok ? socket.value.send(bytes) : socket;
		if (!sent.ok) notes.error(sent.error);
	}

	#udp(step: StepOf<"udp">, notes: SocketNotes): void {
		const options = udpOptions(step);
		const socket = reused(this.#udpSockets, JSON.stringify([step.netns, options]), () => {
			const opened = this.#sockets.openUdp(this.#stage.name(step.netns), options, {
				onDatagram: (bytes, from) => notes.datagram(from, bytes),
				onIcmpError: (report) => notes.icmpError(report),
			});
			if (opened.ok) this.#closers.push(() => opened.value.close());
			return opened;
		});
		const sent = socket.ok ? socket.value.send(utf8Encode(step.payload), step.to) : socket;
		if (!sent.ok) notes.error(sent.error);
	}

	#ping(step: StepOf<"ping">, notes: SocketNotes): void {
		const { netns, to, id, seq } = step;
		const opened = this.#sockets.openEcho(
			this.#stage.name(netns),
			to,
			{ id, ...commonOptions(step), program: "ping" },
			{
				onReply: (reply) => {
					const bytes = reply.payload.length;
					notes.say(`reply from ${reply.from} id ${reply.id} seq ${reply.seq} ttl ${reply.ttl} with ${bytes} bytes`);
				},
				onError: (report) => {
					const mtu = report.mtu === undefined ? "" : ` mtu ${report.mtu}`;
					notes.say(`ICMP ${report.type}/${report.code} from ${report.from} about seq ${report.seq}${mtu}`);
				},
			},
		);
		if (opened.ok) this.#closers.push(() => opened.value.close());
		const sent = opened.ok ? opened.value.send({ seq, payload: pattern(step.payloadBytes) }) : opened;
		if (!sent.ok) notes.error(sent.error);
	}

	async #tcp(step: StepOf<"tcp">, notes: SocketNotes): Promise<void> {
		const payload = utf8Encode(step.payload);
		let missing = payload.length;
		let ended = false;
		const end = (say: () => void): void => {
			say();
			ended = true;
		};
		const options = { bind: step.from, ...commonOptions(step), program: "tcp" };
		const opened = this.#sockets.connectTcp(this.#stage.name(step.netns), step.to, options, {
			onConnect: () => {
				notes.say("connected");
				if (missing === 0) connection()?.close();
				else connection()?.send(payload);
			},
			onData: (bytes) => {
				notes.data(bytes);
				missing -= bytes.length;
				if (missing <= 0) connection()?.close();
			},
			onEnd: () => {
				notes.say("end");
				if (missing > 0) connection()?.close();
			},
			onError: (error) => end(() => notes.error(error)),
			onClose: () => end(() => notes.say("closed")),
		});
		const connection = (): TcpConnection | undefined => (opened.ok ? opened.value : undefined);
		if (!opened.ok) {
			notes.error(opened.error);
			return;
		}
		this.#closers.push(() => opened.value.abort());
		if (!(await this.#until(() => ended, step.timeoutMs ?? DEFAULT_TIMEOUT_MS))) {
			notes.say("timed out");
			// Else retransmissions, whose time is not exactly the same on both kernels, would come in between the later steps.
			opened.value.abort();
		}
	}

	/** False: time is up. Where sockets still see something (a slow machine) there is always a quarter of the time left. */
	async #until(done: () => boolean, timeoutMs: number): Promise<boolean> {
		const { kernel } = this.#stage.host;
		const timeoutNs = timeoutMs * NS_PER_MS;
		const end = kernel.clock.now() + timeoutNs;
		for (let turn = 0; turn < MAX_TURNS; turn += 1) {
			const seen = this.#sights.count;
			const leftNs = Math.max(end - kernel.clock.now(), turn === 0 ? 0 : timeoutNs / 4);
			const moves = await kernel.run(() => done() || this.#sights.count !== seen, leftNs);
			if (done() || !moves) break;
		}
		return done();
	}
}

/** A UDP socket may serve several steps. */
function socketName(step: SendingStep, number: number): string {
	return step.kind === "udp" ? `udp ${step.from.addr ?? "*"}:${step.from.port}` : `${step.kind} step ${number}`;
}

function reused<T>(all: Map<string, T>, key: string, open: () => T): T {
	const found = all.get(key);
	if (found !== undefined) return found;
	const opened = open();
	all.set(key, opened);
	return opened;
}

function commonOptions({ mark, ...step }: { readonly mark?: number; readonly ttl?: number }): SocketOptions {
	return { ...(mark === undefined ? {} : { mark }), ...(step.ttl === undefined ? {} : { ttl: step.ttl }) };
}

function udpOptions(step: StepOf<"udp">): SocketOptions {
	const { pmtudisc } = step;
	return {
		bind: step.from,
		...commonOptions(step),
		...(pmtudisc === undefined ? {} : { pmtudisc }),
		program: "udp",
	};
}

/** 0, 1, 2, … as `ping` fills its packets. */
function pattern(lengthBytes: number): Uint8Array {
	return Uint8Array.from({ length: lengthBytes }, (_, index) => index & 0xff);
}
