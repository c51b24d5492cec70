/** traceroute: the routers on the way, by packets whose time to live ends on it. */
import type { SocketError, SocketOptions } from "../../kernel/socket.ts";
import { type IpAddr, parseIp } from "../../wire/addr.ts";
import type { CommandContext, CommandEntry } from "../command.ts";
import { LOOKUP_ERROR_TEXT, lookupAddr, lookupHost } from "../name-service.ts";
import { strerror } from "../strerror.ts";
import { runTool, ToolExit } from "./tool-exit.ts";
import { type TracerouteOptions, tracerouteOptions } from "./traceroute/options.ts";
import { type Probe, Prober } from "./traceroute/probe.ts";

export const tracerouteCommand: CommandEntry = {
	names: ["traceroute"],
	summary: "show the routers on the way to a host",
	run: (context) => runTool(context, () => traceroute(context)),
};

async function traceroute(context: CommandContext): Promise<number> {
	const options = tracerouteOptions(context);
	const { host, maxTtl, packetBytes } = options;
	const found = await lookupHost(context, host, "ipv4");
	if (!found.ok) {
		const at = context.args.indexOf(host) + 1;
		const complaint = `Cannot handle "host" cmdline arg \`${host}' on position 1 (argc ${at})\n`;
		throw new ToolExit(2, `${host}: ${LOOKUP_ERROR_TEXT[found.error]}\n${complaint}`);
	}
	const to = found.value.addr;
	context.stdout.write(`traceroute to ${host} (${to}), ${maxTtl} hops max, ${packetBytes} byte packets`);
	const prober = new Prober(context, options, { to, socket: socketOf(context, options) });
	const probes = await trace(context, options, prober);
	for (const probe of probes) probe.close();
	prober.close();
	context.stdout.write("\n");
	return context.interrupt.raised ? 130 : 0;
}

/** Keeps so many probes under way, and prints each as soon as those before it are printed. */
async function trace(context: CommandContext, options: TracerouteOptions, prober: Prober): Promise<readonly Probe[]> {
	const { world, interrupt } = context;
	const { probesPerHop, maxTtl, firstTtl, simultaneous } = options;
	const probes = Array.from({ length: maxTtl * probesPerHop }, (_, k) => newProbe(Math.floor(k / probesPerHop) + 1));
	const printer = new HopPrinter(context, options);
	let start = (firstTtl - 1) * probesPerHop;
	let end = probes.length;
	while (start < end && !interrupt.raised) {
		const now = world.kernel.clock.now();
		let underWay = 0;
		let nextNs = Infinity;
		for (let n = start; n < end && underWay < simultaneous; n += 1) {
			const probe = probes[n];
			if (probe === undefined) break;
			if (probe.sentNs === undefined) {
				const sent = prober.send(probe);
				if (!sent.ok) throw sendFailure(sent.error);
			}
			const expiresNs = (probe.sentNs ?? now) + timeoutOf(probes, n, options);
			if (!probe.done && now >= expiresNs) probe.done = true;
			if (probe.done) {
				if (probe.answer?.final === true) end = (Math.floor(n / probesPerHop) + 1) * probesPerHop;
				continue;
			}
			underWay += 1;
			nextNs = Math.min(nextNs, expiresNs);
		}
		for (let probe = probes[start]; start < end && probe?.done === true; probe = probes[start]) {
			await printer.print(probe, start % probesPerHop === 0);
			start += 1;
		}
		if (start >= end || underWay === 0) continue;
		const before = answersOf(probes, start, end);
		const timeoutNs = Math.max(0, nextNs - world.kernel.clock.now());
		await world.wait(() => answersOf(probes, start, end) > before, { timeoutNs, interrupt });
	}
	return probes;
}

function answersOf(probes: readonly Probe[], from: number, to: number): number {
	let count = 0;
	for (let n = from; n < to; n += 1) if (probes[n]?.done === true) count += 1;
	return count;
}

/** How long a probe is waited for: less when its neighbours were answered. */
function timeoutOf(probes: readonly Probe[], index: number, { probesPerHop, wait }: TracerouteOptions): number {
	const first = index - (index % probesPerHop);
	if (wait.here > 0) {
		const here = probes.slice(first, first + probesPerHop).find((probe) => (probe.answer?.rttNs ?? 0) > 0);
		if (here?.answer !== undefined) return Math.min(wait.maxNs, (here.answer.rttNs + PRECISION_NS) * wait.here);
	}
	if (wait.near > 0) {
		for (let n = index + 1; probes[n]?.sentNs !== undefined; n += 1) {
			const rttNs = probes[n]?.answer?.rttNs ?? 0;
			if (rttNs > 0) return Math.min(wait.maxNs, (rttNs + PRECISION_NS) * wait.near);
		}
	}
	return wait.maxNs;
}

const PRECISION_NS = 5_000_000;

class HopPrinter {
	readonly #context: CommandContext;
	readonly #numeric: boolean;
	#last: IpAddr | undefined;

	constructor(context: CommandContext, { numeric }: TracerouteOptions) {
		this.#context = context;
		this.#numeric = numeric;
	}

	async print({ ttl, answer }: Probe, isFirst: boolean): Promise<void> {
		const { stdout } = this.#context;
		if (isFirst) {
			this.#last = undefined;
			stdout.write(`\n${String(ttl).padStart(2)} `);
		}
		if (answer === undefined) {
			stdout.write(" *");
			return;
		}
		const { from, rttNs, mark } = answer;
		if (from !== this.#last) stdout.write(` ${await this.#name(from)}`);
		this.#last = from;
		stdout.write(`  ${(rttNs / 1e6).toFixed(3)} ms${mark === "" ? "" : ` ${mark}`}`);
	}

	async #name(addr: IpAddr): Promise<string> {
		if (this.#numeric) return addr;
		const name = await lookupAddr(this.#context, addr);
		return `${name === undefined || name === "EAI_AGAIN" ? addr : name} (${addr})`;
	}
}

function newProbe(ttl: number): Probe {
	return { ttl, sentNs: undefined, answer: undefined, done: false, close: () => {} };
}

function socketOf({ pid }: CommandContext, options: TracerouteOptions): SocketOptions {
	const { source, device, tos, mark, dontFragment } = options;
	const addr = source === undefined ? undefined : parseIp(source);
	if (addr?.ok === false) throw new ToolExit(2, `Cannot handle \`-s' option with arg \`${source ?? ""}'\n`);
	return {
		program: "traceroute",
		...(pid === undefined ? {} : { pid }),
		...(addr === undefined ? {} : { bind: { addr: addr.value } }),
		...(device === undefined ? {} : { dev: device }),
		...(mark === undefined ? {} : { mark }),
		pmtudisc: dontFragment ? "do" : "dont",
		tos,
	};
}

/** The newline ends the first line, which is waiting for its hop. */
function sendFailure(error: SocketError): ToolExit {
	const call =
		error.errno === "ENODEV" ? "setsockopt SO_BINDTODEVICE" : error.errno === "EADDRNOTAVAIL" ? "bind" : "connect";
	return new ToolExit(1, `\n${call}: ${strerror(error)}\n`);
}
