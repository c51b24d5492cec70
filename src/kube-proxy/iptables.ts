/**
 * kube-proxy in iptables mode, as a pure function: Services and EndpointSlices → the chains and rules of one node.
 *
 * Chain names, rules, their order and their comments are those of kube-proxy 1.36. Where upstream's order is random (the
 * Services within a shared chain) they are sorted by name.
 */
import type { Op } from "../kernel/kernel.ts";
import type { KernelObject, XtChain } from "../kernel/objects.ts";
import type { KubeSnapshot, NodeFacts } from "../kube/snapshot.ts";
import type { IpFamily } from "../wire/addr.ts";
import { DEFAULT_FAMILIES, type KubeProxyConfig } from "./config.ts";
import { changedChains, changedServices } from "./rule-changes.ts";
import { ServiceTable, type TableChanges } from "./service-table.ts";
import { sharedChains } from "./shared-chains.ts";
import { jumpRules, requiredObjects, staticChains } from "./static-rules.ts";
import { type SyncContext, syncContext } from "./sync-context.ts";

/** More endpoints than this: rules per endpoint go without comments. */
const LARGE_CLUSTER_ENDPOINTS = 1000;

/** Everything that kube-proxy wants to be on the node; chains before those that jump to them. */
export function desiredIptables(
	snapshot: KubeSnapshot,
	node: NodeFacts,
	config: KubeProxyConfig,
): readonly KernelObject[] {
	return new IptablesProxier(node, config).desired(snapshot);
}

/**
 * The same, remembering each Service's rules: as long as a Service and its slices are the same objects, so are its rules.
 * Of every call the snapshot is what the next one's is compared with.
 */
export class IptablesProxier {
	readonly #node: NodeFacts;
	readonly #config: KubeProxyConfig;
	readonly #families: readonly FamilyRules[];

	constructor(node: NodeFacts, config: KubeProxyConfig) {
		this.#node = node;
		this.#config = config;
		const families = config.families ?? DEFAULT_FAMILIES;
		this.#families = families.map((family) => new FamilyRules({ family, nodeName: node.name }));
	}

	desired(snapshot: KubeSnapshot): readonly KernelObject[] {
		for (const family of this.#families) family.update(snapshot, this.#node, this.#config);
		const contexts = this.#families.flatMap(({ context }) => (context === undefined ? [] : [context]));
		return [...requiredObjects(contexts), ...this.#families.flatMap((family) => family.objects())];
	}

	/**
	 * What has to be done on a node that has what the call before wanted, without looking at the node. Only the chains of
	 * changed Services are written, and of shared chains only their rules. If the operations fail, a full difference is
	 * needed: `desired` and a dump.
	 */
	transaction(snapshot: KubeSnapshot): readonly Op[] {
		if (this.#families.some(({ context }) => context === undefined)) {
			return this.desired(snapshot).map((object) => ({ verb: object.kind === "sysctl" ? "replace" : "add", object }));
		}
		return this.#families.flatMap((family) => family.transaction(snapshot, this.#node, this.#config));
	}
}

class FamilyRules {
	readonly #family: IpFamily;
	readonly #table: ServiceTable;
	#context: SyncContext | undefined;
	#settings = "";

	constructor({ family, nodeName }: { readonly family: IpFamily; readonly nodeName: string }) {
		this.#family = family;
		this.#table = new ServiceTable({ family, nodeName });
	}

	get context(): SyncContext | undefined {
		return this.#context;
	}

	update(snapshot: KubeSnapshot, node: NodeFacts, config: KubeProxyConfig): void {
		const changes = this.#table.compare(snapshot);
		const context = this.#nextContext(snapshot, node, config, changes);
		this.#table.take(changes);
		this.#renew(context);
	}

	objects(): readonly KernelObject[] {
		return [...this.#chains(), ...jumpRules(this.#family)];
	}

	transaction(snapshot: KubeSnapshot, node: NodeFacts, config: KubeProxyConfig): readonly Op[] {
		const changes = this.#table.compare(snapshot);
		const context = this.#nextContext(snapshot, node, config, changes);
		if (JSON.stringify(context) === this.#settings) {
			this.#table.take(changes);
			return changedServices(changes.services, this.#table, context);
		}
		// Every rule may depend on the settings: chains are compared one by one with those that were.
		const before = this.#chains();
		this.#table.take(changes);
		this.#renew(context);
		return changedChains(before, this.#chains());
	}

	#nextContext(snapshot: KubeSnapshot, node: NodeFacts, config: KubeProxyConfig, changes: TableChanges): SyncContext {
		const large = changes.endpointCount > LARGE_CLUSTER_ENDPOINTS;
		return syncContext(snapshot, node, config, { family: this.#family, large });
	}

	#renew(context: SyncContext): void {
		const settings = JSON.stringify(context);
		if (settings !== this.#settings) this.#table.forgetRules();
		this.#settings = settings;
		this.#context = context;
	}

	#chains(): readonly XtChain[] {
		const context = this.#context;
		if (context === undefined) return [];
		const rules = this.#table.keys.flatMap((key) => this.#table.entry(key)?.rules(context) ?? []);
		const chains: XtChain[] = [...staticChains(context)];
		for (const service of rules) for (const chain of service.chains) chains.push(chain);
		chains.push(...sharedChains(rules, context));
		return chains;
	}
}
