/** ping: ICMP echo requests at an interval, and what became of each. */
import type { Kernel } from "../kernel/kernel.ts";
import type {
	EchoSocket,
	IcmpErrorReport,
	IcmpReply,
	SocketErrno,
	SocketError,
	SocketOptions,
} from "../kernel/socket.ts";
import type { IpAddr } from "../wire/addr.ts";

export interface PingOptions {
	readonly to: IpAddr;
	/** Default 1. */
	readonly count?: number;
	/** Default 1 s. */
	readonly intervalNs?: number;
	/** How long to wait after the last request (`-W`). Default 1 s. */
	readonly timeoutNs?: number;
	/** Bytes after the ICMP header (`-s`). Default 56. */
	readonly payloadBytes?: number;
	/** The identifier (`-e`). Absent: the kernel chooses. */
	readonly id?: number;
	/** ttl, tos, pmtudisc, bind, dev, mark. */
	readonly socket?: SocketOptions;
}

/** What became of one request. */
export type PingProbe =
	| {
			readonly seq: number;
			readonly outcome: "reply";
			readonly from: IpAddr;
			readonly ttl: number;
			readonly rttNs: number;
			readonly lengthBytes: number;
	  }
	| { readonly seq: number; readonly outcome: "icmp-error"; readonly report: IcmpErrorReport; readonly rttNs: number }
	| { readonly seq: number; readonly outcome: "send-failed"; readonly errno: SocketErrno; readonly message: string }
	| { readonly seq: number; readonly outcome: "timeout" };

export interface PingStatistics {
	readonly outcome: "done";
	readonly id: number;
	/** In order of their sequence number, from 1. */
	readonly probes: readonly PingProbe[];
	/** As ping counts: those that could not be sent as well. */
	readonly transmitted: number;
	readonly received: number;
	/** ICMP error messages received. */
	readonly errors: number;
	readonly duplicates: number;
	/** Absent when nothing was received. `mdev` as ping prints it: the standard deviation. */
	readonly rttNs?: { readonly min: number; readonly avg: number; readonly max: number; readonly mdev: number };
	readonly elapsedNs: number;
}

/** The socket could not be opened at all, e.g. ENETUNREACH. */
export interface PingNotStarted {
	readonly outcome: "not-started";
	readonly error: SocketError;
}

export type PingResult = PingStatistics | PingNotStarted;

const SECOND_NS = 1_000_000_000;

/** Runs the kernel until every request is answered or the time is up. */
export async function ping(kernel: Kernel, netns: string, options: PingOptions): Promise<PingResult> {
	let result: PingResult | undefined;
	const stop = startPing(kernel, netns, options, (ended) => {
		result = ended;
	});
	const spanNs = ((options.count ?? 1) - 1) * (options.intervalNs ?? SECOND_NS);
	await kernel.run(() => result !== undefined, spanNs + (options.timeoutNs ?? SECOND_NS) + SECOND_NS);
	return result ?? stop();
}

/** Starts pinging; `done` is called once. The result ends it at once and says how far it came. */
export function startPing(
	kernel: Pick<Kernel, "sockets" | "clock">,
	netns: string,
	options: PingOptions,
	done: (result: PingResult) => void,
): () => PingResult {
	const run = new PingRun(kernel.clock, options, done);
	const opened = kernel.sockets.openEcho(
		netns,
		options.to,
		{ program: "ping", ...options.socket, ...(options.id === undefined ? {} : { id: options.id }) },
		{ onReply: (reply) => run.onReply(reply), onError: (report) => run.onError(report) },
	);
	if (!opened.ok) {
		const result = { outcome: "not-started", error: opened.error } as const;
		done(result);
		return () => result;
	}
	run.start(opened.value);
	return () => run.finish();
}

