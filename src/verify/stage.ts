/** A topology that stands on a kernel: built once, set up for a scenario, brought back for the next. */
import { err, ok, type Result } from "../base/result.ts";
import type { KernelError, Op } from "../kernel/kernel.ts";
import type { KernelObject, KernelObjectKind } from "../kernel/objects.ts";
import type { TableName } from "../kernel/xtables.ts";
import type { Refusal } from "./outcome.ts";
import type { NetnsConfig, Scenario, Topology } from "./scenario.ts";
import type { ScenarioHost } from "./scenario-host.ts";

/** What a scenario may leave in a namespace, in the order in which it is taken away. */
const RESET_KINDS = [
	"addr",
	"route",
	"rule",
	"neigh",
	"fdb",
	"bridge-vlan",
] as const satisfies readonly KernelObjectKind[];

/** Tables that every scenario loads, empty where it says nothing, so that every kernel counts the same packets. */
const TABLES: readonly TableName[] = ["raw", "mangle", "nat", "filter"];

const EMPTY_SECURITY = "*security\nCOMMIT\n";

/** Whatever is sent, no earlier packet is the reason for silence: ICMP errors are not limited unless the scenario says so. */
export const ICMP_RATELIMIT = "net.ipv4.icmp_ratelimit";
const PINS: readonly Op[] = [{ verb: "replace", object: { kind: "sysctl", key: ICMP_RATELIMIT, value: "0" } }];

export class Stage {
	readonly host: ScenarioHost;
	readonly topology: Topology;
	readonly #suffix: string;
	/** What each namespace held right after the devices were made, by kind and content. */
	#clean: ReadonlyMap<string, ReadonlyMap<string, KernelObject>> = new Map();
	readonly #withRules = new Set<string>();
	/** A scenario had that table, so that it is there ever after. */
	readonly #withSecurity = new Set<string>();
	readonly #withObjects = new Set<string>();
	/** By namespace: sysctls as they were before a scenario wrote them. */
	readonly #sysctls = new Map<string, Map<string, string>>();

	private constructor(host: ScenarioHost, topology: Topology, suffix: string) {
		this.host = host;
		this.topology = topology;
		this.#suffix = suffix;
	}

	/** Makes namespaces and devices; on an error nothing of them remains. Stages that stand together have suffixes that differ. */
	static async build(host: ScenarioHost, topology: Topology, suffix = ""): Promise<Result<Stage, Refusal>> {
		const stage = new Stage(host, topology, suffix);
		const built = await stage.#build();
		if (built.ok) return ok(stage);
		await stage.remove();
		return built;
	}

	/** What the kernel calls a namespace of the scenario. */
	name(netns: string): string {
		return `${netns}${this.#suffix}`;
	}

	/** The operation, with the kernel's names of namespaces in it. */
	op({ verb, object }: Op): Op {
		if (object.kind !== "link") return { verb, object };
		const { link, netns } = object;
		const peerNetns = link?.type === "veth" ? link.peerNetns : undefined;
		return {
			verb,
			object: {
				...object,
				...(link?.type === "veth" && peerNetns !== undefined
					? { link: { ...link, peerNetns: this.name(peerNetns) } }
					: {}),
				...(netns === undefined ? {} : { netns: this.name(netns) }),
			},
		};
	}

	/** Sets everything of the scenario but listeners and steps. */
	async setUp(scenario: Scenario): Promise<Result<void, Refusal>> {
		for (const netns of this.topology.netns) {
			const done = await this.#setUp(netns, scenario.config[netns] ?? {});
			if (!done.ok) return err({ netns, error: done.error });
		}
		return ok(undefined);
	}

	/** Remembers what the namespaces hold, for `reset`. Call it before the first `setUp`. */
	async remember(): Promise<Result<void, Refusal>> {
		const clean = new Map<string, ReadonlyMap<string, KernelObject>>();
		for (const netns of this.topology.netns) {
			const dumped = await this.host.kernel.dump(this.name(netns), RESET_KINDS);
			if (!dumped.ok) return err({ netns, error: dumped.error });
			clean.set(netns, byContent(dumped.value));
		}
		this.#clean = clean;
		return ok(undefined);
	}

	/** Takes away what a scenario and its packets left, but for rules, which the next scenario overwrites. */
	async reset(): Promise<Result<void, Refusal>> {
		for (const netns of this.topology.netns) {
			const done = await this.#reset(netns);
			if (!done.ok) return err({ netns, error: done.error });
		}
		return ok(undefined);
	}

