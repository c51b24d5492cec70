/** Reads netlink messages: the header, and attributes by their numbers. Numbers are in the machine's order (little endian). */
import { NLA_TYPE_MASK, NLMSG_HDRLEN } from "./constants.ts";

export class Message {
	readonly type: number;
	readonly flags: number;
	readonly seq: number;
	/** The payload, behind the header. */
	readonly body: Uint8Array;
	readonly view: DataView;

	constructor(bytes: Uint8Array) {
		const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
		this.type = header.getUint16(4, true);
		this.flags = header.getUint16(6, true);
		this.seq = header.getUint32(8, true);
		this.body = bytes.subarray(NLMSG_HDRLEN);
		this.view = new DataView(bytes.buffer, bytes.byteOffset + NLMSG_HDRLEN, bytes.length - NLMSG_HDRLEN);
	}

	u8(at: number): number {
		return this.view.getUint8(at);
	}

	u16(at: number): number {
		return this.view.getUint16(at, true);
	}

	u32(at: number): number {
		return this.view.getUint32(at, true);
	}

	/** The attributes behind a fixed part of `fixed` bytes. */
	attrs(fixed: number): Attributes {
		return new Attributes(this.body.subarray(fixed));
	}
}

/** The messages of one datagram. */
export function messagesOf(datagram: Uint8Array): readonly Message[] {
	const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.length);
	const found: Message[] = [];
	for (let at = 0; at + NLMSG_HDRLEN <= datagram.length; ) {
		const length = view.getUint32(at, true);
		if (length < NLMSG_HDRLEN || at + length > datagram.length) break;
		found.push(new Message(datagram.subarray(at, at + length)));
		at += (length + 3) & ~3;
	}
	return found;
}

/** Attributes by number; of two with one number the last. What is not there is undefined. */
export class Attributes {
	readonly #bytes: Uint8Array;
	readonly #view: DataView;
	/** By type: where the value begins and ends. */
	readonly #starts: number[] = [];
	readonly #ends: number[] = [];

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes;
		this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
		for (let at = 0; at + 4 <= bytes.length; ) {
			const length = this.#view.getUint16(at, true);
			if (length < 4 || at + length > bytes.length) break;
			const type = this.#view.getUint16(at + 2, true) & NLA_TYPE_MASK;
			this.#starts[type] = at + 4;
			this.#ends[type] = at + length;
			at += (length + 3) & ~3;
		}
	}

	has(type: number): boolean {
		return this.#starts[type] !== undefined;
	}

	bytes(type: number): Uint8Array | undefined {
		const start = this.#starts[type];
		return start === undefined ? undefined : this.#bytes.subarray(start, this.#ends[type]);
	}

	nested(type: number): Attributes | undefined {
		const bytes = this.bytes(type);
		return bytes === undefined ? undefined : new Attributes(bytes);
	}

	text(type: number): string | undefined {
		const bytes = this.bytes(type);
		if (bytes === undefined) return undefined;
		const end = bytes.indexOf(0);
		return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString();
	}

	u8(type: number): number | undefined {
		const start = this.#starts[type];
		return start === undefined ? undefined : this.#view.getUint8(start);
	}

	u16(type: number): number | undefined {
		const start = this.#starts[type];
		return start === undefined ? undefined : this.#view.getUint16(start, true);
	}

	/** Network byte order. */
	be16(type: number): number | undefined {
		const start = this.#starts[type];
		return start === undefined ? undefined : this.#view.getUint16(start, false);
	}

	u32(type: number): number | undefined {
		const start = this.#starts[type];
		return start === undefined ? undefined : this.#view.getUint32(start, true);
	}

	i32(type: number): number | undefined {
		const start = this.#starts[type];
		return start === undefined ? undefined : this.#view.getInt32(start, true);
	}

	/** The `k`th 64-bit number of the value; exact up to 2^53. */
	u64(type: number, k = 0): number | undefined {
		const start = this.#starts[type];
		return start === undefined ? undefined : Number(this.#view.getBigUint64(start + 8 * k, true));
	}
}
