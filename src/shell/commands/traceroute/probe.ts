/** One packet of traceroute's, sent with a small TTL, and what came back. */
import { err, ok, type Result } from "../../../base/result.ts";
import type { EchoSocket, SocketError, SocketOptions } from "../../../kernel/socket.ts";
import type { IpAddr } from "../../../wire/addr.ts";
import { ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, ICMP_PORT_UNREACH, ICMP_TIME_EXCEEDED } from "../../../wire/icmpv4.ts";
import type { CommandContext } from "../../command.ts";
import type { TracerouteOptions } from "./options.ts";

export interface Probe {
	readonly ttl: number;
	sentNs: number | undefined;
	/** Undefined while it is done: nobody answered in time. */
	answer: ProbeAnswer | undefined;
	done: boolean;
	close(): void;
}

export interface ProbeAnswer {
	readonly from: IpAddr;
	readonly rttNs: number;
	/** `!H` and the like; empty: time exceeded, or the destination itself. */
	readonly mark: string;
	/** The way ends here. */
	readonly final: boolean;
}

/** Sends probes: one socket each over UDP, one for all over ICMP. */
export class Prober {
	readonly #context: CommandContext;
	readonly #options: TracerouteOptions;
	readonly #to: IpAddr;
	readonly #socket: SocketOptions;
	readonly #payload: Uint8Array;
	readonly #bySeq = new Map<number, Probe>();
	#echo: EchoSocket | undefined;
	#count = 0;

	constructor(context: CommandContext, options: TracerouteOptions, target: { to: IpAddr; socket: SocketOptions }) {
		this.#context = context;
		this.#options = options;
		this.#to = target.to;
		this.#socket = target.socket;
		// As the real one fills it: @ABC…
		this.#payload = Uint8Array.from({ length: options.packetBytes - 28 }, (_, k) => 0x40 + (k & 0x3f));
	}

	/** Fails as connect does, when there is no way at all. */
	send(probe: Probe): Result<void, SocketError> {
		probe.sentNs = this.#context.world.kernel.clock.now();
		const number = this.#count;
		this.#count += 1;
		return this.#options.method === "icmp" ? this.#sendEcho(probe, number) : this.#sendUdp(probe, number);
	}

	close(): void {
		this.#echo?.close();
	}

	#sendUdp(probe: Probe, number: number): Result<void, SocketError> {
		const { world, netns } = this.#context;
		const port = ((this.#options.port + number - 1) & 0xffff) + 1;
		const opened = world.kernel.sockets.openUdp(
			netns,
			{ ...this.#socket, ttl: probe.ttl, connect: { addr: this.#to, port } },
			{
				onDatagram: (_, from) => this.#answer(probe, { from: from.addr, mark: "", final: true }),
				onIcmpError: (report) => this.#answer(probe, { from: report.from, ...markOf(report, "udp") }),
			},
		);
		if (!opened.ok) return opened;
		probe.close = () => opened.value.close();
		const sent = opened.value.send(this.#payload);
		return sent.ok || sent.error.errno === "EPERM" ? ok(undefined) : err(sent.error);
	}

	#sendEcho(probe: Probe, number: number): Result<void, SocketError> {
		const { world, netns } = this.#context;
		if (this.#echo === undefined) {
			const opened = world.kernel.sockets.openEcho(netns, this.#to, this.#socket, {
				onReply: ({ from, seq }) => this.#heard(seq, { from, mark: "", final: true }),
				onError: (report) => this.#heard(report.seq, { from: report.from, ...markOf(report, "icmp") }),
			});
			if (!opened.ok) return opened;
			this.#echo = opened.value;
		}
		const seq = (this.#options.port + number) & 0xffff;
		this.#bySeq.set(seq, probe);
		const sent = this.#echo.send({ seq, payload: this.#payload, ttl: probe.ttl });
		return sent.ok || sent.error.errno === "EPERM" ? ok(undefined) : err(sent.error);
	}

	#heard(seq: number, answer: Omit<ProbeAnswer, "rttNs">): void {
		const probe = this.#bySeq.get(seq);
		if (probe !== undefined) this.#answer(probe, answer);
	}

	#answer(probe: Probe, answer: Omit<ProbeAnswer, "rttNs">): void {
		if (probe.done || probe.sentNs === undefined) return;
		probe.answer = { ...answer, rttNs: this.#context.world.kernel.clock.now() - probe.sentNs };
		probe.done = true;
		probe.close();
	}
}

/** What an ICMP error means to traceroute. */
function markOf(
	report: { readonly type: number; readonly code: number; readonly mtu?: number },
	method: "udp" | "icmp",
): { readonly mark: string; readonly final: boolean } {
	const { type, code, mtu } = report;
	if (type === ICMP_TIME_EXCEEDED) return { mark: code === 0 ? "" : "!<11-1>", final: false };
	if (type !== ICMP_DEST_UNREACH) return { mark: `!<${type}-${code}>`, final: true };
	if (code === ICMP_PORT_UNREACH && method === "udp") return { mark: "", final: true };
	if (code === ICMP_FRAG_NEEDED) return { mark: `!F-${mtu ?? 0}`, final: true };
	return { mark: MARKS[code] ?? `!<${code}>`, final: true };
}

const MARKS: readonly string[] = [
	"!N",
	"!H",
	"!P",
	"!<3>",
	"!F",
	"!S",
	"!U",
	"!U",
	"!I",
	"!X",
	"!X",
	"!T",
	"!T",
	"!X",
	"!V",
	"!C",
];
