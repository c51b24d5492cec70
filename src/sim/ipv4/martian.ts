/**
 * Addresses a packet must not have, and reverse path filtering (net/ipv4/route.c: ip_route_input_slow, martians;
 * net/ipv4/fib_frontend.c: fib_validate_source).
 */
import type { DropReason } from "../../kernel/drop-reason.ts";
import { ipText } from "../../wire/addr.ts";
import { ETH_HLEN } from "../../wire/ethernet.ts";
import { type FibNexthop, RT_SCOPE } from "../state/fib-table.ts";
import type { NetDevice, Skb } from "../types.ts";
import { inDev, inetAddrs } from "./devinet.ts";
import { fibOf, LOOPBACK_IFINDEX } from "./fib.ts";

export function isMulticast(addr: number): boolean {
	return addr >>> 28 === 14;
}

export function isLoopback(addr: number): boolean {
	return addr >>> 24 === 127;
}

/** Nobody's address. The rest of 0.0.0.0/8 is like any other since Linux 5.3 (`ipv4_is_zeronet`). */
export function isZeronet(addr: number): boolean {
	return addr === 0;
}

export const LIMITED_BROADCAST = 0xffffffff;

/** Which end of a packet is wrong, and the reason it is dropped for. */
export interface Martian {
	readonly which: "source" | "destination";
	readonly reason: DropReason;
}

/** The addresses that are wrong whatever the routes say. */
export function martianAddress(dev: NetDevice, src: number, dst: number): Martian | undefined {
	if (isMulticast(src) || src === LIMITED_BROADCAST) return { which: "source", reason: "IP_INVALID_SOURCE" };
	if (dst === LIMITED_BROADCAST || (src === 0 && dst === 0)) return undefined;
	if (isZeronet(src)) return { which: "source", reason: "IP_INVALID_SOURCE" };
	if (isZeronet(dst)) return { which: "destination", reason: "IP_INVALID_DEST" };
	if (inDev(dev).routeLocalnet !== 0) return undefined;
	if (isLoopback(dst)) return { which: "destination", reason: "IP_LOCALNET" };
	return isLoopback(src) ? { which: "source", reason: "IP_LOCALNET" } : undefined;
}

export interface SourceCheck {
	readonly src: number;
	readonly dst: number;
	/** The ifindex of the device it would leave by; 0: it is for this host. */
	readonly oif: number;
	readonly mark: number;
}

/** Whether a packet may come in, and if so whether its sender is a neighbour on the device (what `fib_validate_source` returns). */
export type SourceVerdict = DropReason | "neighbour" | "elsewhere";

/** The reason why a packet from `src` may not come in by `dev`; undefined: it may. */
export function sourceWrong(dev: NetDevice, check: SourceCheck): DropReason | undefined {
	const verdict = fibValidateSource(dev, check);
	return verdict === "neighbour" || verdict === "elsewhere" ? undefined : verdict;
}

/** Whether a packet from `src` may come in by `dev` (`fib_validate_source`). */
export function fibValidateSource(dev: NetDevice, check: SourceCheck): SourceVerdict {
	const conf = inDev(dev);
	const fib = fibOf(dev.netns);
	if (conf.rpFilter === 0 && (dev.ifindex !== check.oif || conf.sendRedirects === 0)) {
		if (conf.acceptLocal !== 0) return "elsewhere";
		if (!fib.hasCustomRules && !fib.hasCustomLocalRoutes)
			return inetAddrs(dev.netns).has(check.src) ? "IP_LOCAL_SOURCE" : "elsewhere";
	}
	return fullCheck(dev, check);
}

/** `__fib_validate_source`: looks up the way back. */
function fullCheck(dev: NetDevice, check: SourceCheck): SourceVerdict {
	const conf = inDev(dev);
	const fib = fibOf(dev.netns);
	const rpf = conf.rpFilter;
	const lastResort = rpf === 0 ? "elsewhere" : "IP_RPFILTER";
	const back = {
		dst: check.src,
		src: check.dst,
		iif: check.oif === 0 ? LOOPBACK_IFINDEX : check.oif,
		oif: 0,
		mark: conf.srcValidMark === 0 ? 0 : check.mark,
		scope: RT_SCOPE.global,
	};
	const hit = fib.lookup(back);
	if (hit === undefined || hit.nexthop === undefined) return lastResort;
	if (hit.route.type === "local") {
		if (conf.acceptLocal === 0) return "IP_LOCAL_SOURCE";
	} else if (hit.route.type !== "unicast") return "IP_INVALID_SOURCE";
	if (hit.route.nexthops.some((hop) => hop.oif === dev.ifindex)) return nearness(hit.nexthop);
	if (hit.route.type === "local" && dev.isLoopback) return nearness(hit.nexthop);
	if (conf.addrs.length === 0) return lastResort;
	if (rpf === 1) return "IP_RPFILTER";
	const byDevice = fib.lookup({ ...back, oif: dev.ifindex });
	return byDevice?.route.type === "unicast" && byDevice.nexthop !== undefined
		? nearness(byDevice.nexthop)
		: "elsewhere";
}

/** A next hop that is no gateway has host scope. */
function nearness({ scope }: FibNexthop): "neighbour" | "elsewhere" {
	return scope >= RT_SCOPE.host ? "neighbour" : "elsewhere";
}

/** The kernel's lines about a martian packet (`ip_handle_martian_source`), when `log_martians` asks for them. */
export function logMartian(
	skb: Skb,
	dev: NetDevice,
	martian: { which: Martian["which"]; src: number; dst: number },
): void {
	if (inDev(dev).logMartians === 0) return;
	const { which, src, dst } = martian;
	const write = (text: string): void => {
		skb.machine.log.push({ at: skb.machine.loop.now(), netns: dev.netns.name, level: 4, text });
	};
	if (which === "destination") {
		write(`IPv4: martian destination ${ipText(dst)} from ${ipText(src)}, dev ${dev.name}`);
		return;
	}
	write(`IPv4: martian source ${ipText(dst)} from ${ipText(src)}, on dev ${dev.name}`);
	if (skb.mac < 0 || dev.hardHeaderLength === 0) return;
	const header = [...skb.bytes.subarray(skb.mac, skb.mac + ETH_HLEN)];
	write(`ll header: 00000000: ${header.map((byte) => byte.toString(16).padStart(2, "0")).join(" ")}`);
}
