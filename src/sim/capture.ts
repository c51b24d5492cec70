/** Captures: what `tcpdump` attaches to a device, or with `-i any` to all devices of a namespace. */
import { err, ok, type Result } from "../base/result.ts";
import type { CapturedFrame, CaptureOptions, KernelError } from "../kernel/kernel.ts";
import { type Machine, type NetDevice, type Netns, pernet, type Tap } from "./types.ts";

/** Lets captures of all devices reach the devices made later. */
export function initCapture(machine: Machine): void {
	machine.deviceNotifiers.push((event) => {
		if (event.type !== "register") return;
		for (const tap of anyTaps(event.dev.netns).taps) attach(event.dev, tap);
	});
}

/**
 * Starts a capture; the value ends it. On one device it is made promiscuous, unless refused, so a bridge also shows what it
 * only forwards; a capture on all devices never is.
 */
export function startCapture(
	netns: Netns,
	options: CaptureOptions,
	listener: (frame: CapturedFrame) => void,
): Result<() => void, KernelError> {
	if (options.dev === undefined) return ok(captureAny(netns, { promisc: false, deliver: listener }));
	const dev = netns.devicesByName.get(options.dev);
	if (dev === undefined) return err({ errno: "ENODEV", op: -1, message: `${options.dev}: No such device exists` });
	const tap = { promisc: options.promisc !== false, deliver: listener };
	attach(dev, tap);
	return ok(() => detach(dev, tap));
}

const anyTaps: (netns: Netns) => { taps: readonly Tap[] } = pernet(() => ({ taps: [] }));

function captureAny(netns: Netns, tap: Tap): () => void {
	const any = anyTaps(netns);
	any.taps = [...any.taps, tap];
	for (const dev of netns.devices.values()) attach(dev, tap);
	return () => {
		any.taps = any.taps.filter((other) => other !== tap);
		for (const dev of netns.devices.values()) detach(dev, tap);
	};
}

function attach(dev: NetDevice, tap: Tap): void {
	if (dev.taps.includes(tap)) return;
	dev.taps = [...dev.taps, tap];
	if (tap.promisc) dev.promiscCount += 1;
}

function detach(dev: NetDevice, tap: Tap): void {
	if (!dev.taps.includes(tap)) return;
	dev.taps = dev.taps.filter((other) => other !== tap);
	if (tap.promisc) dev.promiscCount -= 1;
}