	/** Ends the namespaces and with them the devices. */
	async remove(): Promise<void> {
		for (const netns of this.topology.netns) await this.host.kernel.deleteNetns(this.name(netns));
	}

	async #build(): Promise<Result<void, Refusal>> {
		const { kernel } = this.host;
		for (const netns of this.topology.netns) {
			const added = await kernel.addNetns(this.name(netns));
			if (!added.ok) return err({ netns, error: added.error });
			const pinned = await kernel.apply(this.name(netns), PINS);
			if (!pinned.ok) return err({ netns, error: pinned.error });
		}
		for (const [netns, tx] of linkTransactions(this.topology)) {
			const ops = tx.map((op) => this.op(op));
			const applied = await kernel.apply(this.name(netns), ops);
			if (!applied.ok) return err({ netns, error: applied.error });
		}
		const devices = madeDevices(this.topology);
		for (const netns of this.topology.netns) {
			const prepared = await this.host.prepare?.(this.name(netns), devices.get(netns) ?? []);
			if (prepared?.ok === false) return err({ netns, error: prepared.error });
		}
		return ok(undefined);
	}

	async #setUp(netns: string, config: NetnsConfig): Promise<Result<void, KernelError>> {
		const { host } = this;
		const sysctls = Object.entries(config.sysctls ?? {});
		if (this.#clean.has(netns) && sysctls.length > 0) {
			const kept = await this.#keepSysctls(netns, Object.keys(config.sysctls ?? {}));
			if (!kept.ok) return kept;
		}
		const tx = [
			...sysctls.map(([key, value]): Op => ({ verb: "replace", object: { kind: "sysctl", key, value } })),
			...[config.addrs, config.routes, config.rules].flatMap((objects) => (objects ?? []).map(addOp)),
			...[config.neighs, config.vlans, config.fdb].flatMap((objects) => (objects ?? []).map(replaceOp)),
		];
		if (tx.length > 0) {
			const applied = await host.kernel.apply(this.name(netns), tx);
			if (!applied.ok) return applied;
		}
		const made = await this.#makeObjects(netns, config);
		return made.ok ? this.#loadTables(netns, config.iptables) : made;
	}

	/** What rules refer to by name. */
	async #makeObjects(netns: string, { ipset, nfacct }: NetnsConfig): Promise<Result<void, KernelError>> {
		if (ipset === undefined && nfacct === undefined) return ok(undefined);
		this.#withObjects.add(netns);
		const name = this.name(netns);
		const loaded = ipset === undefined ? ok(undefined) : await this.host.loadSets(name, ipset);
		if (!loaded.ok || nfacct === undefined) return loaded;
		return this.host.kernel.apply(
			name,
			nfacct.map((each) => addOp({ kind: "nfacct", name: each })),
		);
	}

	/** Rules first, for as long as one refers to an object it stays. */
	async #removeObjects(netns: string): Promise<Result<void, KernelError>> {
		if (!this.#withObjects.delete(netns)) return ok(undefined);
		const name = this.name(netns);
		const emptied = await this.host.loadTables(name, allTables(EMPTY_SECURITY));
		if (!emptied.ok) return emptied;
		const freed = await this.host.loadSets(name, "");
		if (!freed.ok) return freed;
		const dumped = await this.host.kernel.dump(name, ["nfacct"]);
		if (!dumped.ok || dumped.value.length === 0) return dumped.ok ? ok(undefined) : dumped;
		return this.host.kernel.apply(name, dumped.value.map(deleteOp));
	}

	/** Where there neither were nor shall be rules nothing is loaded: it takes a process on the real kernel. */
	async #loadTables(netns: string, text: string | undefined): Promise<Result<void, KernelError>> {
		if (text === undefined && !this.#withRules.has(netns)) return ok(undefined);
		this.#withRules.add(netns);
		const whole = allTables(text ?? "");
		const left = this.#withSecurity.has(netns) && !namesTable(whole, "security") ? EMPTY_SECURITY : "";
		if (namesTable(whole, "security")) this.#withSecurity.add(netns);
		const loaded = await this.host.loadTables(this.name(netns), `${whole}${left}`);
		if (loaded.ok && text === undefined) this.#withRules.delete(netns);
		return loaded;
	}

	async #keepSysctls(netns: string, keys: readonly string[]): Promise<Result<void, KernelError>> {
		const kept = this.#sysctls.get(netns) ?? new Map<string, string>();
		this.#sysctls.set(netns, kept);
		const missing = keys.filter((key) => !kept.has(key));
		const read = await this.host.readSysctls(this.name(netns), missing);
		if (!read.ok) return read;
		for (const [key, value] of read.value) kept.set(key, value);
		return ok(undefined);
	}

	async #reset(netns: string): Promise<Result<void, KernelError>> {
		const { kernel } = this.host;
		const name = this.name(netns);
		const clean = this.#clean.get(netns) ?? new Map<string, KernelObject>();
		const flushed = await this.host.flush(name);
		if (!flushed.ok) return flushed;
		const removed = await this.#removeObjects(netns);
		if (!removed.ok) return removed;
		for (const kind of RESET_KINDS) {
			const dumped = await kernel.dump(name, [kind]);
			if (!dumped.ok) return dumped;
			const present = byContent(dumped.value);
			// The last first: with an address Linux deletes those of its network that came after it.
			const gone = [...present].filter(([key]) => !clean.has(key)).map(([, object]) => deleteOp(object));
			const lost = [...clean].filter(([key, object]) => object.kind === kind && !present.has(key));
			const tx = [...gone.reverse(), ...lost.map(([, object]) => replaceOp(object))];
			const applied = tx.length === 0 ? ok(undefined) : await kernel.apply(name, tx);
			if (!applied.ok) return applied;
		}
		const sysctls = [...(this.#sysctls.get(netns) ?? [])];
		if (sysctls.length === 0) return ok(undefined);
		return kernel.apply(
			name,
			sysctls.map(([key, value]) => replaceOp({ kind: "sysctl", key, value })),
		);
	}
}

