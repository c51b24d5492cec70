/**
 * How often a host is told something: tokens per destination, shared by ICMP errors and the kernel's own "unreachable"
 * (net/ipv4/inetpeer.c, icmpv4_xrlim_allow, ip_error, ip_rt_send_redirect), and the limit over all destinations.
 */
import { type Netns, pernet } from "../types.ts";
import { inetConf } from "./devinet-sysctl.ts";

interface InetPeer {
	/** Tokens are nanoseconds that have passed. */
	tokensNs: number;
	lastNs: number;
	redirects: number;
}

const SECOND_NS = 1e9;
/** `XRLIM_BURST_FACTOR`: six errors at once, then one per `icmp_ratelimit`. */
const XRLIM_BURST_FACTOR = 6;
const ERROR_COST_NS = SECOND_NS;
const ERROR_BURST_NS = 5 * SECOND_NS;
/** `ip_rt_redirect_*`: the first repeats after 20 ms, each later one after twice as long, nine in all; then silence. */
const REDIRECT_LOAD_NS = SECOND_NS / 50;
const REDIRECT_NUMBER = 9;
const REDIRECT_SILENCE_NS = REDIRECT_LOAD_NS * 1024;
const MOST_PEERS = 65536;

/** Whether an error of this type may go to `dst` now (`icmpv4_xrlim_allow` and `icmp_global_allow`). */
export function icmpLimitAllows(netns: Netns, dst: number, type: number): boolean {
	const conf = inetConf(netns);
	if (type > 31 || ((conf.icmpRatemask >>> type) & 1) === 0) return true;
	const limitNs = conf.icmpRatelimit * 1e6;
	if (
		limitNs !== 0 &&
		!spend(peerOf(netns, dst), nowOf(netns), { costNs: limitNs, mostNs: XRLIM_BURST_FACTOR * limitNs })
	) {
		return false;
	}
	return globalAllows(netns);
}

/** Whether `ip_error` answers `dst` now: five at once, then one per second, from the same tokens. */
export function ipErrorAllows(netns: Netns, dst: number): boolean {
	return spend(peerOf(netns, dst), nowOf(netns), { costNs: ERROR_COST_NS, mostNs: ERROR_BURST_NS });
}

/** Whether `dst` is told of a better gateway now, given that it did not listen before. */
export function redirectAllows(netns: Netns, dst: number): boolean {
	const peer = peerOf(netns, dst);
	const now = nowOf(netns);
	if (now > peer.lastNs + REDIRECT_SILENCE_NS) {
		peer.tokensNs = 0;
		peer.redirects = 0;
	}
	if (peer.redirects >= REDIRECT_NUMBER) {
		peer.lastNs = now;
		return false;
	}
	if (peer.redirects > 0 && now <= peer.lastNs + REDIRECT_LOAD_NS * 2 ** peer.redirects) return false;
	peer.lastNs = now;
	peer.redirects += 1;
	return true;
}

const peers: (netns: Netns) => Map<number, InetPeer> = pernet(() => new Map());

const globalLimit: (netns: Netns) => { credit: number; stampNs: number } = pernet((netns) => ({
	credit: inetConf(netns).icmpMsgsBurst,
	stampNs: 0,
}));

function peerOf(netns: Netns, dst: number): InetPeer {
	const all = peers(netns);
	let peer = all.get(dst);
	if (peer === undefined) {
		if (all.size >= MOST_PEERS) all.clear();
		// As if nothing had been said for a minute: the first burst is a full one.
		peer = { tokensNs: 0, lastNs: nowOf(netns) - 60 * SECOND_NS, redirects: 0 };
		all.set(dst, peer);
	}
	return peer;
}

function spend(peer: InetPeer, now: number, price: { readonly costNs: number; readonly mostNs: number }): boolean {
	peer.tokensNs = Math.min(peer.tokensNs + now - peer.lastNs, price.mostNs);
	peer.lastNs = now;
	if (peer.tokensNs < price.costNs) return false;
	peer.tokensNs -= price.costNs;
	return true;
}

/** `icmp_msgs_per_sec`, in steps of 20 ms, with a burst of `icmp_msgs_burst`. */
function globalAllows(netns: Netns): boolean {
	const conf = inetConf(netns);
	const limit = globalLimit(netns);
	const passedNs = Math.min(nowOf(netns) - limit.stampNs, SECOND_NS);
	if (passedNs >= SECOND_NS / 50) {
		limit.credit = Math.min(
			limit.credit + Math.floor((conf.icmpMsgsPerSec * passedNs) / SECOND_NS),
			conf.icmpMsgsBurst,
		);
		limit.stampNs = nowOf(netns);
	}
	if (limit.credit <= 0) return false;
	limit.credit -= 1;
	return true;
}

function nowOf(netns: Netns): number {
	return netns.machine.loop.now();
}
