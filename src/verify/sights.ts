/** What sockets saw, written down in the words of `Outcome.sockets`. */
import { hex } from "../base/bytes.ts";
import type { SocketAddr, SocketError, UdpErrorReport } from "../kernel/socket.ts";
import type { SocketSight } from "./outcome.ts";

/** Keeps sights in order. What a stream delivers in pieces within a step is one sight. */
export class Sights {
	readonly #all: SocketSight[] = [];
	readonly #step: () => number;
	#count = 0;

	constructor(step: () => number) {
		this.#step = step;
	}

	/** How often something was noted: it changes when a socket sees anything. */
	get count(): number {
		return this.#count;
	}

	get all(): readonly SocketSight[] {
		return this.#all;
	}

	of(netns: string, socket: string): SocketNotes {
		return new SocketNotes((what, continues) => {
			this.#count += 1;
			const step = this.#step();
			const sight = { step, netns, socket, what: `${continues ?? ""}${what}` };
			const at = continues === undefined ? -1 : this.#lastOf(netns, socket);
			const last = this.#all[at];
			if (last === undefined || last.step !== step || !last.what.startsWith(continues ?? "")) this.#all.push(sight);
			else this.#all[at] = { ...last, what: `${last.what}${what}` };
		});
	}

	#lastOf(netns: string, socket: string): number {
		return this.#all.findLastIndex((sight) => sight.netns === netns && sight.socket === socket);
	}
}

/** One socket's notes. */
export class SocketNotes {
	readonly #note: (what: string, continues?: string) => void;

	constructor(note: (what: string, continues?: string) => void) {
		this.#note = note;
	}

	/** `connected`, `end`, `closed`, `timed out`. */
	say(what: string): void {
		this.#note(what);
	}

	datagram(from: SocketAddr, bytes: Uint8Array): void {
		this.#note(`datagram from ${addrText(from)}: ${hex(bytes)}`);
	}

	data(bytes: Uint8Array): void {
		this.#note(hex(bytes), "data: ");
	}

	accepted(from: SocketAddr): void {
		this.#note(`accepted from ${addrText(from)}`);
	}

	error({ errno, mtu }: Pick<SocketError, "errno" | "mtu"> | { readonly errno: string; readonly mtu?: number }): void {
		this.#note(`error ${errno}${mtu === undefined ? "" : ` mtu ${mtu}`}`);
	}

	icmpError(report: UdpErrorReport): void {
		const mtu = report.mtu === undefined ? "" : ` mtu ${report.mtu}`;
		this.#note(`ICMP ${report.type}/${report.code} from ${report.from} about ${addrText(report.to)}${mtu}`);
	}
}

export function addrText({ addr, port }: SocketAddr): string {
	return `${addr}:${port}`;
}
