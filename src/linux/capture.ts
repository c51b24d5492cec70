/**
 * Captures: one ETH_P_ALL socket per namespace serves all of them, those of one device too. It stays open when the last
 * listener goes (closing one waits for 10 to 20 ms of RCU grace periods); a filter then refuses every frame.
 * `closeCaptures` ends it, which the namespace needs to end.
 *
 * Frames of several namespaces are put in order by the kernel's time stamps; within one namespace the socket's order holds.
 * A pass keeps back what was captured after it began, because an earlier frame of another socket may not have been read.
 */
import { err, ok, type Result } from "../base/result.ts";
import type { CapturedFrame, CaptureOptions, KernelError } from "../kernel/kernel.ts";
import { closeLater, libc } from "./libc.ts";
import type { LinuxNetns } from "./netns.ts";
import { acceptAll, ETH_P_ALL, openPacketFd, refuseAll } from "./packet-fd.ts";
import { type PacketFrame, PacketReader, SOL_PACKET } from "./packet-reader.ts";
import { EPOLLIN, type Poller } from "./poller.ts";
import { RealTime } from "./real-time.ts";

/**
 * Starts a capture; the value ends it. On one device it is made promiscuous, unless refused, so a bridge also shows what it
 * only forwards; a capture on all devices never is. ENODEV: there is no such device.
 */
export function startCapture(
	netns: LinuxNetns,
	options: CaptureOptions,
	listener: (frame: CapturedFrame) => void,
	poller: Poller,
): Result<() => void, KernelError> {
	return capturesOf(poller).start(netns, options, listener);
}

/** Ends all captures of a namespace and closes their socket, in the background. */
export function closeCaptures(netns: LinuxNetns, poller: Poller): void {
	capturesOf(poller).close(netns);
}

/** How many frames the captures of a namespace lost because they were not read in time; 0 is what one wants to see. */
export function lostFrames(netns: LinuxNetns, poller: Poller): number {
	return capturesOf(poller).lost(netns);
}

const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_DROP_MEMBERSHIP = 2;
const PACKET_MR_PROMISC = 1;
const SIOCGIFNAME = 0x8910;
const SIOCGIFINDEX = 0x8933;
const IFREQ_BYTES = 40;
const LOOPBACK_IFINDEX = 1;
const IFNAMSIZ = 16;
/** A frame this much older than the look at its socket may still have been on its way into another socket's queue. */
const SLACK_NS = 20_000;

interface Listener {
	/** Undefined: all devices. */
	readonly ifindex: number | undefined;
	readonly deliver: (frame: CapturedFrame) => void;
	stopped: boolean;
}

interface Tap {
	readonly netns: LinuxNetns;
	readonly fd: number;
	readonly token: number;
	readonly names: Map<number, string>;
	listeners: readonly Listener[];
	/** Of the frame read last. Times never go back, which keeps the socket's order when frames of several are merged. */
	lastNs: number;
}

interface Waiting {
	readonly frame: CapturedFrame;
	readonly listeners: readonly Listener[];
}

class Captures {
	readonly #poller: Poller;
	readonly #reader = new PacketReader();
	readonly #time = new RealTime();
	readonly #taps = new Map<LinuxNetns, Tap>();
	readonly #byToken = new Map<number, Tap>();
	/** Read in the last pass and not yet handed over. */
	#held: Waiting[] = [];

