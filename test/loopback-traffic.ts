/** Traffic on the loopback device of a namespace of the real kernel, by bare system calls, and of a simulated one. */
import type { ConntrackEntry } from "../src/kernel/conntrack.ts";
import type { KernelObject } from "../src/kernel/objects.ts";
import { AF_INET, bind, lastErrno, libc, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_RAW, SOCK_STREAM } from "../src/linux/libc.ts";
import type { LinuxNetns } from "../src/linux/netns.ts";
import type { SimKernel } from "../src/sim/sim-kernel.ts";
import { ip } from "../src/wire/addr.ts";

const IPPROTO_TCP = 6;

/** Address and port: `127.0.0.1:5000`. */
type Place = string;

function sockaddr(place: Place): Uint8Array {
	const [addr = "", port = "0"] = place.split(":");
	const bytes = new Uint8Array(16);
	const view = new DataView(bytes.buffer);
	view.setUint16(0, AF_INET, true);
	view.setUint16(2, Number(port), false);
	bytes.set(addr.split(".").map(Number), 4);
	return bytes;
}

function check(result: number): number {
	if (result < 0) throw new Error(lastErrno());
	return result;
}

/** One socket of the real kernel; every call blocks until it is done, which on the loopback device is at once. */
export class RealSocket {
	readonly #fd: number;

	constructor(netns: LinuxNetns, type: "udp" | "tcp", at: Place) {
		const kind = (type === "udp" ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC;
		this.#fd = check(netns.run(() => libc.socket(AF_INET, kind, 0)));
		const addr = sockaddr(at);
		check(libc.bind(this.#fd, addr, addr.length));
	}

	send(text: string, to: Place): void {
		const addr = sockaddr(to);
		const bytes = Buffer.from(text);
		check(libc.sendto(this.#fd, bytes, bytes.length, 0, addr, addr.length));
	}

	listen(): void {
		check(libc.listen(this.#fd, 1));
	}

	connect(to: Place): void {
		const addr = sockaddr(to);
		check(libc.connect(this.#fd, addr, addr.length));
	}

	close(): void {
		libc.close(this.#fd);
	}
}

/** An IP packet of TCP's protocol number with these bytes behind its header. */
export function sendRawTcp(netns: LinuxNetns, to: Place, text: string): void {
	const fd = check(netns.run(() => libc.socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP)));
	const addr = sockaddr(to);
	const bytes = Buffer.from(text);
	check(libc.sendto(fd, bytes, bytes.length, 0, addr, addr.length));
	libc.close(fd);
}

/** What both kernels are given: a UDP datagram that nobody answers, one that is answered, a connection, a translated datagram. */
export interface Traffic {
	udp(from: Place, to: Place): void;
	udpAnswered(from: Place, to: Place): void;
	tcp(from: Place, to: Place): void;
}

/** Sockets stay open until `close`. */
export class RealTraffic implements Traffic {
	readonly #netns: LinuxNetns;
	readonly #open: RealSocket[] = [];

	constructor(netns: LinuxNetns) {
		this.#netns = netns;
	}

	udp(from: Place, to: Place): void {
		this.#socket("udp", to);
		this.#socket("udp", from).send("x", to);
	}

	udpAnswered(from: Place, to: Place): void {
		const server = this.#socket("udp", to);
		this.#socket("udp", from).send("x", to);
		server.send("y", from);
	}

	tcp(from: Place, to: Place): void {
		this.#socket("tcp", to).listen();
		this.#socket("tcp", from).connect(to);
	}

	close(): void {
		for (const socket of this.#open.splice(0)) socket.close();
	}

	#socket(type: "udp" | "tcp", at: Place): RealSocket {
		const socket = new RealSocket(this.#netns, type, at);
		this.#open.push(socket);
		return socket;
	}
}

export class SimTraffic implements Traffic {
	readonly #kernel: SimKernel;
	readonly #netns: string;

	constructor(kernel: SimKernel, netns: string) {
		this.#kernel = kernel;
		this.#netns = netns;
	}

	udp(from: Place, to: Place): void {
		this.#udp(to);
		this.#udp(from).send(Buffer.from("x"), place(to));
	}

	udpAnswered(from: Place, to: Place): void {
		const server = this.#udp(to, () => void server.send(Buffer.from("y"), place(from)));
		this.#udp(from).send(Buffer.from("x"), place(to));
	}

	tcp(from: Place, to: Place): void {
		const { sockets } = this.#kernel;
		sockets.listenTcp(this.#netns, { bind: place(to) }, () => undefined);
		sockets.connectTcp(this.#netns, place(to), { bind: place(from) }, {});
	}

	#udp(at: Place, onDatagram?: () => void): { send(bytes: Uint8Array, to: ReturnType<typeof place>): unknown } {
		const handlers = onDatagram === undefined ? {} : { onDatagram };
		const opened = this.#kernel.sockets.openUdp(this.#netns, { bind: place(at) }, handlers);
		if (!opened.ok) throw new Error(opened.error.message);
		return opened.value;
	}
}

function place(text: Place): { readonly addr: ReturnType<typeof ip>; readonly port: number } {
	const [addr = "", port = "0"] = text.split(":");
	return { addr: ip(addr), port: Number(port) };
}

/** Entries in an order of their own, without what the clock says. */
export function comparable(objects: readonly KernelObject[]): readonly ConntrackEntry[] {
	return objects
		.filter((object) => object.kind === "conntrack")
		.map((entry) => ({ ...entry, timeoutSeconds: 0 }))
		.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

function nameOf({ zone, original }: ConntrackEntry): string {
	return `${zone ?? 0} ${JSON.stringify(original)}`;
}

const poll = bind("int poll(_Inout_ uint8_t *fds, unsigned long count, int timeoutMs)");

/** Whether there is something to read from the descriptor. */
export function isReadable(fd: number): boolean {
	const bytes = new Uint8Array(8);
	const view = new DataView(bytes.buffer);
	view.setInt32(0, fd, true);
	view.setInt16(4, 1, true);
	return poll(bytes, 1, 0) === 1;
}
