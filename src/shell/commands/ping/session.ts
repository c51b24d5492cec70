/** The work of ping: when requests are sent, what is said of the answers, and when it ends. */
import type { EchoSocket, IcmpErrorReport, IcmpReply, SocketError } from "../../../kernel/socket.ts";
import type { IpAddr } from "../../../wire/addr.ts";
import { ICMP_HLEN } from "../../../wire/icmpv4.ts";
import type { CommandContext } from "../../command.ts";
import { lookupAddr } from "../../name-service.ts";
import { wallSeconds } from "../../wall-clock.ts";
import { type PingOptions, pingPayload } from "./options.ts";
import { icmpErrorText, pingStatistics, pingTimeText } from "./text.ts";

export interface PingTarget {
	readonly host: string;
	readonly addr: IpAddr;
	/** The name was a number: addresses are shown as they are. */
	readonly numeric: boolean;
}

type Heard =
	| { readonly kind: "reply"; readonly reply: IcmpReply; readonly atNs: number }
	| { readonly kind: "error"; readonly report: IcmpErrorReport };

/** With a time stamp (16 bytes) the round trip can be measured. */
const TIME_STAMP_BYTES = 16;
/** How many requests are sent where nobody is there to press Control-C. */
const UNATTENDED_ROUNDS = 4;
const MIN_INTERVAL_NS = 10_000_000;
const SETTLE_NS = 100_000;

export class PingSession {
	readonly #context: CommandContext;
	readonly #options: PingOptions;
	readonly #target: PingTarget;
	readonly #heard: Heard[] = [];
	readonly #sentNs = new Map<number, number>();
	readonly #answered = new Set<number>();
	/** Requests that a local rule refused: an ICMP error may explain it. */
	readonly #refused = new Set<number>();
	readonly #rttsNs: number[] = [];
	readonly #startNs: number;
	#socket: EchoSocket | undefined;
	#lastNs: number | undefined;
	#tokensNs = 0;
	#exitAtNs = Infinity;
	#lingering = false;
	#exiting = false;
	#transmitted = 0;
	#received = 0;
	#duplicates = 0;
	#errors = 0;
	#pipe = 0;

	constructor(context: CommandContext, options: PingOptions, target: PingTarget) {
		this.#context = context;
		this.#options = options;
		this.#target = target;
		this.#startNs = this.#now();
	}

	/** For the socket's handlers. */
	onReply(reply: IcmpReply): void {
		this.#heard.push({ kind: "reply", reply, atNs: this.#now() });
	}

	onError(report: IcmpErrorReport): void {
		this.#heard.push({ kind: "error", report });
	}

