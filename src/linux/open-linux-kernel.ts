/** The real kernel with all its parts: one event loop, sockets, captures, log, and a driver for each kind of object. */
import { randomBytes } from "node:crypto";
import { err, ok, type Result } from "../base/result.ts";
import type { Turns } from "../base/turns.ts";
import type { ConntrackEvent } from "../kernel/conntrack.ts";
import type { KernelError } from "../kernel/kernel.ts";
import type { XtChain } from "../kernel/objects.ts";
import { IPPROTO_TCP } from "../wire/ipv4.ts";
import { closeCaptures, lostFrames, startCapture } from "./capture.ts";
import { ConntrackDriver, conntrackStats, flushConntrack } from "./conntrack.ts";
import { openConntrackEvents } from "./conntrack-events.ts";
import type { NetnsTable } from "./driver.ts";
import { ipSetDriver, replaceIpSets } from "./ipset.ts";
import { IpvsDriver } from "./ipvs.ts";
import { KernelLog } from "./kernel-log.ts";
import { LinuxKernel, type LinuxKernelOptions, type LinuxParts } from "./linux-kernel.ts";
import type { LinuxNetns } from "./netns.ts";
import { NfacctDriver } from "./nfacct.ts";
import { readSysctl, sysctlPath, writeSysctl } from "./objects/sysctl-file.ts";
import { turnOffloadsOff } from "./offload.ts";
import { EPOLLIN, Poller } from "./poller.ts";
import { destroySockets, diagSockets } from "./sock-diag.ts";
import { LinuxSockets } from "./sockets.ts";
import { XtablesDriver } from "./xtables.ts";
import type { XtBackend } from "./xtables-tool.ts";

/** A `LinuxKernel`, and what it can do at once for many: the port does the same, slower. */
export interface OpenLinuxKernel {
	readonly kernel: LinuxKernel;
	/** Everything that is ready and due is done. */
	drain(): void;
	/** The namespace's IPv4 rules become just those of the text. */
	replaceTables(netns: string, text: string): Result<void, KernelError>;
	/** The namespace's sets become just those of the text. */
	replaceIpSets(netns: string, text: string): Promise<Result<void, KernelError>>;
	saveTables(netns: string): Result<readonly XtChain[], KernelError>;
	/** The values of the keys that are there. */
	readSysctls(netns: string, keys: readonly string[]): Result<ReadonlyMap<string, string>, KernelError>;
	/** Packets carry their checksums from the start and go on at once, as if there were no offloading. */
	turnOffloadOff(netns: string, devs: readonly string[]): Result<void, KernelError>;
	/** TCP's receive buffers are Linux 6.18's default on a machine of 4 GiB or more: what SYNs offer follows from them. */
	setReceiveBuffers(netns: string): Result<void, KernelError>;
	/** Ends TCP sockets that no program has, forgets tracked connections and what routes learnt: those that are asked for. */
	flush(netns: string, left: Leftovers): Result<void, KernelError>;
	/** Frames that captures of the namespace lost. */
	lostFrames(netns: string): number;
	/** Why LOG lines cannot be read; undefined: they can. */
	readonly logProblem: string | undefined;
	close(): void;
}

/** What packets may have left behind in a namespace: TCP sockets that no program has, tracked connections, what routes learnt. */
export interface Leftovers {
	readonly sockets: boolean;
	readonly connections: boolean;
	readonly routes: boolean;
}

export interface OpenOptions extends LinuxKernelOptions {
	/** Who keeps the iptables rules; default `auto` (see `XtablesOptions`). */
	readonly iptables?: XtBackend | "auto";
	/** Other kernels in this thread take turns with this one: `run` is called by who has the turn, and waits without it. */
	readonly turns?: Turns;
}

export function openLinuxKernel(options: OpenOptions = {}): OpenLinuxKernel {
	const poller = new Poller(options.turns);
	const tag = logTag();
	const log = new KernelLog({ tag });
	const xtables = new XtablesDriver({ logTag: tag, backend: options.iptables ?? "auto" });
	let table: NetnsTable | undefined;
	const kernel = new LinuxKernel((made) => {
		table = made;
		return partsOf(made, { poller, log, xtables });
	}, options);
	const within = <T>(name: string, fn: (netns: LinuxNetns) => Result<T, KernelError>): Result<T, KernelError> => {
		const netns = table?.find(name);
		if (netns !== undefined) return fn(netns);
		return err({ errno: "ENOENT", op: -1, message: `no namespace ${name}` });
	};
	return {
		kernel,
		drain: () => {
			while (poller.drain());
		},
		replaceTables: (name, text) => within(name, (netns) => xtables.replaceAll(netns, text)),
		replaceIpSets: async (name, text) => {
			const netns = within(name, ok);
			return netns.ok ? replaceIpSets(netns.value, text, (pidFd) => readable(poller, pidFd)) : netns;
		},
		saveTables: (name) => within(name, (netns) => xtables.save(netns)),
		readSysctls: (name, keys) => within(name, (netns) => ok(netns.run(() => readSysctls(netns, keys)))),
		turnOffloadOff: (name, devs) => within(name, (netns) => offloadOff(netns, devs)),
		setReceiveBuffers: (name) => within(name, setReceiveBuffers),
		flush: (name, left) => within(name, (netns) => flush(netns, left)),
		lostFrames: (name) => {
			const netns = table?.find(name);
			return netns === undefined ? 0 : lostFrames(netns, poller);
		},
		logProblem: log.problem,
		close: () => kernel.close(),
	};
}

