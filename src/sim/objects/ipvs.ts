/** IPVS objects of the port, refused with the kernel's errnos and `ipvsadm`'s words. */
import { ok, type Result } from "../../base/result.ts";
import type {
	IpvsDestination,
	IpvsObject,
	IpvsService,
	IpvsServiceKey,
	IpvsTimeouts,
	IpvsTotals,
} from "../../kernel/ipvs.ts";
import type { Verb } from "../../kernel/kernel.ts";
import type { KernelObject } from "../../kernel/objects.ts";
import { type IpAddr, ipNum, ipText } from "../../wire/addr.ts";
import { IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from "../../wire/ipv4.ts";
import { inetAddrType } from "../ipv4/route.ts";
import {
	type DestConfig,
	ipVsAddDest,
	ipVsAddService,
	ipVsDelDest,
	ipVsDelService,
	ipVsEditDest,
	ipVsEditService,
	ipVsLookupDest,
	ipVsRestoreService,
	type SvcConfig,
	saveService,
} from "../ipvs/ctl.ts";
import { type IpvsNet, ipvsNet } from "../ipvs/net.ts";
import { TCP_S_ESTABLISHED, TCP_S_FIN_WAIT } from "../ipvs/proto-tcp.ts";
import { schedulerByName } from "../ipvs/schedulers/registry.ts";
import { connectionOf, serviceKeyOf } from "../ipvs/steps.ts";
import type { IpvsDest, IpvsSvc } from "../ipvs/types.ts";
import type { Netns } from "../types.ts";
import { type ObjectError, refuse, type Undo } from "./handler.ts";

type Applied = Result<Undo, ObjectError>;

export function applyIpvs(netns: Netns, verb: Verb, object: IpvsObject): Applied {
	const net = ipvsNet(netns);
	switch (object.kind) {
		case "ipvs-service":
			return applyService(net, verb, object);
		case "ipvs-destination":
			return applyDestination(net, verb, object);
		case "ipvs-connection":
			return refuse("EOPNOTSUPP", "ipvs: connections are made by packets only");
		case "ipvs-timeouts":
			return applyTimeouts(net, verb, object);
		case "ipvs-totals":
			return applyTotals(net, verb, object);
	}
}

/** Services in order of addition, destinations in the kernel's order (the last one first), connections oldest first. */
export function dumpIpvs(netns: Netns, kind: IpvsObject["kind"]): readonly KernelObject[] {
	const net = ipvsNet(netns);
	switch (kind) {
		case "ipvs-service":
			return net.services.entries().map((svc) => serviceOf(net, svc));
		case "ipvs-destination":
			return net.services.entries().flatMap((svc) => svc.dests.map((dest) => destinationOf(net, svc, dest)));
		case "ipvs-connection":
			return net.conns.entries().map((cp) => connectionOf(cp, net.now()));
		case "ipvs-timeouts":
			return [timeoutsOf(net)];
		case "ipvs-totals":
			return [{ kind: "ipvs-totals", stats: net.totals.read(net) }];
	}
}

function applyService(net: IpvsNet, verb: Verb, object: IpvsService): Applied {
	const key = keyOf(object);
	if (typeof key === "string") return refuse("EOPNOTSUPP", key);
	const svc = net.services.get(key);
	if (verb === "delete") {
		if (svc === undefined) return refuse("ESRCH", "No such service");
		const restore = saveService(net, svc);
		ipVsDelService(net, svc);
		return ok(() => {
			ipVsRestoreService(net, svc);
			restore();
		});
	}
	if (svc !== undefined && verb === "add") return refuse("EEXIST", "Service already exists");
	if (svc === undefined && verb === "replace" && object.mustExist === true) return refuse("ESRCH", "No such service");
	const config = svcConfig(net, object);
	if (!config.ok) return config;
	if (svc === undefined) {
		const added = ipVsAddService(net, key, config.value);
		return ok(() => ipVsDelService(net, added));
	}
	const restore = saveService(net, svc);
	ipVsEditService(net, svc, config.value);
	return ok(restore);
}

function applyDestination(net: IpvsNet, verb: Verb, object: IpvsDestination): Applied {
	const key = keyOf(object);
	if (typeof key === "string") return refuse("EOPNOTSUPP", key);
	const svc = net.services.get(key);
	if (svc === undefined) return refuse("ESRCH", "Service not defined");
	const addr = v4(object.addr);
	if (addr === undefined) return refuse("EOPNOTSUPP", "ipvs: IPv6 destinations are not modelled");
	const { weight = 1, upperThreshold = 0, lowerThreshold = 0 } = object;
	const isOutOfRange = weight < 0 || weight > 0x7fffffff || lowerThreshold > upperThreshold;
	if (verb !== "delete" && isOutOfRange) return refuse("ERANGE", "Numerical result out of range");
	const dest = ipVsLookupDest(svc, addr, object.port);
	if (verb === "delete" || (verb === "replace" && object.mustExist === true)) {
		if (dest === undefined) return refuse("ENOENT", "No such destination");
	} else if (verb === "add" && dest !== undefined) return refuse("EEXIST", "Destination already exists");
	const restore = saveService(net, svc);
	if (verb === "delete") {
		if (dest !== undefined) ipVsDelDest(net, svc, dest);
		return ok(restore);
	}
	const config = destConfig(net, object, addr);
	if (!config.ok) return config;
	if (dest === undefined) ipVsAddDest(net, svc, { addr, port: object.port }, config.value);
	else ipVsEditDest(svc, dest, config.value);
	return ok(restore);
}

function applyTimeouts(net: IpvsNet, verb: Verb, object: IpvsTimeouts): Applied {
	if (verb !== "replace") return refuse("EOPNOTSUPP", "ipvs: timeouts are set, neither added nor deleted");
	const { tcpSeconds, tcpFinSeconds, udpSeconds } = object;
	if ([tcpSeconds, tcpFinSeconds, udpSeconds].some((n) => n < 0 || n > MAX_SECONDS)) {
		return refuse("EINVAL", "Invalid operation.  Possibly wrong module version, address not unicast, ...");
	}
	const { timeouts } = net;
	const saved = { tcp: [...timeouts.tcp], udp: timeouts.udp };
	if (tcpSeconds !== 0) timeouts.tcp[TCP_S_ESTABLISHED] = tcpSeconds;
	if (tcpFinSeconds !== 0) timeouts.tcp[TCP_S_FIN_WAIT] = tcpFinSeconds;
	if (udpSeconds !== 0) timeouts.udp = udpSeconds;
	return ok(() => {
		timeouts.tcp.splice(0, saved.tcp.length, ...saved.tcp);
		timeouts.udp = saved.udp;
	});
}

/** INT_MAX in jiffies of a kernel with HZ 250. */
const MAX_SECONDS = Math.floor(0x7fffffff / 250);

/** Zeroing cannot be taken back. */
function applyTotals(net: IpvsNet, verb: Verb, object: IpvsTotals): Applied {
	if (verb !== "delete") return refuse("EOPNOTSUPP", "ipvs: counters can only be zeroed");
	if (object.service === undefined) {
		for (const svc of net.services.entries()) zeroService(net, svc);
		net.totals.zero(net);
		return ok(() => undefined);
	}
	const key = keyOf({ service: object.service });
	if (typeof key === "string") return refuse("EOPNOTSUPP", key);
	const svc = net.services.get(key);
	if (svc === undefined) return refuse("ESRCH", "No such service");
	zeroService(net, svc);
	return ok(() => undefined);
}

function zeroService(net: IpvsNet, svc: IpvsSvc): void {
	svc.stats.zero(net);
	for (const dest of svc.dests) dest.stats.zero(net);
}

/** A string says what is not modelled. */
function keyOf(object: {
	readonly service: IpvsServiceKey;
	readonly family?: "ipv4" | "ipv6";
}): { readonly proto: number; readonly addr: number; readonly port: number; readonly fwmark: number } | string {
	const { service } = object;
	if (object.family === "ipv6") return "ipvs: IPv6 services are not modelled";
	if ("fwmark" in service) return { proto: 0, addr: 0, port: 0, fwmark: service.fwmark };
	const addr = v4(service.addr);
	if (addr === undefined) return "ipvs: IPv6 services are not modelled";
	return { proto: PROTOCOLS[service.proto], addr, port: service.port, fwmark: 0 };
}

const PROTOCOLS = { tcp: IPPROTO_TCP, udp: IPPROTO_UDP, sctp: IPPROTO_SCTP } as const;

function svcConfig(net: IpvsNet, object: IpvsService): Result<SvcConfig, ObjectError> {
	const { scheduler = "wlc", persistence, schedFlags = [] } = object;
	if (scheduler !== "none" && schedulerByName(scheduler, net) === undefined) {
		return refuse("ENOENT", "Scheduler or persistence engine not found");
	}
	if (persistence?.engine === "sip") return refuse("EOPNOTSUPP", "ipvs: the persistence engine sip is not modelled");
	if (persistence?.engine !== undefined) return refuse("ENOENT", "Scheduler or persistence engine not found");
	const netmask = persistence?.netmask === undefined ? 0xffffffff : v4(persistence.netmask);
	return ok({
		scheduler,
		schedFlags: schedFlags.reduce((bits, flag) => bits | FLAG_BITS[flag], 0),
		persistence:
			persistence === undefined
				? undefined
				: { timeoutNs: persistence.timeoutSeconds * 1e9, netmask: netmask ?? 0xffffffff },
		onePacket: object.onePacket === true,
	});
}

const FLAG_BITS = { "flag-1": 1, "flag-2": 2, "flag-3": 4 } as const;
const FLAGS = ["flag-1", "flag-2", "flag-3"] as const;

function destConfig(net: IpvsNet, object: IpvsDestination, addr: number): Result<DestConfig, ObjectError> {
	const { weight = 1, upperThreshold = 0, lowerThreshold = 0, forward = "droute", tunnel } = object;
	if (tunnel !== undefined && tunnel.type !== "ipip") {
		return refuse("EOPNOTSUPP", `ipvs: tunnels of type ${tunnel.type} are not modelled`);
	}
	const type = inetAddrType(net.netns, addr);
	if (type !== "local" && type !== "unicast") {
		return refuse("EINVAL", "Invalid operation.  Possibly wrong module version, address not unicast, ...");
	}
	return ok({ forward, weight, upperThreshold, lowerThreshold });
}

function serviceOf(net: IpvsNet, svc: IpvsSvc): IpvsService {
	const { persistence } = svc;
	const flags = FLAGS.filter((flag) => (svc.schedFlags & FLAG_BITS[flag]) !== 0);
	const netmask =
		persistence === undefined || persistence.netmask === 0xffffffff ? {} : { netmask: ipText(persistence.netmask) };
	return {
		kind: "ipvs-service",
		family: "ipv4",
		service: serviceKeyOf(svc),
		scheduler: svc.scheduler?.name ?? "none",
		...(flags.length === 0 ? {} : { schedFlags: flags }),
		...(persistence === undefined ? {} : { persistence: { timeoutSeconds: persistence.timeoutNs / 1e9, ...netmask } }),
		...(svc.onePacket ? { onePacket: true } : {}),
		stats: svc.stats.read(net),
	};
}

function destinationOf(net: IpvsNet, svc: IpvsSvc, dest: IpvsDest): IpvsDestination {
	const { port, forward, weight, upperThreshold, lowerThreshold, active, inactive, persistent } = dest;
	return {
		kind: "ipvs-destination",
		family: "ipv4",
		service: serviceKeyOf(svc),
		addr: ipText(dest.addr),
		port,
		forward,
		weight,
		...(upperThreshold === 0 ? {} : { upperThreshold }),
		...(lowerThreshold === 0 ? {} : { lowerThreshold }),
		connections: { active, inactive, persistent },
		stats: dest.stats.read(net),
	};
}

function timeoutsOf(net: IpvsNet): IpvsTimeouts {
	const { tcp, udp } = net.timeouts;
	const tcpSeconds = tcp[TCP_S_ESTABLISHED] ?? 0;
	return { kind: "ipvs-timeouts", tcpSeconds, tcpFinSeconds: tcp[TCP_S_FIN_WAIT] ?? 0, udpSeconds: udp };
}

function v4(addr: IpAddr): number | undefined {
	const n = ipNum(addr);
	return typeof n === "number" ? n : undefined;
}
