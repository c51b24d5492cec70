/** ARP packets that come in (net/ipv4/arp.c): answering for this host and for others, learning neighbours. */
import { ipText, macText } from "../../wire/addr.ts";
import {
	ARP_LEN,
	ARP_REPLY,
	ARP_REQUEST,
	arpIsValid,
	arpOp,
	arpSenderIp,
	arpSenderMac,
	arpTargetIp,
	arpTargetMac,
} from "../../wire/arp.ts";
import { ETH_P_ARP } from "../../wire/ethernet.ts";
import { neighParm, registerNeighParms } from "../core/neigh-parms.ts";
import { neighOps } from "../core/neigh-table.ts";
import { neighCreate, neighFlush, neighLookup, neighUpdate } from "../core/neighbour.ts";
import { deliverSkb, dropSkb, traceStep } from "../trace.ts";
import type { DeviceEvent, Dst, Fate, Machine, NetDevice, Skb } from "../types.ts";
import { whyIgnored } from "./arp-ignore.ts";
import { arpNeighOps, arpSend, sendGratuitousArp } from "./arp-send.ts";
import { ifaContains, inDev } from "./devinet.ts";
import { inetAddrType, ipRouteInputAddrs, ipRouteOutput } from "./route.ts";

/** Registers ARP: the packet type, the neighbour tables of IPv4 and their sysctls, what device events do to them. */
export function initArp(machine: Machine): void {
	registerNeighParms(machine);
	machine.packetTypes.set(ETH_P_ARP, arpRcv);
	machine.onNetnsCreated.push((netns) => {
		neighOps(netns).ipv4 = arpNeighOps;
	});
	machine.deviceNotifiers.push(arpNetdevEvent);
}

/** An ARP packet, `data` after the Ethernet header (`arp_rcv`). */
export function arpRcv(skb: Skb): Fate {
	const dev = deviceOf(skb);
	if (skb.pktType === "otherhost") return dropSkb(skb, dev.netns, "arp_rcv", "OTHERHOST");
	if (skb.length < ARP_LEN) return dropSkb(skb, dev.netns, "arp_rcv", "PKT_TOO_SMALL");
	if (!arpIsValid(skb.bytes, skb.data, skb.end)) return ignore(skb, dev, "not ARP for IPv4 over Ethernet");
	return arpProcess(skb, "received");
}

/** What an ARP packet says. */
interface ArpFacts {
	readonly op: number;
	readonly sha: number;
	readonly sip: number;
	readonly tha: number;
	readonly tip: number;
}

/** `arp_process`; `again` is a request whose proxy answer waited for `proxy_delay`. */
function arpProcess(skb: Skb, when: "received" | "again"): Fate {
	const dev = deviceOf(skb);
	const arp = factsOf(skb);
	if (!dev.up) return dropSkb(skb, dev.netns, "arp_process", "DEV_READY", { detail: `${dev.name} is down` });
	if (arp.op !== ARP_REQUEST && arp.op !== ARP_REPLY) return ignore(skb, dev, `operation ${arp.op}`);
	const { tip } = arp;
	const isLoopback = tip >>> 24 === 127 && inDev(dev).routeLocalnet === 0;
	if (isLoopback || (tip >= 0xe0000000 && tip < 0xf0000000)) return ignore(skb, dev, `nobody asks for ${ipText(tip)}`);
	if (arp.sip === 0) return arpProbe(skb, dev, arp);
	if (arp.op === ARP_REQUEST) {
		const { route } = ipRouteInputAddrs(dev, { src: arp.sip, dst: arp.tip });
		if (route?.type === "local") return answerOwn(skb, dev, arp);
		if (route !== undefined && mayProxy(dev, route, arp)) return answerForOther(skb, dev, { arp, when });
	}
	return learn(skb, dev, arp);
}

/** A request from 0.0.0.0: somebody wants to know whether the address is taken (RFC 5227). */
function arpProbe(skb: Skb, dev: NetDevice, arp: ArpFacts): Fate {
	const mine = arp.op === ARP_REQUEST && inetAddrType(dev.netns, arp.tip) === "local";
	if (!mine) return ignore(skb, dev, `${ipText(arp.tip)} is not an address of this host`);
	const why = whyIgnored(dev, arp);
	if (why !== undefined) return ignore(skb, dev, why);
	return answer(skb, dev, arp, "answer");
}

function answerOwn(skb: Skb, dev: NetDevice, arp: ArpFacts): Fate {
	const why = whyIgnored(dev, arp) ?? (inDev(dev).arpFilter !== 0 ? arpFilter(dev, arp) : undefined);
	if (why !== undefined) return ignore(skb, dev, why);
	neighEventNs(dev, arp);
	return answer(skb, dev, arp, "answer");
}

/** proxy_arp: at once if asked directly or `proxy_delay` is 0, else after a random part of `proxy_delay`. */
function answerForOther(
	skb: Skb,
	dev: NetDevice,
	more: { readonly arp: ArpFacts; readonly when: "received" | "again" },
): Fate {
	neighEventNs(dev, more.arp);
	const delay = neighParm(dev, "proxy_delay");
	if (more.when === "again" || skb.pktType === "host" || delay === 0) return answer(skb, dev, more.arp, "proxy-answer");
	const { loop, rng } = dev.netns.machine;
	loop.after(rng.below(delay) * 1e7, () => {
		arpProcess(skb, "again");
	});
	return "queued";
}

