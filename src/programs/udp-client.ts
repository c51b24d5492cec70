/** Sends one datagram and waits for one answer. */
import type { Kernel } from "../kernel/kernel.ts";
import type { SocketAddr, SocketOptions } from "../kernel/socket.ts";
import { type Failure, failureOf, type TimedOut } from "./outcome.ts";

export interface UdpClientOptions {
	readonly to: SocketAddr;
	readonly payload: Uint8Array;
	/** Default 5 s. */
	readonly timeoutNs?: number;
	readonly socket?: SocketOptions;
}

export interface UdpAnswered {
	readonly outcome: "answered";
	readonly payload: Uint8Array;
	readonly from: SocketAddr;
	/** This side's address and port. */
	readonly local: SocketAddr;
	readonly elapsedNs: number;
}

export type UdpClientResult = UdpAnswered | Failure | TimedOut;

const DEFAULT_TIMEOUT_NS = 5_000_000_000;

/** Runs the kernel until the answer, an error or the time-out came. Nothing is sent twice. */
export async function udpClient(kernel: Kernel, netns: string, options: UdpClientOptions): Promise<UdpClientResult> {
	let result: UdpClientResult | undefined;
	startUdpClient(kernel, netns, options, (ended) => {
		result = ended;
	});
	const limitNs = (options.timeoutNs ?? DEFAULT_TIMEOUT_NS) + 1_000_000;
	await kernel.run(() => result !== undefined, limitNs);
	return result ?? { outcome: "timeout", phase: "response", elapsedNs: limitNs };
}

/** Sends the datagram; `done` is called once, possibly before this returns. */
export function startUdpClient(
	kernel: Pick<Kernel, "sockets" | "clock">,
	netns: string,
	options: UdpClientOptions,
	done: (result: UdpClientResult) => void,
): void {
	const startNs = kernel.clock.now();
	const elapsed = (): number => kernel.clock.now() - startNs;
	let close = (): void => {};
	let cancel = (): void => {};
	let ended = false;
	const finish = (result: UdpClientResult): void => {
		if (ended) return;
		ended = true;
		cancel();
		close();
		done(result);
	};
	const socket = kernel.sockets.openUdp(
		netns,
		{ program: "udp-client", ...options.socket, connect: options.to },
		{
			onDatagram(payload, from, to) {
				finish({ outcome: "answered", payload, from, local: to, elapsedNs: elapsed() });
			},
			onError: (error) => finish(failureOf(error, elapsed())),
		},
	);
	if (!socket.ok) {
		finish(failureOf(socket.error, elapsed()));
		return;
	}
	close = () => socket.value.close();
	cancel = kernel.clock.after(options.timeoutNs ?? DEFAULT_TIMEOUT_NS, () =>
		finish({ outcome: "timeout", phase: "response", elapsedNs: elapsed() }),
	);
	const sent = socket.value.send(options.payload);
	if (!sent.ok) finish(failureOf(sent.error, elapsed()));
}
