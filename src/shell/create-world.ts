/** Sets up the machines of a lab on a kernel: namespaces, cables and switches, addresses, files, rules. */
import { err, ok, type Result } from "../base/result.ts";
import { parseIptablesSave } from "../formats/iptables-save.ts";
import type { Kernel, KernelError, Op } from "../kernel/kernel.ts";
import type { KernelObject } from "../kernel/objects.ts";
import { familyOf, lastAddrOf, type MacAddr, parseCidr, parseIp } from "../wire/addr.ts";
import type { Host } from "./host.ts";
import { createHost, rootNetnsOf } from "./host-setup.ts";
import { ShellWorld, type WorldOptions } from "./world.ts";

export interface InterfaceSpec {
	readonly name: string;
	/** `10.211.55.122/24`. */
	readonly addresses?: readonly string[];
	readonly mac?: MacAddr;
	readonly mtu?: number;
	/** Default true. */
	readonly up?: boolean;
}

export interface HostSpec {
	readonly name: string;
	/** Default: CentOS Stream 9. */
	readonly os?: Host["os"];
	readonly interfaces?: readonly InterfaceSpec[];
	/** Gateway of the default route. */
	readonly gateway?: string;
	readonly sysctls?: Readonly<Record<string, string>>;
	/** Files by path; they replace the ones every machine has. */
	readonly files?: Readonly<Record<string, string>>;
	/**
	 * Rules the machine boots with, as iptables-save prints them. A machine with firewalld or Docker has some that need
	 * connection tracking, and only then nat chains see anything (docs/fidelity.md).
	 */
	readonly iptables?: string;
}

/** A cable between two interfaces (`HOST:DEVICE`), or a switch between any number. */
export interface LinkSpec {
	readonly ends: readonly string[];
}

export interface WorldSpec {
	readonly hosts: readonly HostSpec[];
	readonly links?: readonly LinkSpec[];
}

/** What could not be set up, and where. */
export interface SetupError {
	readonly where: string;
	readonly message: string;
}

export async function createWorld(
	kernel: Kernel,
	spec: WorldSpec,
	options: WorldOptions = {},
): Promise<Result<ShellWorld, SetupError>> {
	const world = new ShellWorld(kernel, options);
	try {
		const setup = new Setup(world);
		for (const host of spec.hosts) await setup.host(host);
		for (const [index, link] of linksOf(spec).entries()) await setup.link(link, `switch/${index}`, spec);
		for (const host of spec.hosts) await setup.configure(host);
		return ok(world);
	} catch (error) {
		if (error instanceof SetupFailure) return err(error.error);
		throw error;
	}
}

/** The links of the spec, and for every interface that is in none of them a switch of its own: it has a carrier. */
function linksOf(spec: WorldSpec): readonly LinkSpec[] {
	const links = spec.links ?? [];
	const linked = new Set(links.flatMap((link) => link.ends));
	const all = spec.hosts.flatMap((host) => (host.interfaces ?? []).map((iface) => `${host.name}:${iface.name}`));
	return [...links, ...all.filter((end) => !linked.has(end)).map((end) => ({ ends: [end] }))];
}

class SetupFailure extends Error {
	readonly error: SetupError;

	constructor(error: SetupError) {
		super(`${error.where}: ${error.message}`);
		this.error = error;
	}
}

class Setup {
	readonly #world: ShellWorld;

	constructor(world: ShellWorld) {
		this.#world = world;
	}

