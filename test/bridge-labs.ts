/**
 * One small topology on both kernels, for tests of sockets and captures: `client` 10.0.0.1 and `server` 10.0.0.2, each with
 * `eth0` on a port of br0 (10.0.0.254) in `host`, which is their router; behind it 10.0.1.0/24, where nobody is.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import type { Result } from "../src/base/result.ts";
import type { CapturedFrame, CaptureOptions, Clock, KernelError } from "../src/kernel/kernel.ts";
import type { Sockets } from "../src/kernel/socket.ts";
import { closeCaptures, lostFrames, startCapture } from "../src/linux/capture.ts";
import { closeNetns, createNetns, type LinuxNetns } from "../src/linux/netns.ts";
import { Poller } from "../src/linux/poller.ts";
import { LinuxSockets } from "../src/linux/sockets.ts";
import type { SimKernel } from "../src/sim/sim-kernel.ts";
import { cidr, ip, mac } from "../src/wire/addr.ts";
import { words } from "./real-netns.ts";
import { SimLab } from "./sim-lab.ts";
import { replaceOps } from "./xtables-lab.ts";

export const HOSTS = ["client", "host", "server"] as const;
export const CLIENT_MAC = "02:00:00:00:00:01";
export const SERVER_MAC = "02:00:00:00:00:02";

/** What these tests need of a kernel. */
export interface BridgeLab {
	readonly sockets: Sockets;
	readonly clock: Clock;
	run(done: () => boolean, timeoutNs: number): Promise<boolean>;
	capture(
		netns: string,
		options: CaptureOptions,
		listener: (frame: CapturedFrame) => void,
	): Result<() => void, KernelError>;
	/** `iptables-restore --noflush`: chains of iptables-save text, all of `filter`. */
	load(netns: string, chains: string): Promise<void>;
	close(): void;
}

/** By the kernel's name; each call makes a lab of its own. */
export const BRIDGE_LABS: readonly (readonly [name: string, open: () => Promise<BridgeLab>])[] = [
	["simulated", openSimBridgeLab],
	["real", async () => new RealBridgeLab()],
];

export async function openSimBridgeLab(): Promise<BridgeLab & { readonly kernel: SimKernel }> {
	const lab = new SimLab(...HOSTS);
	await lab.add("host", { kind: "link", name: "br0", link: { type: "bridge" }, up: true });
	await lab.plug("host", "br0", "v1", { netns: "client", name: "eth0", mac: CLIENT_MAC });
	await lab.plug("host", "br0", "v2", { netns: "server", name: "eth0", mac: SERVER_MAC });
	const x1 = { type: "veth", peer: "x1", peerNetns: "host", peerMac: mac("02:00:00:00:00:03") } as const;
	await lab.add("host", { kind: "link", name: "x0", link: x1, up: true });
	await lab.set("host", { kind: "link", name: "x1", up: true });
	await lab.set("host", { kind: "sysctl", key: "net.ipv4.ip_forward", value: "1" });
	for (const [netns, dev, addr] of ADDRS) {
		await lab.set(netns, { kind: "link", name: "lo", up: true });
		await lab.add(netns, { kind: "addr", dev, addr: cidr(addr) });
	}
	for (const netns of ["client", "server"]) {
		await lab.add(netns, { kind: "route", dst: cidr("0.0.0.0/0"), via: ip("10.0.0.254") });
	}
	const { kernel } = lab;
	return {
		kernel,
		sockets: kernel.sockets,
		clock: kernel.clock,
		run: (done, timeoutNs) => kernel.run(done, timeoutNs),
		capture: (netns, options, listener) => kernel.capture(netns, options, listener),
		load: (netns, chains) => lab.apply(netns, ...replaceOps(chains)),
		close: () => undefined,
	};
}

const ADDRS = [
	["client", "eth0", "10.0.0.1/24"],
	["server", "eth0", "10.0.0.2/24"],
	["host", "br0", "10.0.0.254/24"],
	["host", "x0", "10.0.1.254/24"],
] as const;

