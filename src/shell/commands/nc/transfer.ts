/** What nc does once it has a peer: standard input goes out, what comes in goes to standard output, until one side has had enough. */
import { utf8Encode } from "../../../base/bytes.ts";
import type { CommandContext } from "../../command.ts";
import { InputPump } from "../../input-pump.ts";
import { Utf8Stream } from "../../utf8-stream.ts";

export interface TransferOptions {
	/** Nothing is read from standard input. */
	readonly noInput: boolean;
	/** Lines go out with CR LF. */
	readonly crlf: boolean;
	/** The end of standard input ends this direction. */
	readonly shutdown: boolean;
	/** The peer's end ends it all, though standard input is open. */
	readonly endsWithPeer: boolean;
	/** Ends after so long without anything. */
	readonly timeoutNs: number | undefined;
	/** Ends so long after standard input has. */
	readonly quitNs: number | undefined;
	readonly receiveLimit?: number | undefined;
}

/** One end of a TCP connection, or of what UDP has instead. */
export interface Peer {
	send(bytes: Uint8Array): void;
	/** Ends this direction. */
	shutdown(): void;
	close(): void;
}

/** Where a peer's handlers put what comes in. */
export class Incoming {
	readonly pieces: Uint8Array[] = [];
	/** The other side sends no more. */
	ended = false;
	/** The connection broke: nothing goes out either. */
	broken = false;
	packets = 0;

	take(bytes: Uint8Array): void {
		this.pieces.push(bytes.slice());
		this.packets += 1;
	}
}

/** Carries text both ways until it ends (`readwrite`). */
export async function transfer(
	context: CommandContext,
	options: TransferOptions,
	ends: { readonly peer: Peer; readonly incoming: Incoming },
): Promise<void> {
	const { world, interrupt } = context;
	const { peer, incoming } = ends;
	const pump = new InputPump(context, { closed: options.noInput });
	const text = new Utf8Stream();
	const clock = world.kernel.clock;
	let inputDone = options.noInput;
	let quitAtNs = Infinity;
	const isReady = (): boolean =>
		incoming.pieces.length > 0 || incoming.ended || incoming.broken || (!inputDone && pump.ready);
	for (;;) {
		for (let piece = incoming.pieces.shift(); piece !== undefined; piece = incoming.pieces.shift()) {
			context.stdout.write(text.push(piece));
		}
		for (let line = pump.lines.shift(); line !== undefined; line = pump.lines.shift()) {
			if (!incoming.broken) peer.send(utf8Encode(options.crlf ? line.replace(/\r?\n/g, "\r\n") : line));
		}
		if (pump.ended && !inputDone) {
			inputDone = true;
			if (options.shutdown) peer.shutdown();
			if (options.quitNs !== undefined) quitAtNs = clock.now() + options.quitNs;
		}
		if (incoming.broken || interrupt.raised || clock.now() >= quitAtNs) break;
		if (options.receiveLimit !== undefined && incoming.packets >= options.receiveLimit) break;
		if (incoming.ended && (inputDone || options.endsWithPeer)) break;
		const limitNs = Math.min(options.timeoutNs ?? Infinity, quitAtNs - clock.now());
		// Once the peer has ended there is only standard input to wait for.
		const done = incoming.ended ? (): boolean => incoming.broken || (!inputDone && pump.ready) : isReady;
		const happened = await world.wait(done, { timeoutNs: Math.max(0, limitNs), interrupt });
		if (!happened && clock.now() < quitAtNs && options.timeoutNs !== undefined) break;
	}
	pump.stop();
	context.stdout.write(text.end());
	peer.close();
}