/** One run of ping: what is under way and what is known. */
class PingRun {
	readonly #clock: Kernel["clock"];
	readonly #options: PingOptions;
	readonly #done: (result: PingResult) => void;
	readonly #startNs: number;
	readonly #sentNs = new Map<number, number>();
	readonly #probes = new Map<number, PingProbe>();
	readonly #rttsNs: number[] = [];
	#errors = 0;
	#duplicates = 0;
	#result: PingStatistics | undefined;
	#socket: EchoSocket | undefined;
	#cancel: () => void = () => {};

	constructor(clock: Kernel["clock"], options: PingOptions, done: (result: PingResult) => void) {
		this.#clock = clock;
		this.#options = options;
		this.#done = done;
		this.#startNs = clock.now();
	}

	start(socket: EchoSocket): void {
		this.#socket = socket;
		this.#sendNext();
	}

	onReply(reply: IcmpReply): void {
		const sentNs = this.#sentNs.get(reply.seq);
		if (sentNs === undefined) return;
		if (this.#probes.get(reply.seq)?.outcome === "reply") {
			this.#duplicates += 1;
			return;
		}
		const rttNs = this.#clock.now() - sentNs;
		this.#rttsNs.push(rttNs);
		const lengthBytes = reply.payload.length + 8;
		this.#settle({ seq: reply.seq, outcome: "reply", from: reply.from, ttl: reply.ttl, rttNs, lengthBytes });
	}

	onError(report: IcmpErrorReport): void {
		const sentNs = this.#sentNs.get(report.seq);
		if (sentNs === undefined) return;
		this.#errors += 1;
		if (this.#probes.has(report.seq)) return;
		this.#settle({ seq: report.seq, outcome: "icmp-error", report, rttNs: this.#clock.now() - sentNs });
	}

	finish(): PingStatistics {
		if (this.#result !== undefined) return this.#result;
		this.#cancel();
		this.#socket?.close();
		const seqs = [...this.#sentNs.keys()];
		const probes = seqs.map((seq) => this.#probes.get(seq) ?? ({ seq, outcome: "timeout" } as const));
		this.#result = {
			outcome: "done",
			id: this.#socket?.id ?? 0,
			probes,
			transmitted: probes.length,
			received: this.#rttsNs.length,
			errors: this.#errors,
			duplicates: this.#duplicates,
			...(this.#rttsNs.length === 0 ? {} : { rttNs: rttSummary(this.#rttsNs) }),
			elapsedNs: this.#clock.now() - this.#startNs,
		};
		this.#done(this.#result);
		return this.#result;
	}

	#sendNext(): void {
		const seq = this.#sentNs.size + 1;
		this.#sentNs.set(seq, this.#clock.now());
		const last = seq >= (this.#options.count ?? 1);
		if (last) this.#cancel = this.#clock.after(this.#options.timeoutNs ?? SECOND_NS, () => this.finish());
		else this.#cancel = this.#clock.after(this.#options.intervalNs ?? SECOND_NS, () => this.#sendNext());
		const sent = this.#socket?.send({ seq, payload: payloadOf(this.#options.payloadBytes ?? 56) });
		if (sent?.ok === false) this.#settle({ seq, outcome: "send-failed", ...sent.error });
	}

	#settle(probe: PingProbe): void {
		this.#probes.set(probe.seq, probe);
		const count = this.#options.count ?? 1;
		if (this.#probes.size === count && this.#sentNs.size === count) this.finish();
	}
}

/** Bytes 0, 1, 2, … as ping fills its packets. */
function payloadOf(lengthBytes: number): Uint8Array {
	return Uint8Array.from({ length: lengthBytes }, (_, k) => k & 255);
}

function rttSummary(rtts: readonly number[]): NonNullable<PingStatistics["rttNs"]> {
	const avg = rtts.reduce((sum, rtt) => sum + rtt, 0) / rtts.length;
	const variance = rtts.reduce((sum, rtt) => sum + (rtt - avg) ** 2, 0) / rtts.length;
	return { min: Math.min(...rtts), avg, max: Math.max(...rtts), mdev: Math.sqrt(variance) };
}
