/** How transfers fail, in curl's words: the lines of `-v`, the message at the end, the exit code. */
import type { SocketAddr, SocketError } from "../../../kernel/socket.ts";
import type { HttpExchangeEnd } from "../../http-exchange.ts";
import { strerror } from "../../strerror.ts";

export interface CurlFailure {
	readonly code: number;
	readonly message: string;
	/** Told by `-v` before the message. */
	readonly notes: readonly string[];
}

export interface FailureFacts {
	readonly host: string;
	readonly remote: SocketAddr;
	/** From the start of the transfer, the name look-up included. */
	readonly elapsedNs: number;
	readonly connectTimeoutNs: number;
	readonly receivedBytes: number;
	readonly totalBytes: number | undefined;
}

/** Undefined: the exchange is complete. */
export function curlFailure(end: HttpExchangeEnd, facts: FailureFacts): CurlFailure | undefined {
	const ms = Math.floor(facts.elapsedNs / 1e6);
	const { remote, host } = facts;
	const notConnected = (why: string): string =>
		`Failed to connect to ${host} port ${remote.port} after ${ms} ms: ${why}`;
	switch (end.end) {
		case "complete":
			return undefined;
		case "interrupted":
			return { code: 130, message: "", notes: [] };
		case "empty":
			return noted(52, "Empty reply from server");
		case "not-http":
			return noted(1, "Received HTTP/0.9 when not allowed");
		case "short": {
			const left = end.missingBytes === undefined ? "outstanding read data" : `${end.missingBytes} bytes`;
			return noted(18, `transfer closed with ${left} remaining${end.missingBytes === undefined ? "" : " to read"}`);
		}
		case "timeout":
			if (end.phase === "connect") return noted(28, `Connection timed out after ${ms} milliseconds`);
			if (end.phase === "connect-limit") {
				const limit = `ipv4 connect timeout after ${Math.floor(facts.connectTimeoutNs / 1e6)}ms, move on!`;
				const message = notConnected("Timeout was reached");
				return { code: 28, message, notes: [limit, message] };
			}
			return noted(28, `Operation timed out after ${ms} milliseconds with ${amount(facts)} bytes received`);
		case "failed":
			return socketFailure(end.phase, end.error, { remote, notConnected });
	}
}

function socketFailure(
	phase: "open" | "connect" | "response",
	error: SocketError,
	facts: { readonly remote: SocketAddr; readonly notConnected: (why: string) => string },
): CurlFailure {
	const { remote, notConnected } = facts;
	const words = strerror(error);
	if (phase === "response") return noted(56, `Recv failure: ${words}`);
	if (phase === "open" && (error.errno === "EADDRNOTAVAIL" || error.errno === "EADDRINUSE")) {
		const message = `bind failed with errno ${error.errno === "EADDRINUSE" ? 98 : 99}: ${words}`;
		return { code: 45, message, notes: [message, notConnected("Failed binding local connection end")] };
	}
	const message = notConnected("Couldn't connect to server");
	const first =
		phase === "open"
			? `Immediate connect fail for ${remote.addr}: ${words}`
			: `connect to ${remote.addr} port ${remote.port} failed: ${words}`;
	return { code: error.errno === "ETIMEDOUT" ? 28 : 7, message, notes: [first, message] };
}

function noted(code: number, message: string): CurlFailure {
	return { code, message, notes: [message] };
}

function amount({ receivedBytes, totalBytes }: FailureFacts): string {
	return totalBytes === undefined ? String(receivedBytes) : `${receivedBytes} out of ${totalBytes}`;
}
