/** The life of a connection (ip_vs_conn.c): made for a destination, kept by packets, ended by its timer. */
import { IPPROTO_UDP } from "../../wire/ipv4.ts";
import { conntrackNet } from "../netfilter/conntrack/net.ts";
import { CtTuple, ORIGINAL } from "../netfilter/conntrack/types.ts";
import { timerWheelDelay } from "../timer-wheel.ts";
import type { ConnParam } from "./conn-table.ts";
import type { IpvsNet } from "./net.ts";
import {
	CONN_F_INACTIVE,
	CONN_F_NFCT,
	CONN_F_NOOUTPUT,
	CONN_F_ONE_PACKET,
	CONN_F_TEMPLATE,
	CTPL_S_ASSURED,
	type ForwardMethod,
	IpvsConn,
	type IpvsDest,
} from "./types.ts";

export interface NewConn {
	readonly param: ConnParam;
	/** Where its packets go; port 0 in a template. */
	readonly daddr: number;
	readonly dport: number;
	/** CONN_F_TEMPLATE or CONN_F_ONE_PACKET. */
	readonly flags: number;
	/** Undefined: a connection that bypasses the destinations. */
	readonly dest: IpvsDest | undefined;
	readonly fwmark: number;
}

/** Makes a connection and puts it into the table; `ipVsConnPut` starts its timer (`ip_vs_conn_new`). */
export function ipVsConnNew(net: IpvsNet, init: NewConn): IpvsConn {
	const method: ForwardMethod = init.dest?.forward ?? "bypass";
	const cp = new IpvsConn({
		...init.param,
		daddr: init.daddr,
		dport: init.dport,
		flags: init.flags,
		method,
		fwmark: init.fwmark,
	});
	if (init.dest !== undefined) bindDest(cp, init.dest);
	if (net.settings.conntrack) cp.flags |= CONN_F_NFCT;
	net.conns.hash(cp);
	return cp;
}

/** A packet is done with: the timer begins anew; a one-packet connection ends (`ip_vs_conn_put`). */
export function ipVsConnPut(net: IpvsNet, cp: IpvsConn): void {
	if (cp.has(CONN_F_ONE_PACKET)) ipVsConnExpire(net, cp);
	else setTimer(net, cp, cp.timeoutNs);
}

/** Ends it with the next tick, after the packet at work (`ip_vs_conn_expire_now`). */
export function ipVsConnExpireNow(net: IpvsNet, cp: IpvsConn): void {
	if (cp.timer !== undefined && cp.expiresNs > net.now()) setTimer(net, cp, 0);
}

/** `ct` made `cp` and lives as long (`ip_vs_control_add`). */
export function ipVsControlAdd(cp: IpvsConn, ct: IpvsConn): void {
	cp.control = ct;
	ct.nControl += 1;
}

/** A connection of the template was established: it stays although its connections end early (`ip_vs_control_assure_ct`). */
export function ipVsControlAssureCt(cp: IpvsConn): void {
	if (cp.control?.has(CONN_F_TEMPLATE) === true) cp.control.state |= CTPL_S_ASSURED;
}

/** Counts it as active or inactive at its destination. */
export function setConnActive(cp: IpvsConn, active: boolean): void {
	const { dest } = cp;
	if (dest === undefined || active !== cp.has(CONN_F_INACTIVE)) return;
	if (active) {
		dest.active += 1;
		dest.inactive -= 1;
		cp.flags &= ~CONN_F_INACTIVE;
	} else {
		dest.active -= 1;
		dest.inactive += 1;
		cp.flags |= CONN_F_INACTIVE;
	}
}

/** Whether a template's destination may still be used; if not the template is made impossible to find (`ip_vs_check_template`). */
export function ipVsCheckTemplate(net: IpvsNet, ct: IpvsConn): boolean {
	const { dest } = ct;
	const quiescent = net.settings.expireQuiescentTemplate && dest?.weight === 0;
	if (dest?.available === true && !quiescent) return true;
	if (ct.vport !== 0xffff && net.conns.unhash(ct)) {
		ct.dport = 0xffff;
		ct.vport = 0xffff;
		ct.cport = 0;
		net.conns.hash(ct);
	}
	return false;
}

/** Ends all connections of destinations that were deleted (`ip_vs_expire_nodest_conn_flush`). */
export function ipVsExpireNodestConnFlush(net: IpvsNet): void {
	for (const cp of net.conns.entries()) {
		if (!cp.hashed || cp.dest === undefined || cp.dest.available || cp.nControl > 0) continue;
		const { control } = cp;
		deleteConn(net, cp);
		if (control?.nControl === 0) deleteConn(net, control);
	}
}

