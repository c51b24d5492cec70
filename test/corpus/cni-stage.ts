/** A node and its containers for the plug-in calls of the CNI corpus: namespaces, files, and a kernel's state in the corpus's terms. */
import { err, ok, type Result } from "../../src/base/result.ts";
import { pluginMain } from "../../src/cni/plugin-main.ts";
import type { JsonObject } from "../../src/cni/result.ts";
import type { CniDisk, PluginHost } from "../../src/cni/run/host.ts";
import { pluginWork } from "../../src/cni/run/plugins.ts";
import { CNI_VERSIONS } from "../../src/cni/versions.ts";
import { formatRule } from "../../src/formats/iptables-save.ts";
import type { Kernel } from "../../src/kernel/kernel.ts";
import { SimKernel } from "../../src/sim/sim-kernel.ts";
import { familyOf, formatCidr } from "../../src/wire/addr.ts";
import type { CorpusCall } from "./cni-corpus.ts";
import { withIpv6Beside } from "./ipv6-beside.ts";

export const HOST = "host";

/** Directories as maps. */
export class MapDisk implements CniDisk {
	readonly directories: Map<string, ReadonlyMap<string, string>> = new Map();
	/** By path. */
	readonly files: Map<string, string> = new Map();

	async list(dir: string): Promise<Result<ReadonlyMap<string, string>, string>> {
		return ok(this.directories.get(dir) ?? new Map());
	}

	async replace(dir: string, files: ReadonlyMap<string, string>): Promise<Result<void, string>> {
		this.directories.set(dir, files);
		return ok(undefined);
	}

	async exclusive<T>(_: string, work: () => Promise<T>): Promise<T> {
		return work();
	}

	async read(path: string): Promise<Result<string, string>> {
		const text = this.files.get(path);
		return text === undefined ? err(`open ${path}: no such file or directory`) : ok(text);
	}
}

/** What a plugin printed, and its error's text. */
export interface Ran {
	readonly printed: JsonObject | undefined;
	readonly error: string | null;
}

export class CniStage {
	readonly sim: SimKernel = new SimKernel({ seed: 1 });
	readonly kernel: Kernel = withIpv6Beside(this.sim);
	readonly disk: MapDisk = new MapDisk();
	/** A test of upstream's that runs plugin and container in one namespace. */
	readonly #oneNetns: boolean;
	#random = 0;

	private constructor(oneNetns: boolean) {
		this.#oneNetns = oneNetns;
	}

	static async open(netns: readonly string[], oneNetns = false): Promise<CniStage> {
		const stage = new CniStage(oneNetns);
		for (const name of oneNetns ? [HOST] : [HOST, ...netns]) await stage.kernel.addNetns(name);
		return stage;
	}