/** Consecutive links of the same namespace make one transaction. */
function linkTransactions({ links }: Topology): readonly (readonly [netns: string, tx: readonly Op[]])[] {
	const all: [string, Op[]][] = [];
	for (const { netns, link } of links) {
		const op: Op = { verb: link.link === undefined ? "replace" : "add", object: link };
		const last = all.at(-1);
		if (last !== undefined && last[0] === netns) last[1].push(op);
		else all.push([netns, [op]]);
	}
	return all;
}

/** Kinds that have no such setting. */
const WITHOUT_OFFLOAD: readonly string[] = ["ipip", "macvlan"];

/** By namespace, far ends of veths included. */
function madeDevices({ links }: Topology): ReadonlyMap<string, readonly string[]> {
	const devices = new Map<string, string[]>();
	const add = (netns: string, dev: string): void => {
		const own = devices.get(netns) ?? [];
		devices.set(netns, own);
		own.push(dev);
	};
	for (const { netns, link } of links) {
		if (link.netns !== undefined && devices.get(netns)?.includes(link.name) === true) {
			const others = (devices.get(netns) ?? []).filter((name) => name !== link.name);
			devices.set(netns, others);
			add(link.netns, link.name);
		}
		if (link.link === undefined || WITHOUT_OFFLOAD.includes(link.link.type)) continue;
		add(netns, link.name);
		if (link.link.type === "veth") add(link.link.peerNetns ?? netns, link.link.peer);
	}
	return devices;
}

/** The text with the tables that it lacks, empty. */
export function allTables(text: string): string {
	const end = text === "" || text.endsWith("\n") ? "" : "\n";
	const empty = TABLES.filter((table) => !namesTable(text, table)).map((table) => `*${table}\nCOMMIT\n`);
	return `${text}${end}${empty.join("")}`;
}

/** The tables whose chains are compared. */
export function tablesOf(text: string): readonly TableName[] {
	return namesTable(text, "security") ? [...TABLES, "security"] : TABLES;
}

function namesTable(text: string, table: TableName): boolean {
	return `\n${text}`.includes(`\n*${table}`);
}

function byContent(objects: readonly KernelObject[]): ReadonlyMap<string, KernelObject> {
	return new Map(objects.map((object) => [contentKey(object), object]));
}

/** What does not change by itself. */
function contentKey(object: KernelObject): string {
	return JSON.stringify({ ...object, ages: undefined, ageSeconds: undefined, linkdown: undefined });
}

function addOp(object: KernelObject): Op {
	return { verb: "add", object };
}

function replaceOp(object: KernelObject): Op {
	return { verb: "replace", object };
}

function deleteOp(object: KernelObject): Op {
	return { verb: "delete", object };
}
