/** An HTTP GET as curl does it: connect, one request, read the response, close. */
import { utf8Decode } from "../base/bytes.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { SocketAddr, SocketOptions, TcpConnection } from "../kernel/socket.ts";
import { formatAddrPort, hostLiteral } from "../wire/addr.ts";
import { formatHttpMessage, type HttpMessage, type HttpParseError, HttpParser } from "./http-message.ts";
import { type Failure, failureOf, type TimedOut } from "./outcome.ts";

export interface HttpGetOptions {
	readonly to: SocketAddr;
	/** Default `/`. */
	readonly path?: string;
	/** The Host field; default: the address, with the port when it is not 80. */
	readonly host?: string;
	/** Default 10 s. */
	readonly timeoutNs?: number;
	readonly socket?: SocketOptions;
}

/** A response came, whatever its status. */
export interface HttpAnswered {
	readonly outcome: "answered";
	readonly status: number;
	/** Names in lower case. */
	readonly headers: ReadonlyMap<string, string>;
	readonly body: Uint8Array;
	/** The body as UTF-8. */
	readonly text: string;
	/** This side's address and port. */
	readonly local: SocketAddr;
	readonly elapsedNs: number;
}

/** Something came that is not HTTP, or it ended too early. */
export interface HttpBadResponse {
	readonly outcome: "bad-response";
	readonly error: HttpParseError;
	readonly elapsedNs: number;
}

export type HttpGetResult = HttpAnswered | HttpBadResponse | Failure | TimedOut;

const DEFAULT_TIMEOUT_NS = 10_000_000_000;

/** Runs the kernel until the request has ended one way or another. */
export async function httpGet(kernel: Kernel, netns: string, options: HttpGetOptions): Promise<HttpGetResult> {
	let result: HttpGetResult | undefined;
	startHttpGet(kernel, netns, options, (ended) => {
		result = ended;
	});
	const limitNs = (options.timeoutNs ?? DEFAULT_TIMEOUT_NS) + 1_000_000;
	await kernel.run(() => result !== undefined, limitNs);
	return result ?? { outcome: "timeout", phase: "connect", elapsedNs: limitNs };
}

/** Starts a request; `done` is called once, possibly before this returns. */
export function startHttpGet(
	kernel: Pick<Kernel, "sockets" | "clock">,
	netns: string,
	options: HttpGetOptions,
	done: (result: HttpGetResult) => void,
): void {
	const startNs = kernel.clock.now();
	const elapsed = (): number => kernel.clock.now() - startNs;
	const parser = new HttpParser("response");
	let phase: TimedOut["phase"] = "connect";
	let connection: TcpConnection | undefined;
	let cancel = (): void => {};
	let ended = false;
	const finish = (result: HttpGetResult): void => {
		if (ended) return;
		ended = true;
		cancel();
		done(result);
	};
	const answered = (message: HttpMessage | undefined): void => {
		if (message === undefined || connection === undefined) return;
		const result = answerOf(message, connection.local, elapsed());
		connection.close();
		finish(result);
	};
	const opened = kernel.sockets.connectTcp(
		netns,
		options.to,
		{ program: "curl", ...options.socket },
		{
			onConnect() {
				phase = "response";
				connection?.send(requestBytes(options));
			},
			onData(bytes) {
				const parsed = parser.push(bytes);
				if (parsed.ok) return answered(parsed.value.find((message) => !/^\S+ 1\d\d/.test(message.startLine)));
				connection?.abort();
				finish({ outcome: "bad-response", error: parsed.error, elapsedNs: elapsed() });
			},
			onEnd() {
				if (ended) return;
				const last = parser.end();
				if (last.ok && last.value !== undefined) return answered(last.value);
				connection?.close();
				const error = last.ok ? ({ problem: "ended early", text: "empty reply from server" } as const) : last.error;
				finish({ outcome: "bad-response", error, elapsedNs: elapsed() });
			},
			onError: (error) => finish(failureOf(error, elapsed())),
		},
	);
	if (!opened.ok) {
		finish(failureOf(opened.error, elapsed()));
		return;
	}
	connection = opened.value;
	cancel = kernel.clock.after(options.timeoutNs ?? DEFAULT_TIMEOUT_NS, () => {
		connection?.abort();
		finish({ outcome: "timeout", phase, elapsedNs: elapsed() });
	});
}

function requestBytes(options: HttpGetOptions): Uint8Array {
	const { addr, port } = options.to;
	const host = options.host ?? (port === 80 ? hostLiteral(addr) : formatAddrPort(addr, port));
	const headers = new Map([
		["Host", host],
		["User-Agent", "podwire"],
		["Accept", "*/*"],
	]);
	return formatHttpMessage(`GET ${options.path ?? "/"} HTTP/1.1`, headers, new Uint8Array(0));
}

function answerOf(message: HttpMessage, local: SocketAddr, elapsedNs: number): HttpAnswered | HttpBadResponse {
	const status = /^HTTP\/1\.[01] (\d{3})\b/.exec(message.startLine)?.[1];
	if (status === undefined) {
		return { outcome: "bad-response", error: { problem: "malformed header", text: message.startLine }, elapsedNs };
	}
	const { headers, body } = message;
	return { outcome: "answered", status: Number(status), headers, body, text: utf8Decode(body), local, elapsedNs };
}
