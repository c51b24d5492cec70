/** A topology that stands on a kernel: built once, set up for a scenario, brought back for the next. */
import { err, ok, type Result } from "../base/result.ts";
import type { KernelError, Op } from "../kernel/kernel.ts";
import type { Link } from "../kernel/objects.ts";
import type { TableName } from "../kernel/xtables.ts";
import { configOps, KeptNetns } from "./kept-netns.ts";
import type { Refusal } from "./outcome.ts";
import type { NetnsConfig, Scenario, Step, Topology } from "./scenario.ts";
import type { ScenarioHost } from "./scenario-host.ts";

/** Tables that every scenario loads, empty where it says nothing, so that every kernel counts the same packets. */
const TABLES: readonly TableName[] = ["raw", "mangle", "nat", "filter"];
const WITH_SECURITY: readonly TableName[] = [...TABLES, "security"];

/** Whatever is sent, no earlier packet is the reason for silence: ICMP errors are not limited unless the scenario says so. */
export const ICMP_RATELIMIT = "net.ipv4.icmp_ratelimit";
const PINS: readonly Op[] = [{ verb: "replace", object: { kind: "sysctl", key: ICMP_RATELIMIT, value: "0" } }];

export class Stage {
	readonly host: ScenarioHost;
	readonly topology: Topology;
	readonly #suffix: string;
	/** Of a topology that is used again, by namespace. */
	#kept: ReadonlyMap<string, KeptNetns> = new Map();
	/** Where rules of iptables were loaded, or will be by a step. */
	readonly #withRules = new Set<string>();
	/** Where the table that few scenarios have was loaded too. */
	readonly #withSecurity = new Set<string>();
	readonly #named = new Map<string, NamedObjects>();

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

	/** Sets everything of the scenario but listeners and steps, and takes away what the last one set. */
	async setUp(scenario: Scenario): Promise<Result<void, Refusal>> {
		const looked = await this.#lookAtKept();
		if (!looked.ok) return looked;
		for (const netns of this.topology.netns) {
			const done = await this.#setUp(netns, scenario);
			if (!done.ok) return err({ netns, error: done.error });
			await this.host.breathe?.();
		}
		return ok(undefined);
	}

