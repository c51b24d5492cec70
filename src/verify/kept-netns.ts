/**
 * A namespace that scenarios use one after the other: what it held when it was new, and what brings it from one scenario to
 * the next. Most of it is the same for all scenarios of a topology, and writing it again is most of the work.
 */
import { ok, type Result } from "../base/result.ts";
import type { KernelError, Op } from "../kernel/kernel.ts";
import type { KernelObject, KernelObjectKind } from "../kernel/objects.ts";
import { KeptSysctls } from "./kept-sysctls.ts";
import type { NetnsConfig, Step } from "./scenario.ts";
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

export interface KeptOptions {
	readonly host: ScenarioHost;
	/** What the kernel calls the namespace. */
	readonly name: string;
	/** Bridges or VXLANs learn where addresses are. */
	readonly learns: boolean;
}

type Change = Extract<Step, { readonly kind: "change" }>;
type Done<T> = Promise<Result<T, KernelError>>;

export class KeptNetns {
	readonly #host: ScenarioHost;
	readonly #name: string;
	readonly #learns: boolean;
	/** What it held right after the devices were made, by content. */
	readonly #clean: ReadonlyMap<string, KernelObject>;
	readonly #sysctls: KeptSysctls;
	/** What the last scenario set; undefined: it is clean. */
	#stands: NetnsConfig | undefined;
	#learnt: readonly KernelObject[] = [];
	/** Kinds of objects that the last scenario's steps changed. */
	#changed: ReadonlySet<KernelObjectKind> = new Set();

	private constructor({ host, name, learns }: KeptOptions, clean: ReadonlyMap<string, KernelObject>) {
		this.#host = host;
		this.#name = name;
		this.#learns = learns;
		this.#clean = clean;
		this.#sysctls = new KeptSysctls(host, name);
	}

	/** Remembers what the namespace holds, which is what it held when it was new. */
	static async remember(options: KeptOptions): Done<KeptNetns> {
		const dumped = await options.host.kernel.dump(options.name, RESET_KINDS);
		return dumped.ok ? ok(new KeptNetns(options, byContent(dumped.value))) : dumped;
	}

	/** Looks at what packets made. The value: all of the topology must start over (see `startsOver`). */
	async look(): Done<boolean> {
		const isBare = this.#stands === undefined || Object.keys(this.#stands).length === 0;
		const kinds: readonly KernelObjectKind[] = [
			...(isBare ? [] : (["neigh"] as const)),
			...(this.#learns ? (["fdb"] as const) : []),
		];
		this.#learnt = [];
		if (kinds.length === 0) return ok(false);
		const dumped = await this.#host.kernel.dump(this.#name, kinds);
		if (!dumped.ok) return dumped;
		this.#learnt = dumped.value.filter(
			(object) => (object.kind === "neigh" || isLearnt(object)) && !this.#clean.has(contentKey(object)),
		);
		return ok(this.#learnt.some((object) => object.kind === "neigh" && object.state === "INCOMPLETE"));
	}

	/** Takes everything away: when packets wait for a neighbour that is deleted, ICMP errors go out unless no address is left. */
	async startsOver(): Done<void> {
		if (this.#stands === undefined) return ok(undefined);
		this.#stands = undefined;
		return this.#startOver();
	}

	/** Operations after which it holds what the next scenario sets, and nothing else. Call `look` before. */
	async towards(config: NetnsConfig, changes: readonly Change[]): Done<readonly Op[]> {
		const sysctls = await this.#sysctls.towards(config.sysctls ?? {}, changes);
		if (!sysctls.ok) return sysctls;
		const objects = await this.#objects(config);
		if (!objects.ok) return objects;
		this.#stands = config;
		this.#changed = new Set(changes.map(({ object }) => object.kind));
		return ok([...sysctls.value, ...objects.value]);
	}

	async #objects(config: NetnsConfig): Done<readonly Op[]> {
		const before = this.#stands;
		if (before === undefined) return ok(allObjects(config));
		if (!this.#mayStay(before, config)) {
			const cleaned = await this.#startOver();
			return cleaned.ok ? ok(allObjects(config)) : cleaned;
		}
		const routes = changesOf(before.routes ?? [], config.routes ?? []);
		// Among rules of the same preference their order counts.
		const rules = sameObjects(before.rules, config.rules)
			? NO_CHANGES
			: { gone: before.rules ?? [], fresh: config.rules ?? [] };
		const gone = [...routes.gone, ...rules.gone];
		const fresh = [...routes.fresh, ...rules.fresh];
		// Also neighbours that both set are made anew: one that was used keeps the header of its frames.
		const neighs = (config.neighs ?? []).map(replaceOp);
		return ok([...gone.reverse().map(deleteOp), ...fresh.map(addOp), ...this.#learnt.map(deleteOp), ...neighs]);
	}

	/** Only routes, rules and neighbours differ, and nothing has changed them behind our back. */
	#mayStay(before: NetnsConfig, config: NetnsConfig): boolean {
		return (
			!RESET_KINDS.some((kind) => this.#changed.has(kind)) &&
			sameObjects(before.addrs, config.addrs) &&
			sameObjects(before.vlans, config.vlans) &&
			sameObjects(before.fdb, config.fdb)
		);
	}

	/** Takes away all that was not there when it was new. */
	async #startOver(): Done<void> {
		for (const kind of RESET_KINDS) {
			const dumped = await this.#host.kernel.dump(this.#name, [kind]);
			if (!dumped.ok) return dumped;
			const present = byContent(dumped.value);
			// The last first: with an address Linux deletes those of its network that came after it.
			const gone = [...present].filter(([key]) => !this.#clean.has(key)).map(([, object]) => deleteOp(object));
			const lost = [...this.#clean].filter(([key, object]) => object.kind === kind && !present.has(key));
			const tx = [...gone.reverse(), ...lost.map(([, object]) => replaceOp(object))];
			const applied = tx.length === 0 ? ok(undefined) : await this.#host.set(this.#name, tx);
			if (!applied.ok) return applied;
		}
		return ok(undefined);
	}
}

/** Everything of a configuration but rules of iptables, in order; sysctls come first. */
export function configOps(config: NetnsConfig): readonly Op[] {
	const sysctls = Object.entries(config.sysctls ?? {});
	return [...sysctls.map(([key, value]) => replaceOp({ kind: "sysctl", key, value })), ...allObjects(config)];
}

function allObjects({ addrs = [], routes = [], rules = [], neighs = [], vlans = [], fdb = [] }: NetnsConfig): Op[] {
	return [...[...addrs, ...routes, ...rules].map(addOp), ...[...neighs, ...vlans, ...fdb].map(replaceOp)];
}

interface Changes<T> {
	readonly gone: readonly T[];
	readonly fresh: readonly T[];
}

const NO_CHANGES = { gone: [], fresh: [] };

function changesOf<T extends KernelObject>(before: readonly T[], after: readonly T[]): Changes<T> {
	const [old, next] = [new Set(before.map(contentKey)), new Set(after.map(contentKey))];
	return {
		gone: before.filter((object) => !next.has(contentKey(object))),
		fresh: after.filter((object) => !old.has(contentKey(object))),
	};
}

function sameObjects(a: readonly KernelObject[] = [], b: readonly KernelObject[] = []): boolean {
	return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function isLearnt(object: KernelObject): boolean {
	return object.kind === "fdb" && object.state === undefined;
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
