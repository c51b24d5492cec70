/**
 * Carrier comes late: after a device was brought up, the kernel's linkwatch makes it RUNNING in its own time, and what is
 * sent before that is lost. Asking for the device by RTM_GETLINK makes it happen at once (since Linux 6.2).
 */
import type { Touched } from "../netlink/batch.ts";
import type { Rtnl } from "../netlink/rtnl.ts";
import type { LinuxNetns } from "../netns.ts";
import { getLinks } from "./link-message.ts";
import type { LinkState } from "./link-state.ts";

/** Longer than this nobody waits, in milliseconds. */
const PATIENCE_MS = 1000;

/** Resolves when every device of these that can be RUNNING is so, or after a second. */
export async function settleCarriers(rtnl: Rtnl, touched: Touched): Promise<void> {
	const untilMs = performance.now() + PATIENCE_MS;
	while (!syncCarriers(rtnl, touched) && performance.now() < untilMs) {
		await new Promise<void>((resolve) => {
			setTimeout(resolve, 1);
		});
	}
}

/** Looks at the devices, their peers and their bridges; true: all are as they will be. */
export function syncCarriers(rtnl: Rtnl, touched: Touched): boolean {
	const seen = new Map<LinuxNetns, Map<number, LinkState>>();
	look(rtnl, touched, seen);
	look(rtnl, peersOf(rtnl, seen), seen);
	const bridges = bridgesOf(seen);
	look(rtnl, bridges, seen);
	let isSettled = true;
	for (const [netns, states] of seen) {
		for (const state of states.values()) if (isLate(rtnl, netns, state, seen)) isSettled = false;
	}
	return isSettled;
}

function look(rtnl: Rtnl, wanted: Touched, seen: Map<LinuxNetns, Map<number, LinkState>>): void {
	for (const [netns, ifindexes] of wanted) {
		// It may have ended meanwhile.
		if (rtnl.table.find(netns.name) !== netns) continue;
		const known = seen.get(netns) ?? new Map<number, LinkState>();
		seen.set(netns, known);
		for (const state of getLinks(rtnl.socket(netns), [...ifindexes])) known.set(state.ifindex, state);
	}
}

function peersOf(rtnl: Rtnl, seen: ReadonlyMap<LinuxNetns, ReadonlyMap<number, LinkState>>): Touched {
	const found: Touched = new Map();
	for (const [netns, states] of seen) {
		for (const state of states.values()) {
			const peerNetns = peerNetnsOf(rtnl, netns, state);
			if (peerNetns === undefined || seen.get(peerNetns)?.has(state.lower) === true) continue;
			note(found, peerNetns, state.lower);
		}
	}
	return found;
}

function bridgesOf(seen: ReadonlyMap<LinuxNetns, ReadonlyMap<number, LinkState>>): Touched {
	const found: Touched = new Map();
	for (const [netns, states] of seen) {
		for (const { master } of states.values()) if (master !== 0) note(found, netns, master);
	}
	return found;
}

function note(found: Touched, netns: LinuxNetns, ifindex: number): void {
	const known = found.get(netns);
	if (known === undefined) found.set(netns, new Set([ifindex]));
	else known.add(ifindex);
}

function peerNetnsOf(rtnl: Rtnl, netns: LinuxNetns, state: LinkState): LinuxNetns | undefined {
	if (state.kind !== "veth") return undefined;
	return state.lowerNsid === undefined ? netns : rtnl.netnsOfId(netns, state.lowerNsid);
}

/** Up, and not RUNNING although its peer is up, or although one of its ports runs. */
function isLate(
	rtnl: Rtnl,
	netns: LinuxNetns,
	state: LinkState,
	seen: ReadonlyMap<LinuxNetns, ReadonlyMap<number, LinkState>>,
): boolean {
	if (state.kind === "veth") {
		const peerNetns = peerNetnsOf(rtnl, netns, state);
		const peer = peerNetns === undefined ? undefined : seen.get(peerNetns)?.get(state.lower);
		return peer !== undefined && state.running !== (state.up && peer.up);
	}
	if (state.kind !== "bridge" || !state.up || state.running) return false;
	return [...(seen.get(netns)?.values() ?? [])].some((port) => port.master === state.ifindex && port.running);
}
