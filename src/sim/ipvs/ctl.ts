/** Configuring IPVS (net/netfilter/ipvs/ip_vs_ctl.c): services, destinations, and the trash where deleted ones wait. */
import type { IpvsForward } from "../../kernel/ipvs.ts";
import { JIFFY_NS, timerWheelDelay } from "../timer-wheel.ts";
import { ipVsExpireNodestConnFlush, isFull } from "./conn.ts";
import { ipVsRegisterHooks } from "./init.ts";
import type { IpvsNet } from "./net.ts";
import { schedulerByName } from "./schedulers/registry.ts";
import { IpvsDest, IpvsSvc } from "./types.ts";

/** What `ipvsadm` may set of a service; its scheduler exists. */
export interface SvcConfig {
	/** `none`: no destination is ever found. */
	readonly scheduler: string;
	readonly schedFlags: number;
	readonly persistence: { readonly timeoutNs: number; readonly netmask: number } | undefined;
	readonly onePacket: boolean;
}

export interface DestConfig {
	readonly forward: IpvsForward;
	readonly weight: number;
	readonly upperThreshold: number;
	readonly lowerThreshold: number;
}

/** How long the last user of a deleted destination must be gone before it is forgotten. */
const TRASH_PERIOD_NS = 120e9;

/** The service is not there yet. The first one brings the hooks. */
export function ipVsAddService(
	net: IpvsNet,
	key: ConstructorParameters<typeof IpvsSvc>[0],
	config: SvcConfig,
): IpvsSvc {
	const svc = new IpvsSvc(key);
	configure(net, svc, config);
	linkService(net, svc);
	return svc;
}

/** A new scheduler begins anew. */
export function ipVsEditService(net: IpvsNet, svc: IpvsSvc, config: SvcConfig): void {
	configure(net, svc, config);
}

/** Takes the service away; its destinations go to the trash, its connections stay until they expire. */
export function ipVsDelService(net: IpvsNet, svc: IpvsSvc): void {
	net.services.delete(svc);
	if (net.services.size === 0) {
		for (const unregister of net.unregisterHooks) unregister();
		net.unregisterHooks = [];
	}
	svc.scheduler?.bound.done?.();
	for (const dest of svc.dests) trashDest(net, dest);
}

/** Puts a service back that was taken away, as it was. */
export function ipVsRestoreService(net: IpvsNet, svc: IpvsSvc): void {
	for (const dest of svc.dests) untrash(net, dest);
	linkService(net, svc);
}

/** The destination is not there yet; one that waits in the trash comes back with its connections and counters. */
export function ipVsAddDest(
	net: IpvsNet,
	svc: IpvsSvc,
	addr: { readonly addr: number; readonly port: number },
	config: DestConfig,
): IpvsDest {
	const old = net.trash.find(
		({ dest }) => dest.addr === addr.addr && dest.port === addr.port && sameService(dest.svc, svc),
	)?.dest;
	const dest = old ?? new IpvsDest(svc, addr.addr, addr.port);
	if (old !== undefined) untrash(net, old);
	if (dest.svc !== svc) {
		dest.stats.zero(net);
		dest.svc = svc;
	}
	dest.available = true;
	setDest(dest, config, true);
	svc.dests = [dest, ...svc.dests];
	svc.scheduler?.bound.destsChanged?.({ what: "add", dest, at: 0 });
	return dest;
}

export function ipVsEditDest(svc: IpvsSvc, dest: IpvsDest, config: DestConfig): void {
	setDest(dest, config, false);
	svc.scheduler?.bound.destsChanged?.({ what: "update", dest, at: svc.dests.indexOf(dest) });
}

export function ipVsDelDest(net: IpvsNet, svc: IpvsSvc, dest: IpvsDest): void {
	const at = svc.dests.indexOf(dest);
	svc.dests = svc.dests.filter((other) => other !== dest);
	dest.available = false;
	svc.scheduler?.bound.destsChanged?.({ what: "delete", dest, at });
	trashDest(net, dest);
}

export function ipVsLookupDest(svc: IpvsSvc, addr: number, port: number): IpvsDest | undefined {
	return svc.dests.find((dest) => dest.addr === addr && dest.port === port);
}

/** Remembers all that configuring the service can change; the result restores it. */
export function saveService(net: IpvsNet, svc: IpvsSvc): () => void {
	const { scheduler, schedFlags, persistence, onePacket, dests } = svc;
	const { trash } = net;
	const restoreScheduler = scheduler?.bound.save();
	const saved = dests.map((dest) => {
		const { forward, weight, lastWeight, upperThreshold, lowerThreshold, overloaded } = dest;
		return {
			dest,
			values: { forward, weight, lastWeight, upperThreshold, lowerThreshold, overloaded, available: true, svc },
		};
	});
	return () => {
		for (const dest of svc.dests) dest.available = false;
		for (const { dest, values } of saved) Object.assign(dest, values);
		Object.assign(svc, { scheduler, schedFlags, persistence, onePacket, dests });
		restoreScheduler?.();
		net.trash = trash;
	};
}

function configure(net: IpvsNet, svc: IpvsSvc, config: SvcConfig): void {
	if (svc.scheduler?.name !== config.scheduler) {
		svc.scheduler?.bound.done?.();
		const scheduler = schedulerByName(config.scheduler, net);
		svc.scheduler = scheduler === undefined ? undefined : { name: scheduler.name, bound: scheduler.bind(svc) };
	}
	svc.schedFlags = config.schedFlags;
	svc.persistence = config.persistence;
	svc.onePacket = config.onePacket;
}

function linkService(net: IpvsNet, svc: IpvsSvc): void {
	if (net.services.size === 0) net.unregisterHooks = ipVsRegisterHooks(net.netns);
	net.services.add(svc);
}

/** `__ip_vs_update_dest`. */
function setDest(dest: IpvsDest, config: DestConfig, added: boolean): void {
	if (added || config.weight !== 0) dest.lastWeight = config.weight;
	if (config.upperThreshold === 0 || config.upperThreshold > dest.upperThreshold) dest.overloaded = false;
	Object.assign(dest, config);
	if (isFull(dest)) dest.overloaded = true;
}

/** It waits there for its connections to end, or to be added again (`__ip_vs_del_dest`). */
function trashDest(net: IpvsNet, dest: IpvsDest): void {
	dest.available = false;
	if (net.trash.length === 0) emptyLater(net);
	net.trash = [{ dest, idleNs: undefined }, ...net.trash];
	if (!net.settings.expireNodestConn) return;
	// expire_nodest_conn_work, a tick later.
	const now = net.now();
	net.netns.machine.loop.after(timerWheelDelay(now, JIFFY_NS), () => ipVsExpireNodestConnFlush(net));
}

function untrash(net: IpvsNet, dest: IpvsDest): void {
	net.trash = net.trash.filter((each) => each.dest !== dest);
	dest.available = true;
}

/** Looks every minute for destinations that nobody used for two (`ip_vs_dest_trash_expire`). */
function emptyLater(net: IpvsNet): void {
	net.netns.machine.loop.after(TRASH_PERIOD_NS / 2, () => {
		const now = net.now();
		net.trash = net.trash.filter((each) => {
			if (each.dest.users > 0) return true;
			each.idleNs ??= now;
			return now < each.idleNs + TRASH_PERIOD_NS;
		});
		if (net.trash.length > 0 && !net.netns.dead) emptyLater(net);
	});
}

function sameService(a: IpvsSvc, b: IpvsSvc): boolean {
	return a.proto === b.proto && a.addr === b.addr && a.port === b.port && a.fwmark === b.fwmark;
}