	get host(): PluginHost {
		return {
			kernel: this.kernel,
			hostNetns: HOST,
			netnsName: (path) => (path.startsWith("<NETNS") ? (this.#oneNetns ? HOST : path) : undefined),
			disk: this.disk,
			random32: () => {
				this.#random += 1;
				return this.#random;
			},
		};
	}

	/** Runs a plugin as a process would be run. */
	async run(plugin: string, call: Pick<CorpusCall, string>): Promise<Ran> {
		return this.exec(plugin, {
			env: {
				CNI_COMMAND: call["op"],
				CNI_CONTAINERID: call["containerID"],
				CNI_NETNS: call["netns"] ?? "",
				CNI_IFNAME: call["ifName"],
				CNI_ARGS: call["args"] ?? "",
				CNI_PATH: "/opt/cni/bin",
			},
			config: call["config"],
		});
	}

	async exec(
		plugin: string,
		{ env, config }: { env: Readonly<Record<string, string>>; config: JsonObject },
	): Promise<Ran> {
		const answer = await pluginMain({
			env,
			stdin: async () => ok(JSON.stringify(config)),
			supportedVersions: CNI_VERSIONS,
			work: pluginWork(plugin, this.host),
		});
		if (answer.error !== undefined) return { printed: undefined, error: answer.error.message };
		return { printed: answer.stdout === "" ? undefined : JSON.parse(answer.stdout), error: null };
	}

	/** In the corpus's terms, what is random left out. */
	async state(netns: string): Promise<unknown> {
		const dumped = await this.kernel.dump(this.#oneNetns ? HOST : netns);
		if (!dumped.ok) throw new Error(dumped.error.message);
		const objects = dumped.value;
		const links = objects.flatMap((it) => {
			if (it.kind !== "link" || it.name === "lo") return [];
			const addresses = objects.flatMap((other) =>
				other.kind === "addr" && other.dev === it.name ? [`${formatCidr(other.addr)}`] : [],
			);
			return [
				{
					name: named(it.name),
					kind: it.link?.type,
					mtu: it.mtu,
					isUp: it.up === true,
					master: it.master === undefined ? undefined : named(it.master),
					hairpin: it.master === undefined ? undefined : (it.port?.hairpin ?? false),
					isolated: it.master === undefined ? undefined : (it.port?.isolated ?? false),
					addresses: addresses.sort(),
				},
			];
		});
		const routes = objects.flatMap((it) => {
			if (it.kind !== "route" || (it.table ?? 254) !== 254 || it.dev === "lo") return [];
			const text = `${formatCidr(it.dst)} via ${it.via ?? "-"} dev ${named(it.dev ?? "")} src ${it.src ?? "-"}`;
			return [
				`${text} ${familyOf(it.dst.addr) === "ipv4" ? `${it.protocol ?? "boot"} ${it.scope ?? "global"}` : ""}`.trim(),
			];
		});
		const rules = objects.flatMap((it) => {
			if (it.kind !== "xt-chain") return [];
			const own = it.rules.map((rule) => `${it.family} ${it.table} ${formatRule(rule, it.chain)}`);
			return /^[A-Z]+$/.test(it.chain) ? own : [`${it.family} ${it.table} :${it.chain}`, ...own];
		});
		return { links: sortedByName(links), routes: routes.sort(), rules: rules.sort() };
	}
}

/** The recorded state of a namespace, in the same terms. */
export function recordedState(state: CorpusCall["state"]): unknown {
	const links = state.links.flatMap((link: CorpusCall["link"]) => {
		if (link.ifname === "lo") return [];
		const master = link.master === undefined ? undefined : named(link.master);
		return [
			{
				name: named(link.ifname),
				kind: link.kind,
				mtu: link.mtu,
				isUp: link.flags.includes("UP"),
				master,
				hairpin: link.slave?.hairpin,
				isolated: link.slave?.isolated,
				addresses: link.addresses
					.flatMap((addr: CorpusCall["addr"]) => (addr.address.startsWith("fe80:") ? [] : [addr.address]))
					.sort(),
			},
		];
	});
	const routes4: readonly string[] = state.routes4.map((route: CorpusCall["route"]) => {
		const dst = route.dst === "default" ? "0.0.0.0/0" : route.dst.includes("/") ? route.dst : `${route.dst}/32`;
		const text = `${dst} via ${route.gateway ?? "-"} dev ${named(route.dev)} src ${route.prefsrc ?? "-"}`;
		return `${text} ${route.protocol ?? "boot"} ${route.scope ?? "global"}`;
	});
	const routes6: readonly string[] = state.routes6.flatMap((route: CorpusCall["route"]) => {
		if (route.dst.startsWith("fe80:")) return [];
		const dst = route.dst === "default" ? "::/0" : route.dst.includes("/") ? route.dst : `${route.dst}/128`;
		return [`${dst} via ${route.gateway ?? "-"} dev ${named(route.dev)} src ${route.prefsrc ?? "-"}`];
	});
	const rules = [...ruleLines(state.iptablesSave, "ipv4"), ...ruleLines(state.ip6tablesSave, "ipv6")];
	return { links: sortedByName(links), routes: [...routes4, ...routes6].sort(), rules: rules.sort() };
}

/** A result without what is random: MAC addresses and the names of host devices. */
export function comparable(result: CorpusCall["result"]): unknown {
	if (result === undefined || result === null) return undefined;
	if (result.interfaces === undefined) return result;
	const interfaces = result.interfaces.map(({ mac, name, ...more }: CorpusCall["interface"]) => {
		return { name: named(name), hasMac: mac !== undefined && mac !== "", ...more };
	});
	return { ...result, interfaces };
}

function named(dev: string): string {
	return /^veth[0-9a-f]{8}$/.test(dev) ? "VETH" : dev;
}

function sortedByName<T extends { readonly name: string }>(links: readonly T[]): readonly T[] {
	return [...links].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function ruleLines(save: string, family: string): readonly string[] {
	let table = "";
	return save.split("\n").flatMap((line) => {
		if (line.startsWith("*")) table = line.slice(1);
		if (line.startsWith("-A ")) return [`${family} ${table} ${line}`];
		const chain = /^:(\S+) - /.exec(line)?.[1];
		return chain === undefined ? [] : [`${family} ${table} :${chain}`];
	});
}