	constructor(poller: Poller) {
		this.#poller = poller;
		poller.addEarlyStage((ready, startedNs) => this.#deliver(ready, startedNs));
	}

	start(
		netns: LinuxNetns,
		options: CaptureOptions,
		deliver: (frame: CapturedFrame) => void,
	): Result<() => void, KernelError> {
		const tap = this.#tap(netns);
		if (typeof tap === "string") return err({ errno: "EPERM", op: -1, message: `capture in ${netns.name}: ${tap}` });
		const ifindex = options.dev === undefined ? undefined : ifindexOf(tap.fd, options.dev);
		if (ifindex === 0) return err({ errno: "ENODEV", op: -1, message: `${options.dev}: No such device exists` });
		const promisc = ifindex !== undefined && options.promisc !== false ? ifindex : undefined;
		if (promisc !== undefined) setPromisc(tap.fd, PACKET_ADD_MEMBERSHIP, promisc);
		const listener: Listener = { ifindex, deliver, stopped: false };
		// What came before belongs to those who listened then.
		this.#held.push(...this.#read(tap));
		if (tap.listeners.length === 0) acceptAll(tap.fd);
		tap.listeners = [...tap.listeners, listener];
		return ok(() => {
			if (listener.stopped) return;
			listener.stopped = true;
			if (this.#taps.get(netns) !== tap) return;
			if (promisc !== undefined) setPromisc(tap.fd, PACKET_DROP_MEMBERSHIP, promisc);
			this.#held.push(...this.#read(tap));
			tap.listeners = tap.listeners.filter((other) => other !== listener);
			if (tap.listeners.length === 0) refuseAll(tap.fd);
		});
	}

	lost(netns: LinuxNetns): number {
		const tap = this.#taps.get(netns);
		return tap === undefined ? 0 : this.#reader.lost(tap.fd);
	}

	close(netns: LinuxNetns): void {
		const tap = this.#taps.get(netns);
		if (tap === undefined) return;
		this.#taps.delete(netns);
		this.#byToken.delete(tap.token);
		this.#poller.unwatch(tap.token);
		for (const listener of tap.listeners) listener.stopped = true;
		this.#reader.forget(tap.fd);
		closeLater(tap.fd);
	}

	#tap(netns: LinuxNetns): Tap | string {
		const found = this.#taps.get(netns);
		if (found !== undefined) return found;
		const fd = netns.run(() => openPacketFd(ETH_P_ALL, 0));
		if (typeof fd === "string") return fd;
		refuseAll(fd);
		const token = this.#poller.watchEarly(fd, EPOLLIN);
		const tap: Tap = { netns, fd, token, names: new Map(), listeners: [], lastNs: 0 };
		if (this.#taps.size === 0) this.#time.awaitStamps();
		this.#taps.set(netns, tap);
		this.#byToken.set(token, tap);
		return tap;
	}

	/** A stage of the poller. */
	#deliver(ready: ReadonlySet<number>, startedNs: number): boolean {
		const due = this.#held;
		if (ready.size === 0 && due.length === 0) return false;
		this.#held = [];
		const untilNs = startedNs - SLACK_NS;
		let fresh = false;
		for (const token of ready) {
			const tap = this.#byToken.get(token);
			if (tap === undefined) continue;
			if (!fresh) this.#time.refresh();
			fresh = true;
			for (const waiting of this.#read(tap)) (waiting.frame.at < untilNs ? due : this.#held).push(waiting);
		}
		if (due.length > 1) due.sort((a, b) => a.frame.at - b.frame.at);
		for (const { frame, listeners } of due) {
			for (const { stopped, ifindex, deliver } of listeners) {
				if (!stopped && (ifindex === undefined || ifindex === frame.ifindex)) deliver(frame);
			}
		}
		return due.length > 0 || this.#held.length > 0;
	}

	#read(tap: Tap): readonly Waiting[] {
		const { listeners } = tap;
		const found: Waiting[] = [];
		const named = new Set<number>();
		this.#reader.read(tap.fd, (raw) => {
			if (listeners.length === 0) return;
			// On lo each packet is shown once, when it comes in, as libpcap does.
			if (raw.ifindex === LOOPBACK_IFINDEX && raw.pktType === "outgoing") return;
			if (!named.has(raw.ifindex)) {
				named.add(raw.ifindex);
				refreshName(tap, raw.ifindex);
			}
			// A frame that goes up from a bridge's port keeps the stamp it got there.
			tap.lastNs = Math.max(tap.lastNs, this.#time.monotonicNs(raw.seconds, raw.nanoseconds));
			found.push({ frame: captured(tap, raw), listeners });
		});
		return found;
	}
}

function captured(tap: Tap, raw: PacketFrame): CapturedFrame {
	return {
		at: tap.lastNs,
		netns: tap.netns.name,
		dev: tap.names.get(raw.ifindex) ?? `if${raw.ifindex}`,
		ifindex: raw.ifindex,
		direction: raw.pktType === "outgoing" ? "out" : "in",
		pktType: raw.pktType,
		frame: raw.bytes,
		...(raw.isIp ? { link: "ip" } : {}),
	};
}

const captures = new WeakMap<Poller, Captures>();

function capturesOf(poller: Poller): Captures {
	const found = captures.get(poller);
	if (found !== undefined) return found;
	const made = new Captures(poller);
	captures.set(poller, made);
	return made;
}

/** A device may have been renamed since; one that is gone keeps the name it had. */
function refreshName(tap: Tap, ifindex: number): void {
	const request = new Uint8Array(IFREQ_BYTES);
	new DataView(request.buffer).setInt32(IFNAMSIZ, ifindex, true);
	if (libc.ioctl(tap.fd, SIOCGIFNAME, request) !== 0) return;
	const end = request.indexOf(0);
	tap.names.set(ifindex, Buffer.from(request.buffer, 0, Math.min(end, IFNAMSIZ)).toString("latin1"));
}

/** 0: there is none. */
function ifindexOf(fd: number, dev: string): number {
	const name = Buffer.from(dev, "latin1");
	if (name.length >= IFNAMSIZ) return 0;
	const request = new Uint8Array(IFREQ_BYTES);
	request.set(name);
	if (libc.ioctl(fd, SIOCGIFINDEX, request) !== 0) return 0;
	return new DataView(request.buffer).getInt32(IFNAMSIZ, true);
}

/** The kernel counts; a device that is gone took its count with it. */
function setPromisc(fd: number, option: number, ifindex: number): void {
	const membership = new Uint8Array(16);
	const view = new DataView(membership.buffer);
	view.setInt32(0, ifindex, true);
	view.setUint16(4, PACKET_MR_PROMISC, true);
	libc.setsockopt(fd, SOL_PACKET, option, membership, membership.length);
}
