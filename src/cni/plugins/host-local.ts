/**
 * The host-local IPAM plugin over an explicit store: one address per range set, round robin after the last one given.
 * Error texts are those of the reference plugin (containernetworking/plugins host-local).
 */
import { err, ok, type Result } from "../../base/result.ts";
import { addrPlus, type Cidr, type IpAddr } from "../../wire/addr.ts";
import { type CniDns, type CniError, type CniIp, type CniRoute, pluginError } from "../types.ts";
import { formatRangeSet, type Range, type RangeSet, rangeFor } from "./range.ts";

export interface HostLocalConf {
	readonly type: "host-local";
	readonly ranges: readonly RangeSet[];
	readonly routes: readonly CniRoute[];
	/** Addresses asked for in the configuration's `args.cni.ips` and `runtimeConfig.ips`. */
	readonly ips: readonly IpAddr[];
	/** A file as resolv.conf(5), for the result's `dns`. */
	readonly resolvConf?: string;
	/** Where the plugin keeps its files. */
	readonly dataDir?: string;
}

/** Who holds an address. */
export interface Reservation {
	readonly containerId: string;
	/** Empty: an old plugin did not write it down. */
	readonly ifName: string;
}

/** What the reference plugin keeps as files in `/var/lib/cni/networks/NAME`; a new value for each change. */
export interface IpamStore {
	readonly reservations: ReadonlyMap<IpAddr, Reservation>;
	/** `last_reserved_ip.INDEX`, by the index of the range set. */
	readonly lastReserved: ReadonlyMap<number, IpAddr>;
}

export const EMPTY_IPAM_STORE: IpamStore = { reservations: new Map(), lastReserved: new Map() };

/** The abbreviated result an IPAM plugin gives to the plugin that called it. */
export interface IpamResult {
	readonly ips: readonly CniIp[];
	readonly routes: readonly CniRoute[];
	readonly dns: CniDns;
}

export interface IpamRequest extends Reservation {
	readonly ips?: readonly IpAddr[];
	/** What `resolvConf` says. */
	readonly dns?: CniDns;
}

/** The outcome of ADD: also a failure may have moved the last reserved address on. */
export interface IpamOutcome {
	readonly result: Result<IpamResult, CniError>;
	readonly store: IpamStore;
}

/** ADD: one address of each range set; a failure gives back what was reserved on the way. */
export function hostLocalAdd(conf: HostLocalConf, request: IpamRequest, store: IpamStore): IpamOutcome {
	const wanted = new Set([...conf.ips, ...(request.ips ?? [])]);
	const ips: CniIp[] = [];
	let current = store;
	for (const [index, set] of conf.ranges.entries()) {
		const asked = [...wanted].find((addr) => rangeFor(set, addr) !== undefined);
		if (asked !== undefined) wanted.delete(asked);
		const { got, store: after } = allocate({ set, index, asked }, request, current);
		if (!got.ok) {
			const message = `failed to allocate for range ${index}: ${got.error}`;
			// Upstream releases by id what this call has reserved so far: nothing, when the first set fails.
			return { result: err(pluginError(message)), store: ips.length === 0 ? after : releaseAll(after, request) };
		}
		current = after;
		ips.push(got.value);
	}
	if (wanted.size > 0) {
		const message = `failed to allocate all requested IPs: ${[...wanted].join(" ")}`;
		return { result: err(pluginError(message)), store: releaseAll(current, request) };
	}
	return { result: ok({ ips, routes: conf.routes, dns: request.dns ?? {} }), store: current };
}

/** DEL: gives back every address of the attachment; nothing to give back is no error. */
export function hostLocalDel(request: Reservation, store: IpamStore): IpamStore {
	return releaseAll(store, request);
}

/** CHECK: the container holds an address. */
export function hostLocalCheck(request: Reservation, store: IpamStore): Result<void, CniError> {
	if ([...store.reservations.values()].some((by) => holdsOrOld(by, request))) return ok(undefined);
	return err(pluginError(`host-local: Failed to find address added by container ${request.containerId}`));
}

