/** Asks DNS servers, as the resolver in libc and dig do: by UDP, and by TCP when that is wanted or the answer was cut off. */
import { Prng } from "../base/prng.ts";
import type { SocketAddr, SocketError, SocketOptions } from "../kernel/socket.ts";
import { buildDns, type DnsMessage, parseDns } from "../wire/dns.ts";
import { DnsStream, frameDns } from "../wire/dns-tcp.ts";
import type { CommandContext } from "./command.ts";

/** Where a program runs that asks; a command's context is one. */
export type NetworkPlace = Pick<CommandContext, "world" | "netns" | "host" | "interrupt">;

export interface DnsAnswer {
	readonly message: DnsMessage;
	readonly lengthBytes: number;
	readonly elapsedNs: number;
}

export type DnsFailure =
	| { readonly problem: "timeout" }
	| { readonly problem: "interrupted" }
	| { readonly problem: "socket"; readonly error: SocketError }
	/** Something came that is no DNS message, or the connection ended before the answer. */
	| { readonly problem: "malformed" };

export interface DnsAsk {
	readonly server: SocketAddr;
	readonly queries: readonly DnsMessage[];
	readonly timeoutNs: number;
	readonly tcp?: boolean;
	readonly socket?: SocketOptions;
}

/** Sends the queries to one server and waits until all are answered; what was answered before a failure is not lost. */
export async function askDns(
	place: NetworkPlace,
	ask: DnsAsk,
): Promise<{ readonly answers: readonly (DnsAnswer | undefined)[]; readonly failure: DnsFailure | undefined }> {
	const exchange = new Exchange(place.world.kernel.clock, ask.queries);
	const close = ask.tcp === true ? openTcp(place, ask, exchange) : openUdp(place, ask, exchange);
	await place.world.wait(() => exchange.done, { timeoutNs: ask.timeoutNs, interrupt: place.interrupt });
	close();
	if (exchange.complete) return { answers: exchange.answers, failure: undefined };
	const failure = exchange.failure ?? { problem: place.interrupt.raised ? "interrupted" : "timeout" };
	return { answers: exchange.answers, failure };
}

/** An identifier for a query: hard to guess in life, the same in every run here. */
export function dnsId(place: NetworkPlace, name: string, salt: number): number {
	let seed = place.world.kernel.clock.now() / 1000 + salt * 7919;
	for (const char of name) seed = Math.imul(seed, 31) + (char.codePointAt(0) ?? 0);
	return new Prng(seed).below(0x10000);
}

class Exchange {
	readonly queries: readonly DnsMessage[];
	readonly answers: (DnsAnswer | undefined)[];
	failure: DnsFailure | undefined;
	readonly #clock: NetworkPlace["world"]["kernel"]["clock"];
	readonly #startNs: number;

	constructor(clock: NetworkPlace["world"]["kernel"]["clock"], queries: readonly DnsMessage[]) {
		this.#clock = clock;
		this.queries = queries;
		this.answers = queries.map(() => undefined);
		this.#startNs = clock.now();
	}

	get complete(): boolean {
		return this.answers.every((answer) => answer !== undefined);
	}

	get done(): boolean {
		return this.complete || this.failure !== undefined;
	}

	take(bytes: Uint8Array): void {
		const parsed = parseDns(bytes);
		if (!parsed.ok) {
			this.failure ??= { problem: "malformed" };
			return;
		}
		const at = this.queries.findIndex(({ id }) => id === parsed.value.id);
		if (at < 0 || !parsed.value.response) return;
		const elapsedNs = this.#clock.now() - this.#startNs;
		this.answers[at] ??= { message: parsed.value, lengthBytes: bytes.length, elapsedNs };
	}

	fail(error: SocketError): void {
		this.failure ??= { problem: "socket", error };
	}
}

function openUdp(place: NetworkPlace, ask: DnsAsk, exchange: Exchange): () => void {
	const opened = place.world.kernel.sockets.openUdp(
		place.netns,
		{ ...ask.socket, connect: ask.server },
		{ onDatagram: (bytes) => exchange.take(bytes), onError: (error) => exchange.fail(error) },
	);
	if (!opened.ok) {
		exchange.fail(opened.error);
		return () => {};
	}
	for (const query of ask.queries) {
		const sent = opened.value.send(buildDns(query));
		if (!sent.ok) exchange.fail(sent.error);
	}
	return () => opened.value.close();
}

function openTcp(place: NetworkPlace, ask: DnsAsk, exchange: Exchange): () => void {
	const stream = new DnsStream();
	const opened = place.world.kernel.sockets.connectTcp(place.netns, ask.server, ask.socket ?? {}, {
		onConnect() {
			for (const query of ask.queries) send(buildDns(query));
		},
		onData(bytes) {
			for (const message of stream.push(bytes)) exchange.take(message);
		},
		onEnd: () => {
			exchange.failure ??= exchange.complete ? undefined : { problem: "malformed" };
		},
		onError: (error) => exchange.fail(error),
	});
	const send = (bytes: Uint8Array): void => {
		if (opened.ok) opened.value.send(frameDns(bytes));
	};
	if (!opened.ok) {
		exchange.fail(opened.error);
		return () => {};
	}
	return () => opened.value.close();
}
