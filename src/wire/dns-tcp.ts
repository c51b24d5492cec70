/** DNS over TCP: each message with its length before it (RFC 1035 §4.2.2). */
import { concatBytes } from "../base/bytes.ts";

export function frameDns(message: Uint8Array): Uint8Array {
	return concatBytes(Uint8Array.of(message.length >> 8, message.length & 0xff), message);
}

/** Cuts a connection's bytes into messages. */
export class DnsStream {
	#received: Uint8Array = new Uint8Array(0);

	/** The messages that are whole now. */
	push(bytes: Uint8Array): readonly Uint8Array[] {
		this.#received = this.#received.length === 0 ? bytes : concatBytes(this.#received, bytes);
		const messages: Uint8Array[] = [];
		for (;;) {
			const length = ((this.#received[0] ?? 0) << 8) | (this.#received[1] ?? 0);
			if (this.#received.length < 2 || this.#received.length < length + 2) return messages;
			messages.push(this.#received.slice(2, length + 2));
			this.#received = this.#received.slice(length + 2);
		}
	}
}
