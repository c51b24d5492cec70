/** The Services of one family with their slices and rules, brought up to date by what differs between two snapshots. */
import { compareText } from "../base/compare-text.ts";
import type { XtChain } from "../kernel/objects.ts";
import { type EndpointSlice, type KubeSnapshot, namespacedName, type Service } from "../kube/snapshot.ts";
import type { IpFamily } from "../wire/addr.ts";
import { categorizeEndpoints } from "./categorize-endpoints.ts";
import { endpointsOfPort, type ProxyEndpoint } from "./endpoints.ts";
import { serviceChains } from "./service-chains.ts";
import { type ServicePortInfo, servicePortInfos } from "./service-port.ts";
import { type PortalRules, portalRules, portPlan } from "./service-rules.ts";
import type { SyncContext } from "./sync-context.ts";

export interface ServiceRules {
	/** Endpoints' chains come before those that jump to them. */
	readonly chains: readonly XtChain[];
	/** Its ports' parts of the shared chains, ports sorted by name. */
	readonly portal: PortalRules;
}

interface ServicePort {
	readonly info: ServicePortInfo;
	readonly endpoints: readonly ProxyEndpoint[];
}

export class ServiceEntry {
	readonly service: Service;
	readonly slices: readonly EndpointSlice[];
	readonly ports: readonly ServicePort[];
	readonly endpointCount: number;
	#rules: ServiceRules | undefined;

	constructor(service: Service, slices: readonly EndpointSlice[], { family, nodeName }: TableOptions) {
		this.service = service;
		this.slices = slices;
		const ports = servicePortInfos(service, family).map((info) => ({
			info,
			endpoints: endpointsOfPort(slices, info, nodeName),
		}));
		this.ports = ports.sort((a, b) => compareText(a.info.name, b.info.name));
		this.endpointCount = ports.reduce((sum, port) => sum + port.endpoints.length, 0);
	}

	/** Kept until `forget`. */
	rules(context: SyncContext): ServiceRules {
		this.#rules ??= makeRules(this.ports, context);
		return this.#rules;
	}

	forget(): void {
		this.#rules = undefined;
	}
}

export interface TableOptions {
	readonly family: IpFamily;
	readonly nodeName: string;
}

/** A Service whose rules have to be looked at again; `before` is undefined for a new one, `now` for one that is gone. */
export interface ServiceChange {
	readonly key: string;
	readonly before: ServiceEntry | undefined;
	readonly now: ServiceEntry | undefined;
}

export interface TableChanges {
	/** Sorted by key. */
	readonly services: readonly ServiceChange[];
	/** Of all Services, afterwards. */
	readonly endpointCount: number;
	readonly snapshot: Pick<KubeSnapshot, "services" | "endpointSlices">;
}

export class ServiceTable {
	readonly #options: TableOptions;
	readonly #entries = new Map<string, ServiceEntry>();
	/** Sorted. */
	#keys: string[] = [];
	#services: readonly Service[] = [];
	#slices: readonly EndpointSlice[] = [];
	#endpointCount = 0;

	constructor(options: TableOptions) {
		this.#options = options;
	}

	/** `namespace/name` of all Services, sorted. */
	get keys(): readonly string[] {
		return this.#keys;
	}

	entry(key: string): ServiceEntry | undefined {
		return this.#entries.get(key);
	}

