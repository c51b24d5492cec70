/**
 * One netlink socket in one namespace. The kernel works while it is sent to, so that everything it has to say is there when
 * `send` returns: nothing here waits.
 */
import { AF_NETLINK, bind, lastErrno, libc, SOCK_CLOEXEC, SOCK_RAW } from "../libc.ts";
import type { LinuxNetns } from "../netns.ts";
import {
	NETLINK_ROUTE,
	NLM_F_ACK_TLVS,
	NLM_F_CAPPED,
	NLM_F_DUMP,
	NLM_F_DUMP_INTR,
	NLMSG_DONE,
	NLMSG_ERROR,
} from "./constants.ts";
import { type NetlinkError, strerror } from "./errno.ts";
import { Attributes, type Message, messagesOf } from "./reader.ts";
import { MessageWriter } from "./writer.ts";

/** What came back to the messages of one `exchange`, by their place in it. */
export interface Answers {
	/** Absent: the message succeeded. */
	readonly errors: ReadonlyMap<number, NetlinkError>;
	/** What GET messages brought. */
	readonly replies: ReadonlyMap<number, readonly Message[]>;
}

const SOL_SOCKET = 1;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const NETLINK_GET_STRICT_CHK = 12;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const NLMSGERR_ATTR_MSG = 1;
const BUFFER_BYTES = 16 << 20;
const SIOCGIFNAME = 0x8910;
const SIOCGIFINDEX = 0x8933;
const IFREQ_BYTES = 40;
/** IFNAMSIZ without the terminating zero. */
const NAME_MAX_BYTES = 15;

const ioctl = bind("int ioctl(int fd, unsigned long request, _Inout_ uint8_t *argument)");

export class NetlinkSocket {
	readonly #fd: number;
	readonly #received = new Uint8Array(1 << 18);
	readonly #ifreq = new Uint8Array(IFREQ_BYTES);
	readonly #ifreqView = new DataView(this.#ifreq.buffer);
	#seq = 1;

	/** Opens a socket inside the namespace; throws when the kernel has none to give. */
	constructor(netns: LinuxNetns, protocol: number = NETLINK_ROUTE) {
		this.#fd = netns.run(() => libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
		if (this.#fd < 0) throw new Error(`netlink socket: ${lastErrno()}`);
		for (const option of [NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK]) this.#set(SOL_NETLINK, option, 1);
		for (const option of [SO_SNDBUFFORCE, SO_RCVBUFFORCE]) this.#set(SOL_SOCKET, option, BUFFER_BYTES);
	}

	close(): void {
		libc.close(this.#fd);
	}

	/** Sends all messages at once. The kernel carries out each, also those behind one that failed. */
	exchange(messages: MessageWriter): Answers {
		const errors = new Map<number, NetlinkError>();
		const replies = new Map<number, Message[]>();
		if (messages.count === 0) return { errors, replies };
		const first = this.#seq;
		this.#seq = (this.#seq + messages.count) % 0x4000_0000;
		this.#send(messages.finish(first));
		const last = messages.count - 1;
		for (let isDone = false; !isDone; ) {
			for (const message of this.#receive()) {
				const k = message.seq - first;
				if (message.type === NLMSG_ERROR) {
					const error = errorOf(message);
					if (error !== undefined) errors.set(k, error);
					if (k === last) isDone = true;
				} else {
					const list = replies.get(k);
					if (list === undefined) replies.set(k, [message]);
					else list.push(message);
				}
			}
		}
		return { errors, replies };
	}

	/** Everything that a GET message lists; asked again when it changed while it was listed. */
	dump(type: number, body: (to: MessageWriter) => void): readonly Message[] | NetlinkError {
		for (;;) {
			const request = new MessageWriter();
			request.message({ type, flags: NLM_F_DUMP }, body);
			const seq = this.#seq;
			this.#seq = (this.#seq + 1) % 0x4000_0000;
			this.#send(request.finish(seq));
			const listed = this.#listed(seq);
			if (listed !== "interrupted") return listed;
		}
	}

	/** The number of a device in this namespace; undefined: there is none of that name. */
	ifindexOf(name: string): number | undefined {
		const bytes = Buffer.from(name);
		if (bytes.length === 0 || bytes.length > NAME_MAX_BYTES) return undefined;
		this.#ifreq.fill(0);
		this.#ifreq.set(bytes);
		return ioctl(this.#fd, SIOCGIFINDEX, this.#ifreq) === 0 ? this.#ifreqView.getInt32(16, true) : undefined;
	}

	/** The name of a device in this namespace; undefined: there is none of that number. */
	nameOf(ifindex: number): string | undefined {
		this.#ifreq.fill(0);
		this.#ifreqView.setInt32(16, ifindex, true);
		if (ioctl(this.#fd, SIOCGIFNAME, this.#ifreq) !== 0) return undefined;
		return Buffer.from(this.#ifreq.subarray(0, this.#ifreq.indexOf(0))).toString();
	}

	#listed(seq: number): readonly Message[] | NetlinkError | "interrupted" {
		const found: Message[] = [];
		let isInterrupted = false;
		for (;;) {
			for (const message of this.#receive()) {
				if (message.seq !== seq) continue;
				if ((message.flags & NLM_F_DUMP_INTR) !== 0) isInterrupted = true;
				if (message.type === NLMSG_DONE) return isInterrupted ? "interrupted" : (doneError(message) ?? found);
				// The acknowledgement of the request; an error ends the listing.
				const error = message.type === NLMSG_ERROR ? errorOf(message) : undefined;
				if (error !== undefined) return error;
				if (message.type !== NLMSG_ERROR) found.push(message);
			}
		}
	}

	#send(bytes: Uint8Array): void {
		if (libc.send(this.#fd, bytes, bytes.length, 0) < 0) throw new Error(`netlink send: ${lastErrno()}`);
	}

	/** One datagram, copied out of the buffer. */
	#receive(): readonly Message[] {
		const length = libc.recv(this.#fd, this.#received, this.#received.length, MSG_DONTWAIT | MSG_TRUNC);
		if (length < 0) throw new Error(`netlink recv: ${lastErrno()}`);
		if (length > this.#received.length) throw new Error(`netlink recv: a datagram of ${length} bytes`);
		return messagesOf(this.#received.slice(0, length));
	}

	#set(level: number, option: number, value: number): void {
		const bytes = new Uint8Array(4);
		new DataView(bytes.buffer).setInt32(0, value, true);
		libc.setsockopt(this.#fd, level, option, bytes, bytes.length);
	}
}

/** struct nlmsgerr: the errno, negative, then the header of what it answers, then attributes. */
function errorOf(message: Message): NetlinkError | undefined {
	const errno = -message.view.getInt32(0, true);
	if (errno === 0) return undefined;
	const echoed = (message.flags & NLM_F_CAPPED) === 0 ? message.u32(4) : 16;
	return described(errno, message, 4 + ((echoed + 3) & ~3));
}

function doneError(message: Message): NetlinkError | undefined {
	const errno = message.body.length < 4 ? 0 : -message.view.getInt32(0, true);
	return errno <= 0 ? undefined : described(errno, message, 4);
}

function described(errno: number, message: Message, at: number): NetlinkError {
	const attrs = (message.flags & NLM_F_ACK_TLVS) === 0 ? undefined : new Attributes(message.body.subarray(at));
	const text = attrs?.text(NLMSGERR_ATTR_MSG);
	if (text === undefined || text === "") return { errno, text: strerror(errno) };
	// As iproute2 prints it: a sentence.
	return { errno, text: text.endsWith(".") ? text : `${text}.` };
}
