/** The client of a flow: the program that a person would run in the sender's namespace, and how it ended. */
import { utf8Decode, utf8Encode } from "../base/bytes.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { SocketAddr, SocketErrno } from "../kernel/socket.ts";
import { httpGet } from "../programs/http-get.ts";
import type { Failure, TimedOut } from "../programs/outcome.ts";
import { ping } from "../programs/ping.ts";
import { udpClient } from "../programs/udp-client.ts";
import type { IpAddr } from "../wire/addr.ts";
import { icmpErrorText } from "./icmp-error-text.ts";

export type FlowEnding =
	/** The client got its answer; `text` is the HTTP body, or the datagram, or the echo reply as ping prints it. */
	| {
			readonly kind: "answered";
			readonly text: string;
			readonly status?: number;
			readonly from: SocketAddr;
			readonly rttNs: number;
	  }
	/** A RST or an ICMP error came back (ECONNREFUSED, EHOSTUNREACH, …), or a local error. */
	| { readonly kind: "refused"; readonly errno: SocketErrno; readonly message: string }
	| { readonly kind: "timeout"; readonly afterNs: number };

export interface ClientRun {
	readonly ending: FlowEnding;
	/** The client's own address, when it was told. */
	readonly local?: SocketAddr;
}

export interface ClientRequest {
	readonly netns: string;
	readonly addr: IpAddr;
	readonly port: number;
	readonly timeoutNs: number;
}

/** curl's part. */
export async function runTcpClient(kernel: Kernel, request: ClientRequest): Promise<ClientRun> {
	const { netns, timeoutNs } = request;
	const to = { addr: request.addr, port: request.port };
	const result = await httpGet(kernel, netns, { to, timeoutNs });
	if (result.outcome === "answered") {
		const { text, status, elapsedNs, local } = result;
		return { ending: { kind: "answered", text, status, from: to, rttNs: elapsedNs }, local };
	}
	if (result.outcome === "bad-response") {
		const message = `no HTTP response: ${result.error.problem}: ${result.error.text}`;
		return { ending: { kind: "refused", errno: "ECONNRESET", message } };
	}
	return { ending: failedEnding(result) };
}

/** One datagram, as `nc -u` sends a line. */
export async function runUdpClient(kernel: Kernel, request: ClientRequest): Promise<ClientRun> {
	const { netns, timeoutNs } = request;
	const to = { addr: request.addr, port: request.port };
	const result = await udpClient(kernel, netns, { to, payload: utf8Encode("podwire\n"), timeoutNs });
	if (result.outcome !== "answered") return { ending: failedEnding(result) };
	const { payload, from, local, elapsedNs } = result;
	return { ending: { kind: "answered", text: utf8Decode(payload), from, rttNs: elapsedNs }, local };
}

/** `ping -c 1`. */
export async function runPing(kernel: Kernel, request: Omit<ClientRequest, "port">): Promise<ClientRun> {
	const { netns, addr, timeoutNs } = request;
	const result = await ping(kernel, netns, { to: addr, count: 1, timeoutNs });
	if (result.outcome === "not-started") return { ending: { kind: "refused", ...result.error } };
	const probe = result.probes[0];
	switch (probe?.outcome) {
		case "reply": {
			const time = `time=${(probe.rttNs / 1_000_000).toFixed(3)} ms`;
			const text = `${probe.lengthBytes} bytes from ${probe.from}: icmp_seq=${probe.seq} ttl=${probe.ttl} ${time}`;
			return { ending: { kind: "answered", text, from: { addr: probe.from, port: 0 }, rttNs: probe.rttNs } };
		}
		case "icmp-error": {
			const { errno, text } = icmpErrorText(probe.report);
			const message = `From ${probe.report.from} icmp_seq=${probe.seq} ${text}`;
			return { ending: { kind: "refused", errno, message } };
		}
		case "send-failed":
			return { ending: { kind: "refused", errno: probe.errno, message: probe.message } };
		case "timeout":
		case undefined:
			return { ending: { kind: "timeout", afterNs: result.elapsedNs } };
	}
}

/** How a client that got no answer ended. */
export function failedEnding(result: Failure | TimedOut): FlowEnding {
	if (result.outcome === "timeout") return { kind: "timeout", afterNs: result.elapsedNs };
	return { kind: "refused", errno: result.errno, message: result.message };
}
