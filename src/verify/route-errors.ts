/**
 * ICMP errors about the way (no route, unreachable, prohibited), which the kernel limits apart from all others: five at
 * once to a sender, then one a second (net/ipv4/route.c: ip_error), and no namespace can change that
 * (net.ipv4.route.error_burst and error_cost). A topology that is used again must not have spent any.
 */
import { ETH_HLEN, ETH_P_IP, ethType } from "../wire/ethernet.ts";
import {
	ICMP_DEST_UNREACH,
	ICMP_HOST_UNREACH,
	ICMP_NET_UNREACH,
	ICMP_PKT_FILTERED,
	icmpCode,
	icmpType,
} from "../wire/icmpv4.ts";
import { IPPROTO_ICMP, ipv4Dst, ipv4HeaderLength, ipv4Proto } from "../wire/ipv4.ts";
import type { SeenFrame } from "./outcome.ts";

const NS_PER_SECOND = 1e9;
const CODES: ReadonlySet<number> = new Set([ICMP_NET_UNREACH, ICMP_HOST_UNREACH, ICMP_PKT_FILTERED]);

interface Spent {
	readonly errors: number;
	readonly atNs: number;
}

export class RouteErrors {
	/** By namespace and whom they went to. */
	readonly #spent = new Map<string, Spent>();

	/** Counts those that were sent until now; also those that only passed, which is too careful. */
	count(frames: readonly SeenFrame[], nowNs: number): void {
		for (const { netns, direction, frame } of frames) {
			if (direction !== "out" || !isRouteError(frame)) continue;
			const key = `${netns} ${ipv4Dst(frame, ETH_HLEN)}`;
			this.#spent.set(key, { errors: left(this.#spent.get(key), nowNs) + 1, atNs: nowNs });
		}
	}

	/** Every namespace may send as many as a new one. */
	areForgotten(nowNs: number): boolean {
		for (const [key, spent] of this.#spent) {
			if (left(spent, nowNs) > 0) return false;
			this.#spent.delete(key);
		}
		return true;
	}
}

function left(spent: Spent | undefined, nowNs: number): number {
	return spent === undefined ? 0 : Math.max(0, spent.errors - (nowNs - spent.atNs) / NS_PER_SECOND);
}

function isRouteError(frame: Uint8Array): boolean {
	if (ethType(frame, 0) !== ETH_P_IP || ipv4Proto(frame, ETH_HLEN) !== IPPROTO_ICMP) return false;
	const l4 = ETH_HLEN + ipv4HeaderLength(frame, ETH_HLEN);
	return icmpType(frame, l4) === ICMP_DEST_UNREACH && CODES.has(icmpCode(frame, l4));
}
