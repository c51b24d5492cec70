/** One HTTP request and its response over a connection of its own: what curl and wget share. */

import type { SocketAddr, SocketError, SocketOptions } from "../kernel/socket.ts";
import { type HttpResponseHead, HttpResponseReader } from "../programs/http-response.ts";
import type { NetworkPlace } from "./dns-client.ts";

export interface HttpExchangeOptions {
	readonly to: SocketAddr;
	readonly socket: SocketOptions;
	readonly request: Uint8Array;
	/** The request is HEAD. */
	readonly bodyless: boolean;
	/** From now; Infinity: as long as the kernel tries. */
	readonly connectTimeoutNs: number;
	/** For everything, from now. */
	readonly timeoutNs: number;
	/** For each pause in between (wget's read timeout). */
	readonly idleTimeoutNs: number;
	/** Instead of sending the request: the connection stands (TLS is not modelled). */
	readonly connectOnly?: boolean;
	onConnect?(local: SocketAddr): void;
	onHead?(head: HttpResponseHead): void;
	/** Before `onBody`: how much was read at once after the head, with the framing of chunks. */
	onPayload?(lengthBytes: number): void;
	onBody?(bytes: Uint8Array): void;
}

export type HttpExchangeEnd =
	| { readonly end: "complete"; readonly keepsOpen: boolean }
	| { readonly end: "failed"; readonly phase: "open" | "connect" | "response"; readonly error: SocketError }
	| { readonly end: "timeout"; readonly phase: "connect" | "connect-limit" | "response" }
	| { readonly end: "interrupted" }
	/** The server closed without a byte, or inside the head. */
	| { readonly end: "empty" }
	| { readonly end: "not-http" }
	| { readonly end: "short"; readonly missingBytes: number | undefined };

/** Connects, sends the request and hands on the response as it comes. */
export async function httpExchange(place: NetworkPlace, options: HttpExchangeOptions): Promise<HttpExchangeEnd> {
	const { world, netns, interrupt } = place;
	const clock = world.kernel.clock;
	const deadlineNs = clock.now() + options.timeoutNs;
	const pieces: Uint8Array[] = [];
	let connected = false;
	let ended = false;
	let error: SocketError | undefined;
	const opened = world.kernel.sockets.connectTcp(netns, options.to, options.socket, {
		onConnect: () => {
			connected = true;
		},
		onData: (bytes) => void pieces.push(bytes.slice()),
		onEnd: () => {
			ended = true;
		},
		onError: (failure) => {
			error = failure;
		},
	});
	if (!opened.ok) return { end: "failed", phase: "open", error: opened.error };
	const connection = opened.value;
	const wait = (done: () => boolean, limitNs: number): Promise<boolean> =>
		world.wait(() => done() || error !== undefined, {
			timeoutNs: Math.max(0, Math.min(limitNs, deadlineNs - clock.now())),
			interrupt,
		});
	if (!(await wait(() => connected, Math.min(options.connectTimeoutNs, CONNECT_LIMIT_NS)))) {
		connection.abort();
		if (interrupt.raised) return { end: "interrupted" };
		return { end: "timeout", phase: clock.now() >= deadlineNs ? "connect" : "connect-limit" };
	}
	const failure = (): SocketError | undefined => error;
	const refused = failure();
	if (!connected && refused !== undefined) return { end: "failed", phase: "connect", error: refused };
	options.onConnect?.(connection.local);
	if (options.connectOnly === true) {
		connection.close();
		return { end: "complete", keepsOpen: false };
	}
	connection.send(options.request);
	const reader = new HttpResponseReader({ bodyless: options.bodyless });
	let keepsOpen = true;
	let hasHead = false;
	for (;;) {
		const happened = await wait(() => pieces.length > 0 || ended, options.idleTimeoutNs);
		for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) {
			const events = reader.push(piece);
			if (events === undefined) {
				connection.close();
				return { end: "not-http" };
			}
			if (hasHead) options.onPayload?.(piece.length);
			for (const event of events) {
				if (event.type === "head") {
					keepsOpen = staysOpen(event.head);
					hasHead = event.head.status >= 200;
					options.onHead?.(event.head);
					if (hasHead && event.restBytes > 0) options.onPayload?.(event.restBytes);
				} else if (event.type === "body") options.onBody?.(event.bytes);
			}
		}
		if (reader.done) break;
		const broken = failure();
		if (broken !== undefined) return { end: "failed", phase: "response", error: broken };
		if (ended) {
			connection.close();
			const left = reader.end();
			if (left.end === "complete") return { end: "complete", keepsOpen: false };
			return left.end === "body" ? { end: "short", missingBytes: left.missingBytes } : { end: "empty" };
		}
		if (!happened) {
			connection.abort();
			return interrupt.raised ? { end: "interrupted" } : { end: "timeout", phase: "response" };
		}
	}
	connection.close();
	return { end: "complete", keepsOpen };
}

/** The kernel gives up by itself before that, whatever tcp_syn_retries says. */
const CONNECT_LIMIT_NS = 1e13;

function staysOpen({ version, headers }: HttpResponseHead): boolean {
	const wish = headers.get("connection")?.toLowerCase();
	return version === "1.1" ? wish !== "close" : wish === "keep-alive";
}
