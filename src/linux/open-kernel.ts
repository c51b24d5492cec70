/** The real kernel, put together: rtnetlink and sysctls, sockets and captures, iptables, conntrack, the log. */
import { ok, type Result } from "../base/result.ts";
import type { ConntrackEvent } from "../kernel/conntrack.ts";
import type { KernelError } from "../kernel/kernel.ts";
import { closeCaptures, startCapture } from "./capture.ts";
import { ConntrackDriver, conntrackStats } from "./conntrack.ts";
import { openConntrackEvents } from "./conntrack-events.ts";
import { ipSetDriver } from "./ipset.ts";
import { KernelLog } from "./kernel-log.ts";
import { LinuxKernel, type LinuxKernelOptions } from "./linux-kernel.ts";
import type { LinuxNetns } from "./netns.ts";
import { NfacctDriver } from "./nfacct.ts";
import { EPOLLIN, Poller } from "./poller.ts";
import { LinuxSockets } from "./sockets.ts";
import { XtablesDriver, type XtablesOptions } from "./xtables.ts";

export interface OpenKernelOptions extends LinuxKernelOptions {
	/** Which iptables; default `auto`: what the namespace has rules in, else what `iptables` is. */
	readonly backend?: XtablesOptions["backend"];
	/**
	 * At most 5 characters that are put in front of every LOG prefix and taken off again: the log is one for the whole machine,
	 * and only lines that begin with them are told. Absent: everybody's lines.
	 */
	readonly logTag?: string;
}

export interface OpenKernel {
	readonly kernel: LinuxKernel;
	/** For who works below the port: drains what is ready, loads whole rule sets. */
	readonly poller: Poller;
	readonly xtables: XtablesDriver;
}

/** The caller closes `kernel`. `LinuxKernel.missing()` says whether this machine can. */
export function openKernel(options: OpenKernelOptions = {}): OpenKernel {
	const { backend, logTag } = options;
	const poller = new Poller();
	const tag = logTag === undefined ? {} : { logTag };
	const xtables = new XtablesDriver({ ...(backend === undefined ? {} : { backend }), ...tag });
	const log = new KernelLog(logTag === undefined ? {} : { tag: logTag });
	const kernel = new LinuxKernel((table) => {
		const sockets = new LinuxSockets(table, poller);
		return {
			clock: poller.clock,
			sockets,
			drivers: [xtables, new ConntrackDriver(), new NfacctDriver(), ipSetDriver],
			run: (done, timeoutNs) => poller.run(done, timeoutNs),
			capture: (netns, how, listener) => startCapture(netns, how, listener, poller),
			conntrackEvents: (netns, listener) => watchConntrack(netns, listener, poller),
			conntrackStats,
			log: () => log.lines(),
			forget: (netns) => {
				sockets.closeNetns(netns);
				closeCaptures(netns, poller);
			},
			close: () => {
				for (const netns of table.all()) {
					sockets.closeNetns(netns);
					closeCaptures(netns, poller);
				}
				log.close();
				poller.close();
			},
		};
	}, options);
	return { kernel, poller, xtables };
}

function watchConntrack(
	netns: LinuxNetns,
	listener: (event: ConntrackEvent) => void,
	poller: Poller,
): Result<() => void, KernelError> {
	const opened = openConntrackEvents(netns, () => poller.clock.now());
	if (!opened.ok) return opened;
	const source = opened.value;
	const unwatch = poller.watch(source.fd, EPOLLIN, () => {
		for (const event of source.read()) listener(event);
	});
	return ok(() => {
		unwatch();
		source.close();
	});
}