	/** The rules of all Services have to be made anew. */
	forgetRules(): void {
		for (const entry of this.#entries.values()) entry.forget();
	}

	/** What differs from the snapshot that was taken last: objects are compared by identity. */
	compare({ services, endpointSlices }: Pick<KubeSnapshot, "services" | "endpointSlices">): TableChanges {
		const changed = changedItems(this.#services, services);
		const slices = changedItems(this.#slices, endpointSlices);
		const touched = new Map<string, Service | undefined>();
		for (const service of changed.removed) touched.set(namespacedName(service), undefined);
		for (const service of changed.added) touched.set(namespacedName(service), service);
		for (const slice of [...slices.removed, ...slices.added]) {
			const key = `${slice.namespace}/${slice.service ?? ""}`;
			const known = this.#entries.get(key);
			const isOurs = slice.family === this.#options.family && known !== undefined;
			if (isOurs && !touched.has(key)) touched.set(key, known.service);
		}
		const changes = this.#changes(touched, endpointSlices);
		const endpointCount = changes.reduce(
			(sum, { before, now }) => sum + (now?.endpointCount ?? 0) - (before?.endpointCount ?? 0),
			this.#endpointCount,
		);
		return { services: changes, endpointCount, snapshot: { services, endpointSlices } };
	}

	take({ services, endpointCount, snapshot }: TableChanges): void {
		this.#services = snapshot.services;
		this.#slices = snapshot.endpointSlices;
		this.#endpointCount = endpointCount;
		for (const { key, now } of services) {
			if (now === undefined) this.#entries.delete(key);
			else this.#entries.set(key, now);
		}
		if (services.every(({ before, now }) => before !== undefined && now !== undefined)) return;
		this.#keys = [...this.#entries.keys()].sort(compareText);
	}

	/** Sorted by key. */
	#changes(touched: ReadonlyMap<string, Service | undefined>, all: readonly EndpointSlice[]): readonly ServiceChange[] {
		if (touched.size === 0) return [];
		const slices = this.#slicesOf(touched, all);
		const changes = [...touched].map(([key, service]): ServiceChange => {
			const before = this.#entries.get(key);
			if (service === undefined) return { key, before, now: undefined };
			return { key, before, now: new ServiceEntry(service, slices.get(key) ?? [], this.#options) };
		});
		return changes.sort((a, b) => compareText(a.key, b.key));
	}

	/** In the order of the snapshot. */
	#slicesOf(
		keys: ReadonlyMap<string, unknown>,
		all: readonly EndpointSlice[],
	): ReadonlyMap<string, readonly EndpointSlice[]> {
		const names = new Set([...keys.keys()].map((key) => key.slice(key.indexOf("/") + 1)));
		const map = new Map<string, EndpointSlice[]>();
		for (const slice of all) {
			if (slice.service === undefined || !names.has(slice.service) || slice.family !== this.#options.family) continue;
			const key = `${slice.namespace}/${slice.service}`;
			const list = map.get(key);
			if (list === undefined) map.set(key, [slice]);
			else list.push(slice);
		}
		return map;
	}
}

function makeRules(ports: readonly ServicePort[], context: SyncContext): ServiceRules {
	const plans = ports.map(({ info, endpoints }) =>
		portPlan(info, categorizeEndpoints(endpoints, info, context.topology)),
	);
	const portals = plans.map((plan) => portalRules(plan, context));
	const [only] = portals;
	return {
		chains: plans.flatMap((plan) => serviceChains(plan, context)),
		portal: only !== undefined && portals.length === 1 ? only : joined(portals),
	};
}

function joined(portals: readonly PortalRules[]): PortalRules {
	return {
		natServices: portals.flatMap((portal) => portal.natServices),
		natNodePorts: portals.flatMap((portal) => portal.natNodePorts),
		filterServices: portals.flatMap((portal) => portal.filterServices),
		filterExternalServices: portals.flatMap((portal) => portal.filterExternalServices),
		filterNodePorts: portals.flatMap((portal) => portal.filterNodePorts),
		filterFirewall: portals.flatMap((portal) => portal.filterFirewall),
	};
}

/** What only one of two lists has. Where they begin and end alike is passed over quickly. */
function changedItems<T>(
	before: readonly T[],
	now: readonly T[],
): { readonly removed: readonly T[]; readonly added: readonly T[] } {
	if (before === now) return { removed: [], added: [] };
	let start = 0;
	while (start < before.length && start < now.length && before[start] === now[start]) start += 1;
	let end = 0;
	const most = Math.min(before.length, now.length) - start;
	while (end < most && before[before.length - 1 - end] === now[now.length - 1 - end]) end += 1;
	const [old, fresh] = [before.slice(start, before.length - end), now.slice(start, now.length - end)];
	const [oldSet, freshSet] = [new Set(old), new Set(fresh)];
	return { removed: old.filter((item) => !freshSet.has(item)), added: fresh.filter((item) => !oldSet.has(item)) };
}