/** `ip_vs_conn_del`. */
function deleteConn(net: IpvsNet, cp: IpvsConn): void {
	if (cp.timer === undefined) return;
	if (cp.control !== undefined) cp.timeoutNs = 0;
	ipVsConnExpire(net, cp);
}

/** The end; one that others depend on is given another minute (`ip_vs_conn_expire`). */
function ipVsConnExpire(net: IpvsNet, cp: IpvsConn): void {
	if (cp.nControl > 0) {
		cp.timeoutNs = 60e9;
		setTimer(net, cp, cp.timeoutNs);
		return;
	}
	cp.timer?.cancel();
	cp.timer = undefined;
	net.conns.unhash(cp);
	const { control } = cp;
	if (control !== undefined) {
		cp.control = undefined;
		control.nControl -= 1;
		const kept = control.has(CONN_F_TEMPLATE) && (control.state & CTPL_S_ASSURED) !== 0;
		if (cp.timeoutNs === 0 && control.nControl === 0 && !kept) deleteConn(net, control);
	}
	if (cp.has(CONN_F_NFCT) && !cp.has(CONN_F_ONE_PACKET)) dropConntrack(net, cp);
	unbindDest(cp);
}

/** Ends the conntrack entry with the connection (`ip_vs_conn_drop_conntrack`). */
function dropConntrack(net: IpvsNet, cp: IpvsConn): void {
	if (cp.cport === 0) return;
	const tracked = conntrackNet(net.netns);
	const tuple = new CtTuple(undefined, ORIGINAL);
	tuple.proto = cp.proto;
	tuple.src = cp.caddr;
	tuple.sport = cp.cport;
	tuple.dst = cp.vaddr;
	tuple.dport = cp.vport;
	const ct = tracked.table.find(tuple, tracked.now())?.ct;
	if (ct !== undefined) tracked.table.kill(ct);
}

/** One timer of the event loop for each connection; a later end does not disturb it, it looks again when it fires. */
function setTimer(net: IpvsNet, cp: IpvsConn, delayNs: number): void {
	const now = net.now();
	cp.expiresNs = now + delayNs;
	cp.fireNs = now + timerWheelDelay(now, delayNs);
	if (cp.timer !== undefined && cp.timer.dueNs <= cp.fireNs) return;
	cp.timer?.cancel();
	arm(net, cp);
}

function arm(net: IpvsNet, cp: IpvsConn): void {
	const { loop } = net.netns.machine;
	cp.timer = loop.after(cp.fireNs - loop.now(), () => {
		cp.timer = undefined;
		if (net.netns.dead) return;
		if (loop.now() < cp.fireNs) arm(net, cp);
		else ipVsConnExpire(net, cp);
	});
}

/** `ip_vs_bind_dest`. */
function bindDest(cp: IpvsConn, dest: IpvsDest): void {
	cp.flags |= CONN_F_INACTIVE;
	if (dest.forward !== "masq") cp.flags |= CONN_F_NOOUTPUT;
	if (cp.proto !== IPPROTO_UDP) cp.flags &= ~CONN_F_ONE_PACKET;
	cp.dest = dest;
	if (cp.has(CONN_F_TEMPLATE)) dest.persistent += 1;
	else dest.inactive += 1;
	if (isFull(dest)) dest.overloaded = true;
}

/** It has as many connections as it may have. */
export function isFull(dest: IpvsDest): boolean {
	return dest.upperThreshold !== 0 && dest.active + dest.inactive >= dest.upperThreshold;
}

/** `ip_vs_unbind_dest`. */
function unbindDest(cp: IpvsConn): void {
	const { dest } = cp;
	if (dest === undefined) return;
	cp.dest = undefined;
	if (cp.has(CONN_F_TEMPLATE)) dest.persistent -= 1;
	else if (cp.has(CONN_F_INACTIVE)) dest.inactive -= 1;
	else dest.active -= 1;
	const total = dest.active + dest.inactive;
	if (dest.lowerThreshold !== 0) {
		if (total < dest.lowerThreshold) dest.overloaded = false;
	} else if (dest.upperThreshold !== 0) {
		if (total * 4 < dest.upperThreshold * 3) dest.overloaded = false;
	} else {
		dest.overloaded = false;
	}
}