function answer(skb: Skb, dev: NetDevice, arp: ArpFacts, action: "answer" | "proxy-answer"): Fate {
	traceArp(skb, dev, { action, addr: arp.tip, mac: dev.mac });
	const reply = { op: ARP_REPLY, senderMac: dev.mac, senderIp: arp.tip, targetMac: arp.sha, targetIp: arp.sip };
	arpSend(dev, arp.sha, reply, skb);
	return deliverSkb(skb, dev.netns, "arp_process", "arp");
}

/** Updates the sender's entry, if there is one; the first of several replies wins for `locktime`. */
function learn(skb: Skb, dev: NetDevice, arp: ArpFacts): Fate {
	const garp = isGratuitous(dev, arp);
	let neigh = neighLookup(dev, arp.sip);
	if (neigh === undefined && acceptsUnsolicited(dev, arp, garp)) neigh = neighCreate(dev, arp.sip);
	if (neigh === undefined) {
		return ignore(
			skb,
			dev,
			arp.op === ARP_REQUEST ? `${ipText(arp.tip)} is not an address of this host` : "nobody asked",
		);
	}
	const lockNs = neighParm(dev, "locktime") * 1e7;
	const override = garp || dev.netns.machine.loop.now() > neigh.updatedNs + lockNs;
	const state = arp.op === ARP_REPLY && skb.pktType === "host" ? "REACHABLE" : "STALE";
	neighUpdate(neigh, { mac: arp.sha, state, override });
	const learnt = neigh.mac === arp.sha;
	const why = learnt ? {} : { why: "another answer came first" };
	traceArp(skb, dev, { action: learnt ? "learn" : "ignore", addr: arp.sip, mac: arp.sha, ...why });
	return deliverSkb(skb, dev.netns, "arp_process", "arp");
}

/** Learns who asks, as STALE (`neigh_event_ns`). */
function neighEventNs(dev: NetDevice, arp: ArpFacts): void {
	const neigh = neighLookup(dev, arp.sip) ?? neighCreate(dev, arp.sip);
	neighUpdate(neigh, { mac: arp.sha, state: "STALE", override: true });
}

/** `arp_filter`: no answer when packets to the asker would leave by another device. */
function arpFilter(dev: NetDevice, arp: ArpFacts): string | undefined {
	const route = ipRouteOutput(dev.netns, { dst: arp.sip, src: arp.tip, mark: 0, tos: 0, proto: 0 });
	return route.ok && route.value.dev === dev ? undefined : "arp_filter: the way back is another";
}

/** Forwarding, and proxy_arp where the route leaves by another device (`arp_fwd_proxy`), or proxy_arp_pvlan where by the same (`arp_fwd_pvlan`). */
function mayProxy(dev: NetDevice, route: Dst, { sip, tip }: ArpFacts): boolean {
	const conf = inDev(dev);
	if (conf.forwarding === 0 || route.type !== "unicast") return false;
	return route.dev === dev ? conf.proxyArpPvlan !== 0 && sip !== tip : conf.proxyArp !== 0;
}

/** `arp_is_garp`. */
function isGratuitous(dev: NetDevice, arp: ArpFacts): boolean {
	if (arp.sip !== arp.tip || (arp.op === ARP_REPLY && arp.tha !== arp.sha)) return false;
	return inetAddrType(dev.netns, arp.sip) === "unicast";
}

/** `arp_accept`: entries are made for announcements and replies that nobody asked for. */
function acceptsUnsolicited(dev: NetDevice, arp: ArpFacts, garp: boolean): boolean {
	const { arpAccept, addrs } = inDev(dev);
	if (arpAccept === 0 || (arpAccept === 2 && !addrs.some((ifa) => ifaContains(ifa, arp.sip)))) return false;
	return garp || (arp.op === ARP_REPLY && inetAddrType(dev.netns, arp.sip) === "unicast");
}

function arpNetdevEvent(event: DeviceEvent): void {
	const { dev } = event;
	switch (event.type) {
		case "up":
			if (inDev(dev).arpNotify !== 0) sendGratuitousArp(dev);
			return;
		case "changeaddr":
			neighFlush(dev, "all");
			if (dev.up && inDev(dev).arpNotify !== 0) sendGratuitousArp(dev);
			return;
		case "down":
		case "unregister":
			neighFlush(dev, "all");
			return;
		case "change":
			if (!dev.running) neighFlush(dev, "not-permanent");
			return;
		case "register":
		case "going-down":
		case "changename":
		case "join":
		case "leave":
			return;
	}
}

function factsOf(skb: Skb): ArpFacts {
	const { bytes, data } = skb;
	return {
		op: arpOp(bytes, data),
		sha: arpSenderMac(bytes, data),
		sip: arpSenderIp(bytes, data),
		tha: arpTargetMac(bytes, data),
		tip: arpTargetIp(bytes, data),
	};
}

function ignore(skb: Skb, dev: NetDevice, why: string): Fate {
	return dropSkb(skb, dev.netns, "arp_process", "ARP_IGNORED", { detail: why });
}

interface ArpNote {
	readonly action: "learn" | "answer" | "proxy-answer" | "ignore";
	readonly addr: number;
	readonly mac: number;
	readonly why?: string;
}

function traceArp(skb: Skb, dev: NetDevice, note: ArpNote): void {
	if (skb.machine.tracer === undefined) return;
	const step = { ...note, step: "arp", addr: ipText(note.addr), mac: macText(note.mac) } as const;
	traceStep(skb, dev.netns, "arp_process", step);
}

function deviceOf(skb: Skb): NetDevice {
	if (skb.dev === undefined) throw new Error("arp_rcv: the packet has no device");
	return skb.dev;
}
