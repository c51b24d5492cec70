/** For tests of the simulated kernel: namespaces and links in a few words, frames by hand, a trace that is kept. */
import type { Op } from "../src/kernel/kernel.ts";
import type { KernelObject, Link } from "../src/kernel/objects.ts";
import type { TraceEvent } from "../src/kernel/trace-event.ts";
import { devQueueXmit } from "../src/sim/core/dev.ts";
import { SimKernel } from "../src/sim/sim-kernel.ts";
import { allocSkb } from "../src/sim/skb.ts";
import { originSkb } from "../src/sim/trace.ts";
import type { Fate, NetDevice, Netns } from "../src/sim/types.ts";
import { mac, macNum } from "../src/wire/addr.ts";
import { ETH_HLEN, putEthernet } from "../src/wire/ethernet.ts";

/** An EtherType that no protocol is registered for. */
export const ETH_P_TEST = 0x88b5;

/** A kernel with these namespaces; every trace event is kept in `events`. */
export class SimLab {
	readonly kernel: SimKernel;
	readonly events: TraceEvent[] = [];

	constructor(...names: readonly string[]) {
		this.kernel = new SimKernel({ seed: 1 });
		this.kernel.trace((event) => this.events.push(event));
		// The simulated kernel acts at once; only the answer is a promise.
		for (const name of names) void this.kernel.addNetns(name);
	}

	netns(name: string): Netns {
		const found = this.kernel.machine.netns.get(name);
		if (found === undefined) throw new Error(`no namespace ${name}`);
		return found;
	}

	dev(netns: string, name: string): NetDevice {
		const found = this.netns(netns).devicesByName.get(name);
		if (found === undefined) throw new Error(`no device ${name} in ${netns}`);
		return found;
	}

	/** Applies operations that must succeed. */
	async apply(netns: string, ...tx: readonly Op[]): Promise<void> {
		const done = await this.kernel.apply(netns, tx);
		if (!done.ok) throw new Error(JSON.stringify(done.error));
	}

	async add(netns: string, ...objects: readonly KernelObject[]): Promise<void> {
		await this.apply(netns, ...objects.map((object) => ({ verb: "add", object }) as const));
	}

	async set(netns: string, ...objects: readonly KernelObject[]): Promise<void> {
		await this.apply(netns, ...objects.map((object) => ({ verb: "replace", object }) as const));
	}

	async links(netns: string): Promise<readonly Link[]> {
		const dumped = await this.kernel.dump(netns, ["link"]);
		if (!dumped.ok) throw new Error(dumped.error.message);
		return dumped.value.filter((object) => object.kind === "link");
	}

	/** `name` up in `netns`, its peer as port of the bridge in `host`, up. */
	async plug(
		host: string,
		bridge: string,
		port: string,
		end: { netns: string; name: string; mac: string },
	): Promise<void> {
		const link = { type: "veth", peer: end.name, peerNetns: end.netns, peerMac: mac(end.mac) } as const;
		await this.add(host, { kind: "link", name: port, link, master: bridge, up: true });
		await this.set(end.netns, { kind: "link", name: end.name, up: true });
	}

	/** Sends a frame out by a device, as a packet socket does. */
	send(netns: string, dev: string, frame: { dst: string; src: string; type?: number; length?: number }): Fate {
		const payload = frame.length ?? 46;
		const skb = allocSkb(this.kernel.machine, ETH_HLEN + payload);
		const header = { dst: macNum(mac(frame.dst)), src: macNum(mac(frame.src)), type: frame.type ?? ETH_P_TEST };
		putEthernet(skb.bytes, skb.data, header);
		skb.dev = this.dev(netns, dev);
		skb.mac = skb.data;
		originSkb(skb, skb.dev.netns, "packet_sendmsg", "a test's frame");
		return devQueueXmit(skb);
	}

	/** Lets what is due happen, and hands over (and forgets) the trace up to now. */
	settle(): readonly TraceEvent[] {
		this.kernel.runBacklog();
		return this.events.splice(0);
	}

	/** Lets virtual time pass. */
	pass(seconds: number): void {
		const { loop } = this.kernel.machine;
		loop.runUntil(loop.now() + seconds * 1e9);
	}
}

/** The devices that received a frame, as `netns/dev`, in order. */
export function receivers(events: readonly TraceEvent[]): readonly string[] {
	return events.filter((event) => event.step === "receive").map((event) => `${event.netns}/${event.dev}`);
}

/** The packets of a trace that did not end exactly once, with the number of their ends. */
export function badEndings(events: readonly TraceEvent[]): readonly (readonly [skb: number, ends: number])[] {
	const ends = new Map<number, number>();
	for (const { skb, step } of events) {
		const isEnd = step === "deliver" || step === "consume" || step === "drop";
		ends.set(skb, (ends.get(skb) ?? 0) + (isEnd ? 1 : 0));
	}
	return [...ends].filter(([, count]) => count !== 1);
}
