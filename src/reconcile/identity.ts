/** When two kernel objects are the same one, and when nothing has to be done to make one into the other. */

import type { IpSet, IpSetMember } from "../kernel/ipset.ts";
import type { IpvsDestination, IpvsService, IpvsTimeouts } from "../kernel/ipvs.ts";
import type { Addr, Fdb, KernelObject, Link, Neigh, Route } from "../kernel/objects.ts";
import { RT_TABLE_MAIN } from "../kernel/objects.ts";
import type { Rule } from "../kernel/xtables.ts";
import { macIsGroup, macNum } from "../wire/addr.ts";

/** Two objects with one key cannot stand beside each other in a namespace. */
export function keyOf(object: KernelObject): string {
	switch (object.kind) {
		case "link":
			return `link ${object.name}`;
		case "addr":
			return `addr ${object.dev} ${object.addr.addr}/${object.addr.prefix}`;
		case "route":
			return `route ${object.table ?? RT_TABLE_MAIN} ${object.dst.addr}/${object.dst.prefix} ${object.metric ?? 0}`;
		case "rule":
			return `rule ${canonicalText(object)}`;
		case "neigh":
			return `neigh ${object.dev} ${object.addr}`;
		case "fdb":
			return `fdb ${object.dev} ${object.vlan ?? 0} ${object.mac}${hasSeveral(object) ? ` ${object.dst}` : ""}`;
		case "bridge-vlan":
			return `bridge-vlan ${object.dev} ${object.vid}`;
		case "sysctl":
			return `sysctl ${object.key}`;
		case "xt-chain":
			return `xt-chain ${object.family} ${object.table} ${object.chain}`;
		case "xt-rule":
			return `xt-rule ${object.family} ${object.table} ${object.chain} ${canonicalText(object.rule)}`;
		case "nfacct":
			return `nfacct ${object.name}`;
		case "ipvs-service":
			return `${object.kind} ${object.family} ${canonicalText(object.service)}`;
		case "ipvs-destination":
			return `${object.kind} ${object.family} ${canonicalText(object.service)} ${object.addr} ${object.port}`;
		case "ipvs-connection":
			return `${object.kind} ${object.proto} ${canonicalText(object.client)} ${canonicalText(object.virtual)}`;
		case "ipvs-timeouts":
		case "ipvs-totals":
			return object.kind;
		case "ipset":
			return `ipset ${object.name}`;
		case "ipset-entry":
			return `ipset-entry ${object.set} ${canonicalText(object.parts)}`;
		case "conntrack":
			return `conntrack ${canonicalText(object.original)} ${object.zone ?? 0}`;
	}
}

/** Whether `actual`, of the same key, already is what `desired` asks for. */
export function satisfies(actual: KernelObject, desired: KernelObject): boolean {
	switch (desired.kind) {
		case "link":
			return actual.kind === "link" && linkSatisfies(actual, desired);
		case "addr":
			return actual.kind === "addr" && addrSatisfies(actual, desired);
		case "route":
			return actual.kind === "route" && sameValue(routeForm(actual), routeForm(desired));
		case "neigh":
			return actual.kind === "neigh" && neighSatisfies(actual, desired);
		case "fdb":
			return actual.kind === "fdb" && actual.state === desired.state && sameDestination(actual, desired);
		case "bridge-vlan":
			return (
				actual.kind === "bridge-vlan" &&
				(actual.pvid ?? false) === (desired.pvid ?? false) &&
				(actual.untagged ?? false) === (desired.untagged ?? false)
			);
		case "sysctl":
			return actual.kind === "sysctl" && actual.value.trim() === desired.value.trim();
		case "ipset":
			return actual.kind === "ipset" && ipSetSatisfies(actual, desired);
		case "xt-chain": {
			if (actual.kind !== "xt-chain") return false;
			const policy = desired.policy === undefined || actual.policy === desired.policy;
			return policy && sameRules(actual.rules, desired.rules);
		}
		case "ipvs-service":
			return actual.kind === "ipvs-service" && sameValue(ipvsServiceForm(actual), ipvsServiceForm(desired));
		case "ipvs-destination":
			return actual.kind === "ipvs-destination" && sameValue(ipvsDestinationForm(actual), ipvsDestinationForm(desired));
		case "ipvs-timeouts":
			return actual.kind === "ipvs-timeouts" && timeoutsSatisfy(actual, desired);
		// The key is the whole object, or there is no more to it than its name.
		case "rule":
		case "xt-rule":
		case "nfacct":
		case "ipvs-connection":
		case "ipvs-totals":
		case "ipset-entry":
		case "conntrack":
			return true;
	}
}

/** VXLAN: the default address and groups may be behind several hosts, each an object of its own. */
function hasSeveral({ mac, dst }: Fdb): boolean {
	return dst !== undefined && (mac === "00:00:00:00:00:00" || macIsGroup(macNum(mac)));
}

function sameDestination(a: Fdb, b: Fdb): boolean {
	return a.dst === b.dst && a.port === b.port && a.vni === b.vni && a.via === b.via;
}

/** Equal but for counters and origin, which are not part of a rule. */
export function sameRule(a: Rule, b: Rule): boolean {
	return a === b || (sameValue(a.matches, b.matches) && sameValue(a.target, b.target));
}

/** Structural equality; a member that is undefined counts as absent. */
export function sameValue(a: unknown, b: unknown): boolean {
	if (Object.is(a, b)) return true;
	if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
	if (Array.isArray(a) || Array.isArray(b)) {
		if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
		return a.every((item: unknown, k) => sameValue(item, b[k]));
	}
	return sameMembers(a, b);
}

