/** What a `LinuxKernel` is made of beside its namespaces and what netlink knows: sockets, captures, the log, iptables, conntrack. */
import { ok, type Result } from "../base/result.ts";
import type { ConntrackEvent } from "../kernel/conntrack.ts";
import type { CapturedFrame, CaptureOptions, KernelError } from "../kernel/kernel.ts";
import { closeCaptures, startCapture } from "./capture.ts";
import { ConntrackDriver } from "./conntrack.ts";
import { openConntrackEvents } from "./conntrack-events.ts";
import type { NetnsTable, ObjectDriver } from "./driver.ts";
import { KernelLog } from "./kernel-log.ts";
import type { LinuxNetns } from "./netns.ts";
import { NfacctDriver } from "./nfacct.ts";
import { EPOLLIN, Poller } from "./poller.ts";
import { LinuxSockets } from "./sockets.ts";
import { XtablesDriver, type XtablesOptions } from "./xtables.ts";

export class LinuxParts {
	readonly poller: Poller = new Poller();
	readonly sockets: LinuxSockets;
	readonly log: KernelLog;
	readonly xtables: XtablesDriver;
	/** Drivers of the kinds of objects that rtnetlink does not know. */
	readonly drivers: readonly ObjectDriver[];
	readonly #conntrackEnds = new Map<LinuxNetns, Set<() => void>>();

	constructor(table: NetnsTable, options: XtablesOptions) {
		this.sockets = new LinuxSockets(table, this.poller);
		this.log = new KernelLog(options.logTag === undefined ? {} : { tag: options.logTag });
		this.xtables = new XtablesDriver(options);
		this.drivers = [this.xtables, new NfacctDriver(), new ConntrackDriver()];
	}

	capture(
		netns: LinuxNetns,
		options: CaptureOptions,
		listener: (frame: CapturedFrame) => void,
	): Result<() => void, KernelError> {
		return startCapture(netns, options, listener, this.poller);
	}

	conntrackEvents(netns: LinuxNetns, listener: (event: ConntrackEvent) => void): Result<() => void, KernelError> {
		const opened = openConntrackEvents(netns, () => this.poller.clock.now());
		if (!opened.ok) return opened;
		const source = opened.value;
		const unwatch = this.poller.watch(source.fd, EPOLLIN, () => {
			for (const event of source.read()) listener(event);
		});
		const ends = this.#conntrackEnds.get(netns) ?? new Set();
		this.#conntrackEnds.set(netns, ends);
		const end = (): void => {
			if (!ends.delete(end)) return;
			unwatch();
			source.close();
		};
		ends.add(end);
		return ok(end);
	}

	/** Closes all that is open in a namespace, without which it would live on. */
	forget(netns: LinuxNetns): void {
		for (const end of this.#conntrackEnds.get(netns) ?? []) end();
		this.#conntrackEnds.delete(netns);
		closeCaptures(netns, this.poller);
		this.sockets.closeNetns(netns);
	}

	close(): void {
		this.log.close();
		this.poller.close();
	}
}