/** The same, made by `ip` on this machine's kernel. */
export class RealBridgeLab implements BridgeLab {
	readonly poller: Poller = new Poller();
	readonly sockets: LinuxSockets;
	readonly #netns = new Map<string, LinuxNetns>();

	constructor() {
		this.sockets = new LinuxSockets(
			{ find: (name) => this.#netns.get(name), all: () => [...this.#netns.values()] },
			this.poller,
		);
		for (const name of HOSTS) {
			const made = createNetns(name, undefined);
			if (!made.ok) throw new Error(`createNetns: ${made.error}`);
			this.#netns.set(name, made.value);
			made.value.run(() => {
				for (const scope of ["all", "default", "lo"]) {
					writeFileSync(`/proc/sys/net/ipv6/conf/${scope}/disable_ipv6`, "1");
				}
			});
		}
		this.ip("host", "link add br0 type bridge", "link set br0 up");
		this.#plug("v1", "client", CLIENT_MAC);
		this.#plug("v2", "server", SERVER_MAC);
		this.ip("host", "link add x0 type veth peer name x1", "link set x0 up", "link set x1 up");
		this.netns("host").run(() => writeFileSync("/proc/sys/net/ipv4/ip_forward", "1"));
		for (const name of HOSTS) this.ip(name, "link set lo up");
		for (const [netns, dev, addr] of ADDRS) this.ip(netns, `addr add ${addr} dev ${dev}`);
		for (const netns of ["client", "server"]) this.ip(netns, "route add default via 10.0.0.254");
	}

	get clock(): Clock {
		return this.poller.clock;
	}

	run(done: () => boolean, timeoutNs: number): Promise<boolean> {
		return this.poller.run(done, timeoutNs);
	}

	capture(
		netns: string,
		options: CaptureOptions,
		listener: (frame: CapturedFrame) => void,
	): Result<() => void, KernelError> {
		return startCapture(this.netns(netns), options, listener, this.poller);
	}

	lost(netns: string): number {
		return lostFrames(this.netns(netns), this.poller);
	}

	netns(name: string): LinuxNetns {
		const found = this.#netns.get(name);
		if (found === undefined) throw new Error(`no namespace ${name}`);
		return found;
	}

	/** Runs a program in a namespace; the value is what it printed. It must succeed. */
	exec(netns: string, program: string, ...args: readonly string[]): string {
		return this.#exec(netns, [program, ...args], "");
	}

	async load(netns: string, chains: string): Promise<void> {
		this.#exec(netns, ["iptables-restore", "--noflush"], `*filter\n${chains}\nCOMMIT\n`);
	}

	#exec(netns: string, [program = "", ...args]: readonly string[], input: string): string {
		const options = { encoding: "utf8", input } as const;
		const { status, stdout, stderr } = this.netns(netns).run(() => spawnSync(program, args, options));
		if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
		return stdout;
	}

	ip(netns: string, ...lines: readonly string[]): void {
		for (const line of lines) this.exec(netns, "ip", ...words(line));
	}

	close(): void {
		for (const name of [...this.#netns.keys()]) this.letGo(name);
		this.poller.close();
	}

	/** Deletes a namespace. */
	letGo(name: string): void {
		const netns = this.netns(name);
		this.#netns.delete(name);
		this.sockets.closeNetns(netns);
		closeCaptures(netns, this.poller);
		closeNetns(netns);
	}

	/** The end is made here and moved by its descriptor: the namespaces have no names. */
	#plug(port: string, netns: string, address: string): void {
		const { fd } = this.netns(netns);
		this.ip("host", `link add ${port} type veth peer name eth0 address ${address} netns /proc/${process.pid}/fd/${fd}`);
		this.ip("host", `link set ${port} master br0 up`);
		this.ip(netns, "link set eth0 up");
	}
}
