/** Builds netlink messages one behind the other in one buffer, which grows. Numbers are in the machine's order (little endian). */
import { NLA_F_NESTED, NLM_F_ACK, NLM_F_REQUEST, NLMSG_HDRLEN } from "./constants.ts";

export interface MessageHeader {
	readonly type: number;
	/** Beside NLM_F_REQUEST, which is always there. */
	readonly flags?: number;
}

export class MessageWriter {
	#bytes = new Uint8Array(8192);
	#view = new DataView(this.#bytes.buffer);
	#at = 0;
	/** Where each message begins. */
	readonly #starts: number[] = [];

	/** How many messages there are. */
	get count(): number {
		return this.#starts.length;
	}

	get lengthBytes(): number {
		return this.#at;
	}

	/** Adds a message; `body` writes its payload. */
	message(header: MessageHeader, body: (to: MessageWriter) => void): void {
		const start = this.#at;
		this.#starts.push(start);
		this.#reserve(NLMSG_HDRLEN);
		this.#bytes.fill(0, start, start + NLMSG_HDRLEN);
		this.#view.setUint16(start + 4, header.type, true);
		this.#view.setUint16(start + 6, NLM_F_REQUEST | (header.flags ?? 0), true);
		this.#at += NLMSG_HDRLEN;
		body(this);
		this.#view.setUint32(start, this.#at - start, true);
		this.#align();
	}

	u8(...values: readonly number[]): this {
		this.#reserve(values.length);
		for (const value of values) this.#bytes[this.#at++] = value;
		return this;
	}

	u16(value: number): this {
		this.#reserve(2);
		this.#view.setUint16(this.#at, value, true);
		this.#at += 2;
		return this;
	}

	/** Also for negative numbers. */
	u32(value: number): this {
		this.#reserve(4);
		this.#view.setUint32(this.#at, value >>> 0, true);
		this.#at += 4;
		return this;
	}

	bytes(value: Uint8Array): this {
		this.#reserve(value.length);
		this.#bytes.set(value, this.#at);
		this.#at += value.length;
		return this;
	}

	/** Adds an attribute; `body` writes its value. */
	attr(type: number, body: (to: MessageWriter) => void): this {
		this.#reserve(4);
		const start = this.#at;
		this.#at += 4;
		body(this);
		this.#view.setUint16(start, this.#at - start, true);
		this.#view.setUint16(start + 2, type, true);
		this.#align();
		return this;
	}

	nest(type: number, body: (to: MessageWriter) => void): this {
		return this.attr(type | NLA_F_NESTED, body);
	}

	attrU8(type: number, value: number): this {
		return this.attr(type, (to) => to.u8(value));
	}

	attrU16(type: number, value: number): this {
		return this.attr(type, (to) => to.u16(value));
	}

	/** Network byte order: ports, EtherTypes. */
	attrBe16(type: number, value: number): this {
		return this.attr(type, (to) => to.u8((value >> 8) & 255, value & 255));
	}

	attrU32(type: number, value: number): this {
		return this.attr(type, (to) => to.u32(value));
	}

	attrBytes(type: number, value: Uint8Array): this {
		return this.attr(type, (to) => to.bytes(value));
	}

	/** Text with the zero byte that ends it. */
	attrText(type: number, value: string): this {
		return this.attr(type, (to) => to.bytes(Buffer.from(`${value}\0`)));
	}

	/** All messages, numbered from `seq`; the last one is to be acknowledged, which also says that all were looked at. */
	finish(seq: number): Uint8Array {
		for (const [k, start] of this.#starts.entries()) {
			this.#view.setUint32(start + 8, seq + k, true);
			const isLast = k === this.#starts.length - 1;
			if (isLast) this.#view.setUint16(start + 6, this.#view.getUint16(start + 6, true) | NLM_F_ACK, true);
		}
		return this.#bytes.subarray(0, this.#at);
	}

	#reserve(length: number): void {
		// Room for the padding too.
		if (this.#at + length + 4 <= this.#bytes.length) return;
		const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + length + 4));
		grown.set(this.#bytes.subarray(0, this.#at));
		this.#bytes = grown;
		this.#view = new DataView(grown.buffer);
	}

	#align(): void {
		this.#reserve(4);
		while (this.#at % 4 !== 0) this.#bytes[this.#at++] = 0;
	}
}