/** GC: addresses of attachments that are gone are given back (the reference plugin leaves them). */
export function hostLocalGc(valid: readonly Reservation[], store: IpamStore): IpamStore {
	const kept = [...store.reservations].filter(([, by]) => valid.some((one) => holdsOrOld(by, one)));
	return { reservations: new Map(kept), lastReserved: store.lastReserved };
}

/** What one range set is asked for. */
export interface AllocationRequest {
	readonly set: RangeSet;
	/** The index of the set in the configuration. */
	readonly index: number;
	readonly asked: IpAddr | undefined;
}

/** Reserves one address of a set: the one asked for, or the next free one. */
export function allocate(
	request: AllocationRequest,
	holder: Reservation,
	store: IpamStore,
): { readonly got: Result<CniIp, string>; readonly store: IpamStore } {
	const { set, index, asked } = request;
	const fail = (message: string): { got: Result<CniIp, string>; store: IpamStore } => ({ got: err(message), store });
	if (asked !== undefined) {
		const range = rangeFor(set, asked);
		if (range === undefined) return fail(`${asked} not in range set ${formatRangeSet(set)}`);
		if (asked === range.gateway) return fail(`requested ip ${asked} is subnet's gateway`);
		if (store.reservations.has(asked)) {
			return fail(`requested IP address ${asked} is not available in range set ${formatRangeSet(set)}`);
		}
		return { got: ok(given(asked, range)), store: reserved(store, index, { addr: asked, holder }) };
	}
	for (const [addr, by] of store.reservations) {
		if (!holdsOrOld(by, holder) || rangeFor(set, addr) === undefined) continue;
		return fail(`${addr} has been allocated to ${holder.containerId}, duplicate allocation is not allowed`);
	}
	for (const { addr, range } of candidates(set, store.lastReserved.get(index))) {
		if (store.reservations.has(addr)) continue;
		return { got: ok(given(addr, range)), store: reserved(store, index, { addr, holder }) };
	}
	return fail(`no IP addresses available in range set: ${formatRangeSet(set)}`);
}

/** The addresses of a set in the order in which they are tried: after the last one given, once around, gateways left out. */
export function* candidates(
	set: RangeSet,
	last: IpAddr | undefined,
): Generator<{ readonly addr: IpAddr; readonly range: Range }> {
	const found = last === undefined ? undefined : rangeFor(set, last);
	let index = found === undefined ? 0 : set.indexOf(found);
	let current = found === undefined ? undefined : last;
	let start: IpAddr | undefined;
	for (;;) {
		let range = set[index];
		if (range === undefined) return;
		if (current !== undefined && current !== range.rangeEnd) {
			current = addrPlus(current, 1);
		} else {
			if (current !== undefined) index = (index + 1) % set.length;
			range = set[index];
			if (range === undefined) return;
			current = range.rangeStart;
		}
		if (current === start) return;
		start ??= current;
		if (current !== range.gateway) yield { addr: current, range };
	}
}

function given(addr: IpAddr, range: Range): CniIp {
	const address: Cidr = { addr, prefix: range.subnet.prefix };
	return { address, gateway: range.gateway };
}

function reserved(store: IpamStore, index: number, entry: { addr: IpAddr; holder: Reservation }): IpamStore {
	const { containerId, ifName } = entry.holder;
	return {
		reservations: new Map(store.reservations).set(entry.addr, { containerId, ifName }),
		lastReserved: new Map(store.lastReserved).set(index, entry.addr),
	};
}

function releaseAll(store: IpamStore, holder: Reservation): IpamStore {
	const all = [...store.reservations];
	const isExact = all.some(([, by]) => holds(by, holder));
	const kept = all.filter(([, by]) => (isExact ? !holds(by, holder) : !holdsOrOld(by, holder)));
	return { reservations: new Map(kept), lastReserved: store.lastReserved };
}

/** An old plugin's reservation is any of the container's devices'. */
function holdsOrOld(by: Reservation, holder: Reservation): boolean {
	return holds(by, holder) || (by.ifName === "" && by.containerId === holder.containerId);
}

function holds(by: Reservation, holder: Reservation): boolean {
	return by.containerId === holder.containerId && by.ifName === holder.ifName;
}