	async #lookAtKept(): Promise<Result<void, Refusal>> {
		let startsOver = false;
		for (const [netns, kept] of this.#kept) {
			const looked = await kept.look();
			if (!looked.ok) return err({ netns, error: looked.error });
			if (looked.value) startsOver = true;
		}
		if (!startsOver) return ok(undefined);
		for (const [netns, kept] of this.#kept) {
			const done = await kept.startsOver();
			if (!done.ok) return err({ netns, error: done.error });
		}
		return ok(undefined);
	}

	/** Makes the topology one that is used again: remembers what the namespaces hold. Call it before the first `setUp`. */
	async remember(): Promise<Result<void, Refusal>> {
		const { host } = this;
		const kept = new Map<string, KeptNetns>();
		for (const netns of this.topology.netns) {
			const learns = this.topology.links.some(
				({ netns: owner, link: { link } }) => owner === netns && isLearning(link),
			);
			const remembered = await KeptNetns.remember({ host, name: this.name(netns), learns });
			if (!remembered.ok) return err({ netns, error: remembered.error });
			kept.set(netns, remembered.value);
		}
		this.#kept = kept;
		return ok(undefined);
	}

	/** Forgets what the scenario's packets left behind. What it set goes with the next `setUp`. */
	async flush(scenario: Scenario): Promise<Result<void, Refusal>> {
		// Sockets that were closed at the end may have said so.
		await this.host.settle();
		const withSockets = new Set<string>(scenario.listen.map(({ netns }) => netns));
		for (const step of scenario.steps) if (step.kind === "tcp") withSockets.add(step.netns);
		for (const netns of this.topology.netns) {
			const sockets = withSockets.has(netns);
			const routes = scenario.config[netns] !== undefined || changesIn(scenario, netns).length > 0;
			const connections = this.#withRules.has(netns);
			if (!(sockets || routes || connections)) continue;
			const done = await this.host.flush(this.name(netns), { sockets, routes, connections });
			if (!done.ok) return err({ netns, error: done.error });
		}
		return ok(undefined);
	}

	/** Ends the namespaces and with them the devices. */
	async remove(): Promise<void> {
		for (const netns of this.topology.netns) {
			await this.host.kernel.deleteNetns(this.name(netns));
			await this.host.breathe?.();
		}
	}

	async #build(): Promise<Result<void, Refusal>> {
		const { kernel } = this.host;
		for (const netns of this.topology.netns) {
			const added = await kernel.addNetns(this.name(netns));
			if (!added.ok) return err({ netns, error: added.error });
			const pinned = await this.host.set(this.name(netns), PINS);
			if (!pinned.ok) return err({ netns, error: pinned.error });
			await this.host.breathe?.();
		}
		for (const [netns, tx] of linkTransactions(this.topology)) {
			const ops = tx.map((op) => this.op(op));
			const applied = await this.host.set(this.name(netns), ops);
			if (!applied.ok) return err({ netns, error: applied.error });
			await this.host.breathe?.();
		}
		const devices = madeDevices(this.topology);
		for (const netns of this.topology.netns) {
			const prepared = await this.host.prepare?.(this.name(netns), devices.get(netns) ?? []);
			if (prepared?.ok === false) return err({ netns, error: prepared.error });
		}
		return ok(undefined);
	}

	async #setUp(netns: string, scenario: Scenario): Promise<Result<void, KernelError>> {
		const config = scenario.config[netns] ?? {};
		const kept = this.#kept.get(netns);
		const tx = kept === undefined ? ok(configOps(config)) : await kept.towards(config, changesIn(scenario, netns));
		if (!tx.ok) return tx;
		const applied = tx.value.length === 0 ? ok(undefined) : await this.host.set(this.name(netns), tx.value);
		const made = applied.ok ? await this.#makeObjects(netns, config) : applied;
		const loaded = made.ok ? await this.#loadTables(netns, config.iptables) : made;
		if (changesIn(scenario, netns).some(({ object }) => object.kind === "xt-rule")) this.#withRules.add(netns);
		return loaded;
	}

	#tables(netns: string): readonly TableName[] {
		return this.#withSecurity.has(netns) ? WITH_SECURITY : TABLES;
	}

	/** What rules refer to by name. What the last scenario had goes when it is in the way. */
	async #makeObjects(netns: string, { ipset, nfacct }: NetnsConfig): Promise<Result<void, KernelError>> {
		const before = this.#named.get(netns) ?? NOTHING_NAMED;
		if (ipset === undefined && nfacct === undefined) {
			if (before.inUse) this.#named.set(netns, { ...before, inUse: false });
			return ok(undefined);
		}
		const name = this.name(netns);
		const accounts = nfacct ?? before.accounts;
		const stay = accounts.join(" ") === before.accounts.join(" ");
		const inTheWay = before.inUse && ((ipset !== undefined && before.sets) || !(stay || before.accounts.length === 0));
		const freed = inTheWay ? await this.host.loadTables(name, allTables("", this.#tables(netns))) : ok(undefined);
		if (!freed.ok) return freed;
		this.#named.set(netns, { sets: before.sets || ipset !== undefined, accounts, inUse: true });
		const loaded = ipset === undefined ? ok(undefined) : await this.host.loadSets(name, ipset);
		if (!loaded.ok || nfacct === undefined) return loaded;
		const tx = stay
			? nfacct.map((each) => accountOp("replace", each))
			: [...before.accounts.map((each) => accountOp("delete", each)), ...nfacct.map((each) => accountOp("add", each))];
		return this.host.set(name, tx);
	}

	/** Where there neither were nor shall be rules nothing is loaded: it takes a process on the real kernel. */
	async #loadTables(netns: string, text: string | undefined): Promise<Result<void, KernelError>> {
		if (text === undefined && !this.#withRules.has(netns)) return ok(undefined);
		this.#withRules.add(netns);
		if (namesTable(text ?? "", "security")) this.#withSecurity.add(netns);
		const loaded = await this.host.loadTables(this.name(netns), allTables(text ?? "", this.#tables(netns)));
		if (loaded.ok && text === undefined) this.#withRules.delete(netns);
		return loaded;
	}
}

/** Sets and counters of a namespace, which rules refer to by name. */
interface NamedObjects {
	readonly sets: boolean;
	readonly accounts: readonly string[];
	/** Rules that are loaded may refer to them. */
	readonly inUse: boolean;
}

const NOTHING_NAMED: NamedObjects = { sets: false, accounts: [], inUse: false };

function accountOp(verb: Op["verb"], name: string): Op {
	const counters = verb === "replace" ? { counters: { packets: 0, bytes: 0 } } : {};
	return { verb, object: { kind: "nfacct", name, ...counters } };
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
		if (link.link === undefined) continue;
		add(netns, link.name);
		if (link.link.type === "veth") add(link.link.peerNetns ?? netns, link.link.peer);
	}
	return devices;
}

/** The text with those of the tables that it lacks, empty. */
export function allTables(text: string, tables: readonly TableName[] = TABLES): string {
	const end = text === "" || text.endsWith("\n") ? "" : "\n";
	const empty = tables.filter((table) => !namesTable(text, table)).map((table) => `*${table}\nCOMMIT\n`);
	return `${text}${end}${empty.join("")}`;
}

/** The tables whose chains are compared. */
export function tablesOf(text: string): readonly TableName[] {
	return namesTable(text, "security") ? WITH_SECURITY : TABLES;
}

function namesTable(text: string, table: TableName): boolean {
	return `\n${text}`.includes(`\n*${table}`);
}

function changesIn({ steps }: Scenario, netns: string): readonly Extract<Step, { readonly kind: "change" }>[] {
	return steps.filter((step) => step.kind === "change").filter((step) => step.netns === netns);
}

function isLearning(link: Link["link"]): boolean {
	return link?.type === "bridge" || link?.type === "vxlan";
}