interface Shared {
	readonly poller: Poller;
	readonly log: KernelLog;
	readonly xtables: XtablesDriver;
}

function partsOf(table: NetnsTable, { poller, log, xtables }: Shared): LinuxParts {
	const sockets = new LinuxSockets(table, poller);
	const watched = new Map<LinuxNetns, Set<() => void>>();
	const forget = (netns: LinuxNetns): void => {
		closeCaptures(netns, poller);
		sockets.closeNetns(netns);
		xtables.forget(netns);
		for (const stop of watched.get(netns) ?? []) stop();
		watched.delete(netns);
	};
	return {
		clock: poller.clock,
		sockets,
		drivers: [xtables, new ConntrackDriver(), new NfacctDriver(), ipSetDriver, new IpvsDriver()],
		run: (done, timeoutNs) => poller.run(done, timeoutNs),
		capture: (netns, options, listener) => startCapture(netns, options, listener, poller),
		conntrackEvents: (netns, listener) => {
			const stop = watchConntrack(netns, listener, poller);
			if (!stop.ok) return stop;
			const all = watched.get(netns) ?? new Set();
			watched.set(netns, all.add(stop.value));
			return ok(() => {
				if (all.delete(stop.value)) stop.value();
			});
		},
		conntrackStats,
		log: () => log.lines(),
		forget,
		close: () => {
			for (const netns of table.all()) forget(netns);
			log.close();
			poller.close();
		},
	};
}

function watchConntrack(
	netns: LinuxNetns,
	listener: (event: ConntrackEvent) => void,
	poller: Poller,
): Result<() => void, KernelError> {
	const source = openConntrackEvents(netns, () => poller.clock.now());
	if (!source.ok) return source;
	const { fd } = source.value;
	const unwatch = poller.watch(fd, EPOLLIN, () => {
		for (const event of source.value.read()) listener(event);
	});
	return ok(() => {
		unwatch();
		source.value.close();
	});
}

/** Others may work until the descriptor can be read. */
async function readable(poller: Poller, fd: number): Promise<void> {
	let isReadable = false;
	// Nobody reads it: told once, for a drain goes on as long as something is ready.
	const unwatch = poller.watch(fd, EPOLLIN, () => {
		isReadable = true;
		unwatch();
	});
	await poller.run(() => isReadable, Number.POSITIVE_INFINITY);
}

/** Four characters and a colon, another one for each process. */
function logTag(): string {
	return `${randomBytes(3).toString("base64url")}:`;
}

function readSysctls(netns: LinuxNetns, keys: readonly string[]): ReadonlyMap<string, string> {
	return new Map(
		keys.flatMap((key) => {
			const read = readSysctl(netns, sysctlPath(key) ?? "");
			return "value" in read ? [[key, read.value] as const] : [];
		}),
	);
}

function offloadOff(netns: LinuxNetns, devs: readonly string[]): Result<void, KernelError> {
	const errno = turnOffloadsOff(netns, devs);
	if (errno === undefined) return ok(undefined);
	return failed(`offloads of ${devs.join(", ")}: ${errno}`);
}

const TCP_RMEM = "4096\t131072\t33554432";

function setReceiveBuffers(netns: LinuxNetns): Result<void, KernelError> {
	const written = netns.run(() => writeSysctl(netns, "net/ipv4/tcp_rmem", TCP_RMEM));
	return "value" in written ? ok(undefined) : failed(`net.ipv4.tcp_rmem: ${written.errno}`);
}

function flush(netns: LinuxNetns, left: Leftovers): Result<void, KernelError> {
	const errno = left.sockets ? destroyOrphans(netns) : undefined;
	if (errno !== undefined) return failed(`sock_diag: ${errno}`);
	const connections = left.connections ? flushConntrack(netns) : ok(undefined);
	if (!connections.ok || !left.routes) return connections;
	const routes = netns.run(() => writeSysctl(netns, "net/ipv4/route/flush", "1"));
	if ("value" in routes) return ok(undefined);
	return failed(`net.ipv4.route.flush: ${routes.errno}`);
}

/** The error is the errno's name. */
function destroyOrphans(netns: LinuxNetns): string | undefined {
	const sockets = diagSockets(netns, IPPROTO_TCP);
	if (typeof sockets === "string") return sockets;
	const orphans = sockets.filter(({ inode }) => inode === 0);
	return orphans.length === 0 ? undefined : destroySockets(netns, IPPROTO_TCP, orphans);
}

function failed(message: string): Result<never, KernelError> {
	return err({ errno: "EIO", op: -1, message });
}