function sameMembers(a: object, b: object): boolean {
	const left: Readonly<Record<string, unknown>> = { ...a };
	const right: Readonly<Record<string, unknown>> = { ...b };
	let rest = 0;
	for (const key in right) if (right[key] !== undefined) rest += 1;
	for (const key in left) {
		if (left[key] === undefined) continue;
		rest -= 1;
		if (!sameValue(left[key], right[key])) return false;
	}
	return rest === 0;
}

function sameRules(a: readonly Rule[], b: readonly Rule[]): boolean {
	return a === b || (a.length === b.length && a.every((rule, k) => rule === b[k] || sameRuleAt(rule, b[k])));
}

function sameRuleAt(a: Rule, b: Rule | undefined): boolean {
	return b !== undefined && sameRule(a, b);
}

/** Only what is asked for is compared. A veth's peer may be renamed or moved by others. */
function linkSatisfies(actual: Link, desired: Link): boolean {
	if (desired.newName !== undefined || desired.netns !== undefined) return false;
	const { mac, mtu, up, promisc, master, port, link } = desired;
	if (mac !== undefined && actual.mac !== mac) return false;
	if (mtu !== undefined && actual.mtu !== mtu) return false;
	if (up !== undefined && (actual.up ?? false) !== up) return false;
	if (promisc !== undefined && (actual.promisc ?? false) !== promisc) return false;
	if (master !== undefined && (actual.master ?? "") !== master) return false;
	if (port !== undefined && !includes(actual.port ?? {}, port)) return false;
	if (link?.type !== "bridge") return true;
	return actual.link?.type === "bridge" && includes(actual.link, link);
}

function addrSatisfies(actual: Addr, desired: Addr): boolean {
	const broadcast = desired.broadcast === undefined || actual.broadcast === desired.broadcast;
	return broadcast && (desired.scope === undefined || (actual.scope ?? "global") === desired.scope);
}

function neighSatisfies(actual: Neigh, desired: Neigh): boolean {
	const state = desired.state === undefined || actual.state === desired.state;
	return state && (desired.mac === undefined || actual.mac === desired.mac);
}

/** Members in any order, without what they have counted and how long they still stay. */
function ipSetSatisfies(actual: IpSet, desired: IpSet): boolean {
	if (desired.newName !== undefined || desired.swapWith !== undefined) return false;
	if (desired.type !== undefined && desired.type !== actual.type) return false;
	if (desired.family !== undefined && desired.family !== (actual.family ?? desired.family)) return false;
	const { hashsize: _size, initval: _initval, bucketsize: _bucket, ...options } = desired.options ?? {};
	if (!includes(actual.options ?? {}, options)) return false;
	if (desired.entries === undefined) return true;
	const wanted = new Set(desired.entries.map(memberKey));
	const there = actual.entries ?? [];
	return there.length === wanted.size && there.every((member) => wanted.has(memberKey(member)));
}

function memberKey({ parts, comment, nomatch, skbmark }: IpSetMember): string {
	return canonicalText({ parts, comment, nomatch, skbmark });
}

/** A route with its defaults, without what only a dump tells. */
function routeForm(route: Route): unknown {
	const { type = "unicast", table = RT_TABLE_MAIN, metric = 0, protocol = "boot" } = route;
	const gateway = route.via !== undefined || route.nexthops?.some((hop) => hop.via !== undefined) === true;
	const local = type === "local" || type === "broadcast";
	const scope = route.scope ?? (local ? "host" : gateway || type !== "unicast" ? "global" : "link");
	const { dst, via, dev, src, mtu, nexthops } = route;
	const onlink = route.onlink === true;
	return { dst, type, table, metric, protocol, scope, via, dev, src, mtu, nexthops, onlink };
}

/** A virtual service with its defaults, without what only a dump tells. */
function ipvsServiceForm(service: IpvsService): unknown {
	const { scheduler = "wlc", schedFlags = [], persistence, onePacket } = service;
	return { scheduler, schedFlags: schedFlags.toSorted(), persistence, onePacket };
}

/** 0 leaves a timeout as it is. */
function timeoutsSatisfy(actual: IpvsTimeouts, { tcpSeconds, tcpFinSeconds, udpSeconds }: IpvsTimeouts): boolean {
	const same = (there: number, wanted: number): boolean => wanted === 0 || there === wanted;
	const tcp = same(actual.tcpSeconds, tcpSeconds) && same(actual.tcpFinSeconds, tcpFinSeconds);
	return tcp && same(actual.udpSeconds, udpSeconds);
}

function ipvsDestinationForm(destination: IpvsDestination): unknown {
	const { forward = "droute", weight = 1, upperThreshold = 0, lowerThreshold = 0, tunnel } = destination;
	return { forward, weight, upperThreshold, lowerThreshold, tunnel };
}

/** Whether every member of `wanted` is in `all`. */
function includes(all: object, wanted: object): boolean {
	const there = new Map(members(all));
	return members(wanted).every(([key, value]) => sameValue(there.get(key), value));
}

function members(value: object): readonly (readonly [string, unknown])[] {
	return Object.entries(value).filter(([, member]) => member !== undefined);
}

/** JSON with sorted keys, without counters and origin. */
function canonicalText(value: object): string {
	return JSON.stringify(value, (key, member: unknown) => {
		if (key === "counters" || key === "origin") return undefined;
		if (typeof member !== "object" || member === null || Array.isArray(member)) return member;
		return Object.fromEntries(members(member).toSorted(([a], [b]) => (a < b ? -1 : 1)));
	});
}