	async host(spec: HostSpec): Promise<void> {
		const { kernel, hosts } = this.#world;
		if (hosts.has(spec.name)) fail(spec.name, "there are two machines of this name");
		const netns = rootNetnsOf(spec.name);
		check(spec.name, await kernel.addNetns(netns));
		hosts.set(spec.name, createHost(this.#world, spec.name, { os: spec.os, rootNetns: netns }));
	}

	async link({ ends }: LinkSpec, switchNetns: string, spec: WorldSpec): Promise<void> {
		const places = ends.map((end) => this.#end(end, spec));
		const [a, b] = places;
		if (a !== undefined && b !== undefined && places.length === 2) {
			const link = { type: "veth", peer: b.dev, peerNetns: b.netns, ...peerMac(b.mac) } as const;
			await this.#apply(ends.join(" – "), a.netns, [{ kind: "link", name: a.dev, link, ...macOf(a.mac) }]);
			return;
		}
		check(ends.join(" – "), await this.#world.kernel.addNetns(switchNetns));
		const bridge = { kind: "link", name: "switch", link: { type: "bridge" }, up: true } as const;
		const ports = places.map((end, index): KernelObject => {
			const link = { type: "veth", peer: end.dev, peerNetns: end.netns, ...peerMac(end.mac) } as const;
			return { kind: "link", name: `port${index + 1}`, link, master: "switch", up: true };
		});
		await this.#apply(ends.join(" – "), switchNetns, [bridge, ...ports]);
	}

	/** What needs the devices: addresses, routes, sysctls, files, rules. */
	async configure(spec: HostSpec): Promise<void> {
		const netns = rootNetnsOf(spec.name);
		await this.#apply(spec.name, netns, [{ kind: "link", name: "lo", up: true }], "replace");
		for (const iface of spec.interfaces ?? []) await this.#interface(spec, iface);
		if (spec.gateway !== undefined) {
			const via = parseIp(spec.gateway);
			if (!via.ok) fail(spec.name, `gateway ${spec.gateway}: not an IP address`);
			const dst = parseCidr(spec.gateway.includes(":") ? "::/0" : "0.0.0.0/0");
			if (via.ok && dst.ok) {
				await this.#apply(spec.name, netns, [{ kind: "route", dst: dst.value, via: via.value, protocol: "static" }]);
			}
		}
		for (const [key, value] of Object.entries(spec.sysctls ?? {})) {
			await this.#apply(spec.name, netns, [{ kind: "sysctl", key, value }], "replace");
		}
		if (spec.iptables !== undefined) await this.#rules(spec.name, spec.iptables);
		const host = this.#world.hosts.get(spec.name);
		for (const [path, text] of Object.entries(spec.files ?? {})) {
			await host?.files.makeDirectory(path.slice(0, path.lastIndexOf("/")) || "/", { parents: true });
			await host?.files.write(path, text, { netns });
			if (text.startsWith("#!")) await host?.files.setExecutable(path, true);
		}
	}

	async #interface(spec: HostSpec, iface: InterfaceSpec): Promise<void> {
		const where = `${spec.name}:${iface.name}`;
		const netns = rootNetnsOf(spec.name);
		const mtu = iface.mtu === undefined ? {} : { mtu: iface.mtu };
		await this.#apply(where, netns, [{ kind: "link", name: iface.name, up: iface.up !== false, ...mtu }], "replace");
		for (const text of iface.addresses ?? []) {
			const addr = parseCidr(text);
			if (!addr.ok) fail(where, `${text}: not an address with its prefix length`);
			else {
				const broadcast = familyOf(addr.value.addr) === "ipv4" ? { broadcast: lastAddrOf(addr.value) } : {};
				await this.#apply(where, netns, [{ kind: "addr", dev: iface.name, addr: addr.value, ...broadcast }]);
			}
		}
	}

	async #rules(host: string, text: string): Promise<void> {
		const parsed = parseIptablesSave(text.endsWith("\n") ? text : `${text}\n`, { family: "ipv4" });
		if (!parsed.ok) {
			const { line, column, message } = parsed.error;
			fail(host, `iptables:${line}:${column}: ${message}`);
			return;
		}
		const chains = parsed.value.tables.flatMap((table) =>
			table.chains.map((chain): KernelObject => {
				const { policy, rules } = chain;
				const common = { kind: "xt-chain", family: "ipv4", table: table.name, chain: chain.name, rules } as const;
				return policy === undefined ? common : { ...common, policy };
			}),
		);
		await this.#apply(`${host}: iptables`, rootNetnsOf(host), chains, "replace");
	}

	#end(text: string, spec: WorldSpec): { netns: string; dev: string; mac: MacAddr | undefined } {
		const [name, dev] = text.split(":");
		const host = spec.hosts.find((other) => other.name === name);
		if (host === undefined || dev === undefined) return fail(text, "a link's end is HOST:DEVICE");
		const mac = host.interfaces?.find((iface) => iface.name === dev)?.mac;
		return { netns: rootNetnsOf(host.name), dev, mac };
	}

	async #apply(
		where: string,
		netns: string,
		objects: readonly KernelObject[],
		verb: Op["verb"] = "add",
	): Promise<void> {
		const tx = objects.map((object) => ({ verb, object }));
		check(where, await this.#world.kernel.apply(netns, tx));
	}
}

function check(where: string, result: Result<void, KernelError>): void {
	if (!result.ok) fail(where, result.error.message);
}

function fail(where: string, message: string): never {
	throw new SetupFailure({ where, message });
}

function macOf(mac: MacAddr | undefined): { readonly mac?: MacAddr } {
	return mac === undefined ? {} : { mac };
}

function peerMac(mac: MacAddr | undefined): { readonly peerMac?: MacAddr } {
	return mac === undefined ? {} : { peerMac: mac };
}