	/** Pings until it ends; resolves to the exit code. */
	async run(socket: EchoSocket): Promise<number> {
		this.#socket = socket;
		const { world, interrupt } = this.#context;
		const { deadlineNs } = this.#options;
		if (deadlineNs > 0) this.#exitAtNs = this.#startNs + deadlineNs;
		while (!this.#isOver()) {
			const nextNs = this.#lingerAtTheEnd(this.#sendDue());
			if (this.#exiting) break;
			const timeoutNs = Math.max(0, Math.min(nextNs, this.#exitAtNs - this.#now()));
			await world.wait(() => this.#heard.length > 0, { timeoutNs, interrupt });
			// One failed neighbour look-up is told of every packet that waited for it: all of them are heard before it ends.
			if (this.#heard[0]?.kind === "error") await world.wait(() => false, { timeoutNs: SETTLE_NS, interrupt });
			for (let heard = this.#heard.shift(); heard !== undefined; heard = this.#heard.shift()) await this.#tell(heard);
		}
		socket.close();
		return this.#finish();
	}

	#isOver(): boolean {
		const { count, deadlineNs } = this.#options;
		if (this.#exiting || this.#context.interrupt.raised || this.#now() >= this.#exitAtNs) return true;
		if (count > 0 && this.#received + this.#errors >= count) return true;
		return deadlineNs > 0 && this.#errors > 0;
	}

	/** Sends what may be sent now; the result is the time until the next may be. */
	#sendDue(): number {
		for (;;) {
			const { count, deadlineNs, intervalNs, preload } = this.#options;
			if (count > 0 && this.#transmitted >= count && deadlineNs === 0) return Infinity;
			const now = this.#now();
			if (this.#lastNs === undefined) {
				this.#tokensNs = intervalNs * (preload - 1);
			} else {
				const passedNs = now - this.#lastNs;
				const inFlight = this.#transmitted - this.#received - this.#errors;
				if (intervalNs === 0 && passedNs < MIN_INTERVAL_NS && inFlight >= preload) return MIN_INTERVAL_NS - passedNs;
				const tokensNs = Math.min(passedNs + this.#tokensNs, intervalNs * preload);
				if (tokensNs < intervalNs) return intervalNs - tokensNs;
				this.#tokensNs = tokensNs - intervalNs;
			}
			if (this.#stopsUnattended()) return 0;
			this.#lastNs = now;
			this.#send(now);
			if (intervalNs - this.#tokensNs > 0 || this.#heard.length > 0) return intervalNs - this.#tokensNs;
			if (intervalNs === 0) return 0;
		}
	}

	#stopsUnattended(): boolean {
		const { count, deadlineNs } = this.#options;
		if (!this.#context.unattended || count > 0 || deadlineNs > 0 || this.#transmitted < UNATTENDED_ROUNDS) return false;
		const note = `podwire: ping without -c: stopped after ${UNATTENDED_ROUNDS} packets, as Control-C would\n`;
		this.#context.stderr.write(note);
		this.#exiting = true;
		return true;
	}

	#send(now: number): void {
		const { flags } = this.#options;
		if (flags.has("outstanding") && this.#transmitted > 0 && !this.#answered.has(this.#transmitted)) {
			this.#print(`no answer yet for icmp_seq=${this.#transmitted & 0x7fff}\n`);
		}
		const seq = this.#transmitted + 1;
		this.#transmitted = seq;
		this.#sentNs.set(seq & 0xffff, now);
		const payload = stamped(pingPayload(this.#options), wallSeconds(now));
		const sent = this.#socket?.send({ seq: seq & 0xffff, payload });
		if (sent?.ok === false) this.#sendFailed(seq, sent.error);
	}

	/** Of what sendmsg(2) reports ping tells only that a packet is too long; other losses show in the statistics. */
	#sendFailed(seq: number, error: SocketError): void {
		if (error.errno === "EPERM") this.#refused.add(seq);
		if (error.errno !== "EMSGSIZE") return;
		this.#errors += 1;
		if (this.#options.flags.has("quiet")) return;
		const mtu = error.mtu === undefined ? "" : `, mtu=${error.mtu}`;
		this.#context.stderr.write(`${this.#context.name}: local error: message too long${mtu}\n`);
	}

	/** After the last request: how long answers are waited for. */
	#lingerAtTheEnd(nextNs: number): number {
		const { count, deadlineNs, lingerNs, intervalNs } = this.#options;
		if (count === 0 || this.#transmitted < count || deadlineNs > 0) return nextNs;
		if (!this.#lingering) {
			this.#lingering = true;
			const waitNs = this.#received > 0 ? Math.max(2 * Math.max(...this.#rttsNs, 0), intervalNs) : lingerNs;
			if (waitNs > 0) this.#exitAtNs = this.#now() + waitNs;
		}
		return Infinity;
	}

	async #tell(heard: Heard): Promise<void> {
		if (heard.kind === "reply") await this.#tellReply(heard.reply, heard.atNs);
		else await this.#tellError(heard.report);
	}

	async #tellReply(reply: IcmpReply, atNs: number): Promise<void> {
		const { flags, payloadBytes } = this.#options;
		this.#acknowledge(reply.seq);
		const sentNs = this.#sentNs.get(reply.seq);
		const timed = payloadBytes >= TIME_STAMP_BYTES && sentNs !== undefined;
		if (timed) this.#rttsNs.push(atNs - sentNs);
		const again = this.#answered.has(reply.seq);
		if (again) this.#duplicates += 1;
		else this.#received += 1;
		this.#answered.add(reply.seq);
		if (flags.has("quiet")) return;
		const ident = flags.has("verbose") ? ` ident=${reply.id}` : "";
		const time = timed ? ` time=${pingTimeText(atNs - sentNs)}` : "";
		const bell = flags.has("audible") ? "\u0007" : "";
		const from = await this.#addrText(reply.from);
		const bytes = reply.payload.length + ICMP_HLEN;
		this.#print(
			`${bell}${bytes} bytes from ${from}: icmp_seq=${reply.seq}${ident} ttl=${reply.ttl}${time}${again ? " (DUP!)" : ""}\n`,
		);
	}

	async #tellError(report: IcmpErrorReport): Promise<void> {
		const { seq } = report;
		if (!this.#sentNs.has(seq)) return;
		this.#acknowledge(seq);
		this.#errors += 1;
		if (this.#refused.delete(seq))
			this.#context.stderr.write(`${this.#context.name}: sendmsg: Operation not permitted\n`);
		if (this.#options.flags.has("quiet")) return;
		this.#print(`From ${await this.#addrText(report.from)} icmp_seq=${seq} ${icmpErrorText(report)}\n`);
	}

	#acknowledge(seq: number): void {
		const underWay = ((this.#transmitted - seq) & 0xffff) + 1;
		if (underWay <= 0x8000 && underWay > this.#pipe) this.#pipe = underWay;
	}

	async #addrText(addr: IpAddr): Promise<string> {
		if (this.#target.numeric || this.#options.flags.has("numeric") || this.#context.interrupt.raised) return addr;
		const name = await lookupAddr(this.#context, addr);
		return name === undefined || name === "EAI_AGAIN" ? addr : `${name} (${addr})`;
	}

	#print(line: string): void {
		const { stdout, world } = this.#context;
		if (!this.#options.flags.has("timestamps")) {
			stdout.write(line);
			return;
		}
		stdout.write(`[${wallSeconds(world.kernel.clock.now())}] ${line}`);
	}

	#finish(): number {
		const { deadlineNs, count, intervalNs } = this.#options;
		const tally = {
			host: this.#target.host,
			transmitted: this.#transmitted,
			received: this.#received,
			duplicates: this.#duplicates,
			errors: this.#errors,
			timeNs: (this.#lastNs ?? this.#startNs) - this.#startNs,
			rttsNs: this.#rttsNs,
			pipe: this.#pipe,
			flood: intervalNs === 0,
		};
		this.#context.stdout.write(pingStatistics(tally));
		return this.#received === 0 || (deadlineNs > 0 && this.#received < count) ? 1 : 0;
	}

	#now(): number {
		return this.#context.world.kernel.clock.now();
	}
}

/** The payload with the time of day in its first 16 bytes, seconds and microseconds, as a little-endian machine writes them. */
function stamped(payload: Uint8Array, seconds: string): Uint8Array {
	if (payload.length < TIME_STAMP_BYTES) return payload;
	for (const [index, part] of seconds.split(".").entries()) {
		for (let k = 0; k < 8; k += 1) payload[index * 8 + k] = Math.floor(Number(part) / 256 ** k) & 255;
	}
	return payload;
}
