/** A query's bytes → what goes back to the client, other servers asked in turn on the way; whose clock and sockets, the host says. */
import type { DnsClient, DnsServer } from "./dns-server.ts";

export type DnsTransport = DnsClient["transport"];

/** Undefined: no answer in time, or an error of the socket. */
export type DnsReplied = (reply: Uint8Array | undefined) => void;

/** Where a name server runs. `Upstream` is how other servers are called there. */
export interface DnsHost<Upstream> {
	readonly server: DnsServer;
	/** Asked in turn for names outside the zones. */
	readonly upstreams: readonly Upstream[];
	nowNs(): number;
	/** Calls `done` once. */
	ask(upstream: Upstream, query: Uint8Array, transport: DnsTransport, done: DnsReplied): void;
}

/** Calls `send` once, later if somebody else has to be asked; never for what is no query. */
export function answerDns<Upstream>(
	host: DnsHost<Upstream>,
	bytes: Uint8Array,
	client: DnsClient,
	send: (messages: readonly Uint8Array[]) => void,
): void {
	const outcome = host.server.respond(bytes, client, host.nowNs());
	if (outcome.kind === "answer") send(outcome.messages);
	if (outcome.kind !== "forward") return;
	/** When one does not answer, the next is asked. */
	const askFrom = (index: number): void => {
		const upstream = host.upstreams[index];
		const done = (reply: Uint8Array | undefined): void => {
			if (reply === undefined && upstream !== undefined) askFrom(index + 1);
			else send([outcome.finish(reply, host.nowNs())]);
		};
		if (upstream === undefined) done(undefined);
		else host.ask(upstream, outcome.query, client.transport, done);
	};
	askFrom(0);
}
