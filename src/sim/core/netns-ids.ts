/** The numbers by which a namespace knows others (net/core/net_namespace.c: peernet2id). */
import { type Netns, pernet } from "../types.ts";

/** The number of `peer` in `netns`; the lowest free one when it has none yet. */
export function peernet2idAlloc(netns: Netns, peer: Netns): number {
	const ids = netnsIdsOf(netns);
	const known = ids.get(peer);
	if (known !== undefined) return known;
	const taken = new Set(ids.values());
	let id = 0;
	while (taken.has(id)) id += 1;
	ids.set(peer, id);
	return id;
}

/** All that have a number, without those that are gone. */
export function netnsIdsOf(netns: Netns): Map<Netns, number> {
	const ids = idTable(netns);
	for (const peer of ids.keys()) if (peer.dead) ids.delete(peer);
	return ids;
}

const idTable: (netns: Netns) => Map<Netns, number> = pernet(() => new Map());
