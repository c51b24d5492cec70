/**
 * Graceful termination: a destination that is no longer wanted gets no new connections (weight 0) and goes when its last
 * connection has gone. Time and connection counts are arguments.
 */
import type { IpvsDestination, IpvsServiceKey } from "../kernel/ipvs.ts";
import type { KernelObject } from "../kernel/objects.ts";

/** What is remembered from one sync to the next. */
export interface Termination {
	/** The destinations that are kept with weight 0, by `destinationKey`. */
	readonly draining: ReadonlySet<string>;
	/** When those are looked at next, nanoseconds of the caller's clock. */
	readonly nextCheckNs: number;
}

export const NOTHING_DRAINS: Termination = { draining: new Set(), nextCheckNs: 0 };

/** How often drained destinations are looked for. */
export const DRAIN_CHECK_NS = 60_000_000_000;

export interface TerminationInput {
	/** The destinations that there are, as a dump lists them: with their connections. */
	readonly actual: readonly KernelObject[];
	readonly desired: readonly KernelObject[];
	readonly before: Termination;
	readonly nowNs: number;
	/** Whether a destination of the dump is kube-proxy's. */
	owns(destination: IpvsDestination): boolean;
}

export interface TerminationResult {
	/** To be desired as well: what drains, with weight 0. */
	readonly kept: readonly IpvsDestination[];
	readonly after: Termination;
}

/**
 * What becomes of the destinations that are not desired. One that was not so before goes at once when it has no connections;
 * UDP and SCTP always do, as the kernel forgets their connections (`expire_nodest_conn`). One that drains already is looked at
 * once a minute only. Those of a virtual service that is itself no longer desired go with it.
 */
export function gracefulTermination(input: TerminationInput): TerminationResult {
	const { actual, desired, before, nowNs } = input;
	const services = new Set(
		desired.flatMap((object) => (object.kind === "ipvs-service" ? [serviceText(object.service)] : [])),
	);
	const wanted = new Set(
		desired.flatMap((object) => (object.kind === "ipvs-destination" ? [destinationKey(object)] : [])),
	);
	const looks = nowNs >= before.nextCheckNs;
	const kept: IpvsDestination[] = [];
	for (const object of actual) {
		if (object.kind !== "ipvs-destination" || !services.has(serviceText(object.service))) continue;
		const key = destinationKey(object);
		if (wanted.has(key) || !input.owns(object)) continue;
		const waits = before.draining.has(key) && !looks;
		if (waits || hasToDrain(object)) kept.push(drained(object));
	}
	return {
		kept,
		after: {
			draining: new Set(kept.map(destinationKey)),
			nextCheckNs: looks ? nowNs + DRAIN_CHECK_NS : before.nextCheckNs,
		},
	};
}

/** Names a destination of one virtual service. */
export function destinationKey({ service, addr, port }: IpvsDestination): string {
	return `${serviceText(service)} ${addr} ${port}`;
}

function hasToDrain({ service, connections }: IpvsDestination): boolean {
	if ("fwmark" in service || service.proto !== "tcp" || connections === undefined) return false;
	return connections.active + connections.inactive > 0;
}

function drained({
	connections: _connections,
	stats: _stats,
	mustExist: _mustExist,
	...rest
}: IpvsDestination): IpvsDestination {
	return { ...rest, weight: 0 };
}

function serviceText(service: IpvsServiceKey): string {
	return "fwmark" in service ? `fwmark ${service.fwmark}` : `${service.proto} ${service.addr} ${service.port}`;
}
