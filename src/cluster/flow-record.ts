/** What is written down while a flow runs: every step of its packets, frames on devices, new conntrack entries. */
import type { ConntrackEntry } from "../kernel/conntrack.ts";
import type { CapturedFrame, Kernel } from "../kernel/kernel.ts";
import type { SocketAddr } from "../kernel/socket.ts";
import type { TraceEvent } from "../kernel/trace-event.ts";
import { ipText } from "../wire/addr.ts";
import { ETH_HLEN, ETH_P_IP, ethType } from "../wire/ethernet.ts";
import { IPPROTO_TCP, IPPROTO_UDP, ipv4HeaderLength, ipv4IsValid, ipv4Proto, ipv4Src } from "../wire/ipv4.ts";
import { get16 } from "../wire/read-write.ts";

export class FlowRecord {
	readonly events: TraceEvent[] = [];
	readonly frames: CapturedFrame[] = [];
	readonly #kernel: Kernel;
	readonly #stops: (() => void)[] = [];

	/** Starts recording; `captured` are the namespaces whose frames are kept. */
	constructor(kernel: Kernel, captured: readonly string[]) {
		this.#kernel = kernel;
		const stop = kernel.trace((event) => this.events.push(event));
		if (stop !== undefined) this.#stops.push(stop);
		for (const netns of captured) {
			const capture = kernel.capture(netns, {}, (frame) => this.frames.push(frame));
			if (capture.ok) this.#stops.push(capture.value);
		}
	}

	stop(): void {
		for (const stop of this.#stops) stop();
		this.#stops.length = 0;
	}

	/** The entries of each namespace; one whose entries cannot be listed has none. */
	async conntrack(namespaces: readonly string[]): Promise<ReadonlyMap<string, readonly ConntrackEntry[]>> {
		const all = new Map<string, readonly ConntrackEntry[]>();
		for (const netns of namespaces) {
			const dumped = await this.#kernel.dump(netns, ["conntrack"]);
			const objects = dumped.ok ? dumped.value : [];
			all.set(
				netns,
				objects.filter((object) => object.kind === "conntrack"),
			);
		}
		return all;
	}

	/** The source of the first packet that came into being in a namespace. */
	firstSource(netns: string): SocketAddr | undefined {
		for (const event of this.events) {
			if (event.netns !== netns || event.step !== "origin" || event.link !== "ip") continue;
			return ipv4Source(event.packet, 0);
		}
		// A kernel that cannot trace: what a device of the namespace sent first.
		const sent = this.frames.find(
			({ netns: where, direction, frame, link }) =>
				where === netns && direction === "out" && (link === "ip" || ethType(frame, 0) === ETH_P_IP),
		);
		return sent === undefined ? undefined : ipv4Source(sent.frame, sent.link === "ip" ? 0 : ETH_HLEN);
	}
}

/** Entries of `after` that were not there `before`, namespaces without any left out. */
export function newEntries(
	before: ReadonlyMap<string, readonly ConntrackEntry[]>,
	after: ReadonlyMap<string, readonly ConntrackEntry[]>,
): readonly { readonly netns: string; readonly entries: readonly ConntrackEntry[] }[] {
	return [...after].flatMap(([netns, entries]) => {
		const known = new Set((before.get(netns) ?? []).map(tupleText));
		const fresh = entries.filter((entry) => !known.has(tupleText(entry)));
		return fresh.length === 0 ? [] : [{ netns, entries: fresh }];
	});
}

function tupleText(entry: ConntrackEntry): string {
	return JSON.stringify([entry.original, entry.reply]);
}

/** Address and port of an IPv4 packet's sender; port 0 where the protocol has none. */
function ipv4Source(packet: Uint8Array, at: number): SocketAddr | undefined {
	if (!ipv4IsValid(packet, at, packet.length)) return undefined;
	const proto = ipv4Proto(packet, at);
	const ported = proto === IPPROTO_TCP || proto === IPPROTO_UDP;
	const port = ported ? get16(packet, at + ipv4HeaderLength(packet, at)) : 0;
	return { addr: ipText(ipv4Src(packet, at)), port };
}
